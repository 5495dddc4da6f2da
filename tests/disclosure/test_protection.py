"""Tables whose small counts could be had back, and are not: by hand, and against a naive intruder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from tables_at_hand import Groups, link_rates

from linkage.disclosure import MATCH_RATE_TABLE, Nesting, Profile, audit, profile_of, protect, refuse_leaks
from linkage.disclosure.cells import Name, cells_of
from linkage.disclosure.descriptions import Row
from linkage.disclosure.shaping import PublicRow, public_rows
from linkage.disclosure.suppression import hidden_cells, sensitive_cells
from linkage.errors import RefusedError

CCO, SRS, CIN = profile_of("cco10"), profile_of("srs10"), profile_of("dfe_cin")
LINKED = ("linked", "cin", "census", "l")
RECORDS = ("records", "cin")


def protected(groups: Groups, profile: Profile = SRS) -> dict[str, PublicRow]:
    """Public rows by subgroup."""
    found = protect([(MATCH_RATE_TABLE, link_rates(groups))], profile)
    return {row["subgroup"]: row for row in found.tables["match_rate"]}


def naively_hidden(rows: Sequence[Row], names: set[Name], profile: Profile = SRS) -> list[str]:
    """What leaks if only these cells are hidden."""
    table = [(MATCH_RATE_TABLE, rows)]
    public = {"match_rate": public_rows(MATCH_RATE_TABLE, rows, names, profile)}
    return [leak.what for leak in audit(table, public, profile)]


def test_one_hidden_cell_beside_a_total_is_found_and_a_second_is_hidden() -> None:
    groups = {"sen": {"E": (5, 40), "K": (60, 100), "N": (800, 1_000)}}
    assert naively_hidden(link_rates(groups), {(*LINKED, "sen", "E")}) == ["linked by sen"]
    found = protected(groups)
    assert [found[group]["linked"] for group in ("all", "E", "K", "N")] == ["865", "c", "c", "800"]
    assert found["E"]["records"] == "40"
    assert found["E"]["linked_status"] == found["K"]["linked_status"] == "confidential"  # not which of them is small


def test_two_hidden_cells_that_are_small_together_take_a_third() -> None:
    groups = {"sen": {"E": (3, 40), "K": (4, 100), "N": (50, 90), "unknown": (800, 1_000)}}
    both = {(*LINKED, "sen", "E"), (*LINKED, "sen", "K")}
    assert naively_hidden(link_rates(groups), both) == ["linked by sen"] * 2
    assert [protected(groups)[group]["linked"] for group in ("E", "K", "N", "unknown")] == ["c", "c", "c", "800"]


def test_a_small_complement_hides_the_count_and_the_rate() -> None:
    # 99% of 300 tells that 3 are not linked
    groups = {"sex": {"F": (297, 300), "M": (200, 300), "unknown": (30, 60)}}
    found = protected(groups)
    assert (found["F"]["linked"], found["F"]["rate"], found["F"]["hi"], found["F"]["records"]) == ("c", "c", "c", "300")
    names = {(*LINKED, "sex", "M"), (*LINKED, "sex", "unknown")}
    assert "unlinked by sex" in naively_hidden(link_rates(groups), names)


def test_all_or_none_of_a_group_is_not_told_but_by_profiles_that_say_so() -> None:
    groups = {"sex": {"F": (300, 300), "M": (0, 300), "unknown": (30, 60), "other": (50, 90)}}
    strict, loose = protected(groups), protected(groups, CIN)
    assert [strict[group]["linked"] for group in "FM"] == ["c", "c"]
    assert [(loose[group]["linked"], loose[group]["rate"]) for group in "FM"] == [("300", "1.00"), ("0", "0.00")]


def test_a_margin_that_two_tables_share_is_hidden_in_both() -> None:
    groups = {"sex": {"F": (4, 7), "M": (200, 300), "unknown": (30, 60)}}
    others = {"sex": {"F": (3, 7), "M": (100, 300), "unknown": (20, 60)}}
    rows = [*link_rates(groups), *link_rates(others, source_r="npd")]
    public = protect([(MATCH_RATE_TABLE, rows)], SRS).tables["match_rate"]
    shown = {(row["source_r"], row["subgroup"]): row["records"] for row in public if row["subgroup_var"] == "sex"}
    assert shown == {(other, group): {"F": "c", "unknown": "c", "M": "300"}[group]
                     for other in ("census", "npd") for group in ("F", "M", "unknown")}  # fmt: skip
    public[0 if public[0]["subgroup"] == "F" else 5]["records"] = "7"
    assert audit([(MATCH_RATE_TABLE, rows)], {"match_rate": public}, SRS)


def test_a_school_is_not_found_in_its_authority() -> None:
    groups = {"authority": {"301": (90, 150), "302": (800, 900)},
              "school": {"a": (5, 50), "b": (85, 100), "c": (400, 450), "d": (400, 450)}}  # fmt: skip
    nestings = (Nesting("authority", "301", "school", ("a", "b")), Nesting("authority", "302", "school", ("c", "d")))
    table = [(MATCH_RATE_TABLE, link_rates(groups))]
    blind = protect(table, SRS)  # hides a and b: enough for the total, and for authority 301
    assert audit(table, blind.tables, SRS, nestings) == []
    only_c = {(*LINKED, "school", "a"), (*LINKED, "school", "c")}
    public = {"match_rate": public_rows(MATCH_RATE_TABLE, table[0][1], only_c, SRS)}
    assert audit(table, public, SRS) == []
    assert [leak.what for leak in audit(table, public, SRS, nestings)] == ["linked by school"] * 2
    assert audit(table, protect(table, SRS, nestings=nestings).tables, SRS, nestings) == []


def test_whatever_wrote_a_broken_table_the_audit_refuses_it() -> None:
    groups = {"sen": {"E": (5, 40), "K": (60, 100), "N": (800, 1_000)}}
    table = [(MATCH_RATE_TABLE, link_rates(groups))]
    for column, text in {"linked": "5", "rate": "0.125", "hi": "0.25"}.items():
        public = {name: [dict(row) for row in rows] for name, rows in protect(table, CCO).tables.items()}
        row = next(row for row in public["match_rate"] if row["subgroup"] == "E")
        row |= {column: text, f"{column}_status": "shown"}
        with pytest.raises(RefusedError) as refused:
            refuse_leaks(audit(table, public, CCO))
        assert refused.value.exit_code == 12
        assert " 5" not in str(refused.value)  # says which column, not what was in it


def test_a_rate_finer_than_the_profile_allows_is_a_leak() -> None:
    groups = {"sen": {"E": (601, 1_000), "N": (800, 1_003)}}
    table = [(MATCH_RATE_TABLE, link_rates(groups))]
    public = {"match_rate": [dict(row) for row in protect(table, CCO).tables["match_rate"]]}
    assert public["match_rate"][1]["rate"] == "0.60"
    public["match_rate"][1]["rate"] = "0.601"  # times 1,000: the count before it was rounded
    assert [leak.what for leak in audit(table, public, CCO)] == ["match_rate, column rate"]


def test_counts_rates_and_intervals_as_cco10_has_them() -> None:
    groups = {"sex": {"F": (7_005, 12_005), "M": (605, 1_004), "unknown": (84, 150), "other": (35, 60)}}
    found = protected(groups, CCO)
    assert [(row["linked"], row["records"], row["rate"]) for row in found.values()] == [
        ("7730", "13220", "0.585"), ("7010", "12010", "0.584"), ("610", "1000", "0.60"), ("80", "150", "0.6"),
        ("40", "60", "u"),
    ]  # fmt: skip
    # 0.560 (0.480 to 0.637) outwards to a tenth
    assert (found["unknown"]["lo"], found["unknown"]["hi"]) == ("0.4", "0.7")
    assert found["F"]["linked_status"] == "rounded"
    assert found["other"]["rate_status"] == "low reliability"


def test_dfe_rounds_the_country_and_not_its_authorities() -> None:
    groups = {"authority": {"301": (57, 101), "302": (66, 133)}, "sex": {"F": (61, 120), "M": (62, 114)}}
    for name in ("dfe_cin", "dfe_cla"):
        found = protected(groups, profile_of(name))
        assert [(found[group]["linked"], found[group]["rate"]) for group in ("301", "F", "all")] == [
            ("57", "0.56"), ("60", "0.51"), ("120", "0.53")]  # fmt: skip
        assert [found[group]["linked_status"] for group in ("301", "F")] == ["shown", "rounded"]


def test_no_children_no_rate_and_no_number_is_ever_blank() -> None:
    rows = [*link_rates({"sex": {"F": (40, 80), "M": (50, 90), "none": (0, 0)}})]
    found = protect([(MATCH_RATE_TABLE, rows)], SRS).tables["match_rate"]
    assert (found[-1]["records"], found[-1]["rate"], found[-1]["rate_status"]) == ("0", "z", "not applicable")
    assert all(text for row in found for text in row.values())


def test_a_table_that_does_not_add_up_is_not_published() -> None:
    rows = link_rates({"sex": {"F": (40, 80)}, "sen": {"E": (39, 80)}})
    with pytest.raises(AssertionError, match="linked by sen does not add up"):
        protect([(MATCH_RATE_TABLE, rows)], SRS)


# --- a naive intruder: the whole table as one programme, in counts and not in moves ---------------------------------


def naive_ranges(rows: Sequence[Row], public: Sequence[PublicRow]) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Smallest and largest value of linked, records and unlinked by subgroup, from the public rows alone."""
    names = [(row["subgroup_var"], row["subgroup"]) for row in public]
    column = {(what, *name): i for i, (what, name) in enumerate((w, n) for n in names for w in ("x", "n", "u"))}
    bounds: list[tuple[float, float | None]] = [(0, None)] * len(column)
    sums = []
    for row, name in zip(public, names, strict=True):
        for what, shown in (("x", row["linked"]), ("n", row["records"])):
            if shown != "c":
                bounds[column[what, *name]] = (int(shown), int(shown))
        sums.append({column["x", *name]: 1, column["u", *name]: 1, column["n", *name]: -1})
    for var in {name[0] for name in names} - {"all"}:
        for what in "xnu":
            parts = {column[what, *name]: 1 for name in names if name[0] == var}
            sums.append({**parts, column[what, "all", "all"]: -1})
    matrix = np.zeros((len(sums), len(column)))
    for i, relation in enumerate(sums):
        for j, sign in relation.items():
            matrix[i, j] = sign
    found = {}
    for name, j in column.items():
        ends = []
        for sign in (1, -1):
            goal = sign * np.eye(1, len(column), j)[0]
            solved = linprog(goal, A_eq=matrix, b_eq=np.zeros(len(sums)), bounds=bounds, method="highs")
            ends.append(solved.x[j] if solved.status == 0 else np.inf)
        found[name] = (ends[0], ends[1])
    return found


@st.composite
def tables(draw: st.DrawFn) -> Groups:
    """Two variables over the same children."""
    count = st.one_of(st.integers(0, 12), st.integers(0, 400))
    cells = draw(st.lists(st.tuples(count, count), min_size=2, max_size=6))
    one = {f"a{i}": (linked, linked + rest) for i, (linked, rest) in enumerate(cells)}
    linked, records = (sum(pair[side] for pair in one.values()) for side in (0, 1))
    first = draw(st.integers(0, linked)), draw(st.integers(0, records - linked))
    other = {"b0": (first[0], sum(first)), "b1": (linked - first[0], records - sum(first))}
    return {"a": one, "b": other}


@settings(max_examples=12, deadline=None)
@given(tables(), st.sampled_from([SRS, CIN]))
def test_a_naive_intruder_recovers_nothing_from_any_table(groups: Groups, profile: Profile) -> None:
    rows = link_rates(groups)
    plain = Profile("plain", "", profile.threshold, profile.hide_classes, 1, profile.rate_steps)
    found = protect([(MATCH_RATE_TABLE, rows)], plain)
    public = found.tables["match_rate"]
    cells = cells_of([(MATCH_RATE_TABLE, rows)])
    secret = {cells.names[cell] for cell in sensitive_cells(cells, plain)} | set(found.hidden)
    kind = {"linked": "x", "records": "n", "unlinked": "u"}
    ranges = naive_ranges(rows, public)
    for name in secret:
        lo, hi = ranges[kind[name[0]], name[-2], name[-1]]
        assert hi - lo >= plain.threshold - 1e-6, name


@settings(max_examples=12, deadline=None)
@given(tables())
def test_the_audit_and_a_naive_intruder_agree_on_broken_tables(groups: Groups) -> None:
    rows = link_rates(groups)
    cells = cells_of([(MATCH_RATE_TABLE, rows)])
    primary = {cells.names[cell] for cell in sensitive_cells(cells, SRS) if cell not in cells.implied}
    public = public_rows(MATCH_RATE_TABLE, rows, primary, SRS)
    ranges = naive_ranges(rows, public)
    kind = {"linked": "x", "records": "n", "unlinked": "u"}
    secret = {cells.names[cell] for cell in sensitive_cells(cells, SRS)} | primary
    leaking = sum(ranges[kind[n[0]], n[-2], n[-1]][1] - ranges[kind[n[0]], n[-2], n[-1]][0] < 10 - 1e-6 for n in secret)
    assert len(audit([(MATCH_RATE_TABLE, rows)], {"match_rate": public}, SRS)) == leaking


@settings(max_examples=12, deadline=None)
@given(tables())
def test_a_stricter_profile_hides_no_less_and_the_same_table_always_the_same(groups: Groups) -> None:
    cells = cells_of([(MATCH_RATE_TABLE, link_rates(groups))])
    assert set(sensitive_cells(cells, CIN)) <= set(sensitive_cells(cells, CCO))
    assert hidden_cells(cells, CCO) == hidden_cells(cells, CCO)


def test_the_example_of_the_documentation_works() -> None:
    text = (Path(__file__).parents[2] / "docs" / "disclosure.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S):
        exec(block, names)
    assert [row["linked"] for row in names["protected"].tables["match_rate"]] == ["870", "c", "c", "800"]
