"""The same arguments give the same bytes; a stage that changes does not shift the others."""

from pathlib import Path

import numpy as np
import pytest
from linkage_synth import generate, two_tables
from linkage_synth.seeds import stream
from synthetic_files import digests


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    said: list[str] = []
    first = generate(tmp_path / "first", children=3_000, seed=4)
    second = generate(tmp_path / "second", children=3_000, seed=4, progress=said.append)
    assert first == second
    assert said
    assert digests(tmp_path / "first") == digests(tmp_path / "second")
    assert sorted(first.files) == sorted(digests(tmp_path / "first"))


def test_another_seed_gives_another_england(tmp_path: Path) -> None:
    generate(tmp_path / "first", children=1_000, seed=4)
    generate(tmp_path / "second", children=1_000, seed=5)
    first, second = digests(tmp_path / "first"), digests(tmp_path / "second")
    same = [name for name in first if first[name] == second.get(name) and "/cla/" not in name]
    assert same == ["linkage.toml"]


def test_a_smaller_england_leaves_nothing_of_a_larger_one_behind(tmp_path: Path) -> None:
    generate(tmp_path / "reused", children=30_000, seed=1)
    generate(tmp_path / "reused", children=1_000, seed=1)
    generate(tmp_path / "fresh", children=1_000, seed=1)
    assert digests(tmp_path / "reused") == digests(tmp_path / "fresh")


def test_two_tables_give_the_same_bytes(tmp_path: Path) -> None:
    two_tables(tmp_path / "first", records=500, seed=4)
    two_tables(tmp_path / "second", records=500, seed=4)
    assert digests(tmp_path / "first") == digests(tmp_path / "second")


def test_streams_depend_on_seed_and_stage_only() -> None:
    once, again = stream(1, "names").random(5), stream(1, "names").random(5)
    assert np.array_equal(once, again)
    assert not np.array_equal(once, stream(1, "homes").random(5))
    assert not np.array_equal(once, stream(2, "names").random(5))


def test_too_small_a_world_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 500"):
        generate(tmp_path, children=10)
