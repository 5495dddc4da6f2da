"""Which person of this run keeps which id of an earlier one: by maximum overlap.

An id goes to one person at most, and a person takes one at most, such that as many records as can be keep their id;
of equal choices, older ids stay, then smaller ones, then those of persons whose records come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pyarrow as pa
from scipy.optimize import linear_sum_assignment

from linkage.cluster.components import COMPONENTS
from linkage.sql import Connection, rows, run_steps, scratch_step

INHERITED = "inherited_ids"
OVERLAPS = "id_overlaps"


@dataclass(frozen=True)
class Overlap:
    """An id, the run (from 1) in which it was given, a component, and how many records of the id the component has."""

    person_id: str
    given_in: int
    component: int
    records: int


def inherit_ids(con: Connection) -> None:
    """Make `inherited_ids` (component, person_id) from `components` and `known_records`; nearly all are plain."""
    run_steps(con, (
        scratch_step(OVERLAPS, f"""
            select k.person_id, min(k.given_in) as given_in, c.component, count(*) as records
            from known_records k join {COMPONENTS} c on c.record_id = k.record_id
            where k.person_id is not null
            group by k.person_id, c.component"""),
        scratch_step("contested_ids", f"""
            select *, count(*) over (partition by person_id) as components,
              count(*) over (partition by component) as ids
            from {OVERLAPS}"""),
    ))  # fmt: skip
    contested = rows(con, f"""
        with recursive touched as (
          select person_id, component from contested_ids where components > 1 or ids > 1
          union
          select c.person_id, c.component from contested_ids c
          join touched t on t.person_id = c.person_id or t.component = c.component)
        select o.person_id, o.given_in, o.component, o.records
        from {OVERLAPS} o join touched using (person_id, component) order by all""")  # fmt: skip
    given = best_heirs([Overlap(str(name), int(str(run)), int(str(component)), int(str(n)))
                        for name, run, component, n in contested])  # fmt: skip
    table = pa.table({"component": pa.array([c for c, _ in given], pa.int64()),
                      "person_id": pa.array([name for _, name in given], pa.string())})  # fmt: skip
    con.register("given", table)
    run_steps(con, (scratch_step(INHERITED, """
        select component, person_id from contested_ids where components = 1 and ids = 1
        union all
        select component, person_id from given order by component"""),))  # fmt: skip
    con.unregister("given")


def best_heirs(overlaps: Sequence[Overlap]) -> list[tuple[int, str]]:
    """Component and the id it takes, in the order of the components; those that take none are left out."""
    graph: nx.Graph[tuple[str, object]] = nx.Graph()
    for item in overlaps:
        graph.add_edge(("id", item.person_id), ("component", item.component))
    group_of = {node: number for number, part in enumerate(nx.connected_components(graph)) for node in part}
    groups: dict[int, list[Overlap]] = {}
    for item in overlaps:
        groups.setdefault(group_of["id", item.person_id], []).append(item)
    return sorted(heir for group in groups.values() for heir in _heirs_of(group))


def _heirs_of(overlaps: Sequence[Overlap]) -> list[tuple[int, str]]:
    """The assignment of most shared records among ids and components that touch each other."""
    ids = sorted({(item.given_in, item.person_id) for item in overlaps})
    components = sorted({item.component for item in overlaps})
    row = {person_id: place for place, (_, person_id) in enumerate(ids)}
    column = {component: place for place, component in enumerate(components)}
    # One record counts for more than all places together: places only decide between equal choices.
    scale = (len(ids) + 1) * (len(components) + 1) * min(len(ids), len(components)) + 1
    worth = np.zeros((len(ids), len(components)))
    for item in overlaps:
        at = row[item.person_id], column[item.component]
        worth[at] = item.records * scale + (len(ids) - at[0]) * (len(components) + 1) + len(components) - at[1]
    chosen = zip(*linear_sum_assignment(worth, maximize=True), strict=True)
    return [(components[c], ids[r][1]) for r, c in chosen if worth[r, c] > 0]
