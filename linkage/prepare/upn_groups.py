"""The run's `upn_groups`: which UPNs are one child's, because a source says that one followed the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from linkage.findings import found
from linkage.identifiers import upn_shape_sql
from linkage.prepare.inputs import load_working_table, working_table
from linkage.sql import Connection, rows, run_steps, table_step
from linkage.tables import IDENTIFIERS, UPN_GROUPS, Finding

# More UPNs than one child can have had; a larger group holds children that a wrong former UPN has joined.
MOST_UPNS = 6


def add_upn_groups(con: Connection) -> list[Finding]:
    """Makes `upn_groups(value, group_upn)`: UPNs of one child through former and temporary ones; returns findings.

    Reads `identifiers`. Two values are of one child where one record holds both and one of them is former or
    temporary; `group_upn` is the smallest of all that hang together so. A value without a partner is absent.
    """
    run_steps(con, [working_table("prepare__upn_pairs", _upn_pairs_sql())])
    pairs = [(str(left), str(right)) for left, right in rows(con, "from prepare__upn_pairs order by all")]
    groups = upn_components(pairs)
    _load_groups(con, [group for group in groups if len(group) <= MOST_UPNS])
    too_large = [group for group in groups if len(group) > MOST_UPNS]
    if not too_large:
        return []
    detail = f"{len(too_large)} groups of more than {MOST_UPNS}"
    return [found("ID006", "", sum(map(len, too_large)), "former_upn", detail=detail)]


def _load_groups(con: Connection, groups: Sequence[Sequence[str]]) -> None:
    listed = [(value, min(group)) for group in groups for value in group]
    loaded = pa.table({
        "value": pa.array([value for value, _ in listed], pa.string()),
        "group_upn": pa.array([smallest for _, smallest in listed], pa.string()),
    })  # fmt: skip
    load_working_table(con, "prepare__upn_groups", loaded)
    run_steps(con, [table_step(UPN_GROUPS, "select value, group_upn from prepare__upn_groups order by value")])


def _upn_pairs_sql() -> str:
    return f"""
select distinct least(earlier.value, other.value) as value_l, greatest(earlier.value, other.value) as value_r
from {IDENTIFIERS} as earlier
join {IDENTIFIERS} as other on other.record_id = earlier.record_id
where earlier.scheme = 'upn'
    and other.scheme = 'upn'
    and earlier.status in ('former', 'temporary')
    and earlier.value <> other.value
    and {upn_shape_sql("other.value")}"""


def upn_components(pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The values that pairs join, directly or through others, as sorted lists in the order of their first."""
    values = sorted({value for pair in pairs for value in pair})
    place = {value: number for number, value in enumerate(values)}
    ends = np.array([(place[left], place[right]) for left, right in pairs], dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(values), len(values)))
    _, labels = connected_components(graph, directed=False)
    groups: dict[int, list[str]] = defaultdict(list)
    for value, label in zip(values, labels, strict=True):
        groups[int(label)].append(value)
    return sorted(groups.values())
