"""Persons: accepted links become a partition of all records, singletons included.

Writes `persons` (record_id, person_no, person_id, person_size, confidence, flags, person_confidence), `links` (the
decided pairs, links that were cut set to `review`) and `conflicts` (those of all stages, the cuts among them).
Persons of whom a person said that they must never be linked meet in neither: no row names a record of each.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from linkage.cluster.bridges import weak_bridges
from linkage.cluster.clashes import BROKEN, find_broken, read_edges, read_members
from linkage.cluster.components import COMPONENTS, make_components, refuse_giants
from linkage.cluster.constraints import NEVER_LINK, REASONS, Cut
from linkage.cluster.inheritance import INHERITED, inherit_ids
from linkage.cluster.membership import membership
from linkage.cluster.repair import bits, repair
from linkage.sql import Connection, Step, count, rows, run_steps, scratch_step, table_step
from linkage.tables import CONFLICTS, CONFLICTS_OF_DECISIONS, CONFLICTS_OF_PASSES, DECIDED, LINKS, PERSONS

LARGEST_PERSON = 1_000  # a child in thirty sources over ten years has fewer records
KEPT = "kept_links"  # decided pairs without those that were cut
SURENESS = "person_sureness"
NEVER_MEET = "never_meet"


@dataclass(frozen=True)
class PersonCount:
    """Persons made, those of more than one record and the largest; and what the repair changed.

    `broken` components broke a rule, of which `repaired_by_heuristic` were too large for the exact cut; `cuts` links
    were cut, by reason in `cut_for`, with `cut_bits` of evidence. `weak_bridges` were flagged and left.
    """

    persons: int
    linked_persons: int
    largest: int
    broken: int
    repaired_by_heuristic: int
    cuts: int
    cut_bits: float
    weak_bridges: int
    cut_for: dict[str, int]

    def facts(self) -> dict[str, int | float]:
        """All counts, flat: the reasons that occurred as `cut_for_REASON`."""
        counts = {name: value for name, value in vars(self).items() if name != "cut_for"}
        return counts | {f"cut_for_{reason}": n for reason, n in self.cut_for.items()}


@dataclass(frozen=True)
class _Repaired:
    """The cuts of all components, and how they were found."""

    cuts: list[Cut]
    broken: int
    by_heuristic: int


def make_persons(
    con: Connection,
    *,
    run_key: str,
    repairs: bool = True,
    largest: int = LARGEST_PERSON,
    seed: int = 1,
) -> PersonCount:
    """Make `persons` from `links`; `run_key` makes new ids opaque and different from those of any other run.

    Ids of an earlier run are inherited by maximum overlap (`cluster.inheritance`, from `known_records`).

    Without `repairs` persons are the connected components of the links, but for never-link pairs, which are parted
    always. Raises RefusedError where a component has more than `largest` records.
    """
    make_components(con, DECIDED)
    refuse_giants(con, largest)
    repaired = _repair_broken(con, all_rules=repairs)
    _keep_links(con, repaired.cuts)
    if repaired.cuts:
        make_components(con, KEPT)
    bridges = weak_bridges(con, KEPT)
    run_steps(con, (never_meet_step(),))
    _write_links(con, bridges)
    _weigh_persons(con, seed)
    inherit_ids(con)
    run_steps(con, (person_step(run_key),))
    return _counted(con, repaired, bridges)


def _counted(con: Connection, repaired: _Repaired, bridges: list[tuple[int, int]]) -> PersonCount:
    made = rows(
        con,
        f"""
        select count(*), count(*) filter (person_size > 1), coalesce(max(person_size), 0)
        from (select person_no, max(person_size) as person_size from {PERSONS} group by person_no)""",
    )[0]
    persons, linked, largest = (int(str(value)) for value in made)
    reasons = [cut.reason for cut in repaired.cuts]
    return PersonCount(
        persons, linked, largest, repaired.broken, repaired.by_heuristic, len(reasons),
        round(sum(bits(cut.edge) for cut in repaired.cuts), 1), len(bridges),
        {reason: reasons.count(reason) for reason in REASONS if reason in reasons},
    )  # fmt: skip


def _repair_broken(con: Connection, *, all_rules: bool) -> _Repaired:
    """Repair each broken component by itself; the cuts in the order of the components."""
    find_broken(con, all_rules=all_rules)
    members, edges = read_members(con, all_rules=all_rules), read_edges(con)
    repairs = [repair(members[component], edges.get(component, [])) for component in sorted(members)]
    return _Repaired(
        [cut for item in repairs for cut in item.cuts], count(con, BROKEN), sum(not item.is_exact for item in repairs)
    )


def _keep_links(con: Connection, cuts: list[Cut]) -> None:
    """Make `cut_links` (with the reason) and `kept_links`: the accepted links that are left."""
    table = pa.table({
        "record_id_l": pa.array([cut.edge.record_id_l for cut in cuts], pa.int64()),
        "record_id_r": pa.array([cut.edge.record_id_r for cut in cuts], pa.int64()),
        "reason": pa.array([cut.reason for cut in cuts], pa.string()),
    })  # fmt: skip
    con.register("cuts", table)
    kept = f"""
        select k.record_id_l, k.record_id_r, k.confidence, k.decision from {DECIDED} k
        where k.decision = 'link' and not exists (
          select 1 from cut_links c where c.record_id_l = k.record_id_l and c.record_id_r = k.record_id_r)"""
    run_steps(con, (scratch_step("cut_links", "select * from cuts order by record_id_l, record_id_r"),
                    scratch_step(KEPT, kept)))  # fmt: skip
    con.unregister("cuts")


def never_meet_step() -> Step:
    """`never_meet` (component_l, component_r), both ways round: components that hold a never-link pair between them."""
    return scratch_step(
        NEVER_MEET,
        f"""
        select distinct l.component as component_l, r.component as component_r
        from (select record_id_l, record_id_r from never_link
              union all select record_id_r, record_id_l from never_link) n
        join {COMPONENTS} l on l.record_id = n.record_id_l
        join {COMPONENTS} r on r.record_id = n.record_id_r""",
    )


def _may_meet_sql(con: Connection, pairs: str) -> str:
    """The rows of a table of pairs, without those of two persons who must never meet."""
    if not count(con, NEVER_MEET):
        return f"select * from {pairs}"
    return f"""
        select p.* from {pairs} p
        join {COMPONENTS} l on l.record_id = p.record_id_l
        join {COMPONENTS} r on r.record_id = p.record_id_r
        where not exists (
          select 1 from {NEVER_MEET} n where n.component_l = l.component and n.component_r = r.component)"""


def _write_links(con: Connection, bridges: list[tuple[int, int]]) -> None:
    """Make `links` and `conflicts`: cut links stay for review, flagged, and each is a conflict.

    A link cut for a never-link pair would show who must not meet: it is in no table of pairs, and its conflict is told
    of each of the two records by itself, without the other.
    """
    table = pa.table({
        "record_id_l": pa.array([left for left, _ in bridges], pa.int64()),
        "record_id_r": pa.array([right for _, right in bridges], pa.int64()),
    })  # fmt: skip
    con.register("bridges", table)
    told = " union all ".join(
        f"select 'person_breaks_a_rule', {side}, null, reason, 'cut' from cut_links where reason = '{NEVER_LINK}'"
        for side in ("record_id_l", "record_id_r")
    )
    run_steps(
        con,
        (
            table_step(
                LINKS,
                f"""
                select d.* exclude (decision, flags), if(c.reason is null, d.decision, 'review') as decision,
                  case when c.reason is not null then list_append(d.flags, c.reason)
                    when b.record_id_l is not null then list_append(d.flags, 'weak_bridge')
                    else d.flags end as flags
                from ({_may_meet_sql(con, DECIDED)}) d
                left join cut_links c on c.record_id_l = d.record_id_l and c.record_id_r = d.record_id_r
                left join bridges b on b.record_id_l = d.record_id_l and b.record_id_r = d.record_id_r""",
            ),
            table_step(
                CONFLICTS,
                f"""
                select * from ({_may_meet_sql(con, CONFLICTS_OF_PASSES)})
                union all
                select * from ({_may_meet_sql(con, CONFLICTS_OF_DECISIONS)})
                union all
                select 'person_breaks_a_rule', record_id_l, record_id_r, reason, 'cut' from cut_links
                where reason <> '{NEVER_LINK}'
                union all
                {told}""",
            ),
        ),
    )
    con.unregister("bridges")


def _weigh_persons(con: Connection, seed: int) -> None:
    """Make `person_sureness` (record_id, confidence, person_confidence) from the accepted links."""
    labels = con.execute(f"select component from {COMPONENTS} order by record_id").fetchnumpy()
    links = con.execute(f"select record_id_l, record_id_r, confidence from {KEPT} order by 1, 2").fetchnumpy()
    found = membership(
        np.asarray(labels["component"], np.int64), np.asarray(links["record_id_l"], np.int64),
        np.asarray(links["record_id_r"], np.int64), np.asarray(links["confidence"], np.float64), seed=seed,
    )  # fmt: skip
    table = pa.table({"record_id": np.arange(len(found.person), dtype=np.int64), "confidence": found.membership,
                      "person_confidence": found.person})  # fmt: skip
    con.register("weighed_persons", table)
    run_steps(con, (scratch_step(SURENESS, "select * from weighed_persons order by record_id"),))
    con.unregister("weighed_persons")


def person_step(run_key: str) -> Step:
    """`persons`: ids are inherited, or a hash of the run's key and a running number, never of what a child carries.

    confidence: the share of the person's other records that this one can be expected to belong with; person_confidence:
    the chance that all of them are one child (`cluster.membership`). A record by itself is its own person, 1.
    """
    salt = hashlib.sha256(run_key.encode()).hexdigest()
    return table_step(
        PERSONS,
        f"""
        with sizes as (
          select component, count(*) as person_size, row_number() over (order by component) as person_no
          from {COMPONENTS} group by component),
        bridged as (
          select distinct c.component from {LINKS} k join {COMPONENTS} c on c.record_id = k.record_id_l
          where k.decision = 'link' and list_contains(k.flags, 'weak_bridge')),
        pending as (
          select distinct record_id
          from (select record_id_l as record_id from {LINKS} where decision = 'review'
                union all
                select record_id_r from {LINKS} where decision = 'review')),
        cut as (
          select distinct unnest([record_id_l, record_id_r]) as record_id from {CONFLICTS}
          where kind = 'person_breaks_a_rule')
        select c.record_id, s.person_no,
          coalesce(i.person_id, 'p_' || left(md5($salt || s.person_no), 20)) as person_id,
          s.person_size::integer as person_size,
          u.confidence,
          list_filter([case when x.record_id is not null then 'link_cut' end,
                       case when p.record_id is not null then 'review_pending' end,
                       case when b.component is not null then 'weak_bridge' end], lambda f: f is not null) as flags,
          u.person_confidence
        from {COMPONENTS} c
        join sizes s on s.component = c.component
        join {SURENESS} u on u.record_id = c.record_id
        left join {INHERITED} i on i.component = c.component
        left join bridged b on b.component = c.component
        left join pending p on p.record_id = c.record_id
        left join cut x on x.record_id = c.record_id""",
        {"salt": salt},
    )
