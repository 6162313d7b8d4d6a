import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.guidelines import Scale
from metier.prompting.prompt import Prompt
from metier.prompting.replies import read_reply

PROMPT = Prompt(
    (Scale("risk", ("Low", "High"), (1, 2)), Scale("field", ("Health", "Other"))),
    {"risk": "Low", "field": "Other"},
    "",
)
FIRST, SECOND = PROMPT.ids(2)


def entry(identity: object, risk: object = "Low", field: object = "Other") -> dict[str, object]:
    return {"id": identity, "risk": risk, "field": field}


def reply(*entries: object) -> str:
    return json.dumps({"answers": entries})


def test_shuffled_answers_find_their_titles() -> None:
    reading = read_reply(reply(entry(SECOND, "High"), entry(FIRST)), PROMPT, 2)
    assert reading.answers[0].labels == {"risk": "Low", "field": "Other"}
    assert reading.answers[1].labels["risk"] == "High"
    assert not reading.unanswered
    assert reading.unusable is None


def test_a_fence_around_the_json_is_no_fault() -> None:
    reading = read_reply(f"```json\n{reply(entry(FIRST))}\n```", PROMPT, 1)
    assert reading.answers[0].reason is None


def test_a_label_outside_the_set_is_a_reason_and_the_other_target_stands() -> None:
    reading = read_reply(reply(entry(FIRST, "low"), entry(SECOND, None, 7)), PROMPT, 2)
    assert reading.answers[0].labels == {"field": "Other"}
    assert reading.answers[0].reason == "'low' is no label of risk"
    assert reading.answers[1].labels == {}
    assert reading.answers[1].reason == "no risk was answered; '7' is no label of field"


def test_a_reason_can_be_stored_whatever_was_answered() -> None:
    text = '{"answers": [{"id": 101, "risk": "\\ud800", "field": "Other"}]}'
    reading = read_reply(text, PROMPT, 1)
    assert reading.answers[0].reason == "'?' is no label of risk"


def test_missing_and_repeated_titles_have_no_answer() -> None:
    reading = read_reply(reply(entry(FIRST), entry(FIRST, "High")), PROMPT, 2)
    assert not reading.answers
    assert reading.unanswered == {
        0: "the reply answers the title more than once",
        1: "the reply leaves the title out",
    }


@pytest.mark.parametrize("identity", [0, 1, FIRST + 1, "101", True, None, [1], 101.0])
def test_a_reply_with_an_id_that_was_not_asked_is_not_trusted(identity) -> None:
    reading = read_reply(reply(entry(FIRST), entry(identity)), PROMPT, 2)
    assert not reading.answers
    assert "an id that was not asked" in (reading.unusable or "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("I would rather not.", "not JSON: 'I would rather not.'"),
        ('{"answers": [{"id": 1', "broken JSON"),
        ("[1]", "not a list of answers"),
        ('{"answers": [1]}', "not a list of answers"),
        ("[" * 100_000, "broken JSON"),
    ],
)
def test_what_is_no_list_of_answers_is_unusable(text, reason) -> None:
    assert reason in (read_reply(text, PROMPT, 1).unusable or "")


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_nothing_that_a_model_says_is_an_exception(text) -> None:
    reading = read_reply(text, PROMPT, 2)
    assert reading.unusable or len(reading.answers) + len(reading.unanswered) == 2
