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
    "/health/live": Rule.PUBLIC,
    "/health/ready": Rule.PUBLIC,
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
    "/sign-in/mail": Rule.PUBLIC,
    "/sign-in/link/{secret}": Rule.SECRET_URL,
    "/sign-out": Rule.SESSION,
    "/sign-out/everywhere": Rule.SESSION,
    "/inbox": Rule.SESSION,
    "/inbox/events": Rule.SESSION,
    "/inbox/standard": Rule.SESSION,
    "/inbox/{item}/{action}": Rule.SESSION,
    "/upcoming": Rule.SESSION,
    "/upcoming/feed": Rule.SESSION,
    "/import": Rule.SESSION,
    "/import/events": Rule.SESSION,
    "/import/sort": Rule.SESSION,
    "/import/sort/{contact}": Rule.SESSION,
    "/import/{import_id}": Rule.SESSION,
    "/feed/{secret}.ics": Rule.SECRET_URL,
    "/people": Rule.SESSION,
    "/people/bulk": Rule.SESSION,
    "/people/bulk/{batch}/undo": Rule.SESSION,
    "/people/{contact}": Rule.SESSION,
    "/people/{contact}/edit": Rule.SESSION,
    "/people/{contact}/dates": Rule.SESSION,
    "/people/{contact}/jobs": Rule.SESSION,
    "/people/{contact}/interactions": Rule.SESSION,
    "/people/{contact}/interactions/remove": Rule.SESSION,
    "/people/{contact}/merge": Rule.SESSION,
    "/people/{contact}/forget": Rule.SESSION,
    "/people/{contact}/sources": Rule.SESSION,
    "/network": Rule.SESSION,
    "/settings": Rule.SESSION,
    "/settings/times": Rule.SESSION,
    "/settings/cadence": Rule.SESSION,
    "/settings/sending": Rule.SESSION,
    "/settings/words": Rule.SESSION,
    "/settings/words/new": Rule.SESSION,
    "/settings/words/{language}/{file}": Rule.SESSION,
    "/settings/channels": Rule.SESSION,
    "/settings/channels/{name}/test": Rule.SESSION,
    "/settings/channels/{name}/remove": Rule.SESSION,
    "/settings/access": Rule.SESSION,
    "/settings/access/password": Rule.SESSION,
    "/settings/access/tokens": Rule.SESSION,
    "/settings/access/tokens/{name}/revoke": Rule.SESSION,
    "/settings/emitters": Rule.SESSION,
    "/settings/emitters/unknown": Rule.SESSION,
    "/settings/emitters/{name}/revoke": Rule.SESSION,
    "/settings/dead": Rule.SESSION,
    "/settings/dead/{letter}": Rule.SESSION,
    "/settings/dead/{letter}/replay": Rule.SESSION,
    "/settings/dead/{letter}/drop": Rule.SESSION,
    "/settings/health": Rule.SESSION,
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
    "/api/v1/people/bulk": Rule.API,
    "/api/v1/people/bulk/{batch}/undo": Rule.API,
    "/api/v1/people/{contact}": Rule.API,
    "/api/v1/people/{contact}/outlook": Rule.API,
    "/api/v1/people/{contact}/interactions": Rule.API,
    "/api/v1/people/{contact}/interactions/{interaction}": Rule.API,
    "/api/v1/people/{contact}/new-job": Rule.API,
    "/api/v1/people/{contact}/merge": Rule.API,
    "/api/v1/people/{contact}/provenance": Rule.API,
    "/api/v1/imports": Rule.API,
    "/api/v1/imports/{import_id}": Rule.API,
    "/api/v1/upcoming": Rule.API,
    "/api/v1/network": Rule.API,
    "/api/v1/channels": Rule.API,
    "/api/v1/channels/{name}": Rule.API,
    "/api/v1/channels/{name}/test": Rule.API,
    "/api/v1/credentials": Rule.API,
    "/api/v1/credentials/{name}": Rule.API,
    "/api/v1/dead-letters": Rule.API,
    "/api/v1/dead-letters/{letter}": Rule.API,
    "/api/v1/dead-letters/{letter}/replay": Rule.API,
    "/api/v1/templates": Rule.API,
    "/api/v1/templates/{language}/{file}": Rule.API,
    "/api/v1/templates/{language}/{file}/preview": Rule.API,
    "/api/v1/heartbeat": Rule.API,
    "/api/v1/owner": Rule.API,
    "/api/v1/owner/feed": Rule.API,
}
"""By path, as the router has it."""
