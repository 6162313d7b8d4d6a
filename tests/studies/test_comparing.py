"""Two runs side by side."""

from __future__ import annotations

import shutil

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metier.data import Role
from metier.errors import RoleError, RunError
from metier.evaluation import View
from metier.metrics import score
from metier.metrics.significance import compared
from metier.studies import run_study
from metier.studies.comparing import Kind, Verdict, compare_runs
from tests.conftest import job
from tests.studies.crafted_runs import LABELS, TRUTH, craft_run, wrong

PROFESSIONALS = [row for row, label in enumerate(TRUTH) if label == "Professional"]
FEW, MANY = PROFESSIONALS[:1], PROFESSIONALS[:16]


@pytest.fixture
def craft(tmp_path):
    def craft_at(name, given, **settings):
        return craft_run(tmp_path / name, given, **settings)

    return craft_at


def indices(labels):
    return np.asarray([LABELS.index(label) for label in labels])


def test_equal_answers_are_the_same_whatever_the_seeds(craft) -> None:
    before = craft("a", {"rules": {42: wrong(FEW)}})
    after = craft("b", {"rules": {seed: wrong(FEW) for seed in (1, 2, 3)}})
    (row,) = compare_runs(before, after).rows
    assert row.verdict is Verdict.SAME
    assert row.macro_f1.before == row.macro_f1.after
    assert row.macro_f1.difference.p_holm == 1
    assert (row.answers.fixed, row.answers.broken, row.answers.other) == (0, 0, 0)


def test_a_fall_of_many_answers_is_a_loss_and_of_one_is_not(craft) -> None:
    before = craft("a", {"words": {1: wrong([])}, "probe": {1: wrong([])}})
    after = craft("b", {"words": {1: wrong(MANY)}, "probe": {1: wrong(FEW)}})
    words, probe = compare_runs(before, after).rows
    assert words.verdict is Verdict.MORE
    assert words.is_loss
    assert words.macro_f1.difference.interval.high < 0
    assert probe.verdict is Verdict.NOISE
    assert not probe.is_loss
    assert compare_runs(before, after).losses == [words]
    # The other way round it is a gain of the same size.
    gained, _ = compare_runs(after, before).rows
    assert gained.verdict is Verdict.MORE
    assert not gained.is_loss
    assert gained.macro_f1.difference.value == -words.macro_f1.difference.value


def test_the_figures_are_means_over_seeds(craft) -> None:
    first, second = wrong(FEW), wrong(MANY, "Senior")
    before = craft("a", {"words": {1: first, 2: second}})
    after = craft("b", {"words": {1: wrong([]), 2: wrong([])}})
    (row,) = compare_runs(before, after).rows
    errors = [len(FEW) / len(TRUTH), len(MANY) / len(TRUTH)]
    assert row.accuracy.before == pytest.approx(1 - sum(errors) / 2)
    assert row.accuracy.after == 1
    assert row.mae == (pytest.approx(sum(errors) / 2), 0)
    tested = compared(
        indices(TRUTH),
        [indices(first), indices(second)],
        [indices(TRUTH)],
        np.arange(len(TRUTH)) // 2,
        len(LABELS),
    )
    assert row.macro_f1.difference.value == pytest.approx(tested.macro_f1.value)
    assert row.macro_f1.difference.p_value == tested.macro_f1.p_value


def test_answers_are_counted_by_what_became_of_them(craft) -> None:
    a, b, c, d = PROFESSIONALS[:4]
    before = craft("a", {"words": {1: wrong([a, b, c]), 2: wrong([])}})
    after = craft("b", {"words": {1: wrong([b, d], "Senior"), 3: wrong([])}})
    (row,) = compare_runs(before, after, titles=9).rows
    assert row.answers.model_dump() == {"pairs": 1, "fixed": 2, "broken": 1, "other": 1}
    assert [(each.kind, each.before, each.after) for each in row.titles] == [
        (Kind.BROKEN, "Professional", "Senior"),
        (Kind.FIXED, "Junior", "Professional"),
        (Kind.FIXED, "Junior", "Professional"),
        (Kind.OTHER, "Junior", "Senior"),
    ]
    (row,) = compare_runs(before, after, titles=1).rows
    assert [each.kind for each in row.titles] == list(Kind)


def test_seeds_that_differ_throughout_are_paired_in_their_order(craft) -> None:
    before = craft("a", {"words": {1: wrong(FEW), 2: wrong([])}})
    after = craft("b", {"words": {7: wrong([]), 8: wrong([]), 9: wrong(MANY)}})
    (row,) = compare_runs(before, after).rows
    assert row.seeds == ((1, 2), (7, 8, 9))
    assert row.answers.model_dump() == {"pairs": 2, "fixed": 1, "broken": 0, "other": 0}


def test_what_cannot_be_compared_is_listed_with_the_reason(craft) -> None:
    before = craft("a", {"rules": {1: wrong([])}, "old": {1: wrong([])}, "asked": {1: wrong([])}})
    after = craft(
        "b",
        {"new": {1: wrong([])}, "rules": {1: wrong([])}, "asked": None},
    )
    found = compare_runs(before, after)
    assert [row.variant for row in found.rows] == ["rules"]
    assert {row.variant: row.reason for row in found.lone} == {
        "old": f"in {before} alone",
        "new": f"in {after} alone",
        "asked": f"not run in {after}: The backbone cannot be had.",
    }


def test_a_row_that_leaves_jobs_unanswered_is_not_compared(craft) -> None:
    answers = {"rules": {1: wrong([])}, "recorded": {1: wrong([])}}
    before = craft("a", answers)
    after = craft("b", answers, uncovered={"recorded": [3, 5]})
    (lone,) = compare_runs(before, after).lone
    assert lone.reason == "answers 38 of the 40 jobs"


def test_holm_counts_the_rows_that_changed_and_no_others(craft) -> None:
    same = {f"kept {number}": {1: wrong(FEW)} for number in range(30)}
    before = craft("a", {"words": {1: wrong([])}, **same})
    after = craft("b", {"words": {1: wrong(MANY)}, **same})
    test = compare_runs(before, after).rows[0].macro_f1.difference
    assert test.p_holm == pytest.approx(2 * test.p_value)


def test_even_among_many_rows_a_clear_loss_is_found(craft) -> None:
    rows = {f"words {number}": {1: wrong([])} for number in range(30)}
    before = craft("a", rows)
    after = craft(
        "b", rows | {name: {1: wrong(FEW)} for name in rows} | {"words 7": {1: wrong(MANY)}}
    )
    assert [row.variant for row in compare_runs(before, after).losses] == ["words 7"]


@pytest.mark.parametrize(
    ("settings", "difference"),
    [
        ({"truth": ("Senior", *TRUTH[1:])}, r"job 0 \(from 0\) has another human label"),
        ({"titles": ["Bell ringer"] * 40}, r"job 0 \(from 0\) has another title"),
    ],
)
def test_other_cvs_cannot_be_compared(craft, settings, difference) -> None:
    before = craft("a", {"rules": {1: wrong([])}})
    after = craft("b", {"rules": {1: wrong([])}}, **settings)
    with pytest.raises(RunError, match=f"different CVs and cannot be compared.*{difference}"):
        compare_runs(before, after)


def test_fewer_jobs_and_other_labels_cannot_be_compared(craft, tmp_path) -> None:
    before = craft("a", {"rules": {1: wrong([])}})
    after = craft("b", {"rules": {1: wrong([])}})
    path = after / "trials/seniority/rules/seed-1/predictions.parquet"
    frame = pl.read_parquet(path)
    frame.filter(pl.col("row") < 36).write_parquet(path)
    with pytest.raises(RunError, match="there are 40 jobs in one and 36 in the other"):
        compare_runs(before, after)
    other = craft("c", {"rules": {1: wrong([])}}, labels=(*LABELS, "Lead"))
    with pytest.raises(
        RunError, match=r"the labels of 'seniority' are Junior, .* in one and .*Lead"
    ):
        compare_runs(before, other)


def test_a_broken_file_or_a_missing_one_is_named(craft) -> None:
    before = craft("a", {"rules": {1: wrong([])}})
    path = before / "trials/seniority/rules/seed-1/predictions.parquet"
    frame = pl.read_parquet(path)
    for broken in (frame.drop("covered"), frame.with_columns(predicted=pl.lit("Chief"))):
        broken.write_parquet(path)
        with pytest.raises(RunError, match=r"predictions\.parquet is broken"):
            compare_runs(before, before)
    path.write_bytes(b"no table")
    with pytest.raises(RunError, match=r"predictions\.parquet is broken"):
        compare_runs(before, before)
    path.unlink()
    with pytest.raises(RunError, match=r"predictions\.parquet is missing"):
        compare_runs(before, before)
    with pytest.raises(RunError, match="is no finished run"):
        compare_runs(before, before.parent)


def test_runs_without_a_common_row_say_why(craft) -> None:
    before, after = craft("a", {"rules": {1: wrong([])}}), craft("b", {"words": {1: wrong([])}})
    with pytest.raises(RunError, match=r"have no row to compare.*seniority, rules: in .*a alone"):
        compare_runs(before, after)


def test_titles_of_evaluation_data_are_not_named(craft) -> None:
    before = craft("a", {"rules": {1: wrong([])}}, role=Role.EVALUATION)
    after = craft("b", {"rules": {1: wrong(FEW)}}, role=Role.EVALUATION)
    (row,) = compare_runs(before, after).rows
    assert row.answers.broken == 1
    assert row.titles == ()
    with pytest.raises(RoleError, match="may not be used to show single titles"):
        compare_runs(before, after, titles=1)


def test_a_view_takes_the_cvs(craft, write) -> None:
    before = craft("a", {"rules": {1: wrong([])}})
    after = craft("b", {"rules": {1: wrong(MANY)}}, uncovered={"rules": [0]})
    jobs = [
        job(
            f"Bell founder of tower {row}",
            seniority=label,
            status="ACTIVE" if row % 4 else "UNKNOWN",
        )
        for row, label in enumerate(TRUTH)
    ]
    cvs = write("cvs.json", [jobs[start : start + 2] for start in range(0, 40, 2)])
    (row,) = compare_runs(before, after, view=View.ACTIVE, cvs=cvs).rows
    assert row.jobs == 30
    assert row.accuracy.after == pytest.approx(1 - len(MANY) / 30)
    (row,) = compare_runs(before, after, view=View.ONE, cvs=cvs).rows
    assert row.jobs == 20
    with pytest.raises(RunError, match="name the judged CVs"):
        compare_runs(before, after, view=View.ACTIVE)
    with pytest.raises(RunError, match=r"New titles .* compare one of: active, all, one"):
        compare_runs(before, after, view=View.NEW, cvs=cvs)
    other = write("other.json", [jobs[:4]])
    with pytest.raises(RunError, match=r"does not hold the CVs that .* judged"):
        compare_runs(before, after, view=View.ACTIVE, cvs=other)


def test_what_the_runs_were_made_of_is_told(craft) -> None:
    rules = {"rules": {1: wrong([])}}
    kept = {"split": {"seed": 1}, "training": {"epochs": 3}}
    before = craft("a", rules, plan=kept, environment={"numpy": "1.26"})
    after = craft(
        "b",
        rules | {"words": {1: wrong([])}},
        plan={"split": {"seed": 2}, "seeds": [1, 2], "files": "0" * 64},
        environment={"numpy": "2.0"},
    )
    assert compare_runs(before, after).changes == (
        "seeds: [42] → [1, 2]",
        "split.seed: 1 → 2",
        "training: only before",
        "files: only after",
        'environment.numpy: "1.26" → "2.0"',
    )
    assert compare_runs(before, before).changes == ()


def test_variants_are_told_apart_by_name(craft) -> None:
    rules = {"rules": {1: wrong([])}}
    old, new = [{"name": "words", "smoothing": weight} for weight in (1.0, 2.0)]
    before = craft("a", rules, plan={"variants": [{"name": "rules"}, old]})
    after = craft("b", rules, plan={"variants": [new, {"name": "probe"}]})
    assert compare_runs(before, after).changes == ("variants.words.smoothing: 1.0 → 2.0",)


def test_data_that_changed_is_named_without_its_hash(craft) -> None:
    rules = {"rules": {1: wrong([])}}
    before = craft("a", rules, plan={"list": "0" * 64, "page": "x" * 99})
    after = craft("b", rules, plan={"list": "1" * 64, "page": "y" * 99})
    assert compare_runs(before, after).changes == ("list: other content", "page: changed")
    for broken in ("{}", "[", '{"settings": {}, "data": {}}', '{"settings": {"variants": [1]}}'):
        (after / "plan.json").write_text(broken)
        with pytest.raises(RunError, match=r"plan\.json is broken"):
            compare_runs(before, after)
    (after / "plan.json").unlink()
    with pytest.raises(RunError, match=r"has no plan.json"):
        compare_runs(before, after)


ANSWERS = st.lists(st.sampled_from(LABELS), min_size=len(TRUTH), max_size=len(TRUTH))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=ANSWERS, second=ANSWERS)
def test_the_counts_add_up_to_the_difference_of_accuracy(tmp_path, first, second) -> None:
    for name in ("a", "b"):
        shutil.rmtree(tmp_path / name, ignore_errors=True)
    before = craft_run(tmp_path / "a", {"words": {1: first}})
    after = craft_run(tmp_path / "b", {"words": {1: second}})
    (row,) = compare_runs(before, after).rows
    counted = row.answers
    assert row.accuracy.after - row.accuracy.before == pytest.approx(
        (counted.fixed - counted.broken) / len(TRUTH)
    )
    assert counted.fixed + counted.broken + counted.other == sum(map(str.__ne__, first, second))
    assert row.same == (first == second)


def test_the_run_of_a_study_is_read(study_file, tmp_path, seniority) -> None:
    run = run_study(study_file, out=tmp_path / "run")
    other = shutil.copytree(run, tmp_path / "other")
    path = other / "trials/seniority/baseline/seed-42/predictions.parquet"
    frame = pl.read_parquet(path)
    frame.with_columns(predicted=pl.lit("Junior")).write_parquet(path)
    found = compare_runs(run, other)
    assert [(row.target, row.variant, row.jobs) for row in found.rows] == [
        ("department", "baseline", 233),
        ("seniority", "baseline", 233),
        ("seniority", "+ synthetic", 233),
    ]
    assert [row.verdict for row in found.rows] == [Verdict.SAME, Verdict.MORE, Verdict.SAME]
    judged = frame.filter(pl.col("part") == "cvs")
    expected = score(
        seniority.indices(judged["label"].to_list()),
        seniority.indices(judged["predicted"].to_list()),
        seniority,
    )
    assert found.rows[1].macro_f1.before == pytest.approx(expected.macro_f1)
    assert found.changes == ()
