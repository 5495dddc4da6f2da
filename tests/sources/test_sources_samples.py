"""Counts that hold for the synthetic returns which other projects of the sector publish."""

from __future__ import annotations

from pathlib import Path


def test_cin_census_sample_has_its_children_and_referrals(load, samples: Path) -> None:
    loaded = load(folder=samples, format="cin_census", path="cin/fake_CIN_data.xml")
    assert len(loaded.rows) == 332
    assert len({row["key"] for row in loaded.rows}) == 332
    assert sum(event["kind"] == "referral" for event in loaded.events) == 402
    assert loaded.rows[0]["file"] == "cin/fake_CIN_data.xml"


def test_cin_census_samples_of_several_years_load_together(load, samples: Path) -> None:
    loaded = load(folder=samples, format="cin_census", path="cin")
    assert len(loaded.rows) == 336
    lenient = next(row for row in loaded.rows if row["file"] == "cin/CIN_Census_2024.xml")
    assert (lenient["sex"], lenient["upn"], lenient["rank"]) == ("1", "A123456789123", 2024)
    assert {"ID007", "DT019", "FI010", "CD002", "FI009"} <= set(loaded.codes)
    assert {"code": "UN3", "kind": "upn_unknown"}.items() <= next(
        event for event in loaded.events if event["kind"] == "upn_unknown"
    ).items()


def test_ssda903_sample_has_its_children_and_episodes(load, samples: Path) -> None:
    names = ("header", "episodes", "uasc", "reviews", "sw_episodes", "missing", "DoLo")
    loaded = load(folder=samples, format="ssda903", authority="301", path=[f"ssda903/{name}.csv" for name in names])
    header = [row for row in loaded.rows if row["file"] == "ssda903/header.csv"]
    episodes = [event for event in loaded.events if event["kind"] == "episode"]
    assert len(header) == 2675
    assert len(episodes) == 5050
    assert len({event["key"] for event in episodes} & {row["key"] for row in header}) == 2123
    assert sum(row["uasc"] == "true" for row in header) == 132
    assert loaded.extract.date_formats["dob"] == "dayfirst"


def test_school_census_samples_of_two_terms(load, samples: Path) -> None:
    loaded = load(folder=samples, format="school_census", path="school_census")
    by_file: dict[str, set[str]] = {}
    for row in loaded.rows:
        by_file.setdefault(row["file"].removeprefix("school_census/"), set()).add(row["upn"])
    autumn, spring = by_file["2024_autumn_pupilonroll.csv"], by_file["2025_spring_pupilonroll.csv"]
    assert len(autumn) == 9088
    assert len(spring) == 9498
    assert len(autumn & spring) == 9075
    assert loaded.extract.date_formats == {"dob": "%Y-%b-%d %H:%M:%S"}
    assert "FI013" not in loaded.codes  # every address and meal period has its pupil
    off_roll = [row for row in loaded.rows if row["file"].endswith("2024_autumn_pupilnolongeronroll.csv")]
    assert all(row["postcode"] for row in off_roll)


def test_annex_a_workbook_as_a_table(load, samples: Path) -> None:
    loaded = load(
        folder=samples, format="table", path="annex_a/Annex_A.xlsx", key="Child Unique ID",
        columns={"la_child_id": "Child Unique ID", "dob": "Date of Birth"},
    )  # fmt: skip
    assert loaded.rows
    assert loaded.rows[0]["file"].startswith("annex_a/Annex_A.xlsx#")
