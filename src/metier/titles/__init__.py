"""One title: how it is read, what its words are, and when two are the same."""

from metier.titles.normal import normalise, title_key
from metier.titles.reading import encoder_text
from metier.titles.status import TitleStatus, status_of, statuses_by_form
from metier.titles.words import (
    AND,
    LONGEST,
    ROLE_END,
    fold,
    is_unspaced,
    plain,
    spellings,
    words_of,
)

__all__ = [
    "AND",
    "LONGEST",
    "ROLE_END",
    "TitleStatus",
    "encoder_text",
    "fold",
    "is_unspaced",
    "normalise",
    "plain",
    "spellings",
    "status_of",
    "statuses_by_form",
    "title_key",
    "words_of",
]
