"""The report of a run: one HTML file that needs nothing else, and one for the public; and a statement in words."""

from linkage.report.page import write_report
from linkage.report.public_page import write_public_report
from linkage.report.reports import before_report, write_reports, write_reports_again
from linkage.report.statement import write_statement

__all__ = [
    "before_report",
    "write_public_report",
    "write_report",
    "write_reports",
    "write_reports_again",
    "write_statement",
]
