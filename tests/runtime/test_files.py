import polars as pl
import pytest
from tests.classifiers.stand_in import WordCounts

from metier.classifiers import Model
from metier.errors import DataError
from metier.runtime import predict_file
from metier.titles import TitleStatus


@pytest.fixture
def model(seniority, department) -> Model:
    return Model(
        {
            "department": WordCounts(department).fit(["Sales", "Nurse"], ["Sales", "Other"]),
            "seniority": WordCounts(seniority).fit(["CEO", "Intern"], ["Management", "Junior"]),
        }
    )


def test_columns_are_kept_and_answers_added(model, write, tmp_path) -> None:
    path = write("in.csv", 'id,title\n007,"Intern, Sales"\n008,\n009,CEO\n')
    outcome = predict_file(model, path, "title", tmp_path / "out.csv")
    assert (outcome.rows, outcome.untitled) == (3, {TitleStatus.EMPTY: 1})
    frame = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert frame.columns == [
        "id",
        "title",
        "department",
        "department_confidence",
        "seniority",
        "seniority_confidence",
        "status",
    ]
    assert frame["status"].to_list() == ["title", "empty", "title"]
    assert frame["id"].to_list() == ["007", "008", "009"]
    assert frame["title"].to_list() == ["Intern, Sales", None, "CEO"]
    assert frame["department"].to_list() == ["Sales", None, "Marketing"]
    assert frame["seniority"].to_list() == ["Junior", None, "Management"]
    assert 0 < float(frame["seniority_confidence"][2]) <= 1


def test_what_is_no_title_gets_a_status_and_no_label(model, write, tmp_path) -> None:
    path = write("in.csv", "title\nn/a\njane@example.com\nAnna Schmidt\nCEO\n")
    outcome = predict_file(model, path, "title", tmp_path / "out.csv")
    assert sum(outcome.untitled.values()) == 3
    frame = pl.read_csv(tmp_path / "out.csv")
    assert frame["status"].to_list() == ["placeholder", "contact", "person", "title"]
    assert frame["seniority"].to_list() == [None, None, None, "Management"]


def test_on_request_a_column_says_what_decided(write, tmp_path) -> None:
    path = write("in.csv", "title\nHead of Sales\n")
    predict_file(Model.rules(), path, "title", tmp_path / "out.csv", explain=True)
    frame = pl.read_csv(tmp_path / "out.csv")
    assert "sales" in frame["department_reason"][0].casefold()
    assert "head" in frame["seniority_reason"][0]


def test_parquet_goes_in_and_out(model, tmp_path) -> None:
    pl.DataFrame({"n": [1], "title": ["CEO"]}).write_parquet(tmp_path / "in.parquet")
    predict_file(model, tmp_path / "in.parquet", "title", tmp_path / "out.parquet")
    frame = pl.read_parquet(tmp_path / "out.parquet")
    assert frame.schema["n"] == pl.Int64
    assert frame["seniority"].to_list() == ["Management"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,Title\n1,CEO\n", "no column 'title'; did you mean 'Title'"),
        ("title,seniority\nCEO,x\n", "already has a column 'seniority'"),
        ("", "is empty"),
        (b"title\nB\xfccher\n", "line 2: byte 0xfc is not UTF-8"),
        ("title\nCEO,2,3\n", "line 2: 3 fields where the header has 1"),
        ("title,title\nCEO,CEO\n", "has two columns 'title'"),
    ],
)
def test_a_file_that_cannot_be_answered_is_a_sentence(
    model, write, tmp_path, content, message
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("an older result")
    with pytest.raises(DataError, match=message):
        predict_file(model, write("in.csv", content), "title", out)
    assert out.read_text() == "an older result"


def test_titles_that_are_not_text_are_refused(model, tmp_path) -> None:
    pl.DataFrame({"title": [7]}).write_parquet(tmp_path / "in.parquet")
    with pytest.raises(DataError, match="column 'title': Int64 is not text"):
        predict_file(model, tmp_path / "in.parquet", "title", tmp_path / "out.parquet")


def test_nothing_half_written_is_left(model, write, tmp_path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        predict_file(model, write("in.csv", "title\nCEO\n"), "title", tmp_path / "no" / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_the_output_is_checked_before_the_work(model, write, tmp_path) -> None:
    path = write("in.csv", "title\nCEO\n")
    with pytest.raises(DataError, match="there is no folder"):
        predict_file(model, path, "title", tmp_path / "none" / "out.csv")
    with pytest.raises(DataError, match="is the file that is read"):
        predict_file(model, path, "title", path)
