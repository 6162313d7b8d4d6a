"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from metier.evaluation import Judgement, View
from metier.studies import StudyResults

__all__ = ["judgements_table", "plain_table", "results_table"]


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in plain text: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def results_table(results: StudyResults, target: str) -> str:
    """Return a target's results: accuracy / macro F1 (and MAE on all jobs) by variant."""
    header = [target, "curated test", *(view.heading for view in View), "MAE (all)"]
    rows = []
    for trial in results.trials_of(target):
        name = trial.variant if len(results.seeds) == 1 else f"{trial.variant}, seed {trial.seed}"
        if trial.status != "done":
            rows.append([name, trial.status, *[""] * (len(header) - 2)])
            continue
        scores = [trial.parts.get("test"), *(trial.scores(view) for view in View)]
        cells = ["–" if s is None else f"{s.accuracy:.3f} / {s.macro_f1:.3f}" for s in scores]
        whole = trial.scores(View.ALL)
        mae = None if whole is None else whole.mae
        rows.append([name, *cells, "–" if mae is None else f"{mae:.3f}"])
    return plain_table(header, rows) + "\n"


def judgements_table(target: str, judgements: Sequence[Judgement]) -> str:
    """Return the scores of one classifier, a line per view."""
    header = [target, "rows", "accuracy", "macro F1", "95 %", "weighted F1", "MAE"]
    rows = [
        [
            judged.view.heading,
            str(judged.scores.n),
            f"{judged.scores.accuracy:.3f}",
            f"{judged.scores.macro_f1:.3f}",
            f"{judged.intervals.macro_f1.low:.3f}–{judged.intervals.macro_f1.high:.3f}",
            f"{judged.scores.weighted_f1:.3f}",
            "–" if judged.scores.mae is None else f"{judged.scores.mae:.3f}",
        ]
        for judged in judgements
    ]
    return plain_table(header, rows) + "\n"
