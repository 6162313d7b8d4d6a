import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.errors import PromptError
from metier.prompting import packaged_templates, question_of, render_prompt
from metier.prompting.prompt import Prompt


def test_the_prompt_says_what_the_guidelines_say(risk) -> None:
    told = render_prompt([risk]).instructions
    for part in (
        "How much harm could a mistake do?",
        "- Low: Mistakes cost time.",
        "the fallback is Low. Harm that nobody names is Low.",
        "The greater harm wins.",
        '- "Crane Operator": High',
        '- "Crane Salesman": Low, not High',
    ):
        assert part in told


def test_a_page_without_rules_and_examples_still_states_its_fallback(field_of_work) -> None:
    told = render_prompt([field_of_work]).instructions
    assert "the fallback is Other." in told
    assert "Examples" not in told
    assert "\n\n\n" not in told


@pytest.mark.parametrize("template", packaged_templates())
def test_every_packaged_template_asks_all_targets(risk, field_of_work, template) -> None:
    prompt = render_prompt([risk, field_of_work], template)
    assert "risk and field" in prompt.instructions
    assert "$" not in prompt.instructions
    assert prompt.targets == ("risk", "field")


def test_the_schema_is_closed(risk, field_of_work) -> None:
    entry = render_prompt([risk, field_of_work]).schema["properties"]["answers"]["items"]
    assert entry["properties"]["risk"]["enum"] == ["Low", "High"]
    assert entry["required"] == ["id", "risk", "field"]
    assert entry["additionalProperties"] is False


def test_the_hash_knows_instructions_and_schema_and_no_titles(risk) -> None:
    prompt = render_prompt([risk])
    assert prompt.hash == render_prompt([risk]).hash
    assert prompt.hash != render_prompt([risk], "brief").hash
    more = risk.model_copy(update={"fallback_rule": "Else."})
    assert render_prompt([more]).hash != prompt.hash
    assert render_prompt([more]).schema_hash == prompt.schema_hash


@given(st.lists(st.text(), max_size=5))
def test_no_title_breaks_out_of_its_line(titles) -> None:
    prompt = Prompt((), {}, "")
    sent = [question_of(title).title for title in titles]
    message = prompt.message(sent)
    lines = [json.loads(line) for line in message.splitlines()]
    assert [line["title"] for line in lines] == sent
    assert [line["id"] for line in lines] == list(prompt.ids(len(titles)))
    message.encode("utf-8")


def test_ids_do_not_follow_one_another() -> None:
    ids = Prompt.ids(200)
    assert len(set(ids)) == 200
    assert not {number + 1 for number in ids} & set(ids)
    assert not set(range(201)) & set(ids) - {*ids[:15]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$labels $rules\n$definition", r"line 2: .* \$definition; did you mean \$definitions"),
        ("$rules only", r"does not say which labels there are: use \$definitions or \$labels"),
        ("$labels only", r"what to answer when nothing fits: use \$rules"),
        ("$labels $rules for 5 $ each", r"a single \$ starts no placeholder"),
        ("$labels $rules ```", "three backticks"),
    ],
)
def test_a_malformed_template_is_refused_before_anything_is_sent(
    risk, write, text, message
) -> None:
    with pytest.raises(PromptError, match=message):
        render_prompt([risk], write("t.txt", text))


def test_a_template_of_ones_own(risk, write) -> None:
    prompt = render_prompt([risk], write("t.txt", "For $$5:\n$labels\n$rules"))
    assert prompt.instructions.startswith("For $5:\nrisk: Low, High.")
    with pytest.raises(PromptError, match=r"no template 'x\.txt'.*brief, guided"):
        render_prompt([risk], "x.txt")
    with pytest.raises(PromptError, match="given: risk, risk"):
        render_prompt([risk, risk])
