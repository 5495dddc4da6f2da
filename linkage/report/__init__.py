"""The report of a run: one HTML file that needs nothing else; and a statement of the linkage in words."""

from linkage.report.page import write_report
from linkage.report.statement import write_statement

__all__ = ["write_report", "write_statement"]
