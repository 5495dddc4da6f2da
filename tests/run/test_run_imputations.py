"""Plausible linkages: drawn with the chances of their pairs, within constraints, through to persons and families."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from linkage.errors import UsageError
from linkage.families import load_family_rules
from linkage.imputations import SHARED, draw, pool_linkages, taken_step, write_imputations
from linkage.sql import connect, rows, run_steps

DOCUMENT = Path(__file__).parents[2] / "docs" / "diagnostics.md"
DRAWS = 3


@pytest.fixture(scope="module")
def drawn(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a run, with a never-link pair where it has a link, and three plausible linkages of it."""
    run = tmp_path_factory.mktemp("drawn") / "run"
    shutil.copytree(whole, run)
    with connect(run / "run.duckdb", threads=2) as con:
        con.execute("insert into never_link select record_id_l, record_id_r from links where decision = 'link' "
                    "order by all limit 1")  # fmt: skip
        rules = load_family_rules(("families",), folder=run)
        facts = write_imputations(con, run, draws=DRAWS, seed=1, rules=rules, years={}, run_key="test")
        again = run / "again"
        again.mkdir()
        assert write_imputations(con, again, draws=DRAWS, seed=1, rules=rules, years={}, run_key="test") == facts
    return run


def test_each_pair_is_drawn_with_its_chance_and_pairs_of_a_record_together() -> None:
    # Records 0, 1 and 2 are linked to record 3; records 4 and 5 to nothing of them.
    left, right, chance = np.array([0, 1, 4]), np.array([3, 3, 5]), np.array([0.9, 0.5, 0.02])
    generator = np.random.default_rng(1)
    taken = np.array([draw(6, left, right, chance, generator) > 0 for _ in range(20_000)])
    assert taken.mean(axis=0) == pytest.approx(chance, abs=0.012)  # three standard errors and a little
    first, second, third = taken.T
    assert (first & second).mean() - first.mean() * second.mean() > 0.02
    assert abs((second & third).mean() - second.mean() * third.mean()) < 0.005
    assert SHARED < 0.5


def test_of_rivals_that_were_drawn_the_surest_stays() -> None:
    with connect(threads=1) as con:
        con.execute("""create table drawable_pairs as select * from (values
            (0::bigint, 5::bigint, 'probabilistic', 0, 1, 0::ubigint, 5::ubigint),
            (0, 6, 'probabilistic', 0, 1, 0, 6), (0, 7, 'deterministic', 0, 1, 0, 7),
            (0, 8, 'probabilistic', 0, 2, 0, 8))
            p(record_id_l, record_id_r, stage, source_no_l, source_no_r, face_l, face_r)""")
        con.execute("alter table drawable_pairs add column rule varchar")
        con.execute("alter table drawable_pairs add column confidence_basis varchar")
        con.execute("create table drawn as select * from (values (0::bigint, 5::bigint, 0.1), (0, 6, 0.7), "
                    "(0, 7, 0.2), (0, 8, 0.3)) d(record_id_l, record_id_r, surplus)")  # fmt: skip
        run_steps(con, (taken_step(),))
        assert rows(con, "select record_id_r from decided_pairs order by 1") == [(6,), (7,), (8,)]


def test_a_draw_is_a_whole_linkage_within_the_constraints(drawn: Path) -> None:
    folders = sorted(path.name for path in (drawn / "imputations").iterdir())
    assert folders == ["001", "002", "003"]
    with connect() as con:
        con.execute(f"attach '{drawn / 'run.duckdb'}' as run (read_only)")
        never = """
            select l.source, l.key, r.source, r.key from run.never_link n
            join run.records l on l.record_id = n.record_id_l join run.records r on r.record_id = n.record_id_r"""
        left, left_key, right, right_key = rows(con, never)[0]
        for name in folders:
            folder = drawn / "imputations" / name
            persons = f"read_parquet('{folder}/persons.parquet')"
            missing = rows(con, f"select count(*) from run.records anti join {persons} using (source, key)")
            assert missing == [(0,)]
            twice = rows(con, f"""select 1 from {persons} join run.sources using (source) where is_unique
                                  group by person_id, source having count(*) > 1""")  # fmt: skip
            assert twice == []
            split = rows(con, f"""select count(*) from read_parquet('{folder}/links.parquet') k
                join {persons} l on l.source = k.source_l and l.key = k.key_l
                join {persons} r on r.source = k.source_r and r.key = k.key_r
                where l.person_id <> r.person_id""")  # fmt: skip
            assert split == [(0,)]
            together = f"select count(distinct person_id) from {persons} where (source, key) in (($a, $b), ($c, $d))"
            assert rows(con, together, {"a": left, "b": left_key, "c": right, "d": right_key}) == [(2,)]
            strangers = rows(con, f"""select count(*) from read_parquet('{folder}/families.parquet')
                                      anti join {persons} using (person_id)""")  # fmt: skip
            assert strangers == [(0,)]


def test_the_same_seed_draws_the_same_bytes_and_draws_differ(drawn: Path) -> None:
    files = sorted(path.relative_to(drawn / "imputations") for path in (drawn / "imputations").rglob("*.parquet"))
    assert len(files) == 4 * DRAWS
    for file in files:
        assert (drawn / "imputations" / file).read_bytes() == (drawn / "again" / "imputations" / file).read_bytes()
    assert len({(drawn / "imputations" / f"{n:03d}" / "links.parquet").read_bytes() for n in (1, 2, 3)}) > 1


def test_the_example_of_the_document_pools_the_draws(drawn: Path) -> None:
    block = re.search(r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)
    assert block is not None
    names: dict[str, object] = {}
    exec(block[1].replace("demo/run", str(drawn)), names)
    pooled = names["pooled"]
    assert pooled.m == DRAWS  # type: ignore[attr-defined]
    assert pooled.lo < pooled.estimate < pooled.hi  # type: ignore[attr-defined]
    assert pooled.variance >= pooled.within  # type: ignore[attr-defined]


def test_a_run_without_draws_cannot_be_pooled(whole: Path) -> None:
    with pytest.raises(UsageError, match="imputations"):
        pool_linkages(whole, lambda con: (0.0, 0.0))
