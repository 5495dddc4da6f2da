"""Connected components: which records hang together through links."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from linkage.errors import RefusedError
from linkage.sql import Connection, count, rows, run_steps, scratch_step
from linkage.tables import RECORDS

COMPONENTS = "components"


def make_components(con: Connection, links: str) -> None:
    """Make `components` (record_id, component: its smallest record id) of the accepted links in a table."""
    records = count(con, RECORDS)
    edges = con.execute(
        f"select record_id_l, record_id_r from {links} where decision = 'link' order by 1, 2"
    ).fetchnumpy()
    label = label_components(records, np.asarray(edges["record_id_l"]), np.asarray(edges["record_id_r"]))
    labelled = pa.table({"record_id": np.arange(records, dtype=np.int64), "component": label})
    con.register("labelled", labelled)
    run_steps(con, (scratch_step(COMPONENTS, "select record_id, component from labelled order by record_id"),))
    con.unregister("labelled")


def refuse_giants(con: Connection, largest: int) -> None:
    """RefusedError where a component has more than `largest` records: no child has so many."""
    found = rows(con, f"select coalesce(max(n), 0) from (select count(*) as n from {COMPONENTS} group by component)")
    size = int(str(found[0][0]))
    if size > largest:
        raise RefusedError(
            f"One component of links joins {size:,} records.",
            where="the accepted links",
            expected=f"at most {largest:,} records in a person ([link] largest_person)",
            remedy="look for an identifier or a key that many children share (linkage check), and correct it; or, "
            "where children do have as many records, raise largest_person",
        )


def label_components(records: int, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each record 0 … records-1, the smallest record id of its component.

    `left` and `right` are the ends of the links. The label does not depend on the order of the links.
    """
    if records == 0:
        return np.zeros(0, dtype=np.int64)
    edges = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(records, records))
    parts, component = connected_components(edges, directed=False)
    smallest = np.full(parts, records, dtype=np.int64)
    np.minimum.at(smallest, component, np.arange(records, dtype=np.int64))
    return np.asarray(smallest[component], dtype=np.int64)
