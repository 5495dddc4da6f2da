"""The project file that names every source of a world, of whatever format."""

from collections.abc import Iterable
from pathlib import Path

from linkage_synth.formats.contract import Format
from linkage_synth.project_file import ENGLAND

ALL_SOURCES = "linkage-all.toml"
_STANDARD_UNIQUE = ("census_2023", "census_2024", "early_help")


def write_whole_project(out: Path, formats: Iterable[Format]) -> str:
    """Write a project file with the standard sources and those of the formats; gives its path."""
    # The standard project is the beginning, up to its settings of linkage.
    head, rest = ENGLAND.split("[link]\n")
    diagnostics = rest[rest.index("[diagnostics]") :]
    sources = [source for each in formats for source in each.sources]
    blocks = [f"[sources.{source.name}]\n{source.settings.strip()}\n" for source in sources]
    unique = [*_STANDARD_UNIQUE, *(source.name for source in sources if source.unique)]
    within = [source.name for source in sources if source.within]
    link = f"""\
[link]
rules = ["identifiers", "demographics"]
model = "child"
accept = 0.95
review = 0.50
within = {_listed(within)}
unique = {_listed(unique)}

[families]
rules = ["families"]

"""
    name = head.replace('name = "synthetic-england"', 'name = "synthetic-england-all-sources"')
    (out / ALL_SOURCES).write_text(
        "\n".join([name.rstrip("\n") + "\n", *blocks, link + diagnostics]), encoding="utf-8", newline="\n"
    )
    return ALL_SOURCES


def _listed(names: list[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
