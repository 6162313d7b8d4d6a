"""The report of a run: one HTML file that opens offline, on a screen of any width and on paper."""

from metier.studies.report.shares import shares_to_show
from metier.studies.report.writing import REPORT_FILE, require_report_packages, write_report

__all__ = ["REPORT_FILE", "require_report_packages", "shares_to_show", "write_report"]
