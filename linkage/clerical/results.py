"""What a review gives: tables to print and to write. Counts, rates and codes; never a value of a record."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linkage.clerical.design import Design
from linkage.clerical.draw import Reading, planted_of_a_kind, read_twice
from linkage.clerical.estimates import ESTIMATED, PRECISION, TOO_LITTLE, Estimate, ReadStratum
from linkage.clerical.frame import Frame
from linkage.clerical.key import SampleKey
from linkage.clerical.readers import Agreement, ReaderError
from linkage.clerical.recalibration import Recalibration
from linkage.diagnostics.subgroups import ALL
from linkage.stats import RATE_DECIMALS, WILSON, Interval

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
METHOD = "stratified, Wilson at the effective size"
STRATA, ESTIMATES, RECALIBRATION = "clerical_strata", "clerical_estimates", "clerical_recalibration"
STRATA_COLUMNS = (
    "sample", "stratum", "band", "found", "subgroup_var", "subgroup", "N_h", "n_h", "yes", "no", "unsure", "p_h", "V_h",
)  # fmt: skip
ESTIMATES_COLUMNS = (
    "sample", "metric", "subgroup_var", "subgroup", "pairs", "read", "unsure", "est", "se", "lo", "hi", "lo_unsure",
    "hi_unsure", "method", "design", "reviewers", "kappa", "status",
)  # fmt: skip
RECALIBRATION_COLUMNS = (
    "sample", "pairs", "intercept", "intercept_se", "slope", "slope_se", "confidence", "recalibrated",
)  # fmt: skip
MEANING = {
    PRECISION: "links that are one person (precision)",
    "recall_of_compared": "true pairs that were linked, among those compared (recall)",
}


@dataclass(frozen=True)
class Plan:
    """A sample before it is drawn: the pairs there are, and how many of which to read."""

    frame: Frame
    design: Design

    @property
    def readings(self) -> tuple[int, int]:
        """What reader 1 and reader 2 have to read, with as many planted pairs as there may be."""
        pairs = self.design.size + 2 * planted_of_a_kind(self.design.size)
        return pairs, read_twice(pairs)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the sample does not speak for."""
        frame, found = self.frame, []
        if frame.unreadable:
            found.append(f"{frame.unreadable:,} pairs lack a name on a side: no person can judge them, and no estimate "
                         "here speaks for them. Masked validation does.")  # fmt: skip
        if frame.unjudged:
            found.append(f"{frame.unjudged:,} compared pairs are left out: the run gives each less than one chance in "
                         "a thousand.")  # fmt: skip
        if frame.apart:
            found.append(f"{frame.apart:,} pairs are left out, as their persons are kept apart.")
        found.append("Recall is among pairs that were compared: what blocking never brought together is not in it.")
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for --json."""
        strata = [
            {**asdict(stratum), "size": size}
            for stratum, size in zip(self.design.strata, self.design.sizes, strict=True)
        ]
        return {
            "by": self.frame.by,
            "size": self.design.size,
            "readings": list(self.readings),
            "precision_half_width": _rounded(self.design.precision_half_width),
            "recall_half_width": _rounded(self.design.recall_half_width),
            "strata": strata,
            "by_sources": [
                dict(zip(("source_l", "source_r", "readable", "unreadable"), item, strict=True))
                for item in self.frame.by_sources
            ],
            "notes": list(self.notes),
        }

    def as_tables(self) -> list[Table]:
        """Title, headers and lines, for a person."""
        design, (first, second) = self.design, self.readings
        widths = [("precision", design.precision_half_width), ("recall", design.recall_half_width)]
        return [
            (f"Strata: bands of confidence by {self.frame.by}",
             ("pairs", "subgroup", "in all", "to read", "expected to be one person"),
             [(stratum.band, stratum.subgroup, f"{stratum.pairs:,}", f"{n:,}", f"{stratum.expected:.3f}")
              for stratum, n in zip(design.strata, design.sizes, strict=True)]),
            ("Pairs that a person can judge, by sources", ("sources", "with names", "without"),
             [(f"{left} and {right}", f"{can:,}", f"{cannot:,}")
              for left, right, can, cannot in self.frame.by_sources]),
            ("The sample", ("",), [
                (f"{design.size:,} pairs and known ones: reader 1 reads up to {first:,}, reader 2 {second:,} again.",),
                ("95% intervals to hope for: " + ", ".join(
                    f"{name} ± {width:.3f}" for name, width in widths if width is not None) + ".",)]),
            ("Notes", ("",), [(note,) for note in self.notes]),
        ]  # fmt: skip


@dataclass(frozen=True)
class Exported:
    """A workbook that was written, and where the key of its sample is."""

    plan: Plan
    sample: str
    workbook: Path
    key: Path
    readings: Sequence[Reading]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for --json."""
        return {
            **self.plan.as_dict(), "sample": self.sample, "workbook": str(self.workbook), "key": str(self.key),
            "readings": [sum(item.reader == reader for item in self.readings) for reader in (1, 2)],
        }  # fmt: skip


@dataclass(frozen=True)
class Reviewed:
    """What the answers say of the run, and of the readers; `unread` readings have no answer."""

    key: SampleKey
    strata: tuple[ReadStratum, ...]
    estimates: tuple[Estimate, ...]
    agreement: Agreement
    errors: tuple[ReaderError, ...]
    recalibration: Recalibration
    unread: int

    @property
    def notes(self) -> tuple[str, ...]:
        """What the estimates do not speak for, and readings that lack."""
        unread = (f"{self.unread:,} readings have no answer; those there are count as if drawn at random.",)
        return (*self.key.notes, *(unread if self.unread else ()))

    def as_dict(self) -> dict[str, Any]:
        """Everything, for --json; rates 0 to 1, null where there is nothing to estimate from."""
        return {
            "sample": self.key.sample,
            "by": self.key.by,
            STRATA: [dict(zip(STRATA_COLUMNS, line, strict=True)) for line in self.strata_lines()],
            ESTIMATES: [dict(zip(ESTIMATES_COLUMNS, line, strict=True)) for line in self.estimate_lines()],
            RECALIBRATION: asdict(self.recalibration),
            "notes": list(self.notes),
        }

    def strata_lines(self) -> list[tuple[object, ...]]:
        """Rows of clerical_strata."""
        return [
            (self.key.sample, item.stratum.number, item.stratum.band, int(item.stratum.is_found), self.key.by,
             item.stratum.subgroup, item.stratum.pairs, item.read, item.yes, item.no, item.unsure,
             _rounded(item.share), _rounded(item.variance, 9))
            for item in self.strata
        ]  # fmt: skip

    def estimate_lines(self) -> list[tuple[object, ...]]:
        """Rows of clerical_estimates: precision and recall, then agreement, then errors on planted pairs."""
        kappa, design = _rounded(self.agreement.kappa), f"{len(self.strata)} strata of confidence by {self.key.by}"
        readers = max((reading.reader for reading in self.key.readings), default=1)
        lines: list[tuple[object, ...]] = [
            (self.key.sample, item.metric, item.subgroup_var, item.subgroup, item.pairs, item.read, item.unsure,
             *map(_rounded, (item.est, item.se, item.lo, item.hi, item.lo_unsure, item.hi_unsure)),
             METHOD, design, readers, kappa, item.status)
            for item in self.estimates
        ]  # fmt: skip
        both = self.agreement
        lines.append(self._reader_line("agreement_of_readers", ALL, both.pairs, 0, both.agreed, "read twice", kappa))
        for error in self.errors:
            name = f"reader_error_{error.kind}"
            lines.append(
                self._reader_line(name, error.subgroup, error.planted, error.unsure, error.error, "planted", kappa)
            )
        return lines

    def _reader_line(
        self, metric: str, group: str, read: int, unsure: int, rate: Interval | None, design: str, kappa: float | None
    ) -> tuple[object, ...]:
        ends = (rate.estimate, None, rate.lo, rate.hi) if rate else (None,) * 4
        variable, status = ALL if group == ALL else self.key.by, ESTIMATED if rate else TOO_LITTLE
        return (self.key.sample, metric, variable, group, read, read, unsure, *map(_rounded, ends), None, None, WILSON,
                design, 2, kappa, status)  # fmt: skip

    def as_tables(self) -> list[Table]:
        """Title, headers and lines, for a person."""
        both, tables = self.agreement, [*self._estimate_tables()]
        kappa = "" if both.kappa is None else f"kappa {both.kappa:.2f} ({both.lo:.2f} to {both.hi:.2f})"
        tables.append(
            ("Readers", ("", "pairs", "cannot tell", "rate", "95% interval"), [
                ("two readers agree" + (f", {kappa}" if kappa else ""), f"{both.pairs:,}", "", *_shown(both.agreed)),
                *((f"planted {error.kind.replace('_', ' ')} read wrongly"
                   + ("" if error.subgroup == ALL else f", {error.subgroup}"),
                   f"{error.planted:,}", f"{error.unsure:,}", *_shown(error.error)) for error in self.errors),
            ])
        )  # fmt: skip
        told = self.recalibration
        if told.slope is None:
            text = f"No recalibration is offered: {told.why}."
        else:
            text = (f"log odds = {told.intercept:+.3f} + {told.slope:.3f} x log odds of the confidence (standard "
                    f"errors {told.intercept_se:.3f}, {told.slope_se:.3f}), from {told.pairs:,} pairs. It is offered "
                    f"in {RECALIBRATION}.csv and applied to nothing.")  # fmt: skip
        tables.append(("Recalibration", ("",), [(text,)]))
        tables.append(("Notes", ("",), [(note,) for note in self.notes]))
        return tables

    def _estimate_tables(self) -> Iterator[Table]:
        for metric, meaning in MEANING.items():
            yield (
                meaning[0].upper() + meaning[1:],
                (self.key.by, "pairs", "read", "cannot tell", "estimate", "95% interval", "if all were decided"),
                [(item.subgroup, f"{item.pairs:,}", f"{item.read:,}", f"{item.unsure:,}",
                  *((f"{item.est:.4f}", f"{item.lo:.3f}–{item.hi:.3f}") if item.est is not None else (item.status, "")),
                  "" if item.lo_unsure is None or item.hi_unsure is None
                  else f"{item.lo_unsure:.3f}–{item.hi_unsure:.3f}")
                 for item in self.estimates if item.metric == metric],
            )  # fmt: skip


def write_reviewed(reviewed: Reviewed, folder: Path) -> None:
    """Write the CSV tables of a review into a folder of diagnostics; a map that an earlier import left goes."""
    folder.mkdir(exist_ok=True)
    _write(folder / f"{STRATA}.csv", STRATA_COLUMNS, reviewed.strata_lines())
    _write(folder / f"{ESTIMATES}.csv", ESTIMATES_COLUMNS, reviewed.estimate_lines())
    told, path = reviewed.recalibration, folder / f"{RECALIBRATION}.csv"
    path.unlink(missing_ok=True)
    if told.slope is not None:
        fitted = (reviewed.key.sample, told.pairs, told.intercept, told.intercept_se, told.slope, told.slope_se)
        _write(path, RECALIBRATION_COLUMNS, [(*fitted, *pair) for pair in told.becomes])


def _write(path: Path, header: Sequence[str], lines: Sequence[Sequence[object]]) -> None:
    """Write a CSV beside its final name and move it there; a text that would run as a formula gets an apostrophe."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_harmless(cell) for cell in line] for line in lines)
    part.replace(path)


def _harmless(cell: object) -> object:
    return "'" + cell if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") and cell else cell


def _rounded(value: float | None, digits: int = RATE_DECIMALS) -> float | None:
    return None if value is None else round(value, digits)


def _shown(rate: Interval | None) -> tuple[str, str]:
    return ("", "") if rate is None else (f"{rate.estimate:.4f}", f"{rate.lo:.3f}–{rate.hi:.3f}")
