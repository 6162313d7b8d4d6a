"""Small line charts, drawn as SVG by the page's template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from metier.metrics.calibration import ReliabilityBin
from metier.studies.evidence.models import Calibration
from metier.studies.formats import figure
from metier.studies.results import EpochResult, TrialResult

__all__ = ["Chart", "Line", "Tick", "loss_chart", "reliability_chart", "risk_chart"]

# The plot within the picture, in units of the picture; what is left holds ticks and names.
WIDTH, HEIGHT = 300.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 8.0, 40.0
SMALLEST_DOT, LARGEST_DOT = 1.5, 5.0
RESTORED_DOT = 4.0


@dataclass(frozen=True)
class Dot:
    """A point of a line, in the picture's units."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where it stands in the picture, and what it says."""

    place: float
    text: str


@dataclass(frozen=True)
class Line:
    """A line of a chart.

    Attributes:
        name: What the legend calls it.
        look: Its style: ``plain``, ``strong`` or ``ideal``.
        points: Its corners, as an SVG list.
        dots: The points that are marked.
        legend: Whether the legend names it.
    """

    name: str
    look: str
    points: str
    dots: tuple[Dot, ...] = ()
    legend: bool = True


@dataclass(frozen=True)
class Chart:
    """A picture of lines.

    Attributes:
        alt: What it shows, for those who do not see it.
        x_name: Name of the horizontal axis.
        y_name: Name of the vertical axis.
        x_ticks: Marks of the horizontal axis.
        y_ticks: Marks of the vertical axis.
        lines: The lines, drawn in this order.
        mark: Where a vertical line stands, or None.
        mark_name: What the legend calls that line.
    """

    alt: str
    x_name: str
    y_name: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    mark: float | None = None
    mark_name: str = ""
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM


@dataclass(frozen=True)
class _Plane:
    """Maps values to places in the picture."""

    x_low: float
    x_high: float
    y_high: float

    def x(self, value: float) -> float:
        share = (value - self.x_low) / max(self.x_high - self.x_low, 1e-9)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        share = min(value / self.y_high, 1.0)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    def line(self, points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{self.x(x):g},{self.y(y):g}" for x, y in points)

    def x_ticks(self, values: Sequence[float]) -> tuple[Tick, ...]:
        return tuple(Tick(self.x(value), _tick(value)) for value in values)

    def y_ticks(self, values: Sequence[float]) -> tuple[Tick, ...]:
        return tuple(Tick(self.y(value), _tick(value)) for value in values)


def _tick(value: float) -> str:
    return f"{value:.3g}".removeprefix("0") or "0"


QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability_chart(found: Calibration) -> Chart:
    """Draw accuracy over confidence, without and with the temperature."""
    plane = _Plane(0, 1, 1)
    most = max((each.n for each in (*found.bins, *found.bins_after)), default=1)

    def line(name: str, look: str, bins: Sequence[ReliabilityBin]) -> Line:
        span = LARGEST_DOT - SMALLEST_DOT
        return Line(
            name=name,
            look=look,
            points=plane.line([(each.confidence, each.accuracy) for each in bins]),
            dots=tuple(
                Dot(
                    plane.x(each.confidence),
                    plane.y(each.accuracy),
                    round(SMALLEST_DOT + span * (each.n / most) ** 0.5, 1),
                )
                for each in bins
            ),
        )

    return Chart(
        alt="Share of right answers over confidence: on the diagonal, confidence can be taken at "
        f"its word. The calibration error is {figure(found.error)} without and "
        f"{figure(found.error_after)} with the temperature.",
        x_name="confidence",
        y_name="share right",
        x_ticks=plane.x_ticks(QUARTERS),
        y_ticks=plane.y_ticks(QUARTERS),
        lines=(
            Line("as it should be", "ideal", plane.line([(0, 0), (1, 1)])),
            line("as trained", "plain", found.bins),
            line("with temperature", "strong", found.bins_after),
        ),
    )


def risk_chart(found: Calibration) -> Chart:
    """Draw the share of wrong answers over the share of jobs that are answered."""
    highest = max(found.risk, default=0.0)
    top = next((each for each in (0.1, 0.25, 0.5) if highest <= each), 1.0)
    plane = _Plane(0, 1, top)
    answered = found.answered
    return Chart(
        alt="Share of wrong answers over the share of jobs that are answered, the most confident "
        f"first; the area below is {figure(found.area)}.",
        x_name="share of jobs answered",
        y_name="share wrong",
        x_ticks=plane.x_ticks(QUARTERS),
        y_ticks=plane.y_ticks([top * share / 5 for share in range(6)]),
        lines=(
            Line(
                "wrong among the answered",
                "strong",
                plane.line(list(zip(found.coverage, found.risk, strict=True))),
            ),
        ),
        mark=None if answered is None else plane.x(answered.coverage),
        mark_name="the threshold",
    )


def loss_chart(trials: Sequence[TrialResult]) -> Chart | None:
    """Draw a variant's losses by epoch, a line a seed; the restored epoch is marked.

    Args:
        trials: The variant's trials; those without epochs are left out.

    Returns:
        The chart, or None where no trial has epochs.
    """
    trained = [trial for trial in trials if trial.epochs]
    if not trained:
        return None
    epochs = [epoch for trial in trained for epoch in trial.epochs]
    first, last = min(e.epoch for e in epochs), max(e.epoch for e in epochs)
    highest = max(max(epoch.training_loss, epoch.validation_loss or 0.0) for epoch in epochs)
    plane = _Plane(first, last, max(highest * 1.05, 1e-9))
    lines: list[Line] = []
    for trial in trained:
        named = trial is trained[0]
        lines.append(
            _loss_line(plane, trial, "training", "plain", lambda e: e.training_loss, named)
        )
        if all(epoch.validation_loss is not None for epoch in trial.epochs):
            lines.append(
                _loss_line(
                    plane, trial, "validation", "strong", lambda e: e.validation_loss or 0.0, named
                )
            )
    step = max(1, round((last - first) / 6))
    return Chart(
        alt=f"Training and validation loss of {trained[0].variant} by epoch.",
        x_name="epoch",
        y_name="loss",
        x_ticks=plane.x_ticks(range(first, last + 1, step)),
        y_ticks=plane.y_ticks([0, highest / 2, highest]),
        lines=tuple(lines),
    )


def _loss_line(
    plane: _Plane,
    trial: TrialResult,
    name: str,
    look: str,
    loss: Callable[[EpochResult], float],
    named: bool,
) -> Line:
    return Line(
        name=name,
        look=look,
        points=plane.line([(epoch.epoch, loss(epoch)) for epoch in trial.epochs]),
        dots=tuple(
            Dot(plane.x(epoch.epoch), plane.y(loss(epoch)), RESTORED_DOT)
            for epoch in trial.epochs
            if epoch.restored
        ),
        legend=named,
    )
