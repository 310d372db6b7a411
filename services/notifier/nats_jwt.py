"""
The JWTs of NATS' auth callout: reading what the server asks, writing the signed answer.

Of the two packages on PyPI one calls itself untested and the other is weeks old (ADR 0007); `nkeys`, of the NATS authors, does
the cryptography.

Source:
    NATS ADR-26 "Authorization Callouts", and the claims of github.com/nats-io/jwt v2.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any, Final

import nkeys
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.notifier.domain.access import Permissions
from shared.errors import InvalidMessage, PermanentError

_HEADER: Final = {"typ": "JWT", "alg": "ed25519-nkey"}
_AUDIENCE: Final = "nats-authorization-request"
_VERSION: Final = 2
_NO_LIMIT: Final = -1


class InvalidSeed(PermanentError):
    """HOBNOB_NATS_ISSUER_SEED is not the seed of an account key: such a one begins with SA."""


class _Claim(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Server(_Claim):
    id: str


class _ConnectOptions(_Claim):
    user: str = ""
    password: str = Field(default="", alias="pass", repr=False)


class _Nats(_Claim):
    server_id: _Server
    user_nkey: str
    connect_opts: _ConnectOptions = _ConnectOptions()


class AuthRequest(_Claim):
    """Somebody who wants to come in, as the server describes them."""

    aud: str
    nats: _Nats

    @property
    def user(self) -> str:
        """The name given; empty when there was none."""
        return self.nats.connect_opts.user

    @property
    def secret(self) -> str:
        """The password given; empty when there was none."""
        return self.nats.connect_opts.password


def read_request(token: bytes) -> AuthRequest:
    """
    Read what the server asks.

    The signature is not checked: the subject is in the system account, where only servers publish.

    Raises:
        InvalidMessage: it is no such request; says nothing of its content, which has a password in it.
    """
    try:
        _, claims, _ = token.split(b".")
        request = AuthRequest.model_validate_json(urlsafe_b64decode(claims + b"=" * (-len(claims) % 4)))
    except (ValidationError, ValueError):
        # Without the cause: it repeats its input.
        raise InvalidMessage("not an authorization request of a NATS server") from None
    if request.aud != _AUDIENCE:
        raise InvalidMessage("an authorization request with another audience")
    return request


class Issuer:
    """Signs answers with the seed whose public key the server's configuration names as `issuer`."""

    def __init__(self, seed: str) -> None:
        try:
            self._keys = nkeys.from_seed(bytearray(seed.encode()))
            self._public: str = self._keys.public_key.decode()
        except (nkeys.NkeysError, ValueError) as exc:
            raise InvalidSeed from exc
        if not self._public.startswith("A"):
            raise InvalidSeed

    def admit(self, request: AuthRequest, *, name: str, account: str, permissions: Permissions, at: datetime) -> bytes:
        """
        Return the answer that lets somebody in.

        Args:
            request: Theirs.
            name: What the server calls them from now on.
            account: The account that they land in.
            permissions: All that they may do there.
            at: Now.
        """
        user = {
            "pub": {"allow": list(permissions.publish)},
            "sub": {"allow": list(permissions.subscribe)},
            "subs": _NO_LIMIT,
            "data": _NO_LIMIT,
            "payload": _NO_LIMIT,
            "type": "user",
            "version": _VERSION,
        }
        token = self._sign({"aud": account, "sub": request.nats.user_nkey, "name": name, "nats": user}, at=at)
        return self._answer(request, {"jwt": token}, at=at)

    def refuse(self, request: AuthRequest, *, reason: str, at: datetime) -> bytes:
        """Return the answer that keeps somebody out; the server logs *reason* and tells them nothing."""
        return self._answer(request, {"error": reason}, at=at)

    def _answer(self, request: AuthRequest, outcome: dict[str, str], *, at: datetime) -> bytes:
        body = {**outcome, "type": "authorization_response", "version": _VERSION}
        claims = {"aud": request.nats.server_id.id, "sub": request.nats.user_nkey, "nats": body}
        return self._sign(claims, at=at).encode()

    def _sign(self, claims: dict[str, Any], *, at: datetime) -> str:
        whole = {"iss": self._public, "iat": int(at.timestamp()), **claims}
        signed = f"{_encode(_HEADER)}.{_encode(whole)}"
        return f"{signed}.{_base64(self._keys.sign(signed.encode()))}"


def _encode(part: dict[str, Any]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
