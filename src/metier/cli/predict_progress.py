"""What ``metier predict`` says while it answers a file."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from metier.runtime import Watcher

__all__ = ["Shown"]


class Shown(Watcher):
    """Says on standard error what happens, and shows a bar to a person at a terminal.

    Args:
        has_rows: Whether the rows go to standard output.
    """

    def __init__(self, *, has_rows: bool) -> None:
        self._is_watched = sys.stderr.isatty()
        # Rows on the same terminal would tear the bar apart.
        self._has_bar = self._is_watched and not (has_rows and sys.stdout.isatty())
        self._progress: Progress | None = None

    def column_taken(self, column: str) -> None:  # noqa: D102
        if self._is_watched:
            typer.echo(f"The titles are taken from column '{column}'.", err=True)

    def encoding_taken(self, encoding: str) -> None:  # noqa: D102
        typer.echo(f"The text is not UTF-8 and is read as {encoding}.", err=True)

    def resumed(self, rows: int) -> None:  # noqa: D102
        typer.echo(f"Going on from an earlier run: {rows:,} rows are done.", err=True)

    def discarded(self, folder: Path, reason: str, rows: int | None) -> None:  # noqa: D102
        lost = "what it holds is" if rows is None else f"its {rows:,} finished rows are"
        typer.echo(f"{folder} is of another run ({reason}): {lost} discarded.", err=True)

    def advanced(self, rows: int, share: float | None) -> None:  # noqa: D102
        if not self._has_bar:
            return
        if self._progress is None:
            self._begin(rows)
            return
        seconds = max(time.monotonic() - self._began, 1e-3)
        self._progress.update(
            self._bar,
            total=None if share is None else 1.0,
            completed=share or 0.0,
            rows=rows,
            speed=(rows - self._done_before) / seconds,
        )

    def _begin(self, rows: int) -> None:
        self._began = time.monotonic()
        self._done_before = rows
        self._progress = Progress(
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]:,} rows, {task.fields[speed]:,.0f} a second"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar = self._progress.add_task("", total=None, rows=rows, speed=0.0)
        self._progress.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
