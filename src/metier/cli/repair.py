"""``metier repair``: repair a list whose labels contradict the guidelines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from metier.cli.csv_files import check_csv_files, write_csv
from metier.cli.tables import plain_table
from metier.data import Role, read_labelled
from metier.guidelines import load_guidelines
from metier.synthesis import Repaired, RepairedTitle
from metier.synthesis import repair as repair_labels

__all__ = ["repair"]


def repair(
    labels: Annotated[
        Path, typer.Argument(help="A label list (text,label) or pseudo-labels (title,TARGET).")
    ],
    target: Annotated[str, typer.Option(help="A packaged target, or a guidelines page (TOML).")],
    out: Annotated[Path, typer.Option(help="The repaired list to write (CSV).")],
    changes: Annotated[
        Path | None, typer.Option(help="Write the changed and the doubtful rows alone, too (CSV).")
    ] = None,
    no_model: Annotated[
        bool, typer.Option("--no-model", help="Repair by the rules alone.")
    ] = False,
    min_confidence: Annotated[
        float, typer.Option(help="What the page must state for a marker that changes a label.")
    ] = 0.85,
    min_probability: Annotated[
        float, typer.Option(help="Least probability of a label that the model gives.")
    ] = 0.9,
    seed: Annotated[int, typer.Option(help="Seed of the model's folds.")] = 42,
) -> None:
    """Change the labels that contradict the guidelines, each with a reason."""
    guidelines = load_guidelines(target)
    check_csv_files([out] if changes is None else [out, changes], read=[labels])
    repaired = repair_labels(
        read_labelled(labels, guidelines.scale),
        guidelines,
        by_model=not no_model,
        min_confidence=min_confidence,
        min_probability=min_probability,
        seed=seed,
    )
    # The columns are those of the file that was read, so that it takes the list's place.
    listed = repaired.given.role is Role.TRAINING
    columns = ("text", "label") if listed else ("title", guidelines.target)
    write_csv(
        out, [*columns, "was", "changed_by", "reason"], [_cells(row) for row in repaired.rows]
    )
    if changes is not None:
        rows = [
            [*_cells(row), f"{row.confidence:.2f}"]
            for row in (*repaired.changes, *repaired.doubtful)
        ]
        write_csv(changes, [*columns, "was", "changed_by", "reason", "confidence"], rows)
    _tell(repaired, out)


def _cells(row: RepairedTitle) -> Sequence[str]:
    return row.title, row.label, row.was, row.changed_by, row.reason


def _tell(repaired: Repaired, out: Path) -> None:
    counts = repaired.counts.items()
    if counts:
        rows = [[was, now, source, str(count)] for (was, now, source), count in counts]
        typer.echo(plain_table(["was", "is", "by", "rows"], rows))
    if repaired.unjudged:
        typer.echo(
            f"Too few titles for the model to judge: {', '.join(repaired.unjudged)}.", err=True
        )
    typer.echo(
        f"{len(repaired.rows)} rows, {len(repaired.changes)} changed, "
        f"{len(repaired.doubtful)} doubtful and left as they were: {out}"
    )
