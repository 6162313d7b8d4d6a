from __future__ import annotations

import sys

import pyarrow as pa
import pytest

from metier.errors import DataError, MissingExtraError
from metier.runtime.cluster import Answers

TITLES = ["Head of Sales DACH", None, "n/a", "Stagiaire RH", "Head of Sales DACH", ""]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
)
def test_a_batch_has_the_answers_of_its_titles_whatever_kind_of_text_they_are(
    answerer, kind
) -> None:
    batch = pa.record_batch({"id": range(6), "title": pa.array(TITLES).cast(kind)})
    found = Answers(answerer, "title").answer_batch(batch)
    assert found.select(["id", "title"]).equals(pa.Table.from_batches([batch]))
    expected = answerer.answer(TITLES)
    assert found.column_names == ["id", "title", *expected]
    assert {name: found[name].to_pylist() for name in expected} == expected


def test_the_columns_are_the_same_whatever_the_titles_are(answerer) -> None:
    answers = Answers(answerer, "title")
    schema = pa.schema([("title", pa.string())], metadata={"made by": "somebody"})
    for titles in ([], [None], TITLES):
        found = answers.answer_batch(pa.table({"title": titles}, schema=schema))
        assert found.num_rows == len(titles)
        assert found.schema.equals(answers.schema(schema), check_metadata=True)
    assert found.schema.metadata == {b"made by": b"somebody"}
    # A column without a single value has no type, and no titles.
    empty = answers.answer_batch(pa.table({"title": pa.nulls(2)}))
    assert empty["status"].to_pylist() == ["empty", "empty"]


def test_each_title_of_a_table_is_asked_once_a_part_at_a_time(answerer, monkeypatch) -> None:
    asked: list[list[str | None]] = []

    class Recording:
        columns = answerer.columns

        def answer(self, titles):
            asked.append(list(titles))
            return answerer.answer(titles)

    monkeypatch.setattr("metier.runtime.cluster.answers.ASKED", 2)
    titles = ["CEO", "Nurse", "CEO", "Head of Sales", None, "Nurse"]
    chunks = pa.chunked_array([titles[:2], titles[2:]])
    found = Answers(Recording(), "title").answer_batch(pa.table({"title": chunks}))
    assert asked == [["CEO", "Nurse"], ["Head of Sales", None]]
    assert found["seniority"].to_pylist() == answerer.answer(titles)["seniority"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"id": [1], "titel": ["CEO"]}, "no column 'title'; did you mean 'titel'? It has: id, tit"),
        ({"title": [1]}, "column 'title': int64 is not text"),
        ({"title": ["CEO"], "seniority": ["x"]}, "already has a column 'seniority'"),
        ({}, "has no column 'title'"),
    ],
)
def test_a_table_that_cannot_be_answered_is_refused(answerer, table, said) -> None:
    with pytest.raises(DataError, match="The batch") as refusal:
        Answers(answerer, "title").answer_batch(pa.table(table))
    assert said in str(refusal.value)


def test_a_column_that_is_there_twice_is_refused(answerer) -> None:
    table = pa.Table.from_arrays([pa.array(["CEO"])] * 2, ["title", "title"])
    with pytest.raises(DataError, match="two columns 'title'"):
        Answers(answerer, "title").answer_batch(table)


def test_bytes_that_are_no_text_are_refused(answerer) -> None:
    broken = pa.array([b"\xff\xfe"]).view(pa.string())
    with pytest.raises(DataError, match=r"column 'title' is not UTF-8"):
        Answers(answerer, "title").answer_batch(pa.table({"title": broken}))


def test_the_missing_extra_is_named(monkeypatch) -> None:
    for name in [name for name in sys.modules if name.startswith("metier.runtime.cluster")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"metier\[cluster\]"):
        import metier.runtime.cluster  # noqa: F401
