import itertools
from collections import Counter
from random import Random

import pytest

from metier.classifiers.rules import RulesClassifier
from metier.data import read_titles, sample_file
from metier.errors import DataError, GuidelinesError
from metier.guidelines import Guidelines, load_guidelines
from metier.synthesis import Generated, Manners, Mixture, domain_auc, estimate_mixture, generate
from metier.synthesis.near_duplicates import NearDuplicates

SUBJECT, RANK = load_guidelines("department"), load_guidelines("seniority")


@pytest.fixture(scope="module")
def real() -> tuple[str, ...]:
    return read_titles(sample_file("unlabelled-cvs.json"))


@pytest.fixture(scope="module")
def mixture(real: tuple[str, ...]) -> Mixture:
    return estimate_mixture(real, SUBJECT, RANK)


@pytest.fixture(scope="module")
def made(mixture: Mixture) -> Generated:
    return generate(SUBJECT, RANK, mixture, 3000, seed=7)


def test_as_many_titles_as_asked_none_nearly_twice(made: Generated) -> None:
    assert len(made.titles) == 3000
    assert not any(NearDuplicates().add([one.title for one in made.titles]))


def test_the_same_seed_gives_the_same_titles(mixture: Mixture) -> None:
    first, again, other = (generate(SUBJECT, RANK, mixture, 50, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first.titles != other.titles


def test_shares_are_estimated_and_sum_to_one(mixture: Mixture) -> None:
    assert sum(mixture.labels.values()) == pytest.approx(1)
    assert sum(mixture.languages.values()) == pytest.approx(1)
    assert all(share > 0 for share in mixture.labels.values())


def test_labels_have_the_shares_asked_for(mixture: Mixture) -> None:
    asked = dict.fromkeys(mixture.labels, 0.0)
    asked["Sales", "Lead"] = asked["Other", "Professional"] = 0.5
    given = Mixture(asked, mixture.languages, mixture.manners, mixture.phrases, mixture.titles)
    made = generate(SUBJECT, RANK, given, 400, seed=3)
    counts = Counter(one.labels["seniority"] for one in made.titles)
    assert counts["Lead"] == pytest.approx(200, abs=70)
    assert set(counts) <= {"Lead", "Professional"}


def test_every_language_is_spoken(mixture: Mixture) -> None:
    codes = [language.code for language in SUBJECT.languages]
    even = Mixture(mixture.labels, dict.fromkeys(codes, 1 / len(codes)), mixture.manners)
    made = generate(SUBJECT, RANK, even, 1000, seed=5)
    assert {one.language for one in made.titles} == set(codes)


def test_most_written_titles_keep_the_label_that_the_rules_give(made: Generated) -> None:
    titles = [one.title for one in made.titles]
    for page in (SUBJECT, RANK):
        given = RulesClassifier(page.scale).predict(titles)
        same = sum(
            label == one.labels[page.target] for label, one in zip(given, made.titles, strict=True)
        )
        assert same / len(titles) > 0.93


def test_titles_to_keep_apart_from_are_left_out_and_counted(mixture: Mixture) -> None:
    before = generate(SUBJECT, RANK, mixture, 200, seed=1)
    avoided = [one.title for one in before.titles]
    after = generate(SUBJECT, RANK, mixture, 200, seed=1, apart_from=avoided)
    assert not any(NearDuplicates(avoided).contains([one.title for one in after.titles]))
    assert after.dropped["near a title to keep apart from"] > 0


def test_pages_that_are_used_up_give_what_they_have(mixture: Mixture) -> None:
    only = dict.fromkeys(mixture.labels, 0.0)
    only["Purchasing", "Director"] = 1.0
    calm = Mixture(only, {"ko": 1.0}, Manners(0, 0, 0, 0, 0))
    made = generate(SUBJECT, RANK, calm, 50_000, seed=1)
    assert 0 < len(made.titles) < 50_000


def test_a_count_below_one_is_refused(mixture: Mixture) -> None:
    with pytest.raises(DataError, match="cannot be generated"):
        generate(SUBJECT, RANK, mixture, 0)


def test_shares_of_no_titles_are_refused() -> None:
    with pytest.raises(DataError, match="no titles at all"):
        estimate_mixture([], SUBJECT, RANK)


def test_pages_without_words_are_refused(mixture: Mixture) -> None:
    bare = Guidelines.model_validate(SUBJECT.model_dump(exclude={"languages"}))
    with pytest.raises(GuidelinesError, match="cannot be composed"):
        generate(bare, RANK, mixture, 10)


def test_realism_is_guessing_among_equals_and_certainty_among_strangers() -> None:
    here = [f"Manager {number}" for number in range(200)]
    there = [f"Leiter {number}" for number in range(200)]
    assert domain_auc(here, there) == pytest.approx(1)
    words = itertools.permutations("abcdefgh", 4)
    alike = [" ".join(letters) for letters in words]
    Random(1).shuffle(alike)
    assert domain_auc(alike[:500], alike[500:1000]) < 0.6
    with pytest.raises(DataError, match="too few"):
        domain_auc(here, there[:3])


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [
        ("Sales Manager", "sales manager", True),
        ("Manager, Sales", "Sales Manager", True),
        ("Sales Manager (m/w/d)", "Sales-Manager", True),
        ("Sales Managr", "Sales Manager", True),
        ("Salez Managr", "Sales Manager", False),
        ("Sales Manager Berlin", "Sales Manager Bonn", False),
        ("Head of IT", "Lead of IT", False),
    ],
)
def test_near_titles_say_the_same(first: str, second: str, near: bool) -> None:
    assert NearDuplicates([first]).contains([second]) == [near]
