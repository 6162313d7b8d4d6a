"""``metier guidelines``: check a page of guidelines."""

from __future__ import annotations

from typing import Annotated

import typer

from metier.cli.tables import plain_table
from metier.guidelines import load_guidelines

__all__ = ["guidelines"]

guidelines = typer.Typer(no_args_is_help=True, help="Pages that say what labels mean.")


@guidelines.callback()
def _group() -> None:
    pass


@guidelines.command()
def check(
    page: Annotated[str, typer.Argument(help="A packaged target, or a page of your own (TOML).")],
) -> None:
    """Read a page with its languages, and count what it holds."""
    found = load_guidelines(page)
    labels = [label.name for label in found.labels]
    rows = []
    for language in found.languages:
        listed = language.listed()
        counts = [sum(marker.label == label for marker in listed) for label in labels]
        neutral = sum(marker.label is None for marker in listed)
        rows.append([language.code, language.language, *map(str, [*counts, neutral])])
    typer.echo(f"{found.target}: {len(labels)} labels, {len(found.markers)} markers")
    if rows:
        typer.echo(plain_table(["code", "language", *labels, "neutral"], rows))
