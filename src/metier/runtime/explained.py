"""Answers that say what decided them, whatever the method."""

from __future__ import annotations

from collections.abc import Sequence

from metier.classifiers import Answer, Model
from metier.evaluation import explain

__all__ = ["answers_of"]


def answers_of(
    model: Model, titles: Sequence[str], *, with_reasons: bool = False
) -> dict[str, list[Answer]]:
    """Answer every target for every title, in the titles' order.

    Args:
        model: The model.
        titles: The titles.
        with_reasons: Whether answers say what decided: the method's own reason, the n-grams that
            weighed most, or the words without which the answer would be less sure (see
            ``evaluation.explain``). The last asks the model once more for every word; a costly
            one is not asked, and has no reason where it gave none itself.
    """
    answers = model.predict(titles, explain=with_reasons)
    if not with_reasons:
        return answers
    for target, given in answers.items():
        classifier = model.classifiers[target]
        missing = [place for place, answer in enumerate(given) if answer.reason is None]
        if missing and not classifier.is_costly:
            explanations = explain(classifier, [titles[place] for place in missing])
            for place, explanation in zip(missing, explanations, strict=True):
                given[place] = given[place]._replace(reason=explanation.reason)
    return answers
