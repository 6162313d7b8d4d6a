"""The words of a title, as markers are matched against them.

Folding makes equal what people write in many ways: case, accents, hyphens, gender endings
(``Leiter*in``, ``Leiter/-in``, ``directeur·rice``), notes such as ``(m/w/d)`` and dotted
abbreviations. It works on many titles at once, because one pass over a long text costs a fraction
of a pass over each title.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = ["AND", "LONGEST", "ROLE_END", "fold", "is_unspaced", "plain", "spellings", "words_of"]

ROLE_END = "|"
"""The word that stands between two roles of a title."""

AND = "&"
"""The word that joins two functions: "and" in many languages, a plus or a slash."""

LONGEST = 1_000
"""Characters that are read of a title where time grows faster than its length; none is as long."""

_MARKS = re.compile("[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670]+")
# Letters that no decomposition brings to their base.
_LETTERS = {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
# Letters that people without them on the keyboard write as two.
_AS_TWO = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})

# Each expression opens with the few characters it can open with, and looks behind only from
# there: the search then leaps from one such character to the next.
_GENDER_ENDING = re.compile(
    r"[*:·•_/(](?<=[^\W\d_]{2}.)-?"
    r"(?:innen|in|frau|r|e|n|s|a|o|x|rice|trice|ice|euse|ere|ne|se|te|ve|ive|ora|essa|ka|czka|ica)"
    r"(?![^\W_]|-[^\W\d_])\)?"
    r"|\.(?<=[^\W\d_]{2}.)(?:e|rice|trice|euse|ere|ne|ve)(?:\.s|s)?(?![^\W_])"
)
_DOTTED = re.compile(r"\.(?<=(?<![^\W_])[^\W\d_].)(?=[^\W\d_](?![^\W_]))")
# "E-Commerce" is written in one word as often as in two, and a lone "e" is an "and".
_ELECTRONIC = re.compile(r"-(?<=(?<![^\W_])e-)(?=[^\W\d_])")
_ROLE_ENDS = ("|", ";", "•", "·", " / ")
_JOIN_SIGNS = ("&", "/", "+")
_NO_WORD = re.compile(r"[^\w|&\n ]")
_JOIN_WORDS = re.compile(r" (?:and|und|et|y|e|i|og|och|en|ja|es|a|ve|si|oraz|и|та|і|και)(?= )")
# What is left of "(m/w/d)", "m|f" and the like.
_GENDER_NOTE = re.compile(r" [mwfdhxvkzмжч](?: +[&|] +[mwfdhxvkzмжч]){1,3}(?= |$)", re.MULTILINE)
_UNSPACED_LETTER = "[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_UNSPACED = re.compile(_UNSPACED_LETTER)
_SCRIPT_ENDS = re.compile(
    f"(?<=[a-zA-Z0-9])(?={_UNSPACED_LETTER})|(?<={_UNSPACED_LETTER})(?=[a-zA-Z0-9])"
)


def fold(titles: Sequence[str]) -> list[str]:
    """Return each title as its words, folded and parted by single spaces.

    The words hold letters and digits alone, apart from the two signs ``AND`` and ``ROLE_END``.
    Folding twice changes nothing.
    """
    if not titles:
        return []
    text = "\n".join(title if title.isascii() else plain(title) for title in titles).lower()
    if text.count("\n") != len(titles) - 1:
        return fold([title.replace("\n", " ") for title in titles])
    text = _GENDER_ENDING.sub("", text)
    text = _ELECTRONIC.sub("", _DOTTED.sub("", text))
    for sign in _ROLE_ENDS:
        text = text.replace(sign, f" {ROLE_END} ")
    for sign in _JOIN_SIGNS:
        text = text.replace(sign, f" {AND} ")
    text = _NO_WORD.sub(" ", text.replace("_", " "))
    text = _JOIN_WORDS.sub(f" {AND}", text)
    text = _GENDER_NOTE.sub("", text)
    return [" ".join(line.split()) for line in text.split("\n")]


def words_of(folded: str) -> list[str]:
    """Return the words of a folded title, without the signs ``AND`` and ``ROLE_END``."""
    return [word for word in folded.split() if word not in (AND, ROLE_END)]


def plain(title: str) -> str:
    """Return a title without accents, in small letters, each as its base where it has one."""
    if title.isascii():
        return title.lower()
    text = _MARKS.sub("", unicodedata.normalize("NFKD", title.casefold()))
    text = unicodedata.normalize("NFC", text.casefold())
    for letter, base in _LETTERS.items():
        text = text.replace(letter, base)
    # "Senior工程師" is two words, although nothing stands between them.
    return _SCRIPT_ENDS.sub(" ", text) if is_unspaced(text) else text


def spellings(text: str) -> tuple[str, ...]:
    """Return the text and, where it has umlauts and their like, the text with two letters each."""
    if text.isascii():
        return (text.lower(),)
    composed = unicodedata.normalize("NFC", text).lower()
    return tuple(dict.fromkeys((composed, composed.translate(_AS_TWO))))


def is_unspaced(text: str) -> bool:
    """Tell whether a text is in a script that is written without spaces, or nearly so."""
    return not text.isascii() and _UNSPACED.search(text) is not None
