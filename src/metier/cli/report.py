"""``metier report``: write the report of a run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from metier.studies import write_report

__all__ = ["report"]


def report(run: Annotated[Path, typer.Argument(help="The run folder.")]) -> None:
    """Write the report of a finished run again."""
    typer.echo(f"Report: {write_report(run)}")
