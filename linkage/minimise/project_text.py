"""The project file of the copies: it links them as it is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostics.subgroups import AGE, RECORD_SUBGROUPS
from linkage.minimise.choices import Plan
from linkage.minimise.copies import KEY, Copy
from linkage.project import Project
from linkage.recognise.project_text import quoted
from linkage.schema import SUBGROUP_PREFIX

PACKS = "packs"
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def project_text(project: Project, plan: Plan, copies: Sequence[Copy], *, key_id: str, rules: Sequence[str],
                 model: str) -> str:  # fmt: skip
    """The text of `linkage.toml` beside the copies; `rules` and `model` are names or paths in their folder."""
    blocks = [_head(project, key_id), *(_source(copy, plan, key_id) for copy in copies),
              _settings(project, copies, rules, model)]  # fmt: skip
    return "\n".join(blocks)


def copy_packs(project: Project, folder: Path) -> tuple[tuple[str, ...], str]:
    """Copy packs that the project names by path into the folder; gives the names of all rules and of the model."""

    def copied(name: str, number: int) -> str:
        path = project.folder / name
        if not path.exists():
            return name  # bundled
        target = folder / PACKS / f"{number}_{path.name}"
        target.parent.mkdir(exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copyfile(path, target)
        return target.relative_to(folder).as_posix()

    rules = tuple(copied(name, number) for number, name in enumerate(project.link.rules, start=1))
    return rules, copied(project.link.model, len(rules) + 1)


def _head(project: Project, key_id: str) -> str:
    return "\n".join((
        "# Written by `linkage minimise`. Pseudonymised data are still personal data.",
        f"# Pseudonyms compare with those of other copies made with the same key ({key_id}), and with no others.",
        "",
        "[project]",
        f"name = {quoted(project.project.name)}",
        f"purpose = {quoted(project.project.purpose)}",
        "",
    ))  # fmt: skip


def _source(copy: Copy, plan: Plan, key_id: str) -> str:
    lines = [f"[sources.{copy.spec.name}]", 'format = "table"', f'path = "{copy.file_name(plan)}"']
    lines += [f"year = {copy.spec.year}"] if copy.spec.year else []
    lines += [f"key = {quoted(KEY)}", f"supply = {quoted(key_id)}", f"[sources.{copy.spec.name}.columns]"]
    lines += [f"{field} = {_one_or_list(columns)}" for field, columns in copy.fields.items()]
    if copy.subgroups:
        lines.append(f"[sources.{copy.spec.name}.subgroups]")
        lines += [f"{_toml_key(name.removeprefix(SUBGROUP_PREFIX))} = {quoted(name)}" for name in copy.subgroups]
    return "\n".join([*lines, ""])


def _settings(project: Project, copies: Sequence[Copy], rules: Sequence[str], model: str) -> str:
    link = project.link
    sources = {copy.spec.name for copy in copies}
    groups = {name.removeprefix(SUBGROUP_PREFIX) for copy in copies for name in copy.subgroups}
    subgroups = [name for name in project.diagnostics.subgroups
                 if name in (AGE, *RECORD_SUBGROUPS) or name.removeprefix(SUBGROUP_PREFIX) in groups]  # fmt: skip
    return "\n".join((
        "[link]",
        f"rules = {_list(rules)}",
        f"model = {quoted(model)}",
        f"accept = {link.accept}",
        f"review = {link.review}",
        f"within = {_list([name for name in link.within if name in sources])}",
        f"unique = {_list([name for name in link.unique if name in sources])}",
        "",
        "[diagnostics]",
        f"subgroups = {_list(subgroups)}",
        *([f"suppress_below = {below}"] if (below := project.diagnostics.suppress_below) else []),
        "",
    ))  # fmt: skip


def _toml_key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else quoted(name)


def _one_or_list(texts: Sequence[str]) -> str:
    return quoted(texts[0]) if len(texts) == 1 else _list(texts)


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(quoted, texts))}]"
