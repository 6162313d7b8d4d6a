"""Pictures of a study for notebooks, as SVG; the report draws its own in HTML."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from metier.evaluation import View
from metier.metrics import Scores
from metier.studies.results import TargetData, TrialResult

__all__ = [
    "confusion_picture",
    "fall_picture",
    "label_bars_picture",
    "loss_picture",
    "shares_picture",
]

# Told apart by people with colour-blindness: Okabe and Ito's palette.
INK = "#1b1f24"
GREY = "#8a929c"
BLUE = "#0072b2"
ORANGE = "#e69f00"
GREEN = "#009e73"
RED = "#d55e00"
SERIES = (GREY, BLUE, ORANGE, GREEN, RED)

STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "metier",
}


def shares_picture(data: TargetData, shares: Mapping[str, Mapping[str, float]]) -> str:
    """Draw label shares of several sources side by side.

    Args:
        data: The target.
        shares: Source to label to share.
    """
    with mpl.rc_context(STYLE):
        figure, axes = _figure(7.2, 0.42 * len(data.labels) + 1.0)
        height = 0.8 / len(shares)
        places = np.arange(len(data.labels))
        for number, (source, of_label) in enumerate(shares.items()):
            values = [100 * of_label[label] for label in data.labels]
            offset = (number - (len(shares) - 1) / 2) * height
            axes.barh(
                places + offset,
                values,
                height=height * 0.92,
                color=SERIES[number % len(SERIES)],
                label=source,
            )
        axes.set_yticks(places, data.labels)
        axes.invert_yaxis()
        axes.set_xlabel("share of rows, %")
        _legend_below(figure)
        return _svg(figure)


def fall_picture(trials: Sequence[TrialResult]) -> str:
    """Draw each variant's macro F1 in distribution and on the CVs."""
    with mpl.rc_context(STYLE):
        figure, axes = _figure(7.2, 0.36 * len(trials) + 1.0)
        for place, trial in enumerate(trials):
            inside, outside = _test(trial), _judged(trial)
            if inside is not None:
                axes.plot(
                    [inside.macro_f1, outside.macro_f1], [place, place], color="#d0d5db", lw=2
                )
                axes.plot(inside.macro_f1, place, "o", color=GREY, ms=7)
            interval = next(j.intervals for j in trial.judgements if j.view is View.ALL).macro_f1
            axes.plot([interval.low, interval.high], [place, place], color=BLUE, lw=1.2)
            axes.plot(outside.macro_f1, place, "o", color=BLUE, ms=7)
        axes.plot([], [], "o", color=GREY, label="test part of the curated list")
        axes.plot([], [], "o-", color=BLUE, lw=1.2, label="CVs, all jobs (95 % interval)")
        axes.set_yticks(range(len(trials)), [_name(trial, trials) for trial in trials])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.02)
        axes.set_xlabel("macro F1")
        axes.grid(axis="x", color="#eceff2")
        axes.set_axisbelow(True)
        _legend_below(figure)
        return _svg(figure)


def loss_picture(trial: TrialResult) -> str:
    """Draw the losses and the validation metric by epoch; the restored epoch is marked."""
    with mpl.rc_context(STYLE):
        figure, axes = _figure(3.5, 2.3)
        numbers = [epoch.epoch for epoch in trial.epochs]
        axes.plot(
            numbers,
            [e.training_loss for e in trial.epochs],
            "o-",
            ms=3,
            color=GREY,
            label="training",
        )
        losses = [epoch.validation_loss for epoch in trial.epochs]
        if losses and losses[0] is not None:
            axes.plot(numbers, _floats(losses), "o-", ms=3, color=BLUE, label="validation")
        restored = [epoch.epoch for epoch in trial.epochs if epoch.restored]
        for number in restored:
            axes.axvline(number, color=GREEN, lw=1, ls="--", label="restored")
        axes.set_xticks(numbers)
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, fontsize=7.5)
        return _svg(figure)


def confusion_picture(scores: Scores, labels: Sequence[str]) -> str:
    """Draw a confusion matrix: rows are true labels, shaded by their share of the row."""
    with mpl.rc_context(STYLE):
        size = 0.38 * len(labels) + 1.5
        figure, axes = _figure(size + 0.6, size)
        counts = np.asarray(scores.confusion)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(counts):
            if count:
                dark = shares[row, column] > 0.55
                axes.text(
                    column,
                    row,
                    str(count),
                    ha="center",
                    va="center",
                    fontsize=7.5,
                    color="white" if dark else INK,
                )
        axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right", fontsize=8)
        axes.set_yticks(range(len(labels)), labels, fontsize=8)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        for side in axes.spines.values():
            side.set_visible(False)
        return _svg(figure)


def label_bars_picture(scores: Mapping[str, Scores], labels: Sequence[str]) -> str:
    """Draw the F1 of every label for some variants side by side.

    Args:
        scores: Variant to its scores; four variants at most.
        labels: The labels in scale order.
    """
    with mpl.rc_context(STYLE):
        figure, axes = _figure(7.2, 0.42 * len(labels) + 1.2)
        height = 0.8 / len(scores)
        places = np.arange(len(labels))
        for number, (variant, found) in enumerate(scores.items()):
            offset = (number - (len(scores) - 1) / 2) * height
            values = [label.f1 for label in found.per_label]
            axes.barh(
                places + offset,
                values,
                height=height * 0.92,
                color=SERIES[number % len(SERIES)],
                label=variant,
            )
        support = [label.support for label in next(iter(scores.values())).per_label]
        names = [f"{label} ({n})" for label, n in zip(labels, support, strict=True)]
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.set_xlabel("F1 on the CVs, all jobs (rows in brackets)")
        _legend_below(figure)
        return _svg(figure)


def _test(trial: TrialResult) -> Scores | None:
    return trial.parts.get("test")


def _judged(trial: TrialResult) -> Scores:
    found = trial.scores(View.ALL)
    if found is None:
        raise ValueError(f"the trial {trial.variant} was not judged")
    return found


def _name(trial: TrialResult, trials: Sequence[TrialResult]) -> str:
    several = len({other.seed for other in trials}) > 1
    return f"{trial.variant}, seed {trial.seed}" if several else trial.variant


def _floats(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    # Without pyplot there is no global state, and nothing to close.
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    return figure, figure.add_subplot()


def _legend_below(figure: Figure) -> None:
    figure.legend(frameon=False, loc="outside lower center", ncols=3)


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]
