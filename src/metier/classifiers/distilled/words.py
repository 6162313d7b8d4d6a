"""The words of many titles as numbers, worked out for all letters of all titles at once.

A loop over titles would take longer than everything else that the distilled method does, so that
the titles are joined to one text, and each step is one pass of numpy over its letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metier.titles import LONGEST

__all__ = ["Grams", "Words", "bigrams_of", "grams_of", "words_of_titles"]

SHORTEST_GRAM, LONGEST_GRAM = 2, 5

# What a character is: nothing, a letter or digit, a mark on one, a sign that is a word by itself,
# or one that stands for several others.
_BREAK, _LETTER, _MARK, _SIGN, _SEVERAL = range(5)
# Signs that part the roles of a title, or join two functions, each as the word that it stands for.
_SIGNS = {"|": "|", "•": "|", "·": "|", "/": "/", "&": "&", "+": "&", ",": ",", ";": ","}
_UNKNOWN = 255
_CODE_POINTS = 0x110000

# Odd numbers without pattern: those of SplitMix64 (Steele et al., OOPSLA 2014), its own increment
# and the two of its finaliser.
_STEP, _MIX_1, _MIX_2 = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)
# Before and behind a word, so that "er" within and at the end of one are two grams.
_EDGE = np.uint32(1)


@dataclass(frozen=True)
class Words:
    """The words of n titles, in their order.

    Attributes:
        hashes: What stands for each word, shape (w,): equal words have equal hashes.
        titles: Number of each word's title, ascending, shape (w,).
        starts: Place of each word's first letter among the letters, shape (w,).
        lengths: Letters of each word, shape (w,).
        letters: The letters of all words, shape (l,).
        n: Titles.
    """

    hashes: NDArray[np.uint64]
    titles: NDArray[np.int32]
    starts: NDArray[np.int32]
    lengths: NDArray[np.int32]
    letters: NDArray[np.uint32]
    n: int


@dataclass(frozen=True)
class Grams:
    """The character n-grams of words, word by word.

    Attributes:
        hashes: What stands for each gram, shape (g,).
        words: Number of each gram's word, ascending, shape (g,).
    """

    hashes: NDArray[np.uint64]
    words: NDArray[np.intp]


class _Alphabet:
    """What each character is, and the letter that it counts as; worked out when it is met."""

    def __init__(self) -> None:
        self._kinds = np.full(_CODE_POINTS, _UNKNOWN, dtype=np.uint8)
        self._letters = np.arange(_CODE_POINTS, dtype=np.uint32)

    def read(self, codes: NDArray[np.uint32]) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
        """Return what each character is, and its letter."""
        kinds = self._kinds.take(codes, mode="clip")
        if (kinds == _UNKNOWN).any():
            for code in np.unique(codes[kinds == _UNKNOWN]).tolist():
                self._kinds[code], letter = _kind_and_letter(chr(code))
                self._letters[code] = ord(letter)
            kinds = self._kinds.take(codes, mode="clip")
        return kinds, self._letters.take(codes, mode="clip")


def _kind_and_letter(character: str) -> tuple[int, str]:
    folded = _folded(character)
    bare = "".join(each for each in folded if not _is_mark(each)) or folded
    if len(bare) > 1:
        return _SEVERAL, character
    if bare in _SIGNS:
        return _SIGN, _SIGNS[bare]
    if bare.isalnum():
        return _LETTER, bare
    return (_MARK if _is_mark(bare) else _BREAK), bare


def _is_mark(character: str) -> bool:
    """Tell accents, and the vowel signs of scripts that write them above or below a letter."""
    return unicodedata.category(character) in ("Mn", "Mc")


def _folded(text: str) -> str:
    """Return a text in compatible characters, with marks parted from letters, in small letters."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKD", folded)


_ALPHABET = _Alphabet()


def words_of_titles(titles: Sequence[str]) -> Words:
    """Return the words of titles: case, accents and compatible characters do not count.

    Only the first 1,000 characters of a title are read.
    """
    if max(map(len, titles), default=0) > LONGEST:
        titles = [title[:LONGEST] for title in titles]
    codes = _codes(titles)
    kinds, letters = _ALPHABET.read(codes)
    if (kinds == _SEVERAL).any():
        several = np.cumsum(codes == ord("\n"))[kinds == _SEVERAL]
        titles = list(titles)
        for number in np.unique(several).tolist():
            titles[number] = _folded(titles[number])
        codes = _codes(titles)
        kinds, letters = _ALPHABET.read(codes)
    ends = codes == ord("\n")
    title_of = np.cumsum(ends, dtype=np.int32)
    kept = (kinds != _MARK) | ends
    if not kept.all():
        kinds, letters, title_of = kinds[kept], letters[kept], title_of[kept]
    inside = (kinds == _LETTER) | (kinds == _SIGN)
    opens = inside.copy()
    opens[1:] &= ~((kinds[1:] == _LETTER) & (kinds[:-1] == _LETTER))
    opened = np.flatnonzero(opens)
    letters = letters[inside]
    # Places among the letters of words alone.
    starts = (np.cumsum(inside, dtype=np.int32) - 1)[opened]
    lengths = np.diff(starts, append=np.int32(len(letters)))
    return Words(
        hashes=_hash_words(letters, starts, lengths),
        titles=title_of[opened],
        starts=starts,
        lengths=lengths,
        letters=letters,
        n=len(titles),
    )


def grams_of(words: Words, chosen: NDArray[np.intp]) -> Grams:
    """Return the n-grams of 2 to 5 characters of some words, their edges included.

    Args:
        words: The words.
        chosen: Numbers of the words to take apart, shape (c,); a gram's word is a place in it.
    """
    lengths = words.lengths[chosen] + 2
    ends = np.cumsum(lengths)
    starts = ends - lengths
    text = np.full(int(lengths.sum()), _EDGE, dtype=np.uint32)
    places = np.arange(len(text)) - np.repeat(starts, lengths)
    inner = (places > 0) & (places < np.repeat(lengths, lengths) - 1)
    text[inner] = words.letters[(np.repeat(words.starts[chosen], lengths) + places - 1)[inner]]
    left = np.repeat(ends, lengths) - np.arange(len(text))
    sizes = np.arange(SHORTEST_GRAM, LONGEST_GRAM + 1)
    hashes = np.zeros((len(text), len(sizes)), dtype=np.uint64)
    letters = text.astype(np.uint64)
    rolling = letters.copy()
    power = _STEP
    with np.errstate(over="ignore"):
        for size in range(2, min(LONGEST_GRAM, len(text)) + 1):
            rolling[: len(rolling) - size + 1] += letters[size - 1 :] * power
            power = power * _STEP
            hashes[:, size - SHORTEST_GRAM] = rolling + np.uint64(size)
    # Row by row, so that the grams of a word stand together.
    inside = left[:, np.newaxis] >= sizes
    of_words = np.repeat(np.arange(len(chosen)), lengths)
    return Grams(_mixed(hashes[inside]), np.repeat(of_words, inside.sum(axis=1)))


def bigrams_of(words: Words) -> NDArray[np.uint64]:
    """Return a hash for each word with the one before it in its title, shape (w,).

    The first word of a title stands behind its beginning.
    """
    before = np.empty_like(words.hashes)
    before[1:] = words.hashes[:-1]
    opens = np.ones(len(words.hashes), dtype=np.bool_)
    opens[1:] = words.titles[1:] != words.titles[:-1]
    before[opens] = 0
    with np.errstate(over="ignore"):
        return _mixed(before * _STEP + words.hashes + np.uint64(1))


def _codes(titles: Sequence[str]) -> NDArray[np.uint32]:
    """Return the code points of titles, joined by line ends."""
    text = "\n".join(titles)
    if text.count("\n") >= max(len(titles), 1):
        text = "\n".join([title.replace("\n", " ") for title in titles])
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _hash_words(
    letters: NDArray[np.uint32], starts: NDArray[np.int32], lengths: NDArray[np.int32]
) -> NDArray[np.uint64]:
    if not len(starts):
        return np.empty(0, dtype=np.uint64)
    places = np.arange(len(letters), dtype=np.int32) - np.repeat(starts, lengths)
    with np.errstate(over="ignore"):
        weighed = letters * _POWERS.take(places, mode="clip")
        return _mixed(np.add.reduceat(weighed, starts))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return SplitMix64's finaliser of each value: every bit depends on every other."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * _MIX_1
        values = (values ^ (values >> np.uint64(27))) * _MIX_2
        return np.asarray(values ^ (values >> np.uint64(31)))


def _powers(count: int) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        return np.multiply.accumulate(np.full(count, _STEP, dtype=np.uint64))


# Compatible forms may be longer than what is read of a title: "ﷺ" stands for 18 characters.
_POWERS = _powers(20 * LONGEST)
