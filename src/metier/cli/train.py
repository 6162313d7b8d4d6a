"""``metier train``: train one classifier on your own lists."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from metier.classifiers import Classifier, Model, fit, method_class
from metier.classifiers.folders import classifier_folders
from metier.classifiers.profile import profile_of, write_profile
from metier.data import (
    join,
    read_labelled,
    settle_contradictions,
    split,
)
from metier.errors import DataError
from metier.guidelines import load_guidelines

__all__ = ["train"]

# Where checkpoints lie in the model folder until the training is over.
WORK = "work"


def train(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Label lists (text,label) and pseudo-labels (title,TARGET); CSV or Parquet."
        ),
    ],
    target: Annotated[str, typer.Option(help="A packaged target, or a guidelines page (TOML).")],
    out: Annotated[Path, typer.Option(help="The model folder to write.")],
    validation: Annotated[
        Path | None,
        typer.Option(
            help="A label list that decides when to stop.",
            show_default="15 % of the files",
        ),
    ] = None,
    backbone: Annotated[
        str, typer.Option(help="Hub name, folder, 'open', or bundled:multilingual-e5-small.")
    ] = "xlm-roberta-base",
    head: Annotated[
        str, typer.Option(help="classification, ordinal or regression.")
    ] = "classification",
    imbalance: Annotated[
        str, typer.Option(help="none, oversampling, class-weights or logit-adjustment.")
    ] = "none",
    epochs: Annotated[int, typer.Option(min=1, help="Greatest number of epochs.")] = 10,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 5e-5,
    seed: Annotated[int, typer.Option(help="Seed of the split, the head and the order.")] = 42,
) -> None:
    """Fine-tune a backbone on your own lists; run again after an interruption, it resumes."""
    scale = load_guidelines(target).scale
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / WORK).exists())):
        raise DataError(
            f"{out} is there already and is not an interrupted training; choose another --out."
        )
    sets = []
    for file in files:
        data, contradictions = settle_contradictions(read_labelled(file, scale))
        if contradictions:
            typer.echo(
                f"{file}: {len(contradictions)} titles carry more than one label, such as "
                f"'{contradictions[0].title}'; each was given its most frequent one.",
                err=True,
            )
        sets.append(data)
    if validation is not None:
        held_out = read_labelled(validation, scale).as_validation()
        parts = sets
    else:
        divided = split(join(sets), validation=0.15, test=0.0, seed=seed)
        parts, held_out = [divided.training], divided.validation
    kind: Any = method_class("transformer")
    classifier: Classifier = kind(
        scale,
        backbone=backbone,
        head=head,
        imbalance=imbalance,
        epochs=epochs,
        learning_rate=learning_rate,
        seed=seed,
        work_folder=out / WORK,
    )
    fit(classifier, parts, held_out)
    profile = profile_of(classifier, join(parts), held_out)
    Model({scale.target: classifier}).save(out)
    write_profile(classifier_folders(out)[scale.target], profile)
    shutil.rmtree(out / WORK)
    typer.echo(f"Model: {out}")
