"""The entry point: commands, and errors as sentences."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from metier import MetierError, __version__
from metier.cli.agreement import agreement
from metier.cli.card import card
from metier.cli.compare import compare
from metier.cli.drift import drift
from metier.cli.evaluate import evaluate
from metier.cli.export import export
from metier.cli.generate import generate_titles
from metier.cli.guidelines import guidelines
from metier.cli.label import label
from metier.cli.ledger import ledger
from metier.cli.predict import predict
from metier.cli.prompt import prompt
from metier.cli.repair import repair
from metier.cli.report import report
from metier.cli.study import study
from metier.cli.train import train

__all__ = ["app", "main"]

# What a command that Ctrl-C ended exits with.
INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Tell seniority and department from job titles in any language.",
)
for command in (
    study,
    report,
    compare,
    train,
    evaluate,
    card,
    export,
    predict,
    label,
    repair,
    agreement,
    drift,
    ledger,
):
    app.command()(command)
app.command("generate")(generate_titles)
app.add_typer(guidelines, name="guidelines")
app.add_typer(prompt, name="prompt")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"metier {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; a mistake in the input is one sentence and exit code 2."""
    try:
        app()
    except MetierError as error:
        typer.echo(f"metier: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        typer.echo(f"metier: {place}{error.strerror or error}.", err=True)
        sys.exit(2)
    except SystemExit as stop:
        if stop.code == INTERRUPTED:
            typer.echo(
                "metier: interrupted; what was finished is kept, run again to go on.", err=True
            )
        raise
