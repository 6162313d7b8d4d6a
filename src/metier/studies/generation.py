"""The generated titles of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metier.data import SAMPLE_UNLABELLED, CVs, LabelledTitles, Role, read_titles, sample_file
from metier.errors import StudyError
from metier.guidelines import Guidelines, load_guidelines
from metier.studies.study_file import GENERATED, Study
from metier.synthesis import estimate_mixture, generate

__all__ = ["generate_for"]


def generate_for(
    study: Study,
    pages: Mapping[str, Guidelines],
    unlabelled: CVs | None,
    *,
    apart_from: Sequence[str],
) -> dict[str, dict[int, LabelledTitles]]:
    """Generate titles for every seed of a study.

    Args:
        study: The study.
        pages: Target to guidelines page.
        unlabelled: The CVs on which the shares are estimated; without any, the sample's.
        apart_from: Titles that no generated one may be near.

    Returns:
        Target to seed to titles; no seeds where the study generates none.

    Raises:
        StudyError: If the pages bring forth too few titles.
    """
    found: dict[str, dict[int, LabelledTitles]] = {target: {} for target in pages}
    wanted = study.generated
    if wanted is None:
        return found
    subject, rank = load_guidelines(wanted.subject), load_guidelines(wanted.rank)
    real = read_titles(sample_file(SAMPLE_UNLABELLED)) if unlabelled is None else unlabelled.titles
    mixture = estimate_mixture(real, subject, rank)
    asking = [variant for variant in study.variants if GENERATED in variant.train_on]
    for seed in sorted({seed for variant in asking for seed in study.seeds_of(variant)}):
        made = generate(subject, rank, mixture, wanted.count, seed=seed, apart_from=apart_from)
        if len(made.titles) < wanted.count:
            raise StudyError(
                f"The guidelines gave {len(made.titles)} of {wanted.count} generated titles; ask "
                "for fewer in [generated]."
            )
        for target in pages.keys() & {subject.target, rank.target}:
            found[target][seed] = LabelledTitles(
                titles=tuple(one.title for one in made.titles),
                labels=tuple(one.labels[target] for one in made.titles),
                scale=pages[target].scale,
                role=Role.TRAINING,
                source=GENERATED,
            )
    return found
