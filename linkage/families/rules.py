"""The rule pack of families: what each rule may claim of two persons, and from what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from linkage.errors import ProjectError
from linkage.packs import PackInfo, find_pack, refuse_repeated_ids, sha256_of_pack
from linkage.strict import Strict, nearest, read_toml, validated

# Word of `match` -> the fact of the left person and of the right one; both are the same unless the rule is directed.
MATCHES: Mapping[str, tuple[str, str]] = {
    **{word: (word, word) for word in (
        "mother_id", "father_id", "family_id", "household_id", "guardian", "birth", "surname", "postcode", "address",
        "foster_placement", "residential_placement", "adoptive_family_id", "sibling",
    )},
    "own_id_is_mothers": ("own_id", "mother_id"),
    "own_id_is_fathers": ("own_id", "father_id"),
    "birth_of_her_child": ("birth_of_her_child", "birth_in_authority"),
    "name_is_guardians": ("full_name", "guardian"),
}  # fmt: skip
# Facts with a period: two persons have one in common only where the periods overlap.
DATED = ("postcode", "address", "foster_placement", "residential_placement")
# Of two relations between siblings the more telling one is kept: they stand in that order.
SIBLINGS = ("twin", "full_sibling", "half_sibling", "sibling")
DIRECTED = ("mother_of", "parent_of", "carer_of")
TOGETHER = ("lives_with", "placed_with")
RELATIONS = (*SIBLINGS, *DIRECTED, *TOGETHER)
CONDITIONS = (
    "impossible_births", "age_gap", "perhaps_same_child", "same_forename", "other_mother", "other_father",
    "other_house", "surname_is_a_title", "mothers_age", "parents_age", "male", "female",
)  # fmt: skip
UNITS = ("birth_family", "sibling_group", "current_household", "carers")


class FamilyRule(Strict):
    """One rule: the relation it claims, what must agree, what refuses it, and how sure it is taken to be.

    `most`: a fact that more persons share is refused. `unique`: the fact must be one person's on either side.
    """

    id: str
    title: str
    reason: str
    relation: Literal[RELATIONS]  # type: ignore[valid-type]
    match: tuple[str, ...] = Field(min_length=1, max_length=3)
    require: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    parent: Literal["mother", "father", "both", "unknown"] = "unknown"
    units: tuple[str, ...] = ()
    unique: bool = False
    most: int = Field(default=16, ge=2)
    assumed_precision: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _known_words(self) -> FamilyRule:
        for words, known in ((self.match, MATCHES), (self.require, CONDITIONS), (self.unless, CONDITIONS),
                             (self.units, UNITS)):  # fmt: skip
            for word in words:
                if word not in known:
                    raise ValueError(
                        f"rule {self.id!r} uses {word!r}, which is not known; nearest: {nearest(word, known)}"
                    )
        if self.is_directed != (self.relation in DIRECTED):
            raise ValueError(f"rule {self.id!r}: {self.relation!r} does not go with what it matches: one has a "
                             "direction, the other has none")  # fmt: skip
        if "sibling" in self.match and (len(self.match) < 2 or self.relation in SIBLINGS):
            raise ValueError(f"rule {self.id!r}: 'sibling' stands beside another word, and makes no siblings")
        return self

    @property
    def is_directed(self) -> bool:
        """Whether left and right have different facts: a parent's or a carer's, and a child's."""
        return any(left != right for left, right in (MATCHES[word] for word in self.match))

    @property
    def makes_siblings(self) -> bool:
        """Whether it claims siblings of any kind."""
        return self.relation in SIBLINGS


class Limits(Strict):
    """`[limits]`: from which confidence on a relation counts, and what is no family home."""

    claim_from: float = Field(default=0.5, ge=0, le=1)
    join_from: float = Field(default=0.8, ge=0, le=1)
    most_children_at_an_address: int = Field(default=10, ge=1)
    most_surnames_at_an_address: int = Field(default=4, ge=1)
    most_children_in_a_postcode: int = Field(default=150, ge=1)
    most_siblings: int = Field(default=14, ge=2)


class FamilyPack(Strict):
    """A whole pack."""

    pack: PackInfo
    limits: Limits = Limits()
    rule: tuple[FamilyRule, ...]


@dataclass(frozen=True)
class FamilyRules:
    """The rules of all packs in their order, the limits of the first one, and file hashes."""

    rules: tuple[FamilyRule, ...]
    limits: Limits
    hashes: Mapping[str, str]

    def feeding(self, unit: str) -> tuple[int, ...]:
        """Numbers of the rules whose relations make a unit."""
        return tuple(number for number, rule in enumerate(self.rules) if unit in rule.units)


def load_family_rules(names: Sequence[str], *, folder: Path) -> FamilyRules:
    """The named packs; a name is a bundled one or a path relative to `folder`. No name, no rule.

    Raises ProjectError for a pack that is not there, is no pack of families, or repeats a rule.
    """
    rules: list[FamilyRule] = []
    hashes: dict[str, str] = {}
    limits = Limits()
    for at, name in enumerate(names):
        path = find_pack(name, "rules", folder, where="[families] rules")
        pack = validated(FamilyPack, read_toml(path, what="rule pack of families"), path)
        label = f"rules/{pack.pack.id}@{pack.pack.version}"
        if label in hashes:
            raise ProjectError("Two rule packs have the same id and version.", where=f"[families] rules: {label}",
                               remedy="name each pack once, or give your copy an id of its own")  # fmt: skip
        hashes[label] = sha256_of_pack(path)
        rules += pack.rule
        limits = limits if at else pack.limits
    refuse_repeated_ids(rules, where="[families] rules")
    return FamilyRules(tuple(rules), limits, hashes)
