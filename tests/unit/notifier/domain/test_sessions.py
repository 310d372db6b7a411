"""How long a session is good for, and what its secrets are worth."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.opaque_secrets import SECRET_BYTES, digest_of, is_secret_text, secret_text
from services.notifier.domain.sessions import (
    SESSION_IDLE,
    SESSION_LIFETIME,
    Session,
    csrf_token,
    is_csrf_token,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRETS = st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES).map(lambda entropy: secret_text(entropy=entropy))
MOMENT = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("seen_after", "asked_after", "is_over"),
    [
        (timedelta(0), SESSION_IDLE - MOMENT, False),
        (timedelta(0), SESSION_IDLE, True),
        (timedelta(days=5), SESSION_IDLE + timedelta(days=4), False),
        (SESSION_LIFETIME - MOMENT, SESSION_LIFETIME - MOMENT, False),
        (SESSION_LIFETIME - MOMENT, SESSION_LIFETIME, True),
    ],
)
def test_a_session_ends(seen_after: timedelta, asked_after: timedelta, is_over: bool) -> None:
    """After a week without use, and after thirty days however much it was used."""
    session = Session(digest="d", owner="ann", created_at=START, seen_at=START + seen_after)
    assert session.is_over(at=START + asked_after) == is_over


@given(SECRETS, SECRETS)
def test_a_page_s_token_is_of_one_session_and_does_not_tell_it(secret: str, other: str) -> None:
    """Only the session's own token is good; neither it nor what is stored shows the secret."""
    token = csrf_token(secret=secret)
    assert is_secret_text(text=secret)
    assert is_csrf_token(text=token, secret=secret)
    assert is_csrf_token(text=token, secret=other) == (secret == other)
    assert secret not in token
    assert digest_of(secret=secret) != token


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "A" * 42 + "ä", "A" * 42 + "\n", "A" * 42 + "."])
def test_what_is_no_secret_is_not_looked_up(text: str) -> None:
    """Only 43 characters of the alphabet can be one."""
    assert not is_secret_text(text=text)
