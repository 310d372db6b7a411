"""What the pages work with, and how a route gets at it."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import Request

from services.notifier.use_cases.mailed_links import MailedLinks
from services.notifier.use_cases.signing_in import SigningIn
from services.notifier.use_cases.tools import Tools
from services.notifier.use_cases.watching import Watch
from services.notifier.web.peers import Peers


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The use cases' tools, who is signed in, who is believed what, and who hears of changes of the inbox."""

    tools: Tools
    signing_in: SigningIn
    mailed_links: MailedLinks
    watch: Watch
    peers: Peers


def site_of(request: Request) -> Site:
    """Return what the pages work with."""
    return cast(Site, request.app.state.site)


OurSite = Annotated[Site, Depends(site_of)]
"""A parameter of a route."""
