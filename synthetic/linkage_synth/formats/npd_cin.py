"""The NPD's table of the CIN census: one row per referral and year, by pupil matching reference."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Ints, Texts, texts
from linkage_synth.dates import NO_DATE, YEAR_END, age_on, iso
from linkage_synth.formats.contract import Format, Output, Source, write_table
from linkage_synth.formats.known import Known
from linkage_synth.formats.npd_common import birth_parts, ethnic_major, numbers, same

PATH = "returns/npd_cin/CIN_2009_to_2024.csv"
SUPPLY = "a"


def write(out: Path, known: Known) -> Output:
    """Write both years in one cumulative table, in no order of persons."""
    parts = [_year(known, collection) for collection in (2023, 2024)]
    columns = {name: np.concatenate([part[name] for part, _ in parts]) for name in parts[0][0]}
    person = np.concatenate([who for _, who in parts])
    return write_table(out, PATH, "npd_cin", columns, person)


def _year(known: Known, collection: int) -> tuple[dict[str, Texts], Ints]:
    world, cin, work, last = known.world, known.cin[collection], known.casework, YEAR_END[collection]
    rng = world.draw(f"npd_cin {collection}")
    part, referral = cin.part, cin.referral
    number = rng.permutation(len(part.person)) + 1
    child = np.repeat(np.arange(len(part.person)), np.diff(cin.first_referral))
    order = np.argsort(number[child], kind="stable")
    child, referral = child[order], referral[order]
    details = rng.permutation(len(referral)) + 1

    year, month = birth_parts(part.birth)
    born = part.birth != NO_DATE
    code = texts([known.anonymous_child_ids[child_id] for child_id in part.child_id])
    place = known.anonymous_authorities[part.authority[child]]

    def shown(days: Ints) -> Texts:
        picked = days[referral]
        return iso(np.where(picked > last, NO_DATE, picked))

    closed = shown(world.spells.end)
    protected = shown(work.protected_from)
    columns = {
        "CIN_PupilMatchingRefAnonymous": known.matched(cin.upn, part.birth, SUPPLY)[child],
        "CIN_ACADYR": same(f"{collection - 1}/{collection}", len(child)),
        "CIN_ChildTableID": numbers(number[child]),
        "CIN_CINDetailsTableID": numbers(details),
        "CIN_LAchildID_Anon": code[child],
        "CIN_LA_anon": place,
        "CIN_LA_9CODE_anon": "E" + place,
        "CIN_YearOfBirth": year[child],
        "CIN_MonthOfBirth": month[child],
        "CIN_Age_Start": np.where(born, numbers(age_on(part.birth, last - 365)), "")[child],
        "CIN_Gender": cin.sex[child],
        "CIN_Ethnicity": part.ethnicity[child],
        "CIN_EthnicGroupMinor": part.ethnicity[child],
        "CIN_EthnicGroupMajor": ethnic_major(part.ethnicity)[child],
        "CIN_Disability": texts(["0" if codes in ((), ("NONE",)) else "1" for codes in cin.disabilities])[child],
        "CIN_CINreferralDate": shown(world.spells.start),
        "CIN_ReferralSource": work.source[referral],
        "CIN_PrimaryNeedCode": work.need[referral],
        "CIN_CINclosureDate": closed,
        "CIN_ReasonForClosure": np.where(closed == "", "", work.closure[referral]),
        "CIN_ReferralNFA": np.where(world.spells.kind[referral] == 0, "1", "0").astype(np.object_),
        "CIN_CPPstartDate": protected,
        "CIN_CPPendDate": shown(work.protected_to),
        "CIN_InitialCategoryOfAbuse": np.where(protected == "", "", work.abuse[referral]),
    }
    return columns, part.person[child]


FORMAT = Format(
    "npd_cin",
    write,
    (Source("npd_cin", f'format = "cin_census"\npath = "{PATH}"\nsupply = "{SUPPLY}"', within=True),),
    (PATH,),
)
