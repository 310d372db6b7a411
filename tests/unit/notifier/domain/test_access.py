"""What a credential is good for, and which connections have lost their right."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.access import (
    Connection,
    Credential,
    connection_name,
    fingerprint,
    is_secret,
    outdated,
    permissions_of,
    secret_from,
)
from services.notifier.domain.opaque_secrets import SECRET_BYTES, digest_of
from shared.access import command_inbox_prefix, credential_user, inbox_prefix
from shared.errors import InvalidToken
from shared.messages.access import Scope

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TOKENS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


def credential(scope: Scope) -> Credential:
    """Return a credential of `me`."""
    return Credential(owner="me", name="crm", scope=scope, created_at=NOW)


def test_an_emitter_may_state_facts_and_hear_its_answers() -> None:
    """Its owner's intake and its own inbox; nothing of JetStream, nothing of anybody else."""
    found = permissions_of(credential=credential(Scope.EMIT))
    assert found.publish == ("hobnob.intake.me.>",)
    assert found.subscribe == ("_INBOX.me.crm.>",)


def test_an_owner_hears_the_inbox_too() -> None:
    """The scope `owner` adds that owner's inbox and no right to publish."""
    found = permissions_of(credential=credential(Scope.OWNER))
    assert found.publish == ("hobnob.intake.me.>",)
    assert found.subscribe == ("_INBOX.me.crm.>", "hobnob.inbox.me.>")


@given(owner=TOKENS, name=TOKENS, other_owner=TOKENS, other_name=TOKENS)
def test_no_two_credentials_share_a_subject(owner: str, name: str, other_owner: str, other_name: str) -> None:
    """A user name tells owner and name apart, and no prefix of one credential's subjects is another's."""
    user, other = credential_user(owner=owner, name=name), credential_user(owner=other_owner, name=other_name)
    if (owner, name) != (other_owner, other_name):
        assert user != other
        assert not f"{inbox_prefix(user)}.".startswith(f"{inbox_prefix(other)}.")
    assert not inbox_prefix(user).startswith("_INBOX_")
    assert command_inbox_prefix(user) == inbox_prefix(user)


@pytest.mark.parametrize("bad", ["", "a.b", "a*", ">", "a b", "ä", "x" * 65, "a#b"])
def test_a_name_is_a_token(bad: str) -> None:
    """What could be part of another subject is no name."""
    with pytest.raises(InvalidToken):
        credential_user(owner="me", name=bad)
    with pytest.raises(InvalidToken):
        credential_user(owner=bad, name="crm")


def test_the_command_is_the_operator() -> None:
    """Whatever a broker calls its administrator, the command hears answers where services answer the operator."""
    assert command_inbox_prefix(None) == command_inbox_prefix("admin") == "_INBOX_operator"


@given(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES))
def test_a_secret_is_recognized(entropy: bytes) -> None:
    """Every secret has the documented form, and its fingerprint is of its hash, not of itself."""
    secret = secret_from(entropy=entropy)
    assert secret.startswith("hob_")
    assert len(secret) == 47
    assert is_secret(text=secret)
    assert not is_secret(text=secret + "x")
    assert not is_secret(text=secret[:-1] + "\n")
    assert fingerprint(digest=digest_of(secret=secret)) not in secret


def test_connections_of_a_secret_that_is_gone_are_cut() -> None:
    """Gone or replaced: cut. Present: not. A service or the operator, which the server knows by itself: never."""
    names = {
        "present": connection_name(user="me.crm", fingerprint="aa"),
        "replaced": connection_name(user="me.crm", fingerprint="bb"),
        "gone": connection_name(user="me.hr", fingerprint="cc"),
        "service": "contacts",
    }
    connections = {what: Connection(server="N", id=number, name=name) for number, (what, name) in enumerate(names.items())}
    cut = outdated(connections=connections.values(), valid={"me.crm": "aa"})
    assert cut == [connections["replaced"], connections["gone"]]
