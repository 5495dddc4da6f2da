"""Results on standard output, the rest on standard error; `--json` for machines; plain where there is no terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_project import tiny_project

import linkage as package

# The real program, in a process of its own.
ROOT = Path(package.__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "synthetic")])}


def program(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "linkage", *map(str, words)]
    return subprocess.run(command, capture_output=True, env=ENVIRONMENT | environment, timeout=60, check=False)


@pytest.fixture(scope="module")
def finished(linkage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    assert linkage("run", tiny_project(folder), "--out", folder / "run").code == 0
    return folder


def test_run_prints_the_manifest_as_json(linkage, finished: Path, tmp_path: Path) -> None:
    said = linkage("run", finished / "linkage.toml", "--out", tmp_path / "run", "--json")
    assert said.json == json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("check", "linkage.toml"), "identifiers"),
        (("evaluate", "run", "--truth", "truth.csv"), "scores"),
        (("explain", "run", "left:1"), "record"),
        (("explain", "run", "left:1", "right:1"), "pair"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)  # fmt: skip
def test_a_command_prints_one_json_document(
    linkage, finished: Path, command: tuple[str, ...], key: str, monkeypatch
) -> None:
    monkeypatch.chdir(finished)
    Path("truth.csv").write_text("source,key,person\nleft,1,a\nright,1,a\nleft,2,b\nright,2,b\n", encoding="utf-8")
    said = linkage(*command, "--json")
    assert said.code == 0, said.err
    assert isinstance(said.json, dict)
    assert key in said.json or said.json


def test_formats_prints_one_json_document(linkage) -> None:
    assert {item["name"] for item in linkage("formats", "--json").json} >= {
        "cin_census",
        "ssda903",
        "school_census",
        "table",
    }
    assert [item["name"] for item in linkage("formats", "table", "--json").json] == ["table"]


def test_synth_prints_one_json_document(linkage, tmp_path: Path) -> None:
    said = linkage("synth", tmp_path / "england", "--children", "500", "--json")
    assert said.json["people"] > 0
    assert all((tmp_path / "england" / name).is_file() for name in said.json["files"])


def test_synth_writes_the_formats_asked_for_and_a_project_of_all_sources(linkage, tmp_path: Path) -> None:
    words = ("--children", "500", "--formats", "ilr", "--formats", "lilr")
    said = linkage("synth", tmp_path / "england", *words, "--json")
    assert {"linkage-all.toml", "returns/lilr/LILR_Aims_2023.csv"} <= set(said.json["files"])
    assert not (tmp_path / "england" / "returns" / "npd").exists()


def test_synth_of_a_format_that_there_is_not_says_which_there_are(linkage, tmp_path: Path) -> None:
    said = linkage("synth", tmp_path / "england", "--formats", "hes")
    assert said.code == 2
    assert "all, cin_flat, npd_cin" in said.err
    assert not (tmp_path / "england").exists()


def test_synth_into_a_used_folder_is_refused(linkage, tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    said = linkage("synth", tmp_path, "--children", "500")
    assert said.code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_an_error_prints_nothing_on_standard_output(linkage, tmp_path: Path) -> None:
    said = linkage("run", tmp_path / "none.toml", "--json")
    assert (said.code, said.out) == (10, "")


def test_the_version_is_printed(linkage) -> None:
    assert linkage("--version").out == f"{package.__version__}\n"


def test_the_program_prints_json_and_nothing_else(finished: Path) -> None:
    done = program("check", finished / "linkage.toml", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["sources"][0]["source"] == "left"
    assert done.stderr == b""


def test_the_program_says_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    done = program("run", tmp_path / "none.toml")
    assert done.returncode == 10
    assert done.stderr.startswith(b"error: There is no such project file.")
    assert b"Traceback" not in done.stderr


def test_a_terminal_without_unicode_is_no_error(finished: Path) -> None:
    done = program("check", finished / "linkage.toml", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert done.stdout.isascii()


@pytest.mark.skipif(os.name == "nt", reason="pipes of a shell")
def test_a_reader_that_goes_away_is_no_bug(finished: Path) -> None:
    command = f"'{sys.executable}' -m linkage check '{finished / 'linkage.toml'}' --json | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, env=ENVIRONMENT, timeout=60, check=False)
    assert done.stdout == b'{\n  "sourc'
    assert b"bug" not in done.stderr
    assert b"Traceback" not in done.stderr


pty = pytest.importorskip("pty", reason="needs a terminal of Unix")


def on_a_terminal(*words: str | Path, columns: int, **environment: str) -> str:
    """What the program shows on a terminal of so many columns."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    settings = ENVIRONMENT | {"TERM": "xterm-256color"} | environment
    settings.pop("COLUMNS", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "linkage", *map(str, words)], stdout=theirs, stderr=theirs, env=settings
    )
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 4096):
            shown += block
    except OSError:  # the other end was closed
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return shown.decode()


def test_a_terminal_has_bold_headings(finished: Path) -> None:
    assert "\x1b[1m" in on_a_terminal("check", finished / "linkage.toml", columns=100)


def test_no_color_is_respected(finished: Path) -> None:
    shown = on_a_terminal("check", finished / "linkage.toml", columns=100, NO_COLOR="1")
    assert "\x1b[3" not in shown
    assert "\x1b[4" not in shown


@pytest.mark.parametrize("columns", [80, 120])
def test_tables_fit_the_terminal(demo, columns: int) -> None:
    shown = on_a_terminal(
        "evaluate", demo.run, "--truth", demo.england / "truth", columns=columns, NO_COLOR="1", TERM="dumb"
    )
    lines = shown.replace("\r", "").split("\n")
    titles = ("Pairs of records", "Left out", "Only", "The run")
    assert [line for line in lines if len(line) > columns and not line.startswith(titles)] == []
    assert [line for line in lines if "cin_2023 and" in line]  # and no source name is broken in two


def test_a_resumed_run_counts_the_time_left_from_where_it_is() -> None:
    from linkage.progress import time_left

    assert time_left(10, 20, 80) == "about 40 s left"
    assert time_left(600, 20, 80) == "about 40 min left"


def test_no_time_left_is_told_while_nobody_can_know() -> None:
    from linkage.progress import time_left

    assert time_left(1, 50, 50) == ""
    assert time_left(10, 1, 99) == ""
