"""What the broker asks and what it is answered, bit by bit."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import nkeys
import pytest

from services.notifier.domain.access import Permissions
from services.notifier.nats_jwt import InvalidSeed, Issuer, read_request
from shared.errors import InvalidMessage

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
SEED: str = nkeys.encode_seed(bytes(range(32)), nkeys.PREFIX_BYTE_ACCOUNT).decode()
PERMISSIONS = Permissions(publish=("hobnob.intake.me.>",), subscribe=("_INBOX.me.crm.>",))


def encode(part: Any) -> str:
    """Write a part of a JWT."""
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def request(**connect_opts: str) -> bytes:
    """Return what nats-server 2.15.1 asks, cut down."""
    claims = {
        "aud": "nats-authorization-request",
        "iss": "NSERVER",
        "nats": {
            "server_id": {"name": "hobnob", "id": "NSERVER"},
            "user_nkey": "UABC",
            "connect_opts": {"lang": "python3", **connect_opts},
            "type": "authorization_request",
            "version": 2,
        },
    }
    return f"{encode({'typ': 'JWT'})}.{encode(claims)}.c2lnbmF0dXJl".encode()


def verified(token: str) -> dict[str, Any]:
    """Return the claims of a token once its signature is found to be the issuer's."""
    signed, _, signature = token.rpartition(".")
    assert "=" not in token
    nkeys.from_seed(bytearray(SEED.encode())).verify(signed.encode(), urlsafe_b64decode(signature + "=="))
    header, claims = (json.loads(urlsafe_b64decode(part + "==")) for part in signed.split("."))
    assert header == {"typ": "JWT", "alg": "ed25519-nkey"}
    assert claims["iss"] == nkeys.from_seed(bytearray(SEED.encode())).public_key.decode()
    assert claims["iat"] == int(NOW.timestamp())
    found: dict[str, Any] = claims
    return found


def test_a_request_is_read() -> None:
    """User and password are there, empty where the client gave none; the password is in no representation."""
    found = read_request(request(user="me.crm", **{"pass": "hob_secret"}))
    assert (found.user, found.secret) == ("me.crm", "hob_secret")
    assert "hob_secret" not in repr(found)
    assert (read_request(request()).user, read_request(request()).secret) == ("", "")


@pytest.mark.parametrize("token", [b"", b"a.b", b"a.b.c.d", b"a.!!.c", b"\xff.\xff.\xff", f"a.{encode([])}.c".encode()])
def test_what_is_no_request_is_refused_without_being_repeated(token: bytes) -> None:
    """The error names neither content nor cause."""
    with pytest.raises(InvalidMessage) as caught:
        read_request(token)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_another_audience_is_refused() -> None:
    """A token that was made for something else is no request."""
    claims = json.loads(urlsafe_b64decode(request().split(b".")[1] + b"=="))
    with pytest.raises(InvalidMessage, match="audience"):
        read_request(f"a.{encode(claims | {'aud': 'HOBNOB'})}.c".encode())


def test_an_admission_carries_a_signed_user() -> None:
    """The answer goes to the server that asked; the user in it is the connection's key, in the account, with these rights."""
    answer = Issuer(SEED).admit(read_request(request()), name="me.crm#f", account="HOBNOB", permissions=PERMISSIONS, at=NOW)
    claims = verified(answer.decode())
    assert (claims["aud"], claims["sub"]) == ("NSERVER", "UABC")
    assert (claims["nats"]["type"], claims["nats"]["version"]) == ("authorization_response", 2)
    assert "error" not in claims["nats"]
    user = verified(claims["nats"]["jwt"])
    assert (user["aud"], user["sub"], user["name"]) == ("HOBNOB", "UABC", "me.crm#f")
    assert user["nats"]["pub"] == {"allow": ["hobnob.intake.me.>"]}
    assert user["nats"]["sub"] == {"allow": ["_INBOX.me.crm.>"]}
    assert "resp" not in user["nats"]


def test_a_refusal_carries_no_user() -> None:
    """It has a reason for the server's log and nothing to come in with."""
    claims = verified(Issuer(SEED).refuse(read_request(request()), reason="unknown credential", at=NOW).decode())
    assert claims["nats"] == {"error": "unknown credential", "type": "authorization_response", "version": 2}


@pytest.mark.parametrize("seed", ["", "SAA", "nonsense", nkeys.encode_seed(bytes(32), nkeys.PREFIX_BYTE_USER).decode()])
def test_a_seed_of_something_else_is_refused(seed: str) -> None:
    """Only the seed of an account can sign; the error does not repeat it."""
    with pytest.raises(InvalidSeed) as caught:
        Issuer(seed)
    assert not seed or seed not in str(caught.value)
