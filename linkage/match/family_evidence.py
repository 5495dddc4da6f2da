"""What families say of pairs, as `linkage.second_pass` left it: bits beside the model's evidence, the doubt and the prior.

`family_evidence` (record_id_l, record_id_r, reason, family_bits), with a row where families change a weak pair's weight.
Empty in a first pass, in a masked rerun, and where nothing could be learnt.
"""

from __future__ import annotations

from linkage.sql import Connection, Step, run_steps

FAMILY_EVIDENCE = "family_evidence"
# SQL: the bits of a scored pair `s`, with the join of `join_families_sql`; 0 where families say nothing.
FAMILY_BITS = "coalesce(fe.family_bits, 0)"


def join_families_sql() -> str:
    """The join that `FAMILY_BITS` needs, to a scored pair `s`."""
    return f"left join {FAMILY_EVIDENCE} fe on fe.record_id_l = s.record_id_l and fe.record_id_r = s.record_id_r"


def make_family_evidence_if_none(con: Connection) -> None:
    """`family_evidence`, empty, where it is not there yet."""
    columns = "record_id_l bigint, record_id_r bigint, reason varchar, family_bits double"
    run_steps(con, (Step(FAMILY_EVIDENCE, f"create table if not exists {FAMILY_EVIDENCE} ({columns})"),))
