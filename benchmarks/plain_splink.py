"""Plain Splink 5 on two files, set up as its documentation recommends: what a user would write instead of us.

Reads the CSV files, cleans to the columns we compare, trains u by sampling and m by expectation maximisation, predicts,
clusters at 0.95 and writes the clusters. Usage: python plain_splink.py FOLDER OUT.parquet [THREADS] [MEMORY]
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

CLEAN = """
    create table {table} as
    select ref as unique_id,
      nullif(trim(regexp_replace(replace(strip_accents(upper(forename)), '''', ''), '[^A-Z ]', ' ', 'g')), '')
        as forename,
      nullif(trim(regexp_replace(replace(strip_accents(upper(surname)), '''', ''), '[^A-Z ]', ' ', 'g')), '')
        as surname,
      try_cast(dob as date) as dob,
      case upper(sex) when 'M' then 'M' when 'F' then 'F' end as sex,
      nullif(upper(replace(postcode, ' ', '')), '') as postcode,
      case when regexp_matches(upper(upn), '^[A-Z][0-9]{{12}}$') then upper(upn) end as upn
    from read_csv('{path}', all_varchar = true)
"""


def main(folder: Path, out: Path, threads: int, memory: str) -> None:
    """Link a.csv and b.csv of the folder; write unique_id, source_dataset, cluster_id."""
    con = duckdb.connect(config={"threads": threads, "memory_limit": memory})
    for table in ("a", "b"):
        con.execute(CLEAN.format(table=table, path=folder / f"{table}.csv"))
    api = DuckDBAPI(con)
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.ExactMatch("upn"),
            cl.NameComparison("forename").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("dob", input_is_string=False),
            cl.PostcodeComparison("postcode"),
            cl.ExactMatch("sex"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("upn"),
            block_on("surname", "dob"),
            block_on("forename", "dob"),
            block_on("forename", "surname", "postcode"),
            block_on("dob", "postcode"),
        ],
    )
    linker = Linker(
        [api.register("a", dataset_display_name="a"), api.register("b", dataset_display_name="b")],
        settings,
        log_level=logging.WARNING,
    )
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("upn"), block_on("forename", "surname", "dob")], recall=0.9
    )
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    training.estimate_parameters_using_expectation_maximisation(
        block_on("forename", "surname"), estimate_without_term_frequencies=True
    )
    training.estimate_parameters_using_expectation_maximisation(block_on("dob", "postcode"))
    predictions = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predictions, threshold_match_probability=0.95
    )
    con.execute(
        f"copy (select source_dataset, unique_id, cluster_id from {clusters.physical_name}) to '{out}' (format parquet)"
    )


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        int(sys.argv[3]) if len(sys.argv) > 3 else 2,
        sys.argv[4] if len(sys.argv) > 4 else "4GB",
    )
