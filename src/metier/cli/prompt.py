"""``metier prompt``: see what a language model would be told."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Annotated

import typer

from metier.cli.asking import Targets, Template
from metier.errors import PromptError
from metier.guidelines import load_guidelines, packaged_targets
from metier.prompting import (
    DEFAULT_TEMPLATE,
    Prompt,
    distinct_questions,
    render_prompt,
)

__all__ = ["prompt"]

prompt = typer.Typer(no_args_is_help=True, help="What a language model is told.")


@prompt.callback()
def _group() -> None:
    pass


@prompt.command()
def show(
    target: Targets = None,
    template: Template = DEFAULT_TEMPLATE,
    title: Annotated[
        list[str] | None, typer.Option(help="A title to be asked. May be repeated.")
    ] = None,
) -> None:
    """Print the prompt as it would be sent, and its hash."""
    rendered = _render(target, template)
    typer.echo(_text(rendered))
    if title:
        questions = distinct_questions(title)
        typer.echo("--- titles")
        typer.echo(rendered.message([question.title for question in questions]))
    typer.echo(f"--- prompt {rendered.hash}")


@prompt.command()
def diff(
    first: Annotated[str, typer.Argument(help="A template, or a guidelines page.")],
    second: Annotated[str, typer.Argument(help="Another of the same kind.")],
    target: Targets = None,
    template: Template = DEFAULT_TEMPLATE,
) -> None:
    """Print how two prompts differ: by template, or by guidelines page."""
    are_pages = [_is_page(name) for name in (first, second)]
    if are_pages[0] != are_pages[1]:
        raise PromptError(
            f"'{first}' and '{second}' are not of one kind: name two templates, or two guidelines "
            "pages."
        )
    if are_pages[0] and target:
        raise PromptError("Two guidelines pages are their own targets; do not name a --target.")
    prompts = [
        render_prompt([load_guidelines(name)], template) if are_pages[0] else _render(target, name)
        for name in (first, second)
    ]
    names = [f"{name} ({each.hash})" for name, each in zip((first, second), prompts, strict=True)]
    lines = [_text(each).splitlines() for each in prompts]
    for line in difflib.unified_diff(lines[0], lines[1], names[0], names[1], lineterm=""):
        typer.echo(line)
    if prompts[0].hash == prompts[1].hash:
        typer.echo(f"The prompts are the same: {prompts[0].hash}.")


def _render(targets: list[str] | None, template: str) -> Prompt:
    return render_prompt(
        [load_guidelines(name) for name in targets or packaged_targets()], template
    )


def _is_page(name: str) -> bool:
    return name in packaged_targets() or Path(name).suffix == ".toml"


def _text(rendered: Prompt) -> str:
    schema = json.dumps(rendered.schema, indent=1, ensure_ascii=False)
    return f"{rendered.instructions}\n--- schema of the answer\n{schema}"
