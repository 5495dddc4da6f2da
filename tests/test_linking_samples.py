"""Links between the sample files that others wrote: the school census of two terms."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from linkage import read_project
from linkage.run import run_project

CENSUS = Path(__file__).parent.parent.parent / "shared" / "samples" / "school_census"
PROJECT = """
[project]
name = "two-terms"
[sources.autumn]
format = "school_census"
path = "{folder}/2024_autumn_pupilonroll.csv"
[sources.spring]
format = "school_census"
path = "{folder}/2025_spring_pupilonroll.csv"
[link]
rules = {rules}
[diagnostics]
subgroups = ["ethnicity", "sex"]
"""
NEED_SAMPLES = pytest.mark.skipif(not CENSUS.is_dir(), reason="the sample files (../shared/samples) are not here")


def linked(tmp_path: Path, rules: str) -> tuple[int, int, int]:
    """Links between the terms, those whose UPN text is the same, and texts that both terms hold."""
    project = tmp_path / "linkage.toml"
    project.write_text(PROJECT.format(folder=CENSUS.as_posix(), rules=rules), encoding="utf-8")
    run = run_project(read_project(project), out=tmp_path / "run", threads=2, memory="2GB")
    autumn, spring = (
        f"read_csv('{CENSUS}/{name}_pupilonroll.csv', all_varchar = true)" for name in ("2024_autumn", "2025_spring")
    )
    found = duckdb.sql(f"""
        with rows as (select source, row, person_id from read_parquet('{run}/rows.parquet')),
        a as (select upn, row_number() over () as row from {autumn}),
        s as (select upn, row_number() over () as row from {spring}),
        autumn as (select a.upn, r.person_id from a join rows r on r.row = a.row and r.source = 'autumn'),
        spring as (select s.upn, r.person_id from s join rows r on r.row = s.row and r.source = 'spring')
        select (select count(*) from autumn join spring using (person_id)),
          (select count(*) from autumn a join spring s using (person_id) where a.upn = s.upn),
          (select count(*) from autumn join spring using (upn))""").fetchall()[0]
    return (int(found[0]), int(found[1]), int(found[2]))


@NEED_SAMPLES
def test_the_two_terms_are_linked_wholly_and_nothing_else_is(tmp_path: Path) -> None:
    assert linked(tmp_path, '["identifiers", "demographics"]') == (9075, 9075, 9075)


@NEED_SAMPLES
def test_names_and_birth_dates_alone_link_the_two_terms_too(tmp_path: Path) -> None:
    """Their UPNs are not in real form; what is left has to carry it."""
    assert linked(tmp_path, '["demographics"]') == (9075, 9075, 9075)
