"""How many distinct titles there are in so many jobs, by Heaps' law, and what that is a guess of.

    METIER_BENCHMARK_DATA=... python benchmarks/distinct_titles.py

Titles of the unlabelled CVs come in, one CV after the other, in random orders; the distinct ones
(but for case and spacing) are counted as they come. Heaps' law says that n jobs have D = K·n^β of
them; K and β are fitted to the mean over the orders, as a line through the logarithms. The
interval is from halves of the CVs drawn at random: they spread around the whole as bootstrap
samples do, but hold no CV twice, which would make titles look less distinct than they are.

The interval tells how far other CVs of the kind would have led, and nothing about whether the law
holds: from two thousand jobs to a billion it is stretched over six orders of magnitude. Two other
guesses stand beside it: the exponent of the last doubling, and 0.5, as of words in long texts,
from here on. Writes benchmarks/distinct_titles.json; no title is in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from metier.data import Role, read_cvs
from metier.titles import title_key

FILE = "linkedin-cvs-not-annotated.json"
ORDERS = 100
HALVES = 1000
# Before, nearly every title is new, whatever the law.
FIRST = 100
POINTS = 20
TEXT_EXPONENT = 0.5
JOBS = (100_000, 1_000_000, 1_000_000_000)

CVs = Sequence[Sequence[int]]


def main() -> None:
    """Fit, extrapolate, and print and store the figures."""
    cvs = _cvs(Path(os.environ["METIER_BENCHMARK_DATA"]) / FILE)
    random = np.random.default_rng(0)
    counts = _counts(cvs, ORDERS, random)
    jobs, distinct = len(counts), float(counts[-1])
    factor, exponent = _fit(counts)
    halves = np.array([_half(cvs, random) for _ in range(HALVES)])
    # A half of half the size is as far from its mean as the whole is from the truth.
    spread = halves - halves.mean(axis=0)
    last = float(np.log2(distinct / counts[jobs // 2 - 1]))
    found = {
        "data": FILE,
        "cvs": len(cvs),
        "jobs": jobs,
        "distinct": int(distinct),
        "growth, mean of orders": {
            str(n): round(float(counts[n - 1]), 1) for n in _points(jobs)[::3]
        },
        "fit": {
            "K": round(float(np.exp(factor)), 3),
            "exponent": round(exponent, 4),
            "exponent, 95 % interval": _rounded(
                np.quantile(exponent + spread[:, 1], [0.025, 0.975])
            ),
            "largest residual of log10": round(_residual(counts, factor, exponent), 4),
        },
        "exponent of the last doubling": round(last, 4),
        "distinct titles in so many jobs": {
            str(n): {
                "fit": _two_digits(np.exp(factor + exponent * np.log(n))),
                "95 % interval": [
                    _two_digits(np.exp(at))
                    for at in np.quantile(
                        factor + spread[:, 0] + (exponent + spread[:, 1]) * np.log(n),
                        [0.025, 0.975],
                    )
                ],
                "exponent of the last doubling": _two_digits(distinct * (n / jobs) ** last),
                "exponent 0.5 from here on": _two_digits(distinct * (n / jobs) ** TEXT_EXPONENT),
            }
            for n in JOBS
        },
    }
    text = json.dumps(found, indent=1)
    print(text)
    (Path(__file__).parent / "distinct_titles.json").write_text(text + "\n", encoding="utf-8")


def _cvs(path: Path) -> CVs:
    """Read the CVs' titles as numbers, the same number for the same title."""
    jobs = read_cvs(path, Role.UNLABELLED).jobs
    numbers: dict[str, int] = {}
    return [
        [numbers.setdefault(title_key(job.title), len(numbers)) for job in of_cv]
        for _, of_cv in groupby(jobs, key=lambda job: job.cv)
    ]


def _counts(cvs: CVs, orders: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return the distinct titles among the first 1, 2, … jobs, as a mean over orders."""
    total = np.zeros(sum(map(len, cvs)))
    for _ in range(orders):
        stream = np.concatenate([cvs[number] for number in random.permutation(len(cvs))])
        is_new = np.zeros(len(stream))
        is_new[np.unique(stream, return_index=True)[1]] = 1
        total += is_new.cumsum()
    return total / orders


def _points(jobs: int) -> NDArray[np.int64]:
    return np.unique(np.geomspace(FIRST, jobs, POINTS).round().astype(np.int64))


def _fit(counts: NDArray[np.float64]) -> tuple[float, float]:
    """Return log K and β."""
    points = _points(len(counts))
    exponent, factor = np.polyfit(np.log(points), np.log(counts[points - 1]), 1)
    return float(factor), float(exponent)


def _half(cvs: CVs, random: np.random.Generator) -> tuple[float, float]:
    chosen = random.permutation(len(cvs))[: len(cvs) // 2]
    return _fit(_counts([cvs[number] for number in chosen], 5, random))


def _residual(counts: NDArray[np.float64], factor: float, exponent: float) -> float:
    points = _points(len(counts))
    residuals = np.log(counts[points - 1]) - factor - exponent * np.log(points)
    return float(np.abs(residuals).max() / np.log(10))


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 4) for value in values]


def _two_digits(value: float) -> int:
    """Round to what may be meant."""
    return int(float(f"{value:.1e}"))


if __name__ == "__main__":
    main()
