"""
Where templates come from: the built-in ones, those that an operator gave everybody, and those of single owners.

    <folder>/<language>/<occasion>.<tone>.<variant>.j2            for everybody
    <folder>/<owner>/<language>/<occasion>.<tone>.<variant>.j2    for one owner

Before all of them stand those that an owner wrote on the settings page, which the database keeps.

A file of the same name takes the place of what is behind it; a new name adds a variant. A file that is broken is left out
and listed with its line and the reason, so what stands behind it speaks instead.
"""

import re
import traceback
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from jinja2 import FunctionLoader
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from services.notifier.domain.wording import Tone
from services.notifier.drafts.checking import SOURCE_BYTES_MAX, check
from services.notifier.drafts.sandbox import build_environment, render
from shared.messages.values import Occasion

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
BROKEN: Final = (TemplateError, TypeError, RecursionError, SyntaxError)
"""What a broken template raises: Jinja's own errors, a comparison of the wrong things, a nesting that Python cannot compile."""

_NAME: Final = re.compile(r"(?P<occasion>[a-z_]+)\.(?P<tone>[a-z]+)\.(?P<variant>[A-Za-z0-9_-]{1,40})\.j2")
_LETTER: Final = re.compile(r"letter\.(?P<tone>[a-z]+)\.j2")
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
class _Source:
    text: str
    path: Path


def is_template_name(name: str) -> bool:
    """Whether *name* is `<language>/<occasion>.<tone>.<variant>.j2`."""
    language, slash, file = name.partition("/")
    found = _NAME.fullmatch(file)
    return bool(
        slash and _LANGUAGE.fullmatch(language) and found and found["occasion"] in set(Occasion) and found["tone"] in set(Tone)
    )


class Library:
    """All templates, by owner, language, occasion and tone."""

    def __init__(self, *, folder: Path | None, samples: Sequence[dict[str, Any]]) -> None:
        """
        Read the built-in templates; those in *folder* are read by `refresh`.

        Args:
            folder: The overrides; None for none.
            samples: Variables to try every override with, before it is used.
        """
        self._folder = folder
        self._samples = samples
        self._variables = frozenset(samples[0])
        self._builtin = {
            f"{path.parent.name}/{path.name}": _Source(path.read_text("utf-8"), path) for path in sorted(TEMPLATES.glob("*/*.j2"))
        }
        self._overrides: dict[str | None, dict[str, _Source]] = {}
        self._own: dict[str, dict[str, _Source]] = {}
        self._own_revs: dict[str, int] = {}
        self._environments: dict[str | None, SandboxedEnvironment] = {}
        self._plain = self._environment((self._builtin,))
        self._problems: tuple[Problem, ...] = ()
        self._seen: object = None

    def refresh(self) -> tuple[Problem, ...]:
        """Read the overrides again if a file of them has changed; return the problems that this brought to light."""
        if self._folder is None:
            return ()
        files = sorted(self._folder.glob("**/*.j2"))
        seen = (self._folder.is_dir(), [(path, *_stamp(path)) for path in files])
        if seen == self._seen:
            return ()
        self._seen = seen
        self._overrides, self._environments, known = {}, {}, set(self._problems)
        self._problems = tuple(self._read(files))
        return tuple(problem for problem in self._problems if problem not in known)

    def problems(self, *, owner: str) -> tuple[Problem, ...]:
        """Return what is wrong with the overrides that concern *owner*."""
        return tuple(problem for problem in self._problems if problem.owner in (None, owner))

    @property
    def variables(self) -> frozenset[str]:
        """What a template may say."""
        return self._variables

    def own_rev(self, *, owner: str) -> int:
        """Return the revision of the owner's own templates that `take_own` took last, 0 for none."""
        return self._own_revs.get(owner, 0)

    def take_own(self, *, owner: str, rev: int, texts: Mapping[str, str]) -> None:
        """
        Use *texts*, by name, as what *owner* wrote, in place of what they wrote before.

        They were tried when they were saved; one that this version no longer takes is left out.
        """
        found: dict[str, _Source] = {}
        for name, text in texts.items():
            with suppress(*BROKEN):
                found[name] = self._checked(name, text, Path(name))
        self._own_revs[owner] = rev
        if found:
            self._own[owner] = found
        else:
            self._own.pop(owner, None)
        self._environments.pop(owner, None)

    def origin(self, name: str, *, owner: str) -> Origin | None:
        """Return who gave the template of that name that speaks for *owner*; None where there is none."""
        if name in self._own.get(owner, {}):
            return Origin.OWN
        if any(name in self._overrides.get(scope, {}) for scope in (owner, None)):
            return Origin.FOLDER
        return Origin.SHIPPED if name in self._builtin else None

    def text(self, name: str, *, owner: str, without_own: bool = False) -> str | None:
        """Return the template of that name that speaks for *owner*, or the one behind their own; None where there is none."""
        layers = self._layers(owner)[1:] if without_own else self._layers(owner)
        return next((layer[name].text for layer in layers if name in layer), None)

    def find_fault(self, name: str, text: str, *, owner: str) -> Problem | None:
        """Return what is wrong with *text* as the template *name* of *owner*, tried with every sample; None for nothing."""
        try:
            environment = self._trial_environment(name, text, owner=owner)
            for sample in self._samples:
                _check_shape(render(environment, name=name, variables=sample), name=name, is_letter=False)
        except BROKEN as exc:
            return self._problem(exc, path=Path(name), owner=owner)
        return None

    def render_text(self, name: str, text: str, *, owner: str, variables: dict[str, Any]) -> str:
        """
        Render *text* as if it were the template *name* of *owner*.

        Raises:
            BROKEN: it cannot be rendered.
        """
        return render(self._trial_environment(name, text, owner=owner), name=name, variables=variables)

    def languages(self, *, owner: str) -> list[str]:
        """Return the languages that *owner* has templates in."""
        return sorted({name.partition("/")[0] for layer in self._layers(owner) for name in layer})

    def names(self, *, owner: str, language: str, occasion: Occasion, tone: Tone, only_built_in: bool = False) -> list[str]:
        """Return the templates for an occasion, sorted; empty where there are none."""
        layers = (self._builtin,) if only_built_in else self._layers(owner)
        beginning = f"{language}/{occasion.value}.{tone.value}."
        return sorted({name for layer in layers for name in layer if name.startswith(beginning)})

    def render(self, name: str, *, owner: str, variables: dict[str, Any], only_built_in: bool = False) -> str:
        """
        Render a template as *owner* has it.

        Raises:
            BROKEN: it cannot be rendered.
        """
        return render(self._plain if only_built_in else self._of(owner), name=name, variables=variables)

    def explain(self, exc: Exception, *, name: str, owner: str) -> Problem:
        """Return in which file and line *exc* was raised while *name* was rendered."""
        source = next(layer[name] for layer in self._layers(owner) if name in layer)
        return self._problem(exc, path=source.path, owner=owner)

    def _trial_environment(self, name: str, text: str, *, owner: str) -> SandboxedEnvironment:
        return self._environment(({name: self._checked(name, text, Path(name))}, *self._layers(owner)))

    def _of(self, owner: str | None) -> SandboxedEnvironment:
        scope = owner if owner in self._overrides or owner in self._own else None
        if scope not in self._environments:
            self._environments[scope] = self._environment(self._layers(scope))
        return self._environments[scope]

    def _layers(self, owner: str | None) -> tuple[Mapping[str, _Source], ...]:
        own = (self._own.get(owner, {}), self._overrides.get(owner, {})) if owner is not None else ()
        return *own, self._overrides.get(None, {}), self._builtin

    @staticmethod
    def _environment(layers: Sequence[Mapping[str, _Source]]) -> SandboxedEnvironment:
        def load(name: str) -> tuple[str, str, None] | None:
            source = next((layer[name] for layer in layers if name in layer), None)
            return (source.text, str(source.path), None) if source else None

        return build_environment(FunctionLoader(load))

    # --- reading the overrides ----------------------------------------------------------------------------------------

    def _read(self, files: Iterable[Path]) -> Iterable[Problem]:
        assert self._folder is not None
        if not self._folder.is_dir():
            yield Problem(file=str(self._folder), line=0, reason="there is no such folder", owner=None)
        for path in files:
            *owner, language, name = path.relative_to(self._folder).parts if path.parent != self._folder else ("", path.name)
            scope = owner[0] if owner else None
            if reason := _reason_against(owner, language, name):
                yield Problem(file=self._shown(path), line=0, reason=reason, owner=scope)
            else:
                try:
                    source = self._parsed(f"{language}/{name}", path)
                except (*BROKEN, OSError, UnicodeDecodeError) as exc:
                    yield self._problem(exc, path=path, owner=scope)
                else:
                    self._overrides.setdefault(scope, {})[f"{language}/{name}"] = source
        # Everybody's first: an owner's may extend them. Letters first: a broken one is named itself, not those that use it.
        for scope in sorted(self._overrides, key=lambda scope: scope or ""):
            for is_letter in (True, False):
                yield from self._tried(scope, is_letter=is_letter)

    def _parsed(self, name: str, path: Path) -> _Source:
        if not path.is_file():
            raise TemplateSyntaxError("it is no file", 1, name, str(path))
        if path.stat().st_size > SOURCE_BYTES_MAX:
            raise _too_large(name, path)
        return self._checked(name, path.read_text("utf-8"), path)

    def _checked(self, name: str, text: str, path: Path) -> _Source:
        if len(text.encode()) > SOURCE_BYTES_MAX:
            raise _too_large(name, path)
        check(self._plain.parse(text, name, str(path)), variables=self._variables, name=name, filename=str(path))
        return _Source(text, path)

    def _tried(self, scope: str | None, *, is_letter: bool) -> Iterable[Problem]:
        sources = self._overrides[scope]
        broken: list[str] = []
        for name in [name for name in sources if bool(_LETTER.search(name)) == is_letter]:
            try:
                for sample in self._samples:
                    _check_shape(render(self._of(scope), name=name, variables=sample), name=name, is_letter=is_letter)
            except BROKEN as exc:
                broken.append(name)
                yield self._problem(exc, path=sources[name].path, owner=scope)
        for name in broken:
            del sources[name]
        if broken:
            self._environments = {}

    def _problem(self, exc: Exception, *, path: Path, owner: str | None) -> Problem:
        frames = [frame for frame in traceback.extract_tb(exc.__traceback__) if frame.filename.endswith(".j2")]
        line, file = (frames[-1].lineno or 0, Path(frames[-1].filename)) if frames else (0, path)
        if isinstance(exc, TemplateSyntaxError):
            line, file = exc.lineno, Path(exc.filename or path)
        reason = exc.message if isinstance(exc, TemplateError) and exc.message else str(exc) or type(exc).__name__
        return Problem(file=self._shown(file), line=line, reason=" ".join(reason.split()), owner=owner)

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self._folder)) if self._folder and path.is_relative_to(self._folder) else path.name


def _reason_against(owner: Sequence[str], language: str, name: str) -> str | None:
    if len(owner) > 1 or not _LANGUAGE.fullmatch(language) or not all(_OWNER.fullmatch(part) for part in owner):
        return "the place is not <language>/<file> or <owner>/<language>/<file>"
    if (found := _LETTER.fullmatch(name)) and found["tone"] in set(Tone):
        return None
    if (found := _NAME.fullmatch(name)) and found["occasion"] in set(Occasion) and found["tone"] in set(Tone):
        return None
    return f"the name is not <occasion>.<tone>.<variant>.j2, the tone one of {', '.join(Tone)}"


def _too_large(name: str, path: Path) -> TemplateSyntaxError:
    return TemplateSyntaxError(f"it is too large: the most is {SOURCE_BYTES_MAX} bytes", 1, name, str(path))


def _stamp(path: Path) -> tuple[int, int]:
    """Return what differs once a file was changed; of one that is gone or out of reach, nothing: reading it says why."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def _check_shape(text: str, *, name: str, is_letter: bool) -> None:
    subject, _, body = (text if is_letter else text.strip()).partition("\n")
    if is_letter and subject.strip():
        raise TemplateSyntaxError("its first line is the subject: leave two empty lines after that block", 1, name)
    if not is_letter and not (subject.strip() and body.strip()):
        raise TemplateSyntaxError("it needs a subject in its first line and a body below", 1, name)
