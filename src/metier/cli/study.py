"""``metier study``: train and judge the variants of a study."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from metier.cli.judging import role_of_cvs
from metier.cli.tables import results_table
from metier.data import SAMPLE_NOTICE, Role
from metier.studies import read_results, run_study
from metier.studies.report import REPORT_FILE

__all__ = ["study"]


def study(
    file: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    out: Annotated[
        Path | None, typer.Option(help="The run folder.", show_default="runs/NAME")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start afresh; an old run is kept beside the new one.")
    ] = False,
    role: Annotated[
        str | None,
        typer.Option(
            help="Role of the judged CVs: development or evaluation.",
            show_default="what the study file says",
        ),
    ] = None,
) -> None:
    """Run a study, or what is left of it, and write its report."""
    run = run_study(
        file,
        out=out,
        fresh=fresh,
        role=None if role is None else role_of_cvs(role),
        announce=_announce,
    )
    results = read_results(run)
    for target in results.targets:
        typer.echo(results_table(results, target.target))
    if results.illustration:
        typer.echo(SAMPLE_NOTICE)
    if results.role is Role.DEVELOPMENT:
        typer.echo("Development CVs: these figures are seen.")
    typer.echo(f"Report: {run / REPORT_FILE}")


def _announce(text: str) -> None:
    if sys.stderr.isatty():
        typer.echo(text, err=True)
