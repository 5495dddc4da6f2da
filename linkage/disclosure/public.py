"""From diagnostics to public tables: hide, round, audit, register, and only then write."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.diagnostics.made_tables import rows_of_csv
from linkage.disclosure.audit import Leak
from linkage.disclosure.cells import Name, Nesting, cells_of
from linkage.disclosure.derived import IMPACT, impact_of
from linkage.disclosure.descriptions import Row, Table
from linkage.disclosure.profiles import ROUNDED, SHOWN, Profile
from linkage.disclosure.published import ERROR_TABLE, TABLES
from linkage.disclosure.recovery import audit
from linkage.disclosure.register import read_register, refuse_differences, register_release, release_of
from linkage.disclosure.shaping import PROFILE_COLUMN, STATUS_SUFFIX, PublicRow, public_rows
from linkage.disclosure.suppression import hidden_cells
from linkage.disclosure.withheld import WITHHELD
from linkage.errors import RefusedError

SDC_LOG = "sdc_log.csv"  # beside the diagnostics: what was hidden, and why, is not for the public
STATEMENT = "statement.csv"  # words about the whole run, with exact counts: for the secure setting
NOT_DIAGNOSTICS = frozenset({SDC_LOG, STATEMENT})
NOT_PUBLISHED = "not_published"  # the public table of what is withheld, and why
NOT_DESCRIBED = "the engine has no description of it"


@dataclass(frozen=True)
class Protected:
    """Tables after disclosure control, by name; what was hidden (cell -> reason) is for the secure setting."""

    tables: Mapping[str, Sequence[PublicRow]]
    hidden: Mapping[Name, str]
    cells: int


def protect(
    tables: Sequence[tuple[Table, Sequence[Row]]],
    profile: Profile,
    *,
    nestings: Sequence[Nesting] = (),
    hidden_before: Collection[Name] = (),
) -> Protected:
    """The tables as they may be published: all of them together, as they may share counts.

    `hidden_before` names cells that an earlier release hid. Raises RefusedError for what the audit can have back.
    """
    cells = cells_of(tables, nestings)
    before = [number for name, number in cells.numbers.items() if name in hidden_before and number not in cells.implied]
    hidden = {cells.names[cell]: reason for cell, reason in hidden_cells(cells, profile, before).items()}
    found = {table.name: public_rows(table, rows, hidden.keys(), profile) for table, rows in tables}
    refuse_leaks(audit(tables, found, profile, nestings))
    return Protected(found, hidden, len(cells.names) - len(cells.implied))


def refuse_leaks(leaks: Sequence[Leak]) -> None:
    """RefusedError, with the tables and measures but no value, if anything was found."""
    if leaks:
        what = list(dict.fromkeys(leak.what for leak in leaks))
        listed = "; ".join(f"{name} ({sum(leak.what == name for leak in leaks)})" for name in what)
        raise RefusedError(
            "Counts that must not be told could be worked out from the public tables.", where=listed,
            expected="no hidden count with a range narrower than the profile's threshold",
            remedy="do not publish them; this is a fault of the engine, please report it without data",
        )  # fmt: skip


def publish(
    diagnostics: Path,
    public: Path,
    profile: Profile,
    *,
    nestings: Sequence[Nesting] = (),
    register: Path | None = None,
    population: str = "",
) -> dict[str, int]:
    """Write `public/*.csv` from `diagnostics/*.csv`, and `diagnostics/sdc_log.csv`; returns counts.

    What of them is withheld is told, with the reason, in `public/not_published.csv`; those that are withheld whole are
    counted. With a register, the release is refused if an earlier one gives it away, and entered before anything is
    written. Raises RefusedError, InputError (register).
    """
    tables = [(table, _read(table, path)) for table in TABLES if (path := diagnostics / f"{table.name}.csv").exists()]
    earlier = read_register(register) if register else []
    hidden_before = frozenset(
        name for release in earlier for name in release.hidden if not release.is_blurred(name)
    )  # fmt: skip
    protected = protect(tables, profile, nestings=nestings, hidden_before=hidden_before)
    if register:
        release = release_of(tables, protected.tables, profile, population)
        refuse_differences(earlier, release)
        register_release(register, release)
    public.mkdir(exist_ok=True)
    made = {**protected.tables, IMPACT: impact_of(protected.tables.get(ERROR_TABLE.name, ()))}
    names = [path.stem for path in sorted(diagnostics.glob("*.csv")) if path.name not in NOT_DIAGNOSTICS]
    for name, rows in {**made, NOT_PUBLISHED: withheld_rows(names, made, profile)}.items():
        if rows:
            _write(public / f"{name}.csv", list(rows[0]), [list(row.values()) for row in rows])
        else:  # what an earlier diagnosis of the run had published is no longer so
            (public / f"{name}.csv").unlink(missing_ok=True)
    log = [[name[0], " ".join(name[1:-2]), *name[-2:], reason] for name, reason in protected.hidden.items()]
    _write(diagnostics / SDC_LOG, ["measure", "place", "subgroup_var", "subgroup", "reason"], log)
    withheld = sum(name not in made for name in names)
    return {"tables": len(tables), "counts": protected.cells, "hidden": len(log), "withheld": withheld}


def withheld_rows(names: Sequence[str], made: Collection[str], profile: Profile) -> list[PublicRow]:
    """What of the diagnostics of these names is not published, and why; without a row where all of it is."""
    return [
        {"table": name, "withheld": "in part" if name in made else "whole",
         "reason": WITHHELD.get(name, NOT_DESCRIBED), PROFILE_COLUMN: profile.name}
        for name in names
        if name in WITHHELD or name not in made
    ]  # fmt: skip


def public_tables(folder: Path) -> dict[str, list[dict[str, str | int | float]]]:
    """The tables of a `public/` folder by name: all that a public page may be made of.

    Numbers where the status beside says that there is one, symbols as they are.
    """
    return {path.stem: [_typed(row) for row in rows_of_csv(path)] for path in sorted(folder.glob("*.csv"))}


def _typed(row: Mapping[str, str]) -> dict[str, str | int | float]:
    def value(column: str, text: str) -> str | int | float:
        if row.get(column + STATUS_SUFFIX) not in (SHOWN, ROUNDED):
            return text
        return int(text) if text.lstrip("-").isdigit() else _number_or_text(text)

    return {column: value(column, text) for column, text in row.items()}


def _number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _read(table: Table, path: Path) -> list[Row]:
    """Rows of a diagnostic that are to be published: counts as whole numbers, other columns as text, empty ones as
    None."""
    counts = {count.column for count in table.counts}
    found = [
        {name: None if text == "" else int(text) if name in counts else text for name, text in row.items()}
        for row in rows_of_csv(path)
    ]
    return list(table.prepared([row for row in found if table.only(row)]))


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a CSV beside its final name and move it there when complete."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    part.replace(path)
