"""``metier export``: a trained model as tiers that answer without torch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from metier.classifiers.contract import read_manifest
from metier.classifiers.folders import classifier_folders
from metier.data import (
    SAMPLE_UNLABELLED,
    LabelledTitles,
    join,
    read_labelled,
    read_titles,
    sample_file,
)
from metier.errors import DataError, MissingExtraError
from metier.guidelines import load_guidelines
from metier.studies.validation import validation_titles
from metier.synthesis import estimate_mixture, generate

__all__ = ["export"]

PRECISIONS = ("auto", "float32", "int8")


def export(
    model: Annotated[Path, typer.Argument(help="A run or model folder with transformers.")],
    out: Annotated[Path, typer.Option(help="The model folder to write.")],
    titles: Annotated[
        list[Path] | None,
        typer.Option(
            help="Files of titles like those to predict (CVs, lists); may be repeated.",
            show_default="the packaged sample",
        ),
    ] = None,
    generated: Annotated[
        int, typer.Option(min=0, help="Titles to generate from the guidelines besides.")
    ] = 40_000,
    validation: Annotated[
        list[Path] | None,
        typer.Option(
            help="Pseudo-labels (title,TARGET) to set temperatures and thresholds on.",
            show_default="the run's own",
        ),
    ] = None,
    tiers: Annotated[
        str, typer.Option(help="Which to make, with commas between.")
    ] = "exact,fast,cascade",
    precision: Annotated[
        str, typer.Option(help="auto (int8 where it keeps parity), float32 or int8.")
    ] = "auto",
    trim: Annotated[
        bool, typer.Option("--trim", help="Keep the pieces of the vocabulary the titles need.")
    ] = False,
    least: Annotated[
        int, typer.Option(min=1, help="With --trim: pieces that fewer titles have go, too.")
    ] = 1,
    buckets: Annotated[int, typer.Option(min=1, help="Rows of each table of the fast tier.")] = 1
    << 18,
    shared: Annotated[
        bool,
        typer.Option("--shared", help="Teach one encoder all targets, in place of one for each."),
    ] = False,
    layers: Annotated[
        int | None,
        typer.Option(min=1, help="Layers of a shared encoder.", show_default="as many as it has"),
    ] = None,
    hand_on: Annotated[
        float, typer.Option(help="Share of the validation titles the cascade hands on.")
    ] = 0.15,
    seed: Annotated[int, typer.Option(help="Seed of what is trained.")] = 42,
) -> None:
    """Export a model into tiers: exact (ONNX), fast (distilled from it), and the cascade."""
    if precision not in PRECISIONS:
        raise DataError(f"There is no precision '{precision}'; there are: {', '.join(PRECISIONS)}.")
    if layers is not None and not shared:
        raise DataError("--layers goes with --shared: the model's own encoders keep all of theirs.")
    try:
        from metier.runtime.export.graph import Precision
        from metier.runtime.export.shared import SharedSettings
        from metier.runtime.export.tiers import ExportSettings, export_model, require_exportable
    except ModuleNotFoundError as error:
        raise MissingExtraError("Exporting a model", "train") from error
    require_exportable(model, out)
    files = titles or [sample_file(SAMPLE_UNLABELLED)]
    real = [title for file in files for title in read_titles(file)]
    held_out = _validation(model, validation or [])
    found = export_model(
        model,
        out,
        ExportSettings(
            titles=real,
            generated=_generated(real, generated, seed),
            validation=held_out,
            tiers=[tier.strip() for tier in tiers.split(",")],
            precision=None if precision == "auto" else Precision(precision),
            trim=trim,
            least=least,
            buckets=buckets,
            hand_on=hand_on,
            seed=seed,
            shared=SharedSettings(layers=layers, seed=seed) if shared else None,
        ),
        announce=_announce,
    )
    for target, each in found.items():
        typer.echo(
            f"{target}: {each.precision}; of {each.parity.titles} titles "
            f"{each.parity.agreement:.1%} have the original's label, probabilities differ by up "
            f"to {each.parity.difference:.3f}"
        )
        if each.teacher_agreement is not None:
            typer.echo(
                f"  the shared encoder agrees with its teacher on {each.teacher_agreement:.1%}"
            )
        if each.rejected is not None:
            typer.echo(f"  int8 was not taken: {each.rejected}")
        if each.pieces_removed:
            typer.echo(f"  {each.pieces_removed} pieces were taken out of the vocabulary")
        if each.fast_agreement is not None:
            asked = "validation titles" if target in held_out else "titles it was distilled on"
            typer.echo(f"  the fast tier agrees on {each.fast_agreement:.1%} of the {asked}")
        if each.threshold is not None:
            typer.echo(f"  the cascade hands on answers less than {each.threshold:.3f} sure")
    typer.echo(f"Model: {out}")


def _generated(real: Sequence[str], count: int, seed: int) -> list[str]:
    if not count:
        return []
    pages = (load_guidelines("department"), load_guidelines("seniority"))
    made = generate(*pages, estimate_mixture(real, *pages), count, seed=seed)
    return [one.title for one in made.titles]


def _validation(model: Path, files: Sequence[Path]) -> dict[str, LabelledTitles]:
    if not files:
        return validation_titles(model)
    scales = [read_manifest(folder)[0] for folder in classifier_folders(model).values()]
    return {
        scale.target: join([read_labelled(file, scale) for file in files]).as_validation()
        for scale in scales
    }


def _announce(text: str) -> None:
    if sys.stderr.isatty():
        typer.echo(text, err=True)
