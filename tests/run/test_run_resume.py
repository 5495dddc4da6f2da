"""A run that was stopped goes on to the same bytes; one that cannot go on says so and touches nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from folders import ENVIRONMENT, PROGRAM, listing, manifest_of, tables_of

from linkage.errors import RefusedError, UsageError
from linkage.project import read_project
from linkage.run import STAGES, run_project

DRIVER = Path(__file__).parent / "kill_driver.py"
unix = pytest.mark.skipif(os.name == "nt", reason="needs fork and signals of Unix")


@unix
@pytest.mark.slow
def test_a_run_killed_at_every_point_gives_the_same_bytes(england: Path, whole: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, DRIVER, england, tmp_path / "run"],
        capture_output=True, env=ENVIRONMENT, text=True, timeout=180, check=False,
    )  # fmt: skip
    killed = [f"{stage.name} {point} killed" for stage in STAGES for point in ("start", "middle", "end")]
    assert done.stdout.splitlines() == [*killed, "run resumed exit 0"], done.stderr
    assert tables_of(tmp_path / "run") == tables_of(whole)
    assert manifest_of(tmp_path / "run") == manifest_of(whole)
    assert (tmp_path / "run" / "report.html").read_bytes() == (whole / "report.html").read_bytes()
    assert not [path.name for path in (tmp_path / "run").rglob("*") if path.suffix in (".part", ".spill", ".wal")]


def test_a_finished_run_is_left_as_it_is(linkage, england: Path, whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "run")
    before = listing(tmp_path / "run")
    said = linkage("run", england, "--out", tmp_path / "run", "--resume")
    assert said.code == 0
    assert listing(tmp_path / "run") == before


@pytest.mark.parametrize("discarded", [False, True])
def test_a_run_whose_inputs_changed_is_not_resumed(
    linkage, england: Path, whole: Path, tmp_path: Path, discarded: bool
) -> None:
    shutil.copytree(england.parent, tmp_path / "england")
    shutil.copytree(whole, tmp_path / "run")
    if discarded:
        (tmp_path / "run" / "run.duckdb").unlink()
    with (tmp_path / "england" / "returns" / "census" / "spring_2024.csv").open("ab") as file:
        file.write(b"\n")
    before = listing(tmp_path / "run")
    said = linkage("run", tmp_path / "england" / "linkage.toml", "--out", tmp_path / "run", "--resume")
    assert said.code == 12
    assert "have changed since this run began" in said.err
    assert listing(tmp_path / "run") == before


def test_a_run_stopped_half_way_is_not_resumed_with_another_seed(england: Path, tmp_path: Path) -> None:
    stopped_before("score", england, tmp_path / "run")
    with pytest.raises(RefusedError, match="have changed"):
        run_project(read_project(england), out=tmp_path / "run", seed=99, resume=True)


def test_a_run_is_resumed_with_other_threads_memory_and_limits(england: Path, whole: Path, tmp_path: Path) -> None:
    stopped_before("score", england, tmp_path / "run")
    shutil.copy(england, england.with_name("other.toml"))
    with england.with_name("other.toml").open("a", encoding="utf-8") as file:
        file.write("[run]\nmax_pairs = 1_000_000\ndiscard_working = true\n")
    run_project(
        read_project(england.with_name("other.toml")), out=tmp_path / "run", threads=1, memory="1GB", resume=True
    )
    assert tables_of(tmp_path / "run") == tables_of(whole)
    assert not (tmp_path / "run" / "run.duckdb").exists()


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(linkage, england: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    said = linkage("run", england, "--out", tmp_path)
    assert said.code == 2
    assert "not empty" in said.err
    assert listing(tmp_path) == {"thesis.txt": b"years of work"}


def test_a_second_run_into_the_folder_of_the_first_is_refused(
    linkage, england: Path, whole: Path, tmp_path: Path
) -> None:
    shutil.copytree(whole, tmp_path / "run")
    before = listing(tmp_path / "run")
    assert linkage("run", england, "--out", tmp_path / "run").code == 2
    assert listing(tmp_path / "run") == before


def test_there_is_nothing_to_resume_in_an_empty_folder(england: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run to resume"):
        run_project(read_project(england), out=tmp_path, resume=True)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_is_refused(linkage, england: Path, tmp_path: Path) -> None:
    (tmp_path / "run.duckdb").write_bytes(b"no database" * 1000)
    said = linkage("run", england, "--out", tmp_path, "--resume")
    assert said.code == 12
    assert "damaged" in said.err


def test_a_run_that_another_process_has_open_is_refused(linkage, england: Path, whole: Path, tmp_path: Path) -> None:
    stopped_before("score", england, tmp_path / "run")
    holder = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", holder, tmp_path / "run" / "run.duckdb"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        said = linkage("run", england, "--out", tmp_path / "run", "--resume")
        other.kill()
    assert said.code == 12
    assert "Another process" in said.err


@unix
def test_ctrl_c_stops_with_a_word_and_the_run_goes_on(england: Path, whole: Path, tmp_path: Path) -> None:
    command = [*PROGRAM, "run", england, "--out", tmp_path / "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stderr is not None
        said = b""
        while b"training" not in said:
            said += process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        code = process.wait(timeout=60)
    assert code == 130
    assert said.splitlines()[-1:] == [b"stopped; finished stages are kept: go on with --resume"]
    assert b"Traceback" not in said
    run_project(read_project(england), out=tmp_path / "run", resume=True)
    assert tables_of(tmp_path / "run") == tables_of(whole)


def test_ctrl_c_that_a_library_swallows_stops_the_run_after_its_stage(
    linkage, england: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # DuckDB looks for signals wherever it is called, and a library that tries something may try on.
    find = sys.modules["linkage.stages"].read_overrides

    def deaf(*args: object, **named: object) -> object:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return find(*args, **named)

    monkeypatch.setattr(sys.modules["linkage.stages"], "read_overrides", deaf)
    assert linkage("run", england, "--out", tmp_path / "run").code == 130
    monkeypatch.undo()
    assert linkage("run", england, "--out", tmp_path / "run", "--resume").code == 0


def test_an_interrupted_statement_of_duckdb_counts_as_ctrl_c(
    linkage, england: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_args: object, **_named: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(sys.modules["linkage.stages"], "prepare_records", interrupted)
    assert linkage("run", england, "--out", tmp_path / "run").code == 130


def stopped_before(stage: str, project: Path, out: Path) -> None:
    """A run that ends before a stage as if it had been stopped there."""

    class StoppedError(Exception):
        pass

    def stop(told: object, _number: int, _of: int, done: bool) -> None:
        if getattr(told, "name", "") == stage and not done:
            raise StoppedError

    with pytest.raises(StoppedError):
        run_project(read_project(project), out=out, progress=stop)
