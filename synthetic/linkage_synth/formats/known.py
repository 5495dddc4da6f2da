"""What the further formats are made from: the world, and what the standard returns already say of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from linkage_synth.arrays import Bools, Ints, Texts, texts
from linkage_synth.casework import Casework
from linkage_synth.census_returns import AdoptedIdentity, SchoolFacts
from linkage_synth.cin_returns import CinReturn
from linkage_synth.dates import NO_DATE, YEAR_END, age_on, day
from linkage_synth.formats.enrolments import Enrolments, build_enrolments
from linkage_synth.formats.numbers import HEXADECIMAL, build_references, build_ulns, by_text, tokens
from linkage_synth.la_records import Facts, PersonPart, person_part
from linkage_synth.world import World

NO_UPN_LOOKED_AFTER = 0.14
ULN_AGE = 14


@dataclass(frozen=True)
class Known:
    """The world and the records behind the standard returns; what several formats share is drawn once."""

    world: World
    casework: Casework
    facts: Mapping[str, Facts]
    """What authorities hold, by return (`cin_2023`, `cin_2024`, `cla_2024`)."""
    cin: Mapping[int, CinReturn]
    cla: PersonPart
    """One row per period of care, in the same order, for the year to 31 March 2024."""
    unknown: Texts
    """Reason why each row of `cla` has no UPN."""
    school_facts: Mapping[int, SchoolFacts]
    adopted_before: Callable[[int], AdoptedIdentity]
    in_need: Ints

    @cached_property
    def cla_2023(self) -> tuple[Ints, PersonPart]:
        """Periods of care that had begun by 31 March 2023, and the person part of their rows a year earlier."""
        world, care = self.world, self.world.care
        periods = np.flatnonzero(care.start <= YEAR_END[2023])
        entries = world.register.entry(care.person[periods], care.authority[periods], world.places.authorities)
        part = person_part(
            world.draw("cla_2023"), world.families, world.risk, world.upns, world.register, self.facts["cin_2023"],
            entries, 2023, NO_UPN_LOOKED_AFTER,
        )  # fmt: skip
        return periods, part

    @cached_property
    def ulns(self) -> Texts:
        """Learner number of every person, whether given yet or not."""
        return build_ulns(self.world.draw("ulns"), len(self.world.families))

    def ulns_on(self, on: int) -> Texts:
        """Learner number of those who had reached the age at which it is given; empty for the rest."""
        return np.where(age_on(self.world.families.birth, on) >= ULN_AGE, self.ulns, "")

    @cached_property
    def enrolments(self) -> Enrolments:
        """Who is at which college."""
        return build_enrolments(self.world.draw("enrolments"), self.world)

    @cached_property
    def _references(self) -> dict[str, Texts]:
        size = len(self.world.families)
        return {name: build_references(self.world.draw(f"supply {name}"), size) for name in ("a", "b", "named")}

    def references(self, supply: str) -> Texts:
        """Pupil matching reference of every person in a supply (`a`, `b`, `named`)."""
        return self._references[supply]

    @cached_property
    def has_reference(self) -> Bools:
        """Who was ever in a state school, so that the department has a reference for them."""
        schooling = self.world.schooling
        started = age_on(self.world.families.birth, day("2023-08-31")) >= 3
        result: Bools = schooling.ever_in_state_school & started & self.world.families.born
        return result

    @cached_property
    def _owner_of_upn(self) -> dict[str, int]:
        upns = self.world.upns
        owner: dict[str, int] = {}
        for numbers in (upns.permanent, upns.temporary, upns.second):
            held = np.flatnonzero(numbers != "")
            owner.update(zip(numbers[held].tolist(), held.tolist(), strict=True))
        return owner

    def matched(self, upn: Texts, birth: Ints, supply: str) -> Texts:
        """The reference that the department finds by UPN and birth date; empty where it finds none."""
        families, references = self.world.families, self.references(supply)
        found = texts([""] * len(upn))
        for row, (number, born) in enumerate(zip(upn.tolist(), birth.tolist(), strict=True)):
            who = self._owner_of_upn.get(number.upper(), -1) if number else -1
            if who >= 0 and self.has_reference[who] and abs(int(families.birth[who]) - born) < 400:
                found[row] = references[who]
        return found

    @cached_property
    def anonymous_child_ids(self) -> dict[str, str]:
        """Surrogate of each authority's id of a child in supply a; equal ids of two authorities share one."""
        register = self.world.register
        ids = np.concatenate([register.child_id[2023], register.child_id[2024]])
        return dict(zip(ids, by_text(self.world.draw("anonymous child ids"), ids, 10), strict=True))

    @cached_property
    def anonymous_authorities(self) -> Texts:
        """Surrogate of each authority in supply a."""
        return tokens(self.world.draw("anonymous authorities"), self.world.places.authorities, 6, HEXADECIMAL)

    def placement_on(self, on: int) -> tuple[Ints, Ints]:
        """Placement of each person on a day, and of adopted children for good; -1 for the rest. Then its postcode."""
        care = self.world.care
        owner, start, end = care.placement_person, care.placement_start, care.placement_end
        lasts = (end == NO_DATE) | (end > on) | (care.adopted[owner] & (end == care.end[owner]))
        here = np.flatnonzero((start <= on) & lasts)
        placement = np.full(len(self.world.families), -1, dtype=np.int64)
        placement[care.person[owner[here]]] = here
        return placement, np.where(placement >= 0, care.placement_postcode[placement], -1)

    def living_on(self, on: int) -> tuple[Ints, Ints]:
        """Postcode and number of the address at which each person lives on a day: placements count."""
        families, homes = self.world.families, self.world.homes
        placement, postcode = self.placement_on(on)
        households = len(homes.postcode[0])
        address = homes.number_on(families.household, on) * households + families.household
        postcode = np.where(placement >= 0, postcode, homes.postcode_on(families.household, on))
        return postcode, np.where(placement >= 0, 3 * households + placement, address)

    def postcodes(self, postcode: Ints) -> Texts:
        """Text of each postcode; empty for -1."""
        found: Texts = np.where(postcode < 0, "", self.world.places.postcode[postcode])
        return found
