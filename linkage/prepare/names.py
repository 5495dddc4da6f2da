"""Names: from what was typed to letters that can be compared.

The clean form is upper case without accents, apostrophes, titles and suffixes; hyphens and dots part words. Digits
are dropped with everything else that is no letter, but a value of letters *and* digits keeps them: made-up names
such as SUR9125 would otherwise all be the same. Brackets and "known as" give further names of equal standing.

Reason codes: `placeholder` (the text says that there is no name), `not_a_name` (no Latin letter in it).
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.prepare.inputs import BLANKS, Input, field_values, union_all, working_table
from linkage.prepare.name_lists import PARTICLES, SHARED_TITLES
from linkage.schema import NAME_FIELDS
from linkage.sql import Step, ident, literal

NAMES = "prepare__names"
NAME_TEXTS = "prepare__name_texts"
ALTERNATIVE_FIELDS = ("forename_alternatives", "surname_alternatives")

# Letters that are no base letter with an accent, so that stripping accents leaves them as they are.
_LETTERS = {
    "Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "ı": "i", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Ħ": "H", "ħ": "h",
    "ſ": "s", "Ŧ": "T", "ŧ": "t", "ə": "e", "Ə": "E",
}  # fmt: skip
_LIGATURES = {"ß": "ss", "ẞ": "SS", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Þ": "TH", "þ": "th"}
_APOSTROPHES = "'’‘`´ʼʻ′"

_TITLES = "MR|MRS|MISS|MS|MX|MASTER|MSTR|DR|REV|SIR|LADY|PROF"
_SUFFIXES = "JR|JNR|SR|SNR|II|III|IV"

# What is typed when a child has no name yet or nobody knows it: maternity and NHS practice ("Baby Boy",
# "Twin 1"), case systems ("Unborn"), and exports of missing values.
_PLACEHOLDER_WORDS = (
    "UNKNOWN|UNK|NOT KNOWN|NK|NONE|NIL|NULL|NAN|NA|N A|NOT GIVEN|NOT RECORDED|NOT PROVIDED|NOT STATED|NOT AVAILABLE|"
    "NOT APPLICABLE|NOT YET NAMED|UNNAMED|NO NAME|NO FORENAME|NO FIRST NAME|NO SURNAME|NO LAST NAME|NAME UNKNOWN|"
    "TBC|TBA|TO BE CONFIRMED|TO BE ADVISED|MISSING|BLANK|REDACTED|WITHHELD|ANONYMOUS|TEST|DUMMY|DUPLICATE|"
    "FORENAME|FIRST NAME|SURNAME|LAST NAME|BOY|GIRL|MALE|FEMALE|BABYBOY|BABYGIRL|XX+|ZZ+"
)
_PLACEHOLDER_STARTS = "BABY|UNBORN|NEWBORN|INFANT|TWIN|TRIPLET"

_BRACKETED = r'[(\[{"“”]([^)\]}"“”]*)[)\]}"“”]?'
_KNOWN_AS = r"(?i)\s+(?:also\s+known\s+as|known\s+as|a\.?k\.?a\.?|k/a|formerly|formally|née|nee)\s+(.*)$"


def name_steps(inputs: Sequence[Input]) -> list[Step]:
    """Makes `prepare__names`, one row per distinct non-blank text of any name field of any source.

    Columns: raw (key, as in the row table), clean, why, names (sorted list of all names in the text, NULL where
    refused) and surnames (those and what of them is a surname alone).
    """
    return [
        working_table(NAME_TEXTS, _distinct_texts_sql(inputs)),
        working_table("prepare__name_parts", _parts_sql()),
        working_table("prepare__names_clean", _clean_sql()),
        working_table(NAMES, _surnames_sql()),
    ]


def _distinct_texts_sql(inputs: Sequence[Input]) -> str:
    """Every text, and the roles in which it stands: codes are worked out for those."""
    texts = [f"select field, raw from ({select})" for select in field_values(inputs, NAME_FIELDS)]
    texts += [
        f"select {literal(field)} as field, unnest({ident(field)}) as raw from {ident(source.extract.rows)}"
        for source in inputs
        for field in ALTERNATIVE_FIELDS
        if source.has(field)
    ]
    return (
        "select texts.raw, bool_or(contains(field, 'forename')) as is_forename, "
        "bool_or(contains(field, 'surname')) as is_surname\n"
        f"from ({union_all(texts, empty='null::varchar, null::varchar')}) as texts(field, raw)\n"
        f"where trim(texts.raw, '{BLANKS}') <> ''\ngroup by texts.raw"
    )


def _parts_sql() -> str:
    """Cut the text into the name itself and further names in brackets or after "known as"."""
    bracketed, known_as = literal(_BRACKETED), literal(_KNOWN_AS)
    plain = "regexp_full_match(raw, '[A-Za-z]+')"
    return f"""
select
    raw,
    {plain} as is_plain,
    case when {plain} then raw else regexp_replace(without_brackets, {known_as}, '') end as main,
    case when {plain} then []::varchar[] else list_concat(
        regexp_extract_all(raw, {bracketed}, 1),
        regexp_extract_all(without_brackets, {known_as}, 1)
    ) end as others
from (select raw, regexp_replace(raw, {bracketed}, ' ', 'g') as without_brackets from {NAME_TEXTS})"""


def _clean_sql() -> str:
    return f"""
select
    raw,
    -- A name that stands in brackets alone is the name.
    case when main_clean = '' and len(others) > 0 then others[1] else main_clean end as clean,
    others
from (
    select
        raw,
        case when is_plain then upper(main) else {clean_name_sql("main")} end as main_clean,
        list_transform(others, lambda other: {clean_name_sql("other")}) as others
    from prepare__name_parts
)"""


def clean_name_sql(text: str) -> str:
    """SQL: the clean form of a name without brackets, '' where nothing is left; no word is refused yet."""
    for ligature, letters in _LIGATURES.items():
        text = f"replace({text}, '{ligature}', '{letters}')"
    plain = f"upper(strip_accents(translate({text}, '{''.join(_LETTERS)}', '{''.join(_LETTERS.values())}')))"
    joined = f"translate({plain}, {literal(_APOSTROPHES)}, '')"
    parted = rf"regexp_replace({joined}, '[-.,/&_+–—‐‑\s\x{{a0}}]+', ' ', 'g')"
    letters = f"trim(regexp_replace(regexp_replace({parted}, '[^A-Z0-9 ]', '', 'g'), ' +', ' ', 'g'))"
    untitled = f"regexp_replace({letters}, '^(?:(?:{_TITLES}) )+', '')"
    return f"regexp_replace({untitled}, '(?: (?:{_SUFFIXES}))+$', '')"


def refusal_sql(clean: str) -> str:
    """SQL: why a clean name is refused, NULL where it is a name."""
    return (
        f"case when not regexp_matches({clean}, '[A-Z]') then 'not_a_name' "
        f"when regexp_full_match({clean}, '{_PLACEHOLDER_WORDS}|(?:{_PLACEHOLDER_STARTS})(?: .*)?') "
        "then 'placeholder' end"
    )


def _surnames_sql() -> str:
    """All names in a text; as a surname it may also be meant in part. A forename's words are compared as they stand."""
    no_parts = ", ".join(literal(word) for word in sorted({*PARTICLES.split(), *SHARED_TITLES.split()}))
    parts = (
        f"list_filter(string_split(name, ' '), lambda part: length(part) > 2 and not list_contains([{no_parts}], part))"
    )
    # A single word is all that nearly every name has; the lists of the others are worth sorting.
    return f"""
select
    raw,
    clean,
    why,
    case when names = [] then null when not has_words then names else list_sort(list_distinct(names)) end as names,
    case
        when names = [] then null
        when not has_words then names
        else list_sort(list_distinct(list_concat(names, flatten(list_transform(names, lambda name: {parts})))))
    end as surnames
from (
    select
        raw,
        why,
        case when why is null then clean end as clean,
        list_concat(
            case when why is null then [clean] else [] end,
            list_filter(others, lambda other: ({refusal_sql("other")}) is null)
        ) as names,
        contains(clean, ' ') or len(others) > 0 as has_words
    from (select raw, clean, others, {refusal_sql("clean")} as why from prepare__names_clean)
)"""
