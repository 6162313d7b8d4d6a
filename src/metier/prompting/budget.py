"""A budget that a labelling run starts no call beyond, as far as calls can be estimated."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from metier.errors import LabellingError
from metier.prompting.answers import Tally
from metier.prompting.prices import Price, PriceTable, show_money

__all__ = ["Account", "Booking", "Limits", "check_limits"]


@dataclass(frozen=True)
class Limits:
    """The most that everything in a store of answers may come to, earlier runs included.

    Attributes:
        cost: US dollars.
        calls: Calls sent, whatever became of them.
        tokens: Tokens, sent and received together.
    """

    cost: float | None = None
    calls: int | None = None
    tokens: int | None = None


def check_limits(limits: Limits, models: Iterable[str], prices: PriceTable) -> None:
    """Refuse a limit that could not be kept.

    Raises:
        LabellingError: If money is limited and the price of a model is not known.
    """
    unknown = [model for model in models if prices.price(model) is None]
    if limits.cost is not None and unknown:
        raise LabellingError(
            f"The price of {unknown[0]} is unknown, so that --max-cost could not be kept: name it "
            "in a table of your own (--prices), or limit --max-calls or --max-tokens."
        )


@dataclass(frozen=True)
class Booking:
    """A call as it is booked before it is sent.

    Attributes:
        model: The model.
        estimated: Estimated tokens, input and output.
        booked: The same, with as much hidden reasoning as the model's calls have shown so far.
    """

    model: str
    estimated: tuple[int, int]
    booked: tuple[int, int]


class Account:
    """What a labelling has come to, call by call.

    A call under way is booked with its estimate, times what the model's replies went beyond
    theirs, and a call without an answer that may have been paid stays booked so.

    Args:
        limits: The most it may come to.
        before: Model to what earlier runs came to.
        prices: The prices.
    """

    def __init__(self, limits: Limits, before: Mapping[str, Tally], prices: PriceTable) -> None:
        self.limits = limits
        self.prices = prices
        self.seen = dict(before)
        self.calls = sum(tally.calls for tally in before.values())
        self.tokens = sum(tally.input_tokens + tally.output_tokens for tally in before.values())
        self.cost = sum(
            self.price(model).of(tally.input_tokens, tally.output_tokens)
            for model, tally in before.items()
        )
        self.reached: str | None = None

    def price(self, model: str) -> Price:
        """Return a model's price; nothing where it is not known, and money is not limited."""
        return self.prices.price(model) or Price(input=0, output=0)

    def open(self, model: str, estimated: tuple[int, int]) -> Booking | None:
        """Book a call before it is sent, if it is within the limits; once one is not, none is."""
        excess = self.seen.get(model, Tally()).excess
        booked = (estimated[0], math.ceil(estimated[1] * excess))
        if self.reached is None:
            self.reached = self._beyond(self.price(model).of(*booked), sum(booked))
        if self.reached is not None:
            return None
        self.calls += 1
        self._book(model, booked)
        return Booking(model, estimated, booked)

    def cancel(self, booking: Booking) -> None:
        """Take back a call that was not paid."""
        self._book(booking.model, (-booking.booked[0], -booking.booked[1]))

    def settle(self, booking: Booking, tokens: tuple[int | None, int | None]) -> None:
        """Put what a call came to in the place of its estimate, as far as it is known."""
        known = tuple(
            guess if count is None else count
            for guess, count in zip(booking.booked, tokens, strict=True)
        )
        self._book(booking.model, (known[0] - booking.booked[0], known[1] - booking.booked[1]))
        if (received := tokens[1]) is not None:
            before = self.seen.get(booking.model, Tally())
            self.seen[booking.model] = before + Tally(
                counted=received, expected=booking.estimated[1]
            )

    def _book(self, model: str, tokens: tuple[int, int]) -> None:
        self.tokens += sum(tokens)
        self.cost += self.price(model).of(*tokens)

    def _beyond(self, cost: float, tokens: int) -> str | None:
        limits = self.limits
        if limits.calls is not None and self.calls + 1 > limits.calls:
            return f"{limits.calls} calls"
        if limits.tokens is not None and self.tokens + tokens > limits.tokens:
            return f"{limits.tokens} tokens"
        if limits.cost is not None and self.cost + cost > limits.cost:
            return show_money(limits.cost)
        return None
