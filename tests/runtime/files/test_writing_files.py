import gc
import io

import polars as pl
import pytest
from tests.classifiers.stand_in import WordCounts
from tests.runtime.files.conftest import rows_of

from metier.classifiers import Model
from metier.errors import DataError
from metier.runtime import Answerer, predict_file
from metier.titles import TitleStatus


@pytest.fixture
def answerer(seniority, department) -> Answerer:
    model = Model(
        {
            "department": WordCounts(department).fit(["Sales", "Nurse"], ["Sales", "Other"]),
            "seniority": WordCounts(seniority).fit(["CEO", "Intern"], ["Management", "Junior"]),
        }
    )
    return Answerer(model, "counts@1")


def test_columns_are_kept_and_answers_added(answerer, write, tmp_path) -> None:
    path = write("in.csv", 'id,title\n007,"Intern, Sales"\n008,\n009,CEO\n')
    outcome = predict_file(answerer, path, tmp_path / "out.csv")
    assert (outcome.rows, outcome.untitled) == (3, {TitleStatus.EMPTY: 1})
    frame = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert frame.columns == ["id", "title", *answerer.columns]
    assert frame["status"].to_list() == ["title", "empty", "title"]
    assert frame["id"].to_list() == ["007", "008", "009"]
    assert frame["title"].to_list() == ["Intern, Sales", None, "CEO"]
    assert frame["department"].to_list() == ["Sales", None, "Marketing"]
    assert frame["seniority"].to_list() == ["Junior", None, "Management"]
    assert frame["model"].to_list() == ["counts@1"] * 3
    assert 0 < float(frame["seniority_confidence"][2]) <= 1


def test_what_is_no_title_gets_a_status_and_no_label(answerer, write, tmp_path) -> None:
    path = write("in.csv", "title\nn/a\njane@example.com\nAnna Schmidt\nCEO\n")
    outcome = predict_file(answerer, path, tmp_path / "out.csv")
    assert sum(outcome.untitled.values()) == 3
    rows = rows_of(tmp_path / "out.csv")
    assert [row["status"] for row in rows] == ["placeholder", "contact", "person", "title"]
    assert [row["seniority"] for row in rows] == ["", "", "", "Management"]


def test_on_request_a_column_says_what_decided(write, tmp_path) -> None:
    path = write("in.csv", "title\nHead of Sales\n")
    answerer = Answerer(Model.rules(), "rules", explain=True)
    predict_file(answerer, path, tmp_path / "out.csv")
    [row] = rows_of(tmp_path / "out.csv")
    assert "sales" in row["department_reason"].casefold()
    assert "head" in row["seniority_reason"]


INPUTS = {
    "in.csv": "id,title\n007,CEO\n,\n",
    "in.json": [{"id": "007", "title": "CEO"}, {"id": None, "title": ""}],
    "in.jsonl": '{"id": "007", "title": "CEO"}\n{"title": ""}\n',
    "in.parquet": None,
}


@pytest.mark.parametrize("out", ["out.csv", "out.json", "out.jsonl", "out.parquet"])
@pytest.mark.parametrize("name", INPUTS)
def test_every_format_becomes_every_other(echo, write, tmp_path, name, out) -> None:
    if INPUTS[name] is None:
        frame = pl.DataFrame({"id": ["007", None], "title": ["CEO", ""]})
        frame.write_parquet(tmp_path / name)
    else:
        write(name, INPUTS[name])
    predict_file(echo, tmp_path / name, tmp_path / out)
    first, second = rows_of(tmp_path / out)
    assert first == {
        "id": "007",
        "title": "CEO",
        "department": "OEC",
        "department_confidence": "0.5" if out == "out.csv" else 0.5,
        "status": "title",
    }
    assert not second.get("id")
    assert not second["title"]
    assert second["department"] == ("" if out == "out.csv" else None)


@pytest.mark.parametrize(
    ("content", "name", "written"),
    [
        ("title\nCEO\n", "in.csv", "title,department,department_confidence,status\nCEO,OEC,0.5,"),
        ("title;x\nCEO;1\n", "in.csv", "title;x;department;department_confidence;status\nCEO;1;O"),
        ([{"title": "CEO"}], "in.json", '[\n{"title": "CEO", "department": "OEC", "department_co'),
        ('{"title": "CEO"}', "in.jsonl", '{"title": "CEO", "department": "OEC", "department_conf'),
        ("CEO\n", "in.txt", "title,department,department_confidence,status\nCEO,OEC,0.5,title\n"),
    ],
)
@pytest.mark.parametrize("is_stream", [True, False])
def test_a_stream_gets_what_fits_the_input(echo, write, content, name, written, is_stream) -> None:
    """A stream that is read is told by how it begins; a list of titles could be anything."""
    path = write(name, content)
    if is_stream and name == "in.txt":
        return
    out = io.BytesIO()
    outcome = predict_file(echo, io.BytesIO(path.read_bytes()) if is_stream else path, out)
    assert out.getvalue().decode().startswith(written)
    assert outcome.rows == 1


def test_a_stream_is_answered_while_it_is_read(echo) -> None:
    """What is in memory does not grow with the stream."""
    given = io.BytesIO(b"title\n" + b"Head of Sales\n" * 150_000)
    ahead = []
    echo.before = lambda: ahead.append(given.tell() / 14 - len(echo.asked))
    assert predict_file(echo, given, io.BytesIO()).rows == 150_000
    assert max(ahead) < 60_000


def test_a_stream_names_the_first_bad_rows(echo) -> None:
    out = io.BytesIO()
    outcome = predict_file(echo, io.BytesIO(b"title\n" + b"a,b\n" * 9 + b"CEO\n"), out)
    assert (outcome.rows, outcome.bad, outcome.bad_file) == (1, 9, None)
    assert [bad.row for bad in outcome.first_bad] == [2, 3, 4, 5, 6]


class Slow(io.RawIOBase):
    """Takes a few bytes at a time, as a pipe may."""

    def __init__(self) -> None:
        self.taken = b""

    def write(self, content) -> int:
        self.taken += bytes(content[:7])
        return min(len(content), 7)


def test_a_stream_that_takes_little_gets_all(echo) -> None:
    out = Slow()
    predict_file(echo, io.BytesIO(b"title\nCEO\n"), out)
    assert out.taken.endswith(b"\nCEO,OEC,0.5,title\n")


def test_streams_stay_open(echo) -> None:
    given, out = io.BytesIO(b"title\nCEO\n"), io.BytesIO()
    predict_file(echo, given, out)
    gc.collect()
    assert not given.closed
    assert not out.closed


def test_a_stream_is_written_to_a_file_whole(echo, tmp_path) -> None:
    predict_file(echo, io.BytesIO(b"title\nCEO\n"), tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize("out", ["out.csv", "out.jsonl"])
def test_no_end_of_a_line_in_a_title_ends_the_row(answered, out) -> None:
    titles = ["a\rb", "a\u2028b", "a\x0bb", "a\r\nb", '"', "%s", "100 %"]
    _, rows = answered("in.json", titles, out)
    assert [row["title"] for row in rows] == titles
    assert [row["department"] for row in rows] == [title[::-1] for title in titles]


def test_names_of_columns_are_kept_in_json(answered) -> None:
    _, rows = answered("in.csv", '"%s ""a""",title\n1,CEO\n', "out.jsonl")
    assert list(rows[0])[:2] == ['%s "a"', "title"]


def test_an_ending_tells_the_delimiter(echo, write, tmp_path) -> None:
    predict_file(echo, write("in.csv", 'title;x\nCEO;"a\tb"\n'), tmp_path / "out.tsv")
    text = (tmp_path / "out.tsv").read_text()
    assert text.splitlines()[1] == 'CEO\t"a\tb"\tOEC\t0.5\ttitle'


def test_a_json_object_without_fields_or_over_lines_is_completed(answered) -> None:
    _, rows = answered("in.json", '[{ "title":\n"CEO"\n},{\n},{}]', "out.jsonl")
    assert [row.get("title") for row in rows] == ["CEO", None, None]
    assert [row["status"] for row in rows] == ["title", "empty", "empty"]


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("none/out.csv", "there is no folder"),
        ("in.csv", "is the file that is read"),
        ("link.csv", "is the file that is read"),
        (".", "is a folder; name a file to write"),
        ("out.csv.gz", r"let its name end in \.csv, \.tsv, \.json, \.jsonl or \.parquet"),
        ("out.xlsx", "let its name end in"),
        ("out.txt", "let its name end in"),
        ("out", "let its name end in"),
    ],
)
def test_the_output_is_checked_before_the_work(echo, write, tmp_path, out, message) -> None:
    path = write("in.csv", "title\nCEO\n")
    (tmp_path / "link.csv").hardlink_to(path)
    with pytest.raises(DataError, match=message):
        predict_file(echo, path, tmp_path / out)
    assert echo.asked == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "link.csv"]


def test_the_bad_rows_that_are_read_are_not_replaced(echo, write, tmp_path) -> None:
    path = write("out.csv.bad.csv", "title\nCEO\n")
    with pytest.raises(DataError, match=r"The bad rows of .* are written to .*; rename it"):
        predict_file(echo, path, tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.csv", "none.csv cannot be read: No such file"), (".", "is a folder; name a file")],
)
def test_an_input_that_is_no_file_is_a_sentence(echo, tmp_path, name, message) -> None:
    with pytest.raises(DataError, match=message):
        predict_file(echo, tmp_path / name, tmp_path / "out.csv")
