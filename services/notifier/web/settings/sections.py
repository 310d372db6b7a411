"""The sections of the settings, and how a page of one is shown."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from services.notifier.web import wording
from services.notifier.web.pages import redirect, render

SETTINGS: Final = "/settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A page of the settings: its path below `/settings`, its name, and its template."""

    path: str
    label: str

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{SETTINGS}/{self.path}" if self.path else SETTINGS

    @property
    def template(self) -> str:
        """The file that shows it."""
        return f"settings/{self.path or 'you'}.html"


YOU: Final = Section(path="", label="You")
TIMES: Final = Section(path="times", label="When")
CADENCE: Final = Section(path="cadence", label="Staying in touch")
SENDING: Final = Section(path="sending", label="Sending")
WORDS: Final = Section(path="words", label="Words")
CHANNELS: Final = Section(path="channels", label="Channels")
ACCESS: Final = Section(path="access", label="Sign-in and tokens")
EMITTERS: Final = Section(path="emitters", label="Other systems")
DEAD: Final = Section(path="dead", label="Left aside")
HEALTH: Final = Section(path="health", label="Heartbeat")
SECTIONS: Final = (YOU, TIMES, CADENCE, SENDING, WORDS, CHANNELS, ACCESS, EMITTERS, DEAD, HEALTH)


async def show(request: Request, section: Section, *, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> Response:
    """Show a section; what a template asks for besides is in *context*, `errors` and `did` are empty unless they are there."""
    given: dict[str, Any] = {"errors": {}, "did": request.query_params.get("did", ""), **context}
    return await render(request, section.template, status=status, section=section, sections=SECTIONS, wording=wording, **given)


def done(section: Section, did: str = "saved", *, anchor: str = "") -> Response:
    """Lead back to a section, which says what was done."""
    return redirect(f"{section.url}?did={did}{anchor}")
