import time

import pytest

from metier.classifiers.rules import statuses
from metier.titles import TitleStatus


@pytest.mark.parametrize(
    "title",
    [
        "Managing Director Muster GmbH",
        "Owner at Acme Ltd",
        "Inhaberin Müller e.K.",
        "Buyer, Acme Inc.",
        "Sachbearbeiter Allianz AG",
        "Praktikant BMW AG",
        "Buchhalter Siemens AG",
        "Comptable Renault SA",
        "Software Architect SAP SE",
        "Säljare Volvo AB",
        "Senior SE",
        "Line Cook",
        "Chef Cook",
        "Junior Baker",
        "Personal Trainer",
    ],
)
def test_a_role_in_the_form_of_a_name_is_a_title(title: str) -> None:
    assert statuses([title]) == [TitleStatus.TITLE]


def test_names_alone_are_none() -> None:
    texts = ["Anna Schmidt", "Muster Software GmbH", "Acme Holding Ltd", "n/a", "", "Buyer"]
    assert statuses(texts) == [
        TitleStatus.PERSON,
        TitleStatus.COMPANY,
        TitleStatus.COMPANY,
        TitleStatus.PLACEHOLDER,
        TitleStatus.EMPTY,
        TitleStatus.TITLE,
    ]


def test_no_titles_have_no_status() -> None:
    assert statuses([]) == []


@pytest.mark.parametrize("piece", ["a", "7", "@", "a.", "館", "Anna ", "GmbH "])
def test_however_long_a_text_is_its_status_is_told_at_once(piece: str) -> None:
    statuses(["Anna Schmidt"])
    text = piece * (1_000_000 // len(piece))
    started = time.perf_counter()
    assert len(statuses([text, f"{text}@", f"{text} GmbH"])) == 3
    assert time.perf_counter() - started < 0.2


def test_a_name_is_told_by_what_is_read_of_it() -> None:
    hidden = "Anna Schmidt" + " " * 1_000 + "CEO"
    assert statuses([hidden]) == [TitleStatus.PERSON]
