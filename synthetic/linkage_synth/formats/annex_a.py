"""Ofsted's Annex A: a workbook per authority with eleven lists, of the six months to 31 March 2024.

Lists 1 to 10 are of children, by the authority's own id; List 11 is of adopters, who are in no truth. Names of staff
stand in most lists.
"""

import datetime
from collections.abc import Callable
from pathlib import Path

import numpy as np

from linkage_synth.arrays import Bools, Ints
from linkage_synth.dates import NO_DATE, REFERENCE, age_on
from linkage_synth.formats.annex_a_lists import ETHNICITY_ORDER, HEADERS, drifted, lettered
from linkage_synth.formats.contract import Format, Output, Rows, Source, numbered
from linkage_synth.formats.known import Known
from linkage_synth.workbooks import Sheet, write_workbook

SOURCE = "annex_a"
SINCE = REFERENCE - 182
NOT_AVAILABLE = "#N/A"
WITHOUT_LETTER = 0.15
MISSING = 0.01
"""Share of cells of a child that say `#N/A`, or nothing."""
_WORKERS = ("Avery\u00a0Cole", "Noor\u00a0Mensah", "Robin\u00a0Iqbal", "Jo\u00a0Nowak", "Sam\u00a0Grant")
_TEAMS = ("Duty Team", "Locality 1", "Locality 2", "Children in Care Team")

Cells = dict[str, object]


def _date(days: int) -> datetime.datetime | None:
    if days == NO_DATE:
        return None
    return datetime.datetime(1970, 1, 1) + datetime.timedelta(days=days)


def _yes_no(yes: bool) -> str:
    return lettered(0, "Yes") if yes else lettered(1, "No")


class _Lists:
    """Rows of all lists of all authorities, before they are cut up."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.rng = known.world.draw("annex_a")
        self.register = known.world.register
        self._common = self._children()

    def _children(self) -> list[Cells]:
        """The columns of a child that all lists have, by entry of the register."""
        register, facts = self.register, self.known.facts["cin_2024"]
        size = len(register.person)
        draws = self.rng.random((size, 4)).tolist()
        result: list[Cells] = []
        columns = zip(
            register.child_id[2024], facts.is_girl.tolist(), facts.ethnicity, facts.birth.tolist(), draws, strict=True
        )
        for child_id, girl, ethnicity, birth, draw in columns:
            word = ("Female" if girl else "Male") if birth <= REFERENCE else "Not stated/recorded"
            gender = lettered(2 if birth > REFERENCE else int(girl), word) if draw[0] > WITHOUT_LETTER else word
            ethnic = lettered(ETHNICITY_ORDER.index(ethnicity), ethnicity) if draw[1] > WITHOUT_LETTER else ethnicity
            ethnic = NOT_AVAILABLE if draw[2] < MISSING else ethnic
            born = birth if birth <= REFERENCE and draw[3] > MISSING else NO_DATE
            age = (REFERENCE - birth) / 365.25 if birth <= REFERENCE else ""
            # A system whose ids are plain numbers hands them on as numbers.
            plain = child_id.isdigit() and not child_id.startswith("0")
            result.append(
                {
                    "Child Unique ID": int(child_id) if plain else child_id, "Gender": gender, "Ethnicity": ethnic,
                    "Date of Birth": _date(born), "Age": age,
                }
            )  # fmt: skip
        return result

    def rows(self, entry: Ints, picked: Bools, cells: Callable[[int], Cells]) -> tuple[Ints, list[Cells]]:
        """Entry and cells of the rows that are picked, in order of authority and in no other."""
        chosen = np.flatnonzero(picked)
        chosen = chosen[self.rng.permutation(len(chosen))]
        chosen = chosen[np.argsort(self.register.authority[entry[chosen]], kind="stable")]
        disabled = self.known.world.traits.disabled
        result: list[Cells] = []
        for row, draw in zip(chosen.tolist(), self.rng.random(len(chosen)).tolist(), strict=True):
            number = int(entry[row])
            staff = {"Allocated Team": _TEAMS[row % len(_TEAMS)], "Allocated Worker": _WORKERS[row % len(_WORKERS)]}
            if draw < 0.03:
                staff = dict.fromkeys(staff, NOT_AVAILABLE)
            is_disabled = _yes_no(bool(disabled[self.register.person[number]]))
            result.append(self._common[number] | staff | {"Does the Child have a Disability": is_disabled} | cells(row))
        return entry[chosen], result

    def all(self) -> dict[str, tuple[Ints, list[Cells]]]:
        """Entry and cells of every row, by list."""
        world, work = self.known.world, self.known.casework
        spells, care, families = world.spells, world.care, world.families
        count = world.places.authorities
        entry = self.register.entry(spells.person, spells.authority, count)
        in_care = self.register.entry(care.person, care.authority, count)
        ended = np.where(spells.end == NO_DATE, REFERENCE, spells.end)
        open_lately = ended >= SINCE
        latest = np.zeros(len(care.person), dtype=np.int64)
        latest[care.placement_person] = np.arange(len(care.placement_person))
        left = np.where(care.end == NO_DATE, REFERENCE + 1, care.end)
        grown = age_on(families.birth[care.person], REFERENCE) >= 16
        residential = care.placement_residential

        def day_of(days: Ints) -> Callable[[int], datetime.datetime | None]:
            return lambda row: _date(int(days[row])) if days[row] <= REFERENCE else None

        start, end, assessed, authorised = map(day_of, (spells.start, spells.end, work.assessed_from, work.assessed_to))
        enquired, conference, planned, unplanned = map(
            day_of, (work.enquiry, work.conference, work.protected_from, work.protected_to)
        )
        referred = spells.start >= SINCE
        protected = (work.protected_from != NO_DATE) & (work.protected_from <= REFERENCE) & open_lately
        assessing = (work.assessed_from != NO_DATE) & (work.assessed_from <= REFERENCE) & (work.assessed_to >= SINCE)
        return {
            "List 1": self.rows(entry, referred, lambda row: {
                "Date of Contact": start(row), "Contact Source": lettered(16, "6: Police") if row % 3 else "8: Other"}),
            "List 2": self.rows(entry, (spells.kind == 1) & open_lately, lambda row: {
                "Assessment start date": start(row), "Organisation completing assessment": "Early Help Locality 2"}),
            "List 3": self.rows(entry, referred, lambda row: {
                "Date of Referral": start(row), "Referral Source": lettered(9, "3D: Health services"),
                "Referral NFA?": "Yes" if spells.kind[row] == 0 else "No",
                "Number of Referrals in Last 12 Months": row % 2}),
            "List 4": self.rows(entry, assessing, lambda row: {
                "Continuous Assessment Start Date": assessed(row), "Child Seen During Continuous Assessment": "Yes",
                "Continuous Assessment Date of Authorisation": authorised(row)}),
            "List 5": self.rows(entry, (work.enquiry >= SINCE) & (work.enquiry <= REFERENCE), lambda row: {
                "Strategy discussion initiating Section 47 Enquiry Start Date": enquired(row),
                "Was an Initial Child Protection Conference deemed unnecessary?":
                    "No" if work.conference[row] != NO_DATE else "Yes",
                "Date of Initial Child Protection Conference": conference(row)}),
            "List 6": self.rows(entry, (spells.kind >= 2) & open_lately, lambda row: {
                "CIN Start Date": start(row), "Primary Need Code": f"{work.need[row]} - Need",
                "CIN Closure Date": end(row),
                "Reason for Closure": work.closure[row] if spells.end[row] != NO_DATE else "",
                "Case Status": lettered(2, "Child in need plan")}),
            "List 7": self.rows(entry, protected, lambda row: {
                "Child Protection Plan Start Date": planned(row), "Initial Category of Abuse": work.abuse[row],
                "Latest Category of Abuse": work.abuse_later[row], "Child Protection Plan End Date": unplanned(row),
                "Number of Previous Child Protection Plans": int(work.earlier_plans[row])}),
            "List 8": self.rows(in_care, left >= SINCE, lambda row: {
                "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N))":
                    _yes_no(bool(families.unaccompanied[care.person[row]])),
                "Date Started to be Looked After": _date(int(care.start[row])),
                "Child's Legal Status": "C2: FCO" if row % 2 else "V2",
                "Date Ceased to be Looked After": _date(int(care.end[row])),
                "Start Date of Most Recent Placement": _date(int(care.placement_start[latest[row]])),
                "Placement Type": "K2" if residential[latest[row]] else lettered(5, "U6: Foster placement - not FFA"),
                "Placement postcode":
                    world.places.postcode[care.placement_postcode[latest[row]]] if row % 40 else "nope"}),
            "List 9": self.rows(in_care, grown & (care.end != NO_DATE), lambda row: {
                "Eligibility Category": lettered(0, "Relevant child"), "LA in Touch": _yes_no(row % 8 != 0),
                "Type of Accommodation": "U: Independent living"}),
            "List 10": self.rows(in_care, care.adopted, lambda row: {
                "Family identifier": 14_000_000 + row, "Date the Child Entered Care": _date(int(care.start[row])),
                "Age of Child (Years)": int(age_on(families.birth[care.person[row : row + 1]], REFERENCE)[0]),
                "Date of Adoption Order ": _date(int(care.end[row]))}),
        }  # fmt: skip

    def adopters(self) -> tuple[Ints, list[Cells]]:
        """Authority and cells of the adopters, one or two to a family, who are grown-ups."""
        care = self.known.world.care
        authority: list[int] = []
        result: list[Cells] = []
        for row in np.flatnonzero(care.adopted).tolist():
            for adopter in range(1 + row % 2):
                authority.append(int(care.authority[row]))
                result.append(
                    {
                        "Individual adopter identifier": 7_000_000 + 2 * row + adopter,
                        "Family identifier": 14_000_000 + row, "Gender": lettered(adopter, ("Male", "Female")[adopter]),
                        "Ethnicity": lettered(0, "WBRI"), "Disability": _yes_no(False),
                        "Date enquiry received": _date(int(care.start[row]) + 60), "No. of children placed": 1,
                        "Date of Adoption Order": _date(int(care.end[row])),
                    }
                )  # fmt: skip
        return np.array(authority, dtype=np.int64), result


def write(out: Path, known: Known) -> Output:
    """Write a workbook per authority."""
    lists = _Lists(known)
    children, (of_adopter, adopters) = lists.all(), lists.adopters()
    register, places = lists.register, known.world.places
    files: list[str] = []
    truth: list[Rows] = []
    for place in range(places.authorities):
        path = f"returns/annex_a/{places.authority_code[place]}/Annex_A.xlsx"
        sheets: list[Sheet] = []
        for title, names in HEADERS.items():
            if title == "List 11":
                cells = [adopters[row] for row in np.flatnonzero(of_adopter == place).tolist()]
            else:
                entry, every = children[title]
                here = np.flatnonzero(register.authority[entry] == place)
                cells = [every[row] for row in here.tolist()]
                truth.append(_truth(f"{path}#{title}", register.person[entry[here]]))
            rows = [[cell.get(name, "") for name in names] for cell in cells]
            sheets.append(Sheet(title, drifted(names, place % 3), rows))
        write_workbook(out / path, "Children's services", sheets)
        files.append(path)
    return Output(tuple(files), tuple(truth))


def _truth(file: str, person: Ints) -> Rows:
    return Rows(SOURCE, file, numbered(len(person)), person)


FORMAT = Format(
    "annex_a",
    write,
    (Source(SOURCE, 'format = "annex_a"\npath = "returns/annex_a/"\nyear = 2024'),),
    ("returns/annex_a/*/Annex_A.xlsx",),
)
