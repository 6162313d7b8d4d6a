"""``metier ledger``: how often development and evaluation CVs were scored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from metier.cli.tables import plain_table
from metier.data import Role, read_cvs
from metier.errors import DataError
from metier.evaluation.ledger import Ledger, Scoring, digest_of, summary
from metier.guidelines import load_guidelines, packaged_targets

__all__ = ["ledger"]

# Enough of a hash to tell a few thousand apart.
SHOWN = 8


def ledger(
    cvs: Annotated[
        Path | None, typer.Option(help="Annotated CVs: tell of these alone, whatever their name.")
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="With --cvs, a packaged target or a guidelines page (TOML). May be repeated.",
            show_default="the packaged targets",
        ),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Show every scoring, not only how many there were.")
    ] = False,
) -> None:
    """Tell how often which CVs were scored, and with how many different models.

    A model that a study scored and that 'metier evaluate' scored again counts as two.

    Scorings of a held-out part of a label list are not counted.
    """
    kept = Ledger.default()
    entries = kept.read()
    if cvs is not None:
        digests = _digests(cvs, target or packaged_targets())
        entries = [entry for entry in entries if entry.digest in digests]
    elif target:
        raise DataError("--target goes with --cvs: it tells which labels of the CVs to read.")
    if not entries:
        subject = "No scoring" if cvs is None else f"No scoring of {cvs}"
        typer.echo(f"{subject} is written in {kept.path}.")
        return
    typer.echo(_lines_table(entries) if listed else _summary_table(entries))
    typer.echo(f"\nLedger: {kept.path}")


def _digests(cvs: Path, targets: Sequence[str]) -> set[str]:
    """Return what the CVs are called in the ledger, by each target that they have labels of."""
    found = set()
    for number, name in enumerate(targets, 1):
        try:
            scale = load_guidelines(name).scale
            found.add(digest_of(read_cvs(cvs, Role.EVALUATION, [scale]), scale))
        except DataError:
            if number == len(targets) and not found:
                raise
    return found


def _summary_table(entries: Sequence[Scoring]) -> str:
    rows = [
        [
            " = ".join(each.data),
            each.digest[:SHOWN],
            " and ".join(each.roles),
            each.target,
            str(each.scorings),
            str(each.models),
            _time(each.first),
            _time(each.last),
        ]
        for each in summary(entries)
    ]
    header = ["data", "digest", "role", "target", "scorings", "models", "first (UTC)", "last (UTC)"]
    return plain_table(header, rows)


def _lines_table(entries: Sequence[Scoring]) -> str:
    rows = [
        [
            _time(each.when),
            each.data,
            each.target,
            each.name,
            each.model[:SHOWN],
            ", ".join(each.views),
            each.by,
        ]
        for each in entries
    ]
    return plain_table(["when (UTC)", "data", "target", "name", "model", "views", "by"], rows)


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}"
