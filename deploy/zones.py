"""
`python -m deploy.zones FILE`: the time zones as one zip file.

nats-server fires a cron at its owner's local hour and so needs the zones, which not every image of it has. Go takes them from
the file that `ZONEINFO` names, when its entries are not compressed.
"""

import sys
from importlib.resources import files
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo


def write_zones(path: Path) -> int:
    """Write every zone of the `tzdata` package to *path* and return how many there are."""
    root = files("tzdata")
    names = root.joinpath("zones").read_text(encoding="utf-8").split()
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name in sorted(names):
            # A ZipInfo of its own, so that the same zones are the same file: it has no time of writing.
            archive.writestr(ZipInfo(name), root.joinpath("zoneinfo", *name.split("/")).read_bytes())
    return len(names)


if __name__ == "__main__":
    write_zones(Path(sys.argv[1]))
