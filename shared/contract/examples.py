"""
The examples of every message: one JSON file each, in `docs/contract/examples/`, named `<message>[.<variant>].json`.

An example is published for ever. `examples.sha256` beside the folder holds the digest of each (`sha256sum --check` reads
it too); new ones are added to it, and one that was changed or removed is an error: add another one instead.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any, Final

from shared.errors import PermanentError

FOLDER: Final = "examples"
DIGESTS: Final = "examples.sha256"

_FILE = re.compile(r"(?P<message>.+\.v\d+)(?:\.(?P<variant>[a-z0-9-]+))?\.json")


class ExampleChanged(PermanentError):
    """A published example is no longer what it was."""


class NoExampleName(PermanentError):
    """A file among the examples is not named `<message>.v<version>[.<variant>].json`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One committed example; `variant` is empty for the full one."""

    file: str
    message: str
    variant: str
    payload: bytes

    @property
    def document(self) -> Any:
        """The payload as JSON."""
        return json.loads(self.payload)

    @property
    def path(self) -> str:
        """Where it is, as sentences about it say."""
        return f"docs/contract/{FOLDER}/{self.file}"


def load_examples(folder: Traversable) -> tuple[Example, ...]:
    """Return every example in *folder*, `docs/contract` or a copy of it, the full ones before their variants."""
    found = [_example(each) for each in (folder / FOLDER).iterdir() if not each.name.startswith(".")]
    return tuple(sorted(found, key=lambda example: (example.message, example.variant)))


def _example(file: Traversable) -> Example:
    name = _FILE.fullmatch(file.name)
    if not name:
        raise NoExampleName(f"docs/contract/{FOLDER}/{file.name} is not named <message>.v<version>[.<variant>].json")
    return Example(file=file.name, message=name["message"], variant=name["variant"] or "", payload=file.read_bytes())


def read_digests(folder: Traversable) -> dict[str, str]:
    """Return the digest of every example that was ever published, by its file; empty before the first."""
    file = folder / DIGESTS
    if not file.is_file():
        return {}
    lines = (line.split("  ", 1) for line in file.read_text().splitlines())
    return {path.removeprefix(f"{FOLDER}/"): digest for digest, path in lines}


def with_new_digests(examples: tuple[Example, ...], published: Mapping[str, str]) -> dict[str, str]:
    """
    Return *published* with the digests of new examples added.

    Raises:
        ExampleChanged: one that was published is not there any more, or not as it was.
    """
    present = {example.file: hashlib.sha256(example.payload).hexdigest() for example in examples}
    for file, digest in published.items():
        if present.get(file) != digest:
            what = "was changed" if file in present else "was removed"
            raise ExampleChanged(f"docs/contract/{FOLDER}/{file} {what} after it was published: restore it and add another one")
    return present


def digest_lines(digests: Mapping[str, str]) -> str:
    """Write digests as `sha256sum` does."""
    return "".join(f"{digest}  {FOLDER}/{file}\n" for file, digest in sorted(digests.items()))
