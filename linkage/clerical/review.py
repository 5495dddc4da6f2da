"""Clerical review in three steps: plan a sample, export it as a workbook, read the answers back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linkage.clerical.answers import read_answers, read_workbook, sample_of
from linkage.clerical.design import HALF_WIDTH, Design, design_of_half_width, design_of_size
from linkage.clerical.draw import draw, readings
from linkage.clerical.estimates import estimates, read_strata
from linkage.clerical.fields import read_fields, shown_fields
from linkage.clerical.frame import Frame, make_frame
from linkage.clerical.key import make_key, read_key, write_key
from linkage.clerical.readers import agreement, reader_errors
from linkage.clerical.recalibration import recalibration
from linkage.clerical.results import Exported, Plan, Reviewed, write_reviewed
from linkage.clerical.workbook import write_workbook
from linkage.diagnostics.finished import read_manifest, working_tables
from linkage.diagnostics.subgroups import ALL
from linkage.errors import RefusedError, UsageError
from linkage.sql import Connection

# A subgroup whose groups are too many and too small to sample each, and the coarser one that is taken for it.
COARSER = {"ethnicity": "ethnicity_5"}
REVIEW = 0.5  # the project's default


def plan_review(run: Path, *, by: str | None = None, size: int | None = None, half_width: float | None = None) -> Plan:
    """What a sample of `size`, or one for intervals of ± `half_width` (0.03 if neither is given), would look like.

    `by` is the subgroup whose groups are sampled each, `all` for none; by default the first of the project's. Raises
    UsageError or RefusedError where there is no such run or sample.
    """
    settings = _settings(run)
    with working_tables(run) as con:
        return _planned(con, settings, by, size, half_width)


def export_sample(
    run: Path,
    workbook: Path,
    *,
    by: str | None = None,
    size: int | None = None,
    half_width: float | None = None,
    show: Sequence[str] = (),
    seed: int = 1,
) -> Exported:
    """Draw a sample and write the workbook for its readers, and its key into the run's folder.

    The workbook holds names, birth dates and addresses. `show` names characteristics that readers see besides. Raises
    as `plan_review` does, and UsageError where the workbook is there already.
    """
    settings = _settings(run)
    with working_tables(run) as con:
        plan = _planned(con, settings, by, size, half_width)
        fields = shown_fields(con, by=plan.frame.by, more=show)
        read = readings(draw(con, plan.design, seed=seed), seed=seed)
        values = read_fields(
            con, fields, (record for item in read for record in (item.pair.record_id_l, item.pair.record_id_r))
        )
    key = make_key(str(settings["run_id"]), plan.frame.by, seed, plan.design, read, plan.notes)
    write_workbook(workbook, key.sample, read, [field.name for field in fields], values)
    return Exported(plan, key.sample, workbook, write_key(run, key), read)


def import_answers(run: Path, workbooks: Sequence[Path], *, partial: bool = False) -> Reviewed:
    """What the readers' answers say of the run; writes `clerical_strata.csv`, `clerical_estimates.csv` and, where the
    readings allow a map of confidence, `clerical_recalibration.csv` into its diagnostics.

    `workbooks` is one that both readers filled in, or a copy of each. Raises InputError with all that is wrong with
    them, UsageError where they are of another run.
    """
    manifest = read_manifest(run)
    books = {path.name: read_workbook(path) for path in workbooks}
    samples = {sample_of(sheets, name) for name, sheets in books.items()}
    if len(samples) != 1 or len(books) != len(workbooks):
        raise UsageError("The workbooks are not copies of one sample.", where="--import",
                         expected="one file, or a copy for each reader under its own name")  # fmt: skip
    key = read_key(run, samples.pop())
    if key.run != manifest["run_id"]:
        raise RefusedError("The sample was drawn from an earlier run in this folder.", where=str(run),
                           remedy="export a new sample")  # fmt: skip
    answers = read_answers(books, key, partial=partial)
    strata = read_strata(key, answers)
    reviewed = Reviewed(
        key=key,
        strata=strata,
        estimates=estimates(strata, key.by),
        agreement=agreement(key, answers),
        errors=reader_errors(key, answers),
        recalibration=recalibration(key, answers),
        unread=len(key.readings) - len(answers),
    )
    write_reviewed(reviewed, run / "diagnostics")
    return reviewed


def _settings(run: Path) -> dict[str, Any]:
    return read_manifest(run)


def _planned(
    con: Connection, settings: dict[str, Any], by: str | None, size: int | None, half_width: float | None
) -> Plan:
    if size is not None and half_width is not None:
        raise UsageError("Size and half width are both given.", where="--size, --half-width", remedy="leave out one")
    configuration = settings.get("configuration", {})
    review = float(configuration.get("link", {}).get("review", REVIEW))
    frame = make_frame(con, by=by or _usual_subgroup(configuration), review=review)
    return Plan(frame, _design(frame, size, half_width))


def _usual_subgroup(configuration: dict[str, Any]) -> str:
    first = next(iter(configuration.get("diagnostics", {}).get("subgroups", ())), ALL)
    return COARSER.get(first, first)


def _design(frame: Frame, size: int | None, half_width: float | None) -> Design:
    if size is not None:
        return design_of_size(frame.strata, size)
    return design_of_half_width(frame.strata, HALF_WIDTH if half_width is None else half_width)
