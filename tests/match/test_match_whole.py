"""What holds for every run, whatever the data: on small random towns full of accidents."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from test_match_rules_reference import accident
from tiny_run import Row, Run, child_model, decide_again, job, load, run_all, town

from linkage.sql import connect

ORDER = ["left", "right", "third"]


def accidents(seed: int, size: int) -> list[Row]:
    """Records of three sources that share few values, beside some children without an error."""
    draw = random.Random(seed)
    return [accident(draw, draw.choice(ORDER), f"{number:02}") for number in range(size)] + town(20, seed=seed)


def outcome(run: Run) -> tuple[object, ...]:
    """All that a run says."""
    return run.decided, run.conflicts, run.persons


runs = given(
    seed=st.integers(0, 10**9),
    unique=st.sets(st.sampled_from(ORDER)),
    within=st.sets(st.sampled_from(ORDER)),
    has_model=st.booleans(),
)


@settings(max_examples=8, deadline=None)
@runs
def test_every_run_keeps_its_promises(seed: int, unique: set[str], within: set[str], has_model: bool) -> None:
    listed = accidents(seed, 24)
    with connect(memory="1GB") as con:
        run = load(con, listed, sources=ORDER, unique=sorted(unique), within=sorted(within))
        run_all(run, spec=child_model() if has_model else None, accept=0.8)
        check_pairs(run, within)
        check_persons(run, unique, {f"{row['source']}:{row['key']}" for row in listed})


def check_pairs(run: Run, within: set[str]) -> None:
    """A pair appears once, left before right, in one source only where that is wanted; confidence is a probability."""
    for table in ("links_deterministic", "candidates", "scored_pairs", "decided_pairs", "links"):
        if table == "scored_pairs" and not run.blocks:
            continue
        pairs = [pair[:2] for pair in run.pairs(table)]
        assert len(set(pairs)) == len(pairs), table
        for left, right in pairs:
            sources = [name.split(":")[0] for name in (left, right)]
            assert run.names.index(left) < run.names.index(right), table
            assert ORDER.index(sources[0]) < ORDER.index(sources[1]) or sources[0] in within, table
    for link in run.decided.values():
        assert 0 < link.confidence < 1
        assert link.decision in ("link", "review")
        assert link.basis in ("calibrated", "modelled", "assumed")
        assert link.decision == "review" or set(link.flags) <= {"weak_bridge"}


def check_persons(run: Run, unique: set[str], records: set[str]) -> None:
    """Every record is in exactly one person; a source that holds children once has one record in each."""
    assert sum(len(person) for person in run.persons) == len(records)
    assert set().union(*run.persons) == records
    for left, right in run.linked:
        assert run.together(left, right)
    for person in run.persons:
        sources = [name.split(":")[0] for name in person]
        assert all(sources.count(source) <= 1 for source in unique)


@settings(max_examples=4, deadline=None)
@runs
def test_the_order_of_rows_changes_nothing(seed: int, unique: set[str], within: set[str], has_model: bool) -> None:
    found = []
    for shuffle in (None, seed + 1):
        with connect(memory="1GB") as con:
            run = load(
                con, accidents(seed, 24), sources=ORDER, unique=sorted(unique), within=sorted(within), shuffle=shuffle
            )
            found.append(outcome(run_all(run, spec=child_model() if has_model else None, accept=0.8)))
    assert found[0] == found[1]


def test_the_order_of_rows_changes_nothing_where_the_model_is_trained() -> None:
    found = []
    for order in (None, 1):
        with connect(memory="1GB") as con:
            listed = town(520) + accidents(3, 60)
            run = run_all(
                load(con, deduplicated(listed), sources=ORDER, shuffle=order), spec=child_model(), trains=True
            )
            found.append((run.labels, run.doubts, outcome(run)))
    assert found[0][0] >= 500
    assert found[0] == found[1]


def deduplicated(listed: list[Row]) -> list[Row]:
    return list({(row["source"], row["key"]): row for row in listed}.values())


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**9), accepts=st.lists(st.floats(0.5, 0.99), min_size=2, max_size=4))
def test_a_higher_threshold_accepts_a_part_of_what_a_lower_one_does(seed: int, accepts: list[float]) -> None:
    with connect(memory="1GB") as con:
        run = run_all(load(con, accidents(seed, 24), sources=ORDER), spec=child_model())
        linked = []
        for accept in sorted(accepts):
            decide_again(run, job(run, spec=child_model(), accept=accept))
            linked.append({(left, right) for left, right, decision in run.pairs("decided_pairs", "decision")
                           if decision == "link"})  # fmt: skip
    assert all(more >= fewer for more, fewer in pairwise(linked))


def test_threads_change_nothing() -> None:
    found = []
    for threads in (1, 2):
        with connect(memory="1GB", threads=threads) as con:
            run = run_all(
                load(con, deduplicated(town(520) + accidents(5, 60)), sources=ORDER), spec=child_model(), trains=True
            )
            found.append(outcome(run))
    assert found[0] == found[1]
