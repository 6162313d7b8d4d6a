import pytest

from metier.data import Role, read_held_out
from metier.errors import DataError


def test_labels_of_all_targets_and_languages_are_read(write, seniority, department) -> None:
    path = write("t.csv", "title,department,seniority,language,note\nCEO,Other,Management,en,x\n")
    found = read_held_out(path, [seniority, department])
    assert found.titles == ("CEO",)
    assert {target: data.labels for target, data in found.by_target.items()} == {
        "seniority": ("Management",),
        "department": ("Other",),
    }
    assert {data.role for data in found.by_target.values()} == {Role.DEVELOPMENT}
    assert found.languages == ("en",)


def test_a_target_and_the_language_may_be_missing(write, seniority, department) -> None:
    found = read_held_out(
        write("t.csv", "title,seniority\nCEO,Management\n"), [seniority, department]
    )
    assert [*found.by_target] == ["seniority"]
    assert found.languages is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "title,label\nCEO,x\n",
            "has no labels: it needs a column of one of the targets seniority",
        ),
        ("text,seniority\nCEO,Management\n", "has no column 'title'"),
        ("title,seniority\nCEO,Chief\n", "line 2, field 'seniority': 'Chief' is no label"),
        ("title,seniority\n ,Lead\n", "line 2, field 'title': the value is empty"),
        ("title,seniority,language\nCEO,Lead,German\n", "'German' is no ISO code"),
    ],
)
def test_mistakes_are_told_with_their_place(write, seniority, content, message) -> None:
    with pytest.raises(DataError, match=message):
        read_held_out(write("t.csv", content), [seniority])
