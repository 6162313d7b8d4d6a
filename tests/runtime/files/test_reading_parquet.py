from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest
from tests.runtime.files.conftest import rows_of

from metier.errors import DataError
from metier.runtime import predict_file
from metier.runtime.files import outputs, parquet_reading, stream

TABLE = pl.DataFrame(
    {
        "n": pl.Series([1, None, 3], dtype=pl.UInt8),
        "title": ["CEO", None, "Büro"],
        "price": [Decimal("1.50"), Decimal("2.00"), None],
        "day": [date(2020, 1, 2), None, date(2020, 1, 3)],
        "at": [datetime(2020, 1, 2, 3, 4, 5), None, None],  # noqa: DTZ001
        "kind": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
        "is_new": [True, False, None],
        "tags": [["a\u2028", "b"], [], None],
        "place": [{"x": 1}, {"x": 2}, None],
        "raw": [b"\xff\x00", b"", None],
        "none": pl.Series([None, None, None], dtype=pl.Null),
    }
)


@pytest.mark.parametrize("rows", [1, 2, 10_000])
def test_types_are_kept(echo, monkeypatch, tmp_path, rows) -> None:
    monkeypatch.setattr(parquet_reading, "ROWS", rows)
    monkeypatch.setattr(stream, "PART_ROWS", rows)
    path, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    TABLE.write_parquet(path)
    predict_file(echo, path, out)
    found = pl.read_parquet(out)
    assert found.select(TABLE.columns).equals(TABLE)
    assert {**found.schema} == {
        **TABLE.schema,
        "department": pl.String,
        "department_confidence": pl.Float64,
        "status": pl.String,
    }
    assert found["department"].to_list() == ["OEC", None, "orüB"]
    assert echo.asked == ["CEO", None, "Büro"]


def test_every_type_becomes_text(echo, tmp_path) -> None:
    TABLE.write_parquet(tmp_path / "in.parquet")
    predict_file(echo, tmp_path / "in.parquet", tmp_path / "out.csv")
    first, second, _ = rows_of(tmp_path / "out.csv")
    assert first == {
        "n": "1",
        "title": "CEO",
        "price": "1.50",
        "day": "2020-01-02",
        "at": "2020-01-02 03:04:05.000000",
        "kind": "a",
        "is_new": "true",
        "tags": '["a\u2028", "b"]',
        "place": '{"x": 1}',
        "raw": "/wA=",
        "none": "",
        "department": "OEC",
        "department_confidence": "0.5",
        "status": "title",
    }
    assert (second["n"], second["title"], second["status"]) == ("", "", "empty")


def test_every_type_becomes_json(echo, tmp_path) -> None:
    TABLE.write_parquet(tmp_path / "in.parquet")
    predict_file(echo, tmp_path / "in.parquet", tmp_path / "out.jsonl")
    rows = rows_of(tmp_path / "out.jsonl")
    assert [row["tags"] for row in rows] == [["a\u2028", "b"], [], None]
    assert [row["place"] for row in rows] == [{"x": 1}, {"x": 2}, None]
    assert [row["raw"] for row in rows] == ["/wA=", "", None]
    assert [row["department"] for row in rows] == ["OEC", None, "orüB"]


def test_bytes_in_lists_become_text_but_no_json(echo, tmp_path) -> None:
    path = tmp_path / "in.parquet"
    pl.DataFrame({"title": ["CEO"], "raw": [[b"\xff"]]}).write_parquet(path)
    predict_file(echo, path, tmp_path / "out.csv")
    assert rows_of(tmp_path / "out.csv")[0]["raw"] == '["/w=="]'
    with pytest.raises(DataError, match=r"Column 'raw': List.* cannot be written as JSON"):
        predict_file(echo, path, tmp_path / "out.json")


@pytest.mark.parametrize("slices", [1, 7, 100])
def test_slices_join_to_the_whole(echo, monkeypatch, tmp_path, slices) -> None:
    monkeypatch.setattr(parquet_reading, "SLICE", slices)
    monkeypatch.setattr(parquet_reading, "ROWS", 3)
    titles = [f"title {number}" for number in range(50)]
    pl.DataFrame({"title": titles}).write_parquet(tmp_path / "in.parquet", row_group_size=9)
    predict_file(echo, tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet")["title"].to_list() == titles
    assert echo.asked == titles


def test_long_rows_are_read_few_at_a_time(echo, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(parquet_reading, "ROWS", 3)
    monkeypatch.setattr(parquet_reading, "SLICE_BYTES", 100_000)
    monkeypatch.setattr(outputs, "PART_BYTES", 150_000)
    most = 0

    def look() -> None:
        nonlocal most
        parts = len(list((tmp_path / "out.parquet.partial").glob("part-*")))
        assert most <= parts
        most = parts

    echo.before = look
    titles = [f"{number}" + "x" * 10_000 for number in range(50)]
    pl.DataFrame({"title": titles}).write_parquet(tmp_path / "in.parquet")
    predict_file(echo, tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet")["title"].to_list() == titles
    assert most > 2


def test_titles_that_are_not_text_are_refused(echo, tmp_path) -> None:
    pl.DataFrame({"title": [7]}).write_parquet(tmp_path / "in.parquet")
    with pytest.raises(DataError, match="column 'title': Int64 is not text"):
        predict_file(echo, tmp_path / "in.parquet", tmp_path / "out.parquet")


@pytest.mark.parametrize("cut", [4, 200, 20])
def test_a_truncated_file_is_a_sentence(echo, tmp_path, cut) -> None:
    path = tmp_path / "in.parquet"
    pl.DataFrame({"title": ["CEO"] * 100}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataError, match="is not a readable Parquet file"):
        predict_file(echo, path, tmp_path / "out.csv")


def test_a_file_without_rows_is_a_sentence(echo, tmp_path) -> None:
    pl.DataFrame({"title": []}, schema={"title": pl.String}).write_parquet(tmp_path / "in.parquet")
    with pytest.raises(DataError, match="holds no rows"):
        predict_file(echo, tmp_path / "in.parquet", tmp_path / "out.parquet")


def test_parquet_is_no_stream(echo, tmp_path) -> None:
    path = tmp_path / "in.parquet"
    pl.DataFrame({"title": ["CEO"]}).write_parquet(path)
    with path.open("rb") as file, pytest.raises(DataError, match="Parquet cannot be read from one"):
        predict_file(echo, file, tmp_path / "out.csv")
