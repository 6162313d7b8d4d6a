import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.runtime.files.conftest import Echo, bad_rows, rows_of

from metier.errors import DataError
from metier.runtime import predict_file
from metier.runtime.files import json_reading, source

ANSWER = {"department": "OEC", "department_confidence": 0.5, "status": "title"}


def test_a_list_of_objects_keeps_all_fields(answered) -> None:
    records = [{"title": "CEO", "n": 7, "more": {"a": [1, None]}}, {"n": 1.5, "title": "CEO"}]
    outcome, rows = answered("in.json", records, "out.json")
    assert rows == [record | ANSWER for record in records]
    assert outcome.rows == 2


def test_what_is_kept_stays_as_it_is_written(answered, tmp_path) -> None:
    text = '{"n": 1.50, "big": 12345678901234567890.00, "u": "\\u00e4", "title": "CEO", "a":1 }'
    answered("in.jsonl", text + "\n", "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text().startswith(text[:-1])


def test_a_list_of_titles(answered, echo) -> None:
    _, rows = answered("in.json", ["CEO", "Büro\n", 7], "out.json")
    assert rows[0] == {"title": "CEO"} | ANSWER
    assert echo.asked == ["CEO", "Büro\n"]


def test_json_lines(answered, tmp_path) -> None:
    lines = '{"title": "CEO"}\n\n{"title": "CEO", "x": null}\r\n{"x": 1}\n{"title": null}'
    outcome, rows = answered("in.jsonl", lines, "out.jsonl")
    assert rows[:2] == [{"title": "CEO"} | ANSWER, {"title": "CEO", "x": None} | ANSWER]
    assert [row["status"] for row in rows] == ["title", "title", "empty", "empty"]
    assert outcome.bad == 0
    assert (tmp_path / "out.jsonl").read_text().count("\n") == 4


def job(title: object = "CEO", **fields: object) -> dict[str, object]:
    return {"organization": "Acme", "position": title, "status": "ACTIVE"} | fields


ADDED = {"department": "OEC", "department_confidence": 0.5, "title_status": "title"}


def test_cvs_keep_their_structure(answered, tmp_path) -> None:
    cvs = [[job(), job(endDate=None)], [], [job(7), job()], "no CV", [job()]]
    outcome, rows = answered("in.json", cvs, "out.json")
    assert rows == [
        [job() | ADDED, job(endDate=None) | ADDED],
        [],
        [job() | ADDED],
        [job() | ADDED],
    ]
    assert (outcome.rows, outcome.bad) == (4, 2)
    reasons = [reason for _, reason, _ in bad_rows(tmp_path / "out.json")]
    assert reasons == [
        "The title, field 'position', is a number and not text.",
        "A CV, a list of jobs, is expected, found text.",
    ]


@pytest.mark.parametrize("out", ["out.jsonl", "out.csv", "out.parquet"])
def test_cvs_become_a_row_a_job_elsewhere(answered, out) -> None:
    _, rows = answered("in.json", [[job(), job()], [], [job()]], out)
    assert [str(row["cv"]) for row in rows] == ["0", "0", "2"]
    assert list(rows[0]) == ["cv", "organization", "position", "status", *ADDED]
    assert [row["position"] for row in rows] == ["CEO"] * 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"title": "a"', "Broken JSON: "),
        ("CEO", "Broken JSON: Expecting value."),
        ('{"title": "a"} {"title": "b"}', "More than one value stands on the line."),
        ("[1]", "An object is expected, found a list."),
        ('{"title": 7}', "The title, field 'title', is a number and not text."),
        ('{"title": ["a"]}', "The title, field 'title', is a list and not text."),
        ('{"title": true}', "The title, field 'title', is a boolean and not text."),
        ('{"title": "a", "status": 1}', "There is a field 'status' already"),
        ('{"title": "a\\ud83d"}', "Half of a surrogate pair stands alone"),
        ("[" * 100_000, "Broken JSON: it is nested too deeply."),
    ],
)
def test_a_bad_line_costs_itself_alone(answered, monkeypatch, tmp_path, line, reason) -> None:
    # The fields of the first batch are checked before all work.
    for name in ("FIRST_ROWS", "ROWS"):
        monkeypatch.setattr(json_reading, name, 1)
    good = '{"title": "\\ud83d\\ude00"}'
    outcome, rows = answered("in.jsonl", f"{good}\n{line}\n{good}\n", "out.jsonl")
    assert [row["title"] for row in rows] == ["😀", "😀"]
    [(row, found, content)] = bad_rows(tmp_path / "out.jsonl")
    assert (row, content) == (2, line[:1_000])
    assert found.startswith(reason)
    assert outcome.bad == 1


def test_a_byte_that_is_not_utf_8_is_a_bad_row(answered, tmp_path) -> None:
    for name, text in (
        ("in.jsonl", b'{"title": "\xc3\xa9"}\n{"title": "B\xfccher"}\n'),
        ("in.json", b'[{"title": "\xc3\xa9"},\n{"title": "B\xfccher"}]'),
    ):
        outcome, _ = answered(name, text)
        assert (outcome.rows, outcome.bad) == (1, 1)
        [(row, reason, content)] = bad_rows(tmp_path / "out.csv")
        assert (row, content) == (2, '{"title": "B\\xfccher"}')
        assert reason.startswith("Byte 0xfc is not UTF-8")


def test_a_table_has_the_fields_of_the_first_rows(answered, monkeypatch, tmp_path) -> None:
    for name in ("FIRST_ROWS", "ROWS"):
        monkeypatch.setattr(json_reading, name, 2)
    records = [
        {"title": "CEO", "a": {"b": [1]}},
        {"title": "CEO", "c": True},
        {"title": "CEO", "a": "x", "c": None},
        {"title": "CEO", "late": 1},
    ]
    _, rows = answered("in.json", records)
    assert list(rows[0])[:3] == ["title", "a", "c"]
    assert [(row["a"], row["c"]) for row in rows] == [('{"b": [1]}', ""), ("", "true"), ("x", "")]
    [(_, reason, _)] = bad_rows(tmp_path / "out.csv")
    assert reason.startswith("The field 'late' is not among those of the first rows")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"title": "CEO"}', "a list is expected, found an object; .* --format jsonl"),
        ("[]", "holds no object with fields"),
        ("[7]", "holds no object with fields"),
        ("CEO", "line 1, column 1: broken JSON: Expecting value"),
        ('[{"title": "CEO"},\n {"title": CEO}]', "line 2, column 12: broken JSON"),
        ('[{"title": "CEO"}\n {"title": "CEO"}]', "line 2, column 2: .* ',' or ']' is expected"),
        ('[{"title": "CEO"}', "line 1, column 18: broken JSON: the list has no end"),
        ('[{"title": "CEO"}, ', "line 1, column 20: broken JSON: Expecting value"),
        ('[{"title": "CEO"}]\n[]', "line 2, column 1: .* more stands behind it"),
        ('[{"title": "CEO", "status": 1}]', "already has a column 'status'"),
        ('[{"job": "CEO"}]', "such as --column 'job'. It has: job."),
        ('[{"title": 1}]', "none of its rows can be answered .*; the first is on line 1"),
    ],
)
@pytest.mark.parametrize("block", [1 << 20, 5])
def test_a_file_that_cannot_be_answered_is_a_sentence(
    answered, monkeypatch, tmp_path, content, message, block
) -> None:
    monkeypatch.setattr(source, "BLOCK", block)
    with pytest.raises(DataError, match=message):
        answered("in.json", content, "out.json")
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


def test_json_that_breaks_off_keeps_what_was_finished(answered, monkeypatch, tmp_path) -> None:
    for name in ("FIRST_ROWS", "ROWS"):
        monkeypatch.setattr(json_reading, name, 2)
    content = json.dumps([{"title": "CEO"}] * 5, indent=1)[:-20]
    with pytest.raises(DataError, match=r"line \d+, column \d+: broken JSON: .* 4 rows, is kept"):
        answered("in.json", content, "out.json")
    assert not (tmp_path / "out.json").exists()
    assert (tmp_path / "out.json.partial" / "rows").read_text().count("OEC") == 4


def test_a_mistake_at_the_beginning_does_not_read_the_whole_file(answered, monkeypatch) -> None:
    monkeypatch.setattr("metier.runtime.files.json_scanning.LONGEST", 100)
    monkeypatch.setattr(source, "BLOCK", 50)
    with pytest.raises(DataError, match="line 1, column 13: broken JSON: Invalid control"):
        answered("in.json", '[{"title": "\n' + "x" * 100_000)


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)
RECORD = st.fixed_dictionaries(
    {"title": st.none() | st.text(max_size=6)}, optional={"a": VALUE, "b %s": VALUE, "%": VALUE}
)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    records=st.lists(RECORD, min_size=1, max_size=8),
    block=st.integers(3, 60),
    indent=st.sampled_from([None, 1]),
    is_ascii=st.booleans(),
    written=st.sampled_from(["json", "jsonl"]),
    read=st.sampled_from(["json", "jsonl"]),
    batch=st.integers(1, 4),
    first=st.integers(1, 4),
)
def test_all_fields_are_kept_wherever_blocks_end(
    tmp_path, records, block, indent, is_ascii, written, read, batch, first
) -> None:
    """Whatever stands in a file comes out as it went in, in order."""
    path, out = tmp_path / f"in.{read}", tmp_path / f"out.{written}"
    texts = [json.dumps(record, ensure_ascii=is_ascii) for record in records]
    whole = json.dumps(records, ensure_ascii=is_ascii, indent=indent)
    path.write_text(whole if read == "json" else "\n".join(texts), encoding="utf-8")
    echo = Echo()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK", block)
        patch.setattr(json_reading, "ROWS", batch)
        patch.setattr(json_reading, "FIRST_ROWS", first)
        predict_file(echo, path, out, column="title", fresh=True)
    answers = ("department", "department_confidence", "status")
    rows = [{name: row[name] for name in row if name not in answers} for row in rows_of(out)]
    assert rows == records
    assert echo.asked == [record["title"] for record in records]
