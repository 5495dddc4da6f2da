"""Unborn to born: of the pairs of which one side has only a due date and the other a birth date, which were found.

By what both sides hold, on the record itself or on one that a rule linked with it: mothers' ids that can be compared,
or families', or neither. Only where the run's working tables are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from linkage.diagnostics.subgroups import ALL
from linkage.match.unborn import KEYS
from linkage.sql import Connection, rows
from linkage.stats import PairCounts

HELD = {
    ALL: "all",
    "mother": "mother's id on both sides",
    "family": "family's id on both sides, mother's not",
    "neither": "neither",
}


@dataclass(frozen=True)
class UnbornScore:
    """Pairs of a record before birth and one after, by what is `held` (`all`, `mother`, `family`, `neither`).

    Persons are scored, as everywhere: pairs that follow from other links count.
    """

    held: str
    counts: PairCounts

    @property
    def meaning(self) -> str:
        """What is held, in words."""
        return HELD[self.held]


def unborn_scores(con: Connection) -> tuple[UnbornScore, ...]:
    """Scores of the run in the database `working`, from `judged` and `run_sources`; none without such a pair."""
    keys = "working." + KEYS if _has_keys(con) else (
        "(select null::bigint as record_id, null::ubigint[] as mother_scopes, null::ubigint[] as family_scopes)"
    )  # fmt: skip
    found = rows(
        con,
        f"""
        with sides as (
          select j.*, s.is_within, r.record_id, r.dob is null as is_unborn, k.mother_scopes, k.family_scopes
          from judged j
          join run_sources s on s.source_no = j.source_no
          join working.records r on r.source = s.source and r.key = j.key
          left join {keys} k on k.record_id = r.record_id
          where r.dob is not null or r.expected_dob is not null),
        pairs as (
          select l.true_person = r.true_person as is_true, l.person = r.person as is_found,
            case when coalesce(list_has_any(l.mother_scopes, r.mother_scopes), false) then 'mother'
              when coalesce(list_has_any(l.family_scopes, r.family_scopes), false) then 'family'
              else 'neither' end as held
          from sides l join sides r on (l.true_person = r.true_person or l.person = r.person)
            and (l.source_no <> r.source_no or l.is_within)
          where l.is_unborn and not r.is_unborn)
        select coalesce(held, '{ALL}'), count(*) filter (is_true and is_found),
          count(*) filter (is_found and not is_true), count(*) filter (is_true and not is_found)
        from pairs group by grouping sets ((), (held))""",
    )
    counts = {str(held): PairCounts(int(str(tp)), int(str(fp)), int(str(fn))) for held, tp, fp, fn in found}
    if not sum((counts[ALL].tp, counts[ALL].fp, counts[ALL].fn)):
        return ()
    return tuple(UnbornScore(held, counts[held]) for held in HELD if held in counts)


def _has_keys(con: Connection) -> bool:
    found = "select 1 from information_schema.tables where table_catalog = 'working' and table_name = $table"
    return bool(rows(con, found, {"table": KEYS}))
