"""Deciding a title by the markers in it."""

from __future__ import annotations

from collections.abc import Iterable

from metier.classifiers.rules.lexicon import Lexicon
from metier.guidelines import Guidelines, Strength
from metier.titles import AND, ROLE_END

__all__ = ["NO_MARKER", "Matcher"]

NO_MARKER = -1
"""The number of the marker that decides a title without any."""

# Above the number of labels of any page.
WEIGHT = 1000

# A marker found in a role: its first word, the word after its last, its number.
_Found = tuple[int, int, int]


class Matcher:
    """Finds the marker that decides a title.

    Args:
        guidelines: The page whose markers are looked for.
    """

    def __init__(self, guidelines: Guidelines) -> None:
        self.markers = guidelines.markers
        lexicon = Lexicon(self.markers)
        self._entries = lexicon.entries
        places = {label: place for place, label in enumerate(reversed(guidelines.precedence))}
        self._by_order = bool(places)
        # Strength decides, then precedence; of equal weights the first in the title wins.
        self._weights = [
            marker.strength * WEIGHT + places.get(marker.label or "", 0) for marker in self.markers
        ]
        self._counts = [marker.strength is not Strength.NEUTRAL for marker in self.markers]
        self._unless = lexicon.unless

    def decide(self, titles: Iterable[str]) -> list[int]:
        """Return the number of the marker that decides each folded title, or ``NO_MARKER``."""
        return [
            self._decide_roles(title) if ROLE_END in title else self._decide_role(words, words)
            for title in titles
            for words in [title.split()]
        ]

    def _decide_roles(self, title: str) -> int:
        best = NO_MARKER
        for role in title.split(ROLE_END):
            found = self._decide_role(role.split(), title.split())
            if found != NO_MARKER and (best == NO_MARKER or self._goes_before(found, best)):
                best = found
        return best

    def _goes_before(self, later: int, earlier: int) -> bool:
        """Tell whether a later role's marker decides against an earlier one's."""
        weak = Strength.WEAK
        later_counts = self.markers[later].strength > weak
        earlier_counts = self.markers[earlier].strength > weak
        if later_counts != earlier_counts:
            return later_counts
        return self._by_order and self._weights[later] % WEIGHT > self._weights[earlier] % WEIGHT

    def _decide_role(self, role: list[str], title: list[str]) -> int:
        found = self._find(role, title)
        if not found:
            return NO_MARKER
        if len(found) == 1:
            return found[0][2]
        weights = [self._weights[number] for _, _, number in found]
        if AND in role and not self._by_order:
            _join(weights, found, role)
        return found[weights.index(max(weights))][2]

    def _find(self, role: list[str], title: list[str]) -> list[_Found]:
        entries, counts, unless = self._entries, self._counts, self._unless
        found = []
        end = 0
        for start, word in enumerate(role):
            entry = entries[word]
            if entry is None or start < end:
                continue
            numbers, phrases = entry
            end = start + 1
            if phrases is not None:
                for phrase in phrases[role[end] if end < len(role) else ""]:
                    number = phrase.marker
                    if (phrase.is_pair or phrase.matches(role, start)) and (
                        number not in unless or self._applies(number, title)
                    ):
                        numbers, end = phrase.with_rest_of(numbers), start + len(phrase.words)
                        break
            for number in numbers:
                if counts[number] and (number not in unless or self._applies(number, title)):
                    found.append((start, end, number))  # noqa: PERF401 - quicker than a list a word
        return found

    def _applies(self, marker: int, title: list[str]) -> bool:
        exceptions = self._unless.get(marker)
        return exceptions is None or not any(exceptions[word] for word in title)


def _join(weights: list[int], found: list[_Found], role: list[str]) -> None:
    """Let functions count as much as the stronger one they are joined to by "and"."""
    joined = False
    for place in range(len(found) - 2, -1, -1):
        end, following = found[place][1], found[place + 1][0]
        # In "Sales, Legal & HR Partner" the sign joins what stands before it, too.
        joined = (following == end + 1 and role[end] == AND) or (joined and following == end)
        if joined:
            weights[place] = max(weights[place], weights[place + 1])
