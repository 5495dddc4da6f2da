"""Names by culture, on pairs made by hand: 60 of one group, 10 of another, one whose names nobody knows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage.diagnostics.name_agreement import name_agreement, write_name_agreement
from linkage.match.parameters import save_parameters, starting_parameters
from linkage.packs import ModelSpec, Rule, load_packs
from linkage.report.name_facts import has_groups, names_of_groups
from linkage.sql import Connection, connect, execute, rows
from linkage.stats import wilson

RULES = tuple(
    Rule(id=name, title=name, reason="For tests.", match=match, assumed_precision=0.99)
    for name, match in (("upn", ("upn",)), ("by_names", ("forename", "dob")))
)
SAME, DIFFERS, NOTHING = 1, 7, -1  # levels of the bundled model's forename


def model() -> ModelSpec:
    found = load_packs((), "child", folder=Path()).model
    assert found is not None
    return found


@pytest.fixture
def con() -> Iterator[Connection]:
    """Pairs 0 to 59 are of one group, 45 with the same forename; 60 to 69 of another; 70 has no names; 71 by names."""
    with connect(memory="1GB") as con:
        execute(
            con,
            """
            create table records as
            select n as record_id, (n % 2)::smallint as source_no,
              case when n < 120 then 'APKN' when n % 2 = 1 then 'WIRT' end as ethnicity,
              case when n < 120 then 'Pakistani' when n % 2 = 1 then 'Traveller of Irish heritage' end as ethnicity_19,
              null::varchar as language
            from range(144) as numbers(n)""",
        )
        execute(
            con,
            """
            create table links_deterministic as
            select 2 * n as record_id_l, 2 * n + 1 as record_id_r,
              case when n < 71 then 'upn' else 'by_names' end as rule
            from range(72) as numbers(n)""",
        )
        others = [item.name for item in model().comparison if item.name not in ("forename", "surname")]
        nothing = "".join(f", {NOTHING}::tinyint as level_{name}, 0.0::double as bits_{name}" for name in others)
        execute(
            con,
            f"""
            create table scored_pairs as
            select record_id_l, record_id_r,
              (case when n < 45 then {SAME} when n = 70 then {NOTHING} else {DIFFERS} end)::tinyint as level_forename,
              (case when n = 70 then {NOTHING} else 0 end)::tinyint as level_surname,
              (case when n < 30 then 20.0 else 1.0 end)::double as evidence_bits,
              0.0::double as bits_forename, 0.0::double as bits_surname{nothing}
            from (select *, record_id_l // 2 as n from links_deterministic)""",
        )
        execute(
            con,
            "create table source_pair_priors as select 0::smallint as source_no_l, 1::smallint as source_no_r, "
            "2 as open_sides, -10.0::double as without_upns_bits",
        )
        execute(con, "create table pool as select record_id, source_no from records")
        save_parameters(con, starting_parameters(model()))
        yield con


def shares(con: Connection, subgroup: str, measure: str) -> dict[str, tuple[object, ...]]:
    found = rows(
        con,
        'select level, pairs, "of", share, lo, hi, note from diagnostics__name_agreement '
        "where subgroup = $subgroup and measure = $measure",
        {"subgroup": subgroup, "measure": measure},
    )
    kept = {str(level): tuple(rest) for level, *rest in found}
    return {level: rest for level, rest in kept.items() if rest[0] or measure == "found"}


def test_shares_of_a_group_are_of_its_pairs_and_have_intervals(con: Connection) -> None:
    name_agreement(con, RULES, model(), accept=0.95)
    same, differs = wilson(45, 60), wilson(15, 60)
    assert same is not None
    assert differs is not None
    ends = [round(end, 6) for end in (same.lo, same.hi, differs.lo, differs.hi)]
    assert shares(con, "Pakistani", "forename") == {
        "same": (45, 60, 0.75, ends[0], ends[1], None), "differs": (15, 60, 0.25, ends[2], ends[3], None),
    }  # fmt: skip


def test_a_group_of_few_pairs_has_counts_and_no_share(con: Connection) -> None:
    # Its earlier source does not know the ethnicity, so that of the later one counts.
    name_agreement(con, RULES, model(), accept=0.95)
    nothing = (None, None, None, "not enough evidence")
    assert shares(con, "Traveller of Irish heritage", "forename") == {"differs": (10, 10, *nothing)}
    assert shares(con, "Traveller of Irish heritage", "found") == {
        "would be linked without the identifier": (0, 10, *nothing)
    }


def test_pairs_of_rules_on_names_and_pairs_without_names_are_no_witnesses(con: Connection) -> None:
    name_agreement(con, RULES, model(), accept=0.95)
    assert shares(con, "all", "forename")["same"][:2] == (45, 70)
    # 20 bits on a prior of -10 are a thousand to one; 1 bit is not.
    assert shares(con, "all", "found")["would be linked without the identifier"][:2] == (30, 70)


def test_two_of_one_household_with_another_forename_would_not_be_linked(con: Connection) -> None:
    # 14.5 bits on a prior of -10 would do. As likely among housemates as among strangers times a thousand
    # (-4.71 + log2(0.942999 / 0.036) = 0 and 10.2 + log2(0.75 / 0.88) = 10), who are 0.8 to 72 records: 3.6 bits less.
    name_agreement(con, RULES, model(), accept=0.95)
    found = "would be linked without the identifier"
    assert shares(con, "all", "found")[found][:2] == (30, 70)
    execute(
        con,
        f"update scored_pairs set evidence_bits = 14.5, level_forename = {DIFFERS}, bits_forename = -20 "
        "where record_id_l < 20",
    )
    name_agreement(con, RULES, model(), accept=0.95)
    assert shares(con, "all", "found")[found][:2] == (30, 70)
    execute(con, "update scored_pairs set bits_forename = -4.71, bits_surname = 10.2 where record_id_l < 20")
    name_agreement(con, RULES, model(), accept=0.95)
    assert shares(con, "all", "found")[found][:2] == (20, 70)


def test_the_report_has_the_shares_and_leaves_out_what_rests_on_few(con: Connection) -> None:
    name_agreement(con, RULES, model(), accept=0.95)
    groups = names_of_groups(con)
    assert has_groups(groups)
    by_name = {(group.variable, group.subgroup): group for group in groups}
    pakistani = by_name["ethnicity", "Pakistani"]
    assert pakistani.forename_differs is not None
    assert pakistani.found is not None
    assert (pakistani.pairs, pakistani.forename_differs.share, pakistani.found.share) == (60, 0.25, 0.5)
    few = by_name["ethnicity", "Traveller of Irish heritage"]
    assert (few.forename_differs, few.surname_differs, few.found) == (None, None, None)
    assert groups[0].subgroup == "all"


def test_a_run_without_a_model_has_an_empty_table(con: Connection, tmp_path: Path) -> None:
    execute(con, "drop table scored_pairs")
    name_agreement(con, RULES, None, accept=0.95)
    assert write_name_agreement(con, tmp_path) == 0
    assert not has_groups(names_of_groups(con))


def test_the_file_has_a_row_per_group_measure_and_level(con: Connection, tmp_path: Path) -> None:
    name_agreement(con, RULES, model(), accept=0.95)
    write_name_agreement(con, tmp_path)
    with (tmp_path / "name_agreement.csv").open(encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    levels = sum(len(item.levels) for item in model().comparison if item.name in ("forename", "surname"))
    # All pairs, two ethnic groups, and one language: unknown.
    assert len(listed) == 4 * (levels + 1)
    assert {row["subgroup"] for row in listed if row["subgroup_var"] == "language"} == {"unknown"}
