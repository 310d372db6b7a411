"""
Who may use which route of the HTTP door: every path is here, and a test tries each with another owner's rights and with none.
"""

from enum import StrEnum
from typing import Final


class Rule(StrEnum):
    """Whom a path answers."""

    PUBLIC = "public"
    """Everybody: it says nothing of anybody."""
    TOKEN = "token"  # noqa: S105  # the name of a rule
    """Whoever sends a bearer token, of any scope; the facts are that owner's."""
    SESSION = "session"
    """An owner who is signed in; everybody else is led to where they sign in."""
    API = "api"
    """An owner's token, or a session."""
    SECRET_URL = "secret_url"  # noqa: S105  # the name of a rule
    """Whoever knows the secret in the path; a wrong one and none at all are told apart from nothing."""


RULES: Final[dict[str, Rule]] = {
    "/health": Rule.PUBLIC,
    "/metrics": Rule.PUBLIC,
    "/openapi.json": Rule.PUBLIC,
    "/events": Rule.TOKEN,
    "/optout/{token}": Rule.SECRET_URL,
    "/asyncapi": Rule.PUBLIC,
    "/asyncapi/style.css": Rule.PUBLIC,
    "/asyncapi.json": Rule.PUBLIC,
    "/schemas/{name}.json": Rule.PUBLIC,
    "/static/{name}": Rule.PUBLIC,
    "/": Rule.PUBLIC,
    "/sign-in": Rule.PUBLIC,
    "/sign-in/link/{secret}": Rule.SECRET_URL,
    "/sign-out": Rule.SESSION,
    "/sign-out/everywhere": Rule.SESSION,
    "/inbox": Rule.SESSION,
    "/inbox/events": Rule.SESSION,
    "/inbox/standard": Rule.SESSION,
    "/inbox/{item}/{action}": Rule.SESSION,
    "/upcoming": Rule.SESSION,
    "/upcoming/feed": Rule.SESSION,
    "/feed/{secret}.ics": Rule.SECRET_URL,
    "/api": Rule.PUBLIC,
    "/api/v1/inbox": Rule.API,
    "/api/v1/send-all": Rule.API,
    "/api/v1/inbox/{item}": Rule.API,
    "/api/v1/inbox/{item}/send": Rule.API,
    "/api/v1/inbox/{item}/undo": Rule.API,
    "/api/v1/inbox/{item}/mark-sent": Rule.API,
    "/api/v1/inbox/{item}/edit": Rule.API,
    "/api/v1/inbox/{item}/snooze": Rule.API,
    "/api/v1/inbox/{item}/dismiss": Rule.API,
    "/api/v1/inbox/{item}/not-this-person": Rule.API,
    "/api/v1/inbox/{item}/fix-date": Rule.API,
    "/api/v1/people": Rule.API,
    "/api/v1/people/{contact}": Rule.API,
    "/api/v1/upcoming": Rule.API,
    "/api/v1/owner": Rule.API,
    "/api/v1/owner/feed": Rule.API,
}
"""By path, as the router has it."""
