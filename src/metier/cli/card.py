"""``metier card``: a model card, with figures measured on data that no training saw."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import metier
from metier.classifiers.folders import CARD, model_hashes
from metier.cli.judging import SEEN, TIER, require_free, role_of_cvs
from metier.data import read_cvs, read_held_out, read_titles
from metier.data.tables import read_text
from metier.errors import DataError
from metier.evaluation.card import Measured, card_figures
from metier.evaluation.ledger import Ledger
from metier.studies.card import card_text, model_facts, require_card_packages, write_card

__all__ = ["card"]


def card(
    model: Annotated[Path, typer.Argument(help="A run or model folder, 'open' or 'rules'.")],
    titles: Annotated[
        list[Path] | None,
        typer.Option(
            help="Labelled titles that no training saw: a CSV or Parquet file with the columns "
            "title, one for each target, and language (ISO code) if it is known. May be repeated."
        ),
    ] = None,
    cvs: Annotated[Path | None, typer.Option(help="Annotated CVs (JSON or Parquet).")] = None,
    role: Annotated[
        str, typer.Option(help="Of the CVs: development (its figures are seen) or evaluation.")
    ] = "development",
    seen: Annotated[list[Path] | None, SEEN] = None,
    tier: Annotated[str | None, TIER] = None,
    name: Annotated[
        str | None, typer.Option(help="What to call the model.", show_default="its folder's name")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="A text about the training data (Markdown).",
            show_default="what the model's folder says",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The card to write.", show_default=f"{CARD} in the model's folder"),
    ] = None,
) -> None:
    """Write a model card: what a model is, what it is for, and how good it is."""
    cv_role = role_of_cvs(role)
    given = [*(titles or []), *(seen or []), *([cvs] if cvs else []), *([data] if data else [])]
    path = _checked(out, model, given)
    require_card_packages()
    loaded = metier.load(model, tier)
    facts = model_facts(model, tier)
    text = None if data is None else read_text(data)
    scales = [classifier.scale for classifier in loaded.classifiers.values()]
    measured = Measured(
        titles=[read_held_out(file, scales) for file in titles or []],
        cvs=None if cvs is None else read_cvs(cvs, cv_role, scales),
        seen_titles=[title for file in seen for title in read_titles(file)] if seen else None,
    )
    figures = card_figures(
        loaded.classifiers,
        measured,
        ledger=Ledger.default(),
        models=model_hashes(model, tier),
        name=str(model) if tier is None else f"{model}, {tier}",
        by="metier card",
    )
    options: list[tuple[str, object | None]] = [
        *(("--titles", file) for file in titles or []),
        ("--cvs", cvs),
        ("--role", role if cvs else None),
        *(("--seen", file) for file in seen or []),
        ("--tier", tier),
        ("--name", name),
        ("--data", data),
        ("--out", out),
    ]
    write_card(
        path,
        card_text(
            name or facts.identity.rpartition("@")[0],
            facts,
            figures,
            command=_command(model, options),
            tier=loaded.tier,
            data=text,
        ),
    )
    typer.echo(f"Model card: {path}")


def _checked(out: Path | None, model: Path, given: Sequence[Path]) -> Path:
    """Return the file to write, refused before any scoring if it could not be written."""
    if out is None:
        if not model.is_dir():
            raise DataError(
                f"'{model}' is no folder that a card could lie in: say where to write it (--out)."
            )
        return model / CARD
    if out.suffix != ".md":
        raise DataError(f"{out} is to be written as Markdown; let its name end in .md.")
    require_free(out, given)
    return out


def _command(model: Path, options: Sequence[tuple[str, object | None]]) -> str:
    words = ["metier", "card", str(model)]
    for option, value in options:
        if value is not None:
            words += [option, str(value)]
    return shlex.join(words)
