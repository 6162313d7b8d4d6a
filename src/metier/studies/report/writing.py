"""Writing the page: templates, style and script joined into one file."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from metier.data import SAMPLE_NOTICE, Purpose, Role, require
from metier.data.writing import whole_or_not
from metier.errors import RoleError
from metier.studies.report.page import target_page
from metier.studies.report.summary import about_study
from metier.studies.results import StudyResults, read_results
from metier.studies.template_environment import template_environment

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["REPORT_FILE", "require_report_packages", "write_report"]

REPORT_FILE = "report.html"


def write_report(run: Path) -> Path:
    """Write the report of a finished run from its results.

    Raises:
        RunError: If the folder holds no finished run.
        DataError: If the report cannot be written.
        MissingExtraError: If the package that renders is not installed.
    """
    results = read_results(run)
    html = _render(_environment(), results)
    path = run / REPORT_FILE
    with whole_or_not(path) as scratch:
        scratch.write_text(html, encoding="utf-8")
    return path


def require_report_packages() -> None:
    """Refuse to go on without the package that renders, before any work is done.

    Raises:
        MissingExtraError: If it is not installed.
    """
    _environment()


def _environment() -> Environment:
    # Titles are data, and may hold markup.
    return template_environment("The report", autoescape=True)


def _render(environment: Environment, results: StudyResults) -> str:
    script = environment.get_template("page.js").render()
    return environment.get_template("page.html").render(
        results=results,
        about=about_study(results),
        seen=results.role is Role.DEVELOPMENT,
        notice=SAMPLE_NOTICE if results.illustration else None,
        refusal=_refusal(results.role),
        targets=[target_page(results, data) for data in results.targets],
        script=script,
        # The page runs this script and no other, and fetches nothing.
        script_hash=base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode(),
    )


def _refusal(role: Role) -> str | None:
    """Say why single titles are not shown, or return None where they may be."""
    try:
        require(Purpose.LOOK, role, "the judged CVs")
    except RoleError as refusal:
        return str(refusal)
    return None
