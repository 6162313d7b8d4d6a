"""The experiment: its file, its run, its report."""

from metier.studies.report import write_report
from metier.studies.results import StudyResults, TrialResult, read_results
from metier.studies.run import run_study
from metier.studies.study_file import Study, Variant, load_study

__all__ = [
    "Study",
    "StudyResults",
    "TrialResult",
    "Variant",
    "load_study",
    "read_results",
    "run_study",
    "write_report",
]
