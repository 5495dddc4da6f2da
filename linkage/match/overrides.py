"""Overrides: pairs that a person decided, which no evidence may undo.

The file has the columns source_l, key_l, source_r, key_r, verdict (`must` or `never`), reason. Makes `must_link` and
`never_link` (record_id_l, record_id_r), left before right as everywhere.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from linkage.errors import Fault, InputError
from linkage.sql import Connection, rows, run_steps, table_step

COLUMNS = ("source_l", "key_l", "source_r", "key_r", "verdict", "reason")
LINES = "must_lines"  # line, record_id_l, record_id_r of the must-links: to name them where an earlier run contradicts
VERDICTS = {"must": "must_link", "never": "never_link"}


@dataclass(frozen=True)
class Override:
    """One line of the file; `line` counts from 1, the header included."""

    line: int
    verdict: str
    record_id_l: int
    record_id_r: int


def read_overrides(con: Connection, path: Path | None) -> int:
    """Make `must_link` and `never_link`, empty where there is no file; returns the number of overrides.

    Raises InputError with all faults: unknown columns, sources, keys or verdicts, and pairs that are told both.
    """
    for table in VERDICTS.values():
        run_steps(con, (table_step(table, "select 0::bigint as record_id_l, 0::bigint as record_id_r limit 0"),))
    run_steps(con, (table_step(LINES, "select 0 as line, 0::bigint as record_id_l, 0::bigint as record_id_r limit 0"),))
    if path is None:
        return 0
    found, faults = _resolved(con, path)
    faults += _contradictions(found, path)
    if faults:
        raise InputError.from_faults(faults)
    for override in found:
        if override.verdict == "must":
            con.execute(
                f"insert into {LINES} values (?, ?, ?)", (override.line, override.record_id_l, override.record_id_r)
            )
    decided = {(override.verdict, override.record_id_l, override.record_id_r) for override in found}
    for verdict, left, right in sorted(decided):
        con.execute(f"insert into {VERDICTS[verdict]} values (?, ?)", (left, right))
    return len(decided)


def refuse_remembered(con: Connection, pairs: list[tuple[int, int]], path: Path | None) -> None:
    """InputError where must-links of today join records that an earlier run was told to keep apart."""
    listed = rows(con, f"select line, record_id_l, record_id_r from {LINES} order by line")
    found = [Override(int(str(line)), "must", int(str(left)), int(str(right))) for line, left, right in listed]
    root = _roots(found)
    faults = []
    for left, right in pairs:
        if root(left) == root(right):
            lines = ", ".join(str(item.line) for item in found if root(item.record_id_l) == root(left))
            faults.append(
                Fault("Must-links contradict a never-link that the registry remembers.",
                      f"{path.name if path else 'overrides'}, line {lines}",
                      remedy="remove one of them, or lift the never-link: give its pair itself as must")
            )  # fmt: skip
    if faults:
        raise InputError.from_faults(faults)


def _resolved(con: Connection, path: Path) -> tuple[list[Override], list[Fault]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS[:5] if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    "The overrides file lacks columns.", where=path.name, expected=", ".join(COLUMNS),
                    remedy=f"add {', '.join(missing)}",
                )  # fmt: skip
            lines = list(enumerate(reader, start=2))
    except FileNotFoundError:
        raise InputError("There is no overrides file.", where=str(path), remedy="check [link] overrides") from None
    except UnicodeDecodeError:
        raise InputError("The overrides file is not UTF-8.", where=str(path), remedy="save it as CSV UTF-8") from None
    found: list[Override] = []
    faults: list[Fault] = []
    for line, row in lines:
        where = f"{path.name}, line {line}"
        ends = [_record(con, row["source_l"], row["key_l"]), _record(con, row["source_r"], row["key_r"])]
        if row["verdict"] not in VERDICTS:
            faults.append(Fault("The verdict is not known.", where, "must or never"))
        elif ends[0] is not None and ends[0] == ends[1]:
            faults.append(Fault("Both sides are the same record.", where, "two records", "remove the line"))
        elif ends[0] is None or ends[1] is None:
            side = "left" if ends[0] is None else "right"
            faults.append(Fault(f"No record has the {side} source and key.", where, remedy="check source and key"))
        else:
            left, right = sorted((ends[0], ends[1]))
            found.append(Override(line, row["verdict"], left, right))
    return found, faults


def _record(con: Connection, source: str, key: str) -> int | None:
    found = rows(con, "select record_id from records where source = $source and key = $key",
                 {"source": source, "key": key})  # fmt: skip
    return int(str(found[0][0])) if found else None


def _contradictions(found: list[Override], path: Path) -> list[Fault]:
    """Pairs told both to link and never to link, directly or because must-links join them."""
    root = _roots(found)
    faults = []
    for override in found:
        if override.verdict == "never" and root(override.record_id_l) == root(override.record_id_r):
            joined = [
                item.line
                for item in found
                if item.verdict == "must" and root(item.record_id_l) == root(override.record_id_l)
            ]
            lines = ", ".join(str(line) for line in joined)
            faults.append(
                Fault("A never-link contradicts must-links.", f"{path.name}, line {override.line} and line {lines}",
                      remedy="remove one of them")
            )  # fmt: skip
    return faults


def _roots(found: list[Override]) -> Callable[[int], int]:
    """A function that gives one record for all that must-links join."""
    parent: dict[int, int] = {}

    def root(record: int) -> int:
        while parent.get(record, record) != record:
            record = parent[record]
        return record

    for override in found:
        if override.verdict == "must":
            parent[root(override.record_id_r)] = root(override.record_id_l)
    return root
