import csv
import gzip
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.runtime.files.conftest import Echo, bad_rows, rows_of

from metier.errors import DataError
from metier.runtime import FileFormat, predict_file
from metier.runtime.files import csv_reading, source

ROWS = [("007", "Leiter Einkauf, Süd", "1.50"), ("008", "Пекарь", ""), ("009", "CEO", "ä")]


def written(rows, delimiter=",", end="\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def kept(rows, *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_kept(echo, write, tmp_path, delimiter) -> None:
    text = written([("id", "title", "x"), *ROWS], delimiter)
    predict_file(echo, write("in.csv", text), tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    header, *rows = csv.reader(lines, delimiter=delimiter)
    assert header == ["id", "title", "x", *Echo.columns]
    assert [tuple(row[:3]) for row in rows] == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_with_and_without_a_mark(answered, encoding) -> None:
    _, rows = answered("in.csv", written([("id", "title", "x"), *ROWS]).encode(encoding))
    assert kept(rows, "id", "title", "x") == ROWS


@pytest.mark.parametrize(
    ("encoding", "titles"),
    [
        ("cp1252", ["Bücher"]),
        ("cp1252", ["Geschäftsführer", "Chargé d'affaires", "Œuvre", "Operações"]),
        ("cp1250", ["Řidič nákladního vozu", "Účetní", "Vedoucí oddělení", "Kierownik sprzedaży"]),
        ("cp1251", ["Менеджер по продажам", "Бухгалтер"]),
        ("cp932", ["営業部長", "ソフトウェアエンジニア", "看護師"]),
    ],
)
def test_a_legacy_encoding_is_found(answered, heard, encoding, titles) -> None:
    content = written([["title"], *([title] for title in titles)]).encode(encoding)
    outcome, rows = answered("in.csv", content, watcher=heard)
    assert kept(rows, "title") == [(title,) for title in titles]
    assert heard.told == [("encoding", encoding)]
    assert outcome.bad == 0


def test_the_whole_file_tells_the_encoding(answered, monkeypatch) -> None:
    monkeypatch.setattr(source, "BLOCK", 64)
    content = "title\n" + "Nurse\n" * 100 + "Bücher\nBäcker\n"
    for encoding in ("utf-8", "cp1252"):
        _, rows = answered("in.csv", content.encode(encoding))
        assert kept(rows, "title")[-2:] == [("Bücher",), ("Bäcker",)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(answered, end) -> None:
    table = [("1", "CEO"), ("2", "Head\nof Sales"), ("3", "Buyer")]
    text = written([("id", "title"), *table], end="\r\n").replace("\r\n", end)
    outcome, rows = answered("in.csv", text.encode())
    assert kept(rows, "id", "title") == table
    assert outcome.bad == 0


def test_empty_lines_are_no_rows(answered) -> None:
    _, rows = answered("in.csv", "\ntitle\n\nCEO\n\n\nBuyer")
    assert kept(rows, "title") == [("CEO",), ("Buyer",)]


def test_gzip_is_read(answered) -> None:
    _, rows = answered("in.csv.gz", gzip.compress(b"title\nCEO\n"))
    assert kept(rows, "title") == [("CEO",)]


@pytest.mark.parametrize(
    ("content", "row", "reason", "shown"),
    [
        (b"1,CEO\n2,a,b\n3,Buyer\n", 3, "3 fields where the header has 2.", "2,a,b"),
        (b"1,CEO\n2\n3,Buyer\n", 3, "1 field where the header has 2.", "2"),
        (b'1,CEO\n2,"a\nb",c\n3,Buyer\n', 3, "The row ends on line 4.", '2,"a\\nb",c'),
        (b"1,CEO\n2,a\0b\n3,Buyer\n", 3, "A NUL byte stands in the row.", "2,a\\x00b"),
        (b"1,CEO\xc3\xa9\n2,B\xfccher\n3,Buyer\n", 3, "Byte 0xfc is not UTF-8", "2,B\\xfccher"),
        (b'1,CEO\n2,"open\n3,Buyer\n', 3, "A quote is never closed", '2,"open'),
        (b'1,CEO\n2,"open\n4,x\n3,"Buyer"\n', 3, "A quote is never closed", '2,"open'),
        (b'1,CEO\n2,"a"b"\n3,Buyer\n', 3, "A quote is never closed, or not doubled", '2,"a"b"'),
    ],
)
def test_a_bad_row_costs_itself_alone(answered, tmp_path, content, row, reason, shown) -> None:
    outcome, rows = answered("in.csv", b"id,title\n" + content)
    assert (rows[0]["id"], rows[-1]["id"]) == ("1", "3")
    assert outcome.rows == len(rows) == content.count(b"\n") - 1 - (b'"a\nb"' in content)
    assert outcome.bad == 1
    [found] = bad_rows(tmp_path / "out.csv")
    assert found[0] == row
    assert reason in found[1]
    assert found[2] == shown
    assert outcome.bad_file == tmp_path / "out.csv.bad.csv"


def test_an_open_quote_swallows_nothing_however_long_the_file(answered, tmp_path) -> None:
    rows = "".join(f"{i},Buyer {'of goods ' * 10}\n" for i in range(25_000))
    outcome, found = answered("in.csv", f'id,title\n-1,"open\n{rows}')
    assert outcome.rows == len(found) == 25_000
    assert [(bad[0], bad[2]) for bad in bad_rows(tmp_path / "out.csv")] == [(2, '-1,"open')]


def test_what_is_kept_of_a_bad_row_is_cut(answered, tmp_path) -> None:
    answered("in.csv", "title\nCEO\n" + "x," * 5_000 + "\n")
    assert len(bad_rows(tmp_path / "out.csv")[0][2]) == 1_000


def test_an_old_file_of_bad_rows_goes_with_the_old_output(answered, tmp_path) -> None:
    answered("in.csv", "title\nCEO\na,b\n")
    assert bad_rows(tmp_path / "out.csv")
    outcome, _ = answered("in.csv", "title\nCEO\n")
    assert outcome.bad_file is None
    assert not (tmp_path / "out.csv.bad.csv").exists()


def test_enormous_titles_are_passed_on(answered, echo) -> None:
    title = "Manager " * 130_000
    _, rows = answered("in.csv", f"id,title\n1,{title}\n2,CEO\n")
    assert echo.asked == [title, "CEO"]
    assert rows[0]["title"] == title


def test_a_line_that_is_no_line_is_refused(answered, monkeypatch) -> None:
    monkeypatch.setattr("metier.runtime.files.lines.LONGEST", 1_000)
    with pytest.raises(DataError, match="a line of more than 1,000 characters"):
        answered("in.csv", "title\nCEO\n" + "x" * 2_000)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,job\n1,CEO\n", "name the column of titles, such as --column 'job'. It has: id, job."),
        ("title,department\nCEO,x\n", "already has a column 'department'"),
        ("", "is empty"),
        ("\ufeff", "is empty"),
        ("\ufeff\n\n", "is empty"),
        ("CEO\nNurse\n", "list of titles without a header, say --format titles"),
        (" \n\n", "is empty"),
        ("id,title\n", "holds no rows"),
        ("title,title\nCEO,CEO\n", "has two columns 'title'"),
        (
            "title\nCEO,2\nCEO,3\n",
            r"none of its rows can be answered \(bad rows: 2\); .* line 2: 2 fi",
        ),
        ('"title\nCEO\n', "line 1: the header cannot be read: A quote"),
        ("ti\0tle\nCEO\n", "line 1: the header cannot be read: A NUL byte"),
    ],
)
def test_a_file_that_cannot_be_answered_is_a_sentence(answered, tmp_path, content, message) -> None:
    out = tmp_path / "out.csv"
    out.write_text("an older result")
    with pytest.raises(DataError, match=message):
        answered("in.csv", content)
    assert out.read_text() == "an older result"
    assert not (tmp_path / "out.csv.partial").exists()


def test_the_nearest_column_is_suggested(answered) -> None:
    message = "no column 'titel'; did you mean 'Title'. It has: id, Title."
    with pytest.raises(DataError, match=message.replace("?", r"\?")):
        answered("in.csv", "id,Title\n1,CEO\n", column="titel")


@pytest.mark.parametrize(
    ("header", "column"),
    [("id,Title", "Title"), ("text,Position", "Position"), ("x,Job Title", "Job Title")],
)
def test_the_column_is_guessed(answered, heard, header, column) -> None:
    _, rows = answered("in.csv", f"{header}\n1,CEO\n", watcher=heard)
    assert heard.told == [("column", column)]
    assert rows[0]["department"] == "OEC"


@pytest.mark.parametrize("name", ["in.txt", "in.list"])
def test_a_plain_list_of_titles(answered, echo, tmp_path, name) -> None:
    given = {} if name == "in.txt" else {"file_format": FileFormat.TITLES}
    outcome, rows = answered(name, b"CEO\nHead, of Sales\r\n\nB\xc3\xbccher\n\xfc", **given)
    assert kept(rows, "title") == [("CEO",), ("Head, of Sales",), ("",), ("Bücher",)]
    assert (outcome.rows, outcome.bad) == (4, 1)
    assert bad_rows(tmp_path / "out.csv")[0][::2] == (5, "\\xfc")


FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6) | st.text(
    "a\"'\n\r,;|\t ", max_size=6
)
TABLE = st.integers(1, 3).flatmap(
    lambda more: st.lists(st.lists(FIELD, min_size=more, max_size=more), min_size=1, max_size=12)
)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    table=TABLE,
    block=st.integers(8, 60),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
    batch=st.integers(1, 4),
)
def test_all_columns_are_kept_wherever_blocks_end(tmp_path, table, block, encoding, batch) -> None:
    """Whatever stands in a file comes out as it went in, in order."""
    header = ["title", *(f"c{place}" for place in range(len(table[0]) - 1))]
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_bytes(written([header, *table], end="\r\n").encode(encoding))
    echo = Echo()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK", block)
        patch.setattr(csv_reading, "ROWS", batch)
        outcome = predict_file(echo, path, out, fresh=True)
    rows = rows_of(out)
    assert [[row[name] for name in header] for row in rows] == table
    assert echo.asked == [row[0] for row in table]
    assert (outcome.rows, outcome.bad) == (len(table), 0)
    assert [row["department"] for row in rows] == [row[0][::-1] for row in table]
