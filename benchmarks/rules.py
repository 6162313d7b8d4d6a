"""Rules alone: scores on the development CVs and per language, and titles a second.

    METIER_BENCHMARK_DATA=... python benchmarks/rules.py

Without METIER_BENCHMARK_DATA the scores on CVs are left out; with it they are marked as seen.
Speed is the median of five fresh processes, one thread each, on 200,000 distinct generated titles
that the process has not read before: what a word holds is worked out within the time. Writes
benchmarks/rules.json.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from metier.classifiers.folders import page_hash
from metier.classifiers.rules import RulesClassifier
from metier.data import SAMPLE_UNLABELLED, Role, read_cvs, read_titles, sample_file
from metier.evaluation import View, judge, predictions_of
from metier.evaluation.ledger import Ledger
from metier.guidelines import load_guidelines, packaged_targets
from metier.metrics import score
from metier.synthesis import estimate_mixture, generate

OUT = Path(__file__).with_suffix(".json")
LANGUAGES = Path(__file__).parents[1] / "tests" / "guidelines" / "titles"
DEVELOPMENT = "linkedin-cvs-development.json"
FIGURES = {"n", "accuracy", "macro_f1", "mae"}
TITLES = 200_000
PROCESSES = 5


def on_cvs(target: str, file: Path) -> dict[str, Any]:
    """Return the rules' scores on the development CVs, by view."""
    rules = RulesClassifier(load_guidelines(target).scale)
    cvs = read_cvs(file, Role.DEVELOPMENT, [rules.scale])
    judged = judge(
        predictions_of(rules, cvs.titles),
        cvs,
        rules.scale,
        (),
        ledger=Ledger.default(),
        model=page_hash(rules.guidelines),
        name="rules",
        by="benchmarks/rules.py",
    )
    return {
        str(one.view): {"seen": True, **_rounded(one.scores.model_dump(include=FIGURES))}
        for one in judged
        if one.view is not View.NEW
    }


def by_language(target: str) -> dict[str, float]:
    """Return the accuracy of the rules on the test titles of each language."""
    rules = RulesClassifier(load_guidelines(target).scale)
    found = {}
    for file in sorted(LANGUAGES.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        given = rules.predict_proba([row["title"] for row in rows]).argmax(axis=1)
        right = rules.scale.indices([row[target] for row in rows])
        found[file.stem] = round(score(right, given, rules.scale).accuracy, 3)
    return found


def titles_a_second(target: str, titles: list[str]) -> float:
    """Return the rate of this process, caches cold but for the compiled page."""
    rules = RulesClassifier(load_guidelines(target).scale)
    rules.predict_proba([""])
    started = time.perf_counter()
    rules.predict_proba(titles)
    return len(titles) / (time.perf_counter() - started)


def speed(target: str, file: Path) -> dict[str, Any]:
    """Measure the rate in processes of their own."""
    command = [sys.executable, __file__, target, str(file)]
    alone = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    rates = [
        float(subprocess.run(command, env=alone, check=True, capture_output=True).stdout)  # noqa: S603
        for _ in range(PROCESSES)
    ]
    return {"titles_a_second": round(statistics.median(rates)), "all": sorted(map(round, rates))}


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in figures.items()
    }


def main() -> None:
    """Measure, print and write."""
    subject, rank = load_guidelines("department"), load_guidelines("seniority")
    mixture = estimate_mixture(read_titles(sample_file(SAMPLE_UNLABELLED)), subject, rank)
    generated = [one.title for one in generate(subject, rank, mixture, TITLES, seed=0).titles]
    folder = os.environ.get("METIER_BENCHMARK_DATA")
    found: dict[str, Any] = {"distinct_titles": len(generated)}
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "titles.json"
        file.write_text(json.dumps(generated), encoding="utf-8")
        for target in packaged_targets():
            found[target] = {
                "speed": speed(target, file),
                "languages": by_language(target),
                "development_cvs": on_cvs(target, Path(folder) / DEVELOPMENT) if folder else None,
            }
    text = json.dumps(found, indent=2)
    OUT.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        texts = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
        print(titles_a_second(sys.argv[1], texts))
    else:
        main()
