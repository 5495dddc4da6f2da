"""Whose return a file is, and the authority that regional platforms write behind a child's id (`1234_BAR`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from linkage.errors import InputError
from linkage.project import SourceSpec
from linkage.sources.files import SourceFile
from linkage.sql import literal

# Letters of London's regional platform -> the DfE's number. The other regions write the number itself.
LONDON: Mapping[str, str] = {
    "BAD": "301", "BAR": "302", "BEX": "303", "BRE": "304", "BRO": "305", "CAM": "202", "CIT": "201", "CRO": "306",
    "EAL": "307", "ENF": "308", "GRE": "203", "HAC": "204", "HAF": "205", "HAV": "311", "HAW": "310", "HAY": "309",
    "HIL": "312", "HOU": "313", "ISL": "206", "KAC": "207", "KUT": "314", "LAM": "208", "LEW": "209", "MER": "315",
    "NEW": "316", "RED": "317", "RUT": "318", "SOU": "210", "SUT": "319", "TOW": "211", "WAL": "320", "WAN": "212",
    "WES": "213",
}  # fmt: skip
_SUFFIX = f"_({'|'.join(LONDON)}|[0-9]{{3}})"


def authority_of(file: SourceFile, spec: SourceSpec) -> str:
    """The authority of a file: from the project, else from the nearest folder whose name is three digits.

    Raises InputError where neither says so.
    """
    known = stated_authority(file, spec)
    if known is None:
        raise InputError("Nothing says which authority the return is from.", where=file.name,
                         expected="a folder named by the authority's three digits, or the authority in the project",
                         remedy=f'add `authority = "301"` to [sources.{spec.name}]')  # fmt: skip
    return known


def stated_authority(file: SourceFile, spec: SourceSpec) -> str | None:
    """The same, None where nothing says so."""
    folders = PurePosixPath(file.name).parts[:-1]
    in_folder = next((name for name in reversed(folders) if re.fullmatch(r"\d{3}", name)), None)
    return spec.authority or in_folder


def without_suffix(child: str) -> str:
    """SQL: a child's id without the authority behind it."""
    return f"case when {_has_suffix(child)} then left({child}, length({child}) - 4) else {child} end"


def authority_in_suffix(child: str) -> str:
    """SQL: the number of the authority behind a child's id; NULL where there is none that is known."""
    return f"case when {_has_suffix(child)} then {authority_number(f'right({child}, 3)')} end"


def authority_number(text: str) -> str:
    """SQL: an authority's number from its number or its three letters; NULL for anything else."""
    letters = " ".join(f"when {literal(code)} then {literal(number)}" for code, number in LONDON.items())
    return f"case when regexp_full_match({text}, '[0-9]{{3}}') then {text} else case upper({text}) {letters} end end"


def unknown_suffix(child: str) -> str:
    """SQL: whether there is a suffix of three capitals that is no authority's."""
    return f"(regexp_full_match({child}, '.+_[A-Z]{{3}}') and not {_has_suffix(child)})"


def _has_suffix(child: str) -> str:
    return f"regexp_full_match({child}, '.+{_SUFFIX}')"
