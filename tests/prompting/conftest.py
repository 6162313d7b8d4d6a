from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from metier.guidelines import Guidelines, LabelDefinition
from metier.prompting import (
    Backoff,
    Labelling,
    ModelSpec,
    Settings,
    load_prices,
    open_answers,
    plan_labelling,
    render_prompt,
    run_labelling,
)
from tests.prompting.fault_server import FaultServer

TITLES = [f"Title {number}" for number in range(40)]

PAGE = """
target = "risk"
question = "How much harm could a mistake do?"
fallback = "Low"
fallback_rule = "Harm that nobody names is Low."
precedence_rule = "The greater harm wins."
[[labels]]
name = "Low"
rank = 1
definition = "Mistakes cost time."
examples = ["Clerk"]
[[labels]]
name = "High"
rank = 3
definition = "Mistakes cost lives."
examples = ["Crane Operator"]
not_examples = { "Crane Salesman" = "Low" }
"""


@pytest.fixture
def risk() -> Guidelines:
    return Guidelines(
        target="risk",
        question="How much harm could a mistake do?",
        fallback="Low",
        fallback_rule="Harm that nobody names is Low.",
        precedence_rule="The greater harm wins.",
        labels=(
            LabelDefinition(
                name="Low", rank=1, definition="Mistakes cost time.", examples=("Clerk",)
            ),
            LabelDefinition(
                name="High",
                rank=3,
                definition="Mistakes cost lives.",
                examples=("Crane Operator",),
                not_examples={"Crane Salesman": "Low"},
            ),
        ),
    )


@pytest.fixture
def field_of_work() -> Guidelines:
    return Guidelines(
        target="field",
        question="What is it about?",
        fallback="Other",
        labels=(
            LabelDefinition(name="Health", definition="People."),
            LabelDefinition(name="Metal", definition="Things."),
            LabelDefinition(name="Other", definition="Else."),
        ),
    )


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A guidelines page of two labels, as a file."""
    path = tmp_path / "risk.toml"
    path.write_text(PAGE, encoding="utf-8")
    return path


def spec(url: str, **given: object) -> ModelSpec:
    return ModelSpec("openai:stand-in", base_url=url, **{"timeout": 20.0, **given})


def settings(**given: object) -> Settings:
    """Settings that hardly wait."""
    defaults = {"backoff": Backoff(attempts=4, first=0.01, longest=0.05), "prices": load_prices()}
    return Settings(**{**defaults, **given})


@pytest.fixture
def label(tmp_path: Path, risk, field_of_work):
    """Run a labelling of two targets, on one store of answers a test."""
    prompt = render_prompt([risk, field_of_work])

    def run(
        server: FaultServer,
        titles: list[str] = TITLES,
        specs: list[ModelSpec] | None = None,
        samples: int = 1,
        batch_size: int = 10,
        ask_again: bool = False,
        **given: object,
    ) -> Labelling:
        with open_answers(tmp_path / "a.sqlite") as store:
            asked = specs or [spec(server.url)]
            plan = plan_labelling(
                titles,
                prompt,
                asked,
                store,
                samples=samples,
                batch_size=batch_size,
                ask_again=ask_again,
            )
            return asyncio.run(run_labelling(plan, store, settings(**given)))

    return run
