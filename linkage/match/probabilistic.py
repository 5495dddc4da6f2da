"""The Fellegi-Sunter model run by Splink; the only module that imports it.

What Splink gets wrong silently is handled here: one `DuckDBAPI` per call (they cache), narrow tables with one row per
id, frequencies registered from whole tables (`match.frequencies`), pairs handed over and not made by it (no blocking
rule means a cartesian product), parameters explicit and rounded (`match.parameters`), no log handlers, its tables
dropped afterwards, its exceptions translated without their SQL text.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from linkage.errors import LinkageError, RefusedError
from linkage.match.frequencies import exact_u, frequency_columns, frequency_table, rarest_share
from linkage.match.parameters import WEIGHT_DECIMALS, Parameters, starting_parameters
from linkage.match.pool import POOL
from linkage.packs import Comparison, ModelSpec
from linkage.sql import Connection, Step, count, ident, rows, run_steps, scratch_step, table_step

MODEL_INPUT = "model_input"

logging.getLogger("splink").addHandler(logging.NullHandler())
logging.getLogger("splink").propagate = False


def model_input_step(spec: ModelSpec) -> Step:
    """`model_input`: unique_id (the record_id) and the columns the model compares; a view, nothing is copied."""
    wanted = dict.fromkeys(column for comparison in spec.comparison for column in comparison.columns)
    listed = ", ".join(ident(column) for column in wanted)
    return Step(
        MODEL_INPUT, f"create or replace view {MODEL_INPUT} as select record_id as unique_id, {listed} from {POOL}"
    )


def estimate_u(con: Connection, spec: ModelSpec, *, seed: int, max_pairs: float = 1e6) -> dict[tuple[str, int], float]:
    """u of every level that random pairs of all records showed; keys are (comparison, level_no)."""
    with _splink(con, spec, starting_parameters(spec)) as linker:
        linker.training.estimate_u_using_random_sampling(max_pairs=max_pairs, seed=seed, num_chunks=1)
        found = _trained(linker, "u_probability")
    return found | exact_u(con, spec)


def estimate_m_from_links(con: Connection, spec: ModelSpec, labels: str) -> dict[tuple[str, int], float]:
    """m of every level among the pairs of the table `labels` (record_id_l, record_id_r)."""
    with _splink(con, spec, starting_parameters(spec)) as linker:
        run_steps(con, (_labels_step(labels),))
        linker.training.estimate_m_from_pairwise_labels(linker._db_api.register("splink_labels"))
        return _trained(linker, "m_probability")


def score_pairs(con: Connection, spec: ModelSpec, parameters: Parameters, *, pairs: str, into: str) -> None:
    """Score the table `pairs` (record_id_l, record_id_r) into the table `into`.

    `into` has record_id_l, record_id_r, and per comparison `level_NAME` (level_no; -1 no evidence) and
    `bits_NAME` (evidence in bits, term frequency included), and `evidence_bits`, their sum: no prior in it.
    """
    if count(con, pairs) == 0:
        run_steps(con, (_no_scores_step(spec, into),))
        return
    with _splink(con, spec, parameters, given=("m", "u"), keep_levels=True) as linker:
        run_steps(con, (_blocked_pairs_step(pairs),))
        linker.table_management.register_blocked_pairs_for_predict(linker._db_api.register("splink_pairs"))
        for column in frequency_columns(spec):
            lookup = linker._db_api.register(frequency_table(column))
            linker.table_management.register_term_frequency_lookup(lookup, column)
        scored = linker.inference.predict(warning_mode="never")
        run_steps(con, (_scores_step(spec, scored.physical_name, into),))
        run_steps(con, (Step("splink_pairs", "drop table splink_pairs"),))


def _scores_step(spec: ModelSpec, predictions: str, into: str) -> Step:
    adjusted = {comparison.name for comparison in spec.comparison if any(level.tf for level in comparison.levels)}
    bits = {
        comparison.name: f"round(p.{ident('mw_' + comparison.name)}"
        + (f" + p.{ident('mw_tf_adj_' + comparison.name)}" if comparison.name in adjusted else "")
        + f", {WEIGHT_DECIMALS})"
        for comparison in spec.comparison
    }
    top = {comparison.name: len(comparison.levels) - 1 for comparison in spec.comparison}
    listed = ",\n          ".join(
        f"(case when p.{ident('gamma_' + name)} = -1 then -1 else {top[name]} - p.{ident('gamma_' + name)} end)"
        f"::tinyint as {ident('level_' + name)}, {bits[name]} as {ident('bits_' + name)}"
        for name in bits
    )
    return table_step(
        into,
        f"""
        select p.unique_id_l as record_id_l, p.unique_id_r as record_id_r,
          {listed},
          round({" + ".join(bits.values())}, {WEIGHT_DECIMALS}) as evidence_bits
        from {ident(predictions)} p""",
    )


def _no_scores_step(spec: ModelSpec, into: str) -> Step:
    listed = ", ".join(
        f"0::tinyint as {ident('level_' + c.name)}, 0.0::double as {ident('bits_' + c.name)}" for c in spec.comparison
    )
    return table_step(
        into,
        f"select 0::bigint as record_id_l, 0::bigint as record_id_r, {listed}, 0.0::double as evidence_bits limit 0",
    )


def _labels_step(labels: str) -> Step:
    return scratch_step(
        "splink_labels",
        f"""
        select '{MODEL_INPUT}' as source_dataset_l, record_id_l as unique_id_l,
          '{MODEL_INPUT}' as source_dataset_r, record_id_r as unique_id_r
        from {ident(labels)}""",
    )


def _blocked_pairs_step(pairs: str) -> Step:
    return scratch_step(
        "splink_pairs",
        f"select '0' as match_key, record_id_l as join_key_l, record_id_r as join_key_r from {ident(pairs)}",
    )


@contextmanager
def _splink(
    con: Connection,
    spec: ModelSpec,
    parameters: Parameters,
    *,
    prior: float = 0.5,
    given: tuple[str, ...] = (),
    keep_levels: bool = False,
) -> Iterator[Any]:
    """A linker over `model_input`; its exceptions become ours, and its tables are gone afterwards.

    `given` says which of "m" and "u" the linker is told; the others it has to learn.
    """
    run_steps(con, (model_input_step(spec),))
    records = count(con, MODEL_INPUT)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(item, parameters, records, given) for item in spec.comparison],
        blocking_rules_to_generate_predictions=[block_on("unique_id")],
        probability_two_random_records_match=prior,
        unique_id_column_name="unique_id",
        retain_matching_columns=keep_levels,
        retain_intermediate_calculation_columns=True,
    )
    api = DuckDBAPI(con)
    try:
        # Its validation of settings would only log: `broken_model.refuse_broken_model` has refused what it would say.
        data = api.register(MODEL_INPUT, dataset_display_name=MODEL_INPUT)
        yield Linker(data, settings, log_level=None, validate_settings=False)
    except LinkageError:
        raise
    except Exception as error:
        if "OutOfMemory" in type(error).__name__ or "Out of Memory" in str(error)[:4000]:
            raise RefusedError(
                "The memory limit is too small for the probabilistic stage.",
                remedy="give `--memory` a larger value, then use --resume",
            ) from error
        raise LinkageError(
            f"Splink could not run the model {spec.model.id!r} ({type(error).__name__}).",
            where=f"models/{spec.model.id}",
            expected="conditions that DuckDB understands, over columns of `records`",
            remedy="check the model's conditions; if it is the bundled one, report this",
        ) from error
    finally:
        _drop_splink_tables(con)


def _drop_splink_tables(con: Connection) -> None:
    found = rows(
        con,
        r"""
        select table_name, table_type from information_schema.tables
        where table_name like '\_\_splink\_\_%' escape '\' order by table_name""",
    )
    for name, kind in found:
        con.execute(f"drop {'view' if kind == 'VIEW' else 'table'} if exists {ident(str(name))}")


def _comparison(comparison: Comparison, parameters: Parameters, records: int, given: tuple[str, ...]) -> Any:
    values = {level.level_no: level for level in parameters if level.comparison == comparison.name}
    levels: list[Any] = [cll.CustomLevel(comparison.null, "not known").configure(is_null_level=True)]
    for number, level in enumerate(comparison.levels):
        made = cll.CustomLevel(level.when, level.label) if level.when else cll.ElseLevel()
        options: dict[str, Any] = {}
        if "m" in given:
            options["m_probability"] = values[number].m
        if "u" in given:
            options |= {"u_probability": values[number].u, "fix_u_probability": True}
        if level.tf:
            options |= {
                "tf_adjustment_column": level.tf,
                "tf_minimum_u_value": 0.0 if level.tf_unlike else rarest_share(records),
                # A level with frequencies is agreement in that column: its own u is what they adjust. Splink would
                # look for such a level by bringing every condition into normal form, half a second each time.
                "disable_tf_exact_match_detection": True,
            }
        levels.append(made.configure(**options))
    return cl.CustomComparison(comparison_levels=levels, output_column_name=comparison.name)


def _trained(linker: Any, what: str) -> dict[tuple[str, int], float]:
    """The values Splink estimated, by comparison and level number; a level it never saw is not among them."""
    model = linker.misc.save_model_to_json(None)
    return {
        (comparison["output_column_name"], number): float(level[what])
        for comparison in model["comparisons"]
        for number, level in enumerate(item for item in comparison["comparison_levels"] if "is_null_level" not in item)
        if what in level
    }
