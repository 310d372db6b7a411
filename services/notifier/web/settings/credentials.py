"""What the pages about tokens and about emitters share: listing credentials, making one, and what a new one looks like."""

from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from starlette.requests import Request

from services.notifier.web.desk import Desk
from services.notifier.web.site import site_of
from shared.access import credential_user, inbox_prefix
from shared.errors import Conflict
from shared.messages.access import CredentialInfo, CredentialIssued, IssueCredential, ListCredentials, Scope
from shared.messages.rpc import PAGE_SIZE_MAX

NAME_SENTENCE: Final = "Letters, digits, - and _ only, up to 64 of them."
TAKEN: Final = "There is one of that name already. Choose another name, or remove that one first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new credential, shown this once, with what a client needs."""

    name: str
    secret: str
    user: str
    inbox_prefix: str
    http_url: str
    nats_url: str


async def credentials_of(desk: Desk, *, owner: str, scope: Scope) -> list[CredentialInfo]:
    """Return the owner's credentials of a scope."""
    found: list[CredentialInfo] = []
    cursor: str | None = None
    while True:
        page = await desk.upkeep.access.list(request=ListCredentials(owner=owner, cursor=cursor, limit=PAGE_SIZE_MAX))
        found += [each for each in page.credentials if each.scope is scope]
        if (cursor := page.cursor) is None:
            return found


async def make(desk: Desk, request: Request, *, owner: str, name: str, scope: Scope) -> Made | str:
    """Make a credential, or return what is wrong with its name."""
    try:
        asked = IssueCredential.model_validate({"owner": owner, "name": name.strip(), "scope": scope})
    except ValidationError:
        return NAME_SENTENCE
    try:
        issued = await desk.upkeep.access.issue(request=asked)
    except Conflict:
        return TAKEN
    return _made(desk, request, issued)


def _made(desk: Desk, request: Request, issued: CredentialIssued) -> Made:
    owner, name = issued.credential.owner, issued.credential.name
    user = credential_user(owner=owner, name=name)
    return Made(
        name=name,
        secret=issued.secret,
        user=user,
        inbox_prefix=inbox_prefix(user),
        http_url=http_url(request),
        nats_url=desk.upkeep.nats_url,
    )


def http_url(request: Request) -> str:
    """Return where this door is, as the configuration says or else the browser."""
    site = site_of(request)
    if public := site.signing_in.public_url:
        return public.rstrip("/")
    return f"{'https' if site.peers.is_https(request) else 'http'}://{request.url.netloc}"
