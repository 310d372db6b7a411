"""Tests of what is read from an HTTP answer."""

import pytest

from services.notifier.channels.http_answers import LastAnswer, retry_after_s

DATE = "Mon, 04 May 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": " 0 "}, 0),
        ({"Retry-After": "9" * 400}, 86_400),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "Mon, 04 May 2026 09:02:00 GMT", "Date": DATE}, 120),
        ({"Retry-After": "Mon, 04 May 2026 08:00:00 GMT", "Date": DATE}, 0),
        ({"Retry-After": "Mon, 04 May 2026 09:02:00 GMT"}, None),
        ({"Retry-After": "Mon, 04 May 2026 09:02:00", "Date": DATE}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds and dates are read, a day at most; what cannot be read asks for nothing."""
    assert retry_after_s(headers) == seconds


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (LastAnswer(), None),
        (LastAnswer(status=204), None),
        (LastAnswer(status=429), "HTTP 429 Too Many Requests"),
        (LastAnswer(status=799), "HTTP 799"),
        (LastAnswer(failure="gone"), "gone"),
    ],
)
def test_reasons(answer: LastAnswer, reason: str | None) -> None:
    """A refusal is named, a success has no reason."""
    assert answer.reason == reason
