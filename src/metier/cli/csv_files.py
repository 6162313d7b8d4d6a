"""CSV files that a command writes, checked before the work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from metier.data.writing import require_folder, write_table
from metier.errors import DataError

__all__ = ["check_csv_files", "write_csv"]


def check_csv_files(written: Sequence[Path], read: Sequence[Path] = ()) -> None:
    """Refuse files to write that could not be written, or would replace what is read.

    Raises:
        DataError: If a file is no CSV file, has no folder, is one of those read or is named twice.
    """
    taken = {path.resolve() for path in read}
    for path in written:
        if path.suffix != ".csv":
            raise DataError(f"{path} is to be written as CSV; let its name end in .csv.")
        require_folder(path)
        if path.resolve() in taken:
            raise DataError(f"{path} is read or written already; choose another file to write.")
        taken.add(path.resolve())


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows of text under a header.

    Raises:
        DataError: If the file cannot be written.
    """
    import polars as pl

    frame = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
    # An empty text is written as nothing, as in other tools' files.
    write_table(frame.with_columns(pl.all().replace("", None)), path)
