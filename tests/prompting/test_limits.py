"""What bounds a run: a server's limits, a budget, a rate and so many calls at once."""

from __future__ import annotations

import pytest

from metier.errors import LabellingError
from metier.prompting import Backoff, Limits, ModelSpec
from tests.prompting.conftest import TITLES
from tests.prompting.fault_server import serve


def test_a_wait_of_hours_ends_the_run(label) -> None:
    with serve(always={"Title 0": "rate limit"}, retry_after="7200") as server:
        found = label(server)
        assert server.count() == 1
    assert "asks to wait 7200 seconds" in (found.stopped or "")


@pytest.mark.parametrize(("concurrency", "limit"), [(8, 1), (16, 2)])
def test_a_server_that_limits_calls_is_asked_as_fast_as_it_lets(label, concurrency, limit) -> None:
    with serve(limit=limit, window=0.1, retry_after="100ms") as server:
        found = label(server, TITLES[:20], batch_size=1, concurrency=concurrency)
        limited = sum(request.status == 429 for request in server.requests)
        took = server.requests[-1].time - server.requests[0].time
    assert found.stopped is None
    assert not found.unlabelled
    assert limited < 60
    assert took < 4 * 0.1 * 20 / limit


def test_a_limit_that_lets_nothing_through_ends_the_run(label) -> None:
    with serve(from_request=(2, "rate limit"), retry_after="0") as server:
        found = label(server, backoff=Backoff(attempts=2, first=0.1, patience=0.5))
    assert "lets no call through for 0 s: HTTP 429" in (found.stopped or "")
    assert len(found.unlabelled) == 30


def test_retry_after_holds_every_call(label) -> None:
    with serve(shares={"rate limit": 0.2}, seed=5, retry_after="1") as server:
        found = label(server, concurrency=2, batch_size=4)
        limited = [n for n, request in enumerate(server.requests) if request.status == 429]
        assert limited
        for number in limited:
            since = server.requests[number].time
            # What was sent before the reply was read may still come in.
            assert not any(0.3 < later.time - since < 0.95 for later in server.requests)
    assert not found.unlabelled


def test_the_budget_is_never_exceeded_and_earlier_runs_count(label) -> None:
    with serve() as server:
        found = label(server, limits=Limits(calls=2))
        assert found.budget == "2 calls"
        assert server.count() == 2
        assert len(found.unlabelled) == 20
        assert found.unlabelled[0].reason == "not asked: the budget of 2 calls is used up"
        assert label(server, limits=Limits(calls=2)).budget == "2 calls"
        assert server.count() == 2
        assert label(server, limits=Limits(calls=4)).budget is None
        assert server.count() == 4


def test_the_budget_counts_everything_in_the_store(label) -> None:
    with serve() as server:
        label(server)
        found = label(server, samples=2, limits=Limits(calls=5))
        assert server.count() == 5
    assert found.budget == "5 calls"
    # Each title has one of its two votes at best: that of the first run is under another sample.
    assert {row.unasked for row in found.rows} == {0, 1}


def test_money_cannot_be_limited_where_earlier_calls_have_no_price(label) -> None:
    with serve() as server:
        label(server, TITLES[:1])
        known = [ModelSpec("openai:gpt-4.1", base_url=server.url)]
        with pytest.raises(LabellingError, match="price of openai:stand-in is unknown"):
            label(server, TITLES[:1], known, limits=Limits(cost=1.0))
        assert server.count() == 1


def test_hidden_reasoning_is_budgeted_once_it_was_seen(label) -> None:
    with serve(hidden=3000, delay=0.05) as server:
        found = label(server, batch_size=2, limits=Limits(tokens=20_000))
        calls = server.count()
    assert found.budget == "20000 tokens"
    (tally,) = found.tallies.values()
    # Without that, all twenty calls would have been sent, eight at a time.
    assert calls <= 6
    assert 15_000 < tally.input_tokens + tally.output_tokens <= 20_000


def test_retries_count_against_the_budget(label) -> None:
    with serve(always={"Title 0": "server error"}) as server:
        found = label(server, limits=Limits(calls=3))
        assert server.count() == 3
    assert len(found.unlabelled) == 40


def test_the_rate_limit_spaces_calls(label) -> None:
    with serve() as server:
        label(server, requests_per_minute=600)
        times = [request.time for request in server.requests]
    # The first has to connect.
    assert times[-1] - times[1] > 0.17


def test_no_more_calls_than_allowed_are_under_way(label) -> None:
    with serve(delay=0.1) as server:
        label(server, batch_size=2, concurrency=3)
        times = sorted(request.time for request in server.requests)
    # The first goes alone; then any four in a row span at least one answer.
    assert all(late - early > 0.08 for early, late in zip(times[1:], times[4:], strict=False))
