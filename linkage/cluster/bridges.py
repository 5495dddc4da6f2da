"""Weak bridges: one unsure link that holds two parts of a person together, each of several records.

If it is false, two children are one person, and every other link of theirs looks right.
"""

from __future__ import annotations

from typing import Any

import networkx as nx

from linkage.cluster.components import COMPONENTS
from linkage.sql import Connection, rows

WEAK = 0.99  # a bridge less sure than this is looked at; of a hundred such links, one or more is false
FEWEST = 2  # records on each side: a single record at the end of a link is what the link's own confidence is about


def weak_bridges(con: Connection, links: str) -> list[tuple[int, int]]:
    """The weak bridges among the accepted links of a table, in the order of their records.

    Only links that may be one are looked at in their graphs: less sure than `WEAK`, with another link at each end, and
    no record that both ends are linked to.
    """
    graphs: dict[int, nx.Graph[Any]] = {}
    for component, left, right in rows(con, _suspected_graphs_sql(links)):
        graphs.setdefault(int(str(component)), nx.Graph()).add_edge(int(str(left)), int(str(right)))
    suspects = {(int(str(left)), int(str(right))) for left, right in rows(con, f"from ({_suspects_sql(links)})")}
    return sorted(bridge for graph in graphs.values() for bridge in bridges_of(graph) if bridge in suspects)


def bridges_of(graph: nx.Graph[Any]) -> list[tuple[int, int]]:
    """The links of a connected graph that alone hold two parts of `FEWEST` records or more together."""
    found = []
    bridges: list[tuple[int, int]] = sorted(nx.bridges(graph))
    for left, right in bridges:
        rest = nx.restricted_view(graph, [], [(left, right)])
        side = len(nx.node_connected_component(rest, left))
        if min(side, len(graph) - side) >= FEWEST:
            found.append((min(left, right), max(left, right)))
    return found


def _suspects_sql(links: str) -> str:
    return f"""
          with accepted as (select record_id_l, record_id_r, confidence from {links} where decision = 'link'),
          weak as (select record_id_l, record_id_r from accepted where confidence < {WEAK}),
          ends as (select record_id_l as record_id from weak union select record_id_r from weak),
          near as (
            select record_id_l as record_id, record_id_r as other from accepted semi join ends
              on ends.record_id = record_id_l
            union all
            select record_id_r, record_id_l from accepted semi join ends on ends.record_id = record_id_r),
          degrees as (select record_id, count(*) as n from near group by record_id)
          select w.record_id_l, w.record_id_r from weak w
          join degrees dl on dl.record_id = w.record_id_l and dl.n >= {FEWEST}
          join degrees dr on dr.record_id = w.record_id_r and dr.n >= {FEWEST}
          where not exists (
            select 1 from near nl join near nr on nr.other = nl.other
            where nl.record_id = w.record_id_l and nr.record_id = w.record_id_r)
          order by all"""


def _suspected_graphs_sql(links: str) -> str:
    return f"""
        with suspects as ({_suspects_sql(links)}),
        chosen as (select distinct c.component from suspects s join {COMPONENTS} c on c.record_id = s.record_id_l)
        select c.component, k.record_id_l, k.record_id_r
        from chosen join {COMPONENTS} c using (component)
        join {links} k on k.record_id_l = c.record_id and k.decision = 'link'
        order by all"""
