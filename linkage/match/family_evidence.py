"""What families say of pairs, as `linkage.second_pass` left it: bits beside evidence, household doubt and prior.

`family_evidence` (record_id_l, record_id_r, reason, family_bits), with a row where families change the weight of a weak
pair. Empty in a first pass, in a masked rerun, and where nothing could be learnt.
"""

from __future__ import annotations

from collections.abc import Mapping

from linkage.sql import Connection, Step, run_steps

FAMILY_EVIDENCE = "family_evidence"
# SQL: the bits of a scored pair `s`, with the join of `join_families_sql`; 0 where families say nothing.
FAMILY_BITS = "coalesce(fe.family_bits, 0)"
# What the families of two records can say, in words. Of several reasons the first counts.
REASONS: Mapping[str, str] = {
    "one_family": "the one is known as a brother or sister of the other",
    "other_mother": "they have different mothers' ids",
    "sibling_linked": "a brother or sister of the one is, surely, one of the other's",
    "sibling_likely": "a brother or sister of the one is likely to be one of the other's",
    "no_sibling": "both have brothers or sisters, of whom none is likely to be the other's",
}


def join_families_sql() -> str:
    """The join that `FAMILY_BITS` needs, to a scored pair `s`."""
    return f"left join {FAMILY_EVIDENCE} fe on fe.record_id_l = s.record_id_l and fe.record_id_r = s.record_id_r"


def make_family_evidence_if_none(con: Connection) -> None:
    """`family_evidence`, empty, where it is not there yet."""
    columns = "record_id_l bigint, record_id_r bigint, reason varchar, family_bits double"
    run_steps(con, (Step(FAMILY_EVIDENCE, f"create table if not exists {FAMILY_EVIDENCE} ({columns})"),))


def forget_families(con: Connection) -> None:
    """`family_evidence`, empty: a first pass knows nothing of families."""
    make_family_evidence_if_none(con)
    run_steps(con, (Step(FAMILY_EVIDENCE, f"delete from {FAMILY_EVIDENCE}"),))
