"""Evidence of pairs that a rule already found: the model's levels and weights, as one query.

Splink scores what has to be found; nine pairs in ten were found by a rule, and for those only the ledger is wanted.
One query over the same conditions and parameters gives it in a third of the time. Both ways must agree to the last
digit kept: a test scores the same pairs by both.
"""

from __future__ import annotations

from linkage.match.frequencies import frequency_table, rarest_share_sql
from linkage.match.parameters import WEIGHT_DECIMALS, Parameters
from linkage.match.probabilistic import MODEL_INPUT, model_input_step
from linkage.packs import Comparison, ModelSpec
from linkage.sql import Connection, ident, run_steps, table_step


def weigh_pairs(con: Connection, spec: ModelSpec, parameters: Parameters, *, pairs: str, into: str) -> None:
    """Weigh the table `pairs` (record_id_l, record_id_r) into `into`, with the columns that `score_pairs` gives."""
    run_steps(con, (model_input_step(spec), table_step(into, evidence_sql(spec, parameters, pairs))))


def evidence_sql(spec: ModelSpec, parameters: Parameters, pairs: str) -> str:
    """record_id_l, record_id_r, per comparison its level and bits, and their sum, of a table of pairs."""
    sides = ", ".join(f"{s}.{ident(c)} as {ident(f'{c}_{s}')}" for s in ("l", "r") for c in compared_columns(spec))
    return weighed_sql(
        spec, parameters, ("record_id_l", "record_id_r"),
        f"""
          select p.record_id_l, p.record_id_r, {sides}
          from {ident(pairs)} p
          join {MODEL_INPUT} l on l.unique_id = p.record_id_l
          join {MODEL_INPUT} r on r.unique_id = p.record_id_r""",
    )  # fmt: skip


def compared_columns(spec: ModelSpec) -> tuple[str, ...]:
    """The columns that the comparisons of a model look at, each once."""
    return tuple(dict.fromkeys(column for comparison in spec.comparison for column in comparison.columns))


def weighed_sql(spec: ModelSpec, parameters: Parameters, keys: tuple[str, ...], sides: str) -> str:
    """The keys, per comparison its level and bits, and their sum, over a select of both sides' columns."""
    key = ", ".join(keys)
    levels = ",\n            ".join(f"{_level_sql(c)} as {ident('level_' + c.name)}" for c in spec.comparison)
    terms = [level.tf for comparison in spec.comparison for level in comparison.levels if level.tf]
    joins = "".join(
        f"\n          left join {frequency_table(term)} tf_{number}"
        f" on tf_{number}.{ident(term)} = p.{ident(term + '_l')}"
        for number, term in enumerate(terms)
    )
    shares = "".join(
        f", tf_{number}.{ident('tf_' + term)} as {ident('share_' + term)}" for number, term in enumerate(terms)
    )
    bits = {c.name: f"round({_bits_sql(c, parameters)}, {WEIGHT_DECIMALS})" for c in spec.comparison}
    ledger = ",\n          ".join(
        f"{ident('level_' + name)}, {sql} as {ident('bits_' + name)}" for name, sql in bits.items()
    )
    return f"""
        with sides as ({sides}),
        levels as (
          select {key},
            {levels}{shares}
          from sides p{joins}),
        floor as (select {rarest_share_sql()} as rarest)
        select {key},
          {ledger},
          round({" + ".join(bits.values())}, {WEIGHT_DECIMALS}) as evidence_bits
        from levels, floor"""


def _level_sql(comparison: Comparison) -> str:
    """The number of the first level that holds; -1 where a side does not know."""
    tests = " ".join(f"when {level.when} then {n}" for n, level in enumerate(comparison.levels) if level.when)
    return f"(case when {comparison.null} then -1 {tests} else {len(comparison.levels) - 1} end)::tinyint"


def _bits_sql(comparison: Comparison, parameters: Parameters) -> str:
    """The weight of the level; where a term frequency moves it, m against the share of the value both hold."""
    values = {level.level_no: level for level in parameters if level.comparison == comparison.name}
    cases = []
    for number, level in enumerate(comparison.levels):
        weight = f"{values[number].bits!r}::double"
        if level.tf:
            share = ident("share_" + level.tf)
            if not level.tf_unlike:
                share = f"greatest({share}, rarest)"
            weight += f" + log2({values[number].u!r}::double) - log2({share})"
        cases.append(f"when {number} then {weight}")
    return f"(case {ident('level_' + comparison.name)} {' '.join(cases)} else 0.0::double end)"
