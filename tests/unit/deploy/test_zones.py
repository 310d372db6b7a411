"""The time zones that a broker without any is given."""

from importlib.resources import files
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from deploy.zones import write_zones


def test_every_zone_is_there_as_go_reads_it(tmp_path: Path) -> None:
    """Each entry is a zone by its name, stored as it is: Go does not unpack."""
    path = tmp_path / "zones.zip"
    count = write_zones(path)
    with ZipFile(path) as archive:
        entries = archive.infolist()
        assert len(entries) == count > 400
        assert {entry.compress_type for entry in entries} == {ZIP_STORED}
        berlin = files("tzdata").joinpath("zoneinfo", "Europe", "Berlin").read_bytes()
        assert archive.read("Europe/Berlin") == berlin


def test_the_same_zones_are_the_same_file(tmp_path: Path) -> None:
    """Building twice gives the same bytes, so that an image can be compared."""
    write_zones(tmp_path / "one.zip")
    write_zones(tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
