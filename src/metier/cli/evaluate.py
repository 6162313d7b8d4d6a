"""``metier evaluate``: score a model on annotated CVs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import metier
from metier.cli.roles import role_of_cvs
from metier.cli.tables import judgements_table
from metier.data import Role, read_cvs, read_titles
from metier.data.writing import require_folder
from metier.evaluation import VIEWS, View, judge, predictions_of
from metier.studies.results import write_json

__all__ = ["evaluate"]


def evaluate(
    cvs: Annotated[Path, typer.Argument(help="Annotated CVs (JSON or Parquet).")],
    model: Annotated[Path, typer.Option(help="A run or model folder.")],
    role: Annotated[
        str, typer.Option(help="development (its figures are seen) or evaluation.")
    ] = "development",
    seen: Annotated[
        list[Path] | None,
        typer.Option(
            help="A file the model was trained on; its titles are not new. May be repeated."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the scores as JSON, too.")] = None,
) -> None:
    """Score a model on annotated CVs, in all views."""
    cv_role = role_of_cvs(role)
    loaded = metier.load(model)
    scales = [classifier.scale for classifier in loaded.classifiers.values()]
    judged = read_cvs(cvs, cv_role, scales)
    # Which titles are new cannot be told without those that the model was trained on.
    views = VIEWS if seen else tuple(view for view in VIEWS if view is not View.NEW)
    if out is not None:
        require_folder(out)
    titles = [title for file in seen or [] for title in read_titles(file)]
    found = {}
    for target, classifier in loaded.classifiers.items():
        probabilities = predictions_of(classifier, judged.titles)
        found[target] = judge(probabilities, judged, classifier.scale, titles, views)
        typer.echo(judgements_table(target, found[target]))
    if cv_role is Role.DEVELOPMENT:
        typer.echo("Development CVs: these figures are seen.")
    if not seen:
        typer.echo(
            "New titles are not scored: name the files the model was trained on with --seen."
        )
    if out is not None:
        plain = {
            target: [judged.model_dump(mode="json") for judged in judgements]
            for target, judgements in found.items()
        }
        write_json(out, plain)
