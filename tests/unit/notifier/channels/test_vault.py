"""Tests of how channel URLs are kept."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from services.notifier.channels.vault import InvalidReference, SecretsKeyError, Vault, redact

URL = "tgram://123456789:s3cr3t/42"


def a_key() -> str:
    """Return a new key."""
    return Fernet.generate_key().decode()


def a_vault(*keys: str, folder: Path = Path("/nonexistent"), **environment: str) -> Vault:
    """Return a vault with these keys, if any, and this environment."""
    return Vault(SecretStr(",".join(keys)) if keys else None, environment=environment, folder=folder)


@given(st.text(min_size=1, max_size=200).filter(lambda text: not text.startswith(("env:", "file:"))))
def test_what_is_sealed_can_be_opened_and_not_read(url: str) -> None:
    """A sealed URL comes back as it was."""
    vault = a_vault(a_key())
    stored = vault.seal("json://" + url.encode("utf-8", "replace").decode())
    assert vault.open(stored) == "json://" + url.encode("utf-8", "replace").decode()


def test_a_sealed_url_shows_nothing() -> None:
    """Neither scheme nor token is in what is stored, and the same URL is stored differently each time."""
    vault = a_vault(a_key())
    assert "tgram" not in vault.seal(URL)
    assert "s3cr3t" not in vault.seal(URL)
    assert vault.seal(URL) != vault.seal(URL)


def test_keys_can_be_changed() -> None:
    """A new key in front opens what the old one sealed; once resealed, the old key can go."""
    old, new = a_key(), a_key()
    stored = a_vault(old).seal(URL)
    both = a_vault(new, " " + old)
    assert both.open(stored) == URL
    resealed = both.reseal(stored)
    assert a_vault(new).open(resealed) == URL
    with pytest.raises(SecretsKeyError, match="no key in HOBNOB_SECRETS_KEY opens"):
        a_vault(new).open(stored)


def test_without_a_key() -> None:
    """A missing key is told with the command that makes one; references work without."""
    with pytest.raises(SecretsKeyError, match=r"HOBNOB_SECRETS_KEY is not set.*generate_key"):
        a_vault().seal(URL)
    with pytest.raises(SecretsKeyError, match="not set"):
        a_vault().open("fernet:abc")
    assert a_vault(HOBNOB_CHANNEL_PHONE=URL).seal("env:HOBNOB_CHANNEL_PHONE") == "env:HOBNOB_CHANNEL_PHONE"


@pytest.mark.parametrize("key", ["s3cr3t", "", "=" * 44, "é" * 44, "A" * 43 + "=,", "s3cr3t" * 8])
def test_a_malformed_key(key: str) -> None:
    """A malformed key is refused at the start, and not shown."""
    with pytest.raises(SecretsKeyError) as refused:
        Vault(SecretStr(key or ","), environment={})
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize("stored", ["fernet:", "fernet:abc", "fernet:é"])
def test_a_damaged_url(stored: str) -> None:
    """What no key opens is an error, not an empty channel."""
    with pytest.raises(SecretsKeyError):
        a_vault(a_key()).open(stored)


def test_what_we_did_not_store_is_not_used() -> None:
    """A URL in plain text in the database is refused."""
    with pytest.raises(InvalidReference):
        a_vault(a_key()).open(URL)


def test_references_are_looked_up_at_use(tmp_path: Path) -> None:
    """The value of an environment variable or a file below the secrets folder is the URL, without the line end."""
    (tmp_path / "phone").write_text(URL + "\n")
    vault = a_vault(folder=tmp_path, HOBNOB_CHANNEL_PHONE=URL)
    assert vault.open("env:HOBNOB_CHANNEL_PHONE") == URL
    assert vault.open(f"file:{tmp_path}/phone") == URL
    assert vault.reseal("env:HOBNOB_CHANNEL_PHONE") == "env:HOBNOB_CHANNEL_PHONE"
    (tmp_path / "phone").write_text("json://other.example.org")
    assert vault.open(f"file:{tmp_path}/phone") == "json://other.example.org"


def test_references_reach_nothing_else(tmp_path: Path) -> None:
    """No reference reads the service's own settings, a file outside the folder, a link out of it, or nothing."""
    outside = tmp_path / "outside"
    outside.write_text(URL)
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    (folder / "empty").write_text(" \n")
    (folder / "binary").write_bytes(b"\xff")
    vault = a_vault(folder=folder, HOBNOB_MONGO_URL="mongodb://x", HOBNOB_CHANNEL_EMPTY="")
    for reference in (
        "env:HOBNOB_MONGO_URL",
        "env:HOBNOB_CHANNEL_MISSING",
        "env:HOBNOB_CHANNEL_EMPTY",
        "env:",
        f"file:{outside}",
        f"file:{folder}/../outside",
        f"file:{folder}/link",
        f"file:{folder}/missing",
        f"file:{folder}/empty",
        f"file:{folder}/binary",
        f"file:{folder}",
        "file:relative",
        "file:",
    ):
        with pytest.raises(InvalidReference):
            vault.seal(reference)


@pytest.mark.parametrize(
    ("text", "shown"),
    {
        "ntfys://user:pass@ntfy.example.org/topic?x=y": "ntfys://ntfy.example.org",
        URL: "tgram://…",
        "env:HOBNOB_CHANNEL_PHONE": "env:HOBNOB_CHANNEL_PHONE",
        "file:/run/secrets/phone": "file:/run/secrets/phone",
        "fernet:gAAAA": "…",
        "s3cr3t": "…",
    }.items(),
)
def test_what_is_shown(text: str, shown: str) -> None:
    """Scheme and host are shown, of a token nothing."""
    assert redact(text) == shown
