"""The machine's limits and the user's settings: refused in words, and nothing that was written is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from folders import ENVIRONMENT, PROGRAM, events_of, manifest_of, tables_of

from linkage.errors import RefusedError, UsageError
from linkage.project import read_project
from linkage.run import run_project
from tests.cli.tiny_project import tiny_project

unix = pytest.mark.skipif(os.name == "nt", reason="needs limits of Unix")
LIMITED = """
import resource, sys
resource.setrlimit(resource.{kind}, ({size}, {size}))
sys.argv = ["linkage", *sys.argv[1:]]
from linkage.cli import app
app()
"""


def limited(kind: str, size: int, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """The program under a limit of the system."""
    command = [sys.executable, "-c", LIMITED.format(kind=kind, size=size), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=120, check=False)


@unix
def test_a_full_disk_is_refused_and_the_run_goes_on(england: Path, whole: Path, tmp_path: Path) -> None:
    at_once, on_the_way = 100_000, 1_000_000
    for room, resume in ((at_once, ()), (on_the_way, ("--resume",))):
        done = limited("RLIMIT_FSIZE", room, "run", england, "--out", tmp_path / "run", *resume)
        assert done.returncode == 12, done.stderr
        assert "The disk is full." in done.stderr
        assert "--resume" in done.stderr
        assert "Traceback" not in done.stderr
    run_project(read_project(england), out=tmp_path / "run", resume=True)
    assert tables_of(tmp_path / "run") == tables_of(whole)


def test_too_little_memory_is_refused_and_the_run_goes_on(linkage, england: Path, whole: Path, tmp_path: Path) -> None:
    said = linkage("run", england, "--out", tmp_path / "run", "--memory", "10MB")
    assert said.code == 12
    assert "memory limit is too small" in said.err
    assert linkage("run", england, "--out", tmp_path / "run", "--resume").code == 0
    assert tables_of(tmp_path / "run") == tables_of(whole)


@unix
def test_a_gigabyte_in_one_line_is_refused_in_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "left.csv").open("wb") as file:  # a sparse file: blanks are not written
        file.write(b"ref,surname\n" + b"x" * 100_000)
        file.truncate(1 << 30)
    project = tmp_path / "linkage.toml"
    project.write_text('[project]\nname = "x"\n[sources.left]\nformat = "table"\npath = "left.csv"\n', encoding="utf-8")
    measured = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]); "
        "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", measured, *PROGRAM, "run", project, "--out", tmp_path / "run"],
        capture_output=True, text=True, env=ENVIRONMENT, timeout=30, check=False,
    )  # fmt: skip
    code, most = map(int, done.stdout.split())
    assert code == 12, done.stderr
    assert "A line of the file is too long." in done.stderr
    assert most * (1 if sys.platform == "darwin" else 1024) < 700 << 20


@pytest.mark.parametrize("out", ["a file", "a file/run", "\0"])
def test_an_output_folder_that_cannot_be_used_is_told(england: Path, tmp_path: Path, out: str) -> None:
    (tmp_path / "a file").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be used"):
        run_project(read_project(england), out=tmp_path / out)
    assert (tmp_path / "a file").read_text(encoding="utf-8") == "mine"


@unix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_folder_without_permission_is_told(linkage, england: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert linkage("run", england, "--out", tmp_path / "run").code == 2


def test_an_output_folder_without_permission_is_told_to_root_too(
    linkage, england: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_args: object, **_named: object) -> None:
        raise duckdb.IOException('IO Error: Cannot open file "run.duckdb": Permission denied')

    monkeypatch.setattr(sys.modules["linkage.workspace"], "connect", denied)
    said = linkage("run", england, "--out", tmp_path / "run")
    assert said.code == 2
    assert "folder that you may write to" in said.err


def test_too_many_pairs_are_refused(england: Path, tmp_path: Path) -> None:
    project = read_project(england)
    project = project.model_copy(update={"run": project.run.model_copy(update={"max_pairs": 1})})
    with pytest.raises(RefusedError, match="pairs"):
        run_project(project, out=tmp_path / "run")


# --- options and settings --------------------------------------------------------------------------


def opened_with(monkeypatch: pytest.MonkeyPatch, project: Path, out: Path, **options: object) -> dict[str, object]:
    """The settings that a run opens its folder with; it goes no further."""
    seen: dict[str, object] = {}

    class OpenedError(Exception):
        pass

    def opened(_folder: Path, **settings: object) -> None:
        seen.update(settings)
        raise OpenedError

    monkeypatch.setattr(sys.modules["linkage.run"], "open_workspace", opened)
    with pytest.raises(OpenedError):
        run_project(read_project(project), out=out, **options)  # type: ignore[arg-type]
    return seen


@pytest.fixture
def with_settings(tmp_path: Path) -> Path:
    """A small project with a `[run]` of its own."""
    settings = '[run]\nthreads = 1\nmemory = "1GB"\nseed = 5\nout = "from settings"\ndiscard_working = true\n'
    return tiny_project(tmp_path, more=settings)


def test_settings_of_the_project_hold_where_no_option_is_given(
    with_settings: Path, tmp_path: Path, monkeypatch
) -> None:
    seen = opened_with(monkeypatch, with_settings, tmp_path / "run")
    assert (seen["threads"], seen["memory"]) == (1, "1GB")


def test_options_win_over_settings_of_the_project(with_settings: Path, tmp_path: Path, monkeypatch) -> None:
    seen = opened_with(monkeypatch, with_settings, tmp_path / "run", threads=2, memory="2GB")
    assert (seen["threads"], seen["memory"]) == (2, "2GB")


def test_the_machine_decides_where_nothing_is_said(england: Path, tmp_path: Path, monkeypatch) -> None:
    seen = opened_with(monkeypatch, england, tmp_path / "run")
    assert (seen["threads"], seen["memory"]) == (None, None)


def test_the_seed_of_an_option_is_in_the_manifest(with_settings: Path, tmp_path: Path) -> None:
    run_project(
        read_project(with_settings), out=tmp_path / "run", seed=6, threads=2, memory="2GB", discard_working=False
    )
    assert manifest_of(tmp_path / "run")["seed"] == 6
    assert (tmp_path / "run" / "run.duckdb").is_file()


def test_a_run_goes_to_the_folder_of_the_settings_and_its_working_tables_are_removed(
    linkage, with_settings: Path
) -> None:
    said = linkage("run", with_settings)
    out = with_settings.parent / "from settings"
    assert said.code == 0
    assert manifest_of(out)["seed"] == 5
    assert not [path.name for path in out.iterdir() if path.name.startswith("run.")]


def test_a_run_goes_to_a_folder_of_the_projects_name_by_default(england: Path) -> None:
    project = read_project(england)
    assert project.run_folder == england.parent / "runs" / "synthetic-england"
    named = project.project.model_copy(update={"name": "../../Babies: known & before"})
    assert project.model_copy(update={"project": named}).run_folder == england.parent / "runs" / "Babies-known-before"


def test_discarding_removes_database_write_ahead_log_and_spill(
    linkage, england: Path, whole: Path, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(whole, tmp_path / "run")
    (tmp_path / "run" / "run.duckdb.wal").touch()
    (tmp_path / "run" / "run.spill").mkdir()
    (tmp_path / "run" / "run.spill" / "block.tmp").touch()
    assert linkage("run", england, "--out", tmp_path / "run", "--resume", "--discard-working").code == 0
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "conflicts.parquet", "diagnostics", "families.parquet", "links.parquet", "log.jsonl", "manifest.json",
        "persons.parquet", "public", "records.parquet", "relationships.parquet", "report.html", "rows.parquet",
    ]  # fmt: skip


def test_the_log_tells_stages_and_counts(england: Path, whole: Path) -> None:
    lines = [json.loads(line) for line in (whole / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert events_of(whole)[0] == "run_started"
    assert events_of(whole)[-1] == "run_finished"
    (loaded,) = [line for line in lines if line["event"] == "stage_finished" and line["stage"] == "load"]
    assert loaded["sources"] == len(read_project(england).sources)
