"""The data of a study, read once, and what each variant is given of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from metier.data import (
    Contradiction,
    CVs,
    LabelledTitles,
    Role,
    Split,
    hold_out_by_cv,
    join,
    overlap,
    read_curated,
    read_cvs,
    read_pseudo_labels,
    settle_contradictions,
    split,
)
from metier.errors import RoleError, StudyError
from metier.guidelines import Guidelines, load_guidelines
from metier.studies.generation import generate_for
from metier.studies.results import ContradictionCount, DisagreementCount, OverlapCount, TargetData
from metier.studies.study_file import CURATED, GENERATED, REPAIRED, Study, Variant
from metier.synthesis import Repaired, repair
from metier.titles import title_key

__all__ = ["Diet", "Ingredients", "TargetIngredients", "read_ingredients"]

# Contradictions listed one by one in the results; all are counted.
LISTED = 50

# A source with this share of the judged titles, and this share of their labels, is a copy of them.
COPIED = 0.5
IDENTICAL = 0.99
# With fewer titles in common that is chance.
FEWEST_COMMON = 20


@dataclass(frozen=True)
class Diet:
    """What one variant is trained and validated on.

    Attributes:
        training: The sets to fit.
        validation: The set that decides when to stop, or None.
        set_aside: Rows that left training because their title is validated.
    """

    training: tuple[LabelledTitles, ...]
    validation: LabelledTitles | None
    set_aside: int


@dataclass(frozen=True)
class TargetIngredients:
    """The data of one target.

    Attributes:
        guidelines: The target's page.
        curated: The curated list's parts, or None where the study has none.
        repaired: The training part of the curated list after its repair, where a variant asks
            for it.
        pseudo: Name to pseudo-labelled titles, contradictions settled.
        generated: Seed to generated titles; empty where the study generates none.
        contradictions: Source to what was settled.
    """

    guidelines: Guidelines
    curated: Split | None
    repaired: Repaired | None
    pseudo: dict[str, LabelledTitles]
    generated: dict[int, LabelledTitles]
    contradictions: dict[str, list[Contradiction]]

    @property
    def sources(self) -> dict[str, LabelledTitles]:
        """Every labelled set by its name in the study: to be counted, not to be fitted."""
        found = {}
        if self.curated is not None:
            parts = (self.curated.training, self.curated.validation, self.curated.test)
            found[CURATED] = join(parts)
        if self.repaired is not None:
            found[REPAIRED] = self.repaired.labelled
        for made in list(self.generated.values())[:1]:
            found[GENERATED] = made
        return found | self.pseudo


@dataclass(frozen=True)
class Ingredients:
    """The data of a study.

    Attributes:
        targets: Target to its data.
        unlabelled: The CVs that pseudo-labelled titles come from, or None.
        judged: The annotated CVs.
        excluded_titles: Titles that are not new although nothing was trained on them.
    """

    targets: dict[str, TargetIngredients]
    unlabelled: CVs | None
    judged: CVs
    excluded_titles: tuple[str, ...]

    @property
    def seen_titles(self) -> set[str]:
        """All training and pseudo-labelled titles of any target: none of them is new."""
        seen = set(self.excluded_titles)
        for target in self.targets.values():
            for data in target.sources.values():
                seen.update(data.titles)
        if self.unlabelled is not None:
            seen.update(self.unlabelled.titles)
        return seen

    def diet(self, study: Study, variant: Variant, target: str, seed: int) -> Diet:
        """Return what a variant is trained and validated on.

        Validated on curated data, all pseudo-labels join the training part. Validated on
        pseudo-labels, some CVs are kept back, and no title of theirs stays in training.
        """
        data = self.targets[target]
        names = dict.fromkeys(variant.train_on)
        chosen = {name: _training_part(data, name, seed) for name in names}
        if variant.validate_on is None:
            return Diet(tuple(chosen.values()), None, 0)
        if variant.validate_on == CURATED:
            return Diet(tuple(chosen.values()), _curated(data).validation, 0)
        if self.unlabelled is None:
            raise StudyError("Pseudo-labels are kept back by CV, and no unlabelled CVs are named.")
        held_out = hold_out_by_cv(
            data.pseudo[variant.validate_on],
            self.unlabelled,
            share=study.split.validation,
            seed=study.split.seed,
        ).validation
        validated = set(held_out.keys)
        parts = [_without(part, validated) for part in chosen.values()]
        before = sum(len(part) for part in chosen.values())
        return Diet(tuple(parts), held_out, before - sum(len(part) for part in parts))

    def facts(self, target: str) -> TargetData:
        """Return the target's label shares, overlaps and contradictions."""
        data = self.targets[target]
        judged = self.judged.labelled(data.guidelines.scale)
        sources = data.sources
        shares = {name: source.shares for name, source in sources.items()}
        return TargetData(
            target=target,
            question=data.guidelines.question,
            labels=data.guidelines.scale.labels,
            ranks=data.guidelines.scale.ranks,
            shares=shares | {"CVs": judged.shares},
            rows={name: len(source) for name, source in sources.items()} | {"CVs": len(judged)},
            overlaps=tuple(
                OverlapCount(source=name, **vars(overlap(judged.titles, source.titles, near=True)))
                for name, source in sources.items()
            ),
            disagreements=tuple(
                _disagreement(first, second, sources)
                for first, second in itertools.combinations(sources, 2)
            ),
            contradictions=tuple(
                ContradictionCount(
                    source=name,
                    titles=len(found),
                    listed=tuple((c.title, c.counts, c.kept) for c in found[:LISTED]),
                )
                for name, found in data.contradictions.items()
            ),
        )


def read_ingredients(study: Study) -> Ingredients:
    """Read every file of a study.

    Raises:
        DataError: If a file is malformed.
        RoleError: If the CVs to be judged on are also named as data to train on.
    """
    pages = {target: load_guidelines(page) for target, page in study.targets.items()}
    for target, page in pages.items():
        if page.target != target:
            raise StudyError(
                f"The study calls a target '{target}', its guidelines page '{page.target}'."
            )
    scales = [page.scale for page in pages.values()]
    excluded = [
        title
        for path in study.evaluation.exclude_titles_of
        for title in read_cvs(path, Role.UNLABELLED).titles
    ]
    unlabelled = None if study.unlabelled is None else read_cvs(study.unlabelled, Role.UNLABELLED)
    judged = read_cvs(study.evaluation.cvs, study.evaluation.role, scales)
    generated = generate_for(study, pages, unlabelled, apart_from=judged.titles)
    found = Ingredients(
        targets={
            target: _read_target(study, page, generated[target]) for target, page in pages.items()
        },
        unlabelled=unlabelled,
        judged=judged,
        excluded_titles=tuple(excluded),
    )
    _refuse_judged_labels(found)
    _refuse_judged_titles(found)
    return found


def _read_target(
    study: Study, page: Guidelines, generated: dict[int, LabelledTitles]
) -> TargetIngredients:
    contradictions: dict[str, list[Contradiction]] = {}
    curated = None
    if page.target in study.curated:
        listed, contradictions[CURATED] = settle_contradictions(
            read_curated(study.curated[page.target], page.scale)
        )
        shares = study.split
        curated = split(listed, validation=shares.validation, test=shares.test, seed=shares.seed)
    repaired = None
    wanted = any(REPAIRED in variant.train_on for variant in study.variants_of(page.target))
    if curated is not None and wanted:
        repaired = repair(
            curated.training, page, by_model=study.repair.by_model, seed=study.split.seed
        )
    pseudo = {}
    for name, path in study.pseudo_labels.items():
        pseudo[name], contradictions[name] = settle_contradictions(
            read_pseudo_labels(path, page.scale)
        )
    return TargetIngredients(page, curated, repaired, pseudo, generated, contradictions)


def _refuse_judged_labels(found: Ingredients) -> None:
    """Refuse the human labels of the judged CVs under another name.

    An equal title may carry a machine's label, but no machine agrees with people on all of them.
    """
    for target in found.targets.values():
        judged = found.judged.labelled(target.guidelines.scale)
        human = dict(zip(judged.keys, judged.labels, strict=True))
        for source in target.sources.values():
            given = dict(zip(source.keys, source.labels, strict=True))
            common = human.keys() & given.keys()
            agreeing = sum(human[key] == given[key] for key in common)
            copied = len(common) >= max(FEWEST_COMMON, COPIED * len(human))
            if copied and agreeing >= IDENTICAL * len(common):
                raise RoleError(
                    f"{source.source} has {len(common)} of the {len(human)} titles of "
                    f"{found.judged.source} with the labels that stand there: these are "
                    f"{judged.role} data, which is scored and may not be used to fit a classifier."
                )


def _refuse_judged_titles(found: Ingredients) -> None:
    """Refuse the judged CVs as unlabelled ones: nothing is estimated on what is scored."""
    if found.unlabelled is None:
        return
    judged = set(map(title_key, found.judged.titles))
    common = judged.intersection(map(title_key, found.unlabelled.titles))
    if len(common) >= max(FEWEST_COMMON, IDENTICAL * len(judged)):
        raise RoleError(
            f"{found.unlabelled.source} holds {len(common)} of the {len(judged)} titles of "
            f"{found.judged.source}: CVs that are judged on may not be named as unlabelled, since "
            "shares are estimated on those."
        )


def _disagreement(
    first: str, second: str, sources: Mapping[str, LabelledTitles]
) -> DisagreementCount:
    ours, theirs = (
        dict(zip(sources[name].keys, sources[name].labels, strict=True)) for name in (first, second)
    )
    common = ours.keys() & theirs.keys()
    return DisagreementCount(
        first=first,
        second=second,
        titles=len(common),
        different=sum(ours[key] != theirs[key] for key in common),
    )


def _training_part(data: TargetIngredients, name: str, seed: int) -> LabelledTitles:
    if name == CURATED:
        return _curated(data).training
    if name == REPAIRED and data.repaired is not None:
        return data.repaired.labelled
    if name != GENERATED:
        return data.pseudo[name]
    if seed not in data.generated:
        raise StudyError(
            f"No titles are generated for '{data.guidelines.target}': it is neither the subject "
            "nor the rank of [generated]."
        )
    return data.generated[seed]


def _curated(data: TargetIngredients) -> Split:
    if data.curated is None:
        raise StudyError(f"There is no curated list of '{data.guidelines.target}'.")
    return data.curated


def _without(data: LabelledTitles, keys: Iterable[str]) -> LabelledTitles:
    unwanted = set(keys)
    return data.take(row for row, key in enumerate(data.keys) if key not in unwanted)
