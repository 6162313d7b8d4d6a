from metier.prompting import (
    Key,
    ModelSpec,
    distinct_questions,
    estimate,
    load_prices,
    open_answers,
    plan_labelling,
    render_prompt,
)
from metier.prompting.replies import TitleAnswer

SPEC = ModelSpec("openai:gpt-4.1", temperature=0.0)


def test_each_distinct_normalised_title_is_asked_once() -> None:
    found = distinct_questions(["CEO", "  ceo", "ＣＥＯ", "C\u2028EO", "Nurse\ud800"])
    assert [question.title for question in found] == ["CEO", "C EO", "Nurse?"]


def test_stored_answers_are_not_planned_again(tmp_path, risk) -> None:
    prompt = render_prompt([risk])
    titles = [f"Title {number}" for number in range(5)]
    with open_answers(tmp_path / "a.sqlite") as store:
        plan = plan_labelling(titles, prompt, [SPEC], store, samples=2, batch_size=2)
        assert [len(unit.questions) for unit in plan.units] == [2, 2, 1, 2, 2, 1]
        key = plan.voters[1].key
        assert key == Key("openai:gpt-4.1", prompt.hash, prompt.schema_hash, "0.0", 1)
        call = store.ask(key, ["title 0"], (1, 1))
        store.reply(call, "", (1, 1), {"title 0": TitleAnswer({}, "bad")}, 1)
        plan = plan_labelling(titles, prompt, [SPEC], store, samples=2, batch_size=2)
        assert plan.stored == 1
        assert sum(len(unit.questions) for unit in plan.units) == 9
        assert not plan.useful
        again = plan_labelling(titles, prompt, [SPEC], store, samples=2, ask_again=True)
        assert again.stored == 0
        assert sum(len(unit.questions) for unit in again.units) == 10
        call = store.ask(key, ["title 1"], (1, 1))
        store.reply(call, "", (1, 1), {"title 1": TitleAnswer({"risk": "Low"})}, 1)
        assert plan_labelling(["x"], prompt, [SPEC], store, samples=2).useful == {SPEC}


def test_a_title_without_characters_is_not_asked(tmp_path, risk) -> None:
    with open_answers(tmp_path / "a.sqlite") as store:
        plan = plan_labelling(["\x07", "CEO"], render_prompt([risk]), [SPEC], store)
    assert [question.title for question in plan.questions] == ["", "CEO"]
    assert [len(unit.questions) for unit in plan.units] == [1]


def test_the_estimate_grows_with_the_titles_and_knows_what_it_does_not_know(tmp_path, risk) -> None:
    prompt = render_prompt([risk])
    with open_answers(tmp_path / "a.sqlite") as store:
        plans = [
            plan_labelling([f"T {n}" for n in range(count)], prompt, [SPEC], store)
            for count in (20, 40)
        ]
        own = plan_labelling(["CEO"], prompt, [SPEC, ModelSpec("openai:own")], store)
    few, many = (estimate(plan, load_prices()) for plan in plans)
    assert (few.calls, many.calls) == (1, 2)
    assert many.input_tokens > few.input_tokens > len(prompt.instructions) / 4
    assert few.cost == (2.0 * few.input_tokens + 8.0 * few.output_tokens) / 1e6
    # A reply three times as long as estimated teaches the next run.
    with open_answers(tmp_path / "a.sqlite") as store:
        call = store.ask(plans[0].voters[0].key, ["x"], (1, 10))
        store.reply(call, "", (1, 30), {}, 1)
        learnt = plan_labelling([f"T {n}" for n in range(20)], prompt, [SPEC], store)
    assert estimate(learnt, load_prices()).output_tokens == 3 * few.output_tokens
    assert estimate(own, load_prices()).cost is None
    assert estimate(own, load_prices()).unpriced == ("openai:own",)
