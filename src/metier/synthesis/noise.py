"""Writing a clean title as people write theirs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from random import Random
from string import ascii_lowercase

from metier.synthesis.mixture import Manners

__all__ = ["Wording", "load_wording", "with_addition", "written"]

# Shares that nobody can read off unlabelled titles; small, since most titles have none of them.
TYPO = 0.03
EMOJI = 0.01
DEGREE = 0.015
GRADES = ("1", "2", "I", "II", "2020", "2019 - 2023", "24/7", "3.0", "50%", "80 %", "100 %")


@dataclass(frozen=True)
class Wording:
    """What stands beside roles: organisations (in parts), places, remarks, degrees, emoji."""

    places: tuple[str, ...]
    regions: tuple[str, ...]
    organisation_stems: tuple[str, ...]
    organisation_ends: tuple[str, ...]
    legal_forms: tuple[str, ...]
    remarks: tuple[str, ...]
    degrees: tuple[str, ...]
    emoji: tuple[str, ...]


@lru_cache
def load_wording() -> Wording:
    """Return the wording that comes with metier."""
    text = (resources.files("metier.synthesis") / "wording.toml").read_text(encoding="utf-8")
    return Wording(**{name: tuple(values) for name, values in tomllib.loads(text).items()})


def with_addition(title: str, random: Random, wording: Wording) -> str:
    """Return the title with an organisation, a place or a remark beside it."""
    kind = random.random()
    if kind < 0.5:
        place = random.choice((random.choice(wording.places), random.choice(wording.regions)))
        joint = random.choice((" {}", " {}", " {}", " in {}", ", {}", " ({})", " - {}"))
        return title + joint.format(place)
    if kind < 0.85:
        organisation = _organisation(random, wording)
        joint = random.choice((" bei ", " at ", " @ ", ", ", " - ", " ", " ", " ("))
        return f"{title}{joint}{organisation}" + (")" if joint == " (" else "")
    remark = random.choice(wording.remarks)
    return random.choice((f"{title} ({remark})", f"{title}, {remark}", f"{title} - {remark}"))


def written(title: str, manners: Manners, random: Random, wording: Wording) -> str:
    """Return the title with the typos, the casing and the marks that people leave in titles."""
    if random.random() < TYPO:
        title = _typo(title, random)
    if random.random() < DEGREE:
        title = f"{random.choice(wording.degrees)} {title}"
    if random.random() < manners.digits:
        title = f"{title} {random.choice(GRADES)}"
    if random.random() < EMOJI:
        title = f"{title} {random.choice(wording.emoji)}"
    case = random.random()
    if case < manners.upper:
        return title.upper()
    if case < manners.upper + manners.lower:
        return title.lower()
    return title


def _organisation(random: Random, wording: Wording) -> str:
    name = random.choice(wording.organisation_stems) + random.choice(wording.organisation_ends)
    return f"{name} {random.choice(wording.legal_forms)}".strip()


def _typo(title: str, random: Random) -> str:
    inner = [
        place
        for place in range(1, len(title) - 1)
        if title[place].isalpha() and title[place + 1].isalpha()
    ]
    if not inner:
        return title
    place = random.choice(inner)
    before, here, after = title[:place], title[place], title[place + 1 :]
    kind = random.randrange(4)
    if kind == 0:
        return before + after
    if kind == 1:
        return before + here + here + after
    if kind == 2:
        return before + after[0] + here + after[1:]
    return before + random.choice(ascii_lowercase) + after
