"""Accuracy of models on clean titles and on the development CVs, and what they confuse.

    METIER_BENCHMARK_DATA=... python benchmarks/accuracy/accuracy.py rules open open:fast runs/best

A model is a name or a folder as ``metier.load`` takes it, with a tier behind a colon. Clean titles
are those of ``clean-titles.csv``, 500 in 16 languages, written by a language model that had seen
neither the markers nor a list. No training reads the file; the new ones do not stand among the
written titles, either.
Without METIER_BENCHMARK_DATA the CVs are left out; with it their figures are marked as seen, and
new are the titles that stand in no list or CV that a training may have read. Writes accuracy.json
and accuracy.md; no title of a CV is in them.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.append(str(Path(__file__).parents[1]))

import metier
from metier.classifiers import Classifier
from metier.classifiers.folders import model_hashes
from metier.data import CVs, Role, read_cvs, read_titles
from metier.evaluation import judge, predictions_of
from metier.evaluation.ledger import Ledger
from metier.guidelines import Scale, load_guidelines, packaged_targets
from metier.metrics import bootstrap_intervals, score
from metier.titles import title_key
from tables import plain, table

HERE = Path(__file__).parent
CLEAN = HERE / "clean-titles.csv"
WRITTEN = HERE.parents[1] / "data" / "written-titles.csv"
OCCUPATIONS = HERE.parents[1] / "runs" / "occupations.csv"
LISTS = ("department-v2.csv", "seniority-v2.csv")
CVS, UNLABELLED = "linkedin-cvs-development.json", "linkedin-cvs-not-annotated.json"
CONFUSIONS = 12

Found = dict[str, Any]


def main() -> None:
    """Score the models that the command line names, and write both files."""
    models = sys.argv[1:] or ["rules", "open"]
    data = os.environ.get("METIER_BENCHMARK_DATA")
    found = {
        target: {name: _scores(name, target, Path(data) if data else None) for name in models}
        for target in packaged_targets()
    }
    command = f"python benchmarks/accuracy/accuracy.py {' '.join(models)}"
    content = {"command": command, "targets": found}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (HERE / "accuracy.json").write_text(text + "\n", encoding="utf-8")
    lines = [*_page(command, found)]
    (HERE / "accuracy.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _scores(name: str, target: str, data: Path | None) -> Found:
    folder, _, tier = name.partition(":")
    classifier = metier.load(folder, tier or None).classifiers[target]
    with CLEAN.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    listed = {title_key(title) for title in read_titles(WRITTEN)}
    new = [row for row in rows if title_key(row["title"]) not in listed]
    found: Found = {
        "clean titles": _on_clean_titles(classifier, rows),
        "new clean titles": _on_clean_titles(classifier, new),
    }
    if data is not None:
        cvs = read_cvs(data / CVS, Role.DEVELOPMENT, [classifier.scale])
        found |= _on_cvs(classifier, cvs, data, name, model_hashes(Path(folder), tier or None))
    return found


def _on_clean_titles(classifier: Classifier, rows: Sequence[dict[str, str]]) -> Found:
    scale = classifier.scale
    truth = scale.indices([row[scale.target] for row in rows])
    predicted = classifier.predict_proba([row["title"] for row in rows]).argmax(axis=1)
    languages = np.asarray([row["language"] for row in rows])
    right = truth == predicted
    return {
        **_figures(truth, predicted, np.arange(len(rows)), scale),
        "languages": {
            language: [int(right[languages == language].sum()), int((languages == language).sum())]
            for language in sorted(set(languages))
        },
        "confusions": _confusions(truth, predicted, scale),
    }


def _on_cvs(
    classifier: Classifier, cvs: CVs, data: Path, name: str, hashes: dict[str, str]
) -> Found:
    scale = classifier.scale
    predicted = predictions_of(classifier, cvs.titles)
    judged = judge(
        predicted,
        cvs,
        scale,
        _seen(data),
        ledger=Ledger.default(),
        model=hashes[scale.target],
        name=name,
        by="benchmarks/accuracy/accuracy.py",
    )
    found: Found = {
        one.view.heading: {
            "seen": True,
            **_rounded(one.scores.model_dump(include={"n", "accuracy", "macro_f1", "mae"})),
            "interval": [
                round(one.intervals.macro_f1.low, 4),
                round(one.intervals.macro_f1.high, 4),
            ],
        }
        for one in judged
    }
    truth = scale.indices(cvs.labelled(scale).labels)
    found["all jobs"]["confusions"] = _confusions(truth, predicted.argmax(axis=1), scale)
    return found


def _seen(data: Path) -> list[str]:
    """Return the titles that any of the models may have been trained on."""
    lists = [pl.read_csv(data / name)["text"].to_list() for name in LISTS]
    real = read_titles(data / UNLABELLED)
    own = [read_titles(file) for file in (WRITTEN, OCCUPATIONS)]
    return [title for titles in (*lists, real, *own) for title in titles]


def _figures(truth: Any, predicted: Any, groups: Any, scale: Scale) -> Found:
    scores = score(truth, predicted, scale)
    interval = bootstrap_intervals(truth, predicted, groups, len(scale.labels)).macro_f1
    return {
        **_rounded(scores.model_dump(include={"n", "accuracy", "macro_f1", "mae"})),
        "interval": [round(interval.low, 4), round(interval.high, 4)],
    }


def _confusions(truth: Any, predicted: Any, scale: Scale) -> list[list[Any]]:
    """Return the most frequent errors: the label, what was said for it, and how often."""
    wrong = Counter(
        (scale.labels[is_], scale.labels[said])
        for is_, said in zip(truth.tolist(), predicted.tolist(), strict=True)
        if is_ != said
    )
    return [[*pair, count] for pair, count in wrong.most_common(CONFUSIONS)]


def _rounded(found: Found) -> Found:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()}


def _page(command: str, found: dict[str, dict[str, Found]]) -> Iterator[str]:
    yield from ("# Accuracy", "", "```", command, "```", "")
    yield (
        "Accuracy / macro F1 and, for seniority, the mean absolute error; in brackets the 95 % "
        "interval of macro F1 by bootstrap over CVs (clean titles: over titles). Figures on the "
        "development CVs are seen: labels there were read, and never fitted."
    )
    for target, models in found.items():
        views = list(next(iter(models.values())))
        yield from ("", f"## {load_guidelines(target).target.capitalize()}", "")
        rows = [[name, *(_cell(each[view]) for view in views)] for name, each in models.items()]
        yield from table(["model", *views], rows)
        yield from ("", "Right of the clean titles, by language:", "")
        languages = list(next(iter(models.values()))["clean titles"]["languages"])
        yield from table(["model", *languages], [*_by_language(models, languages)])
        for view in ("new clean titles", "all jobs"):
            if view in views:
                yield from ("", f"What is confused most often ({view}; label → answer):", "")
                yield from table(["model", "confusions"], [*_confused(models, view)])


def _cell(figures: Found) -> str:
    low, high = figures["interval"]
    error = "" if figures.get("mae") is None else f", MAE {plain(figures['mae'])}"
    shown = f"{plain(figures['accuracy'])} / {plain(figures['macro_f1'])}"
    return f"{shown} ({plain(low)}–{plain(high)}){error}"


def _by_language(models: dict[str, Found], languages: Sequence[str]) -> Iterator[list[str]]:
    for name, each in models.items():
        right = each["clean titles"]["languages"]
        yield [name, *(f"{right[code][0]}/{right[code][1]}" for code in languages)]


def _confused(models: dict[str, Found], view: str) -> Iterator[list[str]]:
    for name, each in models.items():
        pairs = each[view]["confusions"]
        yield [name, "; ".join(f"{is_} → {said} {count}" for is_, said, count in pairs)]


if __name__ == "__main__":
    main()
