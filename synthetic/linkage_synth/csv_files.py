"""CSV files: UTF-8, comma, line feed, quoted only where needed."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path


def write_csv(path: Path, columns: Mapping[str, Iterable[object]], rows: int) -> int:
    """Write the columns under their names, `rows` entries of each, and give the number of rows.

    numpy columns must be passed through `tolist()`: csv would spend most of its time on numpy scalars.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=False) if rows else ())
    return rows
