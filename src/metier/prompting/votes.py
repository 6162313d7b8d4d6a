"""Making one pseudo-label out of the answers of one or more voters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metier.prompting.answers import StoredAnswer
from metier.prompting.plan import Question, Voter
from metier.prompting.prompt import Prompt

__all__ = ["Ballot", "PseudoLabel", "count_votes"]


@dataclass(frozen=True)
class Ballot:
    """What one voter said of a title.

    Attributes:
        voter: The voter.
        answer: Its answer, or None if there is none.
        reason: Why there is none.
    """

    voter: Voter
    answer: StoredAnswer | None
    reason: str | None = None


@dataclass(frozen=True)
class PseudoLabel:
    """A title as it was labelled, or why it was not.

    Attributes:
        title: The title, normalised.
        labels: Target to label; a target without a valid answer is not there.
        shares: Target to label to share of the voters who said so; the rest gave no valid answer.
        confidence: Target to the winning label's share of the voters; None where a single answer
            has nothing to agree with.
        reason: Why answers are missing, or None if none is.
        model: The models asked.
        prompt: The hash of the prompt.
        time: When the last answer came, ISO 8601 in UTC, or None.
        input_tokens: The title's share of the tokens sent, or None if they are not known.
        output_tokens: The same for the tokens received.
        unasked: Voters without an answer, good or bad: whom a later run would ask.
    """

    title: str
    labels: Mapping[str, str]
    shares: Mapping[str, Mapping[str, float]]
    confidence: Mapping[str, float | None]
    reason: str | None
    model: str
    prompt: str
    time: str | None
    input_tokens: float | None
    output_tokens: float | None
    unasked: int

    def is_labelled(self, targets: Sequence[str]) -> bool:
        """Whether every one of some targets has a label."""
        return all(target in self.labels for target in targets)


def count_votes(prompt: Prompt, question: Question, ballots: Sequence[Ballot]) -> PseudoLabel:
    """Take the label that most voters gave; of equally many, that of the voter asked first.

    Args:
        prompt: What was asked.
        question: The title.
        ballots: One for each voter, in the order in which they are asked; at least one.
    """
    labels: dict[str, str] = {}
    shares: dict[str, dict[str, float]] = {}
    confidence: dict[str, float | None] = {}
    for target in prompt.targets:
        given = [
            ballot.answer.answer.labels[target]
            for ballot in ballots
            if ballot.answer is not None and target in ballot.answer.answer.labels
        ]
        # Equal counts stay in the order in which the labels first occur.
        counts = Counter(given).most_common()
        shares[target] = {label: count / len(ballots) for label, count in counts}
        if counts:
            labels[target] = counts[0][0]
            confidence[target] = counts[0][1] / len(ballots) if len(ballots) > 1 else None
    answers = [ballot.answer for ballot in ballots if ballot.answer is not None]
    return PseudoLabel(
        title=question.title,
        labels=labels,
        shares=shares,
        confidence=confidence,
        reason=_reason(ballots),
        model=" + ".join(dict.fromkeys(ballot.voter.spec.name for ballot in ballots)),
        prompt=prompt.hash,
        time=max((answer.time for answer in answers), default=None),
        input_tokens=_sum([answer.input_tokens for answer in answers]),
        output_tokens=_sum([answer.output_tokens for answer in answers]),
        unasked=len(ballots) - len(answers),
    )


def _reason(ballots: Sequence[Ballot]) -> str | None:
    reasons = [
        ballot.reason if ballot.answer is None else ballot.answer.answer.reason
        for ballot in ballots
    ]
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason)) or None


def _sum(counts: Sequence[float | None]) -> float | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
