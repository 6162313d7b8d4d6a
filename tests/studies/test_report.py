import html
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.data import Role
from metier.errors import RunError
from metier.studies import read_results, run_study, write_report
from metier.studies.formats import duration, figure, p_value, percent, signed
from metier.studies.report.charts import loss_chart
from metier.studies.report.comparison import falls, variants_table
from metier.studies.report.confidence import confidence_panels
from metier.studies.report.labels import slice_panels
from metier.studies.report.shift import shift_story
from metier.studies.report.summary import about_study, about_target
from tests.studies.invented_results import HOSTILE, TITLES, invented_results

MOST_BYTES = 3_000_000
SECTIONS = (
    "findings",
    "variants",
    "shift",
    "labels",
    "slices",
    "confidence",
    "invariance",
    "errors",
    "training",
)


@pytest.fixture(scope="module")
def results():
    return invented_results()


@pytest.fixture(scope="module")
def evidence(results):
    return results.evidence["seniority"]


@pytest.fixture
def report_of(tmp_path):
    """Write the report of some results and return the page."""

    def write_page(results) -> str:
        (tmp_path / "results.json").write_text(results.model_dump_json(), encoding="utf-8")
        return write_report(tmp_path).read_text(encoding="utf-8")

    return write_page


def test_a_run_leaves_a_report_that_is_made_again_the_same(study_file, tmp_path) -> None:
    run = run_study(study_file, out=tmp_path / "run")
    page = (run / "report.html").read_text(encoding="utf-8")
    (run / "report.html").unlink()
    assert write_report(run).read_text(encoding="utf-8") == page
    read = html.unescape(page)
    assert "An illustration." in read
    assert "figures were seen" in read
    assert all(trial.variant in read for trial in read_results(run).trials)


def test_the_page_asks_for_nothing_from_elsewhere(report_of, results) -> None:
    page = report_of(results)
    assert not re.findall(r"""\s(?:src|href)=["'](?!#)""", re.sub(r">[^<]*<", "><", page))
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "url(" not in page
    assert "@import" not in page


def test_titles_cannot_become_markup(report_of, results) -> None:
    page = report_of(results)
    assert page.count("</script>") == 1
    assert "<img" not in page
    assert "<!-- Kiln" not in page
    assert html.escape(HOSTILE, quote=False)[:20] in page


def test_every_section_is_there_without_a_script(report_of, results) -> None:
    page = report_of(results)
    for part in SECTIONS:
        assert f'<section id="seniority-{part}">' in page
    assert all(html.escape(title, quote=False)[:6] in page for title in TITLES)
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_titles_of_evaluation_data_are_not_shown(report_of) -> None:
    page = html.unescape(report_of(invented_results(role=Role.EVALUATION)))
    assert "may not be used to show single titles" in page
    assert "Chief Teapot Officer" not in page
    assert "figures were seen" not in page


def test_a_long_study_stays_small(report_of) -> None:
    page = report_of(invented_results(copies=7))
    assert len(page.encode()) < MOST_BYTES


def test_a_folder_without_results_has_no_report(tmp_path) -> None:
    with pytest.raises(RunError, match="is no finished run"):
        write_report(tmp_path)
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(RunError, match="broken or of another version"):
        write_report(tmp_path)


def test_the_summary_names_the_best_variant_and_how_sure_that_is(results, evidence) -> None:
    assert "6 variants of 4 methods, seeds 42 and 43" in about_study(results)
    said = " ".join(about_target(evidence))
    assert "‘words, twice the labels’ has the highest macro F1" in said
    assert "No other mean lies within that interval" in said
    assert "p < .001 after Holm’s correction" in said


def test_the_summary_does_not_call_a_tie_a_win(evidence) -> None:
    near = [one for one in evidence.variants if one.variant in ("baseline", "words")]
    twin = near[1].model_copy(update={"views": near[0].views, "variant": "twin"})
    said = " ".join(about_target(evidence.model_copy(update={"variants": (near[0], twin)})))
    assert "the order at the top is not settled" in said
    none = evidence.model_copy(update={"variants": evidence.variants[-1:]})
    assert about_target(none) == ("No variant that was run here answers all jobs.",)


def test_the_table_has_a_row_a_variant_and_marks_what_cannot_be_told_apart(evidence) -> None:
    table = variants_table(evidence, ordinal=True)
    rows = {row.variant.variant: row for row in table.rows}
    assert len(rows) == len(evidence.variants)
    assert sum(span for *_, span in table.groups) == len(table.columns)
    assert all(len(row.cells) in (0, len(table.columns)) for row in table.rows)
    assert rows["large"].cells == ()
    difference = [column.heading for column in table.columns].index("Δ F1")
    marks = {name: row.cells[difference].mark for name, row in rows.items() if row.cells}
    assert marks["words"] == "≈"
    assert marks["rules"] == "▼"
    assert marks["words, twice the labels"] == "▲"
    assert marks["baseline"] == ""
    assert rows["recorded"].cells[difference].notes == ("ACTIVE jobs",)
    assert any("±" in note for cell in rows["baseline"].cells for note in cell.notes)


def test_the_best_of_a_column_is_the_lowest_where_low_is_good(evidence) -> None:
    table = variants_table(evidence, ordinal=True)
    for place, column in enumerate(table.columns):
        values = [row.cells[place].value for row in table.rows if row.cells]
        known = [value for value in values if value is not None]
        best = [row.cells[place].value for row in table.rows if row.cells and row.cells[place].best]
        assert set(best) == ({column.best(known)} if column.best else set())


def test_the_fall_begins_with_the_best_variant_on_cvs(evidence) -> None:
    found = [fall.outside for fall in falls(evidence)]
    assert found == sorted(found, reverse=True)
    assert len(found) == 4


def test_the_story_of_the_shift_says_what_the_figures_say(results, evidence) -> None:
    data = results.targets[1]
    story = shift_story(data, (), evidence.shift)
    assert list(story.shares) == ["curated list", "estimated on unlabelled CVs", "CVs"]
    assert "10\u00a0% away from the true ones instead of 40\u00a0%" in story.about_shares
    assert "87 times of 100" in story.gauges[0].meaning
    assert all(0 <= gauge.place <= 1 for gauge in story.gauges)
    assert sum(pair.titles for pair in story.pairs) == len(TITLES)
    assert [(cost.priors, cost.labels) for cost in story.costs] == [
        (False, False),
        (True, False),
        (False, True),
        (True, True),
    ]
    assert "by +.150 with both" in story.about_costs


def test_the_story_says_what_could_not_be_estimated(results, evidence) -> None:
    shift = evidence.shift.shift
    priors = shift.labels.priors.model_copy(update={"absent": ("Junior",), "converged": False})
    labels = shift.labels.model_copy(update={"priors": priors})
    found = evidence.shift.model_copy(update={"shift": shift.model_copy(update={"labels": labels})})
    said = shift_story(results.targets[1], (), found).about_shares
    assert "Labels without a curated row cannot be estimated: Junior." in said
    assert "had not settled" in said


def test_without_a_shift_the_shares_are_still_told(results) -> None:
    story = shift_story(results.targets[0], (), None)
    assert list(story.shares) == ["curated", "CVs"]
    assert story.gauges == story.pairs == story.costs == ()


def test_losses_are_drawn_within_the_picture(results) -> None:
    trials = [trial for trial in results.trials_of("seniority") if trial.variant == "baseline"]
    drawn = loss_chart(trials)
    corners = [tuple(map(float, p.split(","))) for line in drawn.lines for p in line.points.split()]
    assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for x, y in corners)
    assert [line.legend for line in drawn.lines] == [True, True, False, False]
    assert all(len(line.dots) == 1 for line in drawn.lines)
    assert loss_chart(results.trials_of("seniority")[-1:]) is None


def test_a_threshold_is_told_in_words(evidence) -> None:
    panels = {panel.variant: panel for panel in confidence_panels(evidence)}
    assert set(panels) == {"baseline", "words", "words, twice the labels"}
    said = {name: panel.sentences[1] for name, panel in panels.items()}
    assert said["baseline"] == (
        "At a confidence of .83, set on validation data for 90\u00a0% right answers, 71\u00a0% of "
        "the jobs are answered, 68\u00a0% of these rightly."
    )
    assert "there is no threshold" in said["words"]
    found = panels["baseline"].calibration.model_copy(update={"threshold": 0.0})
    all_answered = [
        variant.model_copy(update={"calibration": found})
        for variant in evidence.variants
        if variant.variant == "baseline"
    ]
    [panel] = confidence_panels(evidence.model_copy(update={"variants": tuple(all_answered)}))
    assert "every job is answered, 68\u00a0% of them rightly" in panel.sentences[1]


def test_slices_stand_beside_those_of_the_baseline(evidence) -> None:
    panels = {panel.variant: panel for panel in slice_panels(evidence)}
    for group in panels["baseline"].groups:
        assert all(found.macro_f1.value == baseline for found, baseline in group.slices)
    assert [group.dimension for group in panels["rules"].groups] == [
        "language",
        "novelty",
        "gender",
    ]
    assert "recorded" not in panels


@given(st.floats(-1, 1))
def test_a_figure_reads_back_as_its_value(value) -> None:
    text = figure(value).replace("−", "-")
    assert float(text) == pytest.approx(value, abs=0.0005)
    assert not text.startswith(("0", "-0"))
    assert signed(value)[0] in "+−"


def test_small_and_large_figures_are_told_as_people_do() -> None:
    assert figure(None) == "–"
    assert figure(-0.0001) == ".000"
    assert percent(0.004) == "0.4\u00a0%"
    assert percent(0.0001) == "<\u00a00.1\u00a0%"
    assert percent(1) == "100\u00a0%"
    assert p_value(0.0004) == "< .001"
    assert [duration(s) for s in (0.2, 45, 600, 7500)] == ["< 1 s", "45 s", "10 min", "2 h 5 min"]
