"""Components of persons, by the function that makes persons of records."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from linkage.cluster.components import label_components
from linkage.sql import Connection, execute, ident, rows, run_steps, scratch_step


def label_persons(con: Connection, ties: str, into: str) -> None:
    """Make `into` (person_no, component: its smallest person_no) of the persons that `ties` joins.

    `ties` has person_no_l and person_no_r; persons in no tie are left out.
    """
    found = execute(con, f"select person_no_l as l, person_no_r as r from {ident(ties)} order by 1, 2").fetchnumpy()
    left, right = np.asarray(found["l"], dtype=np.int64), np.asarray(found["r"], dtype=np.int64)
    persons, place = np.unique(np.r_[left, right], return_inverse=True)
    label = label_components(len(persons), place[: len(left)], place[len(left) :])
    table = pa.table({"person_no": persons, "component": persons[label] if len(persons) else persons})
    con.register("labelled_persons", table)
    run_steps(con, (scratch_step(into, "select person_no, component from labelled_persons order by person_no"),))
    con.unregister("labelled_persons")


def numbers_of(con: Connection, sql: str) -> list[tuple[int, ...]]:
    """The rows of a small result of whole numbers."""
    return [tuple(int(str(value)) for value in row) for row in rows(con, sql)]
