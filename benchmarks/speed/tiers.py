"""The tiers of an exported model against what people run today, in one run.

    METIER_BENCHMARK_DATA=... python benchmarks/speed/tiers.py EXPORTED RUN

EXPORTED is what `metier export RUN` wrote, its exact tier in either precision. The contenders take
turns, five rounds, and the medians count. Every call is for distinct titles straight to the
classifier, so that no answer is remembered:

- `pipeline`: `transformers.pipeline("text-classification")` on RUN's checkpoint, batches of 32
- `exact`, `fast`, `cascade`: the tiers, `predict_proba`
- `tf-idf`: scikit-learn's word TF-IDF and logistic regression, `predict_proba`

Real titles are those of the development CVs (their labels are not read here); made titles are
generated from the guidelines. Then come the latency of one title, the time to import and load in a
fresh process, the memory of such a process with 200,000 titles, and the macro F1 of each tier on
the development CVs, which are seen. Writes benchmarks/speed/tiers.json. Without
METIER_BENCHMARK_DATA the packaged sample takes its place.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import transformers
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import metier
from metier.classifiers import Classifier
from metier.classifiers.distilled.scoring import Scorer
from metier.classifiers.folders import classifier_folders, model_hashes
from metier.data import (
    SAMPLE_UNLABELLED,
    CVs,
    Role,
    read_cvs,
    read_label_list,
    read_titles,
    sample_file,
)
from metier.evaluation import View, judge, predictions_of
from metier.evaluation.ledger import Ledger
from metier.guidelines import load_guidelines
from metier.synthesis import estimate_mixture, generate

OUT = Path(__file__).with_suffix(".json")
TIERS = ("exact", "fast", "cascade")
ROUNDS = 5
MADE = 200_000
# What the slow contenders are given of the made titles.
FEW = 800
SINGLE = 200

FRESH = """
import sys, time
started = time.perf_counter()
import metier
model = metier.load(sys.argv[1], sys.argv[2])
loaded = time.perf_counter() - started
model.predict(["Head of Paint Sales"])
print(loaded, time.perf_counter() - started)
"""
MEMORY = """
import json, sys
import metier
titles = json.load(open(sys.argv[3], encoding="utf-8"))
model = metier.load(sys.argv[1], sys.argv[2])
for start in range(0, len(titles), 2000):
    model.predict(titles[start : start + 2000])
# What the process began as counts in its resource usage, but not here.
print([int(line.split()[1]) / 1024 for line in open("/proc/self/status") if "VmHWM" in line][0])
"""


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("exported", type=Path)
    parser.add_argument("run", type=Path)
    chosen = parser.parse_args()
    exported: Path = chosen.exported
    real, made = _real_titles(), _made_titles()
    found: dict[str, Any] = {
        "machine": {
            "processors": len(os.sched_getaffinity(0)),
            "python": platform.python_version(),
        },
        "real titles": len(real),
        "made titles": len(made),
        "targets": {},
    }
    for target, checkpoint in classifier_folders(chosen.run).items():
        tiers = {tier: metier.load(exported, tier).classifiers[target] for tier in TIERS}
        found["targets"][target] = {
            "speed": _speed(target, checkpoint, tiers, real, made),
            "development CVs, all jobs (seen)": _accuracy(target, exported, tiers),
        }
    found["one title, milliseconds"] = {tier: _latency(exported, tier, real) for tier in TIERS}
    found["fresh process"] = {tier: _fresh(exported, tier) for tier in TIERS}
    found["memory, MiB, 200,000 titles"] = {"fast": _memory(exported, "fast", made)}
    text = json.dumps(found, indent=1)
    print(text)
    OUT.write_text(text + "\n", encoding="utf-8")


def _speed(
    target: str,
    checkpoint: Path,
    tiers: dict[str, Classifier],
    real: Sequence[str],
    made: Sequence[str],
) -> dict[str, Any]:
    """Let the contenders take turns, and return titles a second and the ratios."""
    pipeline: Any = transformers.pipeline(
        "text-classification", model=str(checkpoint), device="cpu"
    )
    words = _tfidf(target)
    contenders: dict[str, tuple[Callable[[Sequence[str]], object], Sequence[str]]] = {
        "pipeline, real": (lambda titles: pipeline(list(titles), batch_size=32), real),
        "pipeline, made": (lambda titles: pipeline(list(titles), batch_size=32), made[:FEW]),
        "exact, real": (tiers["exact"].predict_proba, real),
        "exact, made": (tiers["exact"].predict_proba, made[:FEW]),
        "cascade, real": (tiers["cascade"].predict_proba, real),
        "fast, real": (tiers["fast"].predict_proba, real),
        "fast, made": (tiers["fast"].predict_proba, made),
        "tf-idf, made": (words.predict_proba, made),
    }
    for ask, titles in contenders.values():
        ask(titles[:64])

    def fresh() -> None:
        for name in ("fast", "cascade"):
            classifier = tiers[name]
            student: Any = getattr(classifier, "fast_", classifier)
            student.scorer_ = Scorer(student.scorer_.weights)

    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, (ask, titles) in contenders.items():
            # What the fast tier remembers of words is of no use to it here.
            fresh()
            started = time.perf_counter()
            ask(titles)
            rates[name].append(len(titles) / (time.perf_counter() - started))
    median = {name: statistics.median(each) for name, each in rates.items()}
    _, handed = tiers["cascade"].predict_with_tiers(real)
    return {
        "titles a second, median": {name: round(each) for name, each in median.items()},
        "titles a second, all": {
            name: [round(one) for one in each] for name, each in rates.items()
        },
        "times as fast as the pipeline": {
            "exact, real": round(median["exact, real"] / median["pipeline, real"], 1),
            "exact, made": round(median["exact, made"] / median["pipeline, made"], 1),
            "cascade, real": round(median["cascade, real"] / median["pipeline, real"], 1),
            "fast, real": round(median["fast, real"] / median["pipeline, real"]),
            "fast, made": round(median["fast, made"] / median["pipeline, made"]),
        },
        "fast, times as fast as tf-idf": round(median["fast, made"] / median["tf-idf, made"], 2),
        "cascade, share handed on, real titles": round(
            sum(tier == "exact" for tier in handed or []) / len(real), 3
        ),
    }


def _accuracy(target: str, exported: Path, tiers: dict[str, Classifier]) -> dict[str, Any]:
    """Return accuracy and macro F1 of each tier on all jobs, and what the cascade closes."""
    cvs = _annotated(target)
    scale = tiers["exact"].scale
    found: dict[str, Any] = {}
    for tier, classifier in tiers.items():
        (judged,) = judge(
            predictions_of(classifier, cvs.titles),
            cvs,
            scale,
            (),
            [View.ALL],
            ledger=Ledger.default(),
            model=model_hashes(exported, tier)[target],
            name=f"{exported.name}, {tier}",
            by="benchmarks/speed/tiers.py",
        )
        found[tier] = {
            "accuracy": round(judged.scores.accuracy, 4),
            "macro_f1": round(judged.scores.macro_f1, 4),
        }
    _, handed = tiers["cascade"].predict_with_tiers(cvs.titles)
    gap = found["exact"]["macro_f1"] - found["fast"]["macro_f1"]
    closed = found["cascade"]["macro_f1"] - found["fast"]["macro_f1"]
    return {
        **found,
        "gap of macro F1, exact - fast": round(gap, 4),
        "share of the gap that the cascade closes": round(closed / gap, 2) if gap > 0 else None,
        "share handed on": round(sum(tier == "exact" for tier in handed or []) / len(cvs.jobs), 3),
    }


def _latency(exported: Path, tier: str, titles: Sequence[str]) -> dict[str, float]:
    """Return the milliseconds of one title for all targets, straight to a model."""
    model = metier.load(exported, tier)
    model.predict(["warm"])
    times = []
    for title in titles[:SINGLE]:
        started = time.perf_counter()
        model.predict([title])
        times.append((time.perf_counter() - started) * 1000)
    return {
        "median": round(statistics.median(times), 3),
        "95 %": round(float(np.quantile(times, 0.95)), 3),
        "targets": len(model.classifiers),
    }


def _fresh(exported: Path, tier: str) -> dict[str, float]:
    """Return the seconds to import and load, and to the first answer, in fresh processes."""
    runs = [_run(FRESH, str(exported), tier).split() for _ in range(ROUNDS)]
    return {
        "import and load, seconds": round(statistics.median(float(run[0]) for run in runs), 3),
        "first answer, seconds": round(statistics.median(float(run[1]) for run in runs), 3),
    }


def _memory(exported: Path, tier: str, titles: Sequence[str]) -> float:
    file = OUT.with_name("titles.tmp.json")
    file.write_text(json.dumps(list(titles)), encoding="utf-8")
    try:
        return round(float(_run(MEMORY, str(exported), tier, str(file))), 1)
    finally:
        file.unlink()


def _run(code: str, *words: str) -> str:
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def _tfidf(target: str) -> Any:
    curated = read_label_list(
        _file(f"{target}-v2.csv", f"curated-{target}.csv"), load_guidelines(target).scale
    )
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))
    return model.fit(curated.titles, curated.labels)


def _annotated(target: str) -> CVs:
    file = _file("linkedin-cvs-development.json", "labelled-cvs.json")
    return read_cvs(file, Role.DEVELOPMENT, [load_guidelines(target).scale])


def _real_titles() -> list[str]:
    cvs = _file("linkedin-cvs-development.json", "labelled-cvs.json")
    return list(dict.fromkeys(read_titles(cvs)))


def _made_titles() -> list[str]:
    pages = load_guidelines("department"), load_guidelines("seniority")
    mixture = estimate_mixture(read_titles(sample_file(SAMPLE_UNLABELLED)), *pages)
    # Another seed than an export's: other titles than those that the fast tier was distilled on.
    return [one.title for one in generate(*pages, mixture, MADE, seed=7).titles]


def _file(benchmark: str, sample: str) -> Path:
    folder = os.environ.get("METIER_BENCHMARK_DATA")
    return Path(folder) / benchmark if folder else sample_file(sample)


if __name__ == "__main__":
    main()
