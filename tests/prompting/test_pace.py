import asyncio

from metier.prompting import Backoff
from metier.prompting.pace import Pace


def test_waits_double_up_to_a_bound_and_are_drawn() -> None:
    backoff = Backoff(first=1.0, longest=8.0)
    for failures, bound in [(1, 1), (2, 2), (3, 4), (4, 8), (9, 8)]:
        waits = {backoff.wait(failures, None) for _ in range(50)}
        assert bound / 2 <= min(waits) < max(waits) <= bound


def test_what_the_server_asks_for_is_waited_for() -> None:
    assert 30 <= Backoff().wait(1, 30.0) <= 30.1
    # A server that asks for no time is not asked without end.
    assert Backoff().wait(9, 0.0) > 2


def test_calls_are_spaced_evenly() -> None:
    async def turns() -> list[float]:
        pace = Pace(requests_per_minute=1200)
        clock = asyncio.get_running_loop().time

        async def turn() -> float:
            await pace.turn()
            return clock()

        return await asyncio.gather(*(turn() for _ in range(5)))

    times = asyncio.run(turns())
    assert times[-1] - times[0] >= 4 * 0.05 - 0.01


def test_everyone_waits_while_the_server_asks_for_a_pause() -> None:
    async def held() -> float:
        pace = Pace(None)
        await pace.turn()
        started = asyncio.get_running_loop().time()
        waiting = [asyncio.create_task(pace.turn()) for _ in range(3)]
        pace.hold(0.1)
        # A shorter pause does not cut a longer one.
        pace.hold(0.01)
        await asyncio.gather(*waiting)
        return asyncio.get_running_loop().time() - started

    assert asyncio.run(held()) >= 0.095


def test_after_a_pause_calls_leave_one_by_one_and_faster_with_every_reply() -> None:
    async def run() -> None:
        pace = Pace(None, concurrency=4)
        clock = asyncio.get_running_loop().time
        for _ in range(4):
            # Four calls under way meet the same limit.
            pace.hold(0.2)
        assert pace.interval == 0.2 / 4
        times = []
        for _ in range(3):
            await pace.turn()
            times.append(clock())
        assert times[2] - times[0] >= 2 * 0.05 - 0.01
        pace.hold(0.2)
        assert pace.interval == 0.1
        pace.relax()
        assert pace.interval < 0.1

    asyncio.run(run())
