"""Training speed of the offline backbone: the reference settings against metier's.

Both train on the same 2,000 curated titles for the same number of steps (one epoch in batches of
16, two in batches of 32), with three seeds, and are scored on the same held-out titles. The
reference settings pad every title to 80 tokens, take batches of 16 and train all weights in
float32; metier sorts titles by length, takes batches of 32, freezes the word embeddings, and uses
bfloat16 where the processor has it. Learning rate and start of the head are the same, so that
only what makes for speed differs; the time is that of the whole fit.

    METIER_BENCHMARK_DATA=... python benchmarks/training_speed.py

Without METIER_BENCHMARK_DATA the packaged sample is used (fewer titles). Writes
benchmarks/training_speed.json.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from metier.classifiers.transformer.classifier import TransformerClassifier
from metier.data import LabelledTitles, read_label_list, sample_file, split
from metier.guidelines import load_guidelines
from metier.metrics import score

BACKBONE = "bundled:multilingual-e5-small"
SEEDS = (1, 2, 3)
TITLES = 2000
SETTINGS: dict[str, dict[str, Any]] = {
    "reference": {
        "epochs": 1,
        "batch_size": 16,
        "pad_to": 80,
        "max_tokens": 80,
        "freeze_embeddings": False,
        "precision": "float32",
    },
    "metier": {"epochs": 2, "batch_size": 32},
}


def main() -> None:
    """Run both settings with all seeds, alternating, and print and store the figures."""
    training, held_out = _data()
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in SETTINGS}
    for seed in SEEDS:
        for name, settings in SETTINGS.items():
            runs[name].append(_run(settings, seed, training, held_out))
            print(name, runs[name][-1], file=sys.stderr)
    rates = {name: _median(rows, "rate") for name, rows in runs.items()}
    found = {
        "titles": len(training),
        "held out": len(held_out),
        "samples a second, median": rates,
        "times as fast": round(rates["metier"] / rates["reference"], 1),
        "macro F1, median": {name: _median(rows, "macro_f1") for name, rows in runs.items()},
        "runs": runs,
    }
    text = json.dumps(found, indent=1)
    print(text)
    (Path(__file__).parent / "training_speed.json").write_text(text + "\n", encoding="utf-8")


def _data() -> tuple[LabelledTitles, LabelledTitles]:
    scale = load_guidelines("department").scale
    folder = os.environ.get("METIER_BENCHMARK_DATA")
    path = Path(folder) / "department-v2.csv" if folder else sample_file("curated-department.csv")
    parts = split(read_label_list(path, scale))
    rows = np.random.default_rng(0).permutation(len(parts.training))[:TITLES]
    return parts.training.take(rows.tolist()), parts.test


def _run(
    settings: dict[str, Any], seed: int, training: LabelledTitles, held_out: LabelledTitles
) -> dict[str, float]:
    """Train once and score; the time is that of the whole ``fit``, loading included."""
    classifier = TransformerClassifier(
        training.scale, backbone=BACKBONE, learning_rate=1e-4, seed=seed, **settings
    )
    started = time.perf_counter()
    classifier.fit(training.titles, training.labels)
    seconds = time.perf_counter() - started
    predicted = classifier.predict_proba(held_out.titles).argmax(axis=1)
    scores = score(held_out.scale.indices(held_out.labels), predicted, held_out.scale)
    return {
        "seed": seed,
        "rate": round(len(training) * settings["epochs"] / seconds, 2),
        "seconds": round(seconds, 1),
        "accuracy": round(scores.accuracy, 4),
        "macro_f1": round(scores.macro_f1, 4),
    }


def _median(rows: list[dict[str, float]], name: str) -> float:
    return round(statistics.median(row[name] for row in rows), 4)


if __name__ == "__main__":
    main()
