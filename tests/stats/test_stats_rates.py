"""Rates and intervals: worked values, and two other implementations."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from linkage.stats import (
    PairCounts,
    pairs_between,
    pairs_within,
    precision_recall_f1,
    wilson,
    wilson_sql,
    z_of,
)

COUNTS = st.integers(1, 3_000_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_wilson_of_a_worked_example() -> None:
    # p = 0.8, z² = 3.841459: centre (0.8 + 3.841459/20) / 1.3841459 = 0.716740, half 0.226578
    found = wilson(8, 10)
    assert found is not None
    assert (found.x, found.n, found.estimate) == (8, 10, 0.8)
    assert found.lo == pytest.approx(0.490162, abs=1e-6)
    assert found.hi == pytest.approx(0.943318, abs=1e-6)


def test_wilson_has_exact_ends_and_nothing_for_nothing() -> None:
    none, every = wilson(0, 7), wilson(7, 7)
    assert none is not None
    assert every is not None
    assert none.lo == 0.0
    assert 0 < none.hi < 1
    assert every.hi == 1.0
    assert 0 < every.lo < 1
    assert wilson(0, 0) is None


def test_wilson_refuses_what_cannot_be() -> None:
    with pytest.raises(AssertionError):
        wilson(3, 2)


@given(COUNTS, st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_agrees_with_statsmodels(counts: tuple[int, int], level: float) -> None:
    x, n = counts
    found = wilson(x, n, level)
    lo, hi = proportion_confint(x, n, alpha=1 - level, method="wilson")
    assert found is not None
    assert found.lo == pytest.approx(lo, abs=1e-9)
    assert found.hi == pytest.approx(hi, abs=1e-9)
    assert 0 <= found.lo <= found.estimate <= found.hi <= 1


def test_wilson_in_sql_agrees_with_wilson() -> None:
    pairs = [(x, n) for n in (1, 2, 7, 100, 12_345, 2_000_000) for x in {0, 1, n // 3, n - 1, n}]
    with duckdb.connect() as con:
        con.execute("create table counts (x bigint, n bigint)")
        con.executemany("insert into counts values (?, ?)", pairs)
        lo, hi = wilson_sql("x", "n")
        for x, n, low, high in con.execute(f"select x, n, {lo}, {hi} from counts").fetchall():
            expected = wilson(x, n)
            assert expected is not None
            assert (low, high) == (pytest.approx(expected.lo, abs=1e-6), pytest.approx(expected.hi, abs=1e-6))
        lo, hi = wilson_sql("0", "0")
        assert con.execute(f"select {lo}, {hi}").fetchall() == [(None, None)]


def test_z_is_the_known_quantile() -> None:
    assert z_of(0.95) == pytest.approx(1.959964, abs=1e-6)


def test_precision_recall_and_f1_of_a_worked_example() -> None:
    precision, recall, f1 = precision_recall_f1(tp=90, fp=10, fn=30)
    assert precision is not None
    assert recall is not None
    assert (precision.estimate, recall.estimate) == (0.9, 0.75)
    assert f1 == pytest.approx(2 * 0.9 * 0.75 / (0.9 + 0.75))


def test_without_pairs_there_is_no_rate() -> None:
    assert precision_recall_f1(0, 0, 0) == (None, None, None)
    nothing_found = PairCounts(tp=0, fp=0, fn=5)
    assert nothing_found.precision is None
    assert nothing_found.f1 == 0


def test_pairs_of_a_group() -> None:
    assert [pairs_within(n) for n in range(5)] == [0, 0, 1, 3, 6]
    assert pairs_between({"census": 2, "cin": 3, "cla": 1}) == 2 * 3 + 2 * 1 + 3 * 1


def test_stats_imports_no_heavy_library() -> None:
    heavy = "{'numpy', 'pandas', 'scipy', 'statsmodels', 'sklearn', 'duckdb'}"
    code = f"import sys, linkage.stats; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
