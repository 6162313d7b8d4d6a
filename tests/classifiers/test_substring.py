import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.classifiers import load_classifier
from metier.classifiers.substring import SubstringClassifier
from metier.errors import DataError, GuidelinesError, ModelError, StudyError
from metier.guidelines import Scale, load_guidelines
from metier.titles import title_key

TITLES = ["Seller", "Seller", " SELLER ", "Head  Seller", "Paint", "Paint Buyer", "Buy Ink", ""]
LABELS = [
    "Sales",
    "Sales",
    "Marketing",
    "Other",
    "Marketing",
    "Purchasing",
    "Purchasing",
    "Consulting",
]


@pytest.fixture(scope="module")
def fitted() -> SubstringClassifier:
    return SubstringClassifier(load_guidelines("department").scale).fit(TITLES, LABELS)


@pytest.mark.parametrize(
    ("title", "label", "reason"),
    [
        ("Best seller, north", "Sales", "seller"),
        ("best head\tSELLER", "Other", "head seller"),
        ("Paint buyers", "Purchasing", "paint buyer"),
        ("Painter", "Marketing", "paint"),
        ("Buy ink, sell paint", "Purchasing", "buy ink"),
        ("", "Other", "no list title"),
        ("Glassblower", "Other", "no list title"),
    ],
)
def test_the_longest_list_title_in_a_title_decides(fitted, title, label, reason) -> None:
    assert list(fitted.predict([title])) == [label]
    assert fitted.reasons([title]) == [reason]


def test_probabilities_are_smoothed_shares_of_the_labels(fitted) -> None:
    found = fitted.predict_proba(["Seller"])[0]
    labels = list(fitted.scale.labels)
    assert found[labels.index("Sales")] == pytest.approx((2 + 1 / 11) / 4)
    assert found[labels.index("Marketing")] == pytest.approx((1 + 1 / 11) / 4)
    assert found[labels.index("Purchasing")] == pytest.approx(1 / 11 / 4)
    np.testing.assert_allclose(fitted.predict_proba(["Glassblower"]), 1 / 11, atol=1e-5)


WORDS = st.text("ab c", max_size=8)


@given(st.lists(WORDS, min_size=1, max_size=12), WORDS)
def test_it_finds_what_a_search_title_by_title_finds(listed, title) -> None:
    scale = Scale("department", load_guidelines("department").scale.labels)
    fitted = SubstringClassifier(scale).fit(listed, ["Sales"] * len(listed))
    key = title_key(title)
    inside = [each for each in map(title_key, listed) if each and each in key]
    (found,) = fitted.reasons([title])
    if not inside:
        assert found == "no list title"
    else:
        assert found in inside
        assert len(found) == max(map(len, inside))


def test_what_is_added_around_a_list_title_does_not_hide_it(fitted) -> None:
    assert list(fitted.predict(["x" * 200 + "seller" + "y" * 1_000_000])) == ["Sales"]


def test_a_long_list_and_a_title_of_a_megabyte_take_no_time(department: Scale) -> None:
    listed = [f"{one} {other} {three}" for one in "abcdefghijklmnopqrst"
              for other in map(str, range(25)) for three in map(str, range(100, 120))]  # fmt: skip
    fitted = SubstringClassifier(department).fit(listed, ["Sales"] * len(listed))
    titles = [f"{number} of things that stand in no list" for number in range(1000)]
    started = time.monotonic()
    fitted.predict_proba([*titles, "ﷺ" * 1_000_000])
    assert time.monotonic() - started < 2


def test_a_saved_one_answers_alike(fitted, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    loaded = load_classifier(tmp_path)
    asked = ["Head Seller", "Painter", "Glassblower", ""]
    np.testing.assert_array_equal(loaded.predict_proba(asked), fitted.predict_proba(asked))
    assert loaded.reasons(asked) == fitted.reasons(asked)
    (tmp_path / "list.parquet").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"holds no classifier: list\.parquet"):
        load_classifier(tmp_path)


def test_mistakes_are_sentences(department: Scale) -> None:
    with pytest.raises(DataError, match="no titles at all"):
        SubstringClassifier(department).fit([], [])
    with pytest.raises(GuidelinesError, match="no guidelines page"):
        SubstringClassifier(Scale("planet", ("Mars", "Venus"))).check()
    with pytest.raises(StudyError, match="has not the labels"):
        SubstringClassifier(department, page="seniority").check()
