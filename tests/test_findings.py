"""The catalogue of findings: every code that is reported is in it, every code in it is reported, and it reads well."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from linkage.findings import CATALOGUE, KINDS, found, noted, summed

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "linkage"
PAGE = ROOT / "docs" / "findings.md"
CODE = re.compile(rf"(?:{'|'.join(KINDS)})\d{{3}}")
# The dataclass is made where the catalogue is read, and where a finished stage is read back.
MAKERS = {"linkage/findings.py", "linkage/job.py"}
SEVERITIES = {"act": "act on it", "look": "look into it", "note": "note"}


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "findings.py"]


def codes_in(path: Path) -> set[str]:
    """Every text of a module that is a code, wherever it stands."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {text for text in texts if CODE.fullmatch(text)}


def page() -> str:
    """`docs/findings.md` as the catalogue has it."""
    lines = ["# Findings", "",
             "What `linkage check` and a run may report about the sources, by code: counts, never a value.",
             "This page is the catalogue in `linkage/findings.py`; a test holds the two together."]  # fmt: skip
    for kind, title in KINDS.items():
        lines += ["", f"## {title.capitalize()} (`{kind}`)", "",
                  "| code | do | what was found | why it matters, and what to do |", "|---|---|---|---|"]  # fmt: skip
        lines += [f"| {k.code} | {SEVERITIES[k.severity]} | {k.title} | {k.explanation} |"
                  for k in CATALOGUE.values() if k.code.startswith(kind)]  # fmt: skip
    return "\n".join(lines) + "\n"


def test_every_code_that_is_reported_is_in_the_catalogue() -> None:
    reported = {code for path in modules() for code in codes_in(path)}
    assert reported - set(CATALOGUE) == set()


def test_every_code_of_the_catalogue_is_reported_somewhere() -> None:
    reported = {code for path in modules() for code in codes_in(path)}
    assert set(CATALOGUE) - reported == set()


def test_no_finding_is_made_beside_the_catalogue() -> None:
    makers = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                makers.add(path.relative_to(ROOT).as_posix())
    assert makers == MAKERS


def test_the_codes_of_a_kind_are_numbered_without_gaps() -> None:
    for kind in KINDS:
        numbers = [int(code[2:]) for code in CATALOGUE if code.startswith(kind)]
        assert numbers == list(range(1, len(numbers) + 1)), kind


@pytest.mark.parametrize("known", CATALOGUE.values(), ids=lambda known: known.code)
def test_a_code_has_a_title_and_an_explanation(known) -> None:
    assert known.severity in SEVERITIES
    assert known.title
    assert not known.title.endswith(".")
    assert known.explanation.endswith(".")
    assert "|" not in known.title + known.explanation


def test_a_code_that_nobody_knows_is_a_bug() -> None:
    with pytest.raises(KeyError):
        found("ID999", "s", 1)


def test_a_finding_of_nothing_is_none_and_equal_ones_are_added_up() -> None:
    assert noted("ID001", "s", 0) == ()
    twice = [found("FI005", "s", 2), found("FI004", "s", 1), found("FI005", "s", 3), found("FI005", "s", 7, "upn")]
    assert [(f.code, f.count, f.field) for f in summed(twice)] == [
        ("FI004", 1, ""),
        ("FI005", 5, ""),
        ("FI005", 7, "upn"),
    ]


def test_the_page_of_findings_is_the_catalogue() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write page() of this test to docs/findings.md"
