"""Whether methods differ: bootstrap over CVs and over training seeds, and many tests at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.metrics.intervals import Interval, percentiles, resampled
from metier.metrics.scores import accuracy, label_f1, macro_f1

__all__ = [
    "Difference",
    "DifferenceTest",
    "DifferenceTests",
    "Estimate",
    "SeedIntervals",
    "compared",
    "compared_by",
    "holm",
    "intervals_over_seeds",
]

# Means over seeds that are equal on paper may differ by a rounding error.
ROUNDING = 1e-12


class Estimate(BaseModel):
    """A score's mean over training seeds, with a 95 % percentile interval."""

    model_config = ConfigDict(frozen=True)

    value: float
    interval: Interval


class SeedIntervals(BaseModel):
    """The leading scores of one method trained with several seeds.

    Attributes:
        accuracy: Share of rows whose label is right.
        macro_f1: Mean F1 over the labels that occur.
        mae: Mean absolute difference of ranks; None for targets without order.
    """

    model_config = ConfigDict(frozen=True)

    accuracy: Estimate
    macro_f1: Estimate
    mae: Estimate | None


class Difference(BaseModel):
    """The second method's score minus the first's, with a 95 % percentile interval."""

    model_config = ConfigDict(frozen=True)

    value: float
    interval: Interval


class DifferenceTest(Difference):
    """A difference and how surprising it would be between equally good methods.

    Attributes:
        p_value: Two-sided, at most 1 and at least 2 / (resamples + 1) and 2^(1 − G) with G CVs.
    """

    p_value: float


class DifferenceTests(BaseModel):
    """Tested differences of the two leading scores."""

    model_config = ConfigDict(frozen=True)

    accuracy: DifferenceTest
    macro_f1: DifferenceTest


def compared(
    truth: NDArray[np.intp],
    first: Sequence[NDArray[np.intp]],
    second: Sequence[NDArray[np.intp]],
    groups: NDArray[np.intp],
    k: int,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> DifferenceTests:
    """Test whether the second method is better or worse than the first.

    Every draw takes CVs with replacement, the same for both methods, and for each method as many
    of its seeds with replacement as it has: the interval holds what other CVs and other seeds
    would have given. Few seeds make it too narrow: S of them show (S − 1) / S of their variance.

    The p-value is that of the percentile interval, twice the smaller share of draws on either
    side of no difference: Efron and Tibshirani, An Introduction to the Bootstrap (1993), sections
    15.4 and 16.4; never below 2 / (resamples + 1): Davison and Hinkley, Bootstrap Methods and
    Their Application (1997), section 4.4. Of few CVs all draws may lie on one side, a single CV's
    always do, and that says little: nor is it ever below 2^(1 − G), the least that an exact test
    gives which flips the signs of the G CVs' differences in all 2^G ways. Five CVs cannot be
    significant at 5 %; six can.

    Args:
        truth: Label indices, shape (n,), n ≥ 1.
        first: Label indices that the first method gave, an array of shape (n,) per training seed;
            one for a method without chance.
        second: Label indices that the second method gave; as many seeds as it has.
        groups: Group (CV) of each row, shape (n,).
        k: Number of labels.
        resamples: Number of draws.
        seed: Seed of the draws.

    Raises:
        ValueError: If a method has no predictions, or their lengths differ from the truth's.
    """
    tests = _compared(
        {"accuracy": accuracy, "macro_f1": macro_f1},
        truth,
        first,
        second,
        groups,
        k,
        resamples,
        seed,
    )
    return DifferenceTests(accuracy=tests["accuracy"], macro_f1=tests["macro_f1"])


def compared_by(
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    truth: NDArray[np.intp],
    first: Sequence[NDArray[np.intp]],
    second: Sequence[NDArray[np.intp]],
    groups: NDArray[np.intp],
    k: int,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> DifferenceTest:
    """Test a difference between two methods in some function of the labels' F1.

    Args:
        statistic: From F1 of shape (..., k) to values of shape (...).
        truth: As for ``compared``, like what follows.
        first: Label indices that the first method gave, one array per training seed.
        second: Label indices that the second method gave, one array per training seed.
        groups: Group (CV) of each row, shape (n,).
        k: Number of labels.
        resamples: Number of draws.
        seed: Seed of the draws.

    Raises:
        ValueError: If a method has no predictions, or their lengths differ from the truth's.
    """
    scored = {"statistic": lambda matrices: statistic(label_f1(matrices))}
    return _compared(scored, truth, first, second, groups, k, resamples, seed)["statistic"]


def _compared(
    statistics: Mapping[str, Callable[[NDArray[np.integer]], NDArray[np.float64]]],
    truth: NDArray[np.intp],
    first: Sequence[NDArray[np.intp]],
    second: Sequence[NDArray[np.intp]],
    groups: NDArray[np.intp],
    k: int,
    resamples: int,
    seed: int,
) -> dict[str, DifferenceTest]:
    for predictions in (first, second):
        _check(truth, predictions)
    matrices = resampled(truth, [*first, *second], groups, k, resamples=resamples, seed=seed)
    before, after = np.stack(matrices[: len(first)]), np.stack(matrices[len(first) :])
    random = np.random.default_rng([seed, 1])
    picks = [_seed_shares(len(each), resamples, random) for each in (first, second)]
    cvs = len(np.unique(groups))
    return {
        name: _tested(_mean(scored(after), picks[1]) - _mean(scored(before), picks[0]), cvs)
        for name, scored in statistics.items()
    }


def intervals_over_seeds(
    truth: NDArray[np.intp],
    predictions: Sequence[NDArray[np.intp]],
    groups: NDArray[np.intp],
    k: int,
    *,
    ranks: NDArray[np.float64] | None = None,
    resamples: int = 2000,
    seed: int = 0,
) -> SeedIntervals:
    """Estimate a method's mean scores over training seeds, drawing CVs and seeds.

    A label that is missing from a draw, in truth and predictions, leaves that draw's macro F1,
    whose mean is then over other labels than the value's. Where labels have a row or two and are
    told badly, the interval lies too high and may even miss its own value.

    Args:
        truth: Label indices, shape (n,), n ≥ 1.
        predictions: Label indices that the method gave, an array of shape (n,) per training seed.
        groups: Group (CV) of each row, shape (n,).
        k: Number of labels.
        ranks: The labels' ranks, shape (k,), for ordinal targets.
        resamples: Number of draws.
        seed: Seed of the draws.

    Raises:
        ValueError: If there are no predictions, or their lengths differ from the truth's.
    """
    _check(truth, predictions)
    matrices = np.stack(resampled(truth, predictions, groups, k, resamples=resamples, seed=seed))
    picks = _seed_shares(len(predictions), resamples, np.random.default_rng([seed, 1]))
    mae = None
    if ranks is not None:
        gaps = np.abs(ranks[:, None] - ranks)
        errors = (matrices * gaps).sum(axis=(-2, -1)) / matrices.sum(axis=(-2, -1))
        mae = _estimate(_mean(errors, picks))
    return SeedIntervals(
        accuracy=_estimate(_mean(accuracy(matrices), picks)),
        macro_f1=_estimate(_mean(macro_f1(matrices), picks)),
        mae=mae,
    )


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjust p-values of several tests, so that all that stay below α hold together at level α.

    Holm, A Simple Sequentially Rejective Multiple Test Procedure (Scandinavian Journal of
    Statistics, 1979): the i-th smallest of m is multiplied by m − i + 1, never falls below the
    one before it, and stops at 1.

    Args:
        p_values: Name of each test to its p-value.

    Returns:
        Name to adjusted p-value, in the order given.

    Raises:
        ValueError: If a value is not in [0, 1].
    """
    for name, value in p_values.items():
        if not 0 <= value <= 1:
            raise ValueError(f"the p-value of '{name}' is {value}, which is not in [0, 1]")
    adjusted = dict.fromkeys(p_values, 0.0)
    highest = 0.0
    for place, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[name]))
        adjusted[name] = highest
    return adjusted


def _check(truth: NDArray[np.intp], predictions: Sequence[NDArray[np.intp]]) -> None:
    if not predictions:
        raise ValueError("there are no predictions: one array per training seed is needed")
    if len(truth) == 0:
        raise ValueError("there are no rows")
    for given in predictions:
        if len(given) != len(truth):
            raise ValueError(f"{len(truth)} true labels and {len(given)} predicted ones")


def _seed_shares(seeds: int, resamples: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return each seed's share of every draw, shape (1 + resamples, seeds); first the sample's."""
    even = np.full(seeds, 1 / seeds)
    return np.vstack([even, random.multinomial(seeds, even, size=resamples) / seeds])


def _mean(scores: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over seeds, shape (draws,), of scores (seeds, draws)."""
    return np.asarray((scores.T * shares).sum(axis=1))


def _estimate(values: NDArray[np.float64]) -> Estimate:
    return Estimate(value=float(values[0]), interval=percentiles(values[1:]))


def _tested(values: NDArray[np.float64], cvs: int) -> DifferenceTest:
    draws = values[1:]
    below, above = (draws <= ROUNDING).mean(), (draws >= -ROUNDING).mean()
    p_value = max(2 * min(below, above), 2 / (len(draws) + 1), 2.0 ** (1 - cvs))
    return DifferenceTest(
        value=float(values[0]), interval=percentiles(draws), p_value=min(1.0, float(p_value))
    )
