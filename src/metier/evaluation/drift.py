"""Drift: whether new titles still look like those that a model was trained and validated on."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from metier.classifiers import Classifier
from metier.classifiers.profile import LEVELS, Observation, Profile, observe, unknown_share
from metier.errors import ModelError

__all__ = [
    "Drift",
    "LabelShare",
    "Signal",
    "SignalName",
    "Verdict",
    "drift",
    "quantile_distance",
    "stability",
]

# Siddiqi, Credit Risk Scorecards (2006), chapter 9: a population stability index below 0.1 is no
# significant change, up to 0.25 a small one to be looked into, above it a major one. The
# Kolmogorov-Smirnov distance, for which there is no such custom, is held to the same numbers: as
# much as a tenth, or a quarter, of the titles lies elsewhere.
WATCH = 0.1
WORRY = 0.25
# A change is judged if chance alone stays below it in so many of a hundred samples of this size.
SURE = 0.99
# The Kolmogorov-Smirnov distance of two samples of one kind stays below this times
# sqrt(1/n + 1/m) in 99 % of cases: Smirnov, Annals of Mathematical Statistics 19 (1948).
SMIRNOV = 1.63
# The place among the levels of the quantile below which an answer counts as unsure: 10 %.
UNSURE = 2
DRAWS = 2_000


class Verdict(StrEnum):
    """What to do about a change: nothing, look again soon, or look into it now."""

    STABLE = "stable"
    WATCH = "watch"
    WORRY = "worry"

    @property
    def severity(self) -> int:
        """0 for stable, 1 for watch, 2 for worry."""
        return list(Verdict).index(self)


class SignalName(StrEnum):
    """What may change in a stream of titles."""

    LABELS = "label shares"
    WORDS = "unknown words"
    CONFIDENCE = "confidence"
    UNTITLED = "rows without a title"


class LabelShare(BaseModel):
    """A label's share, in [0, 1].

    Attributes:
        label: The label.
        training: Among the training labels, or None where there are none.
        there: Among the answers to the titles compared with.
        here: Among the answers to the new titles.
    """

    model_config = ConfigDict(frozen=True)

    label: str
    training: float | None
    there: float
    here: float


class Signal(BaseModel):
    """How much one thing has changed.

    Attributes:
        name: What.
        there: Its value on the titles compared with: a share in [0, 1], of ``confidence`` the
            mean; None for label shares, which are several, or where it is not known.
        here: Its value on the new titles, in the same way.
        measure: How the change is measured: the population stability index or the
            Kolmogorov-Smirnov distance.
        distance: The change, or None where there is nothing to compare with.
        noise: What chance alone stays below in 99 % of samples of this size, or None.
        verdict: What to make of it, or None where it is shown and not judged.
    """

    model_config = ConfigDict(frozen=True)

    name: SignalName
    there: float | None
    here: float | None
    measure: Literal["PSI", "KS"]
    distance: float | None
    noise: float | None
    verdict: Verdict | None


class Drift(BaseModel):
    """New titles compared with those that a classifier was trained and validated on.

    Attributes:
        target: The target.
        rows: New rows, titles or not, without those that were left out.
        left_out: Further new rows, whose title the classifier does not cover.
        compared_with: What they are compared with: validation, training or reference titles.
        compared_rows: Rows of those.
        labels: Label shares, in scale order.
        total_variation: Half the sum of the label shares' differences, in [0, 1]: the share of
            answers that would have to change.
        unsure: Share of the new titles whose confidence is below what 90 % of the others reach.
        signals: All changes.
        verdict: The gravest verdict of them.
        sentence: The verdict in plain words, with what changed most and what was not judged.
    """

    model_config = ConfigDict(frozen=True)

    target: str
    rows: int
    left_out: int = 0
    compared_with: Literal["validation", "training", "reference"]
    compared_rows: int
    labels: tuple[LabelShare, ...]
    total_variation: float
    unsure: float
    signals: tuple[Signal, ...]
    verdict: Verdict
    sentence: str


def drift(classifier: Classifier, profile: Profile, titles: Sequence[str]) -> Drift:
    """Compare new titles with a classifier's profile.

    A change counts if it is large (a population stability index, or distance, of 0.1: watch; of
    0.25: worry) and larger than chance makes it in 99 % of samples of this size, so that a small
    file does not cry wolf. Fewer unknown words and fewer rows without a title are no bad news.
    Confidence is not judged where the profile's is that of training titles, which flatters.

    Args:
        classifier: The classifier.
        profile: Its profile.
        titles: The new rows; those that hold no title are counted and not asked, those whose
            title the classifier does not cover are left out.

    Raises:
        DataError: If no row holds a title that the classifier covers.
        ModelError: If the profile is of other labels, or of a costly classifier that was not
            asked for it.
    """
    if not profile.predicted_shares:
        raise ModelError(
            "The profile has no answers to compare with, since asking the model for them costs "
            "money or needs a record: name titles to compare with (--reference)."
        )
    if profile.target != classifier.scale.target or (
        tuple(profile.predicted_shares) != classifier.scale.labels
    ):
        raise ModelError(
            f"The profile is of the target '{profile.target}' with the labels "
            f"{', '.join(profile.predicted_shares)}, which are not those of the classifier."
        )
    found = observe(classifier, titles)
    shares = tuple(
        LabelShare(
            label=label,
            training=None if profile.training_shares is None else profile.training_shares[label],
            there=share,
            here=found.shares[label],
        )
        for label, share in profile.predicted_shares.items()
    )
    signals = _signals(profile, found)
    verdict = max((s.verdict for s in signals if s.verdict), key=lambda each: each.severity)
    unsure = profile.confidence[UNSURE]
    return Drift(
        target=profile.target,
        rows=found.rows,
        left_out=found.left_out,
        compared_with=profile.measured_on,
        compared_rows=profile.measured,
        labels=shares,
        total_variation=sum(abs(each.here - each.there) for each in shares) / 2,
        unsure=float((found.confidence < unsure).mean()),
        signals=signals,
        verdict=verdict,
        sentence=_sentence(verdict, signals, shares, found, profile),
    )


def stability(
    there: Sequence[float], here: Sequence[float], n_there: int, n_here: int
) -> tuple[float, float]:
    """Return the population stability index of shares, and what chance makes of it.

    PSI = Σ (h − t) · ln(h / t), with half a row added to every count so that a share of 0 has a
    logarithm. What chance makes of it is the 99 % quantile of the index between two samples of
    these sizes that are drawn from both together; it shrinks as 1/n + 1/m (Yurdakul and Naranjo,
    "Statistical properties of the population stability index", Journal of Risk Model Validation
    14, 2020).

    Args:
        there: Shares that sum to 1, shape (K,).
        here: Others of the same labels, shape (K,).
        n_there: Rows behind the first, 1 or more.
        n_here: Rows behind the second, 1 or more.
    """
    counts = [np.asarray(there) * n_there, np.asarray(here) * n_here]
    together = (counts[0] + counts[1]) / (n_there + n_here)
    random = np.random.default_rng(0)
    drawn = [
        random.multinomial(n, together / together.sum(), size=DRAWS) for n in (n_there, n_here)
    ]
    return float(_psi(*counts)), float(np.quantile(_psi(*drawn), SURE))


def quantile_distance(quantiles: Sequence[float], values: NDArray[np.floating]) -> float:
    """Return the Kolmogorov-Smirnov distance of values from what has these quantiles.

    It is exact where the two differ most at one of the quantiles, and else too small by 0.05 at
    most, the step between them.

    Args:
        quantiles: Values that occurred, at ``LEVELS``.
        values: The values to compare, shape (n,), n ≥ 1.
    """
    ordered = np.sort(values)
    below = np.searchsorted(ordered, quantiles, side="left") / len(ordered)
    up_to = np.searchsorted(ordered, quantiles, side="right") / len(ordered)
    # A level lies above the share below its quantile, and not above the share up to it.
    return float(max(np.max(below - LEVELS), np.max(LEVELS - up_to), 0.0))


def _psi(
    there: NDArray[np.floating] | NDArray[np.integer],
    here: NDArray[np.floating] | NDArray[np.integer],
) -> NDArray[np.float64]:
    """Return the index of counts of shape (..., K), shape (...)."""
    t, h = (
        (counts + 0.5) / (counts.sum(axis=-1, keepdims=True) + 0.5 * counts.shape[-1])
        for counts in (there, here)
    )
    return np.asarray(((h - t) * np.log(h / t)).sum(axis=-1), dtype=np.float64)


def _signals(profile: Profile, found: Observation) -> tuple[Signal, ...]:
    n_there = max(1, round(profile.measured * (1 - profile.untitled)))
    n_here = len(found.titles)
    distance, noise = stability(
        list(profile.predicted_shares.values()), list(found.shares.values()), n_there, n_here
    )
    labels = Signal(
        name=SignalName.LABELS,
        there=None,
        here=None,
        measure="PSI",
        distance=distance,
        noise=noise,
        verdict=_verdict(distance, noise),
    )
    # The words of a title do not vary one by one: chance is that of so many titles.
    unknown = unknown_share(found.titles, frozenset(profile.words))
    words = _rise(SignalName.WORDS, profile.unknown_words, unknown, n_there, n_here)
    untitled = _rise(
        SignalName.UNTITLED, profile.untitled, found.untitled, profile.measured, found.rows
    )
    distance = quantile_distance(profile.confidence, found.confidence)
    noise = SMIRNOV * float(np.sqrt(1 / n_there + 1 / n_here))
    confidence = Signal(
        name=SignalName.CONFIDENCE,
        there=profile.mean_confidence,
        here=float(found.confidence.mean()),
        measure="KS",
        distance=distance,
        noise=noise,
        verdict=None if profile.measured_on == "training" else _verdict(distance, noise),
    )
    return labels, words, confidence, untitled


def _rise(name: SignalName, there: float | None, here: float, n_there: int, n_here: int) -> Signal:
    """Return the signal of a share that is bad news where it rises."""
    if there is None:
        return Signal(
            name=name, there=None, here=here, measure="PSI", distance=None, noise=None, verdict=None
        )
    distance, noise = stability((there, 1 - there), (here, 1 - here), n_there, n_here)
    return Signal(
        name=name,
        there=there,
        here=here,
        measure="PSI",
        distance=distance,
        noise=noise,
        verdict=_verdict(distance, noise) if here > there else Verdict.STABLE,
    )


def _verdict(distance: float, noise: float) -> Verdict:
    if distance < WATCH or distance <= noise:
        return Verdict.STABLE
    return Verdict.WATCH if distance < WORRY else Verdict.WORRY


def _sentence(
    verdict: Verdict,
    signals: Sequence[Signal],
    shares: Sequence[LabelShare],
    found: Observation,
    profile: Profile,
) -> str:
    unjudged = _unjudged(signals)
    if verdict is Verdict.STABLE:
        look = "looks" if found.rows == 1 else "look"
        others = _counted(profile.measured, f"{profile.measured_on} title")
        looks = f"Stable: {_counted(found.rows, 'new title')} {look} like {others}"
        least = max(signal.noise or 0.0 for signal in signals if signal.verdict)
        if least > WORRY:
            return (
                f"{looks}, but there are too few to tell any but a very large change from chance"
                f"{unjudged}."
            )
        return f"{looks}; nothing has changed by more than size and chance allow{unjudged}."
    most = max(
        (signal for signal in signals if signal.verdict is verdict),
        key=lambda signal: signal.distance or 0.0,
    )
    advice = {
        Verdict.WATCH: "look again when there are more titles",
        Verdict.WORRY: "label some of the new titles by hand before you trust the answers",
    }[verdict]
    return (
        f"{verdict.capitalize()}: what changed most is {most.name}: "
        f"{_change(most, shares, profile)} ({most.measure} {most.distance:.2f}, chance alone: "
        f"{most.noise:.2f}); {advice}{unjudged}."
    )


def _unjudged(signals: Sequence[Signal]) -> str:
    """Return what stays out of the verdict; without validation titles there is something."""
    names = [signal.name for signal in signals if signal.verdict is None]
    if not names:
        return ""
    were = "was" if len(names) == 1 else "were"
    return f"; {' and '.join(names)} {were} not judged, since the model has no validation titles"


def _change(signal: Signal, shares: Sequence[LabelShare], profile: Profile) -> str:
    if signal.name is SignalName.LABELS:
        moved = max(shares, key=lambda share: abs(share.here - share.there))
        way = "rose" if moved.here > moved.there else "fell"
        return f"{moved.label} {way} from {moved.there:.1%} of the answers to {moved.here:.1%}"
    there, here = (f"{value or 0.0:.1%}" for value in (signal.there, signal.here))
    if signal.name is SignalName.UNTITLED:
        others = _counted(profile.measured, f"{profile.measured_on} row")
        return f"{here} of the rows hold none, against {there} of {others}"
    others = _counted(profile.measured, f"{profile.measured_on} title")
    if signal.name is SignalName.WORDS:
        return f"{here} of the words are unknown, against {there} of the words of {others}"
    return f"its mean is {here}, against {there} on {others}"


def _counted(count: int, what: str) -> str:
    return f"the {what}" if count == 1 else f"the {count:,} {what}s"
