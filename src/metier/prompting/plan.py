"""What a labelling run has to ask, and what that will come to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from metier.prompting.answers import AnswerStore, Key
from metier.prompting.endpoint import ModelSpec
from metier.prompting.prices import PriceTable
from metier.prompting.prompt import Prompt
from metier.titles import normalise, title_key

__all__ = [
    "BYTES_A_TOKEN",
    "Estimate",
    "Plan",
    "Question",
    "Unit",
    "Voter",
    "distinct_questions",
    "estimate",
    "estimate_tokens",
    "plan_labelling",
    "question_of",
]

# What a token is taken for before a server counts: short of what most models reach.
BYTES_A_TOKEN = 3
# Roles, separators and the like around instructions and titles.
TOKENS_A_CALL = 20


@dataclass(frozen=True)
class Question:
    """A title to be asked once.

    Attributes:
        key: What equal titles share.
        title: The title as it first stands, normalised.
    """

    key: str
    title: str


@dataclass(frozen=True)
class Voter:
    """One model asked once: titles are labelled by one voter or by the vote of several.

    Attributes:
        spec: The model.
        key: What its answers are kept under.
    """

    spec: ModelSpec
    key: Key


@dataclass(frozen=True)
class Unit:
    """The titles of one call.

    Attributes:
        voter: Whom to ask.
        questions: The titles.
        ask: How often the titles were sent, this call included.
    """

    voter: Voter
    questions: tuple[Question, ...]
    ask: int = 1


@dataclass(frozen=True)
class Plan:
    """A labelling run before it starts.

    Attributes:
        prompt: The prompt.
        questions: The distinct titles, in the order in which they first stand.
        voters: Who is asked.
        units: The calls that are left to be made.
        stored: Answers that are already stored, over all voters, and will not be asked again.
        useful: The models that have labelled a title under this prompt before.
        excess: Model to how many times over its estimate its replies were so far.
    """

    prompt: Prompt
    questions: tuple[Question, ...]
    voters: tuple[Voter, ...]
    units: tuple[Unit, ...]
    stored: int
    useful: frozenset[ModelSpec]
    excess: Mapping[str, float]


@dataclass(frozen=True)
class Estimate:
    """What the calls that are left will come to, if every first answer is good.

    Attributes:
        calls: Calls.
        input_tokens: Estimated tokens sent.
        output_tokens: Estimated tokens received, with as much hidden reasoning as earlier calls
            have shown.
        cost: US dollars, or None if a price is not known.
        unpriced: The models without a price.
    """

    calls: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    unpriced: tuple[str, ...]


def distinct_questions(titles: Iterable[str]) -> tuple[Question, ...]:
    """Return each distinct normalised title once; equal but for case and spacing is the same."""
    first: dict[str, Question] = {}
    for title in titles:
        question = question_of(title)
        first.setdefault(question.key, question)
    return tuple(first.values())


def question_of(title: str) -> Question:
    """Return a title as it is asked."""
    return Question(title_key(title), normalise(title))


def plan_labelling(
    titles: Iterable[str],
    prompt: Prompt,
    specs: Sequence[ModelSpec],
    store: AnswerStore,
    *,
    samples: int = 1,
    batch_size: int = 20,
    ask_again: bool = False,
) -> Plan:
    """Plan the calls for all titles that have no stored answer.

    Args:
        titles: The titles; equal ones are asked once.
        prompt: What is asked.
        specs: The models; each is asked ``samples`` times.
        store: The answers so far.
        samples: How often each model is asked.
        batch_size: Titles a call.
        ask_again: Whether to plan for titles, too, whose stored answer lacks a label.
    """
    questions = distinct_questions(titles)
    voters = tuple(
        Voter(
            spec,
            Key(
                model=spec.name,
                prompt=prompt.hash,
                schema=prompt.schema_hash,
                temperature="" if spec.temperature is None else str(float(spec.temperature)),
                sample=sample,
            ),
        )
        for spec in specs
        for sample in range(samples)
    )
    units: list[Unit] = []
    stored = 0
    for voter in voters:
        answers = store.answered(voter.key, (question.key for question in questions))
        known = {key for key, one in answers.items() if not ask_again or one.answer.reason is None}
        stored += len(known)
        # A title of white space and control characters alone has an empty key.
        left = [one for one in questions if one.key and one.key not in known]
        units += [
            Unit(voter, tuple(left[start : start + batch_size]))
            for start in range(0, len(left), batch_size)
        ]
    return Plan(
        prompt=prompt,
        questions=questions,
        voters=voters,
        units=tuple(units),
        stored=stored,
        useful=frozenset(voter.spec for voter in voters if store.count(voter.key)[1]),
        excess={name: each.excess for name, each in store.spent().items() if each.expected},
    )


def estimate(plan: Plan, prices: PriceTable) -> Estimate:
    """Estimate what the calls of a plan will come to."""
    sent = received = 0
    cost = 0.0
    unpriced = []
    for unit in plan.units:
        tokens = estimate_tokens(plan.prompt, unit)
        tokens = (tokens[0], math.ceil(tokens[1] * plan.excess.get(unit.voter.spec.name, 1.0)))
        sent, received = sent + tokens[0], received + tokens[1]
        price = prices.price(unit.voter.spec.name)
        if price is None:
            unpriced.append(unit.voter.spec.name)
        else:
            cost += price.of(*tokens)
    return Estimate(
        calls=len(plan.units),
        input_tokens=sent,
        output_tokens=received,
        cost=None if unpriced else cost,
        unpriced=tuple(dict.fromkeys(unpriced)),
    )


def estimate_tokens(prompt: Prompt, unit: Unit) -> tuple[int, int]:
    """Estimate the tokens of a call, input and output, from the bytes of its text alone."""
    message = prompt.message([question.title for question in unit.questions])
    sent = _bytes(prompt.instructions) + _bytes(prompt.schema_text) + _bytes(message)
    longest = {scale.target: max(scale.labels, key=len) for scale in prompt.scales}
    entry = _bytes(str({"id": 101, **longest}))
    return (
        TOKENS_A_CALL + math.ceil(sent / BYTES_A_TOKEN),
        math.ceil((20 + entry * len(unit.questions)) / BYTES_A_TOKEN),
    )


def _bytes(text: str) -> int:
    return len(text.encode("utf-8"))
