"""The files of a synthetic England: the order in which they are written."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linkage_synth.arrays import Bools, Ints, Texts
from linkage_synth.casework import Casework, build_casework
from linkage_synth.census_returns import (
    AdoptedIdentity,
    SchoolFacts,
    adopted_identities,
    school_facts_by_year,
    write_census,
)
from linkage_synth.cin_returns import CinReturn, build_cin_return, rows_of_year, write_cin
from linkage_synth.cla_returns import COLLECTION, ClaReturn, write_cla
from linkage_synth.dates import CENSUS_DAY
from linkage_synth.family_truth import write_families, write_households
from linkage_synth.formats.known import NO_UPN_LOOKED_AFTER, Known
from linkage_synth.formats.project import ALL_SOURCES, write_whole_project
from linkage_synth.formats.registry import FORMATS, chosen_formats
from linkage_synth.identifiers import upn_texts
from linkage_synth.la_records import NO_UPN, Facts, PersonPart, facts_by_return, person_part, unknown_codes
from linkage_synth.local_list import write_local_list
from linkage_synth.project_file import ENGLAND, write_project
from linkage_synth.truth_files import RowsOfTruth, write_persons
from linkage_synth.world import World

NEW_IDENTITY_AFTER_ADOPTION = 0.5
FEWEST_CHILDREN = 500

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Summary:
    """What was written: how many people, how many primary rows of each source, and which files."""

    people: int
    rows: Mapping[str, int]
    files: tuple[str, ...]


class England:
    """A world and the folder that its files go to."""

    casework: Casework
    facts: dict[str, Facts]
    looked_after: PersonPart
    no_upn_because: Texts
    school_facts: dict[int, SchoolFacts]

    def __init__(self, out: Path, world: World, formats: tuple[str, ...] = ()) -> None:
        """The world is drawn as the steps ask for it; `formats` are written beside the standard returns."""
        self.out = out
        self.world = world
        self.formats = formats
        self.cin: dict[int, CinReturn] = {}
        self.truth = RowsOfTruth(world.number)
        self.files: list[str] = []
        self.in_need: Ints = np.zeros(len(world.families), dtype=np.int64)

    def social_care(self) -> None:
        """CIN census of both years and the SSDA903 return, which share the authorities' records."""
        world = self.world
        families, traits, spells, register, care = (
            world.families, world.traits, world.spells, world.register, world.care,
        )  # fmt: skip
        entry_of_spell = register.entry(spells.person, spells.authority, world.places.authorities)
        casework = build_casework(world.draw("casework"), families, traits, spells)
        streams = {name: world.draw(f"facts {name}") for name in ("cin_2023", "cin_2024", "cla_2024")}
        facts = facts_by_return(streams, families, traits, world.risk, register)
        self.casework, self.facts = casework, facts
        for collection in (2023, 2024):
            source = f"cin_{collection}"
            rng = world.draw(source)
            entries = rows_of_year(spells, entry_of_spell, collection)
            part = person_part(
                rng, families, world.risk, world.upns, register, facts[source], entries, collection, NO_UPN
            )
            unknown = unknown_codes(rng, part, families, collection)
            cin = build_cin_return(rng, families, traits, spells, entry_of_spell, part, unknown, collection)
            paths, file, row = write_cin(self.out, world.places, spells, casework, cin)
            self.files.extend(paths)
            self.truth.add(source, file, row, part.person)
            self.in_need[part.person] = 1
            self.cin[collection] = cin
        rng = world.draw("cla_2024")
        entries = register.entry(care.person, care.authority, world.places.authorities)
        part = person_part(
            rng,
            families,
            world.risk,
            world.upns,
            register,
            facts["cla_2024"],
            entries,
            COLLECTION,
            NO_UPN_LOOKED_AFTER,
        )
        unknown = unknown_codes(rng, part, families, COLLECTION)
        self.looked_after, self.no_upn_because = part, unknown
        cla = ClaReturn(rng, world.places, families, care, part, unknown)
        paths, file, row = write_cla(self.out, world.places, cla)
        self.files.extend(paths)
        self.truth.add("cla_2024", file, row, part.person)

    def schools(self) -> None:
        """Spring census of both years."""
        world = self.world
        streams = {census: world.draw(f"school facts {census}") for census in CENSUS_DAY}
        facts = school_facts_by_year(streams, world.families, world.names, world.traits, world.risk)
        self.school_facts = facts
        for census in CENSUS_DAY:
            path, person = write_census(
                world.draw(f"census_{census}"),
                self.out,
                census,
                places=world.places,
                families=world.families,
                names=world.names,
                homes=world.homes,
                traits=world.traits,
                schooling=world.schooling,
                upns=world.upns,
                facts=facts[census],
                adopted=self._adopted_before(CENSUS_DAY[census]),
            )
            self.files.append(path)
            self.truth.add(f"census_{census}", path, np.arange(1, len(person) + 1), person)

    def _adopted_before(self, on: int) -> AdoptedIdentity:
        """Children adopted by then, some with a new surname and a UPN that no record ties to the old one."""
        world, care = self.world, self.world.care
        rng = world.draw("adopted")
        adopted = np.flatnonzero(care.adopted)
        person = care.person[adopted]
        codes = np.array([int(code) for code in world.places.authority_code])
        # Serials from 900 on are not reached by the ordinary issue of numbers.
        numbers = upn_texts(
            codes[care.authority[adopted]], 1000 + np.arange(len(adopted)) % 900, np.full(len(adopted), 23),
            900 + np.arange(len(adopted)) // 900 % 100,
        )  # fmt: skip
        identity = adopted_identities(rng, world.names, person, numbers, NEW_IDENTITY_AFTER_ADOPTION)
        done = set(person[care.end[adopted] <= on].tolist())
        return AdoptedIdentity(
            {who: name for who, name in identity.surname.items() if who in done},
            {who: upn for who, upn in identity.upn.items() if who in done},
        )

    def local_lists(self) -> None:
        """The early help spreadsheet."""
        world = self.world
        path, sheet, person = write_local_list(
            world.draw("early_help"),
            self.out,
            places=world.places,
            families=world.families,
            names=world.names,
            homes=world.homes,
            traits=world.traits,
            risk=world.risk,
            upns=world.upns,
            in_need=self.in_need,
        )
        self.files.append(path)
        self.truth.add("early_help", sheet, np.arange(1, len(person) + 1), person)

    def other_formats(self) -> None:
        """The formats asked for beside the standard returns."""
        if not self.formats:
            return
        known = Known(
            self.world, self.casework, self.facts, self.cin, self.looked_after, self.no_upn_because,
            self.school_facts, self._adopted_before, self.in_need,
        )  # fmt: skip
        for name in self.formats:
            output = FORMATS[name].write(self.out, known)
            self.files.extend(output.files)
            for each in output.truth:
                self.truth.add(each.source, each.files, each.rows, each.person)

    def truths(self) -> None:
        """Truth of rows, of persons, and of families and households."""
        world = self.world
        looked_after: Bools = np.zeros(len(world.families), dtype=np.bool_)
        looked_after[world.care.person] = True
        self.files.append(self.truth.write(self.out))
        self.files.append(
            write_persons(
                self.out,
                places=world.places,
                families=world.families,
                homes=world.homes,
                traits=world.traits,
                number=world.number,
                in_need=self.in_need,
                looked_after=looked_after,
            )
        )
        self.files.append(
            write_families(
                self.out,
                families=world.families,
                traits=world.traits,
                number=world.number,
                looked_after=looked_after,
            )
        )
        self.files.append(
            write_households(
                self.out, places=world.places, families=world.families, care=world.care, number=world.number
            )
        )

    def _remove_stale(self) -> None:
        """Files of an earlier world in the same folder, which a glob of the project file would take in."""
        written = set(self.files)
        others = [pattern for each in FORMATS.values() for pattern in each.patterns]
        for pattern in ("returns/cin/cin_*_*.xml", "returns/cla/*/*.csv", ALL_SOURCES, *others):
            for path in sorted(self.out.glob(pattern)):
                if path.relative_to(self.out).as_posix() not in written:
                    path.unlink()

    def project(self) -> None:
        """The project file, and with further formats another of all sources."""
        self._remove_stale()
        self.files.append(write_project(self.out, ENGLAND))
        if self.formats:
            self.files.append(write_whole_project(self.out, [FORMATS[name] for name in self.formats]))


STEPS: tuple[tuple[str, Callable[[England], None]], ...] = (
    ("returns of social care", England.social_care),
    ("school census", England.schools),
    ("local lists", England.local_lists),
    ("other formats", England.other_formats),
    ("truth", England.truths),
    ("project file", England.project),
)


def generate(
    out: Path,
    *,
    children: int,
    seed: int = 1,
    progress: Progress | None = None,
    formats: Collection[str] | None = None,
) -> Summary:
    """Write a synthetic England of that many children (at least 500) into the folder `out`.

    Beside the standard returns come the `formats` named, or all of them (`{"all"}`), and a project file of all
    sources. The same arguments give the same bytes. Returns that an earlier world left in the folder are removed.
    """
    if children < FEWEST_CHILDREN:
        raise ValueError(f"children is {children}: a synthetic England needs at least {FEWEST_CHILDREN}")
    chosen = chosen_formats(formats)
    tell = progress or (lambda _message: None)
    tell(f"people: {children:,} children")
    england = England(out, World(children, seed), chosen)
    out.mkdir(parents=True, exist_ok=True)
    for title, step in STEPS:
        if chosen or step is not England.other_formats:
            tell(title)
        step(england)
    return Summary(len(england.world.families), dict(england.truth.rows_by_source), tuple(england.files))
