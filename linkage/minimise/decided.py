"""The project's overrides, as far as they are about the chosen sources."""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path

from linkage.project import Project


def overrides_of(project: Project, left_out: Collection[str], work: Path) -> Path | None:
    """The file of overrides; where sources are left out, a copy in `work` without the lines that name them."""
    if project.link.overrides is None:
        return None
    path = project.folder / project.link.overrides
    if not left_out:
        return path
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            kept = [line for line in reader if not {line.get("source_l"), line.get("source_r")} & {*left_out}]
            header = reader.fieldnames or ()
    except (OSError, UnicodeDecodeError):
        return path  # `read_overrides` says what is wrong
    filtered = work / path.name
    with filtered.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(kept)
    return filtered
