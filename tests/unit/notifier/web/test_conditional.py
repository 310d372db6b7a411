"""Tags of answers."""

import pytest
from starlette.requests import Request

from services.notifier.web.conditional import has_already, tag_of


@pytest.mark.parametrize(
    ("sent", "has"),
    [
        (None, False),
        ("", False),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b",W/"a"', True),
        ("*", True),
        ("a", False),
        ('"b"', False),
    ],
)
def test_whoever_names_the_tag_has_it(sent: str | None, has: bool) -> None:
    """Alone, weakly, among others, or by the star; never by half."""
    headers = [] if sent is None else [(b"if-none-match", sent.encode())]
    assert has_already(Request({"type": "http", "headers": headers}), tag='"a"') is has


def test_tags_are_of_the_body() -> None:
    """Equal bodies have equal ones, and they are quoted as the header wants them."""
    assert tag_of(b"x") == tag_of(b"x") != tag_of(b"y")
    assert tag_of(b"x")[0] == tag_of(b"x")[-1] == '"'
