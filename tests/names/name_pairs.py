"""The committed pairs of names, sent through the engine's own cleaning, blocking and model.

`variants.csv`: culture, kind of variant, two names, and whether they may be one child's (`yes`) or look alike and are
two children's (`no`). All are made up. Every pair has a birth date of its own, so that what the blocking rules do with
its names can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.match.candidates import make_candidates
from linkage.match.evidence import weigh_pairs
from linkage.match.frequencies import make_frequencies
from linkage.match.guards import twin_pattern_sql
from linkage.match.overrides import read_overrides
from linkage.match.parameters import starting_parameters
from linkage.match.pool import POOL, make_pool
from linkage.packs import ModelSpec, load_packs
from linkage.prepare import prepare_records
from linkage.project import SourceSpec
from linkage.sql import Connection, connect, execute, literal, rows
from linkage.tables import CANDIDATES, LINKS_DETERMINISTIC, Extract, rows_table

PAIRS = Path(__file__).parent / "variants.csv"
SIDES = ("left", "right")


@dataclass(frozen=True)
class Judged:
    """One pair of names, and what the model with its starting values says of it."""

    culture: str
    kind: str
    names: str
    is_same: bool
    forename: str
    surname: str
    bits: float
    is_candidate: bool
    is_twin_pattern: bool
    """Whether the guard against twins fires, were both born on one day."""

    def __str__(self) -> str:
        return f"{self.culture:20}{self.kind:16}{self.names:58}{self.forename:44}{self.surname:40}{self.bits:6.1f}"


def child_model() -> ModelSpec:
    """The bundled model without term frequencies: how common a name is among these pairs says nothing of any place."""
    model = load_packs((), "child", folder=Path()).model
    assert model is not None
    plain = [
        item.model_copy(update={"levels": tuple(level.model_copy(update={"tf": None}) for level in item.levels)})
        for item in model.comparison
    ]
    return model.model_copy(update={"comparison": tuple(plain)})


def judged_pairs(path: Path = PAIRS) -> list[Judged]:
    """All pairs of the file, in its order."""
    with connect(memory="1GB") as con:
        _prepare(con, path)
        model = child_model()
        make_frequencies(con, model)
        make_candidates(con, model.block, max_pairs=1_000_000)
        execute(
            con,
            "create table wanted as select l.record_id as record_id_l, r.record_id as record_id_r, l.key as pair_no "
            "from records l join records r on r.key = l.key and r.source = 'right' where l.source = 'left'",
        )
        weigh_pairs(con, model, starting_parameters(model), pairs="wanted", into="weighed")
        return _judged(con, model)


def _prepare(con: Connection, path: Path) -> None:
    """Both sides as sources of their own, cleaned into records and the pool."""
    execute(
        con,
        f"""
        create table pairs as
        select lpad(n::varchar, 4, '0') as pair_no, date '2008-01-01' + n::int as dob, listed.*
        from (
          select *, row_number() over () as n
          from read_csv({literal(str(path))}, all_varchar = true)) as listed""",
    )
    for side in SIDES:
        execute(
            con,
            f"create table {rows_table(side)} as select 'variants.csv' as file, n::bigint as row, pair_no as key, "
            f"0 as rank, dob::varchar as dob, forename_{side[0]} as forename, surname_{side[0]} as surname from pairs",
        )
    specs = [SourceSpec(name=side, format="table", path=("variants.csv",)) for side in SIDES]
    extracts = [Extract(side, rows_table(side), ("dob", "forename", "surname")) for side in SIDES]
    prepare_records(con, specs, extracts, unique=(), within=())
    execute(con, f"create table {LINKS_DETERMINISTIC} (record_id_l bigint, record_id_r bigint, rule_no int)")
    read_overrides(con, None)
    make_pool(con)


def _judged(con: Connection, model: ModelSpec) -> list[Judged]:
    labels = {item.name: [level.label for level in item.levels] for item in model.comparison}

    def label(comparison: str, level: object) -> str:
        return "" if level == -1 else labels[comparison][int(str(level))]

    found = rows(
        con,
        f"""
        select p.culture, p.kind,
          concat_ws(' / ', p.forename_l, p.surname_l) || ' | ' || concat_ws(' / ', p.forename_r, p.surname_r),
          p.same = 'yes', w.level_forename, w.level_surname, w.bits_forename + w.bits_surname,
          c.record_id_l is not null, {twin_pattern_sql()}
        from pairs p
        join wanted using (pair_no)
        join weighed w using (record_id_l, record_id_r)
        join {POOL} l on l.record_id = record_id_l
        join {POOL} r on r.record_id = record_id_r
        left join {CANDIDATES} c using (record_id_l, record_id_r)
        order by pair_no""",
    )
    return [
        Judged(str(culture), str(kind), str(names), bool(same), label("forename", forename), label("surname", surname),
               float(str(bits)), bool(candidate), bool(twins))
        for culture, kind, names, same, forename, surname, bits, candidate, twins in found
    ]  # fmt: skip


def cultures(pairs: Sequence[Judged]) -> dict[str, list[Judged]]:
    """The pairs by culture."""
    found: dict[str, list[Judged]] = {}
    for pair in pairs:
        found.setdefault(pair.culture, []).append(pair)
    return found
