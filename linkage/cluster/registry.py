"""The registry: a folder that keeps person ids from run to run, and holds no value of a record.

    registry/key                       what pseudonyms of records are made with; for its owner's eyes only
    registry/runs/000001/events.parquet   what happened to persons in that run (`cluster.events`), never changed again
                        /records.parquet  each record's pseudonym and the pseudonym of its content
                        /pairs.parquet    what the model saw of the pairs it compared: levels and bits
                        /run.json         which run, rules and model
    registry/registry.parquet          what the events replay to: record, source, person_id

A record's pseudonym is an HMAC-SHA256, keyed, of its source's name and its key; of its content, of what was cleaned.
A run is entered by renaming its folder, so that it is there whole or not at all, and by one of two runs only.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from linkage.cluster.events import COLUMNS, EVENTS, LOG, never_sql, replay_sql
from linkage.errors import InputError, RefusedError, UsageError
from linkage.key_file import Key, read_or_make_key
from linkage.sql import (
    Connection,
    Step,
    columns,
    connect,
    execute,
    has_table,
    ident,
    literal,
    rows,
    run_steps,
    scratch_step,
)
from linkage.sql import table_step as made
from linkage.tables import CANDIDATES, KNOWN_PAIRS, KNOWN_RECORDS, RECORDS, SCORED

PARQUET = "(format parquet, compression zstd)"
NOT_CONTENT = frozenset({"record_id", "source_no", "source", "key", "row_count"})
BLOCK_BYTES = 64  # of SHA-256, for HMAC: RFC 2104
SEPARATOR = "\x1f"  # the unit separator of ASCII, which no name of a source contains


@dataclass(frozen=True)
class Entered:
    """What the registry keeps of a run besides its tables: hashes of what links were made with."""

    run: str
    key: str
    rules: str
    model: str


@dataclass(frozen=True)
class Registry:
    """An open registry: its folder, key, and the runs entered so far."""

    folder: Path
    key: Key
    runs: tuple[Path, ...]

    @property
    def last(self) -> Entered | None:
        """The run entered last; None where there is none yet."""
        return _entered(self.runs[-1]) if self.runs else None


def open_registry(folder: Path) -> Registry:
    """The registry in a folder, which is made with a new key where there is none.

    Raises RefusedError where there are runs without their key, or with another; UsageError where the folder cannot be
    used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        runs = tuple(sorted(path for path in (folder / "runs").glob("[0-9]*") if path.is_dir()))
    except OSError:
        raise UsageError("The registry cannot be used.", where=str(folder), expected="a folder") from None
    if [path.name for path in runs] != [f"{number:06d}" for number in range(1, len(runs) + 1)]:
        raise RefusedError("The registry lacks runs.", where=str(folder / "runs"),
                           expected="folders numbered from 000001", remedy="restore it from a copy")  # fmt: skip
    if runs and not (folder / "key").is_file():
        raise RefusedError("The registry's key is missing.", where=str(folder / "key"), expected="the key it was made "
                           "with, without which no record is known again", remedy="restore it from a copy")  # fmt: skip
    registry = Registry(folder, read_or_make_key(folder / "key"), runs)
    if registry.last is not None and registry.last.key != registry.key.id:
        raise RefusedError("The registry was made with another key.", where=str(folder / "key"),
                           expected=registry.last.key, remedy="restore the key from a copy")  # fmt: skip
    return registry


def _entered(run: Path) -> Entered:
    try:
        return Entered(**json.loads((run / "run.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise InputError("A run of the registry cannot be read.", where=str(run / "run.json"),
                         remedy="restore the registry from a copy") from None  # fmt: skip


def know_nothing(con: Connection) -> None:
    """The working tables of a run without a registry: nothing is known."""
    run_steps(con, (
        made(KNOWN_RECORDS, """select 0::bigint as record_id, '' as record, '' as source, '' as digest,
            null::varchar as person_id, 0 as given_in, false as is_same limit 0"""),
        made(KNOWN_PAIRS, "select 0::bigint as record_id_l, 0::bigint as record_id_r limit 0"),
    ))  # fmt: skip


def know(con: Connection, registry: Registry, *, model: str) -> None:
    """Read what is known of this run's records and pairs.

    Makes `registry_members` (record, source, person_id, given_in: the run that gave the id), `registry_ids` (every id
    there ever was), `registry_never` (record, other_record), `known_records` (record_id, record, source, digest,
    person_id or NULL, given_in, is_same: the content is what it was) and `known_pairs`: what the model saw of pairs
    whose two records are the same still, in the columns of `scored_pairs`; none where the `model` is another now.
    """
    run_steps(con, (*log_steps(registry), *_member_steps(), digests_step(con, registry.key)))
    last = registry.runs[-1] / "records.parquet" if registry.runs else None
    before = f"read_parquet({literal(str(last))})" if last else "(select '' as record, '' as digest limit 0)"
    run_steps(con, (made(KNOWN_RECORDS, f"""
        select d.record_id, d.record, d.source, d.digest, m.person_id, m.given_in, coalesce(b.digest = d.digest, false)
          as is_same
        from record_digests d
        left join registry_members m on m.record = d.record
        left join {before} b on b.record = d.record
        order by d.record_id"""),))  # fmt: skip
    pairs = registry.runs[-1] / "pairs.parquet" if registry.runs else None
    if pairs is None or not pairs.is_file() or registry.last is None or registry.last.model != model:
        run_steps(con, (made(KNOWN_PAIRS, "select 0::bigint as record_id_l, 0::bigint as record_id_r limit 0"),))
        return
    run_steps(con, (made(KNOWN_PAIRS, f"""
        select l.record_id as record_id_l, r.record_id as record_id_r, p.* exclude (record_l, record_r)
        from read_parquet({literal(str(pairs))}) p
        join {KNOWN_RECORDS} l on l.record = p.record_l and l.is_same
        join {KNOWN_RECORDS} r on r.record = p.record_r and r.is_same
        where l.record_id < r.record_id order by 1, 2"""),))  # fmt: skip


def log_steps(registry: Registry) -> tuple[Step, ...]:
    """`registry_log`: the events of all runs."""
    none = f"select 0 as run_no, {', '.join(f'null::varchar as {name}' for name in COLUMNS[1:])}, 0 as event_no limit 0"
    parts = [f"select * from ({none})"]
    for number, run in enumerate(registry.runs, start=1):
        parts.append(f"select {number} as run_no, * from read_parquet({literal(str(run / 'events.parquet'))})")
    return (scratch_step(LOG, " union all by name ".join(parts)),)


def _member_steps() -> tuple[Step, ...]:
    return (
        made("registry_ids", f"""
            select person_id, min(run_no)::integer as given_in
            from (select run_no, person_id_to as person_id from {LOG} union all
                  select run_no, person_id_from from {LOG})
            where person_id is not null group by person_id"""),
        made("registry_members", f"""
            select m.record, m.source, m.person_id, i.given_in
            from ({replay_sql()}) m join registry_ids i on i.person_id = m.person_id"""),
        made("registry_never", never_sql()),
    )  # fmt: skip


def digests_step(con: Connection, key: Key) -> Step:
    """`record_digests` (record_id, source, record, digest): pseudonyms of every record's name and of its content."""
    content = [name for name in columns(con, RECORDS)
               if name not in NOT_CONTENT and not name.endswith(("_raw", "_why"))]  # fmt: skip
    inner, outer = (bytes(byte ^ pad for byte in key.secret.ljust(BLOCK_BYTES, b"\0")).hex() for pad in (0x36, 0x5C))
    record = _hmac_sql(f"r.source || '{SEPARATOR}' || r.key")
    digest = _hmac_sql(f"hash({', '.join('r.' + ident(name) for name in content)}) || '{SEPARATOR}' || "
                       "coalesce(i.content, 0)")  # fmt: skip
    return scratch_step(
        "record_digests",
        f"""
        with held as (
          select record_id, sum(hash(scheme, scope, value, status)::hugeint) as content
          from identifiers group by record_id)
        select r.record_id, r.source, {record} as record, {digest} as digest
        from {RECORDS} r left join held i on i.record_id = r.record_id""",
        {"inner": inner, "outer": outer},
    )


def _hmac_sql(text: str) -> str:
    """SQL: half of the HMAC-SHA256 of a text, as `Key.pseudonym` takes it; `$inner` and `$outer` are the padded key."""
    return f"left(sha256(unhex($outer) || unhex(sha256(unhex($inner) || encode({text})))), 32)"


def remember_never(con: Connection) -> list[tuple[int, int]]:
    """Never-link pairs of earlier runs hold in this one, unless a must-link of today says otherwise.

    Adds them to `never_link`, and makes `never_changes` (event, record, other_record): what the registry does not know
    yet. Returns those that hold of earlier runs. Records that this run does not have wait in the registry.
    """
    named = f"""
        select n.record_id_l, n.record_id_r, least(l.record, r.record) as record,
          greatest(l.record, r.record) as other_record
        from {{}} n join {KNOWN_RECORDS} l on l.record_id = n.record_id_l
        join {KNOWN_RECORDS} r on r.record_id = n.record_id_r"""
    run_steps(con, (
        made("never_changes", f"""
            select 'never_link' as event, record, other_record from ({named.format("never_link")})
            anti join registry_never using (record, other_record)
            union
            select 'lift', record, other_record from ({named.format("must_link")})
            semi join registry_never using (record, other_record)"""),
        scratch_step("remembered_never", f"""
            select least(l.record_id, r.record_id) as record_id_l, greatest(l.record_id, r.record_id) as record_id_r
            from registry_never n
            anti join (from never_changes where event = 'lift') c using (record, other_record)
            join {KNOWN_RECORDS} l on l.record = n.record join {KNOWN_RECORDS} r on r.record = n.other_record"""),
    ))  # fmt: skip
    execute(con, """
        insert into never_link
        select record_id_l, record_id_r from remembered_never
        anti join never_link using (record_id_l, record_id_r) order by all""")  # fmt: skip
    held = rows(con, "select record_id_l, record_id_r from remembered_never order by all")
    return [(int(str(left)), int(str(right))) for left, right in held]


def enter(con: Connection, registry: Registry, entered: Entered) -> int:
    """Add this run to the registry; returns its number. A run that is its last already is not added again.

    Raises RefusedError where another run was entered after `registry` was read.
    """
    now = open_registry(registry.folder)
    number = len(registry.runs) + 1
    if len(now.runs) >= number:
        if now.last is not None and len(now.runs) == number and now.last.run == entered.run:
            return number
        raise _overtaken(registry)
    part = registry.folder / "runs" / f".part-{entered.run[:16]}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name, select in _tables(con).items():
        execute(con, f"copy ({select}) to {literal(str(part / name))} {PARQUET}")
    (part / "run.json").write_text(json.dumps(asdict(entered), indent=2) + "\n", encoding="utf-8")
    try:
        part.rename(registry.folder / "runs" / f"{number:06d}")
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        raise _overtaken(registry) from None
    write_members(con, open_registry(registry.folder))
    return number


def _tables(con: Connection) -> dict[str, str]:
    tables = {
        "events.parquet": f"select {', '.join(COLUMNS)} from {EVENTS} order by event_no",
        "records.parquet": f"select record, digest from {KNOWN_RECORDS} order by record",
    }
    if has_table(con, SCORED):
        tables["pairs.parquet"] = f"""
            select l.record as record_l, r.record as record_r, s.* exclude (record_id_l, record_id_r)
            from {SCORED} s semi join {CANDIDATES} c
              on c.record_id_l = s.record_id_l and c.record_id_r = s.record_id_r
            join {KNOWN_RECORDS} l on l.record_id = s.record_id_l
            join {KNOWN_RECORDS} r on r.record_id = s.record_id_r order by all"""
    return tables


def write_members(con: Connection, registry: Registry) -> None:
    """Write `registry.parquet` anew, from the events of all runs."""
    run_steps(con, log_steps(registry))
    path = registry.folder / "registry.parquet"
    part = path.with_name(path.name + ".part")
    execute(con, f"copy (from ({replay_sql()}) order by record) to {literal(str(part))} {PARQUET}")
    part.replace(path)


@contextmanager
def registry_log(folder: Path) -> Iterator[Connection]:
    """A connection with the log of a registry as `registry_log`, for `events.forward` and `events.backward`."""
    if not (folder / "runs").is_dir():
        raise UsageError("The folder holds no registry.", where=str(folder), expected="[link] registry of a project")
    with connect() as con:
        run_steps(con, log_steps(open_registry(folder)))
        yield con


def _overtaken(registry: Registry) -> RefusedError:
    return RefusedError(
        "Another run was entered in the registry while this one was at work.", where=str(registry.folder),
        expected=f"{len(registry.runs)} runs, as when this one began", remedy="run the project again into a new --out",
    )  # fmt: skip
