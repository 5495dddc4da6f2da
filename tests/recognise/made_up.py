"""Made-up children and tables of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.identifiers import upn_check_letter
from linkage.recognise import Found
from linkage.recognise.contract import Proposal

Rows = Sequence[Sequence[Any]]
Write = Callable[..., Path]


@dataclass
class Children:
    """Made-up children, the same in each run; what is on them stands in no text that is ours."""

    random: random.Random

    def upn(self) -> str:
        rest = "".join(self.random.choice("0123456789") for _ in range(12))
        return upn_check_letter(rest) + rest

    def number(self, wanted: int) -> str:
        """Ten digits whose weighted sum leaves this remainder by 11: 10 for a ULN, 0 for an NHS number."""
        while True:
            digits = [self.random.randint(1, 9) for _ in range(10)]
            if sum(weight * digit for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11 == wanted:
                return "".join(map(str, digits))

    def dob(self, pattern: str = "{d:02}/{m:02}/{y}") -> str:
        r = self.random
        return pattern.format(d=r.randint(1, 28), m=r.randint(1, 12), y=r.randint(2006, 2018))

    def forename(self) -> str:
        return self.random.choice(("Zoraida", "Barnaby", "Cordelia", "Ottoline", "Peregrine", "Quentina", "Ludovica"))

    def surname(self) -> str:
        return self.random.choice(("Quillfeather", "Thistlewood", "Umberslade", "Featherstone", "Oakenbridge"))

    def postcode(self) -> str:
        r = self.random
        return f"{r.choice('BELMNS')}{r.randint(1, 20)} {r.randint(1, 9)}{r.choice('ABDEF')}{r.choice('ABDEF')}"

    def sex(self) -> str:
        return self.random.choice("MF")

    def ethnicity(self) -> str:
        return self.random.choice(("WBRI", "APKN", "BAFR", "MOTH", "NOBT"))


def only(found: Found) -> Proposal:
    """The one source that was proposed."""
    (proposal,) = found.proposals
    return proposal


def columns_of(proposal: Proposal) -> dict[str, tuple[str, ...]]:
    assert proposal.layout is not None
    return {item.field: item.columns for item in proposal.layout.mapped}
