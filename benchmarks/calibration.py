"""Calibration: what the engine claims of its pairs against the truth, over several synthetic Englands.

Each England is linked twice: as its returns are, where identifiers leave the model only a residual, and as tables
without any UPN, where the model decides most of what is hard. The residual of returns is small: where chance makes most
of the error found in it, so a few Englands ten times the size are linked too.

Confidence is held against the truth among the pairs that the model decided (`stage` probabilistic, links and pairs for
review): expected calibration error over ten bins of equal mass, beside what chance alone would make of it if every
confidence were right. The false pairs that a run expects, with its own interval (`expected_errors.csv`, all pairs of
persons after closure), are held against those among the same pairs; beside it, the Poisson interval of the sum of
1 - confidence over links, which takes pairs as independent and their confidences as known.
"""

from __future__ import annotations

import csv
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
from linkage.diagnostics.subgroups import ALL
from linkage.diagnostics.truth import load_truth
from linkage.sql import connect, literal, run_steps
from linkage.stats import wilson

CHILDREN, MANY_CHILDREN = 20_000, 200_000
ONE_IN = 10  # so many seeds, one of the larger Englands
DRAWS = 200  # of outcomes under the confidences claimed
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
    ece_by_chance: float
    pairs: int
    expected_false: float
    expected_low: int
    expected_high: int
    false: int
    links: int
    independent_false: float
    independent_low: int
    independent_high: int
    false_links: int
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

    @property
    def within_independent(self) -> bool:
        """Whether the false links are within the interval of independent pairs."""
        return self.independent_low <= self.false_links <= self.independent_high


@dataclass(frozen=True)
class Way:
    """How an England is made, of how many children, and how many of them for so many seeds."""

    make: Callable[[Path, int, int], Path]
    children: int = CHILDREN
    one_in: int = 1


def run(data: Path, limits: Limits, *, seeds: int) -> dict[str, Any]:
    """Make, link and judge so many Englands, in both ways, one after the other; the bins are of all of them."""
    ways = {name: _run_way(data / "scratch", limits, max(1, seeds // way.one_in), way) for name, way in WAYS.items()}
    return {"ways": ways}


def _run_way(scratch: Path, limits: Limits, seeds: int, way: Way) -> dict[str, Any]:
    found, confidence, same = [], [], []
    for number in range(1, seeds + 1):
        shutil.rmtree(scratch, ignore_errors=True)
        folder = way.make(scratch, way.children, number)
        command = engine_command(folder / "linkage.toml", scratch / "run", limits)
        measure(command, most_seconds=limits.most_seconds, environment=engine_environment())
        seed, of_model = _judge(number, scratch / "run", folder / "truth")
        shutil.rmtree(scratch)
        found.append(seed)
        confidence.append(of_model[0])
        same.append(of_model[1])
        print(_line(seed), flush=True)
    bins = reliability(np.concatenate(confidence), np.concatenate(same))
    return {"children": way.children, "seeds": [asdict(seed) for seed in found], "bins": bins}


def _returns(scratch: Path, children: int, seed: int) -> Path:
    linkage_synth.generate(scratch / "world", children=children, seed=seed)
    return scratch / "world"


def _without_upns(scratch: Path, children: int, seed: int) -> Path:
    return england(scratch, children, seed=seed)[100]


WAYS = {
    "all returns": Way(_returns),
    "tables without UPNs": Way(_without_upns),
    "all returns of ten times as many": Way(_returns, MANY_CHILDREN, ONE_IN),
}


def _judge(number: int, run_folder: Path, truth: Path) -> tuple[Seed, tuple[Floats, Bools]]:
    confidence, same, is_link, by_model, false = _pairs(run_folder, truth)
    doubt = 1 - confidence[is_link]
    independent_low, independent_high = poisson.interval(0.95, doubt.sum())
    told = _expected(run_folder)
    evaluation = evaluate(run_folder, truth)
    merges = {score.measure: score for score in evaluation.persons}
    precision, recall = evaluation.overall.precision, evaluation.overall.recall
    of_model = confidence[by_model], same[by_model]
    seed = Seed(
        seed=number,
        model_pairs=int(by_model.sum()),
        ece=expected_calibration_error(*of_model),
        ece_by_chance=error_by_chance(of_model[0]),
        pairs=int(told["n_links"]),
        expected_false=round(float(told["exp_false"]), 2),
        expected_low=int(told["false_lo"]),
        expected_high=int(told["false_hi"]),
        false=false,
        links=len(doubt),
        independent_false=round(float(doubt.sum()), 2),
        independent_low=int(independent_low),
        independent_high=int(independent_high),
        false_links=int((~same[is_link]).sum()),
        precision=precision.estimate if precision else 0.0,
        recall=recall.estimate if recall else 0.0,
        twin_merges=merges["twin_merges"].x,
        of_twins=merges["twin_merges"].n,
        sibling_merges=merges["sibling_merges"].x,
        of_siblings=merges["sibling_merges"].n,
    )
    return seed, of_model


def _expected(run_folder: Path) -> dict[str, str]:
    """What the run says of all its joined pairs."""
    with (run_folder / "diagnostics" / "expected_errors.csv").open(encoding="utf-8-sig", newline="") as file:
        return next(row for row in csv.DictReader(file) if row["source_l"] == ALL and row["subgroup_var"] == ALL)


def _pairs(run_folder: Path, truth: Path) -> tuple[Floats, Bools, Bools, Bools, int]:
    """Of every pair in `links.parquet` with a known truth: confidence, whether one child, a link, by the model.

    And how many of the pairs that persons join, of two sources or of one whose own records are linked, are false.
    """
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
        (false,), *_ = con.execute("""
            select count(*) from judged l
            join judged r on r.person = l.person and (r.source_no, r.key) > (l.source_no, l.key)
            join run_sources s on s.source_no = l.source_no
            where (l.source_no <> r.source_no or s.is_within) and l.true_person <> r.true_person""").fetchall()
    finally:
        con.close()
    confidence, same, is_link, by_model = zip(*columns, strict=True) if columns else ((), (), (), ())
    return (np.array(confidence, dtype=float), np.array(same, dtype=bool), np.array(is_link, dtype=bool),
            np.array(by_model, dtype=bool), int(false))  # fmt: skip


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


def error_by_chance(confidence: Floats) -> float:
    """The error to be expected of pairs whose confidences are right: the mean over drawn outcomes."""
    random = np.random.default_rng(1)
    return float(np.mean([expected_calibration_error(confidence, random.random(len(confidence)) < confidence)
                          for _ in range(DRAWS)]))  # fmt: skip


def _line(seed: Seed) -> str:
    return (f"seed {seed.seed:2}: {seed.model_pairs:,} pairs by the model, ECE {seed.ece:.4f} (by chance "
            f"{seed.ece_by_chance:.4f}); {seed.pairs:,} pairs joined, false {seed.false} of "
            f"{seed.expected_false:.1f} expected "
            f"({seed.expected_low}–{seed.expected_high}{'' if seed.within else ', OUTSIDE'}); "
            f"twins merged {seed.twin_merges} of {seed.of_twins}, "
            f"siblings {seed.sibling_merges} of {seed.of_siblings}")  # fmt: skip


def as_markdown(result: dict[str, Any]) -> str:
    """For each way a line for each target, then the reliability table and the seeds."""
    return "\n\n".join(_way_as_markdown(way, told["children"], told) for way, told in result["ways"].items())


def _way_as_markdown(way: str, children: int, result: dict[str, Any]) -> str:
    seeds = [Seed(**each) for each in result["seeds"]]
    eces, inside = [seed.ece for seed in seeds], sum(seed.within for seed in seeds)
    pooled = sum(abs(b["confidence"] - b["true"]) * b["pairs"] for b in result["bins"])
    pooled /= sum(b["pairs"] for b in result["bins"]) or 1
    independent, by_chance = sum(s.within_independent for s in seeds), float(np.mean([s.ece_by_chance for s in seeds]))
    lines = [
        f"{len(seeds)} Englands of {children:,} children, {way}, at defaults.\n",
        "| | found | target | met |",
        "|---|---:|---:|---|",
        f"| expected calibration error, mean of the seeds (largest; pooled) | {np.mean(eces):.4f} ({max(eces):.4f}; "
        f"{pooled:.4f}) | {ECE_TARGET} | {_met(float(np.mean(eces)) <= ECE_TARGET)} |",
        f"| the same by chance alone, were every confidence right: mean of the seeds | {by_chance:.4f} | | |",
        f"| seeds whose false pairs are within the interval the run gives | {inside} of {len(seeds)} "
        f"| {SHARE_WITHIN:.0%} | {_met(inside >= SHARE_WITHIN * len(seeds))} |",
        "| seeds whose false links are within the Poisson interval of independent links "
        f"| {independent} of {len(seeds)} | | |",
        *(_merged(seeds, measure) for measure in TARGETS),
        "",
        "| confidence by the model, ten bins | pairs | mean confidence | one child |",
        "|---:|---:|---:|---:|",
        *(f"| {n} | {b['pairs']:,} | {b['confidence']:.4f} | {b['true']:.4f} |"
          for n, b in enumerate(result["bins"], start=1)),
        "",
        "| seed | by the model | ECE (by chance) | joined pairs | false expected (95%) | false | of links alone, "
        "independent | false links | precision | recall |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(f"| {s.seed} | {s.model_pairs:,} | {s.ece:.4f} ({s.ece_by_chance:.4f}) | {s.pairs:,} "
          f"| {s.expected_false:.1f} ({s.expected_low}–{s.expected_high}) | {s.false} "
          f"| {s.independent_false:.1f} ({s.independent_low}–{s.independent_high}) | {s.false_links} "
          f"| {s.precision:.5f} | {s.recall:.5f} |" for s in seeds),
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
