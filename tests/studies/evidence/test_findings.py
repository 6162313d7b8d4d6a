import numpy as np
import pytest

from metier.data import CVs, Job, Role, Status
from metier.evaluation import View
from metier.guidelines import Scale
from metier.metrics import score
from metier.studies.evidence.findings import key_findings
from metier.studies.evidence.variants import Jury, against_baseline, variant_evidence
from metier.studies.judging import Judged, Predictions
from metier.studies.results import TrialResult
from metier.studies.study_file import EvidenceSettings

SCALE = Scale("kind", ("Craft", "Care", "Other"), None)
N = 300
TRUTH = np.arange(N) % 3
SHARES = {"Craft": 0.6, "Care": 0.35, "Other": 0.05}
SETTINGS = EvidenceSettings(baseline="base", synthetic="more", oversampled="again")


@pytest.fixture(scope="module")
def jury() -> Jury:
    jobs = tuple(
        Job(row // 3, row % 3, f"title {row}", "", None, None, Status.ACTIVE,
            {"kind": SCALE.labels[TRUTH[row]]})
        for row in range(N)
    )  # fmt: skip
    cvs = CVs(jobs, Role.DEVELOPMENT, "cvs.json")
    return Jury.of(cvs, SCALE, set(), {"all": {"all": list(range(N))}})


def judged(name: str, right: dict[int, float], seed: int = 1, inside: float = 1.0) -> Judged:
    """A trial that is right in a share of each label's jobs, and says another label elsewhere."""
    random = np.random.default_rng(seed)
    hit = random.random(N) < np.vectorize(right.get)(TRUTH)
    labels = np.where(hit, TRUTH, (TRUTH + 1) % 3)
    test = np.where(np.arange(N) < inside * N, TRUTH, (TRUTH + 1) % 3)
    result = TrialResult(
        variant=name, target="kind", seed=seed, method="rules", parameters={}, train_on=("curated",),
        validate_on=None, status="done", key=f"{name}{seed}", folder="f",
        parts={"test": score(TRUTH, test, SCALE)},
    )  # fmt: skip
    scores = score(TRUTH, labels, SCALE)
    views = [{"view": view, "scores": scores.model_dump(), "intervals": INTERVALS} for view in View]
    result = TrialResult.model_validate(result.model_dump() | {"judgements": views})
    nothing = np.empty((0, 3))
    return Judged(
        result,
        Predictions(np.eye(3)[labels], np.ones(N, bool), nothing, np.empty(0, np.intp), nothing),
    )


INTERVALS = {
    "accuracy": {"low": 0.0, "high": 1.0},
    "macro_f1": {"low": 0.0, "high": 1.0},
}


def findings(jury: Jury, trials: dict[str, list[Judged]]) -> dict[str, str]:
    variants = [
        variant_evidence([one.result for one in given], given, jury) for given in trials.values()
    ]
    found = key_findings("kind", SETTINGS, variants, trials, SHARES, "Other", jury)
    return {one.statement: one.verdict for one in found}


def test_what_the_figures_show_is_confirmed(jury) -> None:
    found = findings(
        jury,
        {
            "base": [judged("base", {0: 0.6, 1: 0.6, 2: 0.1}, seed) for seed in (1, 2)],
            "more": [judged("more", {0: 0.8, 1: 0.8, 2: 0.8}, seed) for seed in (3, 4)],
            "again": [judged("again", {0: 0.5, 1: 0.5, 2: 0.1}, 5)],
        },
    )
    assert found == {
        "Synthetic data improves kind.": "confirmed",
        "Synthetic data helps Other most.": "confirmed",
        "Oversampling alone does not help.": "confirmed",
        "Near perfect in distribution, failing on CVs.": "confirmed",
        "XLM-R does better than DistilBERT.": "not run here",
    }


def test_what_the_figures_contradict_is_refuted(jury) -> None:
    found = findings(
        jury,
        {
            "base": [judged("base", {0: 0.8, 1: 0.8, 2: 0.8}, 1, inside=0.8)],
            "more": [judged("more", {0: 0.9, 1: 0.9, 2: 0.1}, 2)],
            "again": [judged("again", {0: 1.0, 1: 1.0, 2: 1.0}, 3)],
        },
    )
    assert found["Synthetic data improves kind."] == "refuted"
    assert found["Synthetic data helps Other most."] == "refuted"
    assert found["Oversampling alone does not help."] == "refuted"
    assert found["Near perfect in distribution, failing on CVs."] == "refuted"


def test_a_method_with_the_same_answers_is_not_distinguishable(jury) -> None:
    same = [judged("base", {0: 0.6, 1: 0.6, 2: 0.6}, 1)]
    other = [judged("more", {0: 0.95, 1: 0.95, 2: 0.95}, 2)]
    tests = against_baseline({"base": same, "twin": same, "more": other}, "base", jury)
    assert set(tests) == {"twin", "more"}
    assert not tests["twin"].is_distinguishable
    assert tests["twin"].macro_f1.value == 0
    assert tests["more"].is_distinguishable
    assert tests["more"].view is View.ALL
    assert tests["more"].macro_f1.p_holm >= tests["more"].macro_f1.p_value


def test_means_and_spreads_are_over_seeds(jury) -> None:
    trials = [judged("base", {0: share, 1: share, 2: share}, 1) for share in (0.5, 0.9)]
    found = variant_evidence([one.result for one in trials], trials, jury)
    scores = [one.result.scores(View.ALL).accuracy for one in trials]
    accuracy = found.figures(View.ALL).accuracy
    assert accuracy.mean == pytest.approx(np.mean(scores))
    assert accuracy.spread == pytest.approx(np.std(scores, ddof=1))
    assert accuracy.interval.low < accuracy.mean < accuracy.interval.high
    assert found.distinct == 2


def test_a_baseline_that_answers_some_jobs_is_compared_on_those(jury) -> None:
    full = [judged("more", {0: 0.9, 1: 0.9, 2: 0.9}, 2)]
    some = judged("base", {0: 0.6, 1: 0.6, 2: 0.6}, 1)
    views = [each for each in some.result.judgements if each.view is View.ACTIVE]
    partial = [
        Judged(some.result.model_copy(update={"judgements": tuple(views)}), some.predictions)
    ]
    assert (
        against_baseline({"base": partial, "more": full}, "base", jury)["more"].view is View.ACTIVE
    )
