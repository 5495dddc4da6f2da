"""recordlinkage on the tables of a dataset, as its documentation recommends. Runs in the environment of recordlinkage.

Blocks, compares with Jaro-Winkler and exact values, classifies with expectation maximisation (ECMClassifier, which
needs no truth), and joins what matched. Each pair of sources is classified on its own.
Usage: python plain_recordlinkage.py FOLDER OUT.csv
"""

from __future__ import annotations

import json
import sys
from itertools import combinations
from pathlib import Path

import networkx as nx
import pandas as pd
import recordlinkage as rl
from recordlinkage.preprocessing import clean

ALIKE = 0.85
BLOCKS = {
    "children": [["surname", "dob"], ["forename", "dob"], ["forename", "surname", "postcode"], ["dob", "postcode"],
                 ["upn"]],
    "town": [["surname", "dob"], ["forename", "dob"], ["forename", "surname"], ["surname", "postcode"],
             ["forename", "postcode"], ["dob", "postcode"]],
    "febrl": [["given_name", "surname"], ["date_of_birth"], ["state", "address_1"], ["street_number", "address_1"],
              ["postcode"]],
}  # fmt: skip
STRINGS = {
    "children": ["forename", "surname"],
    "town": ["forename", "surname", "address_line"],
    "febrl": ["given_name", "surname", "address_1"],
}
EXACT = {
    "children": ["dob", "sex", "postcode", "upn"],
    "town": ["dob", "sex", "postcode"],
    "febrl": ["date_of_birth", "suburb", "state"],
}


def cleaned(frame: pd.DataFrame, shape: str) -> pd.DataFrame:
    """Clean as a user would; Febrl's own columns are clean."""
    if shape == "febrl":
        return frame
    frame = frame.copy()
    for name in STRINGS[shape]:
        if frame[name].notna().any():
            frame[name] = clean(frame[name], strip_accents="unicode")
    frame["sex"] = frame["sex"].str.upper().str[:1]
    frame["postcode"] = frame["postcode"].str.upper().str.replace(" ", "", regex=False)
    if shape == "children":
        frame["upn"] = frame["upn"].where(frame["upn"].str.fullmatch("[A-Za-z][0-9]{12}", na=False)).str.upper()
    return frame


def matches(shape: str, *tables: pd.DataFrame) -> pd.MultiIndex:
    """The pairs that ECM takes for matches, of two tables or of one; columns that one table lacks are left out."""
    filled = {str(name) for name in tables[0] if all(table[name].notna().any() for table in tables)}
    index, compare = rl.Index(), rl.Compare()
    for columns in BLOCKS[shape]:
        if filled.issuperset(columns):
            index.block(columns)
    for name in sorted(filled.intersection(STRINGS[shape])):
        compare.string(name, name, method="jarowinkler", threshold=ALIKE, label=name)
    for name in sorted(filled.intersection(EXACT[shape])):
        compare.exact(name, name, label=name)
    pairs: pd.MultiIndex = index.index(*tables)
    if len(pairs):
        pairs = rl.ECMClassifier().fit_predict(compare.compute(pairs, *tables))
    return pairs


def main(folder: Path, out: Path) -> None:
    """Write source, key, person of every record that matched."""
    dataset = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    tables = []
    for source in dataset["sources"]:
        frame = pd.read_csv(folder / f"{source}.csv", dtype=str).set_index("key")
        frame.index = pd.Index([f"{source}/{key}" for key in frame.index])
        tables.append(cleaned(frame, dataset["shape"]))
    graph: nx.Graph[str] = nx.Graph()
    for group in [tables] if len(tables) == 1 else combinations(tables, 2):
        graph.add_edges_from(matches(dataset["shape"], *group))
    with out.open("w", encoding="utf-8") as file:
        print("source,key,person", file=file)
        for number, component in enumerate(nx.connected_components(graph)):
            for record in sorted(component):
                print(",".join([*record.split("/", 1), str(number)]), file=file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
