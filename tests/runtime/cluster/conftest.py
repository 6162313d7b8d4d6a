from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import metier
from metier.classifiers.folders import model_name
from metier.runtime.answering import Answerer

RULES = Path("rules")


@pytest.fixture(scope="session")
def answerer() -> Answerer:
    return Answerer(metier.load("rules"), model_name(RULES))


def write_partitions(
    folder: Path, partitions: Mapping[str, Sequence[str | None]], column: str = "title"
) -> Path:
    """Write a partition for each name; its rows have a number and a title."""
    for name, titles in partitions.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = pa.table({"id": range(len(titles)), column: pa.array(titles, pa.string())})
        pq.write_table(rows, path, row_group_size=2)
    return folder


def read(path: Path) -> pa.Table:
    """Read one file, without what its folder says."""
    return pq.ParquetFile(path).read()


def files_in(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
