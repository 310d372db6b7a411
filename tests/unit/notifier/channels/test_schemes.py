"""Tests of which channel URLs are allowed and what of one is shown."""

import pytest
from apprise.manager_plugins import NotificationManager
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.schemes import ALLOWED, InvalidChannel, checked_scheme, scrub, shown_host

LOCAL = {"file", "syslog", "rsyslog", "dbus", "glib", "gnome", "gio", "kde", "qt", "windows", "macosx", "blink1", "dot"}
PUBLIC = {"mastodon", "mastodons", "toot", "toots", "twitter", "x", "tweet", "reddit", "bluesky", "bsky", "nostr"}


def test_every_allowed_scheme_exists() -> None:
    """Each listed scheme is one that the installed Apprise knows and can use without further packages."""
    known = NotificationManager()  # type: ignore[no-untyped-call]  # the library's
    assert {scheme for scheme in ALLOWED if scheme not in known or not known[scheme].enabled} == set()


def test_nothing_local_or_public_is_allowed() -> None:
    """No scheme that acts on this machine or speaks to the public is on the list."""
    assert not ALLOWED & (LOCAL | PUBLIC)


@pytest.mark.parametrize("scheme", [*sorted(LOCAL | PUBLIC), "FILE", "smtp", "python", "java-script"])
def test_other_schemes_are_refused(scheme: str) -> None:
    """Any other scheme is refused."""
    with pytest.raises(InvalidChannel):
        checked_scheme(f"{scheme}://s3cr3t")


@pytest.mark.parametrize(
    "url",
    [
        "json://h.example.org/?template=/etc/passwd",
        "discord://1/2?TEMPLATE=/etc/passwd",
        "discord://1/2?a=b&%74emplate=/etc/passwd",
        "json://u:p?x@h.example.org/?template=/etc/passwd",
        "mailto://u:p@h.example.org?a=1;pgpprv=/root/key",
    ],
)
def test_parameters_that_name_files_are_refused(url: str) -> None:
    """No channel can make a service read a file of this machine, however the parameter is written."""
    with pytest.raises(InvalidChannel, match="names a file"):
        checked_scheme(url)


@pytest.mark.parametrize("url", ["", "json", "json://", "://x", "json:/x", "json://x y", "json://x\r\n", "json://" + "x" * 2_001])
def test_what_is_no_url_is_refused(url: str) -> None:
    """What is not a URL of reasonable length without spaces is refused with a sentence that shows the form."""
    with pytest.raises(InvalidChannel, match="channel"):
        checked_scheme(url)


@pytest.mark.parametrize(
    ("url", "host"),
    {
        "ntfys://user:pass@ntfy.example.org/topic": "ntfy.example.org",
        "ntfy://secret-topic": None,
        "json://127.0.0.1:8080/hook": "127.0.0.1",
        "tgram://123456789:abcdefg_hij/12315544": None,
        "pover://userkey@token.example": None,
        "mailto://me:pass@example.org": "example.org",
        "json://[::1": None,
    }.items(),
)
def test_a_token_is_never_taken_for_a_host(url: str, host: str | None) -> None:
    """The host is shown only where a scheme has one; tokens and topics stand in its place elsewhere."""
    assert shown_host(url) == host


@given(st.text(alphabet="abcXYZ019_-~.!", min_size=4, max_size=30), st.text(max_size=20))
def test_no_part_of_a_url_survives_scrubbing(secret: str, around: str) -> None:
    """Whatever a library writes about a URL: user, password, path and parameters are not in it any more."""
    url = f"json://user-{secret}:pw-{secret}@h.example.org/{secret}?key={secret}"
    told = f"{around} {url} {secret} pw-{secret} h.example.org"
    shown = scrub(told, url=url)
    assert secret not in shown.replace("h.example.org", "")


def test_a_percent_encoded_secret_is_scrubbed_in_both_forms() -> None:
    """A password is hidden as it stands in the URL and as it is."""
    url = "mailto://me:p%40ss%2Fword@example.org"
    assert scrub("p%40ss%2Fword and p@ss/word", url=url) == "… and …"
