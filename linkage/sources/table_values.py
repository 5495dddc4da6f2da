"""What a row of a mapped table gives for a field: SQL of one cell, of several, of a whole name, of parts of a date."""

from __future__ import annotations

from linkage.project import ColumnMap
from linkage.schema import DATE_FIELDS
from linkage.sources.cells import without_point_zero
from linkage.sources.columns import Header
from linkage.sql import ident

# Fields whose further columns are names of equal standing and not mere fallbacks.
ALTERNATIVES = {"forename": "forename_alternatives", "surname": "surname_alternatives"}

# Words in lower case that belong to the surname behind them.
_PARTICLES = r"(?i:(?:al|bin|da|de|del|della|den|der|di|du|el|ibn|la|le|st|ten|ter|van|von)\.?\s+)*"
_FORENAME_FIRST = rf"^(.+?)\s+({_PARTICLES}\S+)$"
_SURNAME_FIRST = rf"^({_PARTICLES}\S+)\s+(.+)$"


def values(name: str, mapped: ColumnMap, header: Header) -> dict[str, str]:
    """Columns of the row table that a field fills -> SQL over a staged row.

    The first value that is there, joined text, a date of its parts, or a name and its others.
    """
    cells = [cell(header, column) for column in mapped.columns or mapped.join]
    if mapped.order:
        return {name: _of_whole_name(name, cells[0], mapped.order)}
    if mapped.join and name in DATE_FIELDS and len(cells) in (2, 3):
        return {name: _date(cells)}
    if mapped.join:
        return {name: f"nullif(concat_ws(' ', {', '.join(cells)}), '')"}
    if name in ALTERNATIVES and len(cells) > 1:
        names = f"list_filter([{', '.join(cells)}], lambda name: name is not null)"
        return {name: f"{names}[1]", ALTERNATIVES[name]: f"case when len({names}) > 1 then {names}[2:] end"}
    return {name: f"coalesce({', '.join(cells)})" if len(cells) > 1 else cells[0]}


def cell(header: Header, column: str) -> str:
    """SQL: the staged cell of a column; NULL where the file lacks it."""
    at = header.position(column)
    return ident(f"c{at}") if at is not None else "null"


def _of_whole_name(field: str, text: str, order: str) -> str:
    """SQL: forename or surname of a whole name; the surname is before a comma, else where the order says.

    One word alone is a surname. `de la`, `van`, `bin` and the like go with the surname.
    """
    after = f"substr({text}, strpos({text}, ',') + 1)"
    pattern = _FORENAME_FIRST if order == "forename_first" else _SURNAME_FIRST
    group = 1 if (field == "forename") == (order == "forename_first") else 2
    by_comma = after if field == "forename" else f"split_part({text}, ',', 1)"
    alone = "null" if field == "forename" else text
    by_order = f"case when contains({text}, ' ') then regexp_extract({text}, '{pattern}', {group}) else {alone} end"
    return f"nullif(trim(case when contains({text}, ',') then {by_comma} else {by_order} end), '')"


def _date(cells: list[str]) -> str:
    """SQL: a date of its year, month and, where there are three parts, day, in this order or the reverse.

    As text: `2012-05-03`, `2012-05`, `2012`; `3 May 2012` or `May 2012` where the month is a word. Parts without a year
    stay as they are, to be refused with a reason.
    """
    first, *middle, last = (without_point_zero(text) for text in cells)
    is_year = rf"coalesce(regexp_full_match({first}, '(?:19|20)\d\d'), false)"
    year = f"case when {is_year} then {first} else {last} end"
    far = f"case when {is_year} then {last} else {first} end"
    month, day = (middle[0], far) if middle else (far, "null")
    number = f"lpad({month}, 2, '0')"
    by_number = f"concat_ws('-', {year}, {number}, lpad({day}, 2, '0'))"
    is_number = rf"regexp_full_match({month}, '\d{{1,2}}')"
    by_word = f"concat_ws(' ', {day}, {month}, {year})"
    has_year = rf"regexp_full_match({year}, '(?:19|20)\d\d')"
    plain = f"nullif(concat_ws(' ', {', '.join(cells)}), '')"
    return (f"case when not coalesce({has_year}, false) then {plain} when {month} is null then {year} "
            f"when {is_number} then {by_number} else {by_word} end")  # fmt: skip
