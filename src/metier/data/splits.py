"""Cutting data into parts that share no title."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from metier.data.cvs import CVs
from metier.data.labelled import LabelledTitles
from metier.data.roles import Purpose, Role, require
from metier.errors import DataError
from metier.titles import title_key

__all__ = ["HoldOut", "Split", "hold_out_by_cv", "split"]


@dataclass(frozen=True)
class Split:
    """Three parts of a list that have no title in common.

    Attributes:
        training: The part to fit.
        validation: The part that may stop a training.
        test: The part that is only scored (its role is evaluation).
    """

    training: LabelledTitles
    validation: LabelledTitles
    test: LabelledTitles


@dataclass(frozen=True)
class HoldOut:
    """Pseudo-labelled titles, some CVs of which are kept back for validation.

    Attributes:
        training: Titles that occur in none of the CVs kept back.
        validation: The titles of the CVs kept back.
    """

    training: LabelledTitles
    validation: LabelledTitles


def split(
    data: LabelledTitles, *, validation: float = 0.15, test: float = 0.15, seed: int = 42
) -> Split:
    """Split a list at random, each label on its own (stratified).

    Rows with the same title (but for case and spacing) stay together. A label's titles are
    shared out by its number of different titles, rounded down for validation and test; but a
    label with at least three titles has at least one in each part, and one with fewer is only
    trained on, since a part must not take the last example from training.

    Args:
        data: A list whose role allows fitting.
        validation: Share of the titles for the validation part.
        test: Share of the titles for the test part.
        seed: Seed of the shuffle.

    Raises:
        RoleError: If the data may not be fitted.
        DataError: If the shares leave nothing to train on.
    """
    require(Purpose.FIT, data.role, data.source)
    if validation < 0 or test < 0 or validation + test >= 1:
        raise DataError(
            f"{data.source}: shares of {validation} for validation and {test} for test leave "
            "nothing to train on; they must sum to less than 1."
        )
    rows_of: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    first_label: dict[str, str] = {}
    for row, (key, label) in enumerate(zip(data.keys, data.labels, strict=True)):
        rows_of[first_label.setdefault(key, label)][key].append(row)
    random = np.random.default_rng(seed)
    parts: dict[str, list[int]] = {"training": [], "validation": [], "test": []}
    for label in data.scale.labels:
        keys = sorted(rows_of[label])
        random.shuffle(keys)
        n_validation = _part_size(len(keys), validation)
        n_test = _part_size(len(keys), test)
        for position, key in enumerate(keys):
            if position < n_validation:
                part = "validation"
            elif position < n_validation + n_test:
                part = "test"
            else:
                part = "training"
            parts[part].extend(rows_of[label][key])
    return Split(
        training=data.take(sorted(parts["training"])),
        validation=data.take(sorted(parts["validation"]), Role.VALIDATION),
        test=data.take(sorted(parts["test"]), Role.EVALUATION),
    )


def _part_size(titles: int, share: float) -> int:
    if titles < 3 or share == 0:
        return 0
    return max(1, int(titles * share))


def hold_out_by_cv(
    pseudo: LabelledTitles, cvs: CVs, *, share: float = 0.15, seed: int = 42
) -> HoldOut:
    """Keep back whole CVs of a pseudo-labelled set for validation.

    The CVs are drawn at random. Every row whose title occurs in one of them leaves training, so
    that the parts share no title; a title of a CV kept back is validated as often as it has rows.

    Args:
        pseudo: Pseudo-labelled titles.
        cvs: The unlabelled CVs that the titles come from.
        share: Share of the CVs to keep back.
        seed: Seed of the draw.

    Raises:
        RoleError: If the titles may not be fitted.
        DataError: If no title, or every title, falls to validation.
    """
    require(Purpose.FIT, pseudo.role, pseudo.source)
    numbers = sorted({job.cv for job in cvs.jobs})
    random = np.random.default_rng(seed)
    kept_back = set(random.permutation(numbers)[: round(len(numbers) * share)].tolist())
    keys_back = {title_key(job.title) for job in cvs.jobs if job.cv in kept_back}
    validation = [row for row, key in enumerate(pseudo.keys) if key in keys_back]
    training = [row for row, key in enumerate(pseudo.keys) if key not in keys_back]
    if not validation or not training:
        raise DataError(
            f"{pseudo.source}: {len(validation)} rows fall to validation and {len(training)} to "
            f"training when {share:.0%} of the CVs in {cvs.source} are kept back; the "
            "pseudo-labels must be of titles of these CVs."
        )
    return HoldOut(
        training=pseudo.take(training), validation=pseudo.take(validation, Role.VALIDATION)
    )
