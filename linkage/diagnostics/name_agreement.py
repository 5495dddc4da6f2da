"""How names agree among pairs that an identifier linked, by culture: m of every level, and what names would have found.

Ethnicity and first language stand in for the culture a name comes from. Identifiers found these pairs whatever their
names, so that the share at a level is m for the group, and the share that the model would have linked without the
identifier is its recall there, rivals and blocking left out of account. A group whose names the comparisons do not
understand shows here and nowhere else: its children are missed, and what is missed is in no other table.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostics.match_rate import write_csv
from linkage.diagnostics.subgroups import ALL, ethnicity_sql
from linkage.match.doubts import doubted_sql
from linkage.match.parameters import read_parameters
from linkage.match.priors import BOTH_OPEN, PRIORS
from linkage.packs import Comparison, ModelSpec, Rule
from linkage.schema import UNKNOWN
from linkage.sql import Connection, Step, ident, literal, rows, run_steps, table_step
from linkage.stats import RATE_DECIMALS, WILSON, wilson_sql
from linkage.tables import LINKS_DETERMINISTIC, RECORDS, SCORED

NAME_AGREEMENT = "diagnostics__name_agreement"
LABELLED = "diagnostics__labelled_names"
NAMES = ("forename", "surname")
FOUND = "found"  # the measure that is no comparison: what the evidence would have linked
WOULD_BE_LINKED = "would be linked without the identifier"
FEWEST_PAIRS = 50  # below it no share of a group is given: one pair would move it by two points
TOO_FEW = "not enough evidence"
COLUMNS = (
    "subgroup_var", "subgroup", "measure", "level", "pairs", "of", "share", "lo", "hi", "method", "note",
)  # fmt: skip
ORDER = "var_no, subgroup_no, subgroup, measure_no, level_no"


def name_agreement(con: Connection, rules: Sequence[Rule], spec: ModelSpec | None, *, accept: float) -> None:
    """Make `diagnostics__name_agreement`, one row per subgroup, measure and level; empty without a model of names.

    Read are the links of identifier rules and their levels in `scored_pairs`; found are those whose evidence, with the
    household doubt, reaches `accept` under the prior of their sources. `measure` is `forename` or `surname`,
    with every level of the model, or `found`, with one; `pairs` are at the level, of the pairs `of` whose both
    records have the name. `share` is 0 to 1 with its Wilson interval, NULL and `note` `not enough evidence` where
    `of` is under 50. A pair is of the group of its earlier source, or of the other where that is not known. Intervals
    of many groups lie side by side: one in twenty misses, whatever the names.
    """
    compared = [item for item in spec.comparison if item.name in NAMES] if spec else []
    doubted = doubted_sql(con, spec, read_parameters(con), SCORED) if spec else ""
    run_steps(con, (labelled_step(rules, compared, doubted, accept=accept), agreement_step(compared)))
    _check_totals(con)


def labelled_step(rules: Sequence[Rule], compared: Sequence[Comparison], doubted: str, *, accept: float) -> Step:
    """`diagnostics__labelled_names`: pairs of identifier rules in which a name is known on both sides.

    ethnicity, language, level_forename, level_surname (-1: no evidence), is_found. `doubted` is a query of pairs with
    their household doubt.
    """
    trusted = ", ".join(literal(rule.id) for rule in rules if rule.identifiers) or "''"
    if not compared:
        levels = ", ".join(f"null::tinyint as {ident('level_' + name)}" for name in NAMES)
        return table_step(LABELLED, f"select '' as ethnicity, '' as language, {levels}, false as is_found limit 0")
    held = {item.name for item in compared}
    levels = ", ".join(
        f"s.{ident('level_' + name)}" if name in held else f"-1::tinyint as {ident('level_' + name)}" for name in NAMES
    )
    known = " or ".join(f"s.{ident('level_' + name)} >= 0" for name in sorted(held))
    groups = ", ".join(
        f"case when l.{name} = {literal(UNKNOWN)} then r.{name} else l.{name} end as {name}"
        for name in ("ethnicity", "language")
    )
    return table_step(
        LABELLED,
        f"""
        with placed as (
          select r.record_id, r.source_no, {ethnicity_sql()} as ethnicity,
            coalesce(r.language, {literal(UNKNOWN)}) as language
          from {RECORDS} r)
        select {groups}, {levels},
          coalesce(s.evidence_bits + coalesce(h.household_bits, 0) + p.without_upns_bits
            >= log2({accept!r} / (1 - {accept!r})), false) as is_found
        from {LINKS_DETERMINISTIC} d
        join {SCORED} s on s.record_id_l = d.record_id_l and s.record_id_r = d.record_id_r
        join placed l on l.record_id = d.record_id_l
        join placed r on r.record_id = d.record_id_r
        left join ({doubted}) h on h.record_id_l = d.record_id_l and h.record_id_r = d.record_id_r
        left join {PRIORS} p on p.source_no_l = l.source_no and p.source_no_r = r.source_no
          and p.open_sides = {BOTH_OPEN}
        where d.rule in ({trusted}) and ({known})""",
    )


def agreement_step(compared: Sequence[Comparison]) -> Step:
    """`diagnostics__name_agreement` from `diagnostics__labelled_names`."""
    lo, hi = wilson_sql("pairs", "whole")
    enough = f"whole >= {FEWEST_PAIRS}"
    return table_step(
        NAME_AGREEMENT,
        f"""
        with listed(measure_no, measure, level_no, level) as ({_levels_sql(compared)}),
        grouped as (
          select 0 as var_no, {literal(ALL)} as subgroup_var, {literal(ALL)} as subgroup, * from {LABELLED}
          union all select 1, 'ethnicity', ethnicity, * from {LABELLED}
          union all select 2, 'language', language, * from {LABELLED}),
        measured as (
          select var_no, subgroup_var, subgroup, 0 as measure_no, level_forename as level_no from grouped
          union all select var_no, subgroup_var, subgroup, 1, level_surname from grouped
          union all select var_no, subgroup_var, subgroup, 2, case when is_found then 0 else 1 end from grouped),
        wholes as (
          select var_no, subgroup_var, subgroup, measure_no, count(*) as whole
          from measured where level_no >= 0 group by all),
        at_level as (
          select var_no, subgroup, measure_no, level_no, count(*) as pairs from measured group by all),
        counted as (
          select w.*, l.measure, l.level_no, l.level, coalesce(a.pairs, 0) as pairs
          from wholes w
          join listed l using (measure_no)
          left join at_level a using (var_no, subgroup, measure_no, level_no))
        select var_no, (subgroup = {literal(UNKNOWN)})::integer as subgroup_no, measure_no, level_no,
          subgroup_var, subgroup, measure, level, pairs, whole as "of",
          case when {enough} then round(pairs / whole, {RATE_DECIMALS}) end as share,
          case when {enough} then {lo} end as lo, case when {enough} then {hi} end as hi,
          case when {enough} then {literal(WILSON)} end as method,
          case when not {enough} then {literal(TOO_FEW)} end as note
        from counted
        order by {ORDER}""",
    )


def _levels_sql(compared: Sequence[Comparison]) -> str:
    named = {item.name: [level.label for level in item.levels] for item in compared}
    measures = [(NAMES.index(name), name, labels) for name, labels in named.items()]
    measures += [(len(NAMES), FOUND, [WOULD_BE_LINKED])]
    return " union all ".join(
        f"select {number}, {literal(measure)}, {level_no}, {literal(label)}"
        for number, measure, labels in measures
        for level_no, label in enumerate(labels)
    )


def _check_totals(con: Connection) -> None:
    """The levels of a name add up to its pairs, and the groups of a variable to all pairs."""
    broken = rows(
        con,
        f"""
        select subgroup from {NAME_AGREEMENT} where measure <> {literal(FOUND)}
        group by var_no, subgroup, measure having sum(pairs) <> any_value("of")
        union all
        select subgroup_var from (
          select subgroup_var, measure, level, sum(pairs) as pairs from {NAME_AGREEMENT} group by all) s
        join (select measure, level, pairs from {NAME_AGREEMENT} where subgroup_var = {literal(ALL)}) t
          using (measure, level)
        where s.pairs <> t.pairs""",
    )
    assert not broken, "the levels of names do not add up to their pairs"


def write_name_agreement(con: Connection, folder: Path) -> int:
    """Write `name_agreement.csv` into the folder of diagnostics; returns its rows."""
    return write_csv(con, NAME_AGREEMENT, COLUMNS, ORDER, folder / "name_agreement.csv")
