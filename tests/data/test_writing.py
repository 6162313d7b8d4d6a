import polars as pl
import pytest

from metier.data.writing import write_table
from metier.errors import DataError

FRAME = pl.DataFrame({"title": ["Buyer", None]})


@pytest.mark.parametrize(
    ("suffix", "read"),
    [("csv", pl.read_csv), ("jsonl", pl.read_ndjson), ("parquet", pl.read_parquet)],
)
def test_the_ending_tells_the_format(tmp_path, suffix, read) -> None:
    path = tmp_path / f"table.{suffix}"
    write_table(FRAME, path)
    assert read(path)["title"].to_list() == ["Buyer", None]
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        write_table(FRAME, tmp_path / "none" / "table.csv")
