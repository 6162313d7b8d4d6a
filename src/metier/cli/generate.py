"""``metier generate``: titles with labels, composed from the guidelines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from metier.data import SAMPLE_UNLABELLED, read_titles, sample_file
from metier.data.writing import require_folder, write_table
from metier.errors import DataError
from metier.guidelines import load_guidelines
from metier.synthesis import domain_auc, estimate_mixture, generate

__all__ = ["generate_titles"]


def generate_titles(
    out: Annotated[Path, typer.Option(help="The file to write: CSV, JSON Lines or Parquet.")],
    count: Annotated[int, typer.Option(help="How many titles.")] = 50_000,
    like: Annotated[
        Path | None,
        typer.Option(help="Unlabelled CVs or titles to take the shares from; else the sample."),
    ] = None,
    apart_from: Annotated[
        list[Path] | None,
        typer.Option(help="Files of titles that none may be near; may be given several times."),
    ] = None,
    subject: Annotated[str, typer.Option(help="The page with roles and fields.")] = "department",
    rank: Annotated[str, typer.Option(help="The page with forms.")] = "seniority",
    seed: Annotated[int, typer.Option(help="The same seed gives the same titles.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Write over the file.")] = False,
) -> None:
    """Compose titles with labels from the guidelines, like those of unlabelled CVs."""
    require_folder(out)
    if out.exists() and not force:
        raise DataError(f"{out} is there already: name another file, or say --force.")
    pages = (load_guidelines(subject), load_guidelines(rank))
    real = read_titles(like or sample_file(SAMPLE_UNLABELLED))
    mixture = estimate_mixture(real, *pages)
    avoided = [title for path in apart_from or () for title in read_titles(path)]
    made = generate(*pages, mixture, count, seed=seed, apart_from=avoided)
    if not made.titles:
        raise DataError("No title could be composed: the pages have no words for these labels.")
    write_table(pl.DataFrame(made.columns()), out)
    typer.echo(f"{len(made.titles)} titles: {out}")
    for reason, dropped in made.dropped.items():
        if dropped:
            typer.echo(f"  left out, {reason}: {dropped}")
    try:
        auc = domain_auc([one.title for one in made.titles], real, seed=seed)
    except DataError as error:
        typer.echo(f"How real they look was not measured: {error}")
    else:
        typer.echo(
            f"A classifier tells them from real ones with an AUC of {auc:.3f} (0.5: guessing)"
        )
    if len(made.titles) < count:
        raise DataError(
            f"The pages gave {len(made.titles)} of {count} titles; they are written. Ask for "
            "fewer, or add roles, fields and forms."
        )
