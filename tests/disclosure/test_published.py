"""The diagnostics that are published, by hand: what is hidden in one table is not found in another."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from tables_at_hand import link_rates

from linkage.disclosure import MATCH_RATE_TABLE, TABLES, WITHHELD, Table, audit, profile_of, protect, publish
from linkage.disclosure.descriptions import Row
from linkage.disclosure.shaping import PublicRow

SRS, CCO = profile_of("srs10"), profile_of("cco10")
NAMED = {table.name: table for table in TABLES}
MASKED, ERRORS, FUNNEL, FIELDS = (
    NAMED[name] for name in ("masked_validation", "error_by_subgroup", "funnel", "identifier_quality")
)
# Pairs of one child, those that nothing looked at, those that were found, and of records without an identifier.
MISSED = {"E": (400, 2, 395, 300), "K": (1_000, 70, 900, 600), "N": (12_000, 700, 11_000, 90), "U": (500, 30, 455, 9)}


def masked_rows(mode: str = "residual_pool") -> list[Row]:
    """Masked validation by special needs, and by gap of years, as its file has it."""
    whole = tuple(sum(counts) for counts in zip(*MISSED.values(), strict=True))
    groups = {("all", "all"): whole, **{("sen", name): counts for name, counts in MISSED.items()},
              ("year_gap", "0"): whole}  # fmt: skip
    return [
        {"subgroup_var": var, "subgroup": group, "m_masked": pairs, "blocked": str(pairs - never), "method": "wilson",
         "recovered": str(found), "recall": found / pairs, "lo": 0.9, "hi": 0.99, "residue_found": str(residue),
         "recall_std_to_residue": 0.8765, "std_lo": 0.8123, "std_hi": 0.9321, "unsupported_share": 0.021,
         "bound_lo": 0.85, "bound_hi": 0.89, "status": "told", "pool_mode": mode, "masked_false": "3"}
        for (var, group), (pairs, never, found, residue) in groups.items()
    ]  # fmt: skip


def error_rows() -> list[Row]:
    """The same pairs as error_by_subgroup counts them: wrong are those that were not found."""
    return [
        {"metric": "missed", "subgroup_var": row["subgroup_var"], "subgroup": row["subgroup"], "n": row["m_masked"],
         "wrong": int(row["m_masked"] or 0) - int(row["recovered"] or 0), "rate": 1 - float(row["recall"] or 0),
         "lo": 0.01, "hi": 0.1, "reference": "N" if row["subgroup_var"] == "sen" else None, "ratio": None,
         "ratio_lo": None, "ratio_hi": None, "excess": None, "evidence": None, "method": "wilson",
         "truth_source": "masked validation", "unit": "pair"}
        for row in masked_rows() if row["subgroup_var"] != "year_gap"
    ]  # fmt: skip


def by_subgroup(rows: list[PublicRow], column: str) -> Mapping[str, str]:
    return {row["subgroup"]: row[column] for row in rows}


def prepared(table: Table, rows: list[Row]) -> tuple[Table, list[Row]]:
    return table, list(table.prepared([row for row in rows if table.only(row)]))


def test_children_missed_in_masked_validation_are_hidden_where_the_errors_hide_them() -> None:
    tables = [prepared(ERRORS, error_rows()), prepared(MASKED, masked_rows())]
    found = protect(tables, SRS).tables
    errors, masked = list(found["error_by_subgroup"]), list(found["masked_validation"])
    # Five of E were missed: hidden, and with them those of U, the smallest that is large enough. Of E no more can have
    # been never looked at than were missed, so that is hidden as well, with that of U beside it.
    hidden = {"all": "1150", "E": "c", "K": "100", "N": "1000", "U": "c"}
    assert by_subgroup(errors, "wrong") == by_subgroup(masked, "missed") == hidden
    assert by_subgroup(masked, "recall") == {"all": "0.917", "E": "c", "K": "0.900", "N": "0.917", "U": "c"}
    assert masked[1]["recall_std_to_residue"] == masked[1]["std_lo"] == masked[1]["unsupported_share"] == "c"
    shown = [dict(row) for row in masked]
    shown[4] |= {"missed": "45", "missed_status": "shown"}  # of U: the rest of the total is E
    leaks = [leak.what for leak in audit(tables, {**found, "masked_validation": shown}, SRS)]
    assert "wrong pairs by sen" in leaks


def test_recall_of_children_without_an_identifier_is_no_finer_than_they_are_many() -> None:
    [rows] = protect([prepared(MASKED, masked_rows())], CCO).tables.values()
    assert by_subgroup(list(rows), "m_masked") == {"all": "13900", "E": "400", "K": "1000", "N": "12000", "U": "500"}
    # 999 of all, 600, 90 and 9 of these: a twentieth from 200 on, nothing below 100
    assert by_subgroup(list(rows), "recall_std_to_residue") == {
        "all": "0.88", "E": "c", "K": "0.90", "N": "u", "U": "c"}  # fmt: skip
    assert (rows[2]["std_lo"], rows[2]["std_hi"]) == ("0.80", "0.95")


def test_masked_validation_is_published_in_the_pool_mode_of_the_errors_and_without_false_pairs() -> None:
    both = [*masked_rows("full_pool"), *masked_rows()]
    _, rows = prepared(MASKED, both)
    assert [(row["subgroup_var"], row["pool_mode"]) for row in rows] == [
        ("all", "residual_pool"), *[("sen", "residual_pool")] * 4]  # fmt: skip
    [public] = protect([(MASKED, rows)], SRS).tables.values()
    assert not {"masked_false", "residue_found", "recovered", "precision"} & set(public[0])


def funnel_row(**counts: int | None) -> Row:
    return {"unit": "record", "source_l": "cin", "source_r": "census", "side": "l", "subgroup_var": "all",
            "subgroup": "all", **counts}  # fmt: skip


def test_few_records_lost_on_the_way_hide_the_stage_and_not_the_links() -> None:
    rates = link_rates({"sex": {"F": (400, 600), "M": (465, 540)}})
    row = funnel_row(start=1_140, comparable=1_137, blocked=870, accepted=867, survived=865)
    found = protect([(MATCH_RATE_TABLE, rates), (FUNNEL, [row])], SRS).tables
    [told] = found["funnel"]
    # 3 have nothing to compare, 5 were looked at and not linked; that all are one thing is no secret of a stage
    assert [told[name] for name in ("start", "comparable", "blocked", "survived")] == ["1140", "c", "c", "865"]
    assert "accepted" not in told
    assert [line["linked"] for line in found["match_rate"]] == ["865", "400", "465"]
    everybody = funnel_row(start=1_140, comparable=1_140, blocked=1_140, accepted=865, survived=865)
    [told] = protect([(FUNNEL, [everybody])], SRS).tables["funnel"]
    assert [told[name] for name in ("start", "comparable", "blocked", "survived")] == ["1140", "1140", "1140", "865"]
    blind = funnel_row(start=1_140, comparable=None, blocked=900, accepted=865, survived=865)
    [told] = protect([(FUNNEL, [blind])], SRS).tables["funnel"]
    assert (told["comparable"], told["comparable_status"], told["blocked"]) == ("x", "not available", "900")


def test_a_field_whose_being_unknown_is_a_subgroup_is_not_published() -> None:
    def row(field: str, var: str, complete: int) -> Row:
        return {"source": "cin", "field": field, "subgroup_var": var, "subgroup": "all" if var == "all" else "a",
                "records": 1_000, "complete": complete, "complete_pct": complete / 10, "complete_lo": 90.0,
                "complete_hi": 100.0, "valid": complete - 20, "valid_pct": 98.0, "valid_lo": 95.5, "valid_hi": 99.0,
                "method": "wilson"}  # fmt: skip

    both = [row("upn", "all", 950), row("dob", "all", 993), row("forename", "all", 993), row("upn", "age", 950)]
    _, rows = prepared(FIELDS, both)
    assert [line["field"] for line in rows] == ["upn", "forename"]
    [upn, forename] = protect([(FIELDS, rows)], SRS).tables["identifier_quality"]
    assert (upn["complete"], upn["complete_rate"], upn["valid_rate"], upn["valid_lo"]) == (
        "950",
        "0.950",
        "0.980",
        "0.955",
    )
    assert (forename["complete"], forename["valid"]) == ("c", "973")  # seven have none


def test_what_nothing_but_linkage_does_to_a_finding_follows_from_the_public_rates(tmp_path: Path) -> None:
    rows = error_rows()
    with (tmp_path / "error_by_subgroup.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (tmp_path / "disparity_impact.csv").write_text("subgroup_var,recall\nsen,0.9\n", encoding="utf-8")
    assert publish(tmp_path, tmp_path / "public", CCO)["withheld"] == 0
    with (tmp_path / "public" / "disparity_impact.csv").open(encoding="utf-8", newline="") as file:
        found = {row["subgroup"]: row for row in csv.DictReader(file)}
    # K: 0.10 missed, N: 0.083; recall 0.90 of 0.917. The ends: 0.9 of 0.99 and 0.99 of 0.9, of the rounded intervals.
    assert set(found) == {"E", "K", "U"}
    assert found["K"]["ratio_if_nothing_differs"] == "0.98"
    assert (found["K"]["ratio_lo"], found["K"]["ratio_hi"]) == ("0.91", "1.10")
    assert found["E"]["ratio_if_nothing_differs"] == "c"


def test_why_something_is_withheld_is_told_of_every_table_that_has_it(tmp_path: Path) -> None:
    assert not [name for name, reason in WITHHELD.items() if not reason]
    whole = {"match_rate", "disparity_impact"}
    assert {table.name for table in TABLES} - set(WITHHELD) <= whole
    for name in ("name_agreement", "coverage", "match_rate", "sdc_log"):
        (tmp_path / f"{name}.csv").write_text("keys\n", encoding="utf-8")
    publish(tmp_path, tmp_path / "public", CCO)
    with (tmp_path / "public" / "not_published.csv").open(encoding="utf-8", newline="") as file:
        told = [(row["table"], row["withheld"]) for row in csv.DictReader(file)]
    assert told == [("coverage", "in part"), ("name_agreement", "whole")]
