"""The columns of an unknown table: which field each holds, by its heading and its values, how sure, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.recognise.contract import Layout, LeftAlone, Mapped, Sureness, Table
from linkage.recognise.fitting import by_values_alone, date_format, fit
from linkage.recognise.headings import Heading, heading_of
from linkage.recognise.keys import chosen_key
from linkage.recognise.parts import birth_of_parts, is_whole_name, order_of_names
from linkage.schema import DATE_FIELDS, FIELD_NAMES, WHOLE_NAME

# Values alone can only tell these so much.
_BY_VALUES: dict[str, Sureness] = {"upn": "likely", "uln": "likely", "nhs_number": "likely", "ethnicity": "likely"}
# A field that a second column of the same name fills up.
_FILLED_UP = frozenset({"sex", "ethnicity"})
_ALTERNATIVES = frozenset({"forename", "surname"})
_NO_FIELD = {
    "whole_name": "a whole name in one column, but its values are not",
    "birth_part": "a part of a birth date",
    "age": "an age, which changes from day to day",
    "other_postcode": "the postcode of a placement or school, not of the home",
    "local_id": "a number of the table's own",
    "house": "a part of an address without its street",
    "street": "a part of an address without its house",
}
_UNCHECKABLE = "its heading says so; the values cannot say"


@dataclass(frozen=True)
class _Candidate:
    """A column that may hold a field."""

    field: str
    at: int
    sureness: Sureness
    reason: str
    filled: int

    @property
    def worth(self) -> tuple[int, int, int]:
        """Sorts the best candidate first: the surest, then the fullest, then the leftmost."""
        return ("certain", "likely", "guess").index(self.sureness), -self.filled, self.at


def propose_layout(table: Table) -> Layout:
    """The column map of a table."""
    headings = [heading_of(name) for name in table.header.names]
    repeated = _repeated(table.header.names)
    reasons: dict[int, str] = {}
    candidates: list[_Candidate] = []
    for at, heading in enumerate(headings):
        if at in repeated or not table.header.names[at]:
            reasons[at] = "a column without a name" if not table.header.names[at] else "a second column of that name"
            continue
        found = _by_heading(table, at, heading, headings)
        if isinstance(found, _Candidate):
            candidates.append(found)
        elif found:
            reasons[at] = found
    if any(item.field in ("forename", "surname") for item in candidates):
        reasons |= {
            item.at: "a whole name, beside columns of its parts" for item in candidates if item.field == WHOLE_NAME
        }
        candidates = [item for item in candidates if item.field != WHOLE_NAME]
    mapped, used = _settled(table, candidates, reasons)
    for joined in (_house_and_street(table, headings, mapped), birth_of_parts(table, headings, mapped)):
        if joined is not None:
            mapped.append(joined)
            used.update(at for at, name in enumerate(table.header.names) if name in joined.columns)
    for guessed in _by_values(table, headings, used, reasons, {item.field for item in mapped}):
        mapped.append(_mapped(table, guessed.field, [guessed]))
        used.add(guessed.at)
    key, key_reason = chosen_key(table, headings, {item.field: item.columns[0] for item in mapped})
    left = tuple(
        LeftAlone(_shown(table, at), reasons.get(at, "not a field of a record"))
        for at in range(len(headings))
        if at not in used and table.header.names[at] != key
    )
    ordered = sorted(mapped, key=lambda item: (*FIELD_NAMES, WHOLE_NAME).index(item.field))
    return Layout(tuple(ordered), left, key, key_reason)


def _by_heading(table: Table, at: int, heading: Heading, headings: Sequence[Heading]) -> _Candidate | str | None:
    """The candidate that a heading makes, or the reason to leave the column alone."""
    looks = table.looks(at)
    if heading.other:
        return f"about {heading.other}, not the child"
    if heading.hint is None:
        return None
    about, strength = heading.hint.about, heading.hint.strength
    if about == "whole_name":
        about = _single_name(table, at, headings)
    if about == "whole_name" and is_whole_name(looks):
        return _Candidate(
            WHOLE_NAME, at, "likely" if strength == "exact" else "guess", "its heading says so", looks.filled
        )
    if about in _NO_FIELD:
        return _NO_FIELD[about]
    if not looks.filled:
        return "no values in the sample"
    fits = fit(about, looks)
    if fits.holds is False:
        if about in ("upn", "former_upn", "uln", "nhs_number") and looks.share(looks.hashed) >= 0.8:
            return f"its heading says {about}, but its values are pseudonyms: map it as `pseudonym`, with a `supply`"
        return f"its heading says {about}, but {fits.why}"
    if fits.holds is None:
        sureness: Sureness = "likely" if strength == "exact" else "guess"
        return _Candidate(about, at, sureness, f"{_UNCHECKABLE}{f' ({fits.why})' if fits.why else ''}", looks.filled)
    sureness = "certain" if strength == "exact" else "likely"
    if "but only" in fits.why or fits.why.startswith("only"):
        sureness = "guess"
    if heading.earlier and about in ("postcode", "address_line"):
        return _Candidate(about, at, "guess", f"its heading says so, of an earlier time; {fits.why}", looks.filled)
    return _Candidate(about, at, sureness, f"its heading says so; {fits.why}", looks.filled)


def _house_and_street(table: Table, headings: Sequence[Heading], mapped: Sequence[Mapped]) -> Mapped | None:
    """House and street joined, where an address stands in two columns."""
    if any(item.field == "address_line" for item in mapped):
        return None
    places = {}
    for part in ("house", "street"):
        hinted = [at for at, heading in enumerate(headings) if heading.hint and heading.hint.about == part]
        filled = [at for at in hinted if table.looks(at).filled and not headings[at].other]
        if len(filled) != 1:
            return None
        places[part] = table.header.names[filled[0]]
    return Mapped("address_line", (places["house"], places["street"]), "likely",
                  "its headings say house and street", join=True)  # fmt: skip


def _single_name(table: Table, at: int, headings: Sequence[Heading]) -> str:
    """What `Name` is: whole names, or the one of forename and surname that the table lacks."""
    looks = table.looks(at)
    if looks.share(looks.several_words) >= 0.5 or looks.share(looks.comma) >= 0.5 or not looks.filled:
        return "whole_name"
    named = {heading.hint.about for heading in headings if heading.hint}
    lacking = [field for field in ("forename", "surname") if field not in named]
    return lacking[0] if len(lacking) == 1 else "whole_name"


def _settled(table: Table, candidates: Sequence[_Candidate], reasons: dict[int, str]) -> tuple[list[Mapped], set[int]]:
    """One column for each field, or several where a second one adds to the first."""
    mapped: list[Mapped] = []
    used: set[int] = set()
    for field in dict.fromkeys(candidate.field for candidate in candidates):
        best, *rest = sorted((item for item in candidates if item.field == field), key=lambda item: item.worth)
        taken = [best]
        for other in rest:
            same_worth = other.sureness == best.sureness
            if field in _FILLED_UP | _ALTERNATIVES and same_worth:
                taken.append(other)
            else:
                better = _shown(table, best.at)
                reasons[other.at] = f"a second column for {field}: {better!r} fits better or is fuller"
        mapped.append(_mapped(table, field, taken))
        used.update(item.at for item in taken)
    return mapped, used


def _by_values(
    table: Table, headings: Sequence[Heading], used: set[int], reasons: dict[int, str], taken: set[str]
) -> list[_Candidate]:
    """Fields that no heading named, told by values alone; only where one column alone could be it."""
    found: list[_Candidate] = []
    for at, heading in enumerate(headings):
        if at in used or heading.other or at in reasons or not table.header.names[at]:
            continue
        told = by_values_alone(table.looks(at))
        if told and told[0] not in taken:
            sureness = _BY_VALUES.get(told[0], "guess")
            found.append(_Candidate(told[0], at, sureness, f"by its values alone: {told[1]}", table.looks(at).filled))
    alone = []
    for candidate in found:
        rivals = [item for item in found if item.field == candidate.field]
        if len(rivals) == 1:
            alone.append(candidate)
        else:
            reasons[candidate.at] = f"may be {candidate.field}, but {len(rivals)} columns could be it"
    return alone


def _mapped(table: Table, field: str, taken: Sequence[_Candidate]) -> Mapped:
    best = taken[0]
    reason = best.reason
    if len(taken) > 1:
        how = "names of equal standing" if field in _ALTERNATIVES else "the later ones fill gaps"
        reason += f"; {len(taken)} columns, {how}"
    declared = date_format(table.looks(best.at)) if field in DATE_FIELDS else None
    if field in DATE_FIELDS and declared is None:
        reason += "; whether day or month comes first is left to be found"
    columns = tuple(table.header.names[item.at] for item in taken)
    order, why = order_of_names(table, best.at) if field == WHOLE_NAME else (None, "")
    return Mapped(field, columns, best.sureness, reason + why, format=declared, order=order)


def _repeated(names: Sequence[str]) -> set[int]:
    seen: set[str] = set()
    repeated = set()
    for at, name in enumerate(names):
        folded = " ".join(name.casefold().split())
        if name and folded in seen:
            repeated.add(at)
        seen.add(folded)
    return repeated


def _shown(table: Table, at: int) -> str:
    return table.header.names[at] or f"column {at + 1}"
