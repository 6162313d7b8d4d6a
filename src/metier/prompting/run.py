"""The labelling run: asks what is left of a plan, whatever the servers do meanwhile."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from metier.prompting.answers import AnswerStore, Key
from metier.prompting.budget import Account, Booking, check_limits
from metier.prompting.endpoint import CallError, Endpoint, ModelSpec, Reply, Verdict, connect
from metier.prompting.labelling import Labelling, Progress, Settings, stored_labelling
from metier.prompting.pace import Pace
from metier.prompting.plan import Plan, Question, Unit, estimate_tokens
from metier.prompting.replies import Reading, TitleAnswer, read_reply

__all__ = ["run_labelling"]

# With not one usable reply before them, so many useless ones mean that something is wrong with
# the model, the server or the output mode, and not with the titles.
USELESS = 20
# So many rejected calls in a row mean the same of a server that did answer before.
REJECTED = 20
# So many units in a row that were given up mean that the server is gone; fewer do where it has
# not answered at all.
GIVEN_UP = 5
NEVER_THERE = 2


async def run_labelling(
    plan: Plan,
    store: AnswerStore,
    settings: Settings,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Labelling:
    """Ask what is left of a plan, and count the votes.

    A bad answer is a row with a reason. What was answered is stored at once; when the run is
    cancelled or stops, a new one goes on from there. It stops where it cannot go on: a key is
    wrong, a model unknown, a server gone, a quota used up. Nothing else is asked then, and the
    result says why.

    Args:
        plan: What to ask.
        store: Where answers are kept.
        settings: How to ask.
        progress: Told after every call.

    Raises:
        LabellingError: If the budget could not be kept, a model cannot be named or the answers
            cannot be written.
        MissingExtraError: If there is something to ask and the extra ``llm`` is not installed.
    """
    paid = [model for model, tally in store.spent().items() if tally.input_tokens]
    names = [*(voter.spec.name for voter in plan.voters), *paid]
    check_limits(settings.limits, names, settings.prices)
    run = _Run(plan, store, settings, progress)
    if plan.units:
        async with AsyncExitStack() as stack:
            specs = dict.fromkeys(unit.voter.spec for unit in plan.units)
            endpoints = {spec: await stack.enter_async_context(connect(spec)) for spec in specs}
            await run.work(endpoints)
    reached = run.account.reached
    return stored_labelling(plan, store, run.reasons, budget=reached, stopped=run.stopped)


class _Run:
    """One run of a plan: a queue of units, and workers that ask them."""

    def __init__(
        self,
        plan: Plan,
        store: AnswerStore,
        settings: Settings,
        progress: Callable[[Progress], None],
    ) -> None:
        self.plan = plan
        self.store = store
        self.settings = settings
        self.progress = progress
        self.pace = Pace(settings.requests_per_minute, settings.concurrency)
        self.account = Account(settings.limits, store.spent(), settings.prices)
        self.endpoints: Mapping[ModelSpec, Endpoint] = {}
        self.queue: deque[Unit] = deque(plan.units)
        self.answered = plan.stored
        self.reasons: dict[tuple[Key, str], str] = {}
        self.useful = set(plan.useful)
        self.useless: Counter[ModelSpec] = Counter()
        # In a row, and when a model was heard last.
        self.rejected: Counter[ModelSpec] = Counter()
        self.given_up: Counter[ModelSpec] = Counter()
        self.heard: dict[ModelSpec, float] = {}
        self.busy = 0
        self.change = asyncio.Condition()
        self.stop = asyncio.Event()
        self.stopped: str | None = None

    async def work(self, endpoints: Mapping[ModelSpec, Endpoint]) -> None:
        self.endpoints = endpoints
        for spec in endpoints:
            await self._try_out(spec)
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self.settings.concurrency):
                    tasks.create_task(self._work_off())
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _try_out(self, spec: ModelSpec) -> None:
        """Ask one unit alone: a wrong key, model or URL costs one call and not one a worker.

        A unit that gets no answer says little of the server: then another is asked.
        """
        self.heard[spec] = _now()
        while not self.stop.is_set() and (unit := self._next_of(spec)) is not None:
            self.queue.remove(unit)
            await self._ask(unit)
            if not self.given_up[spec]:
                return

    def _next_of(self, spec: ModelSpec) -> Unit | None:
        return next((unit for unit in self.queue if unit.voter.spec == spec), None)

    async def _work_off(self) -> None:
        """Ask unit after unit, until nothing is queued and nobody can queue more."""
        while True:
            async with self.change:
                await self.change.wait_for(
                    lambda: self.queue or not self.busy or self.stop.is_set()
                )
                if self.stop.is_set() or not self.queue:
                    return
                unit = self.queue.popleft()
                self.busy += 1
            try:
                await self._ask(unit)
            finally:
                # A unit that was asked may have queued smaller ones.
                self.busy -= 1
            async with self.change:
                self.change.notify_all()

    async def _ask(self, unit: Unit) -> None:
        """Ask the titles of a unit, trying again as often as the back-off allows."""
        spec, backoff = unit.voter.spec, self.settings.backoff
        estimated = estimate_tokens(self.plan.prompt, unit)
        failures = limited = 0
        while True:
            if self.account.reached is None and not await self._unless_stopped(self.pace.turn()):
                return
            booking = self.account.open(spec.name, estimated)
            if booking is None:
                self._explain(unit, f"not asked: the budget of {self.account.reached} is used up")
                return
            error = await self._call(unit, booking)
            self._report()
            if error is None or not self._is_worth_another(error, unit):
                return
            # A call that was only too early has not failed; patience bounds how often it may be.
            limited, failures = limited + error.limited, failures + (not error.limited)
            if failures >= backoff.attempts:
                self._give_up(unit, error.reason)
                return
            if error.retry_after is not None:
                self.pace.hold(backoff.wait(failures + limited, error.retry_after))
            else:
                await self._unless_stopped(asyncio.sleep(backoff.wait(failures, None)))

    def _is_worth_another(self, error: CallError, unit: Unit) -> bool:
        """Tell whether a failed call should be sent again; if not, settle what follows."""
        spec, patience = unit.voter.spec, self.settings.backoff.patience
        if error.verdict is Verdict.STOP:
            self._stop(f"{spec.name} cannot be asked: {error.reason}")
        elif error.verdict is Verdict.REJECTED:
            self.rejected[spec] += 1
            if spec in self.useful and self.rejected[spec] >= REJECTED:
                self._stop(f"{spec.name} rejected {REJECTED} calls in a row: {error.reason}")
            else:
                self._unusable(unit, _rejection(error))
        elif error.retry_after is not None and error.retry_after > patience:
            self._stop(f"{spec.name} asks to wait {error.retry_after:.0f} seconds: {error.reason}")
        elif error.limited and _now() - self.heard[spec] > patience:
            self._stop(f"{spec.name} lets no call through for {patience:.0f} s: {error.reason}")
        else:
            return True
        return False

    async def _call(self, unit: Unit, booking: Booking) -> CallError | None:
        """Send one call and store what comes back; return the failure if nothing does."""
        spec, prompt = unit.voter.spec, self.plan.prompt
        keys = [question.key for question in unit.questions]
        message = prompt.message([question.title for question in unit.questions])
        call = self.store.ask(unit.voter.key, keys, booking.estimated)
        try:
            reply = await self.endpoints[spec].ask(prompt, message)
        except CallError as error:
            self._keep_failure(unit, call, error)
            if not error.possibly_paid:
                self.account.cancel(booking)
            return error
        self.account.settle(booking, (reply.input_tokens, reply.output_tokens))
        self.pace.relax()
        self.given_up[spec] = self.rejected[spec] = 0
        self.heard[spec] = _now()
        reading = (
            Reading(unusable=reply.refusal)
            if reply.refusal
            else read_reply(reply.text, prompt, len(keys))
        )
        self._keep(unit, call, reply, reading)
        return None

    def _keep_failure(self, unit: Unit, call: int, error: CallError) -> None:
        """Store that a call failed, and what stands if its title is always rejected."""
        answers = {}
        is_last = unit.ask >= self.settings.asks and len(unit.questions) == 1
        if error.verdict is Verdict.REJECTED and is_last and unit.voter.spec in self.useful:
            answers[unit.questions[0].key] = TitleAnswer({}, _rejection(error))
        paid = error.possibly_paid
        self.store.fail(call, error.reason, possibly_paid=paid, answers=answers)
        self.answered += len(answers)

    def _keep(self, unit: Unit, call: int, reply: Reply, reading: Reading) -> None:
        """Store the answers of a reply, and queue the titles that have none."""
        last = unit.ask >= self.settings.asks
        answers = {unit.questions[place].key: one for place, one in reading.answers.items()}
        missing = [unit.questions[place] for place in reading.unanswered]
        if last:
            # What a title was answered at last stands, so that no later run asks it again.
            for place, reason in reading.unanswered.items():
                answers[unit.questions[place].key] = TitleAnswer({}, reason)
            if reading.unusable and len(unit.questions) == 1:
                answers[unit.questions[0].key] = TitleAnswer({}, reading.unusable)
        tokens = (reply.input_tokens, reply.output_tokens)
        self.store.reply(call, reply.text, tokens, answers, len(unit.questions))
        self.answered += len(answers)
        if reading.unusable:
            self._unusable(unit, reading.unusable)
            return
        self.useful.add(unit.voter.spec)
        if not last:
            self._queue_alone(unit, missing)

    def _unusable(self, unit: Unit, reason: str) -> None:
        """Ask the titles of a useless reply again in smaller calls, as long as there is hope."""
        spec = unit.voter.spec
        if spec not in self.useful:
            self.useless[spec] += 1
            if self.useless[spec] >= USELESS:
                self._stop(
                    f"{USELESS} calls to {spec.name} brought no usable reply ({reason}). "
                    "Try another --output-mode or a smaller --batch-size"
                )
                return
        if unit.ask >= self.settings.asks:
            self._explain(unit, reason)
        else:
            self._queue_parts(unit)

    def _queue_parts(self, unit: Unit) -> None:
        """Queue the titles of a unit in halves, and alone before the last time."""
        if len(unit.questions) > 1 and unit.ask + 1 < self.settings.asks:
            middle = len(unit.questions) // 2
            for half in (unit.questions[:middle], unit.questions[middle:]):
                self.queue.append(Unit(unit.voter, half, unit.ask + 1))
        else:
            self._queue_alone(unit, unit.questions)

    def _queue_alone(self, unit: Unit, questions: Sequence[Question]) -> None:
        for question in questions:
            self.queue.append(Unit(unit.voter, (question,), unit.ask + 1))

    def _give_up(self, unit: Unit, reason: str) -> None:
        """Take one title for the cause as long as others may be answered; else the server."""
        spec, tries = unit.voter.spec, self.settings.backoff.attempts
        self.given_up[spec] += 1
        if len(unit.questions) > 1 and unit.ask < self.settings.asks:
            self._queue_parts(unit)
        else:
            self._explain(unit, f"no answer after {tries} attempts: {reason}")
        is_known = spec in self.useful
        none_left = not is_known and not self.busy and self._next_of(spec) is None
        if none_left or self.given_up[spec] >= (GIVEN_UP if is_known else NEVER_THERE):
            self._stop(f"{spec.name} does not answer: after {tries} attempts, {reason}")

    def _explain(self, unit: Unit, reason: str) -> None:
        for question in unit.questions:
            self.reasons[unit.voter.key, question.key] = reason

    def _stop(self, reason: str) -> None:
        self.stopped = self.stopped or reason
        self.stop.set()

    async def _unless_stopped(self, waiting: Coroutine[Any, Any, None]) -> bool:
        """Wait for something, but not beyond a stop; return whether the run goes on."""
        wait = asyncio.create_task(waiting)
        stop = asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait({wait, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wait.cancel()
            stop.cancel()
        return not self.stop.is_set()

    def _report(self) -> None:
        asked = len(self.plan.questions) * len(self.plan.voters)
        self.progress(Progress(self.answered, asked, self.account.calls, self.account.cost))


def _rejection(error: CallError) -> str:
    return f"the provider rejected the call: {error.reason}"


def _now() -> float:
    return asyncio.get_running_loop().time()
