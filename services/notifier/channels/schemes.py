"""
Which Apprise URLs an owner may use, and what of one may be shown.

Apprise knows some 190 services. Some of them act on this machine (`syslog`, `dbus`, `windows`, `macosx`, `gnome`, `glib`, `kde`,
`blink1`), some speak to the public (`mastodon`, `twitter`, `reddit`), and a new version may bring more of either. So those that
may be used are listed, not those that may not.
"""

import re
from typing import Final
from urllib.parse import unquote, unquote_plus, urlsplit

from services.notifier.domain.cleaning import clean_line
from shared.errors import PermanentError

_OWN: Final = (
    "apprise", "bark", "form", "gotify", "hassio", "json", "lametric", "mailto", "matrix", "mmost", "ncloud", "nctalk",
    "ntfy", "rocket", "signal", "synology", "xml",
)  # fmt: skip
SERVERS: Final = frozenset(_OWN) | {f"{scheme}s" for scheme in _OWN}
"""Schemes, each with and without TLS, whose URL names a server, mostly one's own; its name may be shown."""
_PROVIDERS: Final = (
    "46elks", "brevo", "bulksms", "burstsms", "chanify", "clickatell", "clicksend", "d7sms", "dingtalk", "discord",
    "feishu", "freemobile", "gchat", "ifttt", "join", "lark", "line", "mailersend", "mailgun", "msgbird", "o365", "pbul",
    "plivo", "postmark", "pover", "prowl", "push", "pushdeer", "pushed", "pushme", "pushplus", "pushward", "pushy",
    "resend", "revolt", "ryver", "schan", "sendgrid", "ses", "seven", "sfr", "simplepush", "sinch", "slack", "smtp2go",
    "sparkpost", "spush", "telnyx", "tgram", "threema", "twilio", "twist", "voipms", "vonage", "webex", "wecombot",
    "whatsapp", "workflow", "workflows", "wxpusher", "wxteams", "zulip",
)  # fmt: skip
SERVICES: Final = frozenset(_PROVIDERS)
"""Schemes of one provider each: what stands where a host would is a key or an account, and is never shown."""
ALLOWED: Final = SERVERS | SERVICES

FILE_PARAMETERS: Final = frozenset({"attach", "config", "keyfile", "pgp", "pgppub", "pgpprv", "subfile", "template"})
"""Parameters with which a service reads or makes files on this machine."""

URL_CHARS_MAX: Final = 2_000
HIDDEN: Final = "…"
SECRET_CHARS_MIN: Final = 4
"""Shorter parts of a URL are words such as a method; hiding them would make every message unreadable."""


class InvalidChannel(PermanentError):
    """This is not the URL of a channel."""


def checked_scheme(url: str) -> str:
    """
    Return the scheme of a channel URL that an owner may use.

    Raises:
        InvalidChannel: with the reason; what the URL holds is not in it.
    """
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or not rest or not scheme.isascii() or not scheme.isalnum():
        raise InvalidChannel("a channel is a URL such as ntfy://ntfy.sh/topic, tgram://token/chat or mailto://user:password@host")
    if len(url) > URL_CHARS_MAX or any(char.isspace() or not char.isprintable() for char in url):
        raise InvalidChannel(f"a channel URL has no spaces or control characters and at most {URL_CHARS_MAX} characters")
    if scheme not in ALLOWED:
        raise InvalidChannel(f"{clean_line(scheme, chars_max=40)}:// is not allowed; allowed are {', '.join(sorted(ALLOWED))}")
    # Cut wherever a parameter could begin, and not only where one should: Apprise reads URLs in its own way.
    for option in re.split("[?&;]", url)[1:]:
        name = unquote_plus(option.partition("=")[0]).strip().lower()
        if name in FILE_PARAMETERS:
            raise InvalidChannel(f"the parameter {name} is not allowed: it names a file on the machine that Hobnob runs on")
    return scheme


def shown_host(url: str) -> str | None:
    """Return the host in *url* when it is known to be one, and neither a token nor a topic that lets anybody in."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = parts.hostname or ""
    is_host = "." in host or ":" in host or host == "localhost"
    return host if parts.scheme in SERVERS and is_host else None


def scrub(text: str, *, url: str) -> str:
    """Return *text* as one line in which no part of *url* that could be a secret can be read."""
    host = shown_host(url)
    shown = clean_line(text, chars_max=300)
    for part in sorted(_parts(url), key=len, reverse=True):
        if part != host:
            shown = shown.replace(part, HIDDEN)
    return shown


def _parts(url: str) -> set[str]:
    """Return the pieces of a URL, as written and decoded: user, password, host, path, names and values of the query."""
    rest = url.partition("://")[2]
    pieces = {rest, *rest.replace("?", "/").replace("&", "/").replace("=", "/").replace("@", "/").replace(":", "/").split("/")}
    pieces |= {unquote(piece) for piece in pieces} | {unquote(rest.partition("@")[0].partition(":")[2])}
    return {piece for piece in pieces if len(piece) >= SECRET_CHARS_MIN}
