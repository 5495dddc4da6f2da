"""Persons written as a table in the test, the working tables that earlier stages would have made, and their families.

One line per person, who has one record: `key | forename | surname | dob | sex | authority` and any of `mother_id`,
`father_id`, `family_id`, `household_id`, `guardian`, `own_id` (LA child id), `postcode`, `line`, `uprn`. Relation
keys are scoped to the authority (301 where none is given).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from linkage.families import make_families
from linkage.families.rules import FamilyRules, load_family_rules
from linkage.prepare.name_keys import forename_keys, surname_keys
from linkage.schema import RELATION_FIELDS
from linkage.sql import Connection, execute, rows

Row = Mapping[str, Any]
Home = tuple[str, str, str, str | None, str | None]  # person, kind, place, from, to
Event = tuple[str, str, str | None, str | None, str | None]  # person, kind, code, from, to

RECORD_COLUMNS = {
    "forename": "varchar", "surname": "varchar", "forenames": "varchar[]", "surnames": "varchar[]",
    "forename_key": "varchar", "forename_keys": "varchar[]", "surname_key": "varchar", "surname_keys": "varchar[]",
    "dob": "date", "dob_precision": "varchar", "sex": "varchar", "postcode": "varchar", "address_line": "varchar",
    "uprn": "varchar", "authority": "varchar", "cin": "varchar", "cla": "varchar",
}  # fmt: skip
DIRECTED = ("mother_of", "parent_of", "carer_of")


def people(text: str) -> list[dict[str, Any]]:
    """The lines of a table as dicts; the first line has the names, an empty cell is unknown."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [{name: cell for name, cell in zip(lines[0], line, strict=True) if cell} for line in lines[1:]]


def bundled_rules() -> FamilyRules:
    """The bundled pack."""
    return load_family_rules(("families",), folder=Path())


def only(*ids: str) -> FamilyRules:
    """Some rules of the bundled pack."""
    packs = bundled_rules()
    chosen = tuple(rule for rule in packs.rules if rule.id in ids)
    assert len(chosen) == len(ids)
    return FamilyRules(chosen, packs.limits, {})


@dataclass
class Families:
    """What the stage made, in the names that the test gave its persons."""

    con: Connection
    names: list[str]

    @property
    def relations(self) -> dict[tuple[str, str, str], str]:
        """Left, right and relation to evidence; the ends of symmetric relations in order of name."""
        found = {}
        for left, right, relation, evidence in self.rows("person_no_l, person_no_r, relation, evidence"):
            ends = [self.names[left], self.names[right]]
            one, other = ends if relation in DIRECTED else sorted(ends)
            found[one, other, relation] = evidence
        return found

    def rows(self, columns: str, table: str = "relationships") -> list[tuple[Any, ...]]:
        """Columns of a table, ordered."""
        return sorted(rows(self.con, f"select {columns} from {table}"), key=repr)

    def units(self, rule: str) -> list[list[str]]:
        """The units of a rule: names, with the role where it is a parent's or carer's."""
        made: dict[str, list[str]] = {}
        for unit, person, role in self.rows("unit_id, person_no, role", f"family_members where unit_rule = '{rule}'"):
            said = f" ({role})" if role in ("mother", "carer") else ""
            made.setdefault(unit, []).append(self.names[person] + said)
        return sorted(sorted(unit) for unit in made.values())

    @property
    def refused(self) -> dict[tuple[str, str], int]:
        """What and reason to how many."""
        return {(what, reason): n for what, reason, n in self.rows("what, reason, n", "refused_relations")}


def families_of(
    con: Connection,
    listed: str | Sequence[Row],
    *,
    homes: Iterable[Home] = (),
    events: Iterable[Event] = (),
    never: Iterable[tuple[str, str]] = (),
    packs: FamilyRules | None = None,
) -> Families:
    """The families of persons, each with the one record that its line says."""
    world = people(listed) if isinstance(listed, str) else list(listed)
    names = [str(person["key"]) for person in world]
    number = {name: at for at, name in enumerate(names)}
    _records(con, world)
    _table(con, "addresses", "record_id bigint, kind varchar, postcode varchar, uprn varchar, valid_from date, "
           "valid_to date, precision varchar, address_line varchar",
           [(number[who], kind, *_place(place), begin, end, "full", None) for who, kind, place, begin, end in homes],
           )  # fmt: skip
    _table(con, "events", "record_id bigint, kind varchar, code varchar, date_from date, date_to date",
           [(number[who], *rest) for who, *rest in events])  # fmt: skip
    _table(con, "never_link", "record_id_l bigint, record_id_r bigint",
           [tuple(sorted((number[left], number[right]))) for left, right in never])  # fmt: skip
    make_families(con, packs or bundled_rules(), run_key="a run", years={})
    return Families(con, names)


def _place(place: str) -> tuple[str | None, str | None]:
    """`AB1 2CD` is a postcode, `u1` a property number, `AB1 2CD u1` both."""
    words = place.split()
    uprn = next((word for word in words if word.startswith("u")), None)
    return " ".join(word for word in words if word != uprn) or None, uprn


def _records(con: Connection, world: Sequence[Row]) -> None:
    made = [
        {
            "record_id": at, "source_no": 0, "source": "a", "key": person["key"],
            **{name: person.get(name) for name in ("forename", "surname", "sex", "postcode", "uprn", "cin", "cla")},
            "address_line": person.get("line"), "authority": person.get("authority", "301"),
            "forenames": [person["forename"]] if "forename" in person else None,
            "surnames": [person["surname"]] if "surname" in person else None,
            **_keys("forename", person.get("forename"), forename_keys),
            **_keys("surname", person.get("surname"), surname_keys),
            "dob": date.fromisoformat(person["dob"]) if "dob" in person else None,
            "dob_precision": "day" if "dob" in person else None,
        }
        for at, person in enumerate(world)
    ]  # fmt: skip
    columns = {"record_id": "bigint", "source_no": "smallint", "source": "varchar", "key": "varchar", **RECORD_COLUMNS}
    listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    chosen = ", ".join(f"{name}::{kind} as {name}" for name, kind in columns.items())
    execute(con, f"create or replace table records ({listed})")
    con.register("made_records", pa.Table.from_pylist(made))
    execute(con, f"insert into records by name select {chosen} from made_records")
    con.unregister("made_records")
    _table(con, "persons", "record_id bigint, person_no bigint, person_id varchar, confidence double",
           [(at, at, f"p_{at:04d}", 1.0) for at in range(len(world))])  # fmt: skip
    keys = [(at, kind, person.get("authority", "301"), person[kind])
            for at, person in enumerate(world) for kind in RELATION_FIELDS if kind in person]  # fmt: skip
    _table(con, "relation_keys", "record_id bigint, kind varchar, scope varchar, value varchar", keys)
    own = [(at, "la_child_id", person.get("authority", "301"), person["own_id"], "valid")
           for at, person in enumerate(world) if "own_id" in person]  # fmt: skip
    _table(con, "identifiers", "record_id bigint, scheme varchar, scope varchar, value varchar, status varchar", own)


def _keys(role: str, name: str | None, keys_of: Callable[[str], tuple[str, ...]]) -> Row:
    keys = keys_of(name) if name else ()
    return {f"{role}_key": keys[0] if keys else None, f"{role}_keys": sorted(keys) if len(keys) > 1 else None}


def _table(con: Connection, name: str, columns: str, lines: Sequence[Sequence[Any]]) -> None:
    execute(con, f"create or replace table {name} ({columns})")
    names = [column.split()[0] for column in columns.split(", ")]
    made = pa.table({each: pa.array([line[at] for line in lines]) for at, each in enumerate(names)})
    if lines:
        con.register("made_lines", made)
        chosen = ", ".join(f"{each}::{column.split()[1]}" for each, column in zip(names, columns.split(", "),
                                                                                  strict=True))  # fmt: skip
        execute(con, f"insert into {name} select {chosen} from made_lines")
        con.unregister("made_lines")
