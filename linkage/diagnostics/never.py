"""The never-link list in what is shown of a finished run: two persons who must never meet are not shown together."""

from __future__ import annotations

from linkage.diagnostics.finished import RecordName
from linkage.errors import RefusedError
from linkage.sql import Connection, rows
from linkage.tables import PERSONS


def never_meet_sql(left: str, right: str) -> str:
    """SQL: whether the persons of two records (expressions for their record_id) hold a never-link pair between them."""
    return f"""exists (
          select 1 from never_link n
          join {PERSONS} nl on nl.record_id = n.record_id_l
          join {PERSONS} nr on nr.record_id = n.record_id_r
          join {PERSONS} pl on pl.record_id = {left}
          join {PERSONS} pr on pr.record_id = {right}
          where nl.person_no = pl.person_no and nr.person_no = pr.person_no
            or nl.person_no = pr.person_no and nr.person_no = pl.person_no)"""


def refuse_never(con: Connection, left: RecordName, right: RecordName) -> None:
    """RefusedError where the persons of the two records must never meet: nothing is said of the two together."""
    asked = {"l": left.record_id, "r": right.record_id}
    if rows(con, f"select {never_meet_sql('$l', '$r')}", asked)[0][0]:
        raise RefusedError(
            "These two records are not shown together.", where="the never-link list",
            expected="records whose persons may meet", remedy="look at each of them by itself",
        )  # fmt: skip
