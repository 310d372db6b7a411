"""
A Jinja environment in which a template can do one thing only: put words into sentences.

Jinja's own sandbox keeps a template away from Python; `checking.py` keeps it to conditions and filters, without loops,
assignments or macros. So it always ends, in a time and with a text that its own length bounds. The output is capped besides.
"""

import re
from typing import Any, Final

from jinja2 import BaseLoader, StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

from services.notifier.domain.owner_lines import bracketed

OUTPUT_CHARS_MAX: Final = 20_000
"""Ten pages: no greeting is longer."""
OWNER_MARK: Final = "\x02"
"""Precedes a line for the owner's eye while a draft is rendered; no value can hold it: they have no control characters."""

_FILTERS: Final = ("capitalize", "d", "default", "length", "lower", "title", "trim", "upper")
"""None of them makes a text longer than a few times its input."""


def build_environment(loader: BaseLoader) -> SandboxedEnvironment:
    """Return an environment for templates from *loader*."""
    environment = SandboxedEnvironment(
        loader=loader,
        autoescape=False,  # plain text: escaping would send "&amp;" to people
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals = {"owner_line": _owner_line}
    environment.filters = {name: environment.filters[name] for name in _FILTERS} | {"paragraphs": paragraphs}
    return environment


def render(environment: SandboxedEnvironment, *, name: str, variables: dict[str, Any]) -> str:
    """
    Render a template.

    Raises:
        jinja2.TemplateError: it cannot be read or rendered, or writes too much.
        TypeError: it compares what cannot be compared, such as an unknown age.
    """
    chunks: list[str] = []
    length = 0
    for chunk in environment.get_template(name).generate(variables):
        length += len(chunk)
        if length > OUTPUT_CHARS_MAX:
            raise SecurityError(f"the draft is longer than {OUTPUT_CHARS_MAX} characters")
        chunks.append(chunk)
    return "".join(chunks)


def paragraphs(text: str) -> str:
    """Return *text* with its lines joined into paragraphs, which blank lines part: a template's line breaks are its own."""
    parts = re.split(r"\n[ \t]*\n", str(text).strip())
    return "\n\n".join(" ".join(re.split(r"[ \t\n]+", part.strip())) for part in parts if part.strip())


def _owner_line(text: object) -> str:
    return f"\n\n{OWNER_MARK}{bracketed(' '.join(str(text).split()))}\n\n" if text else ""
