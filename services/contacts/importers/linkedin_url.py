"""LinkedIn profile addresses, in every way they are written, reduced to one."""

import re
from urllib.parse import quote, unquote

_PROFILE = re.compile(r"^\s*(?:https?://)?(?:[\w-]+\.)*linkedin\.com/in/([^/?#\s]+)", re.IGNORECASE)


def find_slug(url: str) -> str | None:
    """Return what follows `/in/`, percent-decoded and in lower case, or None when *url* is no profile address."""
    found = _PROFILE.match(url)
    return unquote(found[1]).strip().lower() or None if found else None


def profile_url(url: str) -> str | None:
    """Return the one address of the profile that *url* names, or None: `https://www.linkedin.com/in/<slug>`."""
    slug = find_slug(url)
    return f"https://www.linkedin.com/in/{quote(slug)}" if slug else None
