"""The run against a real local server, and what it never asks twice."""

from __future__ import annotations

import asyncio

import pytest

from metier.prompting import (
    Backoff,
    Labelling,
    Limits,
    ModelSpec,
    open_answers,
    plan_labelling,
    render_prompt,
    run_labelling,
)
from tests.prompting.conftest import TITLES, settings, spec
from tests.prompting.fault_server import right_label, serve


def check_labels(labelling: Labelling) -> None:
    for row in labelling.rows:
        if row.is_labelled(labelling.targets):
            assert row.labels["risk"] == right_label(row.title, ["Low", "High"])
            assert row.labels["field"] == right_label(row.title, ["Health", "Metal", "Other"])


def test_one_call_asks_all_targets_of_a_batch(label) -> None:
    with serve() as server:
        found = label(server)
        assert server.count() == 4
    assert [row.title for row in found.rows] == TITLES
    assert not found.unlabelled
    check_labels(found)


def test_nothing_is_asked_twice(label) -> None:
    with serve() as server:
        label(server, TITLES[:15])
        found = label(server, [*TITLES, "  title 3 ", "TITLE 20"])
        assert set(server.asked.values()) == {1}
        assert len(found.rows) == 40
        label(server)
        assert sum(server.asked.values()) == 40


@pytest.mark.parametrize("fault", ["rate limit", "server error", "dropped", "cut", "not HTTP"])
def test_failed_calls_are_sent_again(label, fault) -> None:
    with serve(shares={fault: 0.5}, seed=1) as server:
        found = label(server, batch_size=4, backoff=Backoff(attempts=9, first=0.01, longest=0.02))
        assert {request.fault for request in server.requests} == {None, fault}
    assert not found.unlabelled
    check_labels(found)
    (tally,) = found.tallies.values()
    assert tally.calls == server.count()
    failed = server.count() - 10
    assert tally.unanswered == (failed if fault in ("dropped", "cut", "not HTTP") else 0)


@pytest.mark.parametrize("fault", ["too few", "too many"])
def test_titles_missing_or_repeated_in_an_answer_are_asked_again_alone(label, fault) -> None:
    with serve(shares={fault: 0.4}, seed=2) as server:
        found = label(server)
        sizes = {len(request.titles) for request in server.requests[4:]}
        assert sizes == {1}
        # A title that was answered in the batch is not asked again with the missing one.
        assert sorted(server.asked.values())[: 40 - 4] == [1] * 36
    check_labels(found)


def test_a_title_that_is_never_answered_is_explained_and_not_asked_by_the_next_run(label) -> None:
    with serve(always={"Title 3": "too few"}) as server:
        found = label(server)
        (row,) = found.unlabelled
        assert (row.title, row.labels) == ("Title 3", {})
        assert row.reason == "the reply leaves the title out"
        asked = server.count()
        assert server.asked["Title 3"] == 3
        assert label(server).unlabelled == [row]
        assert server.count() == asked


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("prose", "not JSON: 'I am sorry, I would rather not.'"),
        ("truncated", "broken JSON"),
        ("strange id", "an id that was not asked"),
        ("filtered", "content filter"),
        ("bad request", "the provider rejected the call: HTTP 400: this is a bad request"),
    ],
)
def test_one_bad_title_does_not_spoil_its_batch(label, fault, reason) -> None:
    with serve(always={"Title 13": fault}) as server:
        found = label(server)
        (row,) = found.unlabelled
        assert row.title == "Title 13"
        assert reason in (row.reason or "")
        # The batch of ten, halves of five, the bad half one by one.
        asked = sorted(len(request.titles) for request in server.requests)
        assert asked == [1] * 5 + [5, 5] + [10] * 4
    check_labels(found)


def test_a_label_outside_the_set_is_a_row_with_a_reason_and_not_a_guess(label) -> None:
    with serve(always={"Title 10": "outside"}) as server:
        found = label(server)
        assert server.count() == 4
    (row,) = found.unlabelled
    assert row.reason == "'Wizard' is no label of risk"
    assert list(row.labels) == ["field"]


def test_several_samples_and_models_vote(label) -> None:
    with serve() as server:
        specs = [spec(server.url), ModelSpec("openai:other", base_url=server.url)]
        found = label(server, TITLES[:5], specs, samples=2)
        assert server.count() == 4
        assert {request.body["model"] for request in server.requests} == {"stand-in", "other"}
    assert found.rows[0].model == "openai:stand-in + openai:other"
    assert found.rows[0].confidence == {"risk": 1.0, "field": 1.0}
    assert set(found.tallies) == {"openai:stand-in", "openai:other"}


@pytest.mark.parametrize(("fault", "status"), [("no such model", 404), ("out of money", 402)])
def test_what_waiting_does_not_mend_stops_the_run_after_one_call(label, fault, status) -> None:
    with serve(always=dict.fromkeys(TITLES, fault)) as server:
        found = label(server)
        assert server.count() == 1
    reason = f"openai:stand-in cannot be asked: HTTP {status}: this is a {fault}"
    assert found.stopped == reason
    assert {row.reason for row in found.rows} == {reason}


def test_a_stop_in_the_middle_keeps_what_was_answered(label) -> None:
    with serve(always={"Title 25": "out of money"}) as server:
        found = label(server, concurrency=1)
        assert server.count() == 3
    assert "HTTP 402" in (found.stopped or "")
    assert [len(found.unlabelled), found.unlabelled[-1].reason] == [20, found.stopped]
    with serve() as server:
        assert not label(server).unlabelled
        assert server.count() == 2


def test_a_server_that_does_not_answer_ends_the_run(label) -> None:
    with serve(always=dict.fromkeys(TITLES, "server error")) as server:
        found = label(server)
        # Two units: the first might have been spoilt by a title.
        assert server.count() == 2 * 4
    assert "does not answer: after 4 attempts, HTTP 500" in (found.stopped or "")


def test_a_single_call_that_is_not_answered_ends_the_run(label) -> None:
    with serve(always={"Title 0": "server error"}) as server:
        found = label(server, TITLES[:1])
        assert server.count() == 4
    assert "does not answer" in (found.stopped or "")


@pytest.mark.parametrize("title", ["Title 0", "Title 25"])
def test_one_title_that_is_never_answered_does_not(label, title) -> None:
    with serve(always={title: "server error"}) as server:
        found = label(server)
        # The batch of ten, a half, the title alone; and its good companions.
        assert server.count() == 3 * 4 + 3 + 1 + 4
        (row,) = found.unlabelled
        assert row.title == title
        assert row.reason == "no answer after 4 attempts: HTTP 500: this is a server error"
        assert found.stopped is None
        # What is stored shows that the model does answer.
        found = label(server)
        assert (found.unlabelled, found.stopped) == ([row], None)
    with serve() as server:
        assert not label(server).unlabelled
        assert server.count() == 1


def test_a_rejected_title_is_not_asked_by_the_next_run_unless_on_request(label) -> None:
    with serve(always={"Title 13": "bad request"}) as server:
        (row,) = label(server).unlabelled
        assert row.unasked == 0
        asked = server.count()
        assert label(server).unlabelled == [row]
        assert server.count() == asked
        assert [each.title for each in label(server, ask_again=True).unlabelled] == ["Title 13"]
        assert server.asked["Title 13"] == 6
        server.always = {}
        assert not label(server, ask_again=True).unlabelled


def test_a_server_that_rejects_everything_at_last_ends_the_run(label) -> None:
    titles = [f"Title {number}" for number in range(400)]
    with serve(from_request=(4, "bad request")) as server:
        found = label(server, titles)
        assert server.count() < 40
    assert "rejected 20 calls in a row: HTTP 400" in (found.stopped or "")
    with serve() as server:
        assert not label(server, titles).unlabelled


def test_asking_again_loses_no_answer(label) -> None:
    with serve(always={"Title 3": "outside", "Title 5": "too few"}) as server:
        found = label(server, TITLES[:10], batch_size=5)
        assert [row.title for row in found.unlabelled] == ["Title 3", "Title 5"]
        # It is half an answer, and stays one while nothing better comes.
        before = found.rows[3]
        assert list(before.labels) == ["field"]
        server.always = {"Title 3": "too few"}
        again = label(server, ["Title 3"], ask_again=True)
        assert again.rows == (before,)
        assert server.asked["Title 5"] == 3
        stopped = label(server, TITLES[:10], ask_again=True, limits=Limits(calls=server.count()))
        assert stopped.rows == found.rows
        server.always = {}
        assert not label(server, TITLES[:10], ask_again=True).unlabelled


@pytest.mark.parametrize("fault", ["prose", "bad request"])
def test_a_model_that_never_keeps_to_the_schema_ends_the_run_early(label, fault) -> None:
    titles = [f"Title {number}" for number in range(400)]
    with serve(shares={"prose": 1.0}, always=dict.fromkeys(titles, fault)) as server:
        found = label(server, titles)
        assert server.count() < 40
    assert "brought no usable reply" in (found.stopped or "")
    assert "--output-mode" in (found.stopped or "")


def test_an_interruption_keeps_what_was_answered(tmp_path, risk) -> None:
    prompt = render_prompt([risk])
    with serve(delay=0.05) as server:

        async def interrupted() -> None:
            plan = plan_labelling(TITLES, prompt, [spec(server.url)], store, batch_size=1)
            run = asyncio.create_task(run_labelling(plan, store, settings(concurrency=2)))
            while server.count() < 10:
                await asyncio.sleep(0.01)
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run

        with open_answers(tmp_path / "a.sqlite") as store:
            asyncio.run(interrupted())
            plan = plan_labelling(TITLES, prompt, [spec(server.url)], store, batch_size=1)
            tally = store.tally(plan.voters[0].key)
            assert plan.stored == tally.calls - tally.unanswered
            assert 1 <= plan.stored <= 10


def test_progress_is_told_after_every_call(tmp_path, risk) -> None:
    told = []
    with serve() as server, open_answers(tmp_path / "a.sqlite") as store:
        plan = plan_labelling(TITLES, render_prompt([risk]), [spec(server.url)], store)
        asyncio.run(run_labelling(plan, store, settings(), told.append))
    assert [(each.answered, each.asked, each.calls) for each in told] == [(20, 40, 1), (40, 40, 2)]


def test_an_empty_title_is_explained_without_a_call(label) -> None:
    with serve() as server:
        (row,) = label(server, ["\x07"]).rows
        assert server.count() == 0
    assert row.reason == "the title is empty"
