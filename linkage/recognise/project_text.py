"""The project file for what was found: TOML that runs as it is, with the reasons beside every line."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from linkage.recognise.contract import Found, Mapped, Proposal
from linkage.schema import FIELD_NAMES
from linkage.sources import FORMATS

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_MOST_PARTS = 12
_WIDTH = 110
# Fields that every table of the diagnostics can be broken down by, where a source has them.
_SUBGROUPS = ("sen", "fsm", "authority")


def project_text(found: Found, *, name: str) -> str:
    """The text of `linkage.toml`; it holds names of files and columns, codes of collections and counts."""
    blocks = [_head(found, name), *(_source(item) for item in found.proposals), _settings(found)]
    if found.others:
        blocks.append(_others(found))
    return "\n".join(blocks)


def runs(found: Found) -> bool:
    """Whether the project file has a source that this version reads."""
    return any(item.readable for item in found.proposals)


def _head(found: Found, name: str) -> str:
    sources = len([item for item in found.proposals if item.readable])
    lines = [
        *_comment(f"Written by `linkage init`, which looked at the beginning of each file: {sources} "
                  f"{'source' if sources == 1 else 'sources'}. Read it through: what is marked `guess` needs your eye, "
                  "`likely` a glance. Then: `linkage check`, `linkage run`."),
        "",
        "[project]",
        f"name = {quoted(name)}",
        'purpose = ""   # what the links are for; goes into the manifest of every run',
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _source(item: Proposal) -> str:
    lines = _comment(f"{item.sureness}: {'; '.join(item.reasons)}")
    for note in item.notes:
        lines += _comment(f"Note: {note}.")
    lines += _parts(item)
    settings = _source_settings(item)
    if item.readable:
        return "\n".join([*lines, *settings, ""])
    missing = f"Left out: {item.left_out}."
    return "\n".join([*lines, *_comment(missing), *(f"# {line}".rstrip() for line in settings), ""])


def _parts(item: Proposal) -> list[str]:
    if len(item.parts) == 1 and item.format == "table":
        part = item.parts[0]
        return _comment(f"{part.rows:,} rows {'in all' if part.whole else 'were looked at'}.")
    lines = []
    for part in item.parts[:_MOST_PARTS]:
        counted = f"{part.rows:,} {'row' if part.rows == 1 else 'rows'}{'' if part.whole else ' or more'}"
        lines.append("; ".join((f"#   {_one_line(part.shown)}: {part.part}, {counted}", *part.reasons)))
    more = len(item.parts) - _MOST_PARTS
    return [*lines, f"#   and {more} more files"] if more > 0 else lines


def _source_settings(item: Proposal) -> list[str]:
    lines = [f"[sources.{item.name}]", f"format = {quoted(item.format)}", f"path = {_one_or_list(item.paths)}"]
    if item.sheet:
        lines.append(f"sheet = {quoted(item.sheet)}")
    if item.year:
        lines.append(f"year = {item.year}")
    if item.term:
        lines.append(f"term = {quoted(item.term)}")
    if item.authority:
        lines.append(f"authority = {quoted(item.authority)}")
    if item.supply:
        lines.append(f"supply = {quoted(item.supply)}   # pseudonyms compare only between sources of one supply")
    if item.layout is None:
        return lines
    if item.layout.key:
        lines.append(f"key = {quoted(item.layout.key)}   # {item.layout.key_reason}")
    else:
        lines.append(f"# key: {item.layout.key_reason}")
    fields = [mapped for mapped in item.layout.mapped if mapped.field != "ethnicity"]
    lines += [f"[sources.{item.name}.columns]", *(line for mapped in fields for line in _mapped(mapped))]
    subgroups = [mapped for mapped in item.layout.mapped if mapped.field == "ethnicity" and len(mapped.columns) == 1]
    several = [mapped for mapped in item.layout.mapped if mapped.field == "ethnicity" and len(mapped.columns) > 1]
    lines += [line for mapped in several for line in _mapped(mapped)]
    if subgroups:
        lines += [f"[sources.{item.name}.subgroups]", *(line for mapped in subgroups for line in _mapped(mapped))]
    if item.layout.left_alone:
        lines.append("# Columns left alone:")
        lines += [f"#   {shown_name(left.column)}: {left.reason}" for left in item.layout.left_alone]
    return lines


def _mapped(mapped: Mapped) -> list[str]:
    columns = _one_or_list(mapped.columns)
    if mapped.join:
        return [f"{mapped.field} = {{ join = {columns} }}   # {mapped.sureness}: {mapped.reason}"]
    options = {"format": mapped.format, "order": mapped.order}
    said = "".join(f", {name} = {quoted(value)}" for name, value in options.items() if value)
    value = f"{{ column = {columns}{said} }}" if said else columns
    return [f"{mapped.field} = {value}   # {mapped.sureness}: {mapped.reason}"]


def _settings(found: Found) -> str:
    readable = [item for item in found.proposals if item.readable]
    unique = [item for item in readable if item.unique]
    perhaps = [item for item in readable if item.unique is None]
    lines = ["[link]", 'rules = ["identifiers", "demographics"]', 'model = "child"',
             "accept = 0.95   # confidence from which a pair is a link",
             "review = 0.50   # from here up to accept: clerical review",
             "# Sources in which no person has two records:"]  # fmt: skip
    for item in (*unique, *perhaps):
        doubt = "" if item.unique else "; add it if that holds for all rows"
        lines += [f"#   {item.name}: {item.unique_reason}{doubt}"]
    lines.append(f"unique = [{', '.join(quoted(item.name) for item in unique)}]")
    twice = [item for item in readable if item.unique is False and "several records" in item.unique_reason]
    if twice:
        lines.append("# Sources whose own records may be linked among themselves, if you name them in `within`:")
        lines += [f"#   {item.name}: {item.unique_reason}" for item in twice]
    more = (field for field in _SUBGROUPS if any(_has(item, field) for item in readable))
    subgroups = ["ethnicity", "sex", "age", *more]
    lines += ["", "[diagnostics]", f"subgroups = [{', '.join(map(quoted, subgroups))}]", "suppress_below = 10", ""]
    return "\n".join(lines)


def _has(item: Proposal, field: str) -> bool:
    if item.layout is not None:
        return any(mapped.field == field for mapped in item.layout.mapped)
    return field in FORMATS[item.format].fields and field in FIELD_NAMES


def _others(found: Found) -> str:
    lines = ["# Looked at and not proposed:"]
    for other in found.others:
        lines.append(f"#   {other.shown}: {other.looks_like}{f' ({other.reason})' if other.reason else ''}")
    return "\n".join([*map(_one_line, lines), ""])


def quoted(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def shown_name(text: str) -> str:
    """A column name in a comment: on one line, and no longer than a name is."""
    plain = _one_line(text)
    return plain if len(plain) <= 60 else plain[:57] + "…"


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _one_or_list(texts: Sequence[str]) -> str:
    return quoted(texts[0]) if len(texts) == 1 else f"[{', '.join(map(quoted, texts))}]"


def _comment(text: str) -> list[str]:
    """Lines of a comment, broken between words."""
    lines, line = [], "#"
    for word in _one_line(text).split():
        if len(line) + len(word) > _WIDTH:
            lines.append(line)
            line = "#  "
        line += f" {word}"
    return [*lines, line]
