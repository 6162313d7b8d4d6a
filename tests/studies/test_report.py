import html
import re

import pytest

from metier.data import Role
from metier.errors import RoleError, RunError
from metier.studies import read_results, run_study, write_report
from metier.studies.report import worst_errors


@pytest.fixture
def run(study_file, tmp_path):
    return run_study(study_file, out=tmp_path / "run")


def test_the_report_opens_offline_and_is_made_again_the_same(run) -> None:
    page = (run / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", page)
    (run / "report.html").unlink()
    assert write_report(run).read_text(encoding="utf-8") == page


def test_the_report_shows_every_variant_and_says_what_its_figures_are(run) -> None:
    page = html.unescape((run / "report.html").read_text(encoding="utf-8"))
    for trial in read_results(run).trials:
        assert trial.variant in page
    assert "An illustration." in page
    assert "figures were\nseen" in page
    assert "Titles with contradictory labels" in page
    assert page.count("data:image/svg+xml") >= 8


def test_worst_errors_are_sorted_and_shown_once(run) -> None:
    path = run / "trials/seniority/baseline/seed-42/predictions.parquet"
    errors = worst_errors(path, Role.DEVELOPMENT)
    confidences = [error.confidence for error in errors]
    assert confidences == sorted(confidences, reverse=True)
    assert all(error.label != error.predicted for error in errors)
    assert all(error.label_probability <= error.confidence for error in errors)
    assert len({error.title for error in errors}) == len(errors)


def test_titles_of_evaluation_data_are_not_shown(write, study_text, tmp_path) -> None:
    text = study_text.replace('role = "development"', 'role = "evaluation"')
    run = run_study(write("s.toml", text), out=tmp_path / "sealed")
    with pytest.raises(RoleError, match="may not be used to show single titles"):
        worst_errors(run / "trials/seniority/baseline/seed-42/predictions.parquet", Role.EVALUATION)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "may not be used to show single titles" in page
    assert "figures were\nseen" not in page


def test_a_folder_without_results_has_no_report(tmp_path) -> None:
    with pytest.raises(RunError, match="is no finished run"):
        write_report(tmp_path)
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(RunError, match="broken or of another version"):
        write_report(tmp_path)
