import pytest

from metier.titles import TitleStatus, status_of


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
