"""What is built holds the two packages, the packs, and nothing else; and runs wherever it is unpacked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LEFT_BEHIND = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "*.egg-info",
    "runs",
    "demo",
    "dist",
    "build",
    "data",
    "*.duckdb",
)
# Files that somebody left where packs and code are: none of them may leave the house.
STRAY = (
    "models/child/real_pupils.csv", "models/pupils.parquet", "rules/notes.xlsx", "rules/overrides.csv", "rules/cli.py",
    "linkage/pupils.csv", "linkage/report/pupils.json", "synthetic/linkage_synth/names.csv", "tests/real_pupils.csv",
    "run.duckdb", "pupils.csv", ".env",
)  # fmt: skip
SUFFIXES = {".py", ".typed", ".toml", ".json", ".md", ".j2", ".css", ".js"}


@dataclass(frozen=True)
class Built:
    """A wheel and a source distribution built from a checkout with stray files in it, and the wheel unpacked."""

    wheel: list[str]
    source: list[str]
    unpacked: Path

    @property
    def metadata(self) -> str:
        (path,) = self.unpacked.glob("*.dist-info/METADATA")
        return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    checkout = folder / "checkout"
    shutil.copytree(ROOT, checkout, ignore=LEFT_BEHIND)
    for name in STRAY:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("Zoraida,Quillfeather,2010-05-01\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--sdist", "--outdir", folder / "dist", checkout],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (wheel,) = (folder / "dist").glob("*.whl")
    (source,) = (folder / "dist").glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
        names = archive.namelist()
    with tarfile.open(source) as archive:
        members = [member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()]
    return Built(names, members, folder / "unpacked")


def test_the_wheel_holds_the_two_packages_and_no_other_top_level_name(built: Built) -> None:
    tops = {name.split("/")[0] for name in built.wheel}
    assert {top if not top.endswith(".dist-info") else "dist-info" for top in tops} == {
        "linkage",
        "linkage_synth",
        "dist-info",
    }


def test_the_wheel_holds_only_kinds_of_files_that_we_ship(built: Built) -> None:
    shipped = [name for name in built.wheel if ".dist-info/" not in name]
    assert [name for name in shipped if Path(name).suffix not in SUFFIXES] == []


@pytest.mark.parametrize("kind", ["wheel", "source"])
def test_no_stray_file_is_shipped(built: Built, kind: str) -> None:
    stray = {Path(name).name for name in STRAY if name != "rules/cli.py"}
    assert [name for name in getattr(built, kind) if Path(name).name in stray] == []
    assert [name for name in getattr(built, kind) if name.endswith("rules/cli.py")] == []


def test_the_wheel_holds_every_module(built: Built) -> None:
    for package in (ROOT / "linkage", ROOT / "synthetic" / "linkage_synth"):
        ours = {path.relative_to(package.parent).as_posix() for path in package.rglob("*.py")}
        assert ours - set(built.wheel) == set()


def test_the_wheel_holds_every_pack(built: Built) -> None:
    packs = [path for kind in ("models", "rules") for path in (ROOT / kind).rglob("*") if path.is_file()]
    assert packs
    assert {f"linkage/_bundled/{path.relative_to(ROOT).as_posix()}" for path in packs} - set(built.wheel) == set()


def test_the_wheel_holds_what_the_report_is_made_of(built: Built) -> None:
    assets = [path for path in (ROOT / "linkage" / "report").iterdir() if path.suffix in (".j2", ".css", ".js")]
    assert assets
    assert {path.relative_to(ROOT).as_posix() for path in assets} - set(built.wheel) == set()


def test_the_source_distribution_holds_the_tests(built: Built) -> None:
    tests = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")}
    assert tests - set(built.source) == set()


def test_the_program_is_called_linkage(built: Built) -> None:
    (entries,) = built.unpacked.glob("*.dist-info/entry_points.txt")
    assert re.findall(r"^(\S+) = (\S+)$", entries.read_text(encoding="utf-8"), re.M) == [("linkage", "linkage.cli:app")]


def test_nobody_uploads_it_by_mistake(built: Built) -> None:
    assert "Classifier: Private :: Do Not Upload" in built.metadata


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A working folder with modules and packs of its own under our old names, as any web or dbt project has."""
    for name in ("cli.py", "models/__init__.py", "rules/__init__.py", "synthetic/__init__.py", "tests/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("raise SystemExit('hostile')\n", encoding="utf-8")
    (tmp_path / "rules" / "identifiers.toml").write_text("hostile", encoding="utf-8")
    (tmp_path / "models" / "child").mkdir()
    (tmp_path / "models" / "child" / "model.toml").write_text("hostile", encoding="utf-8")
    return tmp_path


def in_folder(folder: Path, built: Built, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(built.unpacked)}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_unpacked_wheel_runs_in_a_hostile_folder(built: Built, hostile: Path) -> None:
    done = in_folder(hostile, built, "-m", "linkage", "formats")
    assert done.returncode == 0, done.stderr
    assert "cin_census" in done.stdout


def test_the_unpacked_wheel_reads_its_own_packs_in_a_hostile_folder(built: Built, hostile: Path) -> None:
    code = (
        "import linkage.packs as p; from pathlib import Path; "
        "found = p.load_packs(('identifiers', 'demographics'), 'child', folder=Path('elsewhere')); "
        "print(len(found.rules) > 5, found.model.model.id, p.bundled('rules'))"
    )
    done = in_folder(hostile, built, "-c", code)
    assert done.stdout.split() == ["True", "child", str(built.unpacked / "linkage" / "_bundled" / "rules")], done.stderr
