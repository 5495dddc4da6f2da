"""Three yearly deliveries of a synthetic England, each with what came before, re-returned with corrections.

First year: CIN and census of 2023. Second: those of 2024, looked-after children and a local list. Third: a census of
2025, made here of that of 2024: leavers go, others move school or change their surname, and children of another England
come. In every re-return a few records have another forename or surname, and a few are gone.
"""

from __future__ import annotations

import random
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
from linkage_synth import generate

FIRST = ("cin_2023", "census_2023")
SECOND = (*FIRST, "cin_2024", "cla_2024", "census_2024", "early_help")
YEARS = (FIRST, SECOND, (*SECOND, "census_2025"))
CORRECTED, WITHDRAWN = 0.03, 0.01  # of the lines of a census that is returned again
LEAVE, MOVE, RENAME, ARRIVE = 0.10, 0.12, 0.03, 0.08  # of the pupils of a year, until the next
SCHOOL = "LA+Estab+LAEstab+URN"
SOURCE_2025 = '[sources.census_2025]\nformat = "school_census"\npath = "returns/census/spring_2025.csv"\n\n'


@dataclass(frozen=True)
class ThreeYears:
    """The folders of three yearly runs, and two records of one child who were told apart before the third."""

    runs: tuple[Path, ...]
    registry: Path
    apart: tuple[str, str]


def three_years(folder: Path, *, children: int, seed: int = 11) -> list[Path]:
    """The project files of three years, in folders side by side that share the registry `folder/registry`."""
    generate(folder / "world", children=children, seed=seed)
    generate(folder / "elsewhere", children=max(500, children // 4), seed=seed + 1)
    draw = random.Random(seed)
    census = Path("returns") / "census"
    write_next_census(folder / "world" / census, folder / "elsewhere" / census, draw)
    projects = []
    for number, sources in enumerate(YEARS):
        into = folder / f"year_{number + 1}"
        shutil.copytree(folder / "world" if number == 0 else folder / f"year_{number}", into)
        if number:
            correct(into / census / "spring_2023.csv", draw)
        if number == 2:
            correct(into / census / "spring_2024.csv", draw)
        projects.append(into / "linkage.toml")
        text = (folder / "world" / "linkage.toml").read_text(encoding="utf-8")
        projects[-1].write_text(project_of(text, sources), encoding="utf-8")
    return projects


def project_of(text: str, sources: tuple[str, ...]) -> str:
    """The project with these sources only, and the registry beside its folder."""
    head, *sections = re.split(r"(?m)^(?=\[)", text)
    kept = []
    for section in sections:
        named = re.match(r"\[sources\.(\w+)", section)
        if named is None or named[1] in sources:
            kept.append(section)
        if "census_2025" in sources and section.startswith("[sources.census_2024]"):
            kept.append(SOURCE_2025)
    unique = [source for source in sources if source.startswith("census") or source == "early_help"]
    return re.sub(r"(?m)^unique = .*$", f'unique = {unique}\nregistry = "../registry"'.replace("'", '"'),
                    head + "".join(kept))  # fmt: skip


def read_lines(path: Path) -> tuple[list[str], list[list[str]]]:
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    assert not any('"' in line for line in lines), "a quoted cell may hold a comma"
    return header.split(","), [line.split(",") for line in lines]


def write_lines(path: Path, header: list[str], lines: list[list[str]]) -> None:
    path.write_text("\n".join(map(",".join, [header, *lines])) + "\n", encoding="utf-8")


def correct(path: Path, draw: random.Random) -> None:
    """Return a census again: some lines have another postcode or surname, some are gone."""
    header, lines = read_lines(path)
    kept = [changed(header, line, lines, draw) if draw.random() < CORRECTED else line
            for line in lines if draw.random() >= WITHDRAWN]  # fmt: skip
    write_lines(path, header, kept)


def changed(
    header: list[str],
    line: list[str],
    others: list[list[str]],
    draw: random.Random,
    choices: tuple[str, ...] = ("Surname", "Forename"),
) -> list[str]:
    """A line with a name, or the school, of another."""
    fields, other = draw.choice(choices).split("+"), draw.choice(others)
    return [other[at] if name in fields else line[at] for at, name in enumerate(header)]


def write_next_census(folder: Path, elsewhere: Path, draw: random.Random) -> None:
    header, lines = read_lines(folder / "spring_2024.csv")
    other_header, arrivals = read_lines(elsewhere / "spring_2024.csv")
    assert header == other_header
    stay = [line for line in lines if draw.random() >= LEAVE]
    aged = [changed(header, line, lines, draw, (SCHOOL,)) if draw.random() < MOVE else line for line in stay]
    aged = [changed(header, line, lines, draw, ("Surname",)) if draw.random() < RENAME else line for line in aged]
    write_lines(folder / "spring_2025.csv", header, [*aged, *draw.sample(arrivals, round(len(lines) * ARRIVE))])


def one_childs_records(run: Path, project: Path) -> tuple[str, str]:
    """Two records of the largest person who is in both censuses and in the files of the project still."""
    texts = [
        (project / "returns" / "census" / f"spring_{year}.csv").read_text(encoding="utf-8") for year in (2023, 2024)
    ]
    with duckdb.connect() as con:
        found = con.execute(f"""
            select a.key, b.key from '{run}/persons.parquet' a join '{run}/persons.parquet' b using (person_id)
            where a.source = 'census_2023' and b.source = 'census_2024' and a.person_size > 2
            order by a.person_size desc, a.key""").fetchall()  # fmt: skip
    for left, right in found:
        upns = left.split("/")[-1], right.split("/")[-1]
        if all(upn in text for upn, text in zip(upns, texts, strict=True)):
            return f"census_2023:{left}", f"census_2024:{right}"
    raise AssertionError("no child is in both censuses")


def never_link(project: Path, apart: tuple[str, str]) -> None:
    """Put the pair on the never-link list of the project."""
    cells = [part for name in apart for part in name.split(":")]
    lines = ["source_l,key_l,source_r,key_r,verdict,reason", ",".join([*cells, "never", "adopted"])]
    (project.parent / "overrides.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = project.read_text(encoding="utf-8")
    project.write_text(text.replace("[link]\n", '[link]\noverrides = "overrides.csv"\n'), encoding="utf-8")
