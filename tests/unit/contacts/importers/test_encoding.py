"""Characters: what is known, what is assumed, and that assumptions are said."""

from pathlib import Path

import pytest

from services.contacts.importers.blob import Blob
from services.contacts.importers.encoding import UTF_8, Encoding, find_encoding


def found(folder: Path, data: bytes) -> Encoding:
    """Return the encoding found for a file of these bytes."""
    path = folder / "text"
    path.write_bytes(data)
    return find_encoding(Blob(path=path, name="text"))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
def test_utf8_needs_no_remark(tmp_path: Path, codec: str) -> None:
    """UTF-8, marked or not, is taken without a word."""
    assert found(tmp_path, "Zoë Müller, 王小明".encode(codec)) == Encoding(UTF_8)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_recognised(tmp_path: Path, codec: str) -> None:
    """UTF-16 is recognised by its mark or by its zeros, and said."""
    text = "First Name,Last Name\nZoë,Example\n"
    encoding = found(tmp_path, text.encode(codec))
    assert text.encode(codec).decode(encoding.codec).lstrip("\ufeff") == text
    assert encoding.remark


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1252", "Jürgen Müller\nZoë Ångström\n"),
        ("cp1250", "Łukasz Wiśniewski\nMałgorzata Żółkiewska\nJiří Dvořák\n"),
        ("cp1251", "Иван Петров\nАнна Сидорова\nМария Кузнецова\n"),
    ],
)
def test_windows_code_pages_are_assumed_and_said(tmp_path: Path, codec: str, text: str) -> None:
    """Bytes that are not UTF-8 are read in the code page that fits their letters, and the remark names it."""
    encoding = found(tmp_path, text.encode(codec))
    assert encoding.codec == codec
    assert encoding.remark
    assert codec.removeprefix("cp") in encoding.remark


def test_a_stray_byte_does_not_overturn_a_file(tmp_path: Path) -> None:
    """One broken byte in a large UTF-8 file costs one character, not the letters of all others."""
    encoding = found(tmp_path, "Müller\n".encode() * 500 + b"M\xfcller\n")
    assert encoding.codec == UTF_8
    assert encoding.remark


def test_a_letter_across_two_chunks_is_whole(tmp_path: Path) -> None:
    """A file larger than one read is judged as one text, also where a letter lies on the seam."""
    data = b"x" * (1024 * 1024 - 1) + "ü".encode() * 10
    assert found(tmp_path, data) == Encoding(UTF_8)
