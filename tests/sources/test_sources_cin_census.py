"""Format `cin_census`: what the samples do not show, and memory that does not grow with the file."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from linkage.errors import InputError

HEADER = (
    "<Header><CollectionDetails><Collection>CIN</Collection><Year>{year}</Year>"
    "<ReferenceDate>{year}-03-31</ReferenceDate></CollectionDetails>"
    "<Source><SourceLevel>L</SourceLevel><LEA>{lea}</LEA></Source></Header>"
)
CHILD = """<Child><ChildIdentifiers><LAchildID>{id}</LAchildID><UPN>a123456789012</UPN>
<PersonBirthDate>2010-01-02</PersonBirthDate><GenderCurrent>2</GenderCurrent></ChildIdentifiers>
<ChildCharacteristics><Ethnicity>WBRI</Ethnicity><Disabilities><Disability>MOB</Disability>
<Disability>AUT</Disability></Disabilities></ChildCharacteristics>
<CINdetails><CINreferralDate>2020-01-01</CINreferralDate><PrimaryNeedCode>N1</PrimaryNeedCode>
<ReferralNFA>{nfa}</ReferralNFA>{more}</CINdetails></Child>"""
PLAN = "<ChildProtectionPlans><CPPstartDate>2020-02-01</CPPstartDate></ChildProtectionPlans>"
UASC = """<Assessments><AssessmentActualStartDate>2020-01-05</AssessmentActualStartDate>
<FactorsIdentifiedAtAssessment><AssessmentFactors>9A</AssessmentFactors><AssessmentFactors>1C</AssessmentFactors>
</FactorsIdentifiedAtAssessment></Assessments>"""


def child(own_id: str = "c1", *, nfa: str = "false", more: str = "") -> str:
    return CHILD.format(id=own_id, nfa=nfa, more=more)


def message(*children: str, header: str = HEADER.format(lea="301", year=2024), root: str = "Message") -> str:
    return f"<{root}>{header}<Children>{''.join(children)}</Children></{root.split()[0]}>"


def test_fields_flags_and_events_of_a_child(load) -> None:
    text = message(child(more=PLAN + UASC), child("c2", nfa="TRUE"))
    loaded = load({"r.xml": text}, format="cin_census", path="r.xml")
    first, second = loaded.rows
    assert (first["key"], first["upn"], first["disability"]) == ("301/c1", "a123456789012", "MOB,AUT")
    assert (first["cpp"], first["uasc"]) == ("true", "true")
    assert (second["cin"], second["cpp"], second["uasc"]) == ("true", None, None)
    kinds = sorted((event["key"], event["kind"], event["code"]) for event in loaded.events)
    assert kinds == [
        ("301/c1", "assessment", "9A,1C"), ("301/c1", "cpp", None), ("301/c1", "referral", "N1"),
        ("301/c2", "no_further_action", None), ("301/c2", "referral", "N1"),
    ]  # fmt: skip


@pytest.mark.parametrize(("nfa", "none"), [("true", True), ("1", True), ("TRUE", True), ("0", False), ("False", False)])
def test_booleans_in_all_forms(load, nfa: str, none: bool) -> None:
    events = load({"r.xml": message(child(nfa=nfa))}, format="cin_census", path="r.xml").events
    assert any(event["kind"] == "no_further_action" for event in events) is none


def test_several_authorities_and_years_in_one_source(load) -> None:
    files = {
        f"in/{lea}/{year}.xml": message(child(), header=HEADER.format(lea=lea, year=year))
        for lea in ("301", "302") for year in (2023, 2024)
    }  # fmt: skip
    loaded = load(files, format="cin_census", path="in/**/*.xml")
    assert [(row["file"], row["row"], row["key"], row["rank"]) for row in loaded.rows] == [
        ("in/301/2023.xml", 1, "301/c1", 2023), ("in/301/2024.xml", 1, "301/c1", 2024),
        ("in/302/2023.xml", 1, "302/c1", 2023), ("in/302/2024.xml", 1, "302/c1", 2024),
    ]  # fmt: skip


def test_return_without_header_from_the_project_or_the_file_name(load) -> None:
    bare = message(child(), header="")
    settings = {"format": "cin_census", "path": "r.xml"}
    from_project = load({"r.xml": bare}, authority="303", year=2022, **settings)
    assert (from_project.rows[0]["key"], from_project.rows[0]["rank"]) == ("303/c1", 2022)
    assert from_project.codes == {"FI008": 1}
    from_name = load({"304_cin_2021.xml": bare}, format="cin_census", path="304_cin_2021.xml")
    assert (from_name.rows[0]["key"], from_name.rows[0]["rank"]) == ("304/c1", 2021)
    with pytest.raises(InputError, match='authority = "301"'):
        load({"r.xml": bare}, **settings)


def test_namespace_comments_and_declared_encoding(load) -> None:
    text = message("<!-- é -->" + child("é1"), root='Message xmlns="urn:x"')
    content = f'<?xml version="1.0" encoding="ISO-8859-1"?><!-- made by hand -->{text}'.encode("latin-1")
    loaded = load({"r.xml": content}, format="cin_census", path="r.xml")
    assert [row["la_child_id"] for row in loaded.rows] == ["é1"]


def test_child_without_an_id_is_counted_and_left_out(load) -> None:
    loaded = load({"r.xml": message(child(), child("  "))}, format="cin_census", path="r.xml")
    assert [row["row"] for row in loaded.rows] == [1]
    assert loaded.extract.excluded == {"no_key": 1}


def test_memory_does_not_grow_with_the_file(load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkage.sources.cin_return.BATCH", 200)

    def peak(children: int) -> int:
        (tmp_path / "r.xml").write_text(message(*(child(f"c{at}", more=PLAN) for at in range(children))))
        tracemalloc.start()
        assert len(load(format="cin_census", path="r.xml").rows) == children
        loaded_peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return loaded_peak

    small = peak(400)
    assert peak(4_000) < 2 * small + 8_000_000  # the rows that the test itself reads
