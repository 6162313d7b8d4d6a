import sys

import pytest

from metier.errors import MissingExtraError
from metier.evaluation import languages
from metier.evaluation.languages import UNSURE, language_of
from metier.guidelines import load_guidelines


def test_languages_are_told_where_the_title_says_enough() -> None:
    given = {
        "Fachberaterin für Gartenbänke": "de",
        "Head of the tulip growing department": "en",
        "Kierownik hodowli tulipanów": "pl",
        "Садівник-флорист": "uk",
        "プリン担当": "ja",
        "조경 담당자": "ko",
        "花园设计师": "zh",
    }
    assert language_of(list(given)) == list(given.values())


@pytest.mark.parametrize("title", ["CEO", "Trainee", "2020", "—", ""])
def test_a_title_of_many_languages_is_unsure(title) -> None:
    assert language_of([title]) == [UNSURE]


def test_both_written_forms_of_norwegian_are_one_language() -> None:
    assert language_of(["Avdelingsleder for økonomi og lønn på sjukehuset"]) == ["no"]


def test_no_language_is_told_that_no_page_has() -> None:
    pages = {language.code for language in load_guidelines("seniority").languages}
    titles = ["Barista", "Jardiner en cap", "Garðyrkjumaður", "Aednik-peremees", "Baumeister"]
    assert set(language_of(titles)) <= pages | {UNSURE}


def test_each_different_title_is_looked_at_once(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(
        languages, "_confidences", lambda _, text: asked.append(text) or {"de": 0.6, "en": 0.4}
    )
    assert language_of(["Gärtner", "Florist", "Gärtner ", "Gärtner"]) == ["de"] * 4
    assert asked == ["Gärtner", "Florist"]


@pytest.mark.parametrize(
    ("confidences", "language"),
    [
        ({"de": 0.5, "en": 0.49}, "de"),
        ({"de": 0.1, "en": 0.3, "nl": 0.15}, "en"),
        ({"en": 0.3, "nl": 0.2}, UNSURE),
        ({"en": 0.2, "nl": 0.01}, UNSURE),
        ({"nl": 0.5, "de": 0.5}, "de"),
    ],
)
def test_half_the_belief_or_a_clear_lead_is_enough(monkeypatch, confidences, language) -> None:
    monkeypatch.setattr(languages, "_confidences", lambda *_: confidences)
    assert language_of(["Gärtner"]) == [language]


def test_no_titles_need_no_detector(monkeypatch) -> None:
    monkeypatch.setattr(languages, "_detector", None)
    assert language_of([]) == []


def test_a_missing_detector_is_named_with_its_extra(monkeypatch) -> None:
    languages._detector.cache_clear()
    monkeypatch.setitem(sys.modules, "lingua", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'metier\[train\]'"):
        language_of(["Gärtner"])
