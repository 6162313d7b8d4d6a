"""Is it a title? What looks like a name is none where a marker stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from metier.classifiers.rules.matching import NO_MARKER, Matcher
from metier.guidelines import Strength, load_guidelines, packaged_targets
from metier.titles import LONGEST, TitleStatus, fold, statuses_by_form

__all__ = ["statuses"]


def statuses(titles: Sequence[str]) -> list[TitleStatus]:
    """Tell of each text whether it is a title, and if not, what stands in its place.

    A text that has the form of a name ("Buchhalter Siemens AG", "Line Cook") is a title all the
    same if a marker of rank or the noun of a role stands in it. When in doubt a text is a title.
    Only the first 1,000 characters of a text are read.
    """
    found = statuses_by_form(titles)
    title, names = TitleStatus.TITLE, (TitleStatus.PERSON, TitleStatus.COMPANY)
    named = [place for place, status in enumerate(found) if status is not title and status in names]
    for place, is_role in zip(named, _hold_roles([titles[p] for p in named]), strict=True):
        if is_role:
            found[place] = title
    return found


def _hold_roles(texts: Sequence[str]) -> list[bool]:
    if not texts:
        return []
    hold = [False] * len(texts)
    folded = fold([text[:LONGEST] for text in texts])
    for matcher, least in _packaged_matchers():
        for place, number in enumerate(matcher.decide(folded)):
            hold[place] |= number != NO_MARKER and matcher.markers[number].strength >= least
    return hold


@lru_cache
def _packaged_matchers() -> tuple[tuple[Matcher, Strength], ...]:
    """Return what finds the markers of each packaged page, and the least strength of a role's.

    They are read where a name is met, not before.
    """
    pages = [load_guidelines(target) for target in packaged_targets()]
    # A subject alone ("Muster Software GmbH") is as good a company's name as any.
    return tuple(
        (Matcher(page), Strength.PLAIN if page.scale.is_ordinal else Strength.STRONG)
        for page in pages
    )
