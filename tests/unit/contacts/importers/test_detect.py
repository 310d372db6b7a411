"""The door: what is refused with which sentence, and what every file has in common."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.contacts.importers import BrokenFile, Row, Skipped, UnknownFormat, open_import
from shared.errors import PermanentError
from tests.unit.contacts.importers.reading import FIXTURES, read, rows

READABLE = sorted(
    path.name for path in FIXTURES.iterdir() if path.name not in ("linkedin_recommendations_given.csv", "linkedin_export.zip")
)
FORMATS = {
    "google_new.csv": "google",
    "ics_google_birthday.ics": "ics",
    "jcard.json": "jcard",
    "linkedin_2020_connections.csv": "linkedin",
    "linkedin_contacts.csv": "linkedin_contacts",
    "linkedin_invitations_2020.csv": "linkedin_invitations",
    "linkedin_messages_2021.csv": "linkedin_messages",
    "linkedin_notes.csv": "linkedin_notes",
    "linkedin_recommendations_received.csv": "linkedin_recommendations",
    "outlook_ambiguous.csv": "outlook",
    "thunderbird_old_order.csv": "thunderbird",
    "vcard_30_apple.vcf": "vcard",
}


@pytest.mark.parametrize(("name", "format_"), FORMATS.items())
def test_formats_are_told_by_content(name: str, format_: str) -> None:
    """A file under any name is what its content says, by the stable name of its format."""
    (source,) = open_import(FIXTURES / name, filename="picture.jpg", date_order=None)
    assert source.format == format_
    assert source.file == "picture.jpg"


@pytest.mark.parametrize("name", READABLE)
def test_reading_twice_says_the_same(name: str) -> None:
    """Importing a file again states the very same facts, so it creates nothing."""
    assert read(name) == read(name)


@pytest.mark.parametrize("name", READABLE)
def test_every_person_can_be_known_again(name: str) -> None:
    """Every person carries a key: a URL, a UID, an email, or an id derived from what the row says."""
    for row in rows(read(name)):
        data = row.data.model_dump()
        reference = data.get("contact") or {}
        keys = ("linkedin_url", "uid", "emails", "external_id")
        assert any(data.get(key) for key in keys) or reference.get("linkedin_url") or reference.get("source")
        assert row.full_name or not row.by_name


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x00\x01\x02\x03" * 500, "no text"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "export CSV"),
        (b"\x1f\x8b\x08\x00", "unpack it first"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"colour,size\nred,1\n", "columns colour, size"),
        (b"Dear diary", "Dear diary"),
        (b'{"some": "json"}', "no known format"),
    ],
)
def test_an_unknown_file_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    """What we cannot read is refused with what it is and what we read."""
    path = tmp_path / "upload"
    path.write_bytes(content)
    with pytest.raises(UnknownFormat) as refused:
        open_import(path, filename="C:\\Users\\olive\\stuff.csv", date_order=None)
    assert str(refused.value).startswith("stuff.csv is ")
    assert sentence in str(refused.value)
    assert "vCard 2.1 to 4.0" in str(refused.value)


@pytest.mark.parametrize("content", [b"", b" \r\n\t"])
def test_an_empty_file_is_named(tmp_path: Path, content: bytes) -> None:
    """A file with nothing in it is broken, by name."""
    (tmp_path / "upload").write_bytes(content)
    with pytest.raises(BrokenFile, match=r"contacts\.vcf is empty"):
        open_import(tmp_path / "upload", filename="contacts.vcf", date_order=None)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    """What cannot be opened is broken, with the system's reason."""
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(BrokenFile, match="cannot be read"):
            open_import(path, filename="x.csv", date_order=None)


SEEDS = [(FIXTURES / name).read_bytes() for name in READABLE]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(seed=st.sampled_from(SEEDS), data=st.data())
def test_damage_never_becomes_a_traceback(tmp_path: Path, seed: bytes, data: st.DataObject) -> None:
    """A real file, cut and scribbled over anywhere, gives rows and reasons or a permanent error: nothing else."""
    start = data.draw(st.integers(0, len(seed)))
    scribble = data.draw(st.binary(max_size=30) | st.sampled_from([b'"', b"\0", b"\r", b";;;", b"\xff\xfe", b"=\n"]))
    end = data.draw(st.integers(start, min(len(seed), start + 200)))
    path = tmp_path / "upload"
    path.write_bytes(seed[:start] + scribble + seed[end:])
    try:
        sources = open_import(path, filename="upload", date_order=None)
        lines = [item.line for source in sources for item in source.rows()]
    except PermanentError:
        return
    assert all(line >= 0 for line in lines)


def test_memory_stays_bounded(tmp_path: Path) -> None:
    """Eight times the rows do not take eight times the memory: files are streamed, pictures are never kept."""
    header = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
    peaks = []
    for count in (1_000, 8_000):
        path = tmp_path / "connections.csv"
        path.write_text(header + "".join(f"A{n},B,https://www.linkedin.com/in/a{n},,C,D,02 Oct 2023\n" for n in range(count)))
        peaks.append(_peak(path))
    picture = tmp_path / "picture.vcf"
    line = "A" * 75 + "\r\n "
    picture.write_text(f"BEGIN:VCARD\r\nFN:Ada\r\nPHOTO;ENCODING=b:{line * 60_000}\r\nEND:VCARD\r\n")
    peaks.append(_peak(picture))
    assert peaks[1] < peaks[0] + 1_500_000
    assert peaks[2] < peaks[0] + 3_000_000


def _peak(path: Path) -> int:
    tracemalloc.start()
    (source,) = open_import(path, filename=path.name, date_order=None)
    found = sum(isinstance(item, Row | Skipped) for item in source.rows())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found
    return peak
