"""Measuring a model for its card, on labelled titles and on annotated CVs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metier.classifiers import Classifier
from metier.data import CVs, HeldOutTitles, Purpose, Role, require
from metier.evaluation.card.details import AnsweredRows, details_of
from metier.evaluation.card.result import MOST_VARIED, CardData, CardFigures, CardTarget, CardView
from metier.evaluation.invariance import measure_invariance
from metier.evaluation.judging import judge, predictions_of
from metier.evaluation.languages import language_of
from metier.evaluation.ledger import Ledger
from metier.evaluation.views import VIEWS, VIEWS_OF_ANY_MODEL, View, covered_views
from metier.metrics import bootstrap_intervals, score
from metier.titles import title_key

__all__ = ["Measured", "card_figures"]

ALL_TITLES, NEW_TITLES = "all titles", "new titles"


@dataclass(frozen=True)
class Measured:
    """What a model is measured on.

    Attributes:
        titles: Labelled titles that no training saw.
        cvs: Annotated CVs of the role development or evaluation, or None.
        seen_titles: Titles that the model was trained on; None where they are not known, and
            then which titles are new is not told.
    """

    titles: Sequence[HeldOutTitles] = ()
    cvs: CVs | None = None
    seen_titles: Sequence[str] | None = None


def card_figures(
    classifiers: Mapping[str, Classifier],
    measured: Measured,
    *,
    ledger: Ledger,
    models: Mapping[str, str],
    name: str,
    by: str,
) -> CardFigures:
    """Measure a model for its card.

    Scorings of CVs are written into the ledger before they are done. Single titles are kept of
    labelled titles alone, never of CVs.

    Args:
        classifiers: Target to fitted classifier.
        measured: What to measure on.
        ledger: Where scorings of CVs are written down.
        models: Target to a hash that tells models apart.
        name: What a person calls the model.
        by: The command or program that asks.

    Raises:
        DataError: If the ledger cannot be written.
        MissingExtraError: If languages have to be told and the detector is not installed.
        RoleError: If the CVs' role forbids scoring.
    """
    cvs = measured.cvs
    if cvs is not None:
        require(Purpose.SCORE, cvs.role, cvs.source)
    sources = [each.titles for each in measured.titles] + ([cvs.titles] if cvs else [])
    distinct = list(dict.fromkeys(title for titles in sources for title in titles))
    # Told before anything is scored: a detector that is missing is to leave no line in the ledger.
    languages = [
        each.languages if each.languages is not None else language_of(each.titles)
        for each in measured.titles
    ]
    cv_languages = language_of(cvs.titles) if cvs is not None else []
    targets = []
    for target, classifier in classifiers.items():
        data = [
            _on_titles(classifier, each, told, measured.seen_titles)
            for each, told in zip(measured.titles, languages, strict=True)
            if target in each.by_target
        ]
        if cvs is not None:
            noted = _Noted(ledger, models[target], name, by)
            data.append(_on_cvs(classifier, cvs, cv_languages, measured.seen_titles, noted))
        unmeasured = not distinct or classifier.is_costly
        targets.append(
            CardTarget(
                target=target,
                labels=classifier.scale.labels,
                ordinal=classifier.scale.is_ordinal,
                data=tuple(data),
                invariance=None
                if unmeasured
                else measure_invariance(classifier, distinct, MOST_VARIED),
            )
        )
    return CardFigures(
        targets=tuple(targets),
        different=len(distinct),
        seen_given=measured.seen_titles is not None,
    )


@dataclass(frozen=True)
class _Noted:
    """What the ledger is told of a scoring."""

    ledger: Ledger
    model: str
    name: str
    by: str


def _on_titles(
    classifier: Classifier,
    held_out: HeldOutTitles,
    languages: Sequence[str],
    seen_titles: Sequence[str] | None,
) -> CardData:
    data = held_out.by_target[classifier.scale.target]
    require(Purpose.SCORE, data.role, data.source)
    keys = data.keys
    seen = None if seen_titles is None else {title_key(title) for title in seen_titles}
    covered = classifier.covers(data.titles)
    rows_of = {ALL_TITLES: list(range(len(data)))}
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    if seen is not None:
        rows_of[NEW_TITLES] = sorted(row for key, row in first.items() if key not in seen)
    scored = {name: rows for name, rows in rows_of.items() if rows and covered[rows].all()}
    # A title that stands there twice is drawn twice or not at all.
    groups = np.asarray([first[key] for key in keys], dtype=np.intp)
    rows = AnsweredRows(
        data, predictions_of(classifier, data.titles), groups, languages, shown=True
    )
    views = []
    for name, places in scored.items():
        truth, predicted = rows.truth[places], rows.predicted[places]
        views.append(
            CardView(
                heading=name,
                scores=score(truth, predicted, data.scale),
                intervals=bootstrap_intervals(
                    truth, predicted, groups[places], len(data.scale.labels)
                ),
            )
        )
    whole = next((view.scores for view in views if view.heading == ALL_TITLES), None)
    return CardData(
        source=data.source,
        kind="titles",
        seen=False,
        rows=len(data),
        different=len(first),
        cvs=None,
        known=None if seen is None else sum(key in seen for key in keys),
        unanswered=int((~covered).sum()),
        views=tuple(views),
        not_scored=tuple(name for name, found in rows_of.items() if found and name not in scored),
        language_by="detector" if held_out.languages is None else "column",
        details=None if whole is None else details_of(rows, whole),
    )


def _on_cvs(
    classifier: Classifier,
    cvs: CVs,
    languages: Sequence[str],
    seen_titles: Sequence[str] | None,
    noted: _Noted,
) -> CardData:
    scale = classifier.scale
    covered = classifier.covers(cvs.titles)
    asked = VIEWS if seen_titles is not None else VIEWS_OF_ANY_MODEL
    views = covered_views(covered, cvs, seen_titles or (), asked)
    probabilities = predictions_of(classifier, cvs.titles)
    judgements = judge(
        probabilities,
        cvs,
        scale,
        seen_titles or (),
        views,
        ledger=noted.ledger,
        model=noted.model,
        name=noted.name,
        by=noted.by,
    )
    groups = np.asarray([job.cv for job in cvs.jobs], dtype=np.intp)
    rows = AnsweredRows(cvs.labelled(scale), probabilities, groups, languages, shown=False)
    whole = next((each.scores for each in judgements if each.view is View.ALL), None)
    seen = {title_key(title) for title in seen_titles or ()}
    return CardData(
        source=cvs.source,
        kind="cvs",
        seen=cvs.role is Role.DEVELOPMENT,
        rows=len(cvs.jobs),
        different=len(set(rows.data.keys)),
        cvs=len(set(groups.tolist())),
        known=None if seen_titles is None else sum(key in seen for key in rows.data.keys),
        unanswered=int((~covered).sum()),
        views=tuple(
            CardView(heading=each.view.heading, scores=each.scores, intervals=each.intervals)
            for each in judgements
        ),
        not_scored=tuple(view.heading for view in asked if view not in views),
        language_by="detector",
        details=None if whole is None else details_of(rows, whole),
    )
