"""What the person who waits may want to know while a file is answered."""

from __future__ import annotations

from pathlib import Path

__all__ = ["Watcher"]


class Watcher:
    """Is told what happens; this one does not listen."""

    def column_taken(self, column: str) -> None:
        """A column was guessed to hold the titles."""

    def encoding_taken(self, encoding: str) -> None:
        """A text is not UTF-8, and was guessed to be of a legacy encoding."""

    def resumed(self, rows: int) -> None:
        """An earlier run is gone on from, which finished so many rows."""

    def discarded(self, folder: Path, reason: str, rows: int | None) -> None:
        """An earlier run cannot be gone on from, and its rows, if known, are forgotten."""

    def advanced(self, rows: int, share: float | None) -> None:
        """So many rows are answered, and this share of the input is read, where it is known."""
