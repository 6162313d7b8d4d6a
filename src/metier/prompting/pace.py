"""How fast calls are sent, and how long a failed one waits."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

__all__ = ["Backoff", "Pace"]

# What remains of the time between calls after a reply.
RELAXED = 0.9


@dataclass(frozen=True)
class Backoff:
    """How often a call is tried, and the waits in between.

    The waits double and are drawn at random up to that: many clients that failed together
    should not come back together.

    Attributes:
        attempts: Greatest number of attempts.
        first: Longest wait after the first failure, in seconds.
        longest: Longest wait of all.
        patience: A longer wait asked for by the server is not waited for; it means that a day's
            quota is used up.
    """

    attempts: int = 6
    first: float = 1.0
    longest: float = 60.0
    patience: float = 600.0
    random: random.Random = field(default_factory=random.Random, repr=False, compare=False)

    def wait(self, failures: int, retry_after: float | None) -> float:
        """Return the seconds to wait after some failures of one call.

        Args:
            failures: How often it has failed, from 1.
            retry_after: What the server asked for; the wait is never shorter.
        """
        bound = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        drawn = self.random.uniform(bound / 2, bound)
        # A server that asks for no time at all must not be asked without end.
        return drawn if retry_after is None else retry_after + drawn * 0.1


class Pace:
    """Spaces calls evenly, and holds all of them while the server asks for a pause.

    After a pause calls leave one by one, and more slowly after every further pause, so that a
    server that limits calls is not met by all workers at once; every reply makes them faster.

    Args:
        requests_per_minute: The limit; None does not space calls.
        concurrency: Calls under way at the same time.
    """

    def __init__(self, requests_per_minute: float | None, concurrency: int = 1) -> None:
        self.least = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self.interval = self.least
        self.concurrency = concurrency
        self.next_call = 0.0
        self.held_until = 0.0
        self.queue = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until the next call may be sent."""
        loop = asyncio.get_running_loop()
        async with self.queue:
            # Whoever waits looks again: the server may have asked for a pause meanwhile.
            while (left := self.next_call - loop.time()) > 0:
                await asyncio.sleep(left)
            self.next_call = loop.time() + self.interval

    def hold(self, seconds: float) -> None:
        """Send nothing for some seconds: the server limits the whole client, not one call."""
        now = asyncio.get_running_loop().time()
        if now >= self.held_until:
            # However many calls under way meet the same limit, it is one.
            slower = max(2 * self.interval, seconds / self.concurrency)
            self.interval = max(self.least, min(slower, seconds))
        self.held_until = max(self.held_until, now + seconds)
        self.next_call = max(self.next_call, self.held_until)

    def relax(self) -> None:
        """Send a little faster: the server replied."""
        self.interval = max(self.least, RELAXED * self.interval)
