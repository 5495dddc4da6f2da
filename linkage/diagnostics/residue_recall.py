"""Recall standardised to the residue: of the children's records that hold no identifier, how many links were found.

A pair here is a record without a trusted identifier (the residue) and a record of the same child that holds one. How
often such a pair is found, masked records tell, each in turn taken for the one without an identifier while the
child's others keep theirs: it is found where the rerun, or a local number, joined it to one of them and the run has
that one and the other in one person. Two records that both lack identifiers are in no masked pair: nothing is said of
them.

Recall is told by cell: whose record it is, in which source the other is, and whether a local number (of an authority
or a provider) joins it to a record with an identifier. How many pairs the residue has, nobody knows; what was found of
them is known. So the weights are pairs found over the recall of their cell (`linkage.stats.recall_of_found`). A cell
in which one masked pair in ten or fewer is found is beyond reach: what was found there tells nothing of what was not.
Records of the residue without any cell within reach are the `unsupported_share`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linkage.diagnostics.subgroups import ALL
from linkage.sql import Connection, Step, ident, literal, rows, run_steps, scratch_step
from linkage.stats import RATE_DECIMALS, FoundRecall, recall_of_found
from linkage.tables import IDENTIFIERS, PERSONS, SOURCES
from linkage.validation.persons import HIDDEN, TRUSTED
from linkage.validation.rerun import KNOWN

REACH = 0.1  # of a cell's masked pairs are found, or the cell is beyond reach
FEWEST = 10  # pairs, and masked persons, without which a group has no rate
MOST_UNSUPPORTED = 0.2  # of the pairs found lie in cells of which the group has no masked pair: no rate
CELL = "i.side || ' and ' || o.source_no"  # of record i, and o that holds an identifier
Group = tuple[str, str, str]  # pool mode, variable, subgroup


@dataclass(frozen=True)
class ResidueRecall:
    """Of one subgroup: pairs of the residue that were found within reach, their recall, and the share out of reach.

    `recall` is None where there is too little to tell it from.
    """

    found: int
    recall: FoundRecall | None
    unsupported_share: float

    @property
    def columns(self) -> dict[str, object]:
        """The columns of `masked_validation.csv`; the bound takes what is out of reach to be missed, or found."""
        told: dict[str, object] = {"residue_found": self.found,
                                   "unsupported_share": round(self.unsupported_share, RATE_DECIMALS)}  # fmt: skip
        if self.recall is None:
            return told
        least = self.recall.rate * (1 - self.unsupported_share)
        numbers = {"recall_std_to_residue": self.recall.rate, "std_lo": self.recall.lo, "std_hi": self.recall.hi,
                   "bound_lo": least, "bound_hi": min(1.0, least + self.unsupported_share)}  # fmt: skip
        return told | {name: round(value, RATE_DECIMALS) for name, value in numbers.items()}


def recall_of_residue(con: Connection, names: Sequence[str]) -> dict[Group, ResidueRecall]:
    """By pool mode, variable and subgroup of the record that holds no identifier; reads `masked_groups`."""
    run_steps(con, residue_steps())
    told: dict[Group, ResidueRecall] = {}
    for variable in (ALL, *names):
        told |= _of_variable(con, variable)
    return told


def residue_steps() -> tuple[Step, ...]:
    """`residue_side` (who lacks an identifier, and what keeps it), `residue_tried` and `residue_found` (pairs)."""
    listed = ", ".join(literal(scheme) for scheme in TRUSTED)
    same_number = "a.scheme = b.scheme and a.scope is not distinct from b.scope and a.value = b.value"
    return (
        scratch_step(
            "residue_local",
            f"""
            select distinct i.record_id, i.scheme, i.scope, i.value, h.person, p.person_no
            from {IDENTIFIERS} i
            join {HIDDEN} h on h.record_id = i.record_id join {PERSONS} p on p.record_id = i.record_id
            where i.scheme not in ({listed}) and i.status = 'valid' and i.value is not null""",
        ),
        # A number that another child holds as well (systems migrate) keeps nobody: only one person's counts.
        scratch_step(
            "residue_kept",
            """
            select record_id from residue_local where person is not null
            qualify count(distinct record_id) over (partition by scheme, scope, value, person) > 1
            union
            select record_id from (
              select record_id, person,
                count(person) over (partition by scheme, scope, value, person_no) as others from residue_local)
            where person is null and others > 0""",
        ),
        scratch_step(
            "residue_side",
            f"""
            select h.record_id, g.source_no, h.person, p.person_no,
              h.person is null and h.schemes is null as is_residue,
              g.source_no || if(k.record_id is null, '', '+') as side
            from {HIDDEN} h join masked_groups g on g.record_id = h.record_id
            join {PERSONS} p on p.record_id = h.record_id
            left join residue_kept k on k.record_id = h.record_id
            where h.person is not null or h.schemes is null""",
        ),
        scratch_step(
            "residue_tried",
            f"""
            with turned as (
              select pool_mode, record_id_l as record_id, record_id_r as other, recovered from {KNOWN}
              union all select pool_mode, record_id_r, record_id_l, recovered from {KNOWN}),
            local_pairs as (
              select distinct a.record_id, b.record_id as other
              from residue_local a join residue_local b on b.person = a.person and {same_number}
              where a.record_id <> b.record_id),
            met as (
              select t.*, t.recovered or n.other is not null as is_met
              from turned t left join local_pairs n on n.record_id = t.record_id and n.other = t.other)
            select m.pool_mode, m.record_id, i.person, i.side, {CELL} as cell,
              bool_or(m.is_met) over (partition by m.pool_mode, m.record_id, o.person_no) as is_found
            from met m
            join residue_side i on i.record_id = m.record_id join residue_side o on o.record_id = m.other""",
        ),
        scratch_step(
            "residue_found",
            f"""
            select i.record_id, i.person_no, {CELL} as cell
            from residue_side i
            join residue_side o on o.person_no = i.person_no and o.person is not null
            join {SOURCES} s on s.source_no = i.source_no
            where i.is_residue and (o.source_no <> i.source_no or s.is_within)""",
        ),
        # Cells are within reach or not for everybody: a group of whom little is found is no reason to leave it out.
        scratch_step(
            "residue_cells",
            f"""
            select pool_mode, cell, side, avg(is_found::integer) as recall from residue_tried
            group by all having count(*) >= {FEWEST} and avg(is_found::integer) > {REACH}""",
        ),
    )  # fmt: skip


def _of_variable(con: Connection, variable: str) -> dict[Group, ResidueRecall]:
    column = literal(ALL) if variable == ALL else f"g.{ident('v_' + variable)}"
    groups = "join masked_groups g on g.record_id = t.record_id"
    run_steps(con, (_cells_of_groups_step(column, groups),))
    tried = con.execute(f"""
        select t.pool_mode, {column} as subgroup, t.cell, t.person, sum(t.is_found::integer) as recovered,
          count(*) as tried
        from residue_tried t join residue_cells c on c.pool_mode = t.pool_mode and c.cell = t.cell {groups}
        group by all order by all""").fetchnumpy()
    cells: dict[Group, list[tuple[str, int, float, float]]] = {}
    for mode, subgroup, *cell in rows(con, "from residue_cells_of_groups order by all"):
        name, found, presumed, recall = (str(value) for value in cell)
        told = cells.setdefault((str(mode), variable, str(subgroup)), [])
        told.append((name, int(found), float(presumed), float(recall)))
    return {
        (str(mode), variable, str(subgroup)): _recall_of(
            cells.get((str(mode), variable, str(subgroup)), []),
            {name: of[(tried["pool_mode"] == mode) & (tried["subgroup"] == subgroup)] for name, of in tried.items()},
            cluster=float(str(cluster)), unsupported_share=float(str(share)),
        )
        for mode, subgroup, share, cluster in rows(con, f"""
            with found as (
              select c.pool_mode, {column} as subgroup, t.person_no, count(*) as n
              from residue_found t join residue_cells c on c.cell = t.cell {groups} group by all),
            clusters as (select pool_mode, subgroup, sum(n * n) / sum(n) as pairs from found group by all),
            within as (select distinct pool_mode, side from residue_cells),
            shares as (
              select m.pool_mode, {column} as subgroup, avg((w.side is null)::integer) as share
              from residue_side t cross join (select distinct pool_mode from residue_tried) m {groups}
              left join within w on w.pool_mode = m.pool_mode and w.side = t.side
              where t.is_residue group by all)
            select s.pool_mode, s.subgroup, s.share, coalesce(c.pairs, 1)
            from shares s left join clusters c on c.pool_mode = s.pool_mode and c.subgroup = s.subgroup
            order by all""")
    }  # fmt: skip


def _cells_of_groups_step(column: str, groups: str) -> Step:
    """`residue_cells_of_groups` (pool_mode, subgroup, cell): found, presumed, recall of all groups.

    `presumed`: pairs that the group's records without an identifier would have, had they as many each as the masked.
    """
    return scratch_step(
        "residue_cells_of_groups",
        f"""
        with sides as (
          select {column} as subgroup, t.side, count(*) filter (t.is_residue) as lacking,
            count(*) filter (t.person is not null) as holding
          from residue_side t {groups} group by all),
        tried as (
          select t.pool_mode, {column} as subgroup, t.cell, count(*) as pairs
          from residue_tried t {groups} group by all),
        found as (select {column} as subgroup, t.cell, count(*) as pairs from residue_found t {groups} group by all)
        select c.pool_mode, s.subgroup, c.cell, coalesce(f.pairs, 0) as found,
          coalesce(s.lacking * t.pairs / nullif(s.holding, 0), 0.0) as presumed, c.recall
        from residue_cells c
        join sides s on s.side = c.side
        left join tried t on t.pool_mode = c.pool_mode and t.cell = c.cell and t.subgroup = s.subgroup
        left join found f on f.cell = c.cell and f.subgroup = s.subgroup
        where s.lacking > 0""",
    )


def _recall_of(
    cells: Sequence[tuple[str, int, float, float]],
    tried: Mapping[str, Any],
    *,
    cluster: float,
    unsupported_share: float,
) -> ResidueRecall:
    """Recall of one group, from its cells (name, found, presumed, recall of all groups) and its masked persons."""
    found = sum(n for _, n, _, _ in cells)
    recall = None
    if found >= FEWEST and len(np.unique(tried["person"])) >= FEWEST:
        recall = recall_of_found(
            {name: n for name, n, _, _ in cells}, tried["cell"].tolist(), tried["person"].tolist(), tried["recovered"],
            tried["tried"], presumed={name: mean for name, _, mean, _ in cells},
            expected={name: rate for name, _, _, rate in cells}, cluster=cluster,
        )  # fmt: skip
    if recall is not None and recall.unsupported > MOST_UNSUPPORTED:
        recall = None
    return ResidueRecall(found, recall, unsupported_share)
