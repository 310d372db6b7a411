"""Tests of email addresses: one mailbox as it is put on the wire, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.addresses import InvalidAddress, needs_smtputf8, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    {
        "anna@example.org": "anna@example.org",
        " Anna.O'Neil+x@EXAMPLE.org ": "Anna.O'Neil+x@example.org",
        "anna@bücher.example": "anna@xn--bcher-kva.example",
        "anna@straße.example": "anna@xn--strae-oqa.example",
        "anna@例え.example": "anna@xn--r8jz45g.example",
        "jané@example.org": "jané@example.org",
        "anna@localhost": "anna@localhost",
    }.items(),
)
def test_addresses_are_put_on_the_wire(text: str, address: str) -> None:
    """The domain becomes IDNA 2008, where ß is not ss; the part before the @ stays as it is."""
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna",
        "@example.org",
        "anna@",
        "anna@example.org, bob@example.org",
        "anna@example.org\r\nBcc: bob@example.org",
        "anna\r\n@example.org",
        "anna@example.org\0",
        "anna@exam\u2028ple.org",
        "an na@example.org",
        "Anna <anna@example.org>",
        "anna@b@example.org",
        '"anna smith"@example.org',
        "anna..b@example.org",
        ".anna@example.org",
        "anna@[127.0.0.1]",
        "anna@-x.example.org",
        "anna@a..example.org",
        "anna@under_score.example.org",
        "a" * 65 + "@example.org",
        "anna@" + "a." * 130 + "org",
        "anna@example.org>",
        "anna@ex\u202eample.org",
        "anna\ud800@example.org",
    ],
)
def test_what_is_no_address_of_one_mailbox_is_refused(text: str) -> None:
    """An address is never cleaned into another one: anything unusual is refused, with a reason of one line."""
    with pytest.raises(InvalidAddress) as refused:
        parse_address(text)
    assert str(refused.value).isprintable()


@given(st.one_of(st.emails(), st.text(max_size=80), st.text(alphabet='a@.<>\r\n\0\u2028 ",é', max_size=20)))
def test_a_parsed_address_stays_itself(text: str) -> None:
    """Parsing either refuses or gives an address that parses to itself and holds nothing that could end a command."""
    try:
        address = parse_address(text)
    except InvalidAddress:
        return
    assert parse_address(address) == address
    assert not any(char in '<> \t\r\n\0",' for char in address)


def test_smtputf8_only_where_it_is_needed() -> None:
    """A letter beyond ASCII before the @ needs SMTPUTF8, one in the domain does not."""
    assert needs_smtputf8(parse_address("jané@example.org"))
    assert not needs_smtputf8(parse_address("anna@bücher.example"))
