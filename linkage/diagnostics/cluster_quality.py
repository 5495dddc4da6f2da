"""Persons as clusters of links: how large, how densely linked, how sure, and which carry a warning.

Connected records amplify one false link; a cluster that hangs by few links, or grows without end, is where to look.
Density is links of pairs, 2m / (n (n-1)) of m links in n records: 1 where every pair is linked by itself.
"""

from __future__ import annotations

from pathlib import Path

from linkage.diagnostics.match_rate import write_csv
from linkage.diagnostics.subgroups import ALL
from linkage.sql import Connection, Step, count, literal, rows, run_steps, scratch_step, table_step
from linkage.stats import RATE_DECIMALS
from linkage.tables import LINKS, PERSONS, RECORDS, SOURCES

CLUSTER_QUALITY = "diagnostics__cluster_quality"
COLUMNS = (
    "group_by", "cluster_group", "persons", "records", "largest", "links", "pairs", "density", "links_for_review",
    "mean_confidence", "mean_person_confidence", "doubtful",
)  # fmt: skip
ORDER = "group_no, size_no, cluster_group"
SIZE, FLAG, TWICE = "person_size", "flag", "two_records_of_a_source"
LARGEST_SIZE = 10  # persons of more records are counted together


def cluster_quality(con: Connection, *, accept: float) -> None:
    """Make `diagnostics__cluster_quality`, one row for all persons, and for each size, flag and source held twice.

    `links` of the `pairs` of records in these persons, `density` their share (0 to 1, NULL where no person has two);
    `links_for_review` between two records of one person; `mean_confidence` of records that they belong,
    `mean_person_confidence` of persons that they hang together, `doubtful` persons below `accept` in it (each only of
    persons of several records; NULL where there are none). A person can carry several flags. Asserts that sizes add up
    to all records, persons and links.
    """
    run_steps(con, (clusters_step(), cluster_quality_step(accept)))
    _check(con)


def clusters_step() -> Step:
    """`cluster_sizes`: per person its records, links, flags, confidences, and the sources it holds two records of."""
    return scratch_step(
        "cluster_sizes",
        f"""
        with linked as (
          select l.person_no, count(*) filter (k.decision = 'link') as links,
            count(*) filter (k.decision = 'review') as reviews
          from {LINKS} k
          join {PERSONS} l on l.record_id = k.record_id_l
          join {PERSONS} r on r.record_id = k.record_id_r and r.person_no = l.person_no
          group by l.person_no),
        held as (
          select p.person_no, s.source, count(*) as n
          from {PERSONS} p join {RECORDS} d on d.record_id = p.record_id join {SOURCES} s on s.source_no = d.source_no
          group by all having n > 1),
        twice as (select person_no, list_sort(list(source)) as sources from held group by person_no),
        made as (
          select person_no, count(*) as n, sum(confidence::decimal(9, 6)) as confidence,
            any_value(person_confidence)::decimal(9, 6) as person_confidence,
            list_sort(list_distinct(flatten(list(flags)))) as flags
          from {PERSONS} group by person_no)
        select m.*, coalesce(k.links, 0) as links, coalesce(k.reviews, 0) as reviews,
          coalesce(t.sources, []::varchar[]) as sources
        from made m
        left join linked k on k.person_no = m.person_no
        left join twice t on t.person_no = m.person_no""",
    )


def cluster_quality_step(accept: float) -> Step:
    """`diagnostics__cluster_quality` from `cluster_sizes`; sums are of decimals, the same in any order."""
    groups = (
        (ALL, literal(ALL), "0"),
        (SIZE, f"if(n > {LARGEST_SIZE}, '{LARGEST_SIZE + 1} or more', n::varchar)", f"least(n, {LARGEST_SIZE + 1})"),
        (FLAG, "unnest(flags)", "0"),
        (TWICE, "unnest(sources)", "0"),
    )
    parts = " union all ".join(
        f"select *, {number} as group_no, {literal(name)} as group_by, {group} as cluster_group, {place} as size_no "
        "from cluster_sizes"
        for number, (name, group, place) in enumerate(groups)
    )
    return table_step(
        CLUSTER_QUALITY,
        f"""
        with counted as (
          select group_no, group_by, size_no, cluster_group, count(*) as persons, sum(n)::bigint as records,
            max(n) as largest, sum(links)::bigint as links, sum(n * (n - 1) // 2)::bigint as pairs,
            sum(reviews)::bigint as links_for_review, sum(confidence) filter (n > 1) as sure,
            sum(n) filter (n > 1) as of_several, sum(person_confidence) filter (n > 1) as whole,
            count(*) filter (n > 1) as several, count(*) filter (n > 1 and person_confidence < $accept) as doubtful
          from ({parts}) group by all)
        select * exclude (sure, of_several, whole, several, doubtful),
          round(links / nullif(pairs, 0), {RATE_DECIMALS}) as density,
          round(sure::double / nullif(of_several, 0), {RATE_DECIMALS}) as mean_confidence,
          round(whole::double / nullif(several, 0), {RATE_DECIMALS}) as mean_person_confidence,
          if(several > 0, doubtful, null) as doubtful
        from counted order by {ORDER}""",
        {"accept": accept},
    )


def _check(con: Connection) -> None:
    """Sizes add up to all; all are the run's records, persons and links."""
    sums = "sum(persons), sum(records), sum(links)"
    whole, sizes = (rows(con, f"select {sums} from {CLUSTER_QUALITY} where group_by = {literal(name)}")[0]
                    for name in (ALL, SIZE))  # fmt: skip
    links = rows(con, f"select count(*) from {LINKS} where decision = 'link'")[0][0]
    persons = rows(con, f"select count(distinct person_no) from {PERSONS}")[0][0]
    assert whole == sizes, "the sizes of the persons do not add up"
    assert whole == (persons, count(con, RECORDS), links), "the persons are not those of the run"


def write_cluster_quality(con: Connection, folder: Path) -> int:
    """Write `cluster_quality.csv` into the folder of diagnostics; returns its rows."""
    return write_csv(con, CLUSTER_QUALITY, COLUMNS, ORDER, folder / "cluster_quality.csv")
