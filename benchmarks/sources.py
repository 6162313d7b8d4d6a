"""Writes what each source of training titles is worth as a page of tables.

METIER_BENCHMARK_DATA=... metier study studies/sources.toml
python benchmarks/sources.py runs/sources benchmarks/sources.md
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from metier.evaluation import View
from metier.studies import StudyResults, TrialResult, read_results

VIEWS = (View.ALL, View.NEW)


def main() -> None:
    """Read the run named first and write the page named second."""
    run, page = map(Path, sys.argv[1:3])
    results = read_results(run)
    seen = ": these figures are seen" if results.role == "development" else ""
    lines = [
        "# What each source of titles is worth",
        "",
        f"Judged on {results.judged_on} ({results.role} data{seen}). Mean of accuracy / macro F1",
        f"over the seeds {', '.join(map(str, results.seeds))}, and how far macro F1 spreads over "
        "them (only generated titles",
        "change with the seed). *words* is a logistic regression on word and character TF-IDF,",
        "*probe* one on embeddings of the frozen backbone.",
        "",
        "```",
        results.command,
        f"python benchmarks/sources.py {run} {page}",
        "```",
    ]
    for target in results.targets:
        for view in VIEWS:
            lines += ["", f"## {target.target.capitalize()}, {view.heading}", ""]
            lines += _table(results, target.target, view)
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(results: StudyResults, target: str, view: View) -> list[str]:
    found: dict[str, dict[str, str]] = {}
    methods: list[str] = []
    by_variant: dict[str, list[TrialResult]] = {}
    for trial in results.trials_of(target):
        by_variant.setdefault(trial.variant, []).append(trial)
    for variant, trials in by_variant.items():
        method, _, source = variant.partition(": ")
        if not source:
            found[f"*{method}*, no training"] = {"": _cell(trials, view)}
            continue
        if method not in methods:
            methods.append(method)
        found.setdefault(source, {})[method] = _cell(trials, view)
    rows = [
        [source, *(cells.get(method, cells.get("", "–")) for method in methods)]
        for source, cells in found.items()
    ]
    head = ["titles of", *methods]
    return ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]]


def _cell(trials: list[TrialResult], view: View) -> str:
    scores = [found for trial in trials if (found := trial.scores(view)) is not None]
    if not scores:
        return "not run here"
    accuracy = statistics.mean(found.accuracy for found in scores)
    f1 = [found.macro_f1 for found in scores]
    spread = max(f1) - min(f1)
    return f"{_short(accuracy)} / {_short(statistics.mean(f1))}" + (
        f" ± {_short(spread / 2)}" if spread >= 0.0005 else ""
    )


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


if __name__ == "__main__":
    main()
