"""Answering titles as columns: what files, streams and clusters have in common."""

from __future__ import annotations

from collections.abc import Sequence

from metier.classifiers import Model
from metier.classifiers.rules import statuses
from metier.runtime.explained import answers_of
from metier.titles import TitleStatus

__all__ = ["Answerer", "Values"]

Values = Sequence[str | None] | Sequence[float | None]
"""One column of answers."""

STATUS, TIER, MODEL = "status", "tier", "model"
# Digits of a confidence; more say nothing.
DIGITS = 4


class Answerer:
    """Answers batches of titles as columns.

    For each target that the model answers there are the columns ``TARGET`` and
    ``TARGET_confidence``, on request ``TARGET_reason`` as well; then ``status``, which tells titles
    from what is none and gets no answer (:class:`metier.titles.TitleStatus`), ``tier``, the tier
    of the model that answered (``exact`` where it was asked for any target), and ``model``.

    Args:
        model: The model.
        name: What tells the model from others (``metier.classifiers.folders.model_name``).
        explain: Whether to say what decided.
    """

    def __init__(self, model: Model, name: str, *, explain: bool = False) -> None:
        self.model = model
        self.name = name
        self.explain = explain

    @property
    def columns(self) -> dict[str, type[str] | type[float]]:
        """The names of the columns, in their order, with the type of their values."""
        found: dict[str, type[str] | type[float]] = {}
        for target in self.model.classifiers:
            found |= {target: str, f"{target}_confidence": float}
            if self.explain:
                found[f"{target}_reason"] = str
        return found | dict.fromkeys((STATUS, TIER, MODEL), str)

    def answer(self, titles: Sequence[str | None]) -> dict[str, Values]:
        """Return the columns for titles, in their order; what is no title has empty answers."""
        texts = [title or "" for title in titles]
        distinct = list(dict.fromkeys(texts))
        status = dict(zip(distinct, statuses(distinct), strict=True))
        asked = [title for title in distinct if status[title] is TitleStatus.TITLE]
        place = {title: row for row, title in enumerate(asked)}
        # What is no title stands behind the last one.
        rows = [place.get(title, len(asked)) for title in texts]
        answers = answers_of(self.model, asked, with_reasons=self.explain)
        columns: dict[str, Values] = {}
        tiers: list[str | None] = [None] * len(asked)
        for target, given in answers.items():
            labels = [*(answer.label for answer in given), None]
            sure = [*(round(answer.confidence, DIGITS) for answer in given), None]
            columns[target] = [labels[row] for row in rows]
            columns[f"{target}_confidence"] = [sure[row] for row in rows]
            if self.explain:
                reasons = [*(answer.reason for answer in given), None]
                columns[f"{target}_reason"] = [reasons[row] for row in rows]
            for row, answer in enumerate(given):
                if tiers[row] != "exact":
                    tiers[row] = answer.tier
        columns[STATUS] = [status[title].value for title in texts]
        tiers.append(None)
        columns[TIER] = [tiers[row] for row in rows]
        columns[MODEL] = [self.name] * len(texts)
        return columns
