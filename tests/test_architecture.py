"""The house order: imports go one way, and each library stays in its room."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "linkage"
# DESIGN section 10, with the modules that were added since in their places (docs/architecture.md says why).
ORDER = (
    "errors", "stats", "schema", "identifiers", "tables", "findings", "sql", "manifest", "key_file", "strict", "packs",
    "diagnostic_settings", "project", "sources", "recognise", "prepare", "match", "cluster", "families", "second_pass",
    "validation", "diagnostics", "clerical", "outputs", "imputations", "minimise", "disclosure", "report", "interrupts",
    "workspace", "job", "stages", "run", "diagnose", "plan", "check", "progress", "demo", "cli",
)  # fmt: skip
ONLY_IN = {
    "splink": {"linkage/match/probabilistic.py"},
    "typer": {
        f"linkage/cli/{name}.py"
        for name in ("app", "comparing", "inputs", "linking", "results", "reviewing", "sharing")
    },
    "linkage_synth": {"linkage/cli/linking.py", "linkage/demo.py"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """Every imported module of a file, and whether the import is inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    top = set(map(id, [*tree.body, *(inner for node in for_types for inner in node.body)]))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) not in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [(name if is_module(name) else node.module or "", id(node) not in top) for name in names]
    return found


def is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or place.is_dir()


def part_of(module: str) -> str:
    return module.split(".")[1] if module.count(".") else ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_stands_before_it(path: Path) -> None:
    here = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if here in ("__init__", "__main__"):
        return
    assert here in ORDER, f"{here} has no place in the order"
    for module, _ in imports_of(path):
        if module.startswith("linkage.") and part_of(module) != here:
            assert ORDER.index(part_of(module)) < ORDER.index(here), f"{path.name} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_ours_at_the_top_and_libraries_in_their_room(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    for module, is_inside in imports_of(path):
        root = module.split(".")[0]
        assert not (is_inside and root == "linkage"), f"{name} imports {module} inside a function"
        if root in ONLY_IN:
            assert name in ONLY_IN[root], f"{name} imports {root}"


def test_no_modules_of_one_folder_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        graph[name] = {module for module, _ in imports_of(path) if module.startswith("linkage")}
    done: set[str] = set()

    def walk(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " > ".join((*above, module))
        if module in done:
            return
        for other in graph.get(module, set()):
            walk(other, (*above, module))
        done.add(module)

    for module in graph:
        walk(module, ())


def test_the_generator_knows_nothing_of_the_engine() -> None:
    for path in sorted((ROOT / "synthetic" / "linkage_synth").rglob("*.py")):
        assert not [m for m, _ in imports_of(path) if m.split(".")[0] == "linkage"], path.name


def test_models_and_rules_hold_data_only() -> None:
    allowed = {".toml", ".json", ".md"}
    for folder in ("models", "rules"):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        assert files
        assert not [path.name for path in files if path.suffix not in allowed]
