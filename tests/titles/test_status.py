import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.titles import LONGEST, TitleStatus, status_of, statuses_by_form

# What decides, and what lies between: a name, a company and a contact can be made of them, and
# what folding leaves out.
PIECES = [
    *("Anna", "SCHMIDT", "Émile", "Dr", "Иван", "Иванов", "O", "Buyer", "мастер", "館"),
    *("GmbH", "S.r.l.", "AG", "z", "o.o.", "none", "N/A", "k.a.", "Title"),
    *("a@b.co", "www.", "http://x", "x.de/", "+49 170", "1234567", "@"),
    *("aa", "ß", "ǰ", "ᾳ", "m", "w", "(m/w)", "(in)", "*in", "/e", "and", "e-"),
    *(" ", " ", " ", ".", "-", "/", "(", ")", ",", "&", " | ", "\t", "\n", "\x00", "\u00a0"),
    *("\u0301", "\u0640", "\u200d", "\u2028", "´", "ª", "Ｇ", "\ud800"),
]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", TitleStatus.EMPTY),
        (" \t\u00a0", TitleStatus.EMPTY),
        ("n/a", TitleStatus.PLACEHOLDER),
        ("N.A.", TitleStatus.PLACEHOLDER),
        ("-- none --", TitleStatus.PLACEHOLDER),
        ("Keine Angabe", TitleStatus.PLACEHOLDER),
        ("не указано", TitleStatus.PLACEHOLDER),
        ("jane.doe@example.com", TitleStatus.CONTACT),
        ("a@b@example.com", TitleStatus.CONTACT),
        ("https://example.com/jane", TitleStatus.CONTACT),
        ("www.example.com", TitleStatus.CONTACT),
        ("+49 170 1234567", TitleStatus.CONTACT),
        ("...", TitleStatus.NOISE),
        ("12345", TitleStatus.NOISE),
        ("aaaa", TitleStatus.NOISE),
        ("Anna Schmidt", TitleStatus.PERSON),
        ("Dr. Anna Maria Schmidt", TitleStatus.PERSON),
        ("Иван Иванов", TitleStatus.PERSON),
        ("Muster Holding GmbH", TitleStatus.COMPANY),
        ("Acme Ltd.", TitleStatus.COMPANY),
        ("Rossi Costruzioni S.r.l.", TitleStatus.COMPANY),
        ("Nowak sp. z o.o.", TitleStatus.COMPANY),
    ],
)
def test_what_is_no_title_is_told_apart(text: str, status: TitleStatus) -> None:
    assert status_of(text) is status


@pytest.mark.parametrize(
    "title",
    [
        "CEO",
        "IT",
        "HR",
        "VP",
        "Head Baker",
        "Major",
        "Senior Developer .NET",
        "C++ Developer",
        "部長",
    ],
)
def test_when_in_doubt_a_text_is_a_title(title: str) -> None:
    assert status_of(title) is TitleStatus.TITLE


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=8))
def test_many_texts_are_told_as_each_is(texts: list[str]) -> None:
    assert statuses_by_form(texts) == [status_of(text) for text in texts]


@given(st.lists(st.text(max_size=30)))
def test_many_texts_of_any_kind_are_told_as_each_is(texts: list[str]) -> None:
    assert statuses_by_form(texts) == [status_of(text) for text in texts]


@pytest.mark.parametrize(
    "piece", ["a", "7", " ", "\t", "@", "a@", "a.", "a-", "é", "館", "e\u0301\u0323", "ﷺ", "Anna "]
)
@pytest.mark.parametrize("end", ["", "@", "@b.", "/", " GmbH"])
def test_however_long_a_text_is_its_status_is_told_at_once(piece: str, end: str) -> None:
    text = piece * (1_000_000 // len(piece)) + end
    started = time.perf_counter()
    assert statuses_by_form([text]) == [status_of(text)]
    assert time.perf_counter() - started < 0.2


def test_no_more_is_read_than_a_title_is_long() -> None:
    assert status_of("x" * LONGEST + " Buyer") is TitleStatus.NOISE
    assert status_of(" " * LONGEST + "Buyer") is TitleStatus.EMPTY
    assert status_of(f"https://example.com/{'x' * LONGEST}") is TitleStatus.CONTACT
