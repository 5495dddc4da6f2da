"""Plain Splink 5 on the tables of a dataset: what a user would write instead of us.

Cleans to the columns it compares, trains u by sampling and m by expectation maximisation, predicts, clusters at 0.95.
Usage: python plain_splink.py FOLDER OUT.parquet THREADS MEMORY
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import duckdb
from datasets import read_dataset
from splink import DuckDBAPI, Linker, SettingsCreator
from splink_models import plain_model

THRESHOLD = 0.95
MOST_SPILLED = "6GB"  # one that needs more would take the disk of whoever runs the benchmark


def main(folder: Path, out: Path, threads: int, memory: str) -> None:
    """Write source, key, person of every record."""
    dataset = read_dataset(folder)
    plain = plain_model(dataset)
    con = duckdb.connect(config={"threads": threads, "memory_limit": memory})
    con.execute(f"set temp_directory = '{out.parent / 'spill'}'; set max_temp_directory_size = '{MOST_SPILLED}'")
    for source in dataset.sources:
        rows = f"read_csv('{folder / source}.csv', header = true, all_varchar = true)"
        con.execute(f"create table {source} as {plain.clean_sql} from {rows}")
    api = DuckDBAPI(con)
    settings = SettingsCreator(
        link_type="dedupe_only" if dataset.within else "link_only",
        comparisons=plain.comparisons,
        blocking_rules_to_generate_predictions=plain.blocking,
    )
    tables = [api.register(source, dataset_display_name=source) for source in dataset.sources]
    linker = Linker(tables[0] if dataset.within else tables, settings, log_level=logging.WARNING)
    training = linker.training
    training.estimate_probability_two_random_records_match(plain.deterministic, recall=plain.recall)
    training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    for rule in plain.training:
        training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    predictions = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predictions, threshold_match_probability=THRESHOLD
    )
    source = f"'{dataset.sources[0]}'" if dataset.within else "source_dataset"
    con.execute(
        f"copy (select {source} as source, unique_id as key, cluster_id::varchar as person "
        f"from {clusters.physical_name}) to '{out}' (format parquet)"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
