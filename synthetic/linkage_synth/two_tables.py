"""Two tables of children that overlap, with the errors of the rest of the world."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Ints, Texts, order_within
from linkage_synth.csv_files import write_csv
from linkage_synth.dates import REFERENCE, iso, school_year_of_reception
from linkage_synth.england import Summary
from linkage_synth.errors import drop_accents, happens, write_birth, write_names, write_sex
from linkage_synth.identifiers import breaks_check, upn_texts
from linkage_synth.places import draw_home
from linkage_synth.project_file import TWO_TABLES, write_project
from linkage_synth.world import World

NAME_WRONG = 0.05
DATE_WRONG = 0.005
SEX_WRONG = 0.002
NO_POSTCODE = 0.02
MOVED_BETWEEN = 0.125
FAULTS = {
    "missing in a": 0.25,
    "missing in b": 0.25,
    "missing in both": 0.2,
    "wrong": 0.15,
    "temporary": 0.15,
}
"""What became of the UPN in the pairs that do not share a valid one."""


def two_tables(out: Path, *, records: int, seed: int = 1, shared_id: float = 0.9, overlap: float = 0.8) -> Summary:
    """Write `a.csv` and `b.csv` of so many records each, their truth and a project file.

    A share `overlap` of the people of a are in b too; of those pairs, a share `shared_id` has the same valid
    UPN on both sides. The people come in families, so brothers, sisters and twins stand beside each other.
    """
    if not (0 < overlap <= 1 and 0 <= shared_id <= 1):
        raise ValueError("overlap must be above 0 and at most 1, shared_id between 0 and 1")
    if records < 1:
        raise ValueError("records must be at least 1")
    both = round(records * overlap)
    wanted = 2 * records - both
    world = World(max(round(wanted * 1.02) + 50, 500), seed)
    rng = world.draw("two tables")
    # Whole families in a row, so that the one who is in a only has a sister in b only.
    person = np.flatnonzero(world.families.born & ~world.families.unaccompanied)[:wanted]
    mixed = rng.permutation(len(person))
    in_a, in_b = person[np.sort(mixed[:records])], person[np.sort(mixed[records - both :])]
    in_a, in_b = in_a[rng.permutation(len(in_a))], in_b[rng.permutation(len(in_b))]
    upn_a, upn_b = _upns(rng, world, in_a, in_b, shared_id)
    out.mkdir(parents=True, exist_ok=True)
    keys: dict[str, list[str]] = {}
    for name, people, upn in (("a", in_a, upn_a), ("b", in_b, upn_b)):
        keys[name] = _write_table(world, out, name, people, upn)
    truth: dict[str, list[object]] = {"source": [], "key": [], "person": []}
    for name, people in (("a", in_a), ("b", in_b)):
        truth["source"].extend([name] * len(people))
        truth["key"].extend(keys[name])
        truth["person"].extend(world.number[people].tolist())
    write_csv(out / "truth.csv", truth, len(truth["key"]))
    write_project(out, TWO_TABLES)
    return Summary(wanted, {"a": len(in_a), "b": len(in_b)}, ("a.csv", "b.csv", "truth.csv", "linkage.toml"))


def _upns(rng: np.random.Generator, world: World, in_a: Ints, in_b: Ints, shared_id: float) -> tuple[Texts, Texts]:
    """UPNs by row of a and of b: everybody has one, but a share of the pairs does not agree on it."""
    size = len(world.families)
    codes = np.array([int(code) for code in world.places.authority_code])
    authority = world.homes.authority[0, world.families.household]
    turn = rng.permutation(size)
    order = np.empty(size, dtype=np.int64)
    order[turn] = order_within(authority[turn])
    year = school_year_of_reception(world.families.birth)
    everyones = upn_texts(codes[authority], 2000 + order // 999, year, 1 + order % 999)
    temporary = upn_texts(codes[authority], 2000 + order // 999, year, 1 + order % 999, temporary=True)
    in_table: dict[str, Texts] = {"a": everyones.copy(), "b": everyones.copy()}
    pairs = np.intersect1d(in_a, in_b)
    unshared = rng.permutation(pairs)[: round((1 - shared_id) * len(pairs))]
    edges = np.cumsum(list(FAULTS.values()))
    kinds = np.minimum(np.searchsorted(edges, rng.random(len(unshared)) * edges[-1], side="right"), len(FAULTS) - 1)
    names = tuple(FAULTS)
    sides = rng.integers(0, 2, len(unshared)).tolist()
    draws = rng.integers(0, 1 << 30, len(unshared)).tolist()
    for who, kind, side, draw in zip(unshared.tolist(), kinds.tolist(), sides, draws, strict=True):
        match names[kind]:
            case "missing in both":
                in_table["a"][who] = in_table["b"][who] = ""
            case "wrong":
                in_table["ab"[side]][who] = breaks_check(everyones[who], draw)
            case "temporary":
                in_table["ab"[side]][who] = temporary[who]
            case fault:
                in_table[fault[-1]][who] = ""
    return in_table["a"][in_a], in_table["b"][in_b]


def _write_table(world: World, out: Path, name: str, person: Ints, upn: Texts) -> list[str]:
    rng = world.draw(f"table {name}")
    families, names, places, homes = world.families, world.names, world.places, world.homes
    size = len(person)
    risk = world.risk[person]
    written = write_names(rng, names, person, families.culture[person], happens(rng, NAME_WRONG, risk))
    if name == "b":
        drop_accents(written, np.flatnonzero(rng.random(size) < 0.3))
    household = families.household[person]
    postcode = homes.postcode[0, household]
    if name == "b":
        moved = world.draw("moved between the tables").random(len(homes.postcode[0])) < MOVED_BETWEEN
        elsewhere = draw_home(world.draw("new homes"), places, homes.authority[0])
        postcode = np.where(moved[household], elsewhere[household], postcode)
    references = rng.permutation(size) + 1
    width = len(str(size))
    keys = [f"{name.upper()}{number:0{width}d}" for number in references.tolist()]
    girl = write_sex(rng, families.is_girl[person], risk, SEX_WRONG)
    birth = write_birth(rng, families.birth[person], risk, np.zeros(size, dtype=np.bool_), REFERENCE, DATE_WRONG)
    columns = {
        "ref": keys,
        "upn": upn,
        "forename": written.forename,
        "surname": written.surname,
        "dob": iso(birth),
        "sex": np.where(girl, "F", "M").tolist(),
        "postcode": np.where(happens(rng, NO_POSTCODE, risk), "", places.postcode[postcode]),
    }
    write_csv(out / f"{name}.csv", columns, size)
    return keys
