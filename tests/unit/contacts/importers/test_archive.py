"""ZIPs: the LinkedIn export, and what is refused."""

import zipfile
from pathlib import Path

import pytest

from services.contacts.importers import BrokenFile, TooLarge, UnknownFormat, archive, open_import
from services.contacts.importers.blob import Blob
from tests.unit.contacts.importers.reading import FIXTURES

CONNECTIONS = (FIXTURES / "linkedin_2024_connections.csv").read_bytes()


def packed(folder: Path, members: dict[str, bytes]) -> Path:
    """Return a ZIP with these members."""
    path = folder / "upload.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def test_the_whole_export() -> None:
    """Every usable member is a source, the people first and messages last; the rest is left out."""
    sources = open_import(FIXTURES / "linkedin_export.zip", filename="linkedin_export.zip", date_order=None)
    formats = [source.format for source in sources]
    assert formats[0] == "linkedin"
    assert set(formats[-2:]) == {"linkedin_messages", "linkedin_invitations"}
    assert sorted(formats[1:-2]) == ["linkedin_contacts", "linkedin_notes", "linkedin_recommendations"]
    assert sources[0].file == "linkedin_export.zip/Connections.csv"
    assert len(list(sources[0].rows())) == 4


def test_members_are_known_by_content(tmp_path: Path) -> None:
    """A member may be called anything."""
    (source,) = open_import(packed(tmp_path, {"folder/x.bin": CONNECTIONS, "empty.csv": b""}), filename="a.zip", date_order=None)
    assert source.format == "linkedin"


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    """A ZIP without a usable member names the formats we read."""
    with pytest.raises(UnknownFormat, match="vCard"):
        open_import(packed(tmp_path, {"Profile.csv": b"First Name,Last Name\nOlive,Owner\n"}), filename="a.zip", date_order=None)


def test_a_zip_in_a_zip_is_refused(tmp_path: Path) -> None:
    """A nested ZIP is refused by content, with what to do; a workbook beside the data is not one."""
    inner = packed(tmp_path, {"Connections.csv": CONNECTIONS}).read_bytes()
    with pytest.raises(UnknownFormat, match="another ZIP"):
        open_import(packed(tmp_path, {"data": inner, "Connections.csv": CONNECTIONS}), filename="a.zip", date_order=None)
    workbook = packed(tmp_path, {"[Content_Types].xml": b"<Types/>"}).read_bytes()
    assert open_import(packed(tmp_path, {"book.xlsx": workbook, "c.csv": CONNECTIONS}), filename="a.zip", date_order=None)


def test_a_bomb_is_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that packs as no text does, or members beyond the total, are refused before anything is unpacked."""
    monkeypatch.setattr(archive, "RATIO_FROM_BYTES", 100_000)
    monkeypatch.setattr(Blob, "head", lambda self: b"PK\x03\x04" if self.member is None else pytest.fail("opened"))
    bomb = packed(tmp_path, {"Connections.csv": CONNECTIONS + b"\0" * 2_000_000})
    with pytest.raises(TooLarge, match="ZIP bomb"):
        open_import(bomb, filename="a.zip", date_order=None)
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1_000_000)
    with pytest.raises(TooLarge, match="GiB"):
        open_import(bomb, filename="a.zip", date_order=None)


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of members is bounded."""
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    with pytest.raises(TooLarge, match="3 files"):
        open_import(packed(tmp_path, {str(n): b"x" for n in range(3)}), filename="a.zip", date_order=None)


def test_damage_is_named(tmp_path: Path) -> None:
    """A truncated ZIP and one with a damaged member are broken, never a traceback."""
    path = packed(tmp_path, {"Connections.csv": CONNECTIONS * 50})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BrokenFile, match="damaged or incomplete"):
        open_import(path, filename="a.zip", date_order=None)
    middle = 60 + len("Connections.csv")
    path.write_bytes(whole[:middle] + bytes(byte ^ 0xFF for byte in whole[middle : middle + 40]) + whole[middle + 40 :])
    with pytest.raises(BrokenFile, match="damaged"):
        open_import(path, filename="a.zip", date_order=None)


def test_a_password_is_named(tmp_path: Path) -> None:
    """An encrypted ZIP says that it is protected."""
    path = packed(tmp_path, {"Connections.csv": CONNECTIONS})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag of the local header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and of the directory
    path.write_bytes(data)
    with pytest.raises(BrokenFile, match="password"):
        open_import(path, filename="a.zip", date_order=None)
