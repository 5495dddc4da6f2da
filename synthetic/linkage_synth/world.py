"""The people of a synthetic England, before any record of them is written."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from linkage_synth.arrays import Floats, Ints
from linkage_synth.care import Care, build_care
from linkage_synth.careers import Spells, build_spells
from linkage_synth.families import Families, build_families
from linkage_synth.homes import Homes, build_homes
from linkage_synth.identifiers import Upns, build_upns
from linkage_synth.names import Names, build_names
from linkage_synth.need import family_need
from linkage_synth.places import Places, build_places
from linkage_synth.registers import Register, build_register
from linkage_synth.risk import recording_risk
from linkage_synth.schooling import Schooling, build_schooling
from linkage_synth.seeds import stream
from linkage_synth.traits import Traits, build_traits


@dataclass(frozen=True)
class World:
    """People, places and what is true of them, each drawn once, from its own stream, when first asked for."""

    children: int
    seed: int

    def draw(self, stage: str) -> np.random.Generator:
        """The random stream of a stage."""
        return stream(self.seed, stage)

    @cached_property
    def places(self) -> Places:
        """Authorities, postcodes, schools."""
        return build_places(self.draw("places"), self.children)

    @cached_property
    def families(self) -> Families:
        """Who there is."""
        return build_families(self.draw("families"), self.places, self.children)

    @cached_property
    def names(self) -> Names:
        """What they are called."""
        return build_names(self.draw("names"), self.families)

    @cached_property
    def homes(self) -> Homes:
        """Where they live."""
        return build_homes(self.draw("homes"), self.places, self.families)

    @cached_property
    def traits(self) -> Traits:
        """What is true of them."""
        return build_traits(self.draw("traits"), self.places, self.families, self.homes)

    @cached_property
    def schooling(self) -> Schooling:
        """Where they go to school."""
        return build_schooling(self.draw("schooling"), self.places, self.families, self.homes, self.traits)

    @cached_property
    def risk(self) -> Floats:
        """Whose records go wrong."""
        return recording_risk(self.families, self.traits, self.care)

    @cached_property
    def upns(self) -> Upns:
        """Their pupil numbers."""
        places, families, homes, traits = self.places, self.families, self.homes, self.traits
        return build_upns(self.draw("upns"), places, families, homes, traits, self.schooling, self.risk)

    @cached_property
    def number(self) -> Ints:
        """Public number of each person, from 1, in an order that says nothing of families."""
        return self.draw("numbers").permutation(len(self.families)) + 1

    @cached_property
    def care(self) -> Care:
        """Who was looked after."""
        need = family_need(self.draw("need"), self.families, self.traits)
        return build_care(self.draw("care"), self.places, self.families, self.homes, self.traits, need)

    @cached_property
    def spells(self) -> Spells:
        """Who was referred to social care."""
        need = family_need(self.draw("need"), self.families, self.traits)
        return build_spells(self.draw("spells"), self.families, self.homes, self.care, need)

    @cached_property
    def register(self) -> Register:
        """Under which ids authorities know them."""
        return build_register(self.draw("register"), self.places, self.families, self.spells)
