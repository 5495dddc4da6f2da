"""Explanations of a run made by hand (`small_run`): what is shown, what is not, and why."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from linkage.diagnostics.explain import PairExplanation, explain_pair, explain_record
from linkage.errors import RefusedError, UsageError
from linkage.sql import connect
from tests.diagnostics.small_run import make_run

SECRETS = ("ZORAIDA", "QUILLFEATHER", "BARNABY", "THISTLEWOOD", "CORDELIA", "2010", "2011", "1900", "H801200001001")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("project") / "run")


def codes(found: PairExplanation) -> list[str]:
    return [reason.code for reason in found.reasons]


def test_a_record_is_explained_by_codes_and_keys(run: Path) -> None:
    found = explain_record(run, "census:KEYA1")
    assert found.rows == (("census.csv", 1),)
    assert [(i.scheme, i.scope, i.status, i.value) for i in found.identifiers] == [("upn", "national", "valid", None)]
    assert found.members == ("cin:KEYB1",)
    links = [(k.other, k.decision, k.rule, k.confidence) for k in found.links]
    assert links == [("cin:KEYB1", "link", "name_and_birth", 0.99)]
    assert (found.person_id, found.person_confidence, found.fields) == ("p_0", 0.99, ())


def test_a_record_for_review_shows_its_conflict(run: Path) -> None:
    found = explain_record(run, "census:KEYA3")
    assert found.members == ()
    assert [(k.other, k.decision, k.flags) for k in found.links] == [("cin:KEYB2", "review", ("twin_pattern",))]
    assert [(c.kind, c.other, c.action) for c in found.conflicts] == [("likely_but_held", "cin:KEYB2", "review")]


def test_refused_fields_are_shown_by_reason(run: Path) -> None:
    found = explain_record(run, "cin:KEYB3")
    assert [(f.field, f.why, f.raw, f.clean) for f in found.fields] == [("dob", "default_date", None, None)]
    assert [i.status for i in found.identifiers] == ["placeholder"]


@pytest.mark.parametrize("name", ["census:KEYA1", "census:KEYA2", "census:KEYA3", "cin:KEYB2", "cin:KEYB3"])
def test_no_value_is_shown_unless_asked_for(run: Path, name: str) -> None:
    found = explain_record(run, name)
    assert not [secret for secret in SECRETS if secret in found.as_text() + json.dumps(found.as_dict())]


def test_values_are_shown_raw_beside_clean_when_asked_for(run: Path) -> None:
    found = explain_record(run, "cin:KEYB3", show_values=True)
    assert ("dob", "default_date", "01/01/1900", None) in [(f.field, f.why, f.raw, f.clean) for f in found.fields]
    held = explain_record(run, "cin:KEYB1", show_values=True)
    assert held.identifiers[0].value == "H801200001001"
    assert ("forename", "ZORAIDA") in [(f.field, f.clean) for f in held.fields]
    assert "ZORAIDA" in explain_pair(run, "census:KEYA1", "cin:KEYB1", show_values=True).as_text()


def test_a_pair_linked_by_rule_says_what_counts_and_what_the_rule_is_worth(run: Path) -> None:
    found = explain_pair(run, "cin:KEYB1", "census:KEYA1")
    assert (found.left, found.right, found.in_one_person) == ("census:KEYA1", "cin:KEYB1", True)
    assert codes(found) == ["linked_by_rule"]
    worth = found.rule_precision
    assert worth is not None
    assert (worth.precision, worth.basis, worth.links) == (0.99, "assumed", 1)
    assert found.evidence is not None
    assert found.evidence.when == "in the run"
    assert {e.comparison: e.is_counted for e in found.evidence.parts} == {"forename": False, "dob": False}


def test_evidence_is_in_bits_and_adds_up(run: Path) -> None:
    found = explain_pair(run, "census:KEYA2", "cin:KEYB2")
    assert found.evidence is not None
    parts = {e.comparison: e for e in found.evidence.parts}
    # m/u of the same day is 0.9375 * 1024 = 960, so log2(960) = 9.907 bits.
    assert parts["dob"].bits == pytest.approx(math.log2(960), abs=1e-3)
    assert (parts["dob"].label, parts["dob"].m, parts["dob"].m_basis) == ("same day", 0.9375, "assumed")
    # m/u of the same forename is 8: 3 bits, and the rest is what the name's frequency adds or takes away.
    assert parts["forename"].bits - parts["forename"].rarity_bits == pytest.approx(3, abs=2e-3)
    assert found.evidence.evidence_bits == pytest.approx(sum(e.bits for e in parts.values()), abs=2e-3)
    assert found.evidence.prior_bits == -3
    assert codes(found) == ["linked_by_model"]
    assert (found.match_weight, found.confidence) == (7.0, 0.97)


def test_a_pair_never_scored_is_scored_as_the_run_would_have(run: Path, tmp_path: Path) -> None:
    in_run = explain_pair(run, "census:KEYA2", "cin:KEYB2").evidence
    other = make_run(tmp_path / "project" / "run")
    with connect(other / "run.duckdb") as con:
        con.execute("delete from scored_pairs")
    now = explain_pair(other, "census:KEYA2", "cin:KEYB2").evidence
    assert in_run is not None
    assert now is not None
    assert now.when == "now"
    assert now.parts == in_run.parts
    assert now.evidence_bits == in_run.evidence_bits


def test_a_pair_for_review_says_which_guard_and_which_threshold(run: Path) -> None:
    found = explain_pair(run, "census:KEYA3", "cin:KEYB2")
    assert codes(found) == ["held", "below_accept"]
    assert "0.6000 is under 0.95" in found.reasons[1].meaning
    assert found.decided is not None
    assert found.decided.decision == "review"


def test_two_persons_who_must_never_meet_are_not_shown_together(run: Path) -> None:
    # KEYA4 and KEYB2 are on the list; KEYA2 is in the person of KEYB2.
    for left, right in (("census:KEYA4", "cin:KEYB2"), ("cin:KEYB2", "census:KEYA4"), ("census:KEYA2", "census:KEYA4")):
        with pytest.raises(RefusedError, match="not shown together") as refused:
            explain_pair(run, left, right)
        assert refused.value.exit_code == 12
        assert "KEY" not in str(refused.value)
    assert not any(rival.other == "cin:KEYB2" for rival in explain_record(run, "census:KEYA4").rivals)


def test_why_two_records_were_not_linked(run: Path) -> None:
    assert codes(explain_pair(run, "census:KEYA4", "cin:KEYB3")) == ["not_blocked"]
    assert codes(explain_pair(run, "census:KEYA1", "cin:KEYB2")) == ["already_linked"]
    assert codes(explain_pair(run, "census:KEYA2", "census:KEYA3")) == ["same_source"]


def test_the_doubts_are_lines_of_the_ledger_and_count(tmp_path: Path) -> None:
    run = make_run(tmp_path / "project" / "run")
    with connect(run / "run.duckdb") as con:
        con.execute("delete from links where decision = 'review'")
        con.execute("delete from conflicts")
        con.execute("insert into household_doubts select record_id_l, record_id_r, -2.5, -0.5 from candidates")
    found = explain_pair(run, "census:KEYA3", "cin:KEYB2")
    assert found.evidence is not None
    assert found.evidence.household_bits == -2.5
    assert found.evidence.namesake_bits == -0.5
    assert found.match_weight == pytest.approx(4.737 - 2.5 - 0.5, abs=2e-3)
    assert "two children of one household may agree as well: -2.5" in found.as_text()
    assert "the whole name is more common than its parts: -0.5" in found.as_text()
    assert explain_record(run, "census:KEYA3").rivals[0].match_weight == pytest.approx(1.737, abs=2e-3)


def test_a_candidate_under_the_threshold_says_so(tmp_path: Path) -> None:
    run = make_run(tmp_path / "project" / "run")
    with connect(run / "run.duckdb") as con:
        con.execute("delete from links where decision = 'review'")
        con.execute("delete from conflicts")
    found = explain_pair(run, "census:KEYA3", "cin:KEYB2")
    assert found.decided is None
    assert codes(found) == ["below_review"]
    # Forenames differ (log2(0.2/0.9) = -2.170), same day (9.907), prior -3: 4.737 bits, confidence 0.964 by itself.
    assert found.match_weight == pytest.approx(4.737, abs=2e-3)
    assert explain_record(run, "census:KEYA3").rivals[0].other == "cin:KEYB2"


def test_a_changed_model_is_not_used(tmp_path: Path) -> None:
    run = make_run(tmp_path / "project" / "run")
    model = tmp_path / "project" / "model.toml"
    model.write_text(model.read_text().replace("0.8,", "0.7,"))
    found = explain_pair(run, "census:KEYA4", "cin:KEYB3")
    assert found.evidence is None
    assert "changed since the run" in found.notes[0]


def test_both_explanations_are_json_and_text(run: Path) -> None:
    for found in (explain_record(run, "cin:KEYB2"), explain_pair(run, "census:KEYA3", "cin:KEYB2")):
        assert json.loads(json.dumps(found.as_dict()))
        assert "KEYB2" in found.as_text()
        assert not [secret for secret in SECRETS if secret in found.as_text()]


@pytest.mark.parametrize("name", ["census", "elsewhere:KEYA1", "census:", "census:KEYA9"])
def test_an_unknown_record_is_refused_without_naming_others(run: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain_record(run, name)
    assert "KEY" not in str(caught.value).replace("SOURCE:KEY", "")


def test_one_record_twice_and_a_run_without_working_tables_are_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one record"):
        explain_pair(run, "cin:KEYB1", "cin:KEYB1")
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(UsageError, match="no working tables"):
        explain_record(tmp_path, "cin:KEYB1")


def test_explaining_changes_nothing(run: Path) -> None:
    before = (run / "run.duckdb").read_bytes()
    explain_pair(run, "census:KEYA4", "cin:KEYB3")
    assert (run / "run.duckdb").read_bytes() == before
    assert sorted(path.name for path in run.iterdir()) == ["manifest.json", "run.duckdb"]
