"""The run's persons as a partition: the same figures as `stats.cluster_scores`, by hand, and intervals that move."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.diagnostics.evaluation import evaluate
from linkage.diagnostics.pair_scores import count_pairs
from linkage.diagnostics.partition_scores import BOOTSTRAP, ENDS, MEANINGS, PartitionScore, partition_scores
from linkage.sql import connect
from linkage.stats import WILSON, bootstrap_ratio, bootstrap_ratios, cluster_scores
from tests.diagnostics.small_run import Rec, key_truth, write_outputs


def scored(records: list[tuple[int, str, str]]) -> list[PartitionScore]:
    """Scores of (source_no, person, true_person); a true person's subgroup is its first letter."""
    con = connect(threads=1)
    try:
        con.execute("create table run_sources (source_no int, source varchar, is_within boolean)")
        con.executemany("insert into run_sources values (?, ?, true)", [(n, f"s{n}") for n in range(3)])
        con.execute("create table judged (source_no int, key varchar, person varchar, true_person varchar)")
        con.execute("create table true_persons (true_person varchar, s0 varchar)")
        con.executemany("insert into true_persons values (?, ?)",
                        [(name, name[0]) for name in sorted({true for *_, true in records})])  # fmt: skip
        con.executemany("insert into judged values (?, ?, ?, ?)",
                        [(source, f"{at:02}", *who) for at, (source, *who) in enumerate(records)])  # fmt: skip
        count_pairs(con)
        return list(partition_scores(con, ("letter",)))
    finally:
        con.close()


def found_in(scores: list[PartitionScore], group: str = "all", sources: tuple[str, str] = ("all", "all")):
    return {s.measure: s for s in scores if s.subgroup == group and (s.source_l, s.source_r) == sources}


# ana has three records, two of them in p1; ben two, in p2 with ana's third.
RECORDS = [(0, "p1", "ana"), (1, "p1", "ana"), (2, "p2", "ana"), (0, "p2", "ben"), (1, "p2", "ben")]


def test_a_worked_example() -> None:
    found = {name: score.estimate for name, score in found_in(scored(RECORDS)).items()}
    assert found["pairwise_precision"] == pytest.approx(2 / 4)  # p1's pair and ben's; ana's third with ben's two not
    assert found["pairwise_recall"] == pytest.approx(2 / 4)
    assert found["closest_precision"] == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert (found["over_merged"], found["over_split"]) == (0.5, 0.5)
    assert found["cluster_precision"] == found["cluster_recall"] == 0


def test_of_two_sources_only_their_records_count_and_of_a_group_only_its_share() -> None:
    scores = scored(RECORDS)
    alone = found_in(scores, sources=("s0", "s1"))
    assert (alone["over_merged"].estimate, alone["over_split"].estimate, alone["bcubed_recall"].estimate) == (0, 0, 1)
    third = found_in(scores, sources=("s1", "s2"))  # ana in two persons, one of them with ben
    assert (third["over_merged"].estimate, third["over_split"].estimate) == (1, 1)
    ana, ben = found_in(scores, "a"), found_in(scores, "b")
    # Of p2's three records one is ana's: she has 1 1/3 of the two persons, and 1/3 of the one that mixes.
    assert (ana["over_merged"].estimate, ana["over_merged"].n) == (0.25, pytest.approx(4 / 3, abs=1e-3))
    assert (ben["over_merged"].estimate, ben["over_split"].estimate) == (1, 0)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from("pqrs"), st.sampled_from("abcd")), min_size=1, max_size=12)
)
def test_without_groups_the_scores_are_those_of_two_partitions(records: list[tuple[int, str, str]]) -> None:
    scores = scored(records)
    for sources in [("all", "all"), *itertools.combinations(("s0", "s1", "s2"), 2)]:
        held = [r for r in records if sources[0] == "all" or f"s{r[0]}" in sources]
        expected = cluster_scores(
            {n: true for n, (*_, true) in enumerate(held)}, {n: made for n, (_, made, _) in enumerate(held)}
        )
        found = {name: score.estimate for name, score in found_in(scores, sources=sources).items()}
        if expected is None:
            assert found == {}
            continue
        several = {made: sum(r[1] == made for r in held) > 1 for _, made, _ in held}
        told = {
            "bcubed_precision": expected.bcubed_precision, "bcubed_recall": expected.bcubed_recall,
            "bcubed_f1": expected.bcubed_f1,
            "closest_precision": expected.closest_precision, "closest_recall": expected.closest_recall,
            "over_merge_bits": expected.over_merge_bits, "over_split_bits": expected.over_split_bits,
            "variation_of_information_bits": expected.variation_of_information_bits,
            "cluster_precision": expected.cluster_precision and expected.cluster_precision.estimate,
            "cluster_recall": expected.cluster_recall and expected.cluster_recall.estimate,
        }  # fmt: skip
        if any(several.values()):
            told["over_merged"] = expected.over_merged / sum(several.values())
        if sources == ("all", "all"):  # pairs of one source count there, as all sources are linked within
            pairs = expected.pairwise
            told |= {"pairwise_f1": pairs.f1} if pairs.f1 is not None else {}
        assert {name: found[name] for name in told} == pytest.approx(told, abs=2e-6)


def test_intervals_hold_the_estimate_know_nothing_of_order_and_never_claim_certainty() -> None:
    many = [(n % 3, f"p{n // 3}" if n % 7 else f"q{n}", f"{'ab'[n % 2]}{n // 3}") for n in range(90)]
    scores = scored(many)
    assert scores == scored(many[::-1])
    whole = found_in(scores)
    assert set(whole) == set(MEANINGS)
    for score in whole.values():
        assert score.lo <= score.estimate
        assert score.hi is None or score.estimate <= score.hi
    right = found_in(scored([(n % 2, f"p{n // 2}", f"a{n // 2}") for n in range(20)]))
    assert right["over_merged"].method == right["bcubed_recall"].method == WILSON
    assert (right["over_merged"].lo, right["over_merged"].hi) == (0, pytest.approx(0.2775, abs=1e-4))  # 0 of 10
    assert right["variation_of_information_bits"].hi is None
    assert whole["bcubed_recall"].method == BOOTSTRAP
    precision, recall, both = (whole[f"bcubed_{name}"] for name in ("precision", "recall", "f1"))
    assert (both.lo, both.method) == (
        pytest.approx(2 * precision.lo * recall.lo / (precision.lo + recall.lo), abs=1e-6),
        ENDS,
    )


def test_ratios_drawn_together_are_each_what_it_is_alone() -> None:
    tops, bottoms = [[0, 1], [1, 1], [3, 0]], [[1, 2], [1, 1], [4, 0]]
    both = bootstrap_ratios(tops, bottoms, [5, 10, 2], seed=3)
    alone = bootstrap_ratio([0] * 5 + [1] * 10 + [3] * 2, [1] * 15 + [4] * 2, seed=3)
    assert both[0] == alone
    assert both[1] is not None
    assert both[1].estimate == 15 / 20
    assert bootstrap_ratios([[1.0]], [[0.0]], [3]) == [None]
    assert bootstrap_ratios([[1.0]], [[1.0]], [0]) == [None]


def test_an_evaluation_has_them_by_subgroup_and_by_pair_of_sources(tmp_path: Path) -> None:
    records = [Rec("a", "1", "p", "x", {"sex": "F"}), Rec("b", "1", "p", "x", {"sex": "F"}),
               Rec("a", "2", "q", "y", {"sex": "M"}), Rec("b", "2", "r", "y", {"sex": "M"})]  # fmt: skip
    write_outputs(tmp_path, records, sources=("a", "b"))
    result = evaluate(tmp_path, key_truth(tmp_path / "truth.csv", records))
    split = {(s.subgroup_var, s.subgroup, s.source_l): s.estimate
             for s in result.partitions if s.measure == "over_split"}  # fmt: skip
    assert split == {
        ("all", "all", "all"): 0.5,
        ("sex", "F", "all"): 0,
        ("sex", "M", "all"): 1,
        ("all", "all", "a"): 0.5,
    }
    told = result.as_dict()["partitions"][0]
    assert (told["measure"], told["estimate"], told["replicates"]) == ("pairwise_precision", 1.0, 1000)
