"""recordlinkage on the tables of a dataset, as its documentation recommends. Runs in the environment of recordlinkage.

Blocks, compares with Jaro-Winkler and exact values, classifies with expectation maximisation (ECMClassifier, which
needs no truth), and joins what matched. Each pair of sources is classified on its own.
Usage: python plain_recordlinkage.py FOLDER OUT.csv
"""

import json
import sys
from itertools import combinations
from pathlib import Path

import networkx as nx
import pandas as pd
import recordlinkage as rl
from recordlinkage.preprocessing import clean


def children(frame):
    """Clean as a user would; birth years help with blocking."""
    frame = frame.copy()
    for name in ("forename", "surname"):
        frame[name] = clean(frame[name], strip_accents="unicode")
    frame["sex"] = frame["sex"].str.upper().str[:1]
    frame["postcode"] = frame["postcode"].str.upper().str.replace(" ", "", regex=False)
    frame["upn"] = frame["upn"].where(frame["upn"].str.fullmatch("[A-Za-z][0-9]{12}", na=False)).str.upper()
    return frame


def children_plan(has_upn):
    """Blocks and comparisons; the UPN where there is one."""
    blocks = [["surname", "dob"], ["forename", "dob"], ["forename", "surname", "postcode"], ["dob", "postcode"]]
    compare = rl.Compare()
    compare.string("forename", "forename", method="jarowinkler", threshold=0.85, label="forename")
    compare.string("surname", "surname", method="jarowinkler", threshold=0.85, label="surname")
    compare.exact("dob", "dob", label="dob")
    compare.exact("sex", "sex", label="sex")
    compare.exact("postcode", "postcode", label="postcode")
    if has_upn:
        blocks.append(["upn"])
        compare.exact("upn", "upn", label="upn")
    return blocks, compare


def febrl_plan():
    """Blocks and comparisons of the documentation's examples for Febrl, without the social security number."""
    blocks = [["given_name", "surname"], ["date_of_birth"], ["state", "address_1"], ["street_number", "address_1"],
              ["postcode"]]  # fmt: skip
    compare = rl.Compare()
    compare.string("given_name", "given_name", method="jarowinkler", threshold=0.85, label="given_name")
    compare.string("surname", "surname", method="jarowinkler", threshold=0.85, label="surname")
    compare.exact("date_of_birth", "date_of_birth", label="date_of_birth")
    compare.exact("suburb", "suburb", label="suburb")
    compare.exact("state", "state", label="state")
    compare.string("address_1", "address_1", threshold=0.85, label="address_1")
    return blocks, compare


def matches(left, right, blocks, compare):
    """The pairs that ECM takes for matches, of two tables or, where `right` is None, of one."""
    tables = (left,) if right is None else (left, right)
    index = rl.Index()
    for columns in blocks:
        if all(table[column].notna().any() for column in columns for table in tables):
            index.block(columns)
    pairs = index.index(*tables)
    if not len(pairs):
        return pairs
    return rl.ECMClassifier().fit_predict(compare.compute(pairs, *tables))


def main(folder, out):
    """Write source, key, person of every record that matched."""
    dataset = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    blocks, compare = febrl_plan() if dataset["shape"] == "febrl" else children_plan(dataset["has_upn"])
    tables = {}
    for source in dataset["sources"]:
        frame = pd.read_csv(folder / f"{source}.csv", dtype=str).set_index(dataset["key"])
        frame.index = [f"{source}/{key}" for key in frame.index]
        tables[source] = children(frame) if dataset["shape"] == "children" else frame
    graph = nx.Graph()
    if len(tables) == 1:
        graph.add_edges_from(matches(*tables.values(), None, blocks, compare))
    for left, right in combinations(tables.values(), 2):
        graph.add_edges_from(matches(left, right, blocks, compare))
    with out.open("w", encoding="utf-8") as file:
        print("source,key,person", file=file)
        for number, component in enumerate(nx.connected_components(graph)):
            for record in component:
                print(",".join([*record.split("/", 1), str(number)]), file=file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
