from pathlib import Path

import polars as pl
import pytest

from metier.data.tables import read_table
from metier.errors import DataError


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "list.csv is empty"),
        (" \n", "list.csv is empty"),
        ("text,label\n", "has a header but no rows"),
        ("title,label\nNurse,Other\n", "no column 'text'; it has: title, label"),
        ("text,label\nNurse\n", "line 2: 1 fields where the header has 2"),
        ('text,label\n"Nurse,Other\n', "line 2"),
        (b"text,label\nNurse,Other\nB\xfccher,Other\n", "line 3: byte 0xfc is not UTF-8"),
    ],
)
def test_a_broken_list_names_file_and_line(write, content, message) -> None:
    with pytest.raises(DataError, match=message):
        read_table(write("list.csv", content), ["text", "label"])


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_table(tmp_path / "none.csv", ["text"])


def test_line_numbers_survive_quoted_line_breaks_and_blank_lines(write) -> None:
    table = read_table(write("a.csv", '\ufefftext\n"Head\nof Sales"\n\nNurse\n'), ["text"])
    assert table.columns["text"] == ["Head\nof Sales", "Nurse"]
    assert table.lines == [2, 5]


def test_parquet_reads_like_csv(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pl.DataFrame({"text": ["Nurse"], "label": ["Other"]}).write_parquet(path)
    assert read_table(path, ["text", "label"]).columns == {"text": ["Nurse"], "label": ["Other"]}
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read_table(path, ["text"])
