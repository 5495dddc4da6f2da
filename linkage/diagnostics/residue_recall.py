"""Recall standardised to the residue: of the children's records that hold no identifier, how many links were found.

A pair here is a record without a trusted identifier (the residue) and a record of the same child that holds one. How
often such a pair is found, masked records tell, each in turn taken for the one without an identifier while the
child's others keep theirs: it is found where the rerun (by evidence that would do for the residue too:
`residue_prior`), or a local number, joined it to one of them and the run has that one and the other in one person. Two
records that both lack identifiers are in no masked pair: nothing is said of them.

Recall is told by cell: whose record it is, in which source the other is, and whether a local number (of an authority
or a provider) joins it to a record with an identifier. How many pairs the residue has, nobody knows; what was found of
them is known. So the weights are pairs found over the recall of their cell (`linkage.stats.recall_of_found`). A cell
in which no more than half of the masked pairs are found is beyond reach: each pair found would there stand for more
than another one that was not, and how many there are would be told by what was presumed and not by what was found.
Records of the residue without any cell within reach are the `unsupported_share`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from linkage.diagnostics.residue_prior import TOO_WEAK, too_weak_step
from linkage.diagnostics.subgroups import ALL
from linkage.sql import Connection, Step, ident, literal, rows, run_steps, scratch_step
from linkage.stats import RATE_DECIMALS, FoundRecall, Place, places, prior_strength, recall_of_found
from linkage.tables import IDENTIFIERS, PERSONS, SOURCES
from linkage.validation.persons import HIDDEN, TRUSTED
from linkage.validation.rerun import KNOWN

REACH = 0.5  # more of a cell's masked pairs are found, or the cell is beyond reach
FEWEST = 10  # pairs, and masked persons, without which a group has no rate
MOST_UNSUPPORTED = 0.2  # of the pairs found lie in cells of which the group has no masked pair: no rate
CELL = "i.side || ' and ' || o.source_no"  # of record i, and o that holds an identifier
Group = tuple[str, str, str]  # pool mode, variable, subgroup
Cell = tuple[str, int, float, float]  # name, found, presumed, recall of all groups


@dataclass(frozen=True)
class ResidueRecall:
    """Of one subgroup: pairs of the residue that were found within reach, their recall, and the share out of reach.

    `recall` is None where there is too little to tell it from. `shrunk`: the same, the recall of a cell drawn to that
    of all groups as far as groups of the variable differ by no more than chance; `place`: its rank among them. Both are
    None where the variable has no other group with a recall.
    """

    found: int
    recall: FoundRecall | None
    unsupported_share: float
    shrunk: FoundRecall | None = None
    place: Place | None = None

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
        told |= {name: round(value, RATE_DECIMALS) for name, value in numbers.items()}
        if self.shrunk is None or self.place is None:
            return told
        return told | {
            "recall_shrunk": round(self.shrunk.rate, RATE_DECIMALS), "rank_lo": self.place.lo,
            "rank_hi": self.place.hi, "chance_worst": self.place.chance_lowest,
            "may_be_worst": "true" if self.place.may_be_lowest else "false",
        }  # fmt: skip


def recall_of_residue(con: Connection, names: Sequence[str], *, accept: float) -> dict[Group, ResidueRecall]:
    """By pool mode, variable and subgroup of the record that holds no identifier; reads `masked_groups`."""
    run_steps(con, residue_steps(con, accept))
    told: dict[Group, ResidueRecall] = {}
    for variable in (ALL, *names):
        told |= _of_variable(con, variable)
    return told


def placed(told: Mapping[Group, ResidueRecall], *, seed: int) -> dict[Group, ResidueRecall]:
    """Groups with their places among those of their variable; without where only one has a recall.

    Give those only that are written with their figures: a rank among groups of which nothing is told misleads.
    """
    found: dict[Group, ResidueRecall] = {}
    for family in sorted({group[:2] for group in told}):
        own = {group: one for group, one in sorted(told.items()) if group[:2] == family}
        ranked = {group: one.shrunk for group, one in own.items() if one.shrunk is not None}
        if len(ranked) < 2:
            found |= {group: replace(one, shrunk=None) for group, one in own.items()}
            continue
        ranks = places([one.rate for one in ranked.values()], [one.n_eff for one in ranked.values()], seed=seed)
        of_group = dict(zip(ranked, ranks, strict=True))
        found |= {group: replace(one, place=of_group.get(group)) for group, one in own.items()}
    return found


def residue_steps(con: Connection, accept: float) -> tuple[Step, ...]:
    """`residue_side` (who lacks an identifier, and what keeps it), `residue_tried` and `residue_found` (pairs)."""
    listed = ", ".join(literal(scheme) for scheme in TRUSTED)
    same_number = "a.scheme = b.scheme and a.scope is not distinct from b.scope and a.value = b.value"
    return (
        too_weak_step(con, accept),
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
              select t.*, t.recovered and w.other is null or n.other is not null as is_met
              from turned t
              left join {TOO_WEAK} w on w.pool_mode = t.pool_mode and w.record_id = t.record_id and w.other = t.other
              left join local_pairs n on n.record_id = t.record_id and n.other = t.other)
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
    run_steps(con, (cells_of_groups_step(column, groups),))
    tried = con.execute(f"""
        select t.pool_mode, {column} as subgroup, t.cell, t.person, sum(t.is_found::integer) as recovered,
          count(*) as tried
        from residue_tried t join residue_cells c on c.pool_mode = t.pool_mode and c.cell = t.cell {groups}
        group by all order by all""").fetchnumpy()
    cells: dict[Group, list[Cell]] = {}
    for mode, subgroup, name, found, *rates in rows(
        con,
        """
            select pool_mode, subgroup, cell, found, presumed, recall from residue_cells_of_groups order by all""",
    ):
        presumed, recall = (float(str(value)) for value in rates)
        told = cells.setdefault((str(mode), variable, str(subgroup)), [])
        told.append((str(name), int(str(found)), presumed, recall))
    weights = _weights(con)
    return {
        (str(mode), variable, str(subgroup)): _recall_of(
            cells.get((str(mode), variable, str(subgroup)), []),
            {name: of[(tried["pool_mode"] == mode) & (tried["subgroup"] == subgroup)] for name, of in tried.items()},
            weight=weights.get(str(mode), 1.0), cluster=float(str(cluster)), unsupported_share=float(str(share)),
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


def cells_of_groups_step(column: str, groups: str) -> Step:
    """`residue_cells_of_groups` (pool_mode, subgroup, cell): found, presumed, recall of all groups; tried, recovered.

    `presumed`: pairs that the group's records without an identifier would have, had they as many each as the masked
    (P), times k, how many more or fewer those of the other groups have: (F+1) / (r P + 1) of the others' found pairs F,
    the mean of a gamma posterior that begins with one pair, as masked. Children without a UPN can have a tenth of the
    masked ones' pairs; taken from each group as it is, P would tell each small group of a missed pair or more in every
    cell.
    """
    return scratch_step(
        "residue_cells_of_groups",
        f"""
        with sides as (
          select {column} as subgroup, t.side, count(*) filter (t.is_residue) as lacking,
            count(*) filter (t.person is not null) as holding
          from residue_side t {groups} group by all),
        tried as (
          select t.pool_mode, {column} as subgroup, t.cell, count(*) as pairs, count(*) filter (t.is_found) as recovered
          from residue_tried t {groups} group by all),
        found as (select {column} as subgroup, t.cell, count(*) as pairs from residue_found t {groups} group by all),
        alike as (
          select c.pool_mode, s.subgroup, c.cell, c.recall, coalesce(f.pairs, 0) as found,
            round(coalesce(s.lacking * t.pairs / nullif(s.holding, 0), 0.0), {RATE_DECIMALS})::decimal(18, 6) as alike,
            coalesce(t.pairs, 0) as tried, coalesce(t.recovered, 0) as recovered
          from residue_cells c
          join sides s on s.side = c.side
          left join tried t on t.pool_mode = c.pool_mode and t.cell = c.cell and t.subgroup = s.subgroup
          left join found f on f.cell = c.cell and f.subgroup = s.subgroup
          where s.lacking > 0)
        select pool_mode, subgroup, cell, found, tried, recovered, recall,
          alike::double * (sum(found) over of_cell - found + 1)
            / (recall * (sum(alike) over of_cell - alike)::double + 1) as presumed
        from alike window of_cell as (partition by pool_mode, cell)""",
    )


def _weights(con: Connection) -> dict[str, float]:
    """By pool mode, how many pairs the recall of all groups counts as in that of a group's cell: at least one."""
    read = con.execute("from residue_cells_of_groups where tried > 0 order by all").fetchnumpy()
    of_modes = {str(mode): {name: of[read["pool_mode"] == mode] for name, of in read.items()}
                for mode in np.unique(read["pool_mode"])}  # fmt: skip
    return {mode: max(1.0, prior_strength(of["recovered"], of["tried"], of["recall"])) for mode, of in of_modes.items()}


def _recall_of(
    cells: Sequence[Cell],
    tried: Mapping[str, Any],
    *,
    weight: float,
    cluster: float,
    unsupported_share: float,
) -> ResidueRecall:
    """Recall of one group, as it is and shrunk, from its cells and its masked persons."""
    found = sum(n for _, n, _, _ in cells)
    recall, shrunk = (
        recall_of_found(
            {name: n for name, n, _, _ in cells}, tried["cell"].tolist(), tried["person"].tolist(), tried["recovered"],
            tried["tried"], presumed={name: mean for name, _, mean, _ in cells},
            expected={name: rate for name, _, _, rate in cells}, weight=pairs, cluster=cluster,
        )
        if found >= FEWEST and len(np.unique(tried["person"])) >= FEWEST else None
        for pairs in (1.0, weight)
    )  # fmt: skip
    if recall is None or recall.unsupported > MOST_UNSUPPORTED:
        return ResidueRecall(found, None, unsupported_share)
    return ResidueRecall(found, recall, unsupported_share, shrunk)
