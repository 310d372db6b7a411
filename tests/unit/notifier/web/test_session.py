"""Where sign-in leads, and what is believed of a request."""

from ipaddress import ip_network
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from services.notifier.web.peers import Peers, read_networks
from services.notifier.web.session import HOME, same_site_path

SITE = "https://hobnob.example.org"
HOSTILE = [
    "//evil.example.net",
    "///evil.example.net",
    "https://evil.example.net/",
    "/\\evil.example.net",
    "\\\\evil.example.net",
    "/\t/evil.example.net",
    "/\n/evil.example.net",
    "javascript:alert(1)",
    "inbox",
    "",
    "/sign-in?next=/inbox",
    "/sign-in/link/x",
    " /inbox",
    "//[",
]


def request(*, client: str = "192.0.2.7", scheme: str = "http", **headers: str) -> Request:
    """Return a request from *client*."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "scheme": scheme}
    return Request(scope | {"headers": raw, "client": (client, 1), "server": ("hobnob.example.org", 80)})


@pytest.mark.parametrize("text", HOSTILE)
def test_nobody_is_led_elsewhere(text: str) -> None:
    """Whatever is no path of this site becomes the inbox."""
    assert same_site_path(text) == HOME


@pytest.mark.parametrize("text", ["/inbox", "/people/abc?tab=notes", "/upcoming?month=2026-12#day-3"])
def test_one_comes_back_to_where_one_was(text: str) -> None:
    """A path of this site is kept, its query included."""
    assert same_site_path(text) == text


@given(st.text(alphabet=st.sampled_from("/\\:?#@.[]%ab\t\n\r evil"), max_size=24))
def test_any_text_leads_to_this_site(text: str) -> None:
    """A browser that follows it stays on the host."""
    target = urljoin(f"{SITE}/sign-in", same_site_path(text))
    assert urlsplit(target).netloc == urlsplit(SITE).netloc


def test_only_a_trusted_proxy_names_the_owner_and_the_address() -> None:
    """Anybody else's headers are not believed; of a chain the last address that no trusted proxy stands for counts."""
    peers = Peers(trusted=read_networks(["10.0.0.0/8", "127.0.0.1"]), user_header="Remote-User")
    forged = request(remote_user="ann", x_forwarded_for="198.51.100.1", x_forwarded_proto="https")
    assert (peers.user_of(forged), peers.address_of(forged), peers.is_https(forged)) == (None, "192.0.2.7", False)
    proxied = request(
        client="10.1.1.1", remote_user="ann", x_forwarded_for="6.6.6.6, 198.51.100.1, 10.2.2.2", x_forwarded_proto="https"
    )
    assert (peers.user_of(proxied), peers.address_of(proxied), peers.is_https(proxied)) == ("ann", "198.51.100.1", True)
    assert Peers(trusted=(ip_network("10.0.0.0/8"),)).user_of(proxied) is None


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({}, True),
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "same-site"}, False),
        ({"origin": "http://hobnob.example.org", "host": "hobnob.example.org"}, True),
        ({"origin": "http://evil.example.net", "host": "hobnob.example.org"}, False),
        ({"origin": "null", "host": "hobnob.example.org"}, False),
    ],
)
def test_other_sites_forms_are_told_from_ours(headers: dict[str, str], is_ours: bool) -> None:
    """The browser says who sent a form; programs that are no browser say nothing."""
    assert Peers().is_same_origin(request(**headers)) == is_ours
