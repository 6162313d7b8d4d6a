import numpy as np
import pytest

from metier.data import LabelledTitles, Role
from metier.errors import DataError, RoleError
from metier.evaluation.errors import confident_mistakes, probable_annotation_errors
from metier.guidelines import Scale

SCALE = Scale("size", ("small", "middle", "large"))


def data(*rows: tuple[str, str], role: Role = Role.DEVELOPMENT) -> LabelledTitles:
    titles, labels = zip(*rows, strict=True)
    return LabelledTitles(titles, labels, SCALE, role, "cvs.json")


def sure(*answers: tuple[str, float]) -> np.ndarray:
    rows = np.empty((len(answers), 3))
    for row, (label, confidence) in zip(rows, answers, strict=True):
        row[:] = (1 - confidence) / 2
        row[SCALE.labels.index(label)] = confidence
    return rows


def test_mistakes_are_grouped_by_confusion_the_most_frequent_first() -> None:
    given = data(
        ("Sower", "small"),
        ("Reaper", "large"),
        ("Tulip Baron", "large"),
        ("Florist", "large"),
        ("Gardener", "middle"),
    )
    answers = sure(("large", 0.9), ("small", 0.6), ("small", 0.8), ("large", 1), ("middle", 1))
    first, second = confident_mistakes(given, answers)
    assert (first.label, first.predicted, first.rows, first.titles) == ("large", "small", 2, 2)
    assert [one.title for one in first.mistakes] == ["Tulip Baron", "Reaper"]
    assert first.mistakes[0].confidence == pytest.approx(0.8)
    assert first.mistakes[0].label_probability == pytest.approx(0.1)
    assert (second.label, second.predicted) == ("small", "large")
    assert confident_mistakes(given, answers, confusions=1, most=1)[0].mistakes == (
        first.mistakes[0],
    )


def test_each_title_stands_once_in_a_confusion_with_the_count_of_its_rows() -> None:
    given = data(("Sower", "small"), ("SOWER ", "small"), ("sower", "middle"))
    same, other = confident_mistakes(given, sure(*[("large", 0.9)] * 3))
    assert (same.rows, same.titles, same.mistakes[0].title) == (2, 1, "Sower")
    assert same.mistakes[0].rows == 2
    assert other.label == "middle"


def test_right_answers_are_no_mistakes() -> None:
    assert confident_mistakes(data(("Sower", "small")), sure(("small", 0.5))) == ()


def test_a_label_is_doubted_where_methods_agree_on_another() -> None:
    given = data(("Sower", "small"), ("Reaper", "small"), ("sower", "small"))
    one = sure(("large", 0.9), ("small", 0.9), ("large", 0.9))
    found = probable_annotation_errors(given, {"a": one, "b": one, "c": one})
    assert len(found) == 1
    assert (found[0].title, found[0].label, found[0].suggested) == ("Sower", "small", "large")
    assert (found[0].methods, found[0].asked, found[0].rows) == (("a", "b", "c"), 3, 2)
    assert found[0].confidence == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("answers", "doubted"),
    [
        ([("large", 0.9)] * 4 + [("small", 0.9)], True),
        ([("large", 0.9)] * 3 + [("small", 0.9)], False),
        ([("large", 0.9)] * 2 + [("middle", 0.9)], False),
        ([("large", 0.6), ("large", 0.7), ("large", 0.85)], True),
        ([("large", 0.6), ("large", 0.6), ("large", 0.85)], False),
        ([("small", 0.9)] * 3, False),
    ],
)
def test_four_of_five_must_agree_and_be_sure(answers, doubted) -> None:
    methods = {str(place): sure(answer) for place, answer in enumerate(answers)}
    assert bool(probable_annotation_errors(data(("Sower", "small")), methods)) is doubted


def test_only_the_methods_that_agree_are_named() -> None:
    methods = {name: sure(("large", 0.9)) for name in "abcd"} | {"e": sure(("middle", 0.9))}
    (found,) = probable_annotation_errors(data(("Sower", "small")), methods)
    assert (found.methods, found.asked) == (("a", "b", "c", "d"), 5)


def test_the_most_confident_doubt_comes_first() -> None:
    given = data(("Sower", "small"), ("Reaper", "small"))
    one = sure(("large", 0.8), ("middle", 0.9))
    found = probable_annotation_errors(given, dict.fromkeys("abc", one))
    assert [each.title for each in found] == ["Reaper", "Sower"]


def test_two_methods_are_too_few() -> None:
    one = sure(("large", 0.9))
    with pytest.raises(DataError, match="3 methods or more agree; there are 2: a, b"):
        probable_annotation_errors(data(("Sower", "small")), {"a": one, "b": one})


def test_titles_of_evaluation_data_are_not_shown() -> None:
    given = data(("Sower", "small"), role=Role.EVALUATION)
    one = sure(("large", 0.9))
    with pytest.raises(RoleError, match=r"cvs\.json is evaluation data"):
        confident_mistakes(given, one)
    with pytest.raises(RoleError, match="may not be used to show single titles"):
        probable_annotation_errors(given, dict.fromkeys("abc", one))


def test_answers_to_other_titles_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 3\), not \(1, 3\)"):
        confident_mistakes(data(("Sower", "small")), sure(("large", 0.9), ("large", 0.9)))
