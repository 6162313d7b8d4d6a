"""Writes the figures of a run as a page of tables, without any title of its data.

metier study studies/cv-benchmark.toml
python benchmarks/figures.py runs/cv-benchmark benchmarks/cv-benchmark.md
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from metier.evaluation import Judgement, View
from metier.studies import StudyResults, TrialResult, read_results


def main() -> None:
    """Read the run named first and write the page named second."""
    run, page = map(Path, sys.argv[1:3])
    results = read_results(run)
    lines = [
        f"# {results.study}",
        "",
        f"Judged on {results.judged_on} ({results.role} data"
        f"{': these figures are seen' if results.role == 'development' else ''}). "
        f"Seeds: {', '.join(map(str, results.seeds))}.",
        "",
        "```",
        results.command,
        f"python benchmarks/figures.py {run} {page}",
        "```",
        "",
        "Accuracy / macro F1; in brackets the 95 % interval of macro F1, by bootstrap over CVs.",
    ]
    for target in results.targets:
        trials = results.trials_of(target.target)
        lines += ["", f"## {target.target.capitalize()}", ""]
        lines += _table(
            ["variant", "curated test", *(view.heading for view in View)],
            [[_name(trial, results), *_cells(trial)] for trial in trials],
        )
        if target.ranks is not None:
            lines += ["", "Mean absolute error of the rank:", ""]
            lines += _table(
                ["variant", *(view.heading for view in View)],
                [[_name(trial, results), *_errors(trial)] for trial in trials],
            )
        lines += ["", "F1 by label, all jobs:", ""]
        lines += _table(
            ["variant", *target.labels],
            [[_name(trial, results), *_by_label(trial)] for trial in trials],
        )
    lines += ["", "## Overlaps", ""]
    lines += _table(
        ["target", "source", "rows", "jobs of the CVs", "their titles"],
        [
            [
                target.target,
                found.source,
                str(target.rows[found.source]),
                f"{found.rows} of {found.of_rows}",
                f"{found.titles} of {found.of_titles}",
            ]
            for target in results.targets
            for found in target.overlaps
        ],
    )
    lines += ["", "Titles that two sources have in common, and label differently:", ""]
    lines += _table(
        ["target", "sources", "common", "different"],
        [
            [target.target, f"{pair.first}, {pair.second}", str(pair.titles), str(pair.different)]
            for target in results.targets
            for pair in target.disagreements
        ],
    )
    lines += ["", "## Environment", ""]
    lines += _table(["", ""], [[name, value] for name, value in results.environment.items()])
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _name(trial: TrialResult, results: StudyResults) -> str:
    return trial.variant if len(results.seeds) == 1 else f"{trial.variant}, seed {trial.seed}"


def _cells(trial: TrialResult) -> list[str]:
    if trial.status != "done":
        return [trial.status, *[""] * len(View)]
    test = trial.parts.get("test")
    inside = "–" if test is None else f"{test.accuracy:.3f} / {test.macro_f1:.3f}"
    return [inside, *(_cell(_judged(trial, view)) for view in View)]


def _cell(judged: Judgement | None) -> str:
    if judged is None:
        return "–"
    interval = judged.intervals.macro_f1
    return (
        f"{judged.scores.accuracy:.3f} / {judged.scores.macro_f1:.3f} "
        f"({interval.low:.3f}–{interval.high:.3f})"
    )


def _errors(trial: TrialResult) -> list[str]:
    found = [trial.scores(view) for view in View]
    return [
        "–" if scores is None or scores.mae is None else f"{scores.mae:.3f}" for scores in found
    ]


def _by_label(trial: TrialResult) -> list[str]:
    scores = trial.scores(View.ALL)
    return [] if scores is None else [f"{label.f1:.2f}" for label in scores.per_label]


def _judged(trial: TrialResult, view: View) -> Judgement | None:
    return next((judged for judged in trial.judgements if judged.view is view), None)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


if __name__ == "__main__":
    main()
