"""What a labelling run is told, and what it tells: settings, progress and result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from metier.prompting.answers import AnswerStore, Key, Tally
from metier.prompting.budget import Limits
from metier.prompting.pace import Backoff
from metier.prompting.plan import Plan, Question, Voter
from metier.prompting.prices import PriceTable, load_prices
from metier.prompting.votes import Ballot, PseudoLabel, count_votes

__all__ = ["Labelling", "Progress", "Settings", "stored_labelling", "tally_by_model"]


@dataclass(frozen=True)
class Settings:
    """How a plan is carried out.

    Attributes:
        concurrency: Calls under way at the same time.
        requests_per_minute: The rate limit, or None.
        backoff: Attempts and waits of a call that fails.
        asks: How often a title is sent before its last bad answer stands: first in a batch, then
            in smaller ones, at last alone.
        limits: The budget.
        prices: The price table.
    """

    concurrency: int = 8
    requests_per_minute: float | None = None
    backoff: Backoff = field(default_factory=Backoff)
    asks: int = 3
    limits: Limits = field(default_factory=Limits)
    prices: PriceTable = field(default_factory=load_prices)


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        answered: Answers stored by now, over all voters.
        asked: Answers wanted in all.
        calls: Calls sent, everything in the store included, as in a budget.
        cost: US dollars, in the same way; models without a price count nothing.
    """

    answered: int
    asked: int
    calls: int
    cost: float


@dataclass(frozen=True)
class Labelling:
    """What came of a run.

    Attributes:
        rows: One pseudo-label a distinct title, in the order in which titles first stand.
        targets: The targets asked.
        tallies: Model to what its calls came to, earlier runs included.
        answered: Titles that these calls answered, those of other files included.
        budget: The limit that ended the run, or None.
        stopped: Why the run could not go on, or None; the rows hold what was answered.
    """

    rows: tuple[PseudoLabel, ...]
    targets: tuple[str, ...]
    tallies: Mapping[str, Tally]
    answered: int
    budget: str | None = None
    stopped: str | None = None

    @property
    def unlabelled(self) -> list[PseudoLabel]:
        """The rows that lack a label of some target."""
        return [row for row in self.rows if not row.is_labelled(self.targets)]

    @property
    def incomplete(self) -> list[PseudoLabel]:
        """The rows that have labels, but not from all voters."""
        return [row for row in self.rows if row.unasked and row.is_labelled(self.targets)]


def stored_labelling(
    plan: Plan,
    store: AnswerStore,
    reasons: Mapping[tuple[Key, str], str] | None = None,
    *,
    budget: str | None = None,
    stopped: str | None = None,
) -> Labelling:
    """Count the votes over everything that is stored.

    Args:
        plan: What was to be asked.
        store: The answers.
        reasons: Why a voter has no answer to a title.
        budget: The limit that ended the run, or None.
        stopped: Why the run ended before its time, or None; the reason where there is no other.
    """

    def why(voter: Voter, question: Question) -> str | None:
        if not question.key:
            return "the title is empty"
        return (reasons or {}).get((voter.key, question.key), stopped)

    keys = [question.key for question in plan.questions]
    stored = {voter.key: store.answered(voter.key, keys) for voter in plan.voters}
    rows = []
    for question in plan.questions:
        ballots = [
            Ballot(voter, stored[voter.key].get(question.key), why(voter, question))
            for voter in plan.voters
        ]
        rows.append(count_votes(plan.prompt, question, ballots))
    return Labelling(
        rows=tuple(rows),
        targets=plan.prompt.targets,
        tallies=tally_by_model(store, plan.voters),
        answered=max((store.count(voter.key)[0] for voter in plan.voters), default=0),
        budget=budget,
        stopped=stopped,
    )


def tally_by_model(store: AnswerStore, voters: Sequence[Voter]) -> dict[str, Tally]:
    """Return what the calls of each model under this prompt came to so far."""
    found: dict[str, Tally] = {}
    for voter in voters:
        found[voter.spec.name] = found.get(voter.spec.name, Tally()) + store.tally(voter.key)
    return found
