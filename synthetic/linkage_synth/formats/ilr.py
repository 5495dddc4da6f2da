"""The individualised learner record (ILR) of 2023/24: one XML file per provider, of learners aged 16 to 18."""

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from linkage_synth.arrays import Ints, Texts, blank, choose, texts
from linkage_synth.dates import day, iso
from linkage_synth.formats.clerks import Clerk, write_down
from linkage_synth.formats.contract import Format, Output, Rows, Source, numbered
from linkage_synth.formats.known import Known
from linkage_synth.formats.numbers import TEMPORARY_ULN

NAMESPACE = "ESFA/ILR/2023-24"
AS_OF = day("2024-02-06")
CLERK = Clerk(name_wrong=0.06, date_wrong=0.008, known_as=0.1, without_accents=0.35, no_postcode=0.0, upn_known=0.0)
ULN_NOT_KNOWN = 0.03
ULN_WRONG = 0.003
MIDDLE_NAME_GIVEN = 0.5
NO_POSTCODE = "ZZ99 9ZZ"
POSTCODE_NOT_KNOWN = 0.01
MOVED_SINCE = 0.2
"""Share of learners whose postcode before enrolment is an older one than that of the year before."""
ETHNICITY = {
    "WBRI": 31, "WIRI": 32, "WIRT": 33, "WROM": 33, "WOTH": 34, "MWBC": 35, "MWBA": 36, "MWAS": 37, "MOTH": 38,
    "AIND": 39, "APKN": 40, "ABAN": 41, "CHNE": 42, "AOTH": 43, "BAFR": 44, "BCRB": 45, "BOTH": 46, "OOTH": 98,
    "REFU": 99, "NOBT": 99,
}  # fmt: skip
"""Codes of the ILR by those of schools. Arabs, who are 47 here and OOTH in schools, are told by their language."""
ARAB = 47
_AIMS = ("60174898", "60305300", "50089643", "60187789", "60333903", "60147925")


def ethnicity_codes(known: Known, person: Ints, ethnicity: Texts) -> Texts:
    """Code of the ILR for the ethnicity that was written down."""
    arabic = known.world.traits.language[person] == "ARA"
    codes = np.array([ETHNICITY[code] for code in ethnicity])
    result: Texts = np.where(arabic & (ethnicity == "OOTH"), ARAB, codes).astype(str).astype(np.object_)
    return result


def _learner_numbers(rng: np.random.Generator, known: Known, person: Ints) -> Texts:
    """Learner numbers; the temporary one for some, one digit wrong for a few."""
    numbers = known.ulns[person]
    for row in np.flatnonzero(rng.random(len(person)) < ULN_WRONG).tolist():
        text = numbers[row]
        numbers[row] = text[:5] + str((int(text[5]) + 1 + row % 9) % 10) + text[6:]
    result: Texts = np.where(rng.random(len(person)) < ULN_NOT_KNOWN, TEMPORARY_ULN, numbers)
    return result


def write(out: Path, known: Known) -> Output:
    """Write a return per provider; a row is a `Learner` element."""
    world, enrolments = known.world, known.enrolments
    rng = world.draw("ilr")
    person = enrolments.person
    entries = write_down(rng, known, person, AS_OF, CLERK)
    learners = _learners(rng, known, entries.names.surname, _given(rng, entries.names.forename, entries.names.middle), {
        "birth": iso(entries.birth), "sex": np.where(entries.is_girl, "F", "M"), "postcode": entries.postcode,
        "ethnicity": ethnicity_codes(known, person, entries.ethnicity), "uln": _learner_numbers(rng, known, person),
    })  # fmt: skip
    deliveries = _deliveries(rng, enrolments.start)
    files, file, number = [], blank(len(person)), np.zeros(len(person), dtype=np.int64)
    for provider in np.unique(enrolments.provider).tolist():
        rows = np.flatnonzero(enrolments.provider == provider)
        ukprn = enrolments.ukprn[provider]
        path = f"returns/ilr/ILR-{ukprn}-2324-20240206-120000-01.xml"
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        with (out / path).open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(_header(ukprn))
            stream.writelines(f"{learners[row]}{deliveries[row]}</Learner>\n" for row in rows.tolist())
            stream.write("</Message>\n")
        files.append(path)
        file[rows], number[rows] = path, numbered(len(rows))
    return Output(tuple(files), (Rows("ilr", file, number, person),))


def _header(ukprn: str) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<Message xmlns="{NAMESPACE}">\n<Header><CollectionDetails>'
        "<Collection>ILR</Collection><Year>2324</Year><FilePreparationDate>2024-02-06</FilePreparationDate>"
        "</CollectionDetails><Source><ProtectiveMarking>OFFICIAL-SENSITIVE-Personal</ProtectiveMarking>"
        f"<UKPRN>{ukprn}</UKPRN><SoftwareSupplier>Synthetic England</SoftwareSupplier><SerialNo>01</SerialNo>"
        "<DateTime>2024-02-06T12:00:00</DateTime></Source></Header>\n"
        f"<LearningProvider><UKPRN>{ukprn}</UKPRN></LearningProvider>\n"
    )


def _given(rng: np.random.Generator, forename: Texts, middle: Texts) -> Texts:
    """All given names in one field."""
    both = (middle != "") & (rng.random(len(forename)) < MIDDLE_NAME_GIVEN)
    return np.where(both, forename + " " + middle, forename)


def _learners(
    rng: np.random.Generator, known: Known, surname: Texts, given: Texts, cells: dict[str, Texts]
) -> list[str]:
    """Text of each learner up to the aims."""
    enrolments, world = known.enrolments, known.world
    size = len(given)
    years = np.where(rng.random(size) < MOVED_SINCE, 730, 150)
    prior = np.where(years == 730, known.living_on(AS_OF - 730)[0][enrolments.person],
                     known.living_on(AS_OF - 150)[0][enrolments.person])  # fmt: skip
    unknown = rng.random((2, size)) < POSTCODE_NOT_KNOWN
    before = np.where(unknown[0], NO_POSTCODE, known.postcodes(prior))
    now = np.where(unknown[1] | (cells["postcode"] == ""), NO_POSTCODE, cells["postcode"])
    learning = np.where(world.traits.sen[enrolments.person] == "N", "2", "1")
    learning = np.where(rng.random(size) < 0.05, "9", learning)
    attained = texts(["2", "3", "7", "99"])[choose(rng, [0.5, 0.2, 0.25, 0.05], size)]
    earlier_provider = np.where(enrolments.previous_provider < 0, "", enrolments.ukprn[enrolments.previous_provider])
    columns = zip(
        enrolments.reference, enrolments.previous_reference, earlier_provider, cells["uln"], surname, given,
        cells["birth"], cells["ethnicity"], cells["sex"], learning, attained, before, now, strict=True,
    )  # fmt: skip
    return [
        f"<Learner>\n<LearnRefNumber>{reference}</LearnRefNumber>"
        + (f"<PrevLearnRefNumber>{previous}</PrevLearnRefNumber>" if previous else "")
        + (f"<PrevUKPRN>{provider}</PrevUKPRN>" if provider else "")
        + f"<ULN>{uln}</ULN><FamilyName>{escape(family)}</FamilyName><GivenNames>{escape(names)}</GivenNames>"
        f"<DateOfBirth>{birth}</DateOfBirth><Ethnicity>{ethnicity}</Ethnicity><Sex>{sex}</Sex>"
        f"<LLDDHealthProb>{difficulty}</LLDDHealthProb><PriorAttain>{attainment}</PriorAttain>"
        f"<PostcodePrior>{prior}</PostcodePrior><Postcode>{postcode}</Postcode>\n"
        for reference, previous, provider, uln, family, names, birth, ethnicity, sex, difficulty, attainment, prior,
        postcode in columns
    ]  # fmt: skip


def _deliveries(rng: np.random.Generator, start: Ints) -> list[str]:
    """One to four aims of each learner."""
    count = 1 + rng.integers(0, 4, len(start))
    first = rng.integers(0, len(_AIMS), len(start))
    begun, planned = iso(start), iso(start + 300)
    return [
        "".join(
            f"<LearningDelivery><LearnAimRef>{_AIMS[(aim + place) % len(_AIMS)]}</LearnAimRef><AimType>4</AimType>"
            f"<AimSeqNumber>{place + 1}</AimSeqNumber><LearnStartDate>{begins}</LearnStartDate>"
            f"<LearnPlanEndDate>{ends}</LearnPlanEndDate><FundModel>25</FundModel><CompStatus>1</CompStatus>"
            "</LearningDelivery>\n"
            for place in range(aims)
        )
        for aims, aim, begins, ends in zip(count.tolist(), first.tolist(), begun, planned, strict=True)
    ]


FORMAT = Format(
    "ilr",
    write,
    (Source("ilr", 'format = "ilr"\npath = "returns/ilr/"\nyear = 2024', within=True),),
    ("returns/ilr/ILR-*.xml",),
)
