"""The CIN census as a flat file of events: one row per date in a referral, as regional data platforms keep it.

Child ids end in the authority (`1234_CAM`, `1234_873`), and birth dates are cut to the first of the month.
Source: the flat file of LIIA's tools, whose letters stand for London boroughs; elsewhere platforms write the number.
"""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Ints, Texts, blank, texts
from linkage_synth.dates import NO_DATE, YEAR_END, from_parts, iso, parts
from linkage_synth.formats.contract import Format, Output, Source, write_by_authority
from linkage_synth.formats.known import Known

COLLECTION = 2024
_LONDON = {
    "202": "CAM", "203": "GRE", "204": "HAC", "205": "HAF", "206": "ISL", "207": "KAC", "208": "LAM", "209": "LEW",
    "210": "SOU", "211": "TOW", "212": "WAN", "213": "WES", "301": "BAD", "302": "BAR", "303": "BEX", "304": "BRE",
    "305": "BRO", "306": "CRO", "307": "EAL", "308": "ENF", "309": "HAY", "310": "HAW", "311": "HAV", "312": "HIL",
    "313": "HOU", "314": "KUT", "315": "MER", "316": "NEW", "317": "RED", "318": "RUT", "319": "SUT", "320": "WAL",
}  # fmt: skip
EVENTS: dict[str, str] = {
    "CINreferralDate": "", "CINclosureDate": "", "DateOfInitialCPC": "", "AssessmentActualStartDate": "assessment",
    "AssessmentAuthorisationDate": "assessment", "CINPlanStartDate": "plan", "CINPlanEndDate": "plan",
    "S47ActualStartDate": "enquiry", "CPPstartDate": "protection", "CPPendDate": "protection",
}  # fmt: skip
"""Types of event, in order, with the part of the referral whose columns their rows fill beside the referral's own."""


def _month_only(days: Ints) -> Texts:
    """The first of the month, in ISO form."""
    year, month, _ = parts(days)
    return iso(np.where(days == NO_DATE, NO_DATE, from_parts(year, month, np.ones_like(month))))


def write(out: Path, known: Known) -> Output:
    """Write one file per authority, for the year to 31 March 2024."""
    world, cin, work = known.world, known.cin[COLLECTION], known.casework
    part, referral = cin.part, cin.referral
    row = np.repeat(np.arange(len(part.person)), np.diff(cin.first_referral))
    last = YEAR_END[COLLECTION]
    dates = {
        "CINreferralDate": world.spells.start, "CINclosureDate": world.spells.end, "DateOfInitialCPC": work.conference,
        "AssessmentActualStartDate": work.assessed_from, "AssessmentAuthorisationDate": work.assessed_to,
        "CINPlanStartDate": work.plan_from, "CINPlanEndDate": work.plan_to, "S47ActualStartDate": work.enquiry,
        "CPPstartDate": work.protected_from, "CPPendDate": work.protected_to,
    }  # fmt: skip
    shown = {name: np.where(days[referral] > last, NO_DATE, days[referral]) for name, days in dates.items()}
    # One event per date that is there, in the order of child, referral and type.
    event = np.concatenate([np.flatnonzero(shown[name] != NO_DATE) for name in EVENTS])
    kind = np.repeat(np.arange(len(EVENTS)), [int((shown[name] != NO_DATE).sum()) for name in EVENTS])
    order = np.lexsort((kind, event, part.child_id.astype(str)[row[event]], part.authority[row[event]]))
    event, kind = event[order], kind[order]
    child = row[event]
    stated = {name: iso(days)[event] for name, days in shown.items()}
    groups = texts(list(EVENTS.values()))[kind]

    def of(group: str, column: Texts) -> Texts:
        return np.where(groups == group, column, "")

    code = world.places.authority_code[part.authority[child]]
    suffix = texts([_LONDON.get(each, each) for each in code])
    year, month, _ = parts(part.birth)
    factors = texts([",".join(codes) for codes in work.factors])[referral][event]
    authorised = stated["AssessmentAuthorisationDate"] != ""
    closed = stated["CINclosureDate"] != ""
    columns = {
        "LAchildID": part.child_id[child] + "_" + suffix,
        "Date": np.choose(kind, [stated[name] for name in EVENTS]).astype(np.object_),
        "Type": texts(list(EVENTS))[kind],
        "CINreferralDate": stated["CINreferralDate"],
        "ReferralSource": work.source[referral][event],
        "PrimaryNeedCode": work.need[referral][event],
        "CINclosureDate": stated["CINclosureDate"],
        "ReasonForClosure": np.where(closed, work.closure[referral][event], ""),
        "DateOfInitialCPC": stated["DateOfInitialCPC"],
        "ReferralNFA": np.where(world.spells.kind[referral][event] == 0, "true", "false").astype(np.object_),
        "CINPlanStartDate": of("plan", stated["CINPlanStartDate"]),
        "CINPlanEndDate": of("plan", stated["CINPlanEndDate"]),
        "S47ActualStartDate": of("enquiry", stated["S47ActualStartDate"]),
        "InitialCPCtarget": blank(len(event)),
        "ICPCnotRequired": of("enquiry", np.where(stated["DateOfInitialCPC"] == "", "true", "false")),
        "AssessmentActualStartDate": of("assessment", stated["AssessmentActualStartDate"]),
        "AssessmentInternalReviewDate": blank(len(event)),
        "AssessmentAuthorisationDate": of("assessment", stated["AssessmentAuthorisationDate"]),
        "Factors": of("assessment", np.where(authorised, factors, "")),
        "CPPstartDate": of("protection", stated["CPPstartDate"]),
        "CPPendDate": of("protection", stated["CPPendDate"]),
        "InitialCategoryOfAbuse": of("protection", work.abuse[referral][event]),
        "LatestCategoryOfAbuse": of("protection", work.abuse_later[referral][event]),
        "NumberOfPreviousCPP": of("protection", work.earlier_plans[referral][event].astype(np.object_)),
        "UPN": cin.upn[child],
        "FormerUPN": part.former_upn[child],
        "UPNunknown": cin.unknown[child],
        "PersonBirthDate": _month_only(part.birth)[child],
        "ExpectedPersonBirthDate": _month_only(part.expected_birth)[child],
        "GenderCurrent": cin.sex[child],
        "PersonDeathDate": blank(len(event)),
        "PersonSchoolYear": np.where(part.birth == NO_DATE, "", np.where(month >= 9, year, year - 1).astype(str))[
            child
        ].astype(np.object_),
        "Ethnicity": part.ethnicity[child],
        "Disabilities": texts([",".join(codes) for codes in cin.disabilities])[child],
        "LA": suffix,
        "YEAR": texts([str(COLLECTION)])[np.zeros(len(event), dtype=np.int64)],
    }
    pattern = "returns/cin_flat/{code}/cin_census_2024.csv"
    return write_by_authority(out, known, pattern, "cin_flat_2024", part.authority[child], columns, part.person[child])


FORMAT = Format(
    "cin_flat",
    write,
    (Source("cin_flat_2024", 'format = "cin_census"\npath = "returns/cin_flat/"\nyear = 2024'),),
    ("returns/cin_flat/*/cin_census_*.csv",),
)
