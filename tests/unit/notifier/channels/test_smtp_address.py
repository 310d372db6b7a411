"""Tests of how HOBNOB_SMTP_URL is read."""

import pytest

from services.notifier.channels.smtp_address import Encryption, InvalidSmtpUrl, SmtpAddress

SECRET = "s3cr3t-Pa"


def test_everything_in_one_url() -> None:
    """User and password are decoded, and every parameter is read."""
    url = f"smtp://me%40example.org:{SECRET}%2F%23%40@mail.example.org:2525?starttls=optional&timeout=10.5&from=me@example.org"
    address = SmtpAddress.parse(url)
    assert (address.host, address.port, address.encryption) == ("mail.example.org", 2525, Encryption.OPTIONAL)
    assert address.user == "me@example.org"
    assert address.password is not None
    assert address.password.get_secret_value() == f"{SECRET}/#@"
    assert (address.timeout_s, address.sender) == (10.5, "me@example.org")


@pytest.mark.parametrize(
    ("url", "port", "encryption"),
    [
        ("smtp://mail.example.org", 587, Encryption.REQUIRE),
        ("smtps://mail.example.org", 465, Encryption.IMPLICIT),
        ("smtp://127.0.0.1:1025?starttls=off", 1025, Encryption.OFF),
        ("smtp://[::1]:1025?starttls=off", 1025, Encryption.OFF),
    ],
)
def test_defaults_are_safe(url: str, port: int, encryption: Encryption) -> None:
    """Without a word about it the connection is encrypted."""
    address = SmtpAddress.parse(url)
    assert (address.port, address.encryption, address.timeout_s) == (port, encryption, 30)


def test_the_password_is_never_shown() -> None:
    """Neither repr nor str shows the password."""
    address = SmtpAddress.parse(f"smtps://me:{SECRET}@mail.example.org")
    assert SECRET not in repr(address)
    assert str(address) == "mail.example.org:465"


@pytest.mark.parametrize(
    ("url", "says"),
    {
        f"http://me:{SECRET}@mail.example.org": "smtp://",
        "": "smtp://",
        f"smtp:me:{SECRET}@mail.example.org": "no host",
        "smtp://": "no host",
        f"smtp://me:{SECRET}@": "no host",
        f"smtp://me:{SECRET}/x@mail.example.org": "%XX",
        f"smtp://me:12/{SECRET}@mail.example.org": "%2F",
        f"smtp://me:12#{SECRET}@mail.example.org": "%23",
        f"smtp://me:{SECRET}@mail.example.org:0x1": "port",
        f"smtp://me:{SECRET}@mail.example.org:99999": "port",
        f"smtp://me:{SECRET}@[::1": "host",
        f"smtp://me:{SECRET}@mail.example.org\r\nx": "control character",
        f"smtp://me:{SECRET} x@mail.example.org": "%20",
        "smtp://me@mail.example.org": "a user and a password",
        f"smtp://:{SECRET}@mail.example.org": "a user and a password",
        f"smtp://me:{SECRET}@mail.example.org?starttls=yes": "starttls: it must be one of require, optional, off",
        f"smtps://me:{SECRET}@mail.example.org?starttls=off": "a parameter that is not known",
        f"smtp://me:{SECRET}@mail.example.org?tls=off": "a parameter that is not known",
        f"smtp://me:12?{SECRET}=1@mail.example.org": "a parameter that is not known",
        f"smtp://me:{SECRET}@mail.example.org?timeout=soon": "timeout: it must be a number",
        f"smtp://me:{SECRET}@mail.example.org?timeout=nan": "timeout",
        f"smtp://me:{SECRET}@mail.example.org?timeout=0": "timeout",
        f"smtp://me:{SECRET}@mail.example.org?timeout=9&timeout=8": "twice",
        f"smtp://me:{SECRET}@mail.example.org?from=me": "from: 'me' is no email address",
        f"smtp://me:{SECRET}@mail.example.org?{SECRET}": "name=value",
    }.items(),
)
def test_what_is_wrong_is_said_without_the_secret(url: str, says: str) -> None:
    """An unusable URL is refused with what is wrong; neither the error nor what led to it shows the password."""
    with pytest.raises(InvalidSmtpUrl, match="HOBNOB_SMTP_URL") as refused:
        SmtpAddress.parse(url)
    assert says in str(refused.value)
    error: BaseException | None = refused.value
    while error is not None:
        assert SECRET not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
