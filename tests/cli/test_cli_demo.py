"""`linkage demo`: what a newcomer sees first."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from linkage.demo import Demo
from linkage.diagnostics.evaluation import evaluate
from linkage.run import STAGES


def test_the_demo_ends_well(demo) -> None:
    assert demo.said.code == 0


def test_the_demo_shows_every_stage_with_its_counts(demo) -> None:
    shown = demo.said.out.split("Deterministic passes")[0]
    assert [stage.name for stage in STAGES if not re.search(rf"^{stage.name}\b", shown, re.M)] == []
    assert re.search(r"^load +sources \d+, rows [\d,]+ +[\d.]+$", shown, re.M)


def test_the_demo_shows_the_deterministic_passes(demo) -> None:
    passes = demo.said.out.split("Deterministic passes")[1]
    assert re.search(r"^upn +[\d,]+ +[\d,]+ +[\d,]+ +[\d,]+$", passes, re.M)


def test_the_demo_shows_precision_recall_and_f1_by_pair_of_sources(demo) -> None:
    table = demo.said.out.split("by pair of sources")[1].split("\n\n")[0]
    assert {"precision", "recall", "F1"} <= set(table.split("─")[0].split())
    for pair in ("all pairs of sources", "cin_2023 and census_2023", "census_2024 and early_help"):
        assert re.search(rf"^{pair} .*\d\.\d{{4}}", table, re.M), pair


def test_the_demo_shows_precision_and_recall_by_ethnic_group(demo) -> None:
    table = demo.said.out.split("by ethnic group")[1].split("\n\n")[0]
    assert {"precision", "recall"} <= set(table.split("─")[0].split())
    assert re.search(r"^ethnicity_group +Asian .*\d\.\d{4}", table, re.M)


def test_the_demo_says_where_the_report_is(demo) -> None:
    assert f"Report: {demo.run / 'report.html'}" in demo.said.out
    assert (demo.run / "report.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")


def test_progress_goes_to_standard_error_in_plain_lines(demo) -> None:
    first = next(line for line in demo.said.err.splitlines() if line.startswith("["))
    assert first.startswith(f"[1/{len(STAGES)}] ")
    assert "\x1b" not in demo.said.err


def test_another_demo_replaces_the_first_and_leaves_the_users_files(demo) -> None:
    assert (demo.run / "links.parquet").read_bytes()[:4] == b"PAR1"
    assert (demo.folder / "my notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_demo_is_told_as_json_and_made_as_asked(linkage, demo, tmp_path: Path, monkeypatch) -> None:
    asked = {}

    def made(folder: Path, **settings: object) -> Demo:
        asked.update(settings, folder=folder)
        return Demo(demo.run, evaluate(demo.run, demo.england / "truth"))

    monkeypatch.setattr(sys.modules["linkage.cli.linking"], "run_demo", made)
    said = linkage("demo", "--out", tmp_path, "--children", "1000", "--seed", "2", "--json")
    assert said.code == 0
    assert said.json["run"] == str(demo.run)
    assert said.json["evaluation"]["scores"]
    assert (asked["folder"], asked["children"], asked["seed"]) == (tmp_path, 1000, 2)


def test_a_folder_of_somebody_else_is_refused(linkage, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    said = linkage("demo", "--out", tmp_path, "--children", "1000")
    assert said.code == 2
    assert "holds no demo" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(linkage, tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file", encoding="utf-8")
    said = linkage("demo", "--out", tmp_path / "demo", "--children", "1000")
    assert said.code == 2
    assert (tmp_path / "demo").read_text(encoding="utf-8") == "a file"
