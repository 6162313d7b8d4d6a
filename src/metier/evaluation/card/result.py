"""What the figures of a model card consist of."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from metier.evaluation.invariance import ChangeRate
from metier.evaluation.slices import SliceScore
from metier.metrics import AnsweredScores, Interval, Intervals, LabelScore, ReliabilityBin, Scores

__all__ = [
    "MOST_VARIED",
    "SURE",
    "CardCalibration",
    "CardConfusion",
    "CardData",
    "CardDetails",
    "CardFigures",
    "CardLabel",
    "CardTarget",
    "CardView",
]

SURE = 0.9
"""From this confidence on an answer counts as sure."""
MOST_VARIED = 300
"""Different titles that are varied at most to measure invariance."""


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True)


class CardView(_Figures):
    """The scores on some rows of the data.

    Attributes:
        heading: Which rows.
        scores: The scores.
        intervals: 95 % intervals by bootstrap: over CVs, or over different titles.
    """

    heading: str
    scores: Scores
    intervals: Intervals


class CardLabel(_Figures):
    """The scores of one label.

    Attributes:
        scores: Rows, precision, recall and F1.
        recall: A 95 % interval of the recall (Wilson), which takes rows for independent; None for
            a label that does not occur.
    """

    scores: LabelScore
    recall: Interval | None


class CardCalibration(_Figures):
    """Whether the confidence means what it says.

    Attributes:
        error: Expected calibration error over ten bins, in [0, 1].
        bins: The bins that hold a row.
        sure: Share of the rows answered with a confidence of ``SURE`` or more, and their accuracy.
    """

    error: float
    bins: tuple[ReliabilityBin, ...]
    sure: AnsweredScores


class CardConfusion(_Figures):
    """Rows of one label that got one other label.

    Attributes:
        label: The label in the data.
        predicted: The answer.
        rows: Rows so answered.
        examples: Some of their titles; none where the data are CVs.
    """

    label: str
    predicted: str
    rows: int
    examples: tuple[str, ...] = ()


class CardDetails(_Figures):
    """What a model does on every row of a data set, closely.

    Attributes:
        labels: The scores of each label, in scale order.
        languages: Scores by language, the most frequent first; the name is the ISO code.
        calibration: Calibration.
        confusions: The ten most frequent confusions.
    """

    labels: tuple[CardLabel, ...]
    languages: tuple[SliceScore, ...]
    calibration: CardCalibration
    confusions: tuple[CardConfusion, ...]


class CardData(_Figures):
    """What a model does on one data set for one target.

    Attributes:
        source: The file's name.
        kind: Labelled titles, or annotated CVs.
        seen: Whether the figures are of development CVs, which are looked at while developing.
        rows: Rows: titles or jobs.
        different: Different titles among them, but for case and spacing.
        cvs: CVs that the jobs come from; None for titles.
        known: Rows whose title is in a file that the model was trained on; None where no such
            file was named.
        unanswered: Rows that the model cannot answer.
        views: The scores, all rows or what is nearest to them first.
        not_scored: Views that hold rows which the model cannot answer.
        language_by: Whether languages stand in the file or were told by a detector.
        details: Closer figures of every row; None where the model cannot answer every one.
    """

    source: str
    kind: Literal["titles", "cvs"]
    seen: bool
    rows: int
    different: int
    cvs: int | None
    known: int | None
    unanswered: int
    views: tuple[CardView, ...]
    not_scored: tuple[str, ...]
    language_by: Literal["column", "detector"]
    details: CardDetails | None


class CardTarget(_Figures):
    """What a model does for one target.

    Attributes:
        target: The target.
        labels: Its labels, in scale order.
        ordinal: Whether they have an order.
        data: A data set each; none where nothing with this target's labels was given.
        invariance: How often the label changes with what should not matter, by kind of change;
            None where it was not measured, for want of titles or because answers are costly.
    """

    target: str
    labels: tuple[str, ...]
    ordinal: bool
    data: tuple[CardData, ...]
    invariance: tuple[ChangeRate, ...] | None


class CardFigures(_Figures):
    """All figures of a model card.

    Attributes:
        targets: The model's targets.
        different: Different titles given, of which at most ``MOST_VARIED`` were varied.
        seen_given: Whether files that the model was trained on were named.
    """

    targets: tuple[CardTarget, ...]
    different: int
    seen_given: bool
