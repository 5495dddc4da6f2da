"""The table of masked validation, on pairs written down by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tiny_run import load

from linkage.diagnostics.confidences import write_confidences
from linkage.diagnostics.masked_validation import COLUMNS, masked_validation
from linkage.packs import Packs
from linkage.sql import Connection, execute, run_steps
from linkage.stats import wilson
from linkage.tables import PERSONS
from linkage.validation import validate
from linkage.validation.persons import HIDDEN
from linkage.validation.rerun import JOINED, KNOWN, empty_results


def written(con: Connection, folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    masked_validation(con, ("sex",), years={0: 2023, 1: 2024}, accept=0.95, seed=1, folder=folder)
    with (folder / "masked_validation.csv").open(encoding="utf-8", newline="") as file:
        return {(row["subgroup_var"], row["subgroup"]): row for row in csv.DictReader(file)}


def forty_children(con: Connection) -> None:
    """Forty girls and twelve boys in two sources; fifteen records of girls in the second, and five in a third, have no
    identifier, and the run has put the first twelve to girls of the first source."""
    listed = [
        {"source": source, "key": f"{n:02}", "sex": "F" if n < 40 else "M", "forename": "ANNA", "surname": "BERG",
         "postcode": "ZZ1 1AA" if source == "a" or n % 2 else "ZZ1 1AB"}
        for source in ("a", "b") for n in range(52)
    ]  # fmt: skip
    listed += [{"source": source, "key": f"x{n:02}", "sex": "F"} for source, n in
               [*(("b", n) for n in range(15)), *(("c", n) for n in range(5))]]  # fmt: skip
    load(con, listed)
    execute(con, f"""create table {HIDDEN} as select record_id, case when key < 'x' then record_id % 52 end as person,
        case when key < 'x' then [1::ubigint] end as schemes, true as sample from records""")  # fmt: skip
    execute(con, f"create table {PERSONS} as select record_id, case when record_id < 104 then record_id % 52 "
                 "when record_id < 116 then record_id - 104 else record_id end as person_no from records")  # fmt: skip
    run_steps(con, empty_results())
    # Of the girls 38 are looked at, 36 accepted and found; of the boys all but two are found.
    execute(con, f"""insert into {KNOWN} select 'residual_pool', 0, range, range + 52, true,
        range < 38 or range between 40 and 49, range < 37 or range between 40 and 49,
        range < 36 or range between 40 and 49, range < 36 or range between 40 and 49 from range(52)""")  # fmt: skip
    # 36 and 10 pairs are joined rightly, three girls wrongly; of two more nobody knows.
    execute(con, f"insert into {JOINED} select * exclude (comparable, blocked, scored, scored_in, recovered), true "
                 f"from {KNOWN} where recovered")  # fmt: skip
    execute(con, f"insert into {JOINED} values ('residual_pool', 0, 0, 53, false), ('residual_pool', 0, 1, 52, false), "
                 "('residual_pool', 0, 2, 55, false), ('residual_pool', 0, 3, 104, null), "
                 "('residual_pool', 0, 4, 105, null)")  # fmt: skip


def test_the_funnel_its_rates_and_what_they_say_of_the_residue(con: Connection, tmp_path: Path) -> None:
    forty_children(con)
    found = written(con, tmp_path)
    total, girls, boys = found["all", "all"], found["sex", "F"], found["sex", "M"]
    steps = ("m_masked", "comparable", "blocked", "scored_in", "recovered", "masked_false")
    assert [total[name] for name in steps] == ["52", "52", "48", "46", "46", "3"]
    assert [girls[name] for name in steps] == ["40", "40", "38", "36", "36", "3"]
    assert [boys[name] for name in steps] == ["12", "12", "10", "10", "10", "0"]
    interval = wilson(36, 40)
    assert interval is not None
    assert float(girls["recall"]) == 0.9
    assert float(girls["lo"]) == pytest.approx(interval.lo, abs=1e-6)
    assert float(girls["precision"]) == pytest.approx(36 / 39, abs=1e-6)
    # Missed: 2 of 12 boys, 4 of 40 girls, the larger group.
    assert (boys["reference"], girls["mmr_ratio_vs_ref"]) == ("F", "")
    assert float(boys["mmr_ratio_vs_ref"]) == pytest.approx((2 / 12) / (4 / 40), abs=1e-6)
    # Of pairs of a girl's record in b with one in a 36 of 40 are found (46 of 52 children's; one pair more). Twelve
    # were found of the fifteen records in b, which would have fifteen pairs; the five in c are like nobody.
    r = (36 + 46 / 52) / 41
    recall = 12 / (12 + 13 * (1 - r) / (1 / 15 + r))
    assert girls["residue_found"] == "12"
    assert float(girls["recall_std_to_residue"]) == pytest.approx(recall, abs=1e-6)
    assert float(girls["std_lo"]) < recall < float(girls["std_hi"])
    assert float(girls["unsupported_share"]) == 0.25
    assert float(girls["bound_lo"]) == pytest.approx(0.75 * recall, abs=1e-6)
    assert float(girls["bound_hi"]) == pytest.approx(0.75 * recall + 0.25, abs=1e-6)
    assert (boys["residue_found"], boys["recall_std_to_residue"]) == ("", ""), "no boy lacks an identifier"
    assert found["mobility", "moved"]["m_masked"] == "26"
    assert found["year_gap", "1"]["m_masked"] == "52"
    assert found["source_pair", "a and b"]["recovered"] == "46"


def test_a_handful_of_pairs_has_counts_and_no_rate(con: Connection, tmp_path: Path) -> None:
    forty_children(con)
    execute(con, f"delete from {KNOWN} where record_id_l >= 45")
    boys = written(con, tmp_path)["sex", "M"]
    assert (boys["m_masked"], boys["recall"], boys["status"]) == ("5", "", "not enough evidence")


def test_a_run_without_a_model_has_tables_without_rows(con: Connection, tmp_path: Path) -> None:
    load(con, [{"source": "a", "key": "1", "upn": "A1"}, {"source": "b", "key": "1", "upn": "A1"}])
    packs = Packs(rules=(), model=None, hashes={})
    found = validate(con, packs, accept=0.95, review=0.5, seed=1, max_pairs=10, pool_modes=("residual_pool",))
    assert found["matches"] == 0
    assert masked_validation(con, (), years={}, accept=0.95, seed=1, folder=tmp_path) == 0
    assert write_confidences(con, (), tmp_path) == 0
    assert (tmp_path / "masked_validation.csv").read_text(encoding="utf-8") == ",".join(COLUMNS) + "\n"
