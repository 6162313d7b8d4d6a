from dataclasses import replace

import pytest

from metier.errors import DataError
from metier.guidelines import Scale
from metier.prompting import (
    Labelling,
    PseudoLabel,
    Tally,
    check_suffix,
    predictions_of_rows,
    read_predictions,
    write_rows,
)

RISK = Scale("risk", ("Low", "High"), (1, 2))
FIELD = Scale("field", ("Health", "Other"))
ROW = PseudoLabel(
    title='Clerk, "first"',
    labels={"risk": "Low", "field": "Other"},
    shares={},
    confidence={"risk": 0.75, "field": None},
    reason=None,
    model="openai:gpt-4.1",
    prompt="0123",
    time="2026-01-01T00:00:00+00:00",
    input_tokens=10.04,
    output_tokens=2.0,
    unasked=0,
)
BAD = replace(ROW, title="Nurse", labels={"risk": "High"}, confidence={}, reason="no")
UNASKED = replace(BAD, title="Baker", labels={}, time=None, input_tokens=None, unasked=1)
EMPTY = replace(UNASKED, title="")
LABELLING = Labelling((ROW, BAD), ("risk", "field"), {"openai:gpt-4.1": Tally(9, 0, 90, 9)}, 3)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_what_is_written_is_read_as_predictions(tmp_path, suffix) -> None:
    path = tmp_path / f"out{suffix}"
    write_rows(LABELLING, path)
    found = read_predictions(path, [RISK, FIELD])
    assert found.labels["risk"] == {'clerk, "first"': "Low", "nurse": "High"}
    assert found.labels["field"] == {'clerk, "first"': "Other", "nurse": None}
    assert (found.spent, found.titles) == ((("openai:gpt-4.1", 20.0, 4.0),), 2)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_the_columns_say_what_was_asked_and_what_came_of_it(tmp_path) -> None:
    path = tmp_path / "out.csv"
    write_rows(LABELLING, path)
    assert path.read_text().splitlines() == [
        "title,risk,field,risk_confidence,field_confidence,status,reason,model,prompt,time,"
        "input_tokens,output_tokens",
        '"Clerk, ""first""",Low,Other,0.75,,labelled,,openai:gpt-4.1,0123,'
        "2026-01-01T00:00:00+00:00,10.0,2.0",
        "Nurse,High,,,,unlabelled,no,openai:gpt-4.1,0123,2026-01-01T00:00:00+00:00,10.0,2.0",
    ]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_titles_that_were_not_asked_are_no_predictions(tmp_path, suffix) -> None:
    labelling = replace(LABELLING, rows=(ROW, BAD, UNASKED, EMPTY))
    path = tmp_path / f"out{suffix}"
    write_rows(labelling, path)
    for found in (read_predictions(path, [RISK, FIELD]), predictions_of_rows(labelling, "p")):
        assert found.labels["field"] == {'clerk, "first"': "Other", "nurse": None}


def test_part_of_the_votes_is_no_prediction() -> None:
    labelling = replace(LABELLING, rows=(ROW, replace(ROW, title="Baker", unasked=2)))
    found = predictions_of_rows(labelling, "p")
    assert list(found.labels["risk"]) == ['clerk, "first"']
    assert (found.spent, found.titles) == ((("openai:gpt-4.1", 90, 9),), 3)


def test_plain_tables_of_titles_and_labels_are_predictions_too(write) -> None:
    path = write("p.csv", "title,department,risk\nClerk,Other,Low\nCLERK,Other,Low\nNurse,x,\n")
    found = read_predictions(path, [RISK, FIELD])
    assert found.targets == ("risk",)
    assert found.labels["risk"] == {"clerk": "Low", "nurse": None}
    assert (found.spent, found.titles) == ((), 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title,risk\nClerk,low\n", "line 2, field 'risk': 'low' .* did you mean 'Low'"),
        ("title,risk\nClerk,Low\nclerk,High\n", "line 3.*'clerk' was 'Low' before"),
        ("title,risk\nClerk,\nclerk,High\n", "line 3.*'clerk' had no label before"),
        ("title,label\nClerk,Low\n", "needs a column risk or field; it has: title, label"),
        ("text,risk\nClerk,Low\n", "has no column 'title'"),
    ],
)
def test_malformed_predictions_name_the_place(write, text, message) -> None:
    with pytest.raises(DataError, match=message):
        read_predictions(write("p.csv", text), [RISK, FIELD])


def test_broken_lines_of_jsonl_name_the_line(write) -> None:
    with pytest.raises(DataError, match="line 2: broken JSON"):
        read_predictions(write("p.jsonl", '{"title": "a"}\n{"title"\n'), [RISK])
    with pytest.raises(DataError, match="line 1: an object is expected"):
        read_predictions(write("p.jsonl", "[1]\n"), [RISK])


def test_what_cannot_be_written_is_refused_before_anything_is_asked(tmp_path) -> None:
    with pytest.raises(DataError, match=r"allowed: .csv, .jsonl, .parquet"):
        check_suffix(tmp_path / "out.xlsx")
    with pytest.raises(DataError, match="there is no folder"):
        check_suffix(tmp_path / "no" / "out.csv")
