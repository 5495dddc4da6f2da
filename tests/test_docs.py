"""What the documents say can be done, can be done."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import duckdb
import pytest
import typer

from linkage.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = tuple(command.name or "" for command in app.registered_commands)


def blocks(kind: str) -> list[str]:
    """The code blocks of the README in a language."""
    return re.findall(rf"^```{kind}\n(.*?)^```", README, re.M | re.S)


def shell_commands() -> list[list[str]]:
    """Every `linkage …` of the README's shell blocks, then of its sentences."""
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("linkage ")]
    lines += [said for said in re.findall(r"`(linkage [^`]+)`", README) if said.split()[1] in COMMANDS]
    return [shlex.split(line) for line in lines]


@pytest.fixture(scope="module")
def at_home(demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `linkage demo` was just run."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(demo.folder, home / "demo")
    return home


def test_the_commands_of_the_readme_work_one_after_the_other(linkage, at_home: Path, monkeypatch) -> None:
    monkeypatch.chdir(at_home)
    commands = shell_commands()
    assert {"check", "run", "explain", "evaluate"} <= {words[1] for words in commands}
    with duckdb.connect() as con:
        pair = con.execute(
            "select source_l || ':' || key_l, source_r || ':' || key_r "
            "from 'demo/run/links.parquet' order by all limit 1"
        ).fetchall()[0]
    for words in commands:
        if words[1:] == ["demo"]:  # the demo of the tests is one, in a folder that was named
            assert option_of("demo", "folder").default == Path("demo")
            continue
        keys = iter(pair)
        small = ("--children", "1000") if words[1] == "synth" else ()
        said = linkage(*(next(keys) if word == "SOURCE:KEY" else word for word in words[1:]), *small)
        assert said.code == 0, f"{' '.join(words)}\n{said.err}"
    for block in blocks("python"):
        exec(block, {})


def option_of(command: str, name: str):
    params = typer.main.get_command(app).commands[command].params  # type: ignore[attr-defined]
    return next(param for param in params if param.name == name)


def test_every_option_that_the_readme_names_is_there() -> None:
    known = {
        option
        for command in typer.main.get_command(app).commands.values()  # type: ignore[attr-defined]
        for param in command.params
        for option in param.opts
    }
    assert set(re.findall(r"`(--[a-z-]+)", README)) - known == set()


def test_every_target_of_make_that_the_readme_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"\bmake ([a-z]+)\b", README)) - targets - {"sure"} == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
