"""Generated titles: composed with their labels, written as people write, told apart from others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from metier.classifiers.rules import RulesClassifier
from metier.errors import DataError
from metier.guidelines import Guidelines
from metier.synthesis.composing import Composer
from metier.synthesis.mixture import Mixture
from metier.synthesis.near_duplicates import NearDuplicates
from metier.synthesis.noise import load_wording, with_addition, written

__all__ = ["Generated", "GeneratedTitle", "generate"]

# Composed at once; checked by the rules and told apart together.
BATCH = 20_000
# Rounds without enough new titles before the pages count as used up.
PATIENCE = 3
JOINTS = (" | ", " / ", " / ")


@dataclass(frozen=True)
class GeneratedTitle:
    """A title with the labels it was composed of.

    Attributes:
        title: The title as written.
        labels: Target to label.
        language: Code of the language it was composed in.
    """

    title: str
    labels: Mapping[str, str]
    language: str


@dataclass(frozen=True)
class Generated:
    """What a generation brought forth.

    Attributes:
        titles: The titles, in the order they were made.
        dropped: Reason to number of titles that were composed and left out.
    """

    titles: tuple[GeneratedTitle, ...]
    dropped: Mapping[str, int]

    def columns(self) -> dict[str, list[str]]:
        """Return the columns of a table: title, one per target, language."""
        targets = self.titles[0].labels if self.titles else ()
        return {
            "title": [one.title for one in self.titles],
            **{target: [one.labels[target] for one in self.titles] for target in targets},
            "language": [one.language for one in self.titles],
        }


@dataclass(frozen=True)
class _Draft:
    clean: str
    labels: tuple[str, str]
    language: str


def generate(
    subject: Guidelines,
    rank: Guidelines,
    mixture: Mixture,
    count: int,
    *,
    seed: int = 0,
    apart_from: Sequence[str] = (),
) -> Generated:
    """Compose titles with labels from two guidelines pages.

    A composed title must get its labels from the rules as well; then it is written with the
    typos, additions and casing of real titles, and left out if it is nearly one made before or
    one of ``apart_from``.

    Args:
        subject: The page with roles and fields, such as department.
        rank: The page with forms, such as seniority.
        mixture: The shares of labels and languages, and how titles are written.
        count: How many titles to make.
        seed: The same seed, pages and arguments give the same titles.
        apart_from: Titles that no generated one may be near, such as those a model is judged on.

    Raises:
        DataError: If ``count`` is not positive.
        GuidelinesError: If the pages hold no roles, fields or forms.
        MissingExtraError: If rapidfuzz is not installed.
    """
    if count < 1:
        raise DataError(f"{count} titles cannot be generated; ask for one or more.")
    # Not a source of secrets: the seed is to give the same titles again.
    random = Random(seed)  # noqa: S311
    composer = Composer(subject, rank, mixture)
    judges = (RulesClassifier(subject.scale, page=subject), RulesClassifier(rank.scale, page=rank))
    given = NearDuplicates(apart_from)
    made = NearDuplicates()
    titles: list[GeneratedTitle] = []
    dropped: Counter[str] = Counter()
    short = 0
    while len(titles) < count and short < PATIENCE:
        before = len(titles)
        drafts = _drafts(composer, rank, mixture, min(BATCH, 2 * count), random)
        dropped["no words for the labels"] += sum(draft is None for draft in drafts)
        kept = _approved([draft for draft in drafts if draft is not None], judges)
        dropped["rules disagree"] += sum(draft is not None for draft in drafts) - len(kept)
        texts = [_write(draft, mixture, random) for draft in kept]
        overlaps = given.contains(texts)
        repeats = made.add(texts)
        for draft, text, overlap, repeat in zip(kept, texts, overlaps, repeats, strict=True):
            if overlap:
                dropped["near a title to keep apart from"] += 1
            elif repeat:
                dropped["near a title made before"] += 1
            elif len(titles) < count:
                labels = dict(zip((subject.target, rank.target), draft.labels, strict=True))
                titles.append(GeneratedTitle(text, labels, draft.language))
        short = short + 1 if len(titles) - before < len(drafts) / 50 else 0
    return Generated(tuple(titles), dict(dropped))


def _drafts(
    composer: Composer, rank: Guidelines, mixture: Mixture, count: int, random: Random
) -> list[_Draft | None]:
    pairs = random.choices(list(mixture.labels), weights=list(mixture.labels.values()), k=count)
    spoken = [code for code in mixture.languages if code in composer.languages]
    languages = random.choices(
        spoken, weights=[mixture.languages[code] for code in spoken], k=count
    )
    singles: list[_Draft | None] = []
    for (subject, height), language in zip(pairs, languages, strict=True):
        title = composer.compose(subject, height, language, random)
        singles.append(None if title is None else _Draft(title, (subject, height), language))
    drafts: list[_Draft | None] = []
    for place, draft in enumerate(singles):
        other = singles[place - 1] if random.random() < mixture.manners.several else None
        if draft is None or other is None or other.clean == draft.clean:
            drafts.append(draft)
        else:
            drafts.append(_both(draft, other, composer, rank, random))
    return drafts


def _both(
    one: _Draft, other: _Draft, composer: Composer, rank: Guidelines, random: Random
) -> _Draft:
    """Join two roles in one title; its labels follow the precedence of the pages."""
    order = rank.precedence or tuple(label.name for label in rank.labels)
    height = min(one.labels[1], other.labels[1], key=order.index)
    first, second = one.labels[0], other.labels[0]
    subject = second if first == composer.fallback else first
    text = f"{one.clean}{random.choice(JOINTS)}{other.clean}"
    return _Draft(text, (subject, height), one.language)


def _approved(drafts: list[_Draft], judges: tuple[RulesClassifier, ...]) -> list[_Draft]:
    """Keep the drafts whose labels the rules give as well."""
    clean = [draft.clean for draft in drafts]
    answers: list[Any] = [judge.predict(clean) for judge in judges]
    return [
        draft
        for draft, *labels in zip(drafts, *answers, strict=True)
        if tuple(labels) == draft.labels
    ]


def _write(draft: _Draft, mixture: Mixture, random: Random) -> str:
    wording = load_wording()
    title = draft.clean
    if random.random() < mixture.manners.addition:
        title = with_addition(title, random, wording)
    return written(title, mixture.manners, random, wording)
