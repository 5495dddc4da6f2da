"""Diagnostics of errors as a run leaves them, of a few groups, made by hand for the report."""

from __future__ import annotations

from pathlib import Path

from linkage.diagnostics.error_by_subgroup import COLUMNS, DISPARITY
from linkage.diagnostics.funnel import FUNNEL, PAIR, RECORD
from linkage.diagnostics.impact import TIPPING, TIPPING_COLUMNS
from linkage.diagnostics.made_tables import keep_table
from linkage.diagnostics.served_worst import COLUMNS as SERVED_COLUMNS
from linkage.diagnostics.served_worst import SERVED_WORST
from linkage.diagnostics.threshold_sweep import COLUMNS as SWEEP_COLUMNS
from linkage.diagnostics.threshold_sweep import SWEEP
from linkage.sql import Connection
from linkage.stats import wilson
from linkage.validation.learning import LEARNT

# Missed and all pairs; "Too few" has nine, of whom nothing may be said.
GROUPS = {
    "all": (130, 1_009),
    "White British": (60, 600),
    "Gypsy/Roma": (60, 200),
    "Irish": (8, 200),
    "Too few": (2, 9),
}


def fill_errors(con: Connection, *, basis: str = "masked validation") -> None:
    """Make the tables of errors, thresholds, a named statistic and the funnel."""
    keep_table(con, DISPARITY, COLUMNS, [error(name, *counts, basis) for name, counts in GROUPS.items()])
    keep_table(con, SWEEP, SWEEP_COLUMNS, [
        {"threshold": threshold, "links": links, "false_links": 1, "persons": 9_000 - links, "exp_false": 1.2,
         "precision": precision, "exp_missed_in_candidates": 3.0, "recall_given_candidates": recall,
         "confidence_basis": "modelled", "is_run": threshold == 0.95}
        for threshold, links, precision, recall in ((0.5, 900, 0.97, 0.99), (0.95, 850, 0.99, 0.96),
                                                    (0.99, 700, 0.999, 0.81))
    ])  # fmt: skip
    keep_table(con, TIPPING, TIPPING_COLUMNS, [
        {"estimand": "SEN among <children> in need", "subgroup_var": "all", "subgroup": "all", "records": 1_000,
         "linked": 800, "counted": 200, "linked_share": 0.8, "p_linked": 0.25, "decision_value": 0.3,
         "p_unlinked_needed": 0.5, "can_tip": True, "manski_lo": 0.2, "manski_hi": 0.4, "status": "told"}])  # fmt: skip
    keep_table(con, SERVED_WORST, SERVED_COLUMNS, [
        {"pool_mode": mode, "subgroup_var": variable, "subgroup": name, "recall_std_to_residue": recall,
         "recall_shrunk": recall, "rank_lo": 1, "rank_hi": 2, "chance_worst": chance, "may_be_worst": chance > 0,
         "status": "told" if variable == "age" else "not enough evidence"}
        for mode, variable, name, recall, chance in (
            ("full_pool", "age", "under 1", 0.1, 1.0), ("residual_pool", "age", "1 to 4", 0.8, 0.25),
            ("residual_pool", "age", "18 and over", 0.75, 0.75), ("residual_pool", "age", "5 to 10", 0.95, 0.0),
            ("residual_pool", "age", "11 to 15", 0.97, 0.0), ("residual_pool", "sex", "F", 0.91, 0.5),
            ("residual_pool", "sex", "M", 0.92, 0.5))
    ])  # fmt: skip
    con.execute(f"""
        create or replace table {FUNNEL} (unit varchar, pool_mode varchar, source_l varchar, source_r varchar,
          side varchar, subgroup_var varchar, subgroup varchar, start bigint, comparable bigint, blocked bigint,
          scored bigint, accepted bigint, survived bigint, most_lost_at varchar, unit_no integer, source_no_l integer,
          source_no_r integer, var_no integer, subgroup_no integer)""")
    hidden = (PAIR, "residual_pool")
    for line in (
        (*hidden, "all", "all", "", "all", "all", 100, 90, 80, 70, 60, 55, "comparable", 1, -1, -1, 0, 0),
        (*hidden, "all", "all", "", "sex", "F", 60, 55, 50, 45, 40, 40, "comparable", 1, -1, -1, 1, 0),
        (*hidden, "all", "all", "", "sex", "M", 40, 35, 30, 25, 20, 15, "comparable", 1, -1, -1, 1, 0),
        (*hidden, "census", "cin", "", "all", "all", 100, 90, 80, 70, 60, 55, "comparable", 1, 0, 1, 0, 0),
        (RECORD, "", "census", "cin", "l", "all", "all", 4, None, 3, 3, 2, 2, None, 0, 0, 1, 0, 0),
    ):
        con.execute(f"insert into {FUNNEL} values ({', '.join('?' * len(line))})", list(line))
    pair = "'residual_pool' as pool_mode, 0 as rerun, record_id_l, record_id_r"
    con.execute(f"create or replace table {LEARNT} as select {pair}, 0.2 * (record_id_l + 1) as modelled, "
                "0.3 * (record_id_l + 1) as calibrated, record_id_l < 2 as same from links")  # fmt: skip


def write_masked(folder: Path) -> None:
    """`masked_validation.csv` as a run leaves it: recall of two ages carried over, of a third too few to do so."""
    folder.mkdir(exist_ok=True)
    lines = ["subgroup_var,subgroup,residue_found,recall_std_to_residue,std_lo,std_hi,unsupported_share,bound_lo,"
             "bound_hi,pool_mode",
             "all,all,956,0.9,0.85,0.94,0.1,0.81,0.91,residual_pool",
             "age,10 to 15,500,0.95,0.9,0.98,0.05,0.9025,0.9525,residual_pool",
             "age,16 and 17,4,,,,0.2,,,residual_pool",
             "age,5 to 9,50,0.6,0.4,0.8,0.0,0.6,0.6,residual_pool",
             "source_pair,census and cin,,,,,,,,residual_pool",
             "all,all,950,0.5,0.4,0.6,0.1,0.4,0.6,full_pool"]  # fmt: skip
    (folder / "masked_validation.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def error(name: str, wrong: int, n: int, basis: str) -> dict[str, object]:
    interval = wilson(wrong, n)
    assert interval is not None
    cell: dict[str, object] = {
        "metric": "missed", "subgroup_var": "all" if name == "all" else "ethnicity", "subgroup": name, "wrong": wrong,
        "n": n, "truth_source": basis, "status": "told" if n >= 10 else "not enough evidence",
    }  # fmt: skip
    if n >= 10:
        cell |= {"rate": interval.estimate, "lo": interval.lo, "hi": interval.hi}
    if name not in ("all", "Too few"):
        cell["reference"] = "White British"
    if name == "Gypsy/Roma":
        cell |= {"ratio": 3.0, "ratio_lo": 2.2, "ratio_hi": 4.1, "evidence": "higher"}
    if name == "Irish":
        cell |= {"ratio": 0.4, "ratio_lo": 0.2, "ratio_hi": 0.8, "evidence": "not enough evidence"}
    if name == "Too few":
        cell |= {"reference": "White British", "evidence": "not enough evidence"}
    return cell


def write_public(folder: Path) -> Path:
    """Public tables as disclosure control leaves them: rounded, `c` for what is hidden."""
    folder.mkdir()
    shown = "rounded"
    hidden = "confidential"
    lines = ["metric,subgroup_var,subgroup,wrong,wrong_status,n,n_status,rate,rate_status,lo,lo_status,hi,hi_status,"
             "method,reference,ratio,ratio_status,ratio_lo,ratio_lo_status,ratio_hi,ratio_hi_status,evidence,"
             "evidence_status,truth_source,unit,profile"]  # fmt: skip
    for variable, group, wrong, n, rate, lo, hi, ratio, evidence in (
        ("all", "all", "4670", "16360", "0.285", "0.278", "0.293", "z", "z"),
        ("ethnicity", "White <British>", "3370", "11710", "0.288", "0.279", "0.296", "z", "z"),
        ("ethnicity", "Gypsy/Roma", "100", "250", "0.40", "0.30", "0.50", "1.4", "higher"),
        ("ethnicity", "Traveller", "c", "30", "c", "c", "c", "c", "c"),
        ("ethnicity", "Irish", "20", "60", "u", "u", "u", "1.1", "not enough evidence"),
    ):
        cells = [(value, hidden if value == "c" else "low reliability" if value == "u" else shown)
                 for value in (wrong, n, rate, lo, hi)]  # fmt: skip
        ratios = [(ratio, "not applicable" if ratio == "z" else hidden if ratio == "c" else shown)] * 3
        lines.append(",".join([
            "missed", variable, group, *(part for cell in cells for part in cell), "wilson", "White <British>",
            *(part for cell in ratios for part in cell), evidence, "shown", "masked validation", "pair", "cco10",
        ]))  # fmt: skip
    (folder / "error_by_subgroup.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ["source_l,source_r,side,subgroup_var,subgroup,linked,linked_status,records,records_status,rate,"
             "rate_status,lo,lo_status,hi,hi_status,method,profile"]  # fmt: skip
    for side, records in (("l", "1410"), ("r", "1590")):
        for group, rate in (("all,all", "0.53"), ("sex,F", "0.52"), ("sex,M", "0.54")):
            counts = f"750,{shown},{records},{shown},{rate},{shown},0.50,{shown},0.56,{shown}"
            lines.append(f"cin,census,{side},{group},{counts},wilson,cco10")
        lines.append(
            f"cin,census,{side},sex,unknown,c,{hidden},c,{hidden},c,{hidden},c,{hidden},c,{hidden},wilson,cco10"
        )
    (folder / "match_rate.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ["subgroup_var,subgroup,m_masked,m_masked_status,missed,missed_status,recall_std_to_residue,"
             "recall_std_to_residue_status,std_lo,std_lo_status,std_hi,std_hi_status,profile"]  # fmt: skip
    for group, rate in (("all,all", "0.90"), ("ethnicity,Gypsy/Roma", "0.70"), ("ethnicity,Irish", "u")):
        state = shown if rate != "u" else "low reliability"
        ends = [rate if rate == "u" else f"{float(rate) + step:.2f}" for step in (-0.05, 0.05)]
        lines.append(f"{group},250,{shown},100,{shown},{rate},{state},{ends[0]},{state},{ends[1]},{state},cco10")
    (folder / "masked_validation.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "disparity_impact.csv").write_text(
        "subgroup_var,subgroup,reference,ratio_if_nothing_differs,ratio_if_nothing_differs_status,ratio_lo,"
        "ratio_lo_status,ratio_hi,ratio_hi_status,truth_source,profile\n"
        f"ethnicity,Gypsy/Roma,White <British>,0.84,{shown},0.71,{shown},0.98,{shown},masked validation,cco10\n"
        "ethnicity,Irish,White <British>,u,low reliability,u,low reliability,u,low reliability,masked validation,"
        "cco10\n",
        encoding="utf-8",
    )
    (folder / "not_published.csv").write_text(
        "table,withheld,reason,profile\nname_agreement,whole,groups told by their <names>,cco10\n", encoding="utf-8"
    )
    (folder / "threshold_sweep.csv").write_text(
        "threshold,precision,precision_status,recall_given_candidates,recall_given_candidates_status,confidence_basis,"
        f"is_run,profile\n0.5,0.97,{shown},0.99,{shown},modelled,false,cco10\n"
        f"0.95,1.00,{shown},0.96,{shown},modelled,true,cco10\n", encoding="utf-8",
    )  # fmt: skip
    return folder
