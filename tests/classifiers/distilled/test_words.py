import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.classifiers.distilled.words import bigrams_of, grams_of, words_of_titles


def spelt(titles: list[str]) -> list[str]:
    words = words_of_titles(titles)
    return [
        "".join(map(chr, words.letters[start : start + length]))
        for start, length in zip(words.starts, words.lengths, strict=True)
    ]


def hashes(title: str) -> list[int]:
    return words_of_titles([title]).hashes.tolist()


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Head of Sales", ["head", "of", "sales"]),
        ("  GIESSER/Gießer ", ["giesser", "/", "giesser"]),
        ("Café-Leiter*in", ["cafe", "leiter", "in"]),
        ("CEO | R&D", ["ceo", "|", "r", "&", "d"]),
        ("R+D • CTO", ["r", "&", "d", "|", "cto"]),
        ("営業部長", ["営業部長"]),
        ("Ｓｅｎｉｏｒ Ⅱ", ["senior", "ii"]),
        ("a\nb", ["a", "b"]),
        ("--", []),
        ("", []),
    ],
)
def test_a_title_is_read_as_its_words(title, words) -> None:
    assert spelt([title]) == words


def test_words_know_their_titles() -> None:
    words = words_of_titles(["Head of Sales", "", "CEO", "..."])
    assert words.titles.tolist() == [0, 0, 0, 2]
    assert words.n == 4
    assert words_of_titles([]).n == 0
    assert words_of_titles(["", ""]).hashes.shape == (0,)


def test_equal_words_have_equal_hashes_wherever_they_stand() -> None:
    both = words_of_titles(["Sales Manager", "manager of SALES"]).hashes
    assert both[0] == both[4]
    assert both[1] == both[2]
    assert len(set(both.tolist())) == 3


def test_a_pair_is_another_one_in_the_other_order_and_at_the_beginning() -> None:
    found = [bigrams_of(words_of_titles([title])).tolist() for title in ("a b", "b a", "x a b")]
    assert found[0][1] == found[2][2]
    assert found[0][1] != found[1][1]
    assert found[0][0] != found[2][1]


def test_grams_are_told_apart_by_their_place_in_the_word() -> None:
    # "her" has #h he er r#, #he her er#, #her her#, #her#.
    words = words_of_titles(["her", "heroes"])
    grams = grams_of(words, np.arange(2))
    of_first = set(grams.hashes[grams.words == 0].tolist())
    assert np.sum(grams.words == 0) == len(of_first) == 10
    shared = of_first & set(grams.hashes[grams.words == 1].tolist())
    # #h, he, er, #he, her, #her stand in both; r#, er#, her#, #her# end a word.
    assert len(shared) == 6


def test_only_the_beginning_of_an_enormous_title_is_read() -> None:
    assert hashes("a" * 1_000) == hashes("a" * 1_000_000)
    assert len(hashes("a " * 500_000)) == 500


def test_what_stands_for_several_letters_is_read_wherever_it_stands() -> None:
    street = hashes("Straße")
    assert street == hashes("STRASSE") == hashes("strasse")
    assert hashes("Chief Oﬃcer") == hashes("chief officer")
    mixed = words_of_titles(["Nurse", "Oﬃcer", "x" * 2_000, "Straße"])
    assert mixed.titles.tolist() == [0, 1, 2, 3]
    assert mixed.hashes[3] == street[0]
    assert mixed.lengths.tolist() == [5, 7, 1_000, 7]


@given(st.lists(st.text(max_size=30), max_size=6))
def test_titles_are_read_alike_alone_and_together(titles) -> None:
    together = words_of_titles(titles)
    alone = [words_of_titles([title]) for title in titles]
    assert together.hashes.tolist() == [h for each in alone for h in each.hashes.tolist()]
    assert bigrams_of(together).tolist() == [h for each in alone for h in bigrams_of(each).tolist()]
    assert together.titles.tolist() == [
        number for number, each in enumerate(alone) for _ in each.hashes
    ]


@given(st.text(max_size=40))
def test_case_does_not_count(title) -> None:
    assert hashes(title.casefold()) == hashes(title.casefold().casefold())
    if title.isascii():
        assert hashes(title.upper()) == hashes(title.lower())


@given(st.text(st.characters(categories=["Cs", "Mn", "Lo", "Zs", "Cc"]), max_size=20))
def test_anything_is_read(title) -> None:
    words = words_of_titles([title, "CEO"])
    assert words.titles.tolist().count(1) == 1
    assert len(grams_of(words, np.arange(len(words.hashes))).hashes) >= 10
