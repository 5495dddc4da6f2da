"""The register of releases: what was ever published, so that two releases do not tell together what neither tells
alone.

A text file of one JSON object a line, only ever added to, wherever the user keeps it. It holds what is public already
and what was hidden, never a hidden value. One register for all releases about one population; a change of scope, such
as another year's source under the same name, is a register of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from linkage.disclosure.cells import Name, name_of
from linkage.disclosure.descriptions import Row, Table
from linkage.disclosure.profiles import ROUNDED, SHOWN, Profile
from linkage.disclosure.shaping import STATUS_SUFFIX, PublicRow
from linkage.errors import InputError, RefusedError


@dataclass(frozen=True)
class Release:
    """The counts of one publication: name of a cell -> what was printed, None where it was hidden.

    `bases` says what the cells of a subgroup variable were rounded to, `tables` the SHA-256 of each table's rows.
    """

    population: str
    profile: str
    threshold: int
    tables: Mapping[str, str]
    cells: Mapping[Name, int | None]
    bases: Mapping[str, int]

    @property
    def hidden(self) -> frozenset[Name]:
        """Cells that were not shown."""
        return frozenset(name for name, value in self.cells.items() if value is None)

    def is_blurred(self, name: Name) -> bool:
        """Whether the cell was rounded so coarsely that no difference under the threshold can be taken."""
        return self.bases[name[-2]] >= self.threshold


def release_of(
    tables: Sequence[tuple[Table, Sequence[Row]]],
    public: Mapping[str, Sequence[PublicRow]],
    profile: Profile,
    population: str,
) -> Release:
    """What publishing these rows would tell."""
    cells: dict[Name, int | None] = {}
    for table, rows in tables:
        for row, told in zip(rows, public[table.name], strict=True):
            for count in table.counts:
                is_told = told[count.column + STATUS_SUFFIX] in (SHOWN, ROUNDED)
                cells[name_of(table, count.column, row)] = int(told[count.column]) if is_told else None
    bases = {name[-2]: profile.base_of(name[-2]) for name in cells}
    hashes = {name: _sha256([list(row.items()) for row in rows]) for name, rows in public.items()}
    return Release(population, profile.name, profile.threshold, hashes, cells, bases)


def read_register(path: Path) -> list[Release]:
    """All releases, oldest first; none where there is no file yet. InputError for a line that is none."""
    if not path.exists():
        return []
    releases = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            told = json.loads(line)
            cells = {tuple(name): value for name, value in told.pop("cells")}
            releases.append(Release(**{key: told[key] for key in asdict(EMPTY) if key != "cells"}, cells=cells))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputError("A line of the register of releases cannot be read.", where=f"{path.name}, line {number}",
                             expected="one JSON object a line, as it was written",
                             remedy="restore the file from a copy; it is not for editing") from None  # fmt: skip
    return releases


def differences(earlier: Release, later: Release) -> list[str]:
    """Cells, in words, that tell a small count when the later release is laid beside the earlier one.

    Both show it and the two differ by less than the threshold, but are not the same; or the earlier shows what the
    later hides. Nothing can be taken from counts that were rounded to the threshold or more, in both releases.
    """
    width = max(earlier.threshold, later.threshold)
    found = []
    for name, now in later.cells.items():
        then = earlier.cells.get(name)
        if then is None or (earlier.is_blurred(name) and later.is_blurred(name)):
            continue
        if now is None:
            found.append(f"{name[0]} by {name[-2]}: shown then, hidden now")
        elif 0 < abs(now - then) < width:
            found.append(f"{name[0]} by {name[-2]}: differs by less than the threshold")
    return found


def refuse_differences(earlier: Sequence[Release], later: Release) -> None:
    """RefusedError if laying the release beside an earlier one tells a small count."""
    for number, release in enumerate(earlier, start=1):
        found = differences(release, later)
        if found:
            listed = "; ".join(f"{what} ({found.count(what)})" for what in dict.fromkeys(found))
            raise RefusedError(
                "Beside an earlier release these tables would give away small counts.",
                where=f"release {number} of the register: {listed}",
                expected="the same counts, or counts that differ by the threshold or more",
                remedy="publish one of the two only, or use a profile that rounds (cco10) for both",
            )


def register_release(path: Path, release: Release) -> bool:
    """Add a release at the end of the register; False, and nothing added, if the same is there already."""
    content = asdict(release) | {"cells": [[list(name), value] for name, value in release.cells.items()]}
    sha256 = _sha256(content)
    if path.exists() and any(f'"{sha256}"' in line for line in path.read_text(encoding="utf-8").splitlines()):
        return False
    line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "release": sha256, **content}
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return True


def _sha256(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


EMPTY = Release("", "", 0, {}, {}, {})
