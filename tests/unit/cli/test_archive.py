"""The file of a backup: whole or refused."""

import gzip
import io
import json
import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.errors import CommandFailed
from cli.saving.archive import BackupDamaged, BackupTooNew, Manifest, parts_of, verify, writing
from cli.saving.messages import kept_headers, read_lines
from cli.saving.stores import pages
from shared.errors import InvalidMessage

PARTS = [("contacts/facts", "bson", b"\x05\x00\x00\x00\x00" * 40), ("streams/HOBNOB_INTAKE", "jsonl", b"{}\n" * 40)]


def manifest() -> Manifest:
    """Return what a backup says of itself."""
    return Manifest(made_by="hobnob 0.1.0", made_at=datetime(2026, 1, 1, tzinfo=UTC), schema_versions={"contacts": 1})


def a_backup(path: Path) -> Path:
    """Write a backup."""
    with writing(path) as writer:
        writer.begin(manifest())
        for folder, kind, data in PARTS:
            writer.add(folder, kind, data)
        writer.finish(documents={"contacts.facts": 40}, messages={"HOBNOB_INTAKE": 40})
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a backup."""
    return a_backup(tmp_path_factory.mktemp("whole") / "b").read_bytes()


def rewritten(path: Path, whole: bytes, name: str, data: bytes | None) -> Path:
    """Write *whole* to *path* with one member replaced, or left out."""
    with (
        tarfile.open(fileobj=io.BytesIO(whole), mode="r:gz") as source,
        gzip.open(path, "wb") as packed,
        tarfile.open(fileobj=packed, mode="w|") as target,
    ):
        for member in source.getmembers():
            content = source.extractfile(member)
            assert content is not None
            kept = data if member.name == name else content.read()
            if kept is not None:
                member.size = len(kept)
                target.addfile(member, io.BytesIO(kept))
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """A backup says what it is and holds every part, in order; only its owner may read it."""
    path = a_backup(tmp_path / "b")
    assert verify(path)[0] == manifest()
    assert verify(path)[1].documents == {"contacts.facts": 40}
    assert [(f"{room}/{what}", data) for room, what, data in parts_of(path)] == [(folder, data) for folder, _, data in PARTS]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_file_is_written_over(tmp_path: Path) -> None:
    """A file that is there stays as it is."""
    (tmp_path / "b").write_text("mine")
    with pytest.raises(CommandFailed, match="is there already"):
        a_backup(tmp_path / "b")
    assert (tmp_path / "b").read_text() == "mine"


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    """A backup that could not be finished is not there."""

    def fail() -> None:
        with writing(tmp_path / "b") as writer:
            writer.begin(manifest())
            raise InvalidMessage

    with pytest.raises(InvalidMessage):
        fail()
    assert list(tmp_path.iterdir()) == []


@given(share=st.floats(min_value=0, max_value=0.9999))
def test_a_file_that_was_cut_off_is_refused(tmp_path_factory: pytest.TempPathFactory, whole: bytes, share: float) -> None:
    """Wherever it ends, it is no backup."""
    path = tmp_path_factory.mktemp("cut") / "b"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BackupDamaged):
        verify(path)


@given(place=st.integers(min_value=0), change=st.integers(min_value=1, max_value=255))
def test_a_changed_byte_changes_nothing_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, place: int, change: int
) -> None:
    """Whatever byte of the file is damaged, what is read is what was written, or nothing is."""
    path = tmp_path_factory.mktemp("damaged") / "b"
    damaged = bytearray(whole)
    damaged[place % len(whole)] ^= change
    path.write_bytes(damaged)
    try:
        verify(path)
    except BackupDamaged:
        return
    assert [data for _, _, data in parts_of(path)] == [data for _, _, data in PARTS]


@pytest.mark.parametrize("data", [b"\x05\x00\x00\x00\x00" * 39, None])
def test_a_part_that_was_replaced_or_taken_out_is_refused(tmp_path: Path, whole: bytes, data: bytes | None) -> None:
    """The checksum tells a file that was packed again with something else in it."""
    path = rewritten(tmp_path / "b", whole, "contacts/facts/000001.bson", data)
    with pytest.raises(BackupDamaged, match="checksum"):
        verify(path)


def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    """A member whose name is no part's makes the file no backup."""
    with tarfile.open(tmp_path / "b", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../../etc/passwd"))
    with pytest.raises(BackupDamaged):
        verify(tmp_path / "b")


def test_a_newer_format_is_named(tmp_path: Path, whole: bytes) -> None:
    """It says which format it is, who made it and what this version reads."""
    later = json.dumps({"kind": "hobnob-backup", "format": 2, "made_by": "hobnob 9.9"}).encode()
    path = rewritten(tmp_path / "b", whole, "manifest.json", later)
    with pytest.raises(BackupTooNew, match=r"backup format 2, made by hobnob 9\.9; this version reads up to format 1"):
        verify(path)


def test_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    """A place that takes no file, such as a read-only one or too long a name, is one sentence with the reason."""
    with pytest.raises(CommandFailed, match="cannot be written: File name too long"), writing(tmp_path / ("b" * 252)):
        pass


@pytest.mark.parametrize("content", [b"", b"hello", gzip.compress(b"hello", mtime=0)])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """What is no backup is said to be none, or not a whole one."""
    (tmp_path / "b").write_bytes(content)
    with pytest.raises(BackupDamaged):
        verify(tmp_path / "b")


@given(sizes=st.lists(st.integers(min_value=5, max_value=300_000), max_size=12))
def test_documents_are_split_into_pages_that_fit(sizes: list[int]) -> None:
    """Every document is in one page, in order, and no page of several is too large for a message."""
    documents = [size.to_bytes(4, "little") + bytes(size - 4) for size in sizes]
    found = pages(b"".join(documents))
    assert [document for page in found for document in page] == documents
    assert all(len(page) == 1 or sum(map(len, page)) <= 600_000 for page in found)


def test_what_is_no_document_is_refused() -> None:
    """A part that ends within a document, or holds none, is refused."""
    for data in (b"\x06\x00\x00\x00\x00", b"\x00\x00\x00\x00\x00", b"\x01"):
        with pytest.raises(InvalidMessage):
            pages(data)


def test_headers_that_spoke_to_the_broker_are_not_said_again() -> None:
    """A fact is no duplicate of itself, while the description of an upload replaces the one before."""
    headers = {"ce-id": "1", "Nats-Msg-Id": "x", "nats-expected-stream": "S", "traceparent": "t"}
    assert kept_headers("hobnob.intake.me.job.changed", headers) == {"ce-id": "1", "traceparent": "t"}
    assert kept_headers("$O.HOBNOB_IMPORTS.M.x", {}) == {"Nats-Rollup": "sub"}


@pytest.mark.parametrize("line", [b"nonsense", b"{}", b"[]", b'{"subject": "a", "headers": {}, "body": "%"}'])
def test_lines_that_are_no_messages_are_refused(line: bytes) -> None:
    """Nothing else is published."""
    with pytest.raises(InvalidMessage):
        read_lines(line)
