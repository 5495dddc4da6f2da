"""A made-up town in three tables about whole households: the hard case is a sister at the same address.

The school knows birth dates and addresses; the clinic birth dates, and postcodes without a street; the housing office
addresses and no birth dates, so that only names, sex and address tell its children apart. No table has a UPN. A
household is in a table as a whole or not at all, apart from a child here and there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from datasets import PERSONS_OF_TRUTH, ROWS_OF_TRUTH, Dataset, write_dataset
from linkage_synth.arrays import Ints, Texts
from linkage_synth.csv_files import write_csv
from linkage_synth.dates import REFERENCE, iso
from linkage_synth.errors import drop_accents, happens, write_birth, write_names, write_sex
from linkage_synth.formats.addresses import house_numbers, streets
from linkage_synth.misspelling import mistyped
from linkage_synth.places import draw_home
from linkage_synth.world import World

SOURCES = ("school", "clinic", "housing")
HOUSEHOLDS = 0.7
CHILD_LEFT_OUT = 0.1
NAME_WRONG = 0.05
STREET_WRONG = 0.04
SHORT_STREET = 0.3
NO_POSTCODE = 0.02
MOVED_BETWEEN = 0.08
SHORT = {"Road": "Rd", "Street": "St", "Close": "Cl", "Avenue": "Ave", "Lane": "Ln", "Gardens": "Gdns", "Drive": "Dr"}


def town(data: Path, children: int, *, seed: int = 1) -> Path:
    """The folder of the three tables; made where it is not there yet."""
    folder = data / f"town_{children}_{seed}"
    if (folder / "dataset.json").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    world = World(children, seed)
    everyone = np.flatnonzero(world.families.born & ~world.families.unaccompanied)
    truth: dict[str, list[object]] = {"source": [], "key": [], "person": []}
    for source in SOURCES:
        person = _members(world, source, everyone)
        _write_table(world, folder, source, person)
        truth["source"].extend([source] * len(person))
        truth["key"].extend(range(1, len(person) + 1))
        truth["person"].extend(person.tolist())
    write_csv(folder / ROWS_OF_TRUTH, truth, len(truth["key"]))
    twin, mother = world.families.twin[everyone], world.families.mother[everyone]
    groups = {"person": everyone, "twin_group": np.where(twin < 0, "", twin.astype(str)), "sibling_group": mother}
    write_csv(folder / PERSONS_OF_TRUTH, groups, len(everyone))
    title = f"A town, {children:,} children: three tables about households, one without birth dates"
    write_dataset(folder, Dataset(f"town-{children}", title, "town", SOURCES))
    return folder


def _members(world: World, source: str, everyone: Ints) -> Ints:
    rng = world.draw(f"members of {source}")
    families = world.families
    household_in = rng.random(len(families.household_mother)) < HOUSEHOLDS
    person = everyone[household_in[families.household[everyone]] & (rng.random(len(everyone)) >= CHILD_LEFT_OUT)]
    return rng.permutation(person)


def _write_table(world: World, folder: Path, source: str, person: Ints) -> None:
    rng = world.draw(f"table {source}")
    families, size, risk = world.families, len(person), world.risk[person]
    written = write_names(rng, world.names, person, families.culture[person], happens(rng, NAME_WRONG, risk))
    drop_accents(written, np.flatnonzero(rng.random(size) < 0.5))
    postcode, address = _home(world, source, person)
    # Drawn for every table, so that leaving a column out changes nothing else.
    birth = iso(write_birth(rng, families.birth[person], risk, np.zeros(size, dtype=np.bool_), REFERENCE, 0.005))
    lines = _address_lines(rng, postcode, address)
    hidden = np.full(size, "")
    columns: dict[str, Iterable[object]] = {
        "key": [str(number) for number in range(1, size + 1)],
        "forename": written.forename,
        "surname": written.surname,
        "dob": hidden if source == "housing" else birth,
        "sex": np.where(write_sex(rng, families.is_girl[person], risk), "F", "M"),
        "postcode": np.where(happens(rng, NO_POSTCODE, risk), "", world.places.postcode[postcode]),
        "address_line": hidden if source == "clinic" else lines,
    }
    write_csv(folder / f"{source}.csv", columns, size)


def _home(world: World, source: str, person: Ints) -> tuple[Ints, Ints]:
    """Postcode and number of the address; some households moved before one of the tables was written."""
    household, places, first = world.families.household[person], world.places, world.homes.postcode[0]
    rng = world.draw(f"moves before {source}")
    moved = rng.random(len(first)) < MOVED_BETWEEN
    postcode = np.where(moved, draw_home(rng, places, world.homes.authority[0]), first)
    address = np.arange(len(first)) + len(first) * (moved * (1 + SOURCES.index(source)))
    return postcode[household], address[household]


def _address_lines(rng: np.random.Generator, postcode: Ints, address: Ints) -> Texts:
    """House and street, some streets shortened, some misspelt."""
    lines: Texts = house_numbers(address) + " " + streets(postcode)
    short, wrong = rng.random(len(lines)) < SHORT_STREET, rng.random(len(lines)) < STREET_WRONG
    for row in np.flatnonzero(short).tolist():
        place, kind = lines[row].rsplit(" ", 1)
        lines[row] = f"{place} {SHORT.get(kind, kind)}"
    for row, draw in zip(
        np.flatnonzero(wrong).tolist(), rng.integers(0, 1 << 30, int(wrong.sum())).tolist(), strict=True
    ):
        lines[row] = mistyped(lines[row], draw)
    return lines
