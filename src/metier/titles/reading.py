"""A title as encoders read it."""

from __future__ import annotations

from metier.titles.normal import normalise
from metier.titles.words import LONGEST

__all__ = ["encoder_text"]

# Shorter words in capital letters are abbreviations as often as not: CEO, HR, SAP.
LONGEST_ABBREVIATION = 3


def encoder_text(title: str) -> str:
    """Return the title as encoders read it: normalised, and not in capital letters all through.

    The pieces of an encoder's vocabulary tell capital letters from small ones, and its titles are
    seldom shouted: "HEAD OF PAYROLL" would be a row of unknown fragments. A title without small
    letters is read as "Head OF Payroll"; its short words may be abbreviations and stay. Only the
    first 1,000 characters are read. Reading twice changes nothing.
    """
    text = normalise(title[:LONGEST])
    if not text.isupper():
        return text
    return normalise(" ".join(_in_small_letters(word) for word in text.split()))


def _in_small_letters(word: str) -> str:
    letters = sum(character.isalpha() for character in word)
    return word.capitalize() if letters > LONGEST_ABBREVIATION else word
