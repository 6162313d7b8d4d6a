import sqlite3
from dataclasses import replace

import pytest

from metier.errors import LabellingError
from metier.prompting import Key, Tally, open_answers
from metier.prompting.replies import TitleAnswer

KEY = Key("openai:m", "prompt", "schema")
ANSWER = TitleAnswer({"risk": "Low"})


def test_answers_survive_and_are_kept_apart_by_every_part_of_the_key(tmp_path) -> None:
    path = tmp_path / "a.sqlite"
    with open_answers(path) as store:
        call = store.ask(KEY, ["ceo", "cfo"], (10, 5))
        store.reply(call, "raw", (30, 6), {"ceo": ANSWER}, 2)
    with open_answers(path) as store:
        found = store.answered(KEY, ["ceo", "cfo"])
        assert list(found) == ["ceo"]
        assert found["ceo"].answer == ANSWER
        assert (found["ceo"].input_tokens, found["ceo"].output_tokens) == (15, 3)
        for part in ("model", "prompt", "schema", "temperature"):
            assert not store.answered(replace(KEY, **{part: "other"}), ["ceo"])
        assert not store.answered(replace(KEY, sample=1), ["ceo"])


def test_what_was_asked_and_not_answered_counts_as_possibly_paid(tmp_path) -> None:
    with open_answers(tmp_path / "a.sqlite") as store:
        store.ask(KEY, ["killed"], (10, 5))
        store.fail(store.ask(KEY, ["dropped"], (20, 5)), "dropped", possibly_paid=True)
        store.fail(store.ask(KEY, ["limited"], (40, 5)), "HTTP 429", possibly_paid=False)
        store.reply(store.ask(KEY, ["told"], (80, 5)), "", (100, 10), {"told": ANSWER}, 1)
        store.reply(store.ask(KEY, ["silent"], (160, 5)), "", (None, None), {}, 1)
        # The only counted reply was twice as long as expected; so are those that are not known.
        received = 10 + 2 * (5 + 5 + 5)
        assert store.tally(KEY) == Tally(5, 2, 10 + 20 + 100 + 160, received, 10, 5)
        assert store.tally(replace(KEY, sample=1)) == Tally()
        other = replace(KEY, sample=1)
        store.fail(store.ask(other, ["dropped"], (1, 5)), "dropped", possibly_paid=True)
        assert store.tally(other) == Tally(1, 1, 1, 10)


def test_everything_in_the_file_is_added_up_by_model(tmp_path) -> None:
    with open_answers(tmp_path / "a.sqlite") as store:
        assert store.spent() == {}
        for model, part in (("a:m", "p"), ("a:m", "q"), ("b:m", "p")):
            key = Key(model, part, "schema")
            store.reply(store.ask(key, ["ceo"], (1, 1)), "", (10, 1), {}, 1)
        assert store.spent() == {"a:m": Tally(2, 0, 20, 2, 2, 2), "b:m": Tally(1, 0, 10, 1, 1, 1)}


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (TitleAnswer({}, "no"), ANSWER, ANSWER),
        (TitleAnswer({}, "no"), TitleAnswer({}, "again"), TitleAnswer({}, "again")),
        (TitleAnswer({"risk": "Low"}, "half"), TitleAnswer({}, "no"), None),
        (ANSWER, TitleAnswer({}, "no"), None),
    ],
)
def test_a_worse_answer_does_not_replace_a_better_one(tmp_path, before, after, kept) -> None:
    with open_answers(tmp_path / "a.sqlite") as store:
        for answer in (before, after):
            store.reply(store.ask(KEY, ["ceo"], (1, 1)), "", (1, 1), {"ceo": answer}, 1)
        assert store.answered(KEY, ["ceo"])["ceo"].answer == (kept or before)


def test_what_stands_after_a_failure_is_stored_with_it(tmp_path) -> None:
    with open_answers(tmp_path / "a.sqlite") as store:
        rejected = {"ceo": TitleAnswer({}, "rejected")}
        call = store.ask(KEY, ["ceo"], (1, 1))
        store.fail(call, "HTTP 400", possibly_paid=False, answers=rejected)
        found = store.answered(KEY, ["ceo"])["ceo"]
        assert found.answer == rejected["ceo"]
        assert found.input_tokens is None
        assert store.count(KEY) == (1, 0)


def test_a_damaged_store_is_a_sentence(tmp_path) -> None:
    path = tmp_path / "a.sqlite"
    with open_answers(path) as store:
        store.connection.execute("DROP TABLE answers")
        with pytest.raises(LabellingError, match=r"a\.sqlite cannot be read or written: no such"):
            store.answered(KEY, ["ceo"])
        with pytest.raises(LabellingError, match="cannot be read or written"):
            store.reply(store.ask(KEY, ["ceo"], (1, 1)), "", (1, 1), {"ceo": ANSWER}, 1)


def test_a_second_run_is_refused_and_a_later_one_is_not(tmp_path) -> None:
    path = tmp_path / "a.sqlite"
    with (
        open_answers(path),
        pytest.raises(LabellingError, match="being used by another run"),
        open_answers(path),
    ):
        pass
    with open_answers(path):
        pass


def test_other_files_are_refused_and_left_as_they_are(tmp_path) -> None:
    text = tmp_path / "t.sqlite"
    text.write_text("this is a text, and a rather long one at that" * 9)
    with pytest.raises(LabellingError, match="is no store of answers"), open_answers(text):
        pass
    assert text.read_text().startswith("this is a text")
    other = tmp_path / "o.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(LabellingError, match="format 0, not 1"), open_answers(other):
        pass
    with pytest.raises(LabellingError, match="unable to open"), open_answers(tmp_path):
        pass
