"""Whether a table is about adults or staff, who are never sources of children's records."""

from __future__ import annotations

import re
import statistics

from linkage.recognise.contract import Table
from linkage.recognise.headings import heading_of

_STAFF_WORDS = re.compile(
    r"\b(?:staff|employee|payroll|salary|job title|line manager|adopter|foster carer|social worker number|swe number|"
    r"dbs|qts|ni number|national insurance|worker id|start date in role|vacanc|workforce)", re.IGNORECASE,
)  # fmt: skip
_CHILD_WORDS = re.compile(
    r"\b(?:child|pupil|upn|student|learner|school year|nc ?year|year group|nursery|form|looked after|cin|cla|sen|fsm)",
    re.IGNORECASE,
)
_PLACE_WORDS = re.compile(
    r"(?:^|[^a-z])(?:staff|workforce|employees|adopters|foster ?carers)(?:[^a-z]|$)", re.IGNORECASE
)
# Births of children and young people lie within so many years of each other (0 to 25), with some to spare.
_WIDEST = 35
# A median birth before this is no child of a collection that is still in use.
_OLDEST_MEDIAN = 1980
_ENOUGH = 5


def adults_reason(table: Table) -> str | None:
    """Why a table seems to be about adults; None where it does not. A column of valid UPNs settles that it is not."""
    names = [re.sub(r"[_\W]+", " ", name) for name in table.header.names]
    if any(table.looks(at).upn >= _ENOUGH for at in _hinted(table, "upn")):
        return None
    staff = sum(bool(_STAFF_WORDS.search(name)) for name in names)
    child = sum(bool(_CHILD_WORDS.search(name)) for name in names)
    where = table.place.sheet or table.place.target.stem
    if staff > child or (_PLACE_WORDS.search(where) and not child):
        return "columns or name of a list of staff or adopters"
    births = [year for at in _hinted(table, "dob") for year in table.looks(at).births if 1850 < year < 2100]
    if child or len(births) < _ENOUGH:
        return None
    births.sort()
    spread = births[int(len(births) * 0.95)] - births[int(len(births) * 0.05)]
    if spread > _WIDEST or statistics.median(births) < _OLDEST_MEDIAN:
        return "birth dates of adults"
    return None


def _hinted(table: Table, field: str) -> list[int]:
    hints = [(at, heading_of(name).hint) for at, name in enumerate(table.header.names)]
    return [at for at, hint in hints if hint and hint.about == field]
