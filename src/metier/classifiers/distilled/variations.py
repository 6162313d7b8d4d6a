"""Variations of titles: more of what a larger classifier can be asked for an imitation of it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from metier.titles import normalise

__all__ = ["vary"]

# Shorter ones are articles and joints, which take no other word's place.
SHORTEST = 3
JOINTS = (" | ", " / ", " & ", ", ", " - ")
# Rounds without enough new titles before no more are looked for.
PATIENCE = 10


def vary(titles: Sequence[str], count: int, seed: int) -> list[str]:
    """Make new titles of the words of others: exchanged, added, left out, put together.

    What they would be labelled does not matter and most make little sense. They show how a
    classifier weighs words against one another.

    Args:
        titles: The titles to vary.
        count: How many new ones to make; where titles are few and short, fewer come of it.
        seed: The same seed gives the same titles.

    Returns:
        Titles that differ from one another and from those given.
    """
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    given = [normalise(title).split() for title in titles]
    given = [words for words in given if words]
    pool = [word for words in given for word in words if len(word) >= SHORTEST]
    if not pool:
        return []
    known = {" ".join(words) for words in given}
    found: dict[str, None] = {}
    for _ in range(PATIENCE):
        for _ in range(count - len(found)):
            title = _varied(random.choice(given), given, pool, random)
            if title and title not in known:
                found[title] = None
        if len(found) == count:
            break
    return list(found)


def _varied(
    words: Sequence[str], given: Sequence[Sequence[str]], pool: Sequence[str], random: Random
) -> str:
    changed = list(words)
    kind = random.choices(("exchange", "add", "leave out", "invent", "join"), (35, 20, 15, 20, 10))
    match kind[0]:
        case "exchange":
            changed[random.randrange(len(changed))] = random.choice(pool)
        case "add":
            changed.insert(random.randrange(len(changed) + 1), random.choice(pool))
        case "leave out":
            del changed[random.randrange(len(changed))]
        case "invent":
            changed = random.choices(pool, k=random.randint(1, 3))
        case _:
            return random.choice(JOINTS).join([" ".join(words), " ".join(random.choice(given))])
    return " ".join(changed)
