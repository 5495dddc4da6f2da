"""Masked-identifier validation: of pairs known by their identifiers, how many the rest of the evidence finds.

Read from what `linkage.validation` left: pairs of held-out records that are one child (`masked_known`), how far each
came, and pairs that the reruns joined (`masked_joined`). Beside every number stands the caveat: children who have
identifiers on both sides are not the children who need to be found without. So recall is also standardised to the
records that have none (`linkage.diagnostics.residue_recall`); the share of those that no masked pair can speak for is
told.

Funnel, each a part of the one before: `m_masked` pairs; `comparable` (the fields that both hold could reach the
threshold, were they all to agree); `blocked` (and looked at by a rule or as a candidate); `scored_in` (accepted);
`recovered` (one person in the end). A pair that was joined by way of a third record counts as if it had come all the
way. All of a held-out person's records lost their identifiers, so that recall here is that of a child of whom no record
has any.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from linkage.diagnostics.residue_recall import Group, ResidueRecall, placed, recall_of_residue
from linkage.diagnostics.served_worst import keep_served_worst
from linkage.diagnostics.subgroups import ALL, checked_subgroups, subgroup_column_sql
from linkage.schema import UNKNOWN
from linkage.sql import Connection, Step, has_table, ident, literal, rows, run_steps, scratch_step
from linkage.stats import RATE_DECIMALS, holm, risk_ratio, wilson
from linkage.tables import RECORDS, SOURCES
from linkage.validation.persons import HIDDEN
from linkage.validation.rerun import JOINED, KNOWN

Written = TypeVar("Written", bound=Mapping[str, object])  # a row of the table, as it was written
FEWEST = 10  # pairs below which a row has counts and no rates
FEW = 200  # pairs below which the interval says more than the rate
OF_PAIRS = ("source_pair", "year_gap", "mobility")  # variables that are a pair's and no child's
COLUMNS = (
    "subgroup_var", "subgroup", "m_masked", "comparable", "blocked", "scored_in", "recovered", "recall", "lo", "hi",
    "method", "reference", "mmr_ratio_vs_ref", "ratio_lo", "ratio_hi", "p_adj", "masked_false", "precision",
    "precision_lo", "precision_hi", "residue_found", "recall_std_to_residue", "std_lo", "std_hi",
    "unsupported_share", "bound_lo", "bound_hi", "recall_shrunk", "rank_lo", "rank_hi", "chance_worst",
    "may_be_worst", "status", "pool_mode", "seed",
)  # fmt: skip


@dataclass(frozen=True)
class Funnel:
    """Counts of one subgroup; `true` and `false` are pairs joined whose hidden identifiers agree, or differ."""

    m: int = 0
    comparable: int = 0
    blocked: int = 0
    scored_in: int = 0
    recovered: int = 0
    true: int = 0
    false: int = 0


def of_one_pool(listed: Sequence[Written]) -> list[Written]:
    """The rows of `masked_validation.csv` that are told: of the residual pool where it was run, else the full one."""
    first = max((str(row["pool_mode"]) for row in listed), default="")
    return [row for row in listed if row["pool_mode"] == first]


def masked_validation(
    con: Connection, subgroups: Sequence[str], *, years: Mapping[int, int], accept: float, seed: int, folder: Path
) -> int:
    """Write `masked_validation.csv`, empty but for its heading where nothing was validated; returns its rows.

    Makes `diagnostics__served_worst`, for the report. `years` of sources, by number, where they are known;
    `accept` is the run's.
    """
    names = checked_subgroups(con, subgroups)
    validated = (
        f"where exists (select 1 from {HIDDEN} h where h.record_id = r.record_id and (h.sample or h.schemes is null))"
        if has_table(con, HIDDEN)
        else "where false"
    )
    run_steps(con, (groups_step(names, validated), _pairs_step(years)))
    variables = (ALL, *names, *OF_PAIRS)
    funnels = _funnels(con, variables)
    residue = recall_of_residue(con, names, accept=accept) if funnels else {}
    written = {group for group, funnel in funnels.items() if funnel.m >= FEWEST}
    residue = placed({group: one for group, one in residue.items() if group in written}, seed=seed)
    keep_served_worst(con, residue)
    listed = [_row(group, funnel, residue.get(group), seed) for group, funnel in funnels.items()]
    _compare(listed, funnels)
    with (folder / "masked_validation.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)
    return len(listed)


def groups_step(names: Sequence[str], validated: str) -> Step:
    """`masked_groups`: subgroups of the records that validation saw, and of those without an identifier."""
    listed = "".join(f", {subgroup_column_sql(name)} as {ident('v_' + name)}" for name in names)
    return scratch_step(
        "masked_groups",
        f"""
        select r.record_id, r.source_no, r.postcodes{listed}
        from {RECORDS} r {validated}""",
    )


def _pairs_step(years: Mapping[int, int]) -> Step:
    """`masked_rows`: known and joined pairs with their groups.

    A pair's subgroup is its left record's, or the right one's where the left does not know.
    """
    year = "case {0}.source_no " + " ".join(f"when {n} then {y}" for n, y in years.items()) + " end"
    gap = f"abs({year.format('l')} - {year.format('r')})::varchar" if years else "null"
    return scratch_step(
        "masked_rows",
        f"""
        with pairs as (
          select pool_mode, record_id_l, record_id_r, true as is_known, comparable, blocked, scored_in, recovered,
            null::boolean as same from {KNOWN}
          union all
          select pool_mode, record_id_l, record_id_r, false, false, false, false, false, same from {JOINED}
          where same is not null)
        select p.*, columns(l.* exclude (record_id, source_no, postcodes)) as 'l_\\0',
          columns(r.* exclude (record_id, source_no, postcodes)) as 'r_\\0',
          sl.source || ' and ' || sr.source as source_pair, coalesce({gap}, {literal(UNKNOWN)}) as year_gap,
          case when l.postcodes is null or r.postcodes is null then {literal(UNKNOWN)}
            when list_has_any(l.postcodes, r.postcodes) then 'same home' else 'moved' end as mobility
        from pairs p
        join masked_groups l on l.record_id = p.record_id_l
        join masked_groups r on r.record_id = p.record_id_r
        join {SOURCES} sl on sl.source_no = l.source_no join {SOURCES} sr on sr.source_no = r.source_no""",
    )


def _group_sql(variable: str) -> str:
    if variable == ALL:
        return literal(ALL)
    if variable in OF_PAIRS:
        return ident(variable)
    left, right = ident("l_v_" + variable), ident("r_v_" + variable)
    return f"case when {left} = {literal(UNKNOWN)} then {right} else {left} end"


def _funnels(con: Connection, variables: Sequence[str]) -> dict[Group, Funnel]:
    """Counts by pool mode, variable (in the order given) and subgroup; every variable adds up to the total."""
    found: dict[Group, Funnel] = {}
    for variable in variables:
        for mode, subgroup, *counts in rows(
            con,
            f"""
            select pool_mode, {_group_sql(variable)} as subgroup, count(*) filter (is_known),
              count(*) filter (comparable), count(*) filter (blocked), count(*) filter (scored_in),
              count(*) filter (recovered), count(*) filter (same), count(*) filter (not same)
            from masked_rows group by all order by all""",
        ):
            found[str(mode), variable, str(subgroup)] = Funnel(*(int(str(n)) for n in counts))
    for mode in dict.fromkeys(mode for mode, _, _ in found):
        whole = found[mode, ALL, ALL]
        for variable in variables:
            own = [funnel for group, funnel in found.items() if group[:2] == (mode, variable)]
            assert sum(funnel.m for funnel in own) == whole.m, "subgroups of masked pairs do not add up"
            assert sum(funnel.recovered for funnel in own) == whole.recovered, "subgroups do not add up"
    return found


def _row(group: Group, funnel: Funnel, residue: ResidueRecall | None, seed: int) -> dict[str, object]:
    mode, variable, subgroup = group
    counts = {"m_masked": funnel.m, "comparable": funnel.comparable, "blocked": funnel.blocked,
              "scored_in": funnel.scored_in, "recovered": funnel.recovered, "masked_false": funnel.false}  # fmt: skip
    row: dict[str, object] = {"subgroup_var": variable, "subgroup": subgroup, **counts, "pool_mode": mode, "seed": seed}
    row["status"] = "not enough evidence" if funnel.m < FEWEST else "wide interval" if funnel.m < FEW else "told"
    if funnel.m < FEWEST:
        return row
    recall, precision = wilson(funnel.recovered, funnel.m), wilson(funnel.true, funnel.true + funnel.false)
    if recall:
        row |= _rounded(recall=recall.estimate, lo=recall.lo, hi=recall.hi) | {"method": "wilson"}
    if precision:
        row |= _rounded(precision=precision.estimate, precision_lo=precision.lo, precision_hi=precision.hi)
    return row | (residue.columns if residue else {})


def _compare(listed: Sequence[dict[str, object]], funnels: Mapping[Group, Funnel]) -> None:
    """Missed-match rates against the largest known subgroup of the variable, Holm over the variable's comparisons."""
    for mode, variable in dict.fromkeys(group[:2] for group in funnels):
        own = {group[2]: funnel for group, funnel in funnels.items() if group[:2] == (mode, variable)}
        told = {name: funnel for name, funnel in own.items() if funnel.m >= FEWEST}
        known = [name for name in told if name != UNKNOWN]
        if variable == ALL or len(told) < 2 or not known:
            continue
        reference = max(known, key=lambda name: (told[name].m, name))
        base = told[reference]
        ratios = {
            name: risk_ratio(funnel.m - funnel.recovered, funnel.m, base.m - base.recovered, base.m)
            for name, funnel in told.items()
            if name != reference
        }
        adjusted = dict(zip(ratios, holm([ratio.p if ratio else None for ratio in ratios.values()]), strict=True))
        for row in listed:
            if (row["pool_mode"], row["subgroup_var"]) != (mode, variable) or row["subgroup"] not in told:
                continue
            row["reference"] = reference
            ratio = ratios.get(str(row["subgroup"]))
            if ratio is not None:
                row |= _rounded(mmr_ratio_vs_ref=ratio.estimate, ratio_lo=ratio.lo, ratio_hi=ratio.hi,
                                p_adj=adjusted[str(row["subgroup"])])  # fmt: skip


def _rounded(**values: float | None) -> dict[str, object]:
    return {name: "" if value is None else round(value, RATE_DECIMALS) for name, value in values.items()}
