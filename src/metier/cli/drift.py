"""``metier drift``: tell whether new titles still look like those of a model's training."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import metier
from metier.classifiers import Classifier
from metier.classifiers.folders import classifier_folders
from metier.classifiers.packaged import is_packaged_rules
from metier.classifiers.profile import Profile, profile_of_titles, read_profile
from metier.cli.tables import plain_table
from metier.data import read_titles
from metier.data.tables import read_table
from metier.data.writing import require_folder
from metier.errors import DataError, ModelError
from metier.evaluation.drift import Drift, SignalName, Verdict
from metier.evaluation.drift import drift as drift_of
from metier.studies.results import write_json

__all__ = ["drift"]


class Alarm(StrEnum):
    """From which verdict on the command ends with exit code 1."""

    WATCH = Verdict.WATCH
    WORRY = Verdict.WORRY


def drift(
    model: Annotated[Path, typer.Argument(help="A run or model folder, 'open' or 'rules'.")],
    titles: Annotated[
        Path,
        typer.Argument(
            help="The new titles: CVs (JSON), or a table with a column title, text or position."
        ),
    ],
    reference: Annotated[
        Path | None,
        typer.Option(
            help="Titles of a time when all was well, to compare with.",
            show_default="what the model was trained and validated on",
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(help="The column of titles in the files; rows without a title are counted."),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the figures as JSON, too.")] = None,
    fail_on: Annotated[
        Alarm | None,
        typer.Option(help="End with exit code 1 on this verdict, or on a graver one."),
    ] = None,
) -> None:
    """Tell whether new titles still look like those that a model was trained on."""
    if json is not None:
        require_folder(json)
    classifiers = metier.load(model).classifiers
    profiles = None if reference is not None else _profiles(model)
    new = _read(titles, column)
    compared = _read(reference, column) if reference is not None else ()
    found = {}
    for target, classifier in classifiers.items():
        profile = profiles[target] if profiles else _reference_profile(classifier, compared)
        found[target] = drift_of(classifier, profile, new)
        _show(found[target])
    if json is not None:
        write_json(json, {target: one.model_dump(mode="json") for target, one in found.items()})
    gravest = max(one.verdict.severity for one in found.values())
    if fail_on is not None and gravest >= Verdict(fail_on.value).severity:
        raise typer.Exit(1)


def _profiles(model: Path) -> dict[str, Profile]:
    if is_packaged_rules(model):
        raise ModelError(
            "The rules were trained on no titles: name some to compare with (--reference)."
        )
    return {target: read_profile(folder) for target, folder in classifier_folders(model).items()}


def _reference_profile(classifier: Classifier, titles: tuple[str, ...]) -> Profile:
    if len(titles) < 2:
        raise DataError("The reference holds one title; there is nothing to measure in it.")
    return profile_of_titles(classifier, titles)


def _read(path: Path, column: str | None) -> tuple[str, ...]:
    if column is None:
        return read_titles(path)
    if path.suffix == ".json":
        raise DataError(f"{path} has no columns: --column goes with CSV and Parquet files.")
    table = read_table(path, [column])
    for row, value in enumerate(table.columns[column]):
        if value is not None and not isinstance(value, str):
            raise DataError(f"{table.where(row, column)}: {value!r} is not text.")
    return tuple(str(value or "") for value in table.columns[column])


def _show(found: Drift) -> None:
    labels = [
        [
            share.label,
            "–" if share.training is None else f"{share.training:.1%}",
            f"{share.there:.1%}",
            f"{share.here:.1%}",
            f"{100 * (share.here - share.there):+.1f}",
        ]
        for share in found.labels
    ]
    header = [found.target, "training labels", f"{found.compared_with} answers", "new answers"]
    typer.echo(plain_table([*header, "points"], labels) + "\n")
    signals = [
        [
            "confidence, mean" if one.name is SignalName.CONFIDENCE else one.name,
            _share(one.there),
            _share(one.here),
            "–" if one.distance is None else f"{one.measure} {one.distance:.3f}",
            "–" if one.noise is None else f"{one.noise:.3f}",
            one.verdict or "not judged",
        ]
        for one in found.signals
    ]
    header = ["", found.compared_with, "new", "change", "chance", "verdict"]
    typer.echo(plain_table(header, signals) + "\n")
    typer.echo(
        f"The label shares differ by {found.total_variation:.1%} (total variation). "
        f"{found.unsure:.1%} of the answers are less sure than 90% of those to the "
        f"{found.compared_with} titles."
    )
    if found.left_out:
        typer.echo(f"New titles left out, since the model cannot answer them: {found.left_out:,}.")
    typer.echo(f"{found.sentence}\n")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
