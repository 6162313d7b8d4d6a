"""One title: how it is read, what its words are, and when two are the same."""

from metier.titles.normal import normalise, title_key
from metier.titles.status import TitleStatus, status_of
from metier.titles.words import AND, ROLE_END, fold, is_unspaced, spellings, words_of

__all__ = [
    "AND",
    "ROLE_END",
    "TitleStatus",
    "fold",
    "is_unspaced",
    "normalise",
    "spellings",
    "status_of",
    "title_key",
    "words_of",
]
