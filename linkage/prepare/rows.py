"""A source's rows, cleaned: each raw column replaced by what its dictionary says, in the columns of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from linkage.prepare.alternatives import ALTERNATIVES
from linkage.prepare.codes import CODES
from linkage.prepare.dates import DATES
from linkage.prepare.inputs import BLANKS, Input
from linkage.prepare.layout import COLUMN_TYPES
from linkage.prepare.name_codes import NAME_CODES, all_keys_sql
from linkage.prepare.places import HOMES, address_line_sql, uprn_sql
from linkage.prepare.postcodes import POSTCODES
from linkage.sql import ident, literal

_FORENAME_FIELDS = ("forename", "preferred_forename", "former_forename")
_SURNAME_FIELDS = ("surname", "preferred_surname", "former_surname")
_CODE_FIELDS = ("sex", "language", "sen", "fsm", "disability", "cin", "cpp", "cla", "uasc")


@dataclass
class CleanedRows:
    """The select that cleans a source's rows, as it is put together: columns and joined dictionaries.

    The row table is `rows` in it, so that `rows.rowid` names the row for the length of this stage.
    """

    source: Input
    columns: dict[str, str] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)

    def join(self, dictionary: str, alias: str, condition: str) -> None:
        self.joins.append(f"left join {dictionary} as {alias} on {condition}")

    def select_sql(self, types: Mapping[str, str], *, before: str = "", after: str = "") -> str:
        """The select statement for the columns in `types` (name to type), NULL where the source has none.

        `before` goes in front of the columns, `after` behind the joins.
        """
        listed = ",\n    ".join(
            f"{self.columns[name]} as {ident(name)}" if name in self.columns else f"null::{kind} as {ident(name)}"
            for name, kind in types.items()
        )
        joins = "\n".join(self.joins)
        table = ident(self.source.extract.rows)
        return f"select\n    {before}{listed}\nfrom {table} as rows\n{joins}\n{after}"


def cleaned_rows(source: Input) -> CleanedRows:
    """The cleaning of one source: every canonical field it has, through the dictionaries of this stage."""
    cleaned = CleanedRows(source)
    _add_names(cleaned)
    _add_dates(cleaned)
    _add_home(cleaned)
    _add_places(cleaned)
    _add_codes(cleaned)
    for name in source.subgroups:
        cleaned.columns[name] = _verbatim_sql(f"rows.{ident(name)}")
    return cleaned


def record_columns(inputs: Sequence[Input]) -> dict[str, str]:
    """Every column of a record after its key, with its type: those of the layout, then the subgroups of all sources."""
    subgroups = sorted({name for source in inputs for name in source.subgroups})
    return {**COLUMN_TYPES, **dict.fromkeys(subgroups, "varchar")}


def _add_names(cleaned: CleanedRows) -> None:
    for name in (*_FORENAME_FIELDS, *_SURNAME_FIELDS, "middle_names"):
        if cleaned.source.has(name):
            cleaned.join(NAME_CODES, f"name_{name}", f"name_{name}.raw = rows.{name}")
    for name in ("forename", "surname", "middle_names"):
        if cleaned.source.has(name):
            cleaned.columns |= _with_raw(name, f"name_{name}", raw="raw")
    for name in ("forename", "surname"):
        if cleaned.source.has(name):
            cleaned.columns |= {code: f"name_{name}.{code}" for code in (f"{name}_phonetic", f"{name}_key")}
    if any(cleaned.source.has(f"{name}_alternatives") for name in ("forename", "surname")):
        cleaned.join(
            ALTERNATIVES,
            "alternatives",
            f"alternatives.source_no = {cleaned.source.number} and alternatives.row_no = rows.rowid",
        )
    for role, fields in (("forename", _FORENAME_FIELDS), ("surname", _SURNAME_FIELDS)):
        places = [f"name_{name}" for name in fields if cleaned.source.has(name)]
        names = [f"{place}.{role}s" for place in places]
        # The keys of one name may be left to its key; among those of several each has to be listed.
        keys = [all_keys_sql(role, f"{place}.") for place in places]
        if cleaned.source.has(f"{role}_alternatives"):
            names.append(f"alternatives.{role}s")
            keys.append(f"alternatives.{role}_keys")
        if len(names) > 1:
            cleaned.columns |= {f"{role}s": merged_list_sql(names), f"{role}_keys": merged_list_sql(keys)}
        elif places:
            cleaned.columns |= {f"{role}s": names[0], f"{role}_keys": f"{places[0]}.{role}_keys"}


def _add_dates(cleaned: CleanedRows) -> None:
    for name in ("dob", "expected_dob", "death_date"):
        if cleaned.source.has(name):
            alias = f"date_{name}"
            cleaned.join(
                DATES,
                alias,
                f"{alias}.source_no = {cleaned.source.number} and {alias}.field = {literal(name)} "
                f"and {alias}.raw = rows.{name}",
            )
            cleaned.columns |= {
                name: f"{alias}.date",
                f"{name}_raw": f"{alias}.text",
                f"{name}_why": f"{alias}.why",
            }
    if cleaned.source.has("dob"):
        cleaned.columns["dob_precision"] = "date_dob.precision"


def _add_home(cleaned: CleanedRows) -> None:
    """The row's own home; where it has none, the latest of the address table."""
    sides = []
    if cleaned.source.has("postcode"):
        cleaned.join(POSTCODES, "home", "home.raw = rows.postcode")
        sides.append("home")
    if cleaned.source.extract.addresses:
        cleaned.join(
            HOMES,
            "listed_home",
            f"listed_home.source_no = {cleaned.source.number} and listed_home.key = rows.key",
        )
        sides.append("listed_home")
    if not sides:
        return
    chosen = {
        "postcode": "postcode",
        "postcode_precision": "precision",
        "sector": "sector",
        "district": "district",
        "postcode_raw": "text",
        "postcode_why": "why",
    }
    cleaned.columns |= {name: _first_home_sql(sides, column) for name, column in chosen.items()}
    own = "case when home.postcode is not null then [home.postcode] end"
    lists = [own if side == "home" else "listed_home.postcodes" for side in sides]
    cleaned.columns["postcodes"] = merged_list_sql(lists)


def _first_home_sql(sides: list[str], column: str) -> str:
    if len(sides) == 1:
        return f"{sides[0]}.{column}"
    return (
        "case when home.district is not null or listed_home.district is null and home.raw is not null "
        f"then home.{column} else listed_home.{column} end"
    )


def _add_places(cleaned: CleanedRows) -> None:
    source = cleaned.source
    cleans = {"address_line": address_line_sql, "uprn": uprn_sql}
    for name, clean in cleans.items():
        known = [clean(f"rows.{name}")] if source.has(name) else []
        known += [f"listed_home.{name}"] if source.extract.addresses else []
        cleaned.columns |= {name: f"coalesce({', '.join(known)})"} if known else {}
    cleaned.columns |= {"school_urn": number_text_sql("rows.school_urn")} if source.has("school_urn") else {}
    authority = authority_sql(source)
    cleaned.columns |= {"authority": authority} if authority else {}


def authority_sql(source: Input) -> str | None:
    """SQL over `rows`: the authority that returned the row, from the row or the project; None where neither has it."""
    known = [f"upper({number_text_sql('rows.authority')})"] if source.has("authority") else []
    known += [literal(source.spec.authority)] if source.spec.authority else []
    return f"coalesce({', '.join(known)})" if known else None


def _add_codes(cleaned: CleanedRows) -> None:
    for name in (*_CODE_FIELDS, "ethnicity"):
        if not cleaned.source.has(name):
            continue
        alias = f"code_{name}"
        cleaned.join(CODES, alias, f"{alias}.field = {literal(name)} and {alias}.raw = rows.{name}")
        cleaned.columns[name] = f"{alias}.clean"
        if f"{name}_raw" in COLUMN_TYPES:
            cleaned.columns |= _with_raw(name, alias, raw="text")
    if cleaned.source.has("ethnicity"):
        cleaned.columns |= {name: f"code_ethnicity.{name}" for name in ("ethnicity_5", "ethnicity_19")}


def _with_raw(name: str, alias: str, *, raw: str) -> Mapping[str, str]:
    return {name: f"{alias}.clean", f"{name}_raw": f"{alias}.{raw}", f"{name}_why": f"{alias}.why"}


def _verbatim_sql(text: str) -> str:
    return f"nullif(trim({text}, '{BLANKS}'), '')"


def number_text_sql(text: str) -> str:
    """SQL: a number that is a name (a URN, an authority), without the `.0` of a spreadsheet; zeros in front stay."""
    return f"nullif(regexp_replace(trim({text}, '{BLANKS}'), '[.]0+$', ''), '')"


def merged_list_sql(lists: list[str]) -> str:
    """SQL: the distinct values of all lists in order, NULL where there is none."""
    if len(lists) == 1:
        return lists[0]
    # list_concat takes a NULL list as an empty one.
    merged = f"list_concat({', '.join(lists)})"
    return f"nullif(list_sort(list_distinct({merged})), [])"
