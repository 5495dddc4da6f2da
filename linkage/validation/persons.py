"""Who is known to be who by identifiers alone, and who of them is held out.

`hidden_persons` (record_id, person, schemes, half, sample): one row per record. `person` is the smallest record of all
that hang together through trusted identifiers, NULL for a record that has none; `schemes` hashes of the schemes and
scopes in which it holds a valid trusted identifier. `half` 0 or 1 says in which of the two reruns a person is held out;
`sample` whether it is in them at all.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from linkage.cluster.components import label_components
from linkage.sql import Connection, Step, count, literal, rows, run_steps, scratch_step, table_step
from linkage.tables import IDENTIFIERS, RECORDS, UPN_GROUPS

HIDDEN = "hidden_persons"
# Numbers issued to one person for good, or by the Department when it resolved persons. A local number is not among
# them: a child has one in each system, and systems migrate.
TRUSTED = ("upn", "uln", "nhs_number", "pmr", "leo_person_id", "edukey")
# Records in a rerun: at most so many, whole persons of whole postcode sectors, so that brothers, sisters and twins are
# in it together: a thinner pool has fewer namesakes to learn from. On one synthetic England of 543,375 records the
# calibration error was 0.018 with 150,000 and 0.033 with 60,000, while false links were foretold better with 60,000.
MOST_RECORDS = 150_000
MOST_OF_PERSON = 30  # a number that more records share is nobody's


def find_hidden_persons(con: Connection, *, seed: int) -> int:
    """Make `hidden_persons`; returns how many persons are known by an identifier and are in the sample."""
    run_steps(con, (held_step(),))
    edges = con.execute(
        """select h.record_id, min(h.record_id) over (partition by h.scheme, h.value) as first
           from trusted_identifiers h qualify first <> h.record_id order by 1, 2"""
    ).fetchnumpy()
    label = label_components(count(con, RECORDS), np.asarray(edges["record_id"]), np.asarray(edges["first"]))
    con.register("labelled", pa.table({"record_id": np.arange(len(label), dtype=np.int64), "person": label}))
    run_steps(con, (persons_step(count(con, RECORDS), seed=seed),))
    con.unregister("labelled")
    return int(str(rows(con, f"select count(distinct person) from {HIDDEN} where sample")[0][0]))


def held_step() -> Step:
    """`trusted_identifiers` (record_id, scheme, value, is_valid): hashes of each record's trusted identifiers.

    The UPNs of one child, former ones among them, are one value.
    """
    listed = ", ".join(literal(scheme) for scheme in TRUSTED)
    return scratch_step(
        "trusted_identifiers",
        f"""
        select i.record_id, hash(i.scheme, coalesce(i.scope, '')) as scheme,
          hash(coalesce(g.group_upn, i.value)) as value, bool_or(i.status = 'valid') as is_valid
        from {IDENTIFIERS} i
        left join {UPN_GROUPS} g on i.scheme = 'upn' and g.value = i.value
        where i.scheme in ({listed}) and i.value is not null
          and (i.status = 'valid' or i.status in ('temporary', 'former') and g.value is not null)
        group by all""",
    )


def persons_step(records: int, *, seed: int) -> Step:
    """`hidden_persons`, from `trusted_identifiers` and the components of records."""
    one_in = -(-records // MOST_RECORDS)
    return table_step(
        HIDDEN,
        f"""
        with known as (
          select record_id, list_sort(list(distinct scheme) filter (is_valid)) as schemes
          from trusted_identifiers group by record_id),
        placed as (
          select l.record_id, l.person,
            case when f.sector is null then hash(f.record_id) else hash(f.sector) end as place
          from labelled l join {RECORDS} f on f.record_id = l.person),
        sizes as (select person, count(*) as n from labelled group by person)
        select p.record_id, case when k.record_id is not null and s.n <= {MOST_OF_PERSON} then p.person end as person,
          k.schemes, (hash(p.person, {seed}) % 2)::integer as half, hash(p.place, {seed}) % {one_in} = 0 as sample
        from placed p
        join sizes s on s.person = p.person
        left join known k on k.record_id = p.record_id
        order by p.record_id""",
    )


def label_sql(left: str, right: str) -> str:
    """SQL: what the hidden identifiers of two rows of `hidden_persons` say: one person, two, or NULL.

    Two only where both hold a valid identifier of one scheme and scope.
    """
    return f"""case when {left}.person = {right}.person then true
          when {left}.person <> {right}.person and list_has_any({left}.schemes, {right}.schemes) then false end"""
