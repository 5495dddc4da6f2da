"""The SSDA903 return of children looked after: ten CSV files per authority, for the year to 31 March 2024."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Bools, Ints, Texts, blank, choose, texts
from linkage_synth.care import YEAR_START, Care
from linkage_synth.csv_files import write_csv
from linkage_synth.dates import NO_DATE, REFERENCE, age_on, birthday, dayfirst
from linkage_synth.families import Families
from linkage_synth.la_records import PersonPart
from linkage_synth.places import Places

COLLECTION = 2024
BLANK_UPN = 0.03
"""Share of rows without a UPN where not even a UN code stands in its column."""
MOTHERS_AMONG_GIRLS = 0.04
LEGAL = {"V2": 0.22, "C1": 0.2, "C2": 0.5, "E1": 0.05, "L1": 0.01, "J1": 0.02}
NEEDS = {"N1": 0.65, "N2": 0.03, "N3": 0.03, "N4": 0.07, "N5": 0.14, "N6": 0.02, "N8": 0.06}
FOSTER = {"U1": 0.13, "U3": 0.05, "U4": 0.24, "U6": 0.52, "P1": 0.06}
RESIDENTIAL = {"K2": 0.7, "H5": 0.2, "R1": 0.04, "K1": 0.06}
PROVIDERS = {"PR1": 0.5, "PR4": 0.43, "PR2": 0.04, "PR5": 0.03}
CHANGES = {"CARPL": 0.4, "CREQB": 0.2, "CREQO": 0.05, "STAND": 0.05, "OTHER": 0.1, "LAREQ": 0.1, "PLACE": 0.1}
LEAVING = {"E4A": 0.45, "E47": 0.05, "E45": 0.15, "E46": 0.1, "E41": 0.1, "E8": 0.15}
_WORKERS = 40


def _draw(rng: np.random.Generator, table: dict[str, float], size: int) -> Texts:
    drawn: Texts = texts(list(table))[choose(rng, list(table.values()), size)]
    return drawn


class ClaReturn:
    """The return before it is cut up by authority: columns of each file, with the row of `part`."""

    def __init__(
        self,
        rng: np.random.Generator,
        places: Places,
        families: Families,
        care: Care,
        part: PersonPart,
        unknown: Texts,
    ) -> None:
        """`part` has one row per period of care, in the same order."""
        self.part = part
        self.tables: dict[str, tuple[Ints, dict[str, Texts]]] = {}
        self._alone = families.unaccompanied[care.person]
        self._header(rng, families, care, unknown)
        self._episodes(rng, places, care)
        self._by_child(rng, families, care)

    def _add(self, name: str, row: Ints, **columns: Texts) -> None:
        birth = dayfirst(self.part.birth)[row]
        repeated = {"CHILD": self.part.child_id[row]} | ({} if name in ("header", "episodes") else {"DOB": birth})
        if name == "uasc":
            repeated = {"CHILD": repeated["CHILD"], "SEX": self.part.sex[row], "DOB": birth}
        self.tables[name] = (row, repeated | columns)

    def _header(self, rng: np.random.Generator, families: Families, care: Care, unknown: Texts) -> None:
        part, size = self.part, len(self.part.person)
        codes = np.where(unknown == "UN6", "UN4", unknown)
        upn = np.where(part.upn == "", np.where(rng.random(size) < BLANK_UPN, "", codes), part.upn)
        girl = part.sex == "2"
        age = age_on(families.birth[part.person], REFERENCE)
        mother = girl & (age >= 15) & (rng.random(size) < MOTHERS_AMONG_GIRLS)
        child_born = REFERENCE - rng.integers(5, 500, size)
        self._add(
            "header",
            np.arange(size),
            SEX=part.sex,
            DOB=dayfirst(part.birth),
            ETHNIC=part.ethnicity,
            UPN=upn,
            MOTHER=np.where(mother, "1", np.where(girl & (age >= 12), "0", "")).astype(np.object_),
            MC_DOB=dayfirst(np.where(mother, child_born, NO_DATE)),
        )

    def _episodes(self, rng: np.random.Generator, places: Places, care: Care) -> None:
        owner, start, end = care.placement_person, care.placement_start, care.placement_end
        size = len(owner)
        first = np.r_[True, owner[1:] != owner[:-1]]
        last = np.r_[owner[1:] != owner[:-1], True]
        legal = _draw(rng, LEGAL, len(care.person))[owner]
        legal = np.where(care.short_breaks[owner], "V4", np.where(self._alone[owner], "V2", legal))
        place = np.where(care.placement_residential, _draw(rng, RESIDENTIAL, size), _draw(rng, FOSTER, size))
        place = np.where(care.adopted[owner] & last, "A3", place)
        ends = np.where(care.adopted[owner] & last, "E12", np.where(last, _draw(rng, LEAVING, size), "X1"))
        home = _postcodes(places, care.home_postcode)[owner]
        hidden = care.short_breaks[owner]
        urn = texts([f"SC{number:06d}" for number in rng.integers(10_000, 999_999, size).tolist()])
        urn = np.where(care.placement_residential, urn, "XXXXXXX")
        in_year = np.flatnonzero((end == NO_DATE) | (end >= YEAR_START))
        columns = {
            "DECOM": dayfirst(start),
            "RNE": np.where(first, "S", "P").astype(np.object_),
            "LS": legal,
            "CIN": _draw(rng, NEEDS, len(care.person))[owner],
            "PLACE": place,
            "PLACE_PROVIDER": _draw(rng, PROVIDERS, size),
            "DEC": dayfirst(end),
            "REC": np.where(end == NO_DATE, "", ends),
            "REASON_PLACE_CHANGE": np.where((end == NO_DATE) | last, "", _draw(rng, CHANGES, size)),
            "HOME_POST": np.where(hidden, "", home),
            "PL_POST": np.where(hidden, "", _postcodes(places, care.placement_postcode)),
            "URN": urn,
        }
        self._add("episodes", owner[in_year], **{name: column[in_year] for name, column in columns.items()})

    def _by_child(self, rng: np.random.Generator, families: Families, care: Care) -> None:
        part, size = self.part, len(self.part.person)
        stop = np.where(care.end == NO_DATE, REFERENCE, care.end)
        begin = np.maximum(care.start, YEAR_START)
        age = age_on(families.birth[part.person], REFERENCE)
        every = np.arange(size)

        alone = np.flatnonzero(self._alone)
        self._add("uasc", alone, DUC=dayfirst(birthday(part.birth[alone], 18)))
        self._reviews(rng, age, begin, stop)
        self._missing(rng, age, begin, stop)
        self._health(rng, age, every[(stop - care.start > 365) & ~care.short_breaks])
        self._adoptions(rng, care)
        before = _draw(rng, {"Z1": 0.92, "P1": 0.03, "P2": 0.03, "P3": 0.02}, size)
        some = before != "Z1"
        date = dayfirst(np.maximum(part.birth + 30, care.start - rng.integers(60, 1500, size)))
        self._add(
            "previous_permanence",
            every,
            PREV_PERM=before,
            LA_PERM=np.where(some, "999", "").astype(np.object_),
            DATE_PERM=np.where(some, date, ""),
        )
        worker = rng.integers(0, _WORKERS, size)
        self._add(
            "sw_episodes",
            every,
            SW_ID=texts([f"SW{part.authority[row]:03d}{number:03d}" for row, number in enumerate(worker.tolist())]),
            SW_DECOM=dayfirst(begin),
            SW_DEC=dayfirst(care.end),
            SW_REASON=_draw(rng, {"FCONTA": 0.5, "CHCHAN": 0.2, "LEFTRL": 0.2, "MANAGE": 0.1}, size),
        )

    def _reviews(self, rng: np.random.Generator, age: Ints, begin: Ints, stop: Ints) -> None:
        first = begin + rng.integers(15, 120, len(begin))
        owner = np.repeat(np.arange(len(begin)), 2)
        review = np.stack([first, first + 180], axis=1).ravel()
        held = review <= stop[owner]
        owner, review = owner[held], review[held]
        code = np.where(age[owner] < 4, "PN0", _draw(rng, {"PN1": 0.6, "PN3": 0.2, "PN5": 0.1, "PN6": 0.1}, len(owner)))
        self._add("reviews", owner, REVIEW=dayfirst(review), REVIEW_CODE=code)

    def _missing(self, rng: np.random.Generator, age: Ints, begin: Ints, stop: Ints) -> None:
        goes = (rng.random(len(begin)) < np.where(age >= 12, 0.16, 0.01)) & (stop > begin + 10)
        row = np.flatnonzero(goes)
        start = begin[row] + np.floor(rng.random(len(row)) * (stop - begin)[row]).astype(np.int64)
        back = np.minimum(start + rng.integers(0, 9, len(row)), stop[row])
        self._add(
            "missing",
            row,
            MISSING=np.where(rng.random(len(row)) < 0.8, "M", "A").astype(np.object_),
            MIS_START=dayfirst(start),
            MIS_END=dayfirst(back),
        )

    def _health(self, rng: np.random.Generator, age: Ints, row: Ints) -> None:
        def yes(chance: float) -> Texts:
            return np.where(rng.random(len(row)) < chance, "1", "0").astype(np.object_)

        scored = (age[row] >= 4) & (age[row] <= 16) & (rng.random(len(row)) < 0.8)
        score = texts([str(number) for number in np.minimum(rng.poisson(13.5, len(row)), 40).tolist()])
        misuse = np.where(age[row] >= 12, yes(0.04), "0").astype(np.object_)
        self._add(
            "oc2",
            row,
            SDQ_SCORE=np.where(scored, score, ""),
            SDQ_REASON=np.where(scored, "", np.where((age[row] >= 4) & (age[row] <= 16), "SDQ2", "")).astype(
                np.object_
            ),
            CONVICTED=np.where(age[row] >= 10, yes(0.03), "0").astype(np.object_),
            HEALTH_CHECK=np.where(age[row] < 5, yes(0.88), "").astype(np.object_),
            IMMUNISATIONS=yes(0.82),
            TEETH_CHECK=yes(0.76),
            HEALTH_ASSESSMENT=yes(0.89),
            SUBSTANCE_MISUSE=misuse,
            INTERVENTION_RECEIVED=np.where(misuse == "1", yes(0.45), "").astype(np.object_),
            INTERVENTION_OFFERED=np.where(misuse == "1", yes(0.8), "").astype(np.object_),
        )

    def _adoptions(self, rng: np.random.Generator, care: Care) -> None:
        row = np.flatnonzero(care.adopted)
        placed = np.maximum(care.end[row] - rng.integers(90, 240, len(row)), care.start[row] + 30)
        decided = np.maximum(placed - rng.integers(30, 200, len(row)), care.start[row])
        self._add(
            "ad1",
            row,
            DATE_INT=dayfirst(decided),
            DATE_MATCH=dayfirst(np.maximum(placed - 20, decided)),
            FOSTER_CARE=_draw(rng, {"0": 0.85, "1": 0.15}, len(row)),
            NB_ADOPTR=_draw(rng, {"2": 0.88, "1": 0.12}, len(row)),
            SEX_ADOPTR=_draw(rng, {"MF": 0.8, "FF": 0.07, "MM": 0.06, "F1": 0.06, "M1": 0.01}, len(row)),
            LS_ADOPTR=_draw(rng, {"L11": 0.75, "L12": 0.1, "L2": 0.05, "L4": 0.1}, len(row)),
        )
        self._add(
            "placed_for_adoption",
            row,
            DATE_PLACED=dayfirst(placed),
            DATE_PLACED_CEASED=dayfirst(np.full(len(row), NO_DATE)),
            REASON_PLACED_CEASED=blank(len(row)),
        )


def _postcodes(places: Places, postcode: Ints) -> Texts:
    """Text of each postcode; empty for `NOBODY`."""
    found: Texts = np.where(postcode < 0, "", places.postcode[postcode])
    return found


def write_cla(out: Path, places: Places, cla: ClaReturn) -> tuple[list[str], Texts, Ints]:
    """Write the files of all authorities. Gives their paths, and file and row of every child's header."""
    part = cla.part
    paths: list[str] = []
    file_of_row, number_of_row = blank(len(part.person)), np.zeros(len(part.person), dtype=np.int64)
    rank = np.argsort(np.argsort(part.child_id.astype(str), kind="stable"), kind="stable")
    for authority in np.unique(part.authority).tolist():
        folder = f"returns/cla/{places.authority_code[authority]}"
        for name, (owner, columns) in cla.tables.items():
            here: Bools = part.authority[owner] == authority
            rows = np.flatnonzero(here)
            rows = rows[np.argsort(rank[owner[rows]], kind="stable")]
            path = f"{folder}/{name}.csv"
            write_csv(out / path, {key: column[rows] for key, column in columns.items()}, len(rows))
            paths.append(path)
            if name == "header":
                file_of_row[rows] = path
                number_of_row[rows] = np.arange(1, len(rows) + 1)
    return paths, file_of_row, number_of_row
