"""How people write a cell of a spreadsheet: one value, many ways. `draw` (0 to 1) decides which."""

from linkage_synth.cultures import ETHNICITY_LABELS


def name_cell(text: str, draw: float) -> str:
    """A name with blanks around it, in capitals or in small letters, now and then."""
    if draw < 0.03:
        return f" {text}"
    if draw < 0.08:
        return f"{text} "
    if draw < 0.12:
        return text.upper()
    return text.lower() if draw < 0.14 else text


def ethnicity_cell(code: str, draw: float) -> str:
    """One of the ways to write an ethnic group; blank, or words for it, where it is not known."""
    labels = ETHNICITY_LABELS.get(code)
    if labels is None:
        return ("", "Not known", "Refused")[int(draw * 3)]
    return labels[0] if draw < 0.6 else labels[int(draw * 97) % len(labels)]


def sex_cell(girl: bool, draw: float) -> str:
    """M or F, as a letter or a word; blank for a few."""
    if draw < 0.02:
        return ""
    plain = "F" if girl else "M"
    if draw < 0.1:
        return plain.lower()
    return ("Female" if girl else "Male") if draw < 0.22 else plain


def postcode_cell(postcode: str, draw: float) -> str:
    """A postcode without its blank, in small letters, or with one more blank at the end."""
    if draw < 0.12:
        return postcode.replace(" ", "")
    if draw < 0.18:
        return postcode.lower()
    return f"{postcode} " if draw < 0.22 else postcode


def upn_cell(upn: str, draw: float) -> str:
    """A UPN in small letters or in groups, for a few."""
    if draw < 0.02:
        return upn.lower()
    return f"{upn[:4]} {upn[4:8]} {upn[8:]}".strip() if draw < 0.03 else upn
