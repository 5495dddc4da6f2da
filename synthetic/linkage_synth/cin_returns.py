"""The CIN census: one XML file per authority and year."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linkage_synth.arrays import Ints, Texts, choose, texts
from linkage_synth.careers import NO_FURTHER_ACTION, Spells
from linkage_synth.casework import Casework
from linkage_synth.dates import NO_DATE, YEAR_END, age_on, iso
from linkage_synth.families import Families
from linkage_synth.la_records import PersonPart
from linkage_synth.places import Places
from linkage_synth.traits import Traits

DISABILITIES = ("LD", "AUT", "BEH", "COMM", "MOB", "PC", "INC", "HEAR", "VIS", "HAND", "CON", "DDA")
BOTH_UPN_AND_CODE = 0.01
SEX_NOT_RECORDED = 0.002
LOWER_CASE_UPN = 0.002
NO_CODE = 0.08
"""Share of children without a UPN whose record does not say why."""


@dataclass(frozen=True)
class CinReturn:
    """The rows of one year: person parts in order of authority and child id, and their referrals."""

    collection: int
    part: PersonPart
    upn: Texts
    unknown: Texts
    sex: Texts
    disabilities: list[tuple[str, ...]]
    referral: Ints
    """Referrals of the rows one after another, as indices of `Spells`."""
    first_referral: Ints
    """Where each row's referrals begin, with one more entry for the end."""


def rows_of_year(spells: Spells, entry_of_spell: Ints, collection: int) -> Ints:
    """Register entries with a referral in the year, in order."""
    return np.unique(entry_of_spell[spells.in_year(collection)])


def build_cin_return(
    rng: np.random.Generator,
    families: Families,
    traits: Traits,
    spells: Spells,
    entry_of_spell: Ints,
    part: PersonPart,
    unknown: Texts,
    collection: int,
) -> CinReturn:
    """Order the rows as the file has them, and attach the referrals of the year."""
    in_year = np.flatnonzero(spells.in_year(collection))
    row_of_entry = {entry: row for row, entry in enumerate(part.entry.tolist())}
    row = np.array([row_of_entry[entry] for entry in entry_of_spell[in_year].tolist()], dtype=np.int64)
    order = np.lexsort((spells.start[in_year], row))
    referral, row = in_year[order], row[order]
    first = np.r_[np.searchsorted(row, np.arange(len(part.entry))), len(row)].astype(np.int64)

    # UN7 is for referrals without further action, and only where every one of them is.
    action = np.bincount(row, weights=spells.kind[referral] != NO_FURTHER_ACTION, minlength=len(part.entry)) > 0
    grown = age_on(families.birth[part.person], YEAR_END[collection]) >= 5
    unknown = np.where((unknown != "") & ~action & grown & (rng.random(len(unknown)) < 0.6), "UN7", unknown)
    unknown = np.where(rng.random(len(unknown)) < NO_CODE, "", unknown)
    unknown = np.where((part.upn != "") & (rng.random(len(unknown)) < BOTH_UPN_AND_CODE), "UN4", unknown)
    sex = np.where(rng.random(len(unknown)) < SEX_NOT_RECORDED, "0", part.sex)
    # The schema of the return lets small letters through.
    small = np.flatnonzero(rng.random(len(unknown)) < LOWER_CASE_UPN)
    upn = part.upn.copy()
    upn[small] = [number.lower() for number in upn[small]]
    return CinReturn(collection, part, upn, unknown, sex, _disabilities(rng, traits, part.person), referral, first)


def _disabilities(rng: np.random.Generator, traits: Traits, person: Ints) -> list[tuple[str, ...]]:
    weights = (np.arange(len(DISABILITIES)) + 1.5) ** -0.9
    picks = choose(rng, weights, 2 * len(person)).reshape(-1, 2).tolist()
    given = (rng.random(len(person)) < 0.9).tolist()
    result: list[tuple[str, ...]] = []
    for disabled, pair, stated in zip((traits.disabled[person] == 1).tolist(), picks, given, strict=True):
        if disabled:
            result.append(tuple(DISABILITIES[pick] for pick in sorted(set(pair))))
        else:
            result.append(("NONE",) if stated else ())
    return result


def write_cin(
    out: Path, places: Places, spells: Spells, casework: Casework, cin: CinReturn
) -> tuple[list[str], Texts, Ints]:
    """Write the files of a year. Gives their paths, and file and child number of every row."""
    part = cin.part
    order = np.lexsort(
        (np.argsort(np.argsort(part.child_id.astype(str), kind="stable"), kind="stable"), part.authority)
    )
    last = YEAR_END[cin.collection]
    details = _referral_texts(spells, casework, cin.referral, last)
    children = _child_texts(cin, details)
    (out / "returns" / "cin").mkdir(parents=True, exist_ok=True)
    paths: list[str] = []
    file_of_row = texts([""] * len(order))
    number_of_row = np.zeros(len(order), dtype=np.int64)
    for authority in np.unique(part.authority).tolist():
        rows = order[part.authority[order] == authority]
        code = places.authority_code[authority]
        name = f"returns/cin/cin_{code}_{cin.collection}.xml"
        with (out / name).open("w", encoding="utf-8", newline="\n") as file:
            file.write(_header(code, cin.collection))
            file.writelines(children[row] for row in rows.tolist())
            file.write("</Children>\n</Message>\n")
        paths.append(name)
        file_of_row[rows] = name
        number_of_row[rows] = np.arange(1, len(rows) + 1)
    return paths, file_of_row, number_of_row


def _header(code: str, collection: int) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<Message>\n<Header><CollectionDetails>'
        "<Collection>CIN</Collection>"
        f"<Year>{collection}</Year><ReferenceDate>{collection}-03-31</ReferenceDate></CollectionDetails>"
        f"<Source><SourceLevel>L</SourceLevel><LEA>{code}</LEA><SoftwareCode>Synthetic England</SoftwareCode>"
        f"<Release>1.0</Release><SerialNo>001</SerialNo><DateTime>{collection}-07-14T10:00:00</DateTime>"
        "</Source></Header>\n"
        "<Children>\n"
    )


def _tag(name: str, value: str) -> str:
    return f"<{name}>{value}</{name}>" if value else ""


def _child_texts(cin: CinReturn, details: list[str]) -> list[str]:
    part = cin.part
    births, expected = iso(part.birth).tolist(), iso(part.expected_birth).tolist()
    first = cin.first_referral.tolist()
    columns = zip(
        part.child_id, cin.upn, part.former_upn, cin.unknown, births, expected, cin.sex, part.ethnicity,
        cin.disabilities,
        strict=True,
    )  # fmt: skip
    result = []
    for row, (child, upn, former, unknown, birth, due, sex, ethnicity, disabilities) in enumerate(columns):
        disability = "".join(f"<Disability>{code}</Disability>" for code in disabilities)
        result.append(
            f"<Child>\n<ChildIdentifiers><LAchildID>{child}</LAchildID>{_tag('UPN', upn)}"
            f"{_tag('FormerUPN', former)}{_tag('UPNunknown', unknown)}{_tag('PersonBirthDate', birth)}"
            f"{_tag('ExpectedPersonBirthDate', due)}<GenderCurrent>{sex}</GenderCurrent></ChildIdentifiers>\n"
            f"<ChildCharacteristics><Ethnicity>{ethnicity}</Ethnicity>{_tag('Disabilities', disability)}"
            f"</ChildCharacteristics>\n{''.join(details[first[row] : first[row + 1]])}</Child>\n"
        )
    return result


def _referral_texts(spells: Spells, casework: Casework, referral: Ints, last: int) -> list[str]:
    """The CINdetails of each referral as known on the last day of the year: later steps are left out."""

    def known(days: Ints) -> list[str]:
        picked = days[referral]
        written: list[str] = iso(np.where(picked > last, NO_DATE, picked)).tolist()
        return written

    closed = np.where(spells.end > last, NO_DATE, spells.end)
    columns = zip(
        known(spells.start), casework.source[referral], casework.need[referral], known(closed),
        casework.closure[referral], known(casework.conference), known(casework.assessed_from),
        known(casework.assessed_to), [casework.factors[number] for number in referral.tolist()],
        known(casework.plan_from), known(casework.plan_to), known(casework.enquiry),
        (spells.kind[referral] == NO_FURTHER_ACTION).tolist(), known(casework.protected_from),
        known(casework.protected_to), casework.abuse[referral], casework.abuse_later[referral],
        casework.earlier_plans[referral].tolist(), strict=True,
    )  # fmt: skip
    return ["".join(_details(*values)) for values in columns]


def _details(
    start: str, source: str, need: str, closed: str, closure: str, conference: str, assessed: str,
    authorised: str, factors: tuple[str, ...], plan: str, plan_end: str, enquiry: str, no_action: bool,
    protected: str, protected_end: str, abuse: str, abuse_later: str, earlier: int,
) -> Iterator[str]:  # fmt: skip
    yield f"<CINdetails><CINreferralDate>{start}</CINreferralDate><ReferralSource>{source}</ReferralSource>"
    yield f"<PrimaryNeedCode>{need}</PrimaryNeedCode>"
    if closed:
        yield f"<CINclosureDate>{closed}</CINclosureDate><ReasonForClosure>{closure}</ReasonForClosure>"
    yield _tag("DateOfInitialCPC", conference)
    if assessed:
        yield f"<Assessments><AssessmentActualStartDate>{assessed}</AssessmentActualStartDate>"
        yield _tag("AssessmentAuthorisationDate", authorised)
        if authorised:
            codes = "".join(f"<AssessmentFactors>{code}</AssessmentFactors>" for code in factors)
            yield f"<FactorsIdentifiedAtAssessment>{codes}</FactorsIdentifiedAtAssessment>"
        yield "</Assessments>"
    if plan:
        yield f"<CINPlanDates><CINPlanStartDate>{plan}</CINPlanStartDate>"
        yield f"{_tag('CINPlanEndDate', plan_end)}</CINPlanDates>"
    if enquiry:
        yield f"<Section47><S47ActualStartDate>{enquiry}</S47ActualStartDate>"
        yield _tag("DateOfInitialCPC", conference)
        yield f"<ICPCnotRequired>{0 if conference else 1}</ICPCnotRequired></Section47>"
    yield f"<ReferralNFA>{int(no_action)}</ReferralNFA>"
    if protected:
        yield f"<ChildProtectionPlans><CPPstartDate>{protected}</CPPstartDate>"
        yield f"{_tag('CPPendDate', protected_end)}<InitialCategoryOfAbuse>{abuse}</InitialCategoryOfAbuse>"
        yield f"<LatestCategoryOfAbuse>{abuse_later}</LatestCategoryOfAbuse>"
        yield f"<NumberOfPreviousCPP>{earlier}</NumberOfPreviousCPP></ChildProtectionPlans>"
    yield "</CINdetails>\n"
