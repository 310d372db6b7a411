"""What templates are called, where one comes from, and what may be wrong with one."""

import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from jinja2.exceptions import TemplateError, TemplateSyntaxError

from services.notifier.domain.wording import Tone
from services.notifier.drafts.checking import SOURCE_BYTES_MAX
from shared.messages.values import Occasion

BROKEN: Final = (TemplateError, TypeError, RecursionError, SyntaxError)
"""What a broken template raises: Jinja's own errors, a comparison of the wrong things, a nesting that Python cannot compile."""

_NAME: Final = re.compile(r"(?P<occasion>[a-z_]+)\.(?P<tone>[a-z]+)\.(?P<variant>[A-Za-z0-9_-]{1,40})\.j2")
LETTER: Final = re.compile(r"letter\.(?P<tone>[a-z]+)\.j2")
"""What all letters of a tone are laid out with."""
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_OWNER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A file that cannot be used. *owner* is None for everybody's; *line* is 0 for the file as a whole."""

    file: str
    line: int
    reason: str
    owner: str | None


class Origin(StrEnum):
    """Who gave a template."""

    OWN = "own"
    """The owner, on the settings page."""
    FOLDER = "folder"
    """Whoever runs this installation, in the folder of templates."""
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class Source:
    """A template's text, and the file that it is from."""

    text: str
    path: Path


def is_template_name(name: str) -> bool:
    """Whether *name* is `<language>/<occasion>.<tone>.<variant>.j2`."""
    language, slash, file = name.partition("/")
    found = _NAME.fullmatch(file)
    return bool(
        slash and _LANGUAGE.fullmatch(language) and found and found["occasion"] in set(Occasion) and found["tone"] in set(Tone)
    )


def problem_of(exc: Exception, *, path: Path, owner: str | None, folder: Path | None) -> Problem:
    """Return what *exc* says of the template at *path*, or of another file that it was raised in."""
    frames = [frame for frame in traceback.extract_tb(exc.__traceback__) if frame.filename.endswith(".j2")]
    line, file = (frames[-1].lineno or 0, Path(frames[-1].filename)) if frames else (0, path)
    if isinstance(exc, TemplateSyntaxError):
        line, file = exc.lineno, Path(exc.filename or path)
    reason = exc.message if isinstance(exc, TemplateError) and exc.message else str(exc) or type(exc).__name__
    return Problem(file=shown(file, folder=folder), line=line, reason=" ".join(reason.split()), owner=owner)


def shown(path: Path, *, folder: Path | None) -> str:
    """Return how a file is called: from *folder* on where it is in there, else by its name alone."""
    return str(path.relative_to(folder)) if folder and path.is_relative_to(folder) else path.name


def reason_against(owner: Sequence[str], language: str, name: str) -> str | None:
    """Return why no template can stand at that place in the folder, or have that name; None where one can."""
    if len(owner) > 1 or not _LANGUAGE.fullmatch(language) or not all(_OWNER.fullmatch(part) for part in owner):
        return "the place is not <language>/<file> or <owner>/<language>/<file>"
    if (found := LETTER.fullmatch(name)) and found["tone"] in set(Tone):
        return None
    if (found := _NAME.fullmatch(name)) and found["occasion"] in set(Occasion) and found["tone"] in set(Tone):
        return None
    return f"the name is not <occasion>.<tone>.<variant>.j2, the tone one of {', '.join(Tone)}"


def too_large(name: str, path: Path) -> TemplateSyntaxError:
    """Return what is raised for a text that is too large."""
    return TemplateSyntaxError(f"it is too large: the most is {SOURCE_BYTES_MAX} bytes", 1, name, str(path))


def stamp_of(path: Path) -> tuple[int, int]:
    """Return what differs once a file was changed; of one that is gone or out of reach, nothing: reading it says why."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def check_shape(text: str, *, name: str, is_letter: bool) -> None:
    """Raise `TemplateSyntaxError` unless *text*, which *name* made, has a subject and a body; a letter has a body alone."""
    subject, _, body = (text if is_letter else text.strip()).partition("\n")
    if is_letter and subject.strip():
        raise TemplateSyntaxError("its first line is the subject: leave two empty lines after that block", 1, name)
    if not is_letter and not (subject.strip() and body.strip()):
        raise TemplateSyntaxError("it needs a subject in its first line and a body below", 1, name)
