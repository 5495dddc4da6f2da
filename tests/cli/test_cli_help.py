"""Help: every command has an example, and every example works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from tiny_project import tiny_project

from linkage.cli import app

COMMANDS = tuple(command.name or "" for command in app.registered_commands)


def examples(text: str) -> list[list[str]]:
    """The words of each example line, after `linkage`."""
    return [shlex.split(line)[1:] for line in re.findall(r"Example: (linkage .*)", text)]


def in_the_demo(words: list[str], demo, tmp_path: Path) -> list[str]:
    """An example with the demo of the tests in the place of `demo`, and what it writes in a folder of its own."""
    moved = [re.sub(r"^demo/", f"{demo.folder}/", word.replace("demo/again", "demo/run")) for word in words]
    for at, word in enumerate(moved):
        if word == "--out" or (word == "synth"):
            moved[at + 1] = str(tmp_path / "written")
        if word == "--key":
            moved[at + 1] = str(tmp_path / "made.key")
    return moved


def small(words: list[str], demo, tmp_path: Path) -> list[str]:
    """An example as it can be run in a test: of few children, and of records that there are."""
    if words[0] == "run":
        words = [str(tiny_project(tmp_path)) if word == "demo/england/linkage.toml" else word for word in words]
    words = in_the_demo(words, demo, tmp_path)
    if words[0] == "synth":
        words = [word for word in words if word not in ("--children", "20000")] + ["--children", "1000"]
    if words[0] == "explain":
        words = [word for word in words if ":" not in word] + linked_pair(demo)
    return words


def linked_pair(demo) -> list[str]:
    import duckdb

    with duckdb.connect() as con:
        found = con.execute(
            f"select source_l || ':' || key_l, source_r || ':' || key_r from '{demo.run}/links.parquet' "
            "where stage = 'probabilistic' order by all limit 1"
        ).fetchall()
    return [str(name) for name in found[0]]


def test_no_command_lacks_a_test_of_its_help() -> None:
    assert set(COMMANDS) == set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_an_example(linkage, command: str) -> None:
    said = linkage(command, "--help")
    assert said.code == 0
    assert [words[0] for words in examples(said.out)] == [command]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    found = typer.main.get_command(app).commands[command].params  # type: ignore[attr-defined]
    assert [param.name for param in found if param.name != "help" and not getattr(param, "help", None)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_a_command_works(linkage, demo, tmp_path: Path, command: str) -> None:
    (words,) = examples(linkage(command, "--help").out)
    said = demo.said if words == ["demo", "--out", "demo"] else linkage(*small(words, demo, tmp_path))
    assert said.code == 0, said.err
    assert said.out


def test_the_commands_are_listed_in_whole_sentences(linkage) -> None:
    listed = linkage("--help").out.split("Commands:")[1]
    assert [line for line in listed.splitlines() if line.strip() and not line.endswith(".")] == []
