"""Which markers a word or a run of words holds."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from metier.guidelines import Marker, Pattern, patterns
from metier.titles import is_unspaced

__all__ = ["Entry", "Exceptions", "Lexicon", "Phrase", "Span", "word_matches"]

# The first letters by which morphemes inside a word are looked up.
INFIX_HEAD = 4
# So few phrases are looked through more quickly than they are put in order.
FEW = 8


class Span(NamedTuple):
    """A marker found in a word, from letter ``start`` up to ``end``."""

    start: int
    end: int
    marker: int


class Phrase(NamedTuple):
    """A marker of several words, or one tied to an end of the role.

    Attributes:
        words: The words of its pattern.
        at_start: Whether it must open the role.
        at_end: Whether it must close the role.
        marker: The marker's number.
        is_pair: Whether it is two words anywhere in the role: then it matches as soon as it is
            found by both.
    """

    words: tuple[str, ...]
    at_start: bool
    at_end: bool
    marker: int
    is_pair: bool

    def with_rest_of(self, markers: tuple[int, ...]) -> tuple[int, ...]:
        """Return the phrase's marker, and the opening word's own where that is a whole text.

        In scripts without spaces a word may hold more than what a phrase begins with.
        """
        return (self.marker, *markers) if is_unspaced(self.words[0]) else (self.marker,)

    def matches(self, words: list[str], at: int) -> bool:
        """Tell whether the phrase stands in the words of a role, from a position on."""
        end = at + len(self.words)
        if end > len(words) or (self.at_start and at) or (self.at_end and end < len(words)):
            return False
        # The first two words are those by which the phrase was looked up.
        for place in range(2, len(self.words)):
            if not word_matches(self.words[place], words[at + place]):
                return False
        return True


class Entry(NamedTuple):
    """What a word holds.

    Attributes:
        markers: The numbers of its own markers, the head of a compound first.
        phrases: The phrases that may begin with it, by the word that follows ("" for none),
            longest first; None where no phrase begins with it.
    """

    markers: tuple[int, ...]
    phrases: Mapping[str, tuple[Phrase, ...]] | None


class Lexicon:
    """Finds the markers of a page, word by word.

    What a word holds is worked out once; titles share most of their words.

    Args:
        markers: The markers; their positions are the numbers that entries speak of. Of those
            with the same spelling the strongest speaks for all, and what switches off one
            switches off all.

    Attributes:
        markers: The markers.
        unless: Number of a marker to the words that switch it off.
        entries: Word to what it holds, or None.
    """

    def __init__(self, markers: tuple[Marker, ...]) -> None:
        self.markers = markers
        self.unless: dict[int, Exceptions] = {}
        self._morphemes = _Morphemes()
        speaking = _strongest_of_each(markers)
        for marker in markers:
            if marker.unless:
                for pattern in patterns(marker.text):
                    self.unless.setdefault(speaking[pattern], Exceptions()).add(marker.unless)
        for pattern, strongest in speaking.items():
            if len(pattern.words) == 1 and not (pattern.at_start or pattern.at_end):
                self._morphemes.add(pattern.words[0], strongest)
            else:
                self._morphemes.add(pattern.words[0], _phrase(pattern, strongest))
        self.entries = _Entries(self._entry)

    def _entry(self, word: str) -> Entry | None:
        found = self._morphemes.find(word)
        if not found:
            return None
        spans = (Span(start, end, one) for start, end, one in found if isinstance(one, int))
        markers = tuple(span.marker for span in _outermost(spans))
        opened = [one for _, _, one in found if isinstance(one, Phrase)]
        opened.sort(key=lambda phrase: (len(phrase.words), _letters(phrase)), reverse=True)
        return Entry(markers, _Following(tuple(opened)) if opened else None)


class _Entries(dict[str, "Entry | None"]):
    """Entries by word; a word that was never seen is worked out."""

    def __init__(self, entry: Callable[[str], Entry | None]) -> None:
        super().__init__()
        self._entry = entry

    def __missing__(self, word: str) -> Entry | None:
        found = self[word] = self._entry(word)
        return found


class Exceptions(dict[str, bool]):
    """Whether a word switches a marker off; a word that was never seen is compared."""

    def __init__(self) -> None:
        super().__init__()
        self._patterns: set[str] = set()

    def add(self, texts: Iterable[str]) -> None:
        """Add words in the notation of markers."""
        self._patterns.update(
            word for text in texts for pattern in patterns(text) for word in pattern.words
        )

    def __missing__(self, word: str) -> bool:
        found = self[word] = any(word_matches(pattern, word) for pattern in self._patterns)
        return found


class _Following(dict[str, tuple[Phrase, ...]]):
    """Phrases by the word after the one that opens them; a new word is looked up once.

    Args:
        phrases: The phrases, longest first.
    """

    def __init__(self, phrases: tuple[Phrase, ...]) -> None:
        super().__init__()
        # Some words open hundreds of phrases, nearly all of which go on with a word of their own.
        self._exact: dict[str, list[tuple[int, Phrase]]] = {}
        self._others: list[tuple[int, Phrase]] = []
        for placed in enumerate(phrases):
            second = placed[1].words[1:2]
            if len(phrases) < FEW or not second or "*" in second[0] or is_unspaced(second[0]):
                self._others.append(placed)
            else:
                self._exact.setdefault(second[0], []).append(placed)

    def __missing__(self, word: str) -> tuple[Phrase, ...]:
        found = [
            (place, phrase)
            for place, phrase in self._others
            if len(phrase.words) == 1 or (word and word_matches(phrase.words[1], word))
        ]
        found += self._exact.get(word, ())
        ordered = self[word] = tuple(
            phrase for _, phrase in sorted(found, key=lambda placed: placed[0])
        )
        return ordered


class _Morphemes:
    """Patterns of single words, looked up by what they share with a word.

    A payload is the number of a marker, or the phrase that the pattern opens.
    """

    def __init__(self) -> None:
        self._payloads: dict[str, list[int | Phrase]] = {}
        self._prefixes: dict[str, str] = {}
        self._suffixes: dict[str, str] = {}
        self._infixes: dict[str, list[str]] = {}
        # By the first letter, the longest first.
        self._unspaced: dict[str, list[str]] = {}

    def add(self, pattern: str, payload: int | Phrase) -> None:
        body = pattern.strip("*")
        if is_unspaced(body):
            pattern = body
            if pattern not in self._payloads:
                insort(self._unspaced.setdefault(body[0], []), body, key=lambda body: -len(body))
        elif pattern.startswith("*") and pattern.endswith("*"):
            if pattern not in self._payloads:
                self._infixes.setdefault(body[:INFIX_HEAD], []).append(body)
        elif pattern.startswith("*"):
            self._suffixes[body] = pattern
        elif pattern.endswith("*"):
            self._prefixes[body] = pattern
        self._payloads.setdefault(pattern, []).append(payload)

    def find(self, word: str) -> list[tuple[int, int, int | Phrase]]:
        """Return what the word holds, with the letters it takes.

        A marker that is the whole word hides those that are parts of it; phrases hide nothing.
        """
        found: list[tuple[int, int, int | Phrase]] = []
        if not is_unspaced(word):
            found += [(0, len(word), payload) for payload in self._payloads.get(word, ())]
        marked = any(isinstance(payload, int) for _, _, payload in found)
        for start, end, pattern in self._parts(word):
            found += [
                (start, end, payload)
                for payload in self._payloads[pattern]
                if not (marked and isinstance(payload, int))
            ]
        return found

    def _parts(self, word: str) -> list[tuple[int, int, str]]:
        if self._unspaced and is_unspaced(word):
            return self._unspaced_parts(word)
        size = len(word)
        found = []
        for length in range(1, size + 1):
            if (body := word[:length]) in self._prefixes:
                found.append((0, length, self._prefixes[body]))
            if (body := word[size - length :]) in self._suffixes:
                found.append((size - length, size, self._suffixes[body]))
        for start in range(size - INFIX_HEAD):
            head = word[start : start + INFIX_HEAD]
            if head in self._infixes:
                found += [
                    (start, start + len(body), f"*{body}*")
                    for body in self._infixes[head]
                    if word.startswith(body, start)
                ]
        return found

    def _unspaced_parts(self, word: str) -> list[tuple[int, int, str]]:
        """Return the markers in a text without spaces; of those that overlap, the longest."""
        spans = []
        for start, letter in enumerate(word):
            for body in self._unspaced.get(letter, ()):
                if word.startswith(body, start):
                    spans.append((start, start + len(body), body))
                    break
        kept: list[tuple[int, int, str]] = []
        taken = bytearray(len(word))
        for start, end, body in sorted(spans, key=lambda span: span[0] - span[1]):
            if not any(taken[start:end]):
                taken[start:end] = bytes([1]) * (end - start)
                kept.append((start, end, body))
        return sorted(kept)


def word_matches(pattern: str, word: str) -> bool:
    """Tell whether a folded word is what a word of a pattern describes."""
    if pattern == word:
        return True
    starts, ends = pattern.endswith("*"), pattern.startswith("*")
    if not starts and not ends:
        return is_unspaced(pattern) and pattern in word
    body = pattern.strip("*")
    if starts and not ends and not is_unspaced(body):
        return word.startswith(body)
    if ends and not starts and not is_unspaced(body):
        return word.endswith(body)
    return body in word


def _phrase(pattern: Pattern, marker: int) -> Phrase:
    tied = pattern.at_start or pattern.at_end
    is_pair = len(pattern.words) == 2 and not tied
    return Phrase(pattern.words, pattern.at_start, pattern.at_end, marker, is_pair)


def _strongest_of_each(markers: tuple[Marker, ...]) -> dict[Pattern, int]:
    """Return the spellings with the number of the strongest marker that has each, in any language.

    Of markers of the same strength it is the first.
    """
    found: dict[Pattern, int] = {}
    for number, marker in enumerate(markers):
        for pattern in patterns(marker.text):
            other = found.setdefault(pattern, number)
            if marker.strength > markers[other].strength:
                found[pattern] = number
    return found


def _outermost(found: Iterable[Span]) -> list[Span]:
    """Drop what a longer marker covers; the last morpheme, a compound's head, comes first."""
    kept: list[Span] = []
    reached = 0
    for span in sorted(set(found), key=lambda span: (span.start, -span.end)):
        if span.end > reached or (kept and span[:2] == kept[-1][:2]):
            kept.append(span)
            reached = span.end
    return sorted(kept, key=lambda span: span.end, reverse=True)


def _letters(phrase: Phrase) -> int:
    return sum(map(len, phrase.words)) + phrase.at_start + phrase.at_end
