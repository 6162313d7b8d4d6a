import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.titles import AND, ROLE_END, fold, plain, spellings, words_of


@pytest.mark.parametrize(
    ("title", "folded"),
    [
        ("Leiter*in Vertrieb (m/w/d)", "leiter vertrieb"),
        ("Leiter/-in Vertrieb", "leiter vertrieb"),
        ("Leiter(in)", "leiter"),
        ("LeiterIn", "leiterin"),
        ("Directeur·rice général·e", "directeur general"),
        ("Jefe/a de ventas", "jefe de ventas"),
        ("Kaufmann/-frau", "kaufmann"),
        ("Chargé d’affaires H/F", "charge d affaires"),
        ("Key-Account-Manager", "key account manager"),
        ("V.P. Sales & Bakery", "vp sales & bakery"),
        ("Sales/Bakery Manager", "sales & bakery manager"),
        ("Sales und Marketing", "sales & marketing"),
        ("CEO | Head of Sales", "ceo | head of sales"),
        ("ΔΙΕΥΘΥΝΤΗΣ Πωλήσεων", "διευθυντησ πωλησεων"),
        ("İnsan Kaynakları Müdürü", "insan kaynaklari muduru"),
        ("Ｓａｌｅｓ　部長", "sales 部長"),
        ("프로젝트 매니저", "프로젝트 매니저"),
        ("Менеджер по продажам", "менеджер по продажам"),
        ("Łódź Øst Straße", "lodz ost strasse"),
        ("Leiter E-Commerce", "leiter ecommerce"),
        ("Pre-Sales", "pre sales"),
        ("???", ""),
    ],
)
def test_folding_makes_equal_what_people_write_in_many_ways(title: str, folded: str) -> None:
    assert fold([title]) == [folded]


@given(st.lists(st.text(max_size=40), max_size=5))
def test_folding_keeps_the_titles_apart_and_in_order(titles: list[str]) -> None:
    assert fold(titles) == [fold([title])[0] for title in titles]


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(title: str) -> None:
    once = fold([title])
    assert fold(once) == once


@pytest.mark.parametrize(
    "note", ["(m/w/d)", "(w/m/d)", "m/f", "(H/F)", "(m|w|d)", "(F/M/X)", "(m/ž)", "(ч/ж)"]
)
def test_notes_of_gender_leave_no_word(note: str) -> None:
    assert fold([f"Buyer {note} Berlin"]) == ["buyer berlin"]


@given(st.text(max_size=60))
def test_signs_are_no_words(title: str) -> None:
    [folded] = fold([title])
    words = words_of(folded)
    assert not {AND, ROLE_END} & set(words)
    assert [word for word in folded.split() if word in words] == words
    assert words_of(f"{AND} glazier {ROLE_END} cooper {AND}") == ["glazier", "cooper"]


def test_no_titles_fold_to_none() -> None:
    assert fold([]) == []


def test_a_text_with_umlauts_has_two_spellings() -> None:
    assert spellings("Geschäftsführer") == ("geschäftsführer", "geschaeftsfuehrer")
    assert spellings("Manager") == ("manager",)


@given(st.text(max_size=30))
def test_a_plain_text_folds_to_the_same_words(title: str) -> None:
    assert fold([plain(title)]) == fold([title])


def test_plain_letters_are_small_and_without_accents() -> None:
    assert plain("Müller-Œuvre, ŁÓDŹ") == "muller-oeuvre, lodz"
    assert plain("Senior工程師") == "senior 工程師"
