import numpy as np
import pytest

from metier.data import CVs, Job, LabelledTitles, Role, Status
from metier.errors import DataError, RoleError
from metier.evaluation.shift import (
    LabelShift,
    PriorEstimate,
    corrected_probabilities,
    estimate_priors,
    label_shift,
)
from metier.guidelines import Scale

COLOURS = Scale("colour", ("red", "green", "blue"))


def labelled(*labels: str, role: Role = Role.TRAINING, scale: Scale = COLOURS) -> LabelledTitles:
    titles = tuple(f"Painter {row}" for row in range(len(labels)))
    return LabelledTitles(titles, labels, scale, role, "list.csv")


def cvs(count: int, role: Role = Role.UNLABELLED) -> CVs:
    jobs = tuple(
        Job(row, 0, f"Dyer {row}", "", None, None, Status.ACTIVE, {}) for row in range(count)
    )
    return CVs(jobs, role, "cvs.json")


TRAINING = labelled("red", "red", "red", "green")
# A classifier that is sure of one red and three green titles.
SURE = np.asarray([[0.999, 0.001, 0], [0.001, 0.999, 0], [0.001, 0.999, 0], [0.001, 0.999, 0]])


def test_shares_are_estimated_on_unlabelled_titles() -> None:
    found = estimate_priors(SURE, cvs(4), TRAINING)
    assert found.training == (0.75, 0.25, 0)
    assert found.estimated == pytest.approx((0.25, 0.75, 0), abs=0.03)
    assert found.absent == ("blue",)
    assert (found.rows, found.source, found.converged) == (4, "cvs.json", True)


def of_evenly_drawn(shares: np.ndarray, rows: int) -> np.ndarray:
    """What a classifier says that saw every label equally often, of titles with these shares."""
    # How probable each of three words is under a label; rows of the labels.
    words = np.asarray([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    counts = np.rint(shares @ words * rows).astype(int)
    return np.repeat(words.T / words.T.sum(axis=1, keepdims=True), counts, axis=0)


def test_no_shift_stays_none_under_oversampling_where_its_own_priors_are_given() -> None:
    training = labelled(*["red"] * 80, *["green"] * 15, *["blue"] * 5)
    shares = np.asarray([0.8, 0.15, 0.05])
    probabilities = of_evenly_drawn(shares, 1000)
    even = np.full(3, 1 / 3)
    found = estimate_priors(probabilities, cvs(1000), training, own_priors=even)
    assert found.training == tuple(shares)
    assert found.own == tuple(even)
    assert found.estimated == pytest.approx(shares, abs=0.01)
    assert label_shift(found).training_to_estimated == pytest.approx(0, abs=0.01)
    corrected = corrected_probabilities(probabilities, found)
    assert corrected.mean(axis=0) == pytest.approx(shares, abs=0.01)
    # Taken for one that was fitted to the rows as they are, it shows a shift where there is none.
    misled = estimate_priors(probabilities, cvs(1000), training)
    assert label_shift(misled).training_to_estimated > 0.5


def test_own_priors_that_are_the_row_shares_change_nothing() -> None:
    without = estimate_priors(SURE, cvs(4), TRAINING)
    shares = np.asarray(without.training)
    given = estimate_priors(SURE, cvs(4), TRAINING, own_priors=shares)
    assert without.own is None
    assert given.model_copy(update={"own": None}) == without
    assert (
        corrected_probabilities(SURE, given).tolist()
        == corrected_probabilities(SURE, without).tolist()
    )


def test_an_estimate_without_own_priors_is_read() -> None:
    stored = estimate_priors(SURE, cvs(4), TRAINING).model_dump(exclude={"own"})
    assert PriorEstimate.model_validate(stored).own is None


def test_own_priors_must_be_shares_of_the_labels() -> None:
    for wrong in (np.full(2, 0.5), np.asarray([1.5, -0.5, 0]), np.ones(3)):
        with pytest.raises(ValueError, match="shares of"):
            estimate_priors(SURE, cvs(4), TRAINING, own_priors=wrong)


@pytest.mark.parametrize("role", [Role.DEVELOPMENT, Role.EVALUATION])
def test_judged_rows_estimate_nothing(role) -> None:
    with pytest.raises(RoleError, match="never on rows that are judged"):
        estimate_priors(SURE, cvs(4, role), TRAINING)


@pytest.mark.parametrize("role", [Role.VALIDATION, Role.DEVELOPMENT, Role.EVALUATION])
def test_training_shares_come_from_rows_that_may_be_fitted(role) -> None:
    with pytest.raises(RoleError, match="fit a classifier"):
        estimate_priors(SURE, cvs(4), labelled("red", role=role))


def test_a_row_of_probabilities_per_job_is_needed() -> None:
    with pytest.raises(DataError, match="5 jobs"):
        estimate_priors(SURE, cvs(5), TRAINING)
    with pytest.raises(DataError, match="3 labels"):
        estimate_priors(SURE[:, :2], cvs(4), TRAINING)
    with pytest.raises(DataError, match="no rows"):
        estimate_priors(SURE, cvs(4), labelled())


def test_unsure_answers_move_to_the_labels_that_are_frequent() -> None:
    priors = estimate_priors(SURE, cvs(4), TRAINING)
    unsure, sure = corrected_probabilities(np.asarray([[0.6, 0.4, 0], [0.99, 0.01, 0]]), priors)
    assert unsure.argmax() == 1
    assert sure.argmax() == 0


def test_distances_are_between_training_estimate_and_truth() -> None:
    priors = estimate_priors(SURE, cvs(4), TRAINING)
    judged = labelled("red", "green", "green", "blue", role=Role.EVALUATION)
    found = label_shift(priors, judged)
    assert found.judged == (0.25, 0.5, 0.25)
    assert found.training_to_judged == 0.5
    assert found.training_to_estimated == pytest.approx(0.5, abs=0.03)
    # The label that no training row has is what the estimate misses.
    assert found.estimated_to_judged == pytest.approx(0.25, abs=0.03)
    assert LabelShift.model_validate_json(found.model_dump_json()) == found


def test_without_judged_rows_the_shift_is_the_estimate() -> None:
    found = label_shift(estimate_priors(SURE, cvs(4), TRAINING))
    assert found.judged is found.training_to_judged is found.estimated_to_judged is None


def test_judged_rows_must_fit() -> None:
    priors = estimate_priors(SURE, cvs(4), TRAINING)
    other = Scale("size", ("small", "large"))
    with pytest.raises(DataError, match="'size'"):
        label_shift(priors, labelled("small", role=Role.EVALUATION, scale=other))
    with pytest.raises(DataError, match="no rows"):
        label_shift(priors, labelled(role=Role.EVALUATION))
    with pytest.raises(RoleError):
        label_shift(priors, labelled("red", role=Role.UNLABELLED))
