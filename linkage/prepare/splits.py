"""Keys that stand for several children: found by their contradictions, and given a key for each child."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pyarrow as pa

from linkage.findings import found
from linkage.prepare.contradictions import (
    MOST_IDENTITIES,
    SplitKey,
    contradiction_sql,
    split_key,
    split_shared_key,
)
from linkage.prepare.inputs import ROW_KEYS, SHARED_ROWS, Input, load_working_table, working_table
from linkage.sql import Connection, Step, rows, run_steps
from linkage.tables import Finding

IDENTITIES = "prepare__identities"
SPLITS = "prepare__splits"
SPLIT_NAMES = "prepare__split_names"
SPLIT_CONFLICTS = "prepare__split_conflicts"

# What makes one way to describe a child different from another.
IDENTITY_COLUMNS = ("dob", "dob_precision", "forename", "surname", "forenames", "surnames", "sex", "upn")

_TYPES = {"key": pa.string(), "name": pa.string(), "detail": pa.string()}


def split_contradicting_keys(con: Connection) -> None:
    """Decides which shared keys fall into several records; reads `prepare__shared_rows`.

    Makes `prepare__identities` (distinct descriptions under one key, only of keys with two birth dates, named by the
    order_no of their first row), `prepare__splits` (source_no, key, order_no, group_no of each identity of a key that
    is split), `prepare__split_names` (source_no, key, group_no, name: the new key of each group) and
    `prepare__split_conflicts` (source_no, key, group_no_l, group_no_r, detail).
    """
    run_steps(con, _contradiction_steps())
    splits = _split_keys(con)
    taken = _keys_like_split_ones(con) if splits else set()
    groups = [(s.source_no, s.key, order_no, group) for s in splits for order_no, group in s.group_of.items()]
    names = [(s.source_no, s.key, group, name) for s in splits for group, name in _group_names(s, taken)]
    conflicts = [(s.source_no, s.key, *conflict) for s in splits for conflict in s.conflicts]
    load_working_table(con, SPLITS, _table(groups, "source_no", "key", "order_no", "group_no"))
    load_working_table(con, SPLIT_NAMES, _table(names, "source_no", "key", "group_no", "name"))
    load_working_table(
        con, SPLIT_CONFLICTS, _table(conflicts, "source_no", "key", "group_no_l", "group_no_r", "detail")
    )


def _contradiction_steps() -> list[Step]:
    """Only keys with two birth dates can contradict; what their rows say is compared pair by pair."""
    identity = ", ".join(("source_no", "key", *IDENTITY_COLUMNS))
    return [
        working_table(
            "prepare__identities",
            f"""
select {identity}, min(order_no) as order_no
from {SHARED_ROWS}
semi join (
    select source_no, key from {SHARED_ROWS} group by source_no, key having count(distinct dob) > 1
) using (source_no, key)
group by {identity}""",
        ),
        working_table(
            "prepare__crowded_keys",
            f"select source_no, key from prepare__identities group by all having count(*) > {MOST_IDENTITIES}",
        ),
        working_table(
            "prepare__contradictions",
            f"""
select source_no, key, order_no_l, order_no_r, detail
from (
    select
        l.source_no, l.key, l.order_no as order_no_l, r.order_no as order_no_r,
        {contradiction_sql("l", "r")} as detail
    from prepare__identities as l
    join prepare__identities as r on r.source_no = l.source_no and r.key = l.key and l.order_no < r.order_no
    anti join prepare__crowded_keys as crowded on crowded.source_no = l.source_no and crowded.key = l.key
)
where detail is not null""",
        ),
    ]


def _split_keys(con: Connection) -> list[SplitKey]:
    """The keys that fall into several records, in the order of source and key."""
    pairs: dict[tuple[int, str], list[tuple[int, int, str]]] = defaultdict(list)
    for source_no, key, left, right, detail in rows(
        con, "select source_no, key, order_no_l, order_no_r, detail from prepare__contradictions"
    ):
        pairs[int(str(source_no)), str(key)].append((int(str(left)), int(str(right)), str(detail)))
    identities: dict[tuple[int, str], list[int]] = defaultdict(list)
    for source_no, key, order_no in rows(
        con,
        "select source_no, key, order_no from prepare__identities "
        "semi join (select source_no, key from prepare__contradictions "
        "union select source_no, key from prepare__crowded_keys) using (source_no, key) order by all",
    ):
        identities[int(str(source_no)), str(key)].append(int(str(order_no)))
    return [
        split_key(source_no, key, order_nos, pairs[source_no, key])
        if (source_no, key) in pairs
        else split_shared_key(source_no, key, order_nos)
        for (source_no, key), order_nos in identities.items()
    ]


def _table(listed: Sequence[tuple[object, ...]], *names: str) -> pa.Table:
    return pa.table({
        name: pa.array([row[place] for row in listed], _TYPES.get(name, pa.int64()))
        for place, name in enumerate(names)
    })  # fmt: skip


def _keys_like_split_ones(con: Connection) -> set[tuple[int, str]]:
    """Keys of the sources that look like those that a split gives, so that none is given twice."""
    found = rows(con, f"select distinct source_no, key from {ROW_KEYS} where regexp_matches(key, '#[0-9]+$')")
    return {(int(str(source_no)), str(key)) for source_no, key in found}


def _group_names(split: SplitKey, taken: set[tuple[int, str]]) -> list[tuple[int, str]]:
    names = [(1, split.key)]
    number = 1
    for group in range(2, max(split.group_of.values()) + 1):
        number += 1
        while (split.source_no, f"{split.key}#{number}") in taken:
            number += 1
        names.append((group, f"{split.key}#{number}"))
    return names


def fold_findings(con: Connection, inputs: Sequence[Input]) -> list[Finding]:
    """How many keys stood for several children."""
    splits = rows(
        con,
        "select source_no, count(distinct key) from prepare__splits group by source_no order by source_no",
    )
    return [found("FO002", inputs[int(str(number))].extract.source, int(str(n)), "key") for number, n in splits]
