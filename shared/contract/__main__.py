"""`python -m shared.contract`: write the documents of the contract, or with `--check` say what is wrong with them."""

import argparse
import sys
from pathlib import Path
from typing import Final

from shared.contract.compatibility import breaking_sentences, broken_examples, compatible_sentences, schema_changes
from shared.contract.documents import CONTRACT, build_documents, outdated, published_schemas
from shared.contract.examples import load_examples
from shared.contract.schemas import all_schemas
from shared.errors import PermanentError

ROOT: Final = Path(__file__).parents[2]


def check(root: Path) -> list[str]:
    """Return a sentence for everything that is wrong: what breaks old messages, then what is out of date."""
    broken = broken_messages(root)
    stale = outdated(root, build_documents(root))
    return broken + [f"{path} is out of date: run make contract" for path in stale]


def broken_messages(root: Path) -> list[str]:
    """Return a sentence for every old example, and every published schema, that today's models no longer satisfy."""
    examples = load_examples(root / CONTRACT)
    changed = schema_changes(published=published_schemas(root), present=all_schemas())
    return broken_examples(examples) + breaking_sentences(changed)


def write(root: Path, *, allow_breaking: bool) -> list[str]:
    """
    Write every document below *root* and remove schemas of messages that are no more.

    Nothing is written when that would hide that old messages break. Returns what breaks then, else nothing.
    """
    broken = broken_examples(load_examples(root / CONTRACT))
    changed = schema_changes(published=published_schemas(root), present=all_schemas())
    if not allow_breaking:
        broken += breaking_sentences(changed)
    if broken:
        return broken
    documents = build_documents(root)
    for path in outdated(root, documents):
        if path in documents:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(documents[path], encoding="utf-8")
        else:
            (root / path).unlink()
    for sentence in compatible_sentences(changed):
        print(sentence)  # noqa: T201  # what a person who runs it wants to know
    return []


def main() -> int:
    """Do what the arguments say; return the exit code: 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m shared.contract", description="write the documents of the contract")
    parser.add_argument("--check", action="store_true", help="write nothing; say what is out of date or breaks old messages")
    parser.add_argument(
        "--allow-breaking",
        action="store_true",
        help="write although a published schema is narrowed; only for a message that nobody has sent yet",
    )
    arguments = parser.parse_args()
    try:
        wrong = check(ROOT) if arguments.check else write(ROOT, allow_breaking=arguments.allow_breaking)
    except PermanentError as exc:
        wrong = [str(exc)]
    for sentence in wrong:
        print(sentence, file=sys.stderr)  # noqa: T201  # a command
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
