"""Generated titles: seconds for 50,000, how well they are told from real ones, what they teach.

    METIER_BENCHMARK_DATA=... python benchmarks/generation.py

Shares are estimated on the unlabelled CVs of the benchmark. A bag of words is fitted to the titles
of the first seed alone, near none of the development CVs' titles, and scored on the development
CVs; its figures are marked as seen and stand beside those of the rules. Writes
benchmarks/generation.json.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from metier.classifiers import Classifier
from metier.classifiers.bag_of_words import BagOfWordsClassifier
from metier.classifiers.folders import model_hash
from metier.classifiers.rules import RulesClassifier
from metier.data import CVs, Role, read_cvs, read_titles
from metier.evaluation import Ledger, View, judge, predictions_of
from metier.guidelines import load_guidelines
from metier.synthesis import domain_auc, estimate_mixture, generate

OUT = Path(__file__).with_suffix(".json")
COUNT = 50_000
SEEDS = (1, 2, 3)


def scores(classifier: Classifier, cvs: CVs) -> dict[str, Any]:
    """Return accuracy and macro F1 on all jobs."""
    probabilities = predictions_of(classifier, cvs.titles)
    with tempfile.TemporaryDirectory() as folder:
        classifier.save(Path(folder))
        model = model_hash(Path(folder))
    [judged] = judge(
        probabilities,
        cvs,
        classifier.scale,
        (),
        [View.ALL],
        ledger=Ledger.default(),
        model=model,
        name=classifier.method,
        by="benchmarks/generation.py",
    )
    return {
        "seen": True,
        "accuracy": round(judged.scores.accuracy, 3),
        "macro_f1": round(judged.scores.macro_f1, 3),
    }


def main() -> None:
    """Measure, print and write."""
    folder = os.environ.get("METIER_BENCHMARK_DATA")
    if not folder:
        sys.exit("METIER_BENCHMARK_DATA is not set: it names the folder of the CV benchmark.")
    subject, rank = load_guidelines("department"), load_guidelines("seniority")
    real = read_titles(Path(folder) / "linkedin-cvs-not-annotated.json")
    development = Path(folder) / "linkedin-cvs-development.json"
    cvs = read_cvs(development, Role.DEVELOPMENT, [subject.scale, rank.scale])
    seconds, aucs, dropped = [], [], {}
    learnt: dict[str, dict[str, Any]] = {}
    for seed in SEEDS:
        started = time.perf_counter()
        mixture = estimate_mixture(real, subject, rank)
        made = generate(subject, rank, mixture, COUNT, seed=seed, apart_from=cvs.titles)
        seconds.append(round(time.perf_counter() - started, 1))
        titles = [one.title for one in made.titles]
        dropped = dict(made.dropped)
        aucs.append(round(domain_auc(titles, real, seed=seed), 3))
        if seed != SEEDS[0]:
            continue
        for page in (subject, rank):
            labels = [one.labels[page.target] for one in made.titles]
            fitted = BagOfWordsClassifier(page.scale).fit(titles, labels)
            learnt[page.target] = scores(fitted, cvs)
    found = {
        "titles": COUNT,
        "seconds": {"median": statistics.median(seconds), "all": seconds},
        "auc_against_real": {"median": statistics.median(aucs), "all": aucs},
        "left_out": dropped,
        "rules": {
            page.target: scores(RulesClassifier(page.scale), cvs) for page in (subject, rank)
        },
        "bag_of_words_on_generated_titles": learnt,
    }
    text = json.dumps(found, indent=2)
    OUT.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
