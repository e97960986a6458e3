"""Lines of a CSV file that grows as measurements end."""

import csv
from collections.abc import Mapping
from pathlib import Path


def append(path: Path, row: Mapping[str, object]) -> None:
    """Adds a line, below a header where the file is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(row), lineterminator="\n")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)
    print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)


def read(path: Path) -> list[dict[str, str]]:
    """The lines so far; none where there is no file."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
