"""From raw text to clean records: the only stage that knows how values are written.

Reads the tables that sources handed over (`linkage.tables`); writes `sources`, `records`, `source_rows`,
`identifiers`, `upn_groups`, `addresses`, `events`, `relation_keys` and `fold_conflicts`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from linkage.prepare.alternatives import alternative_steps
from linkage.prepare.by_return import count_by_return
from linkage.prepare.codes import code_steps
from linkage.prepare.date_findings import date_findings
from linkage.prepare.dates import date_steps
from linkage.prepare.folding import fold
from linkage.prepare.identifier_rows import identifier_findings, identifier_steps
from linkage.prepare.inputs import drop_working_tables, read_inputs
from linkage.prepare.name_codes import add_name_codes
from linkage.prepare.names import name_steps
from linkage.prepare.places import home_steps, place_steps
from linkage.prepare.postcodes import postcode_steps
from linkage.prepare.records import record_steps, source_steps
from linkage.prepare.relation_keys import relation_key_steps
from linkage.prepare.splits import fold_findings
from linkage.prepare.upn_groups import add_upn_groups
from linkage.project import SourceSpec
from linkage.sql import Connection, run_steps
from linkage.tables import Extract, Finding

__all__ = ["prepare_records"]


def prepare_records(
    con: Connection,
    specs: Sequence[SourceSpec],
    extracts: Sequence[Extract],
    *,
    unique: Collection[str],
    within: Collection[str],
    by_return: bool = False,
) -> tuple[Finding, ...]:
    """Cleans, folds and numbers the rows of all sources, in the order given, and returns what was found on the way.

    `specs` and `extracts` stand in the same order; `unique` and `within` are names of sources; `by_return` asks
    for `fields_by_return` too (`prepare.by_return`). The same rows give the same tables, whatever their order and the
    number of threads.
    """
    inputs = read_inputs(con, specs, extracts)

    run_steps(con, source_steps(inputs, unique=unique, within=within))
    run_steps(con, name_steps(inputs))
    add_name_codes(con)
    run_steps(con, alternative_steps(inputs))
    run_steps(con, date_steps(inputs))
    run_steps(con, postcode_steps(inputs))
    run_steps(con, code_steps(inputs))
    run_steps(con, home_steps(inputs))
    fold(con, inputs)
    run_steps(con, record_steps(inputs))
    run_steps(con, identifier_steps(inputs))
    upn_findings = add_upn_groups(con)
    run_steps(con, place_steps(inputs))
    run_steps(con, relation_key_steps(inputs))

    if by_return:
        count_by_return(con, inputs)
    findings = (
        *date_findings(con, inputs),
        *fold_findings(con, inputs),
        *identifier_findings(con, inputs),
        *upn_findings,
    )
    drop_working_tables(con)
    return findings
