"""Formats `ilr` and `lilr`: returns of providers in any namespace, and the pseudonymised tables of LEO."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from linkage.errors import InputError, RefusedError
from linkage.prepare import prepare_records
from linkage.project import SourceSpec
from linkage.sql import rows

HEADER = (
    "<Header><CollectionDetails><Collection>{collection}</Collection><Year>{year}</Year>"
    "<FilePreparationDate>{date}</FilePreparationDate></CollectionDetails></Header>"
    "<LearningProvider><UKPRN>{ukprn}</UKPRN></LearningProvider>"
)
NAME = "ILR-10000001-1819-20190601-120000-01.xml"


def header(*, ukprn="10000001", year="1819", date="2019-06-01", collection="ILR") -> str:
    return HEADER.format(ukprn=ukprn, year=year, date=date, collection=collection)


def learner(reference: str = "A1", *, more: str = "", uln: str = "9900000004", forename: str = "Ann Mary") -> str:
    return (
        f"<Learner><LearnRefNumber>{reference}</LearnRefNumber><ULN>{uln}</ULN><FamilyName>Smith</FamilyName>"
        f"<GivenNames>{forename}</GivenNames><DateOfBirth>2002-01-02</DateOfBirth><Ethnicity>31</Ethnicity>"
        f"<Sex>F</Sex><LLDDHealthProb>1</LLDDHealthProb><PostcodePrior>AB1 1AA</PostcodePrior>"
        f"<Postcode>AB1 1AB</Postcode><AddLine1>1 High St</AddLine1>{more}</Learner>"
    )


def aim(start: str, end: str = "", reference: str = "60133533") -> str:
    ended = f"<LearnActEndDate>{end}</LearnActEndDate>" if end else ""
    return (f"<LearningDelivery><LearnAimRef>{reference}</LearnAimRef><LearnStartDate>{start}</LearnStartDate>"
            f"{ended}</LearningDelivery>")  # fmt: skip


def message(*parts: str, head: str | None = None, namespace: str = "ESFA/ILR/2018-19") -> str:
    return f'<Message xmlns="{namespace}">{header() if head is None else head}{"".join(parts)}</Message>'


FAM = "<LearnerFAM><LearnFAMType>{}</LearnFAMType><LearnFAMCode>1</LearnFAMCode></LearnerFAM>"
DESTINATION = (
    "<LearnerDestinationandProgression><LearnRefNumber>{}</LearnRefNumber><ULN>9900000004</ULN><DPOutcome>"
    "<OutType>EDU</OutType><OutCode>2</OutCode><OutStartDate>2019-09-01</OutStartDate></DPOutcome><DPOutcome>"
    "<OutType>VOL</OutType><OutCode>1</OutCode><OutStartDate>2020-01-01</OutStartDate></DPOutcome>"
    "</LearnerDestinationandProgression>"
)


@pytest.mark.parametrize("namespace", ["ESFA/ILR/2018-19", "ESFA/ILR/2020-21", "SFA/ILR/2013-14", ""])
def test_a_learner_in_any_namespace(load, namespace: str) -> None:
    text = message(
        learner(more=FAM.format("EHC") + FAM.format("SEN") + aim("2018-09-03", "2019-06-30") + aim("2018-10-01")),
        learner("A2", uln="9999999999", more=FAM.format("FME")),
        DESTINATION.format("A1"),
        DESTINATION.format("gone"),
        namespace=namespace,
    )
    loaded = load({"r.xml": text}, format="ilr", path="r.xml")
    first, second = loaded.rows
    assert (first["key"], first["learner_ref"], first["ukprn"]) == ("10000001/A1", "A1", "10000001")
    assert (first["forename"], first["surname"], first["dob"], first["sex"]) == ("Ann Mary", "Smith", "2002-01-02", "F")
    assert (first["postcode"], first["address_line"], first["ethnicity"]) == ("AB1 1AB", "1 High St", "31")
    assert (first["sen"], first["fsm"], first["disability"]) == ("E", None, "Y")
    assert (second["sen"], second["fsm"], second["uln"]) == (None, "true", "9999999999")
    assert sorted((a["postcode"], a["valid_to"]) for a in loaded.addresses if a["key"].endswith("A1")) == [
        ("AB1 1AA", "2018-09-03"), ("AB1 1AB", None),
    ]  # fmt: skip
    assert sorted((e["kind"], e["code"], e["date_from"], e["date_to"]) for e in loaded.events) == [
        ("destination", "EDU|2", "2019-09-01", None), ("destination", "VOL|1", "2020-01-01", None),
        ("learning_aim", "60133533", "2018-09-03", "2019-06-30"), ("learning_aim", "60133533", "2018-10-01", None),
    ]  # fmt: skip
    assert loaded.codes == {"FI014": 2}


def test_earlier_references_are_events(load) -> None:
    text = message(
        learner(more="<PrevLearnRefNumber>B7</PrevLearnRefNumber><PrevUKPRN>10000002</PrevUKPRN>"),
        learner("A2", more="<PrevLearnRefNumber>A0</PrevLearnRefNumber><PMUKPRN>10000003</PMUKPRN>"),
        learner("A3", more="<PrevUKPRN>10000002</PrevUKPRN>"),
    )
    loaded = load({"r.xml": text}, format="ilr", path="r.xml")
    assert sorted((e["key"], e["kind"], e["code"]) for e in loaded.events) == [
        ("10000001/A1", "previous_learner_ref", "10000002/B7"),
        ("10000001/A2", "previous_learner_ref", "10000001/A0"),
        ("10000001/A2", "provider_before_merger", "10000003"),
        ("10000001/A3", "previous_provider", "10000002"),
    ]
    assert loaded.codes == {"ID017": 2}


def test_the_later_return_speaks_and_all_fold_in_prepare(load, con) -> None:
    files = {
        "a.xml": message(learner(forename="Ann"), head=header(year="1920", date="2020-06-01")),
        "b.xml": message(learner(), learner("A2", uln="9999999999"), head=header(date="2019-07-01")),
        "c.xml": message(learner(), head=header(date="2019-06-30")),
        "d.xml": message(learner("A1", uln="9900000004"), head=header(ukprn="10000002")),
    }
    loaded = load(files, format="ilr")
    ranks = {row["file"]: row["rank"] for row in loaded.rows if row["key"] == "10000001/A1"}
    assert sorted(ranks, key=ranks.get) == ["c.xml", "b.xml", "a.xml"]
    assert loaded.codes == {}

    spec = SourceSpec(name="s", format="ilr", path=("x",))
    prepare_records(con, [spec], [loaded.extract], unique=[], within=[])
    columns = "key, row_count, forename, ethnicity, postcode, dob_precision"
    assert rows(con, f"select {columns} from records order by key") == [
        ("10000001/A1", 3, "ANN", "WBRI", "AB1 1AB", "day"),
        ("10000001/A2", 1, "ANN MARY", "WBRI", "AB1 1AB", "day"),
        ("10000002/A1", 1, "ANN MARY", "WBRI", "AB1 1AB", "day"),
    ]  # fmt: skip
    assert rows(con, "select scheme, scope, value, status, count(*) from identifiers group by all order by all") == [
        ("learner_ref", "10000001", "A1", "valid", 1), ("learner_ref", "10000001", "A2", "valid", 1),
        ("learner_ref", "10000002", "A1", "valid", 1), ("uln", "national", "9900000004", "valid", 2),
        ("uln", "national", None, "placeholder", 1),
    ]  # fmt: skip


def test_loose_returns(load) -> None:
    bare = "<Learner><LearnRefNumber>A far too long reference</LearnRefNumber><New>x</New></Learner><Learner/>"
    loaded = load({NAME: message(bare, learner(), learner(), head="")}, format="ilr", path=NAME)
    assert [(row["row"], row["rank"] // 10_000) for row in loaded.rows] == [(1, 2019), (3, 2019), (4, 2019)]
    assert loaded.rows[0]["key"] == "10000001/A far too long reference"
    assert loaded.extract.excluded == {"no_key": 1}
    assert loaded.codes == {"FO001": 1, "FI008": 1}
    empty = load({"e.xml": message()}, format="ilr", path="e.xml")
    assert (empty.rows, empty.codes) == ([], {"FI005": 1})


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("<Message><Header><D><Collection>CIN</Collection></D></Header></Message>", InputError, "CIN census return"),
        (message(learner(), head=""), InputError, "UKPRN"),
        ("<EXPSSDA903/>", InputError, "SSDA903"),
        ("<Message/>", InputError, "another kind"),
        (message(learner())[:-30], InputError, "cut off"),
        ('<!DOCTYPE Message [<!ENTITY a "b">]>' + message(learner()), RefusedError, "document type"),
    ],
)
def test_wrong_files(load, text: str, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says) as raised:
        load({"r.xml": text}, format="ilr", path="r.xml")
    assert "Smith" not in str(raised.value)


def test_memory_does_not_grow_with_the_file(load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkage.sources.ilr.BATCH", 100)

    def peak(learners: int) -> int:
        load({"r.xml": message(*(learner(f"L{number}", more=aim("2018-09-01")) for number in range(learners)))},
             format="ilr", path="r.xml")  # fmt: skip
        tracemalloc.start()
        assert len(load(format="ilr", path="r.xml").extract.fields) == 12
        measured = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return measured

    small = peak(400)
    assert peak(4_000) < 2 * small + 1_000_000


def test_sample_has_its_learners_aims_and_numbers(load, con, samples: Path) -> None:
    loaded = load(folder=samples, format="ilr", path="ilr")
    found = loaded.rows
    assert len(found) == len({row["key"] for row in found}) == 669
    assert len({row["uln"] for row in found}) == 650
    assert sum(row["uln"] == "9999999999" for row in found) == 20
    assert sum(row["ethnicity"] == "31" for row in found) == 651
    kinds = [event["kind"] for event in loaded.events]
    assert (kinds.count("learning_aim"), kinds.count("destination")) == (885, 38)
    assert (kinds.count("previous_provider"), kinds.count("provider_before_merger")) == (1, 1)
    assert (sum(row["sen"] == "E" for row in found), sum(row["disability"] == "Y" for row in found)) == (59, 46)
    assert len(loaded.addresses) == 669 + 22
    assert loaded.codes == {}

    spec = SourceSpec(name="s", format="ilr", path=("ilr",))
    prepare_records(con, [spec], [loaded.extract], unique=[], within=[])
    assert rows(con, "select count(*), count(dob), count(distinct forename) from records") == [(669, 669, 1)]
    assert rows(con, "select count(*) from identifiers where scheme = 'uln' and status = 'placeholder'") == [(20,)]
    assert rows(con, "select distinct scope from identifiers where scheme = 'learner_ref'") == [("10033670",)]


# --- lilr ----------------------------------------------------------------------------------------

LEARNERS = (
    "external_id,Year,AcademicYear,learner_id,ukprn_anon,Sex,Ethnicity,AcAge,LLDD,RECORDID,PriorPstCode,CurrentPstCode\n"
    "501,2014,2014/2015,A1,0xAB,F,31,17,1,9001,AB1 1AA,AB1 1AB\n"
    "502,2015,2015/2016,A1,0xAB,F,31,18,2,9002,,\n"
    "503,2015,2015/2016,A1,0xCD,F,33,18,9,-1,,\n"
    ",2015,2015/2016,B2,0xCD,M,-1,19,-1,9004,,\n"
    ",2015,2015/2016,,0xCD,M,99,19,2,9005,,\n"
)
AIMS = (
    "external_id,learner_id,ukprn_anon,Year,AimType,LearnStartDate,LearnActEndDate,AimRankInYear\n"
    "501,A1,0xAB,2014,1,2014-09-01,2015-06-30,1\n501,A1,0xAB,2014,4,2014-09-01,,2\n"
    ",B2,0xCD,2015,1,2015-09-01,,1\n999,Z9,0xCD,2015,1,2015-09-01,,1\n"
)


def test_lilr_learners_and_aims(load, con) -> None:
    loaded = load({"learners.csv": LEARNERS, "aims.csv": AIMS}, format="lilr", supply="leo")
    assert [(row["key"], row["pseudonym"], row["learner_ref"], row["ukprn"], row["rank"], row["disability"])
            for row in loaded.rows] == [
        ("501", "9001", "A1", "0xAB", 2015, "Y"), ("502", "9002", "A1", "0xAB", 2016, "N"),
        ("503", "external_id:503", "A1", "0xCD", 2016, None), ("0xCD/B2/2016", "9004", "B2", "0xCD", 2016, None),
    ]  # fmt: skip
    assert "dob" not in loaded.extract.fields
    assert loaded.extract.excluded == {"no_key": 1}
    assert sorted((e["key"], e["code"], e["date_from"]) for e in loaded.events) == [
        ("0xCD/B2/2016", "1", "2015-09-01"), ("501", "1", "2014-09-01"), ("501", "4", "2014-09-01"),
    ]  # fmt: skip
    assert sorted((a["postcode"], a["valid_to"]) for a in loaded.addresses) == [
        ("AB1 1AA", "2014-08-01"), ("AB1 1AB", None),
    ]  # fmt: skip
    assert loaded.codes == {"ID011": 1, "FI015": 1}

    spec = SourceSpec(name="s", format="lilr", path=("x",), supply="leo")
    prepare_records(con, [spec], [loaded.extract], unique=[], within=[])
    assert rows(con, "select scheme, scope, count(*) from identifiers group by all order by all") == [
        ("learner_ref", "0xAB", 2), ("learner_ref", "0xCD", 2), ("pseudonym", "leo", 4),
    ]  # fmt: skip
    assert rows(con, "select key, ethnicity, ethnicity_5, sex from records order by key") == [
        ("0xCD/B2/2016", None, None, "M"), ("501", "WBRI", "White", "F"), ("502", "WBRI", "White", "F"),
        ("503", None, "White", "F"),
    ]  # fmt: skip
    assert rows(con, "select count(*) from events") == [(3,)]


def test_lilr_without_supply_or_dates_of_aims(load) -> None:
    files = {"l.csv": LEARNERS, "a.csv": "external_id,AimType,AimRankInYear\n501,1,1\n"}
    loaded = load(files, format="lilr")
    assert loaded.codes == {"ID010": 1, "ID011": 1, "FI016": 1}
    with pytest.raises(InputError, match="LEO"):
        load({"x.csv": "AE_ID,EDUKEY\nSECRET,1\n"}, format="lilr", path="x.csv")
    with pytest.raises(InputError, match="longitudinal ILR: aims"):
        load({"x.csv": AIMS}, format="lilr", path="x.csv")
