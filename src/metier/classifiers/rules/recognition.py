"""Is it a title? What looks like a name is none where a marker stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from metier.classifiers.rules.classifier import RulesClassifier
from metier.guidelines import Strength, load_guidelines, packaged_targets
from metier.titles import TitleStatus, status_of

__all__ = ["statuses"]


def statuses(titles: Sequence[str]) -> list[TitleStatus]:
    """Tell of each text whether it is a title, and if not, what stands in its place.

    A text that has the form of a name ("Buchhalter Siemens AG", "Line Cook") is a title all the
    same if a marker of rank or the noun of a role stands in it. When in doubt a text is a title.
    """
    found = [status_of(title) for title in titles]
    named = [
        place
        for place, status in enumerate(found)
        if status in (TitleStatus.PERSON, TitleStatus.COMPANY)
    ]
    for place, is_role in zip(named, _hold_roles([titles[p] for p in named]), strict=True):
        if is_role:
            found[place] = TitleStatus.TITLE
    return found


def _hold_roles(texts: Sequence[str]) -> list[bool]:
    if not texts:
        return []
    hold = [False] * len(texts)
    for rules in _packaged_rules():
        # A subject alone ("Muster Software GmbH") is as good a company's name as any.
        least = Strength.PLAIN if rules.scale.is_ordinal else Strength.STRONG
        for place, verdict in enumerate(rules.explain(texts)):
            hold[place] |= verdict.marker is not None and verdict.marker.strength >= least
    return hold


@lru_cache
def _packaged_rules() -> tuple[RulesClassifier, ...]:
    """Return the rules of the packaged pages; they are read where a name is met, not before."""
    pages = [load_guidelines(target) for target in packaged_targets()]
    return tuple(RulesClassifier(page.scale, page=page) for page in pages)
