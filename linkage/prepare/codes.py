"""Characteristics: from a source's codes and words to one code list each.

Reason codes: `unknown_code` (not in the list), `refused`, `not_obtained` (both ethnicity and language),
`not_recorded`, `indeterminate` (sex), `group_only` (an ethnicity known to its group of five), `no` (a flag).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from linkage.prepare.code_lists import CODE_LISTS, DISABILITY_KINDS, meanings
from linkage.prepare.inputs import BLANKS, Input, field_values, union_all, working_table
from linkage.schema import ETHNICITY_GROUPS
from linkage.sql import Step, literal

CODES = "prepare__codes"


def code_steps(inputs: Sequence[Input]) -> list[Step]:
    """Makes `prepare__codes`, one row per field and distinct non-blank text of it.

    Columns: field, raw (key); text (raw without blanks around it), clean (NULL where refused), why, and for
    ethnicity ethnicity_5 and ethnicity_19 (see `schema.ETHNICITY_GROUPS`).
    """
    return [
        working_table("prepare__code_texts", _texts_sql(inputs)),
        _meanings_step(),
        working_table(CODES, _codes_sql()),
    ]


def _texts_sql(inputs: Sequence[Input]) -> str:
    selects = [f"select field, raw from ({select})" for select in field_values(inputs, list(CODE_LISTS))]
    return f"""
select distinct field, raw, trim(raw, '{BLANKS}') as text
from ({union_all(selects, empty="null::varchar, null::varchar")}) as texts(field, raw)
where trim(raw, '{BLANKS}') <> ''"""


def _meanings_step() -> Step:
    """The code lists as a table; their hundreds of rows are bound as lists, which is much faster than written out."""
    listed = list(meanings())
    columns = {
        "field": [field for field, _, _ in listed],
        "spelling": [word for _, word, _ in listed],
        "code": [meaning.code for *_, meaning in listed],
        "why": [meaning.why for *_, meaning in listed],
        "ethnicity_group": [meaning.group for *_, meaning in listed],
    }
    select = ", ".join(f"unnest(${name}::varchar[]) as {name}" for name in columns)
    step = working_table("prepare__code_meanings", f"select {select}")
    return replace(step, params=columns)


def spelling_sql(text: str) -> str:
    """SQL: a text in the spelling of the code lists.

    A number keeps its sign (-1 is missing, 1 is not) and loses the `.0` of a spreadsheet.
    """
    number = f"regexp_replace({text}, '[.]0+$', '')"
    without_letter = f"regexp_replace({text}, '^[A-Za-z]{{1,2}}[)] *', '')"
    words = f"trim(regexp_replace(upper({without_letter}), '[^A-Z0-9]+', ' ', 'g'))"
    return f"case when regexp_full_match({text}, '-?[0-9]+([.]0+)?') then {number} else {words} end"


def _codes_sql() -> str:
    groups = ",\n".join(
        f"({literal(code)}, {literal(group)}, {literal(label)})" for code, (group, label) in ETHNICITY_GROUPS.items()
    )
    kinds = ", ".join(literal(kind) for kind in DISABILITY_KINDS)
    return f"""
select
    texts.field,
    texts.raw,
    texts.text,
    texts.clean,
    case when texts.clean is null then coalesce(texts.why, 'unknown_code') end as why,
    coalesce(groups.ethnicity_5, texts.ethnicity_group) as ethnicity_5,
    groups.ethnicity_19
from (
    select
        spelled.field,
        spelled.raw,
        spelled.text,
        case
            when listed.spelling is not null then listed.code
            when spelled.field = 'language' and regexp_full_match(spelled.spelling, '[A-Z]{{3,4}}')
            then spelled.spelling
            when spelled.field = 'disability' and list_has_all([{kinds}], string_split(spelled.spelling, ' ')) then 'Y'
        end as clean,
        listed.why,
        listed.ethnicity_group
    from (select field, raw, text, {spelling_sql("text")} as spelling from prepare__code_texts) as spelled
    left join prepare__code_meanings as listed
        on listed.field = spelled.field and listed.spelling = spelled.spelling
) as texts
left join (values
{groups}
) as groups(code, ethnicity_5, ethnicity_19) on texts.field = 'ethnicity' and groups.code = texts.clean"""
