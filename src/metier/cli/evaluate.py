"""``metier evaluate``: score a model on annotated CVs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import metier
from metier.classifiers.folders import model_hashes
from metier.cli.judging import SEEN, TIER, require_free, role_of_cvs
from metier.cli.tables import judgements_table
from metier.data import Role, read_cvs, read_titles
from metier.evaluation import (
    VIEWS,
    VIEWS_OF_ANY_MODEL,
    Judgement,
    covered_views,
    judge,
    predictions_of,
)
from metier.evaluation.ledger import Ledger
from metier.studies.results import write_json

__all__ = ["evaluate"]


def evaluate(
    cvs: Annotated[Path, typer.Argument(help="Annotated CVs (JSON or Parquet).")],
    model: Annotated[Path, typer.Option(help="A run or model folder, 'open' or 'rules'.")],
    role: Annotated[
        str, typer.Option(help="development (its figures are seen) or evaluation.")
    ] = "development",
    seen: Annotated[list[Path] | None, SEEN] = None,
    tier: Annotated[str | None, TIER] = None,
    out: Annotated[Path | None, typer.Option(help="Write the scores as JSON, too.")] = None,
) -> None:
    """Score a model on annotated CVs, in all views whose jobs it can answer."""
    cv_role = role_of_cvs(role)
    if out is not None:
        require_free(out, [cvs, *(seen or [])])
    loaded = metier.load(model, tier)
    scales = [classifier.scale for classifier in loaded.classifiers.values()]
    judged = read_cvs(cvs, cv_role, scales)
    views = VIEWS if seen else VIEWS_OF_ANY_MODEL
    titles = [title for file in seen or [] for title in read_titles(file)]
    ledger, hashes = Ledger.default(), model_hashes(model, tier)
    found: dict[str, list[Judgement]] = {}
    for target, classifier in loaded.classifiers.items():
        covered = classifier.covers(judged.titles)
        scored = covered_views(covered, judged, titles, views)
        left_out = [view.heading for view in views if view not in scored]
        if left_out:
            typer.echo(
                f"{target}: not scored are {', '.join(left_out)}: the model cannot answer "
                f"{(~covered).sum()} of the {len(covered)} jobs, and scores over fewer jobs would "
                "not compare with those of other models."
            )
        found[target] = judge(
            predictions_of(classifier, judged.titles),
            judged,
            classifier.scale,
            titles,
            scored,
            ledger=ledger,
            model=hashes[target],
            name=str(model) if tier is None else f"{model}, {tier}",
            by="metier evaluate",
        )
        if found[target]:
            typer.echo(judgements_table(target, found[target]))
    if cv_role is Role.DEVELOPMENT:
        typer.echo("Development CVs: these figures are seen.")
    if not seen:
        typer.echo(
            "New titles are not scored: name the files the model was trained on with --seen."
        )
    if out is not None:
        plain = {
            target: [each.model_dump(mode="json") for each in judgements]
            for target, judgements in found.items()
        }
        write_json(out, plain)
