"""
Where templates come from: the built-in ones, those that an operator gave everybody, and those of single owners.

    <folder>/<language>/<occasion>.<tone>.<variant>.j2            for everybody
    <folder>/<owner>/<language>/<occasion>.<tone>.<variant>.j2    for one owner

Before all of them stand those that an owner wrote on the settings page, which the database keeps.

A file of the same name takes the place of what is behind it; a new name adds a variant. A file that is broken is left out
and listed with its line and the reason, so what stands behind it speaks instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from jinja2 import FunctionLoader
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from services.notifier.domain.wording import Tone
from services.notifier.drafts.checking import SOURCE_BYTES_MAX, check
from services.notifier.drafts.sandbox import build_environment, render
from services.notifier.drafts.sources import (
    BROKEN,
    LETTER,
    Origin,
    Problem,
    Source,
    check_shape,
    problem_of,
    reason_against,
    shown,
    stamp_of,
    too_large,
)
from shared.messages.values import Occasion

TEMPLATES: Final = Path(__file__).parent.parent / "templates"


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
            f"{path.parent.name}/{path.name}": Source(path.read_text("utf-8"), path) for path in sorted(TEMPLATES.glob("*/*.j2"))
        }
        self._overrides: dict[str | None, dict[str, Source]] = {}
        self._own: dict[str, dict[str, Source]] = {}
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
        seen = (self._folder.is_dir(), [(path, *stamp_of(path)) for path in files])
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
        found: dict[str, Source] = {}
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
                check_shape(render(environment, name=name, variables=sample), name=name, is_letter=False)
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

    def _layers(self, owner: str | None) -> tuple[Mapping[str, Source], ...]:
        own = (self._own.get(owner, {}), self._overrides.get(owner, {})) if owner is not None else ()
        return *own, self._overrides.get(None, {}), self._builtin

    @staticmethod
    def _environment(layers: Sequence[Mapping[str, Source]]) -> SandboxedEnvironment:
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
            if reason := reason_against(owner, language, name):
                yield Problem(file=shown(path, folder=self._folder), line=0, reason=reason, owner=scope)
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

    def _parsed(self, name: str, path: Path) -> Source:
        if not path.is_file():
            raise TemplateSyntaxError("it is no file", 1, name, str(path))
        if path.stat().st_size > SOURCE_BYTES_MAX:
            raise too_large(name, path)
        return self._checked(name, path.read_text("utf-8"), path)

    def _checked(self, name: str, text: str, path: Path) -> Source:
        if len(text.encode()) > SOURCE_BYTES_MAX:
            raise too_large(name, path)
        check(self._plain.parse(text, name, str(path)), variables=self._variables, name=name, filename=str(path))
        return Source(text, path)

    def _tried(self, scope: str | None, *, is_letter: bool) -> Iterable[Problem]:
        sources = self._overrides[scope]
        broken: list[str] = []
        for name in [name for name in sources if bool(LETTER.search(name)) == is_letter]:
            try:
                for sample in self._samples:
                    check_shape(render(self._of(scope), name=name, variables=sample), name=name, is_letter=is_letter)
            except BROKEN as exc:
                broken.append(name)
                yield self._problem(exc, path=sources[name].path, owner=scope)
        for name in broken:
            del sources[name]
        if broken:
            self._environments = {}

    def _problem(self, exc: Exception, *, path: Path, owner: str | None) -> Problem:
        return problem_of(exc, path=path, owner=owner, folder=self._folder)
