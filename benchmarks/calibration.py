"""Calibration: what the engine claims of its pairs against the truth, over several synthetic Englands.

Each England is linked twice: as its returns are, where identifiers leave the model only a residual, and as tables
without any UPN, where the model decides most of what is hard.

Confidence is held against the truth among the pairs that the model decided (`stage` probabilistic, links and pairs for
review): expected calibration error over ten bins of equal mass. The false links that a run expects (the sum of
1 - confidence over its links) are held against those it has, within the 95% interval of a Poisson count (each doubt is
small). Both take pairs as independent, which pairs of one person are not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import linkage_synth
import numpy as np
from contestants import Limits, engine_command, engine_environment
from england_tables import england
from measuring import measure
from numpy.typing import NDArray
from scipy.stats import poisson

from linkage.diagnostics.evaluation import evaluate, run_views, sources_step
from linkage.diagnostics.finished import read_manifest
from linkage.diagnostics.truth import load_truth
from linkage.sql import connect, literal, run_steps
from linkage.stats import wilson

CHILDREN = 20_000
BINS = 10
ECE_TARGET = 0.02
SHARE_WITHIN = 0.9  # of the seeds
TARGETS = {"twin_merges": 0.01, "sibling_merges": 0.0005}
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Seed:
    """One England: pairs the model decided and their calibration error, false links expected and met, and merges."""

    seed: int
    model_pairs: int
    ece: float
    links: int
    expected_false: float
    expected_low: int
    expected_high: int
    false: int
    precision: float
    recall: float
    twin_merges: int
    of_twins: int
    sibling_merges: int
    of_siblings: int

    @property
    def within(self) -> bool:
        """Whether the false links met are within the interval of those expected."""
        return self.expected_low <= self.false <= self.expected_high


def run(data: Path, limits: Limits, *, seeds: int) -> dict[str, Any]:
    """Make, link and judge so many Englands, in both ways, one after the other; the bins are of all of them."""
    ways = {way: _run_way(data / "scratch", limits, seeds, make) for way, make in WAYS.items()}
    return {"children": CHILDREN, "ways": ways}


def _run_way(scratch: Path, limits: Limits, seeds: int, make: Callable[[Path, int], Path]) -> dict[str, Any]:
    found, confidence, same = [], [], []
    for number in range(1, seeds + 1):
        shutil.rmtree(scratch, ignore_errors=True)
        folder = make(scratch, number)
        command = engine_command(folder / "linkage.toml", scratch / "run", limits)
        measure(command, most_seconds=limits.most_seconds, environment=engine_environment())
        seed, of_model = _judge(number, scratch / "run", folder / "truth")
        shutil.rmtree(scratch)
        found.append(seed)
        confidence.append(of_model[0])
        same.append(of_model[1])
        print(_line(seed), flush=True)
    bins = reliability(np.concatenate(confidence), np.concatenate(same))
    return {"seeds": [asdict(seed) for seed in found], "bins": bins}


def _returns(scratch: Path, seed: int) -> Path:
    linkage_synth.generate(scratch / "world", children=CHILDREN, seed=seed)
    return scratch / "world"


def _without_upns(scratch: Path, seed: int) -> Path:
    return england(scratch, CHILDREN, seed=seed)[100]


WAYS = {"all returns": _returns, "tables without UPNs": _without_upns}


def _judge(number: int, run_folder: Path, truth: Path) -> tuple[Seed, tuple[Floats, Bools]]:
    confidence, same, is_link, by_model = _pairs(run_folder, truth)
    doubt = 1 - confidence[is_link]
    low, high = poisson.interval(0.95, doubt.sum())
    evaluation = evaluate(run_folder, truth)
    merges = {score.measure: score for score in evaluation.persons}
    precision, recall = evaluation.overall.precision, evaluation.overall.recall
    of_model = confidence[by_model], same[by_model]
    seed = Seed(
        seed=number,
        model_pairs=int(by_model.sum()),
        ece=expected_calibration_error(*of_model),
        links=len(doubt),
        expected_false=round(float(doubt.sum()), 2),
        expected_low=int(low),
        expected_high=int(high),
        false=int((~same[is_link]).sum()),
        precision=precision.estimate if precision else 0.0,
        recall=recall.estimate if recall else 0.0,
        twin_merges=merges["twin_merges"].x,
        of_twins=merges["twin_merges"].n,
        sibling_merges=merges["sibling_merges"].x,
        of_siblings=merges["sibling_merges"].n,
    )
    return seed, of_model


def _pairs(run_folder: Path, truth: Path) -> tuple[Floats, Bools, Bools, Bools]:
    """Of every pair in `links.parquet` with a known truth: confidence, whether one child, a link, by the model."""
    con = connect()
    try:
        run_steps(con, run_views(run_folder))
        run_steps(con, (sources_step(con, read_manifest(run_folder).get("configuration", {})),))
        load_truth(con, truth)
        side = "join (select s.source, j.key, j.true_person from judged j join run_sources s using (source_no)) {0} " \
               "on {0}.source = k.source_{0} and {0}.key = k.key_{0}"  # fmt: skip
        columns = con.execute(f"""
            select k.confidence, l.true_person = r.true_person, k.decision = 'link', k.stage = 'probabilistic'
            from read_parquet({literal(str(run_folder / "links.parquet"))}) k {side.format("l")} {side.format("r")}
            order by all""").fetchall()
    finally:
        con.close()
    confidence, same, is_link, by_model = zip(*columns, strict=True) if columns else ((), (), (), ())
    return (np.array(confidence, dtype=float), np.array(same, dtype=bool), np.array(is_link, dtype=bool),
            np.array(by_model, dtype=bool))  # fmt: skip


def reliability(confidence: Floats, same: Bools) -> list[dict[str, float]]:
    """Ten bins of equal mass by confidence: pairs, mean confidence, share that are one child."""
    order = np.argsort(confidence, kind="stable")
    bins = (part for part in np.array_split(order, BINS) if len(part))
    return [{"pairs": len(part), "confidence": float(confidence[part].mean()), "true": float(same[part].mean())}
            for part in bins]  # fmt: skip


def expected_calibration_error(confidence: Floats, same: Bools) -> float:
    """Mean distance of mean confidence and share of true pairs over the bins, by their pairs; 0 without pairs."""
    bins = reliability(confidence, same)
    return sum(each["pairs"] * abs(each["confidence"] - each["true"]) for each in bins) / max(len(confidence), 1)


def _line(seed: Seed) -> str:
    return (f"seed {seed.seed:2}: {seed.model_pairs:,} pairs by the model, ECE {seed.ece:.4f}; {seed.links:,} links, "
            f"false {seed.false} of {seed.expected_false:.1f} expected "
            f"({seed.expected_low}–{seed.expected_high}{'' if seed.within else ', OUTSIDE'}); "
            f"twins merged {seed.twin_merges} of {seed.of_twins}, "
            f"siblings {seed.sibling_merges} of {seed.of_siblings}")  # fmt: skip


def as_markdown(result: dict[str, Any]) -> str:
    """For each way a line for each target, then the reliability table and the seeds."""
    return "\n\n".join(_way_as_markdown(way, result["children"], told) for way, told in result["ways"].items())


def _way_as_markdown(way: str, children: int, result: dict[str, Any]) -> str:
    seeds = [Seed(**each) for each in result["seeds"]]
    eces, inside = [seed.ece for seed in seeds], sum(seed.within for seed in seeds)
    pooled = sum(abs(b["confidence"] - b["true"]) * b["pairs"] for b in result["bins"])
    pooled /= sum(b["pairs"] for b in result["bins"]) or 1
    lines = [
        f"{len(seeds)} Englands of {children:,} children, {way}, at defaults.\n",
        "| | found | target | met |",
        "|---|---:|---:|---|",
        f"| expected calibration error, mean of the seeds (largest; pooled) | {np.mean(eces):.4f} ({max(eces):.4f}; "
        f"{pooled:.4f}) | {ECE_TARGET} | {_met(float(np.mean(eces)) <= ECE_TARGET)} |",
        f"| seeds whose false links are within the interval expected | {inside} of {len(seeds)} | {SHARE_WITHIN:.0%} "
        f"| {_met(inside >= SHARE_WITHIN * len(seeds))} |",
        *(_merged(seeds, measure) for measure in TARGETS),
        "",
        "| confidence by the model, ten bins | pairs | mean confidence | one child |",
        "|---:|---:|---:|---:|",
        *(f"| {n} | {b['pairs']:,} | {b['confidence']:.4f} | {b['true']:.4f} |"
          for n, b in enumerate(result["bins"], start=1)),
        "",
        "| seed | by the model | ECE | links | false expected (95%) | false | precision | recall |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(f"| {s.seed} | {s.model_pairs:,} | {s.ece:.4f} | {s.links:,} "
          f"| {s.expected_false:.1f} ({s.expected_low}–{s.expected_high}) | {s.false} | {s.precision:.5f} "
          f"| {s.recall:.5f} |" for s in seeds),
    ]  # fmt: skip
    return "\n".join(lines)


def _merged(seeds: Sequence[Seed], measure: str) -> str:
    kind = measure.removesuffix("_merges")
    x, n = (sum(getattr(seed, name) for seed in seeds) for name in (measure, f"of_{kind}s"))
    rate = wilson(x, n)
    told = f"{rate.estimate:.4%} ({rate.lo:.4%}–{rate.hi:.4%}), {x:,} of {n:,}" if rate else "none"
    met = _met(rate is None or rate.estimate <= TARGETS[measure])
    return f"| {kind}-merge rate (95%) | {told} | {TARGETS[measure]:.2%} | {met} |"


def _met(is_met: bool) -> str:
    return "yes" if is_met else "**no**"
