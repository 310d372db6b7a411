"""Who is at the other end: the browser's address and scheme, and what a trusted proxy says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

Network = IPv4Network | IPv6Network
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """
    What is believed of a request.

    Only proxies in *trusted* are believed what they say of the browser's address and scheme (`X-Forwarded-For` and `-Proto`),
    and, in *user_header*, which owner they have signed in.
    """

    trusted: tuple[Network, ...] = ()
    user_header: str | None = None
    public_url: str | None = None

    def is_trusted(self, address: str) -> bool:
        """Whether *address* is one of the trusted proxies."""
        try:
            return any(ip_address(address) in network for network in self.trusted)
        except ValueError:
            return False

    def address_of(self, request: Request) -> str:
        """Return the address of the browser: the last one that no trusted proxy stands for."""
        address = request.client.host if request.client else UNKNOWN
        before = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
        while before and self.is_trusted(address):
            address = before.pop()
        return address

    def is_https(self, request: Request) -> bool:
        """Whether the browser came by https, to the trusted proxy or to the public address."""
        if self._comes_by_proxy(request) and request.headers.get("x-forwarded-proto") == "https":
            return True
        public = urlsplit(self.public_url or "")
        is_public = public.scheme == "https" and request.headers.get("host", "") == public.netloc
        return is_public or request.url.scheme == "https"

    def user_of(self, request: Request) -> str | None:
        """Return the owner that a trusted proxy has signed in, or None."""
        if self.user_header is None or not self._comes_by_proxy(request):
            return None
        return request.headers.get(self.user_header) or None

    def is_same_origin(self, request: Request) -> bool:
        """
        Whether a page of ours sent this request, or no page at all: what another site has a browser send is told by it.

        Source:
            Fetch Metadata, https://www.w3.org/TR/fetch-metadata/; `Origin` where the browser leaves that out (plain http).
        """
        if site := request.headers.get("sec-fetch-site"):
            return site in ("same-origin", "none")
        if (origin := request.headers.get("origin")) is None:
            return True
        hosts = {request.headers.get("host", ""), urlsplit(self.public_url or "").netloc} - {""}
        return urlsplit(origin).netloc in hosts

    def _comes_by_proxy(self, request: Request) -> bool:
        return request.client is not None and self.is_trusted(request.client.host)


def read_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Read addresses and networks, such as 127.0.0.1 and 10.0.0.0/8; raise `ValueError` when one is neither."""
    return tuple(ip_network(text.strip()) for text in texts if text.strip())
