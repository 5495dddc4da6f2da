"""The key is kept apart, and a command that is refused leaves nothing behind."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from small_project import LEFT, SECRET, key_file, small_project

from linkage.errors import InputError, RefusedError
from linkage.key_file import Key, read_or_make_key

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")


def minimise(linkage, folder: Path, *words: str | Path, key: Path | None = None, **people):
    project = small_project(folder / "in", **people)
    return linkage("minimise", project, "--out", folder / "out", "--key", key or key_file(folder), *words)


def left_behind(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name not in ("in", "secret.key")]


def test_a_key_is_made_for_its_owner_only_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new.key"
    made = read_or_make_key(path)
    assert len(made.secret) == 32
    assert read_or_make_key(path) == made
    assert read_or_make_key(tmp_path / "other.key") != made
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_shows_itself_nowhere() -> None:
    key = Key(SECRET)
    assert SECRET.hex() not in repr(key) + str(key) + key.id
    assert repr(SECRET) not in repr(key)


@POSIX
@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
def test_a_key_that_everybody_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path)
    path.chmod(mode)
    with pytest.raises(RefusedError, match="Everybody"):
        read_or_make_key(path)


@pytest.mark.parametrize("text", ["", "password", "00" * 31, "00" * 33, "zz" * 32, "é" * 64])
def test_a_file_without_a_key_is_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    path = key_file(tmp_path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no key") as caught:
        read_or_make_key(path)
    assert not text or text not in str(caught.value)
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("inside", ["secret.key", "deep/er/secret.key", "../out/secret.key"])
def test_a_key_in_the_folder_that_is_shared_is_refused(linkage, tmp_path: Path, inside: str) -> None:
    said = minimise(linkage, tmp_path, key=tmp_path / "out" / inside)
    assert said.code == 12
    assert "must not lie in the folder" in said.err
    assert left_behind(tmp_path) == []


@POSIX
def test_a_link_that_leads_into_the_folder_is_refused(linkage, tmp_path: Path) -> None:
    link = tmp_path / "in" / "link.key"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "out" / "secret.key")
    assert minimise(linkage, tmp_path, key=link).code == 12


@pytest.mark.parametrize(
    ("words", "said_of"),
    [
        (("--keep", "forename"), "forename"),
        (("--drop", "shoe_size"), "shoe_size"),
        (("--source", "lefd"), "left"),
        (("--source", "left", "--dob", "hour"), "hour"),
    ],
)
def test_what_cannot_be_asked_for_is_said(linkage, tmp_path: Path, words: tuple[str, ...], said_of: str) -> None:
    said = minimise(linkage, tmp_path, *words)
    assert (said.code, said_of in said.err) == (2, True)
    assert left_behind(tmp_path) == []


def test_a_folder_that_is_not_empty_is_left_as_it_is(linkage, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").touch()
    assert minimise(linkage, tmp_path).code == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_a_broken_source_leaves_nothing_behind(linkage, tmp_path: Path) -> None:
    project = small_project(tmp_path / "in")
    (tmp_path / "in" / "right.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    said = linkage("minimise", project, "--out", tmp_path / "out", "--key", key_file(tmp_path))
    assert said.code == 11
    assert left_behind(tmp_path) == []


def test_a_source_of_which_nothing_is_left_is_refused(linkage, tmp_path: Path) -> None:
    people = [{"ref": "1", "forename": "Zoraida", "surname": "Quillfeather"}]
    said = minimise(linkage, tmp_path, left=people, right=LEFT)
    assert (said.code, "[sources.left]" in said.err) == (12, True)
    assert left_behind(tmp_path) == []
