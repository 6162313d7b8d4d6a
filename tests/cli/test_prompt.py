from __future__ import annotations

import pytest
from typer.testing import CliRunner

from metier.cli.main import app
from metier.errors import PromptError
from metier.guidelines import load_guidelines
from metier.prompting import render_prompt
from tests.prompting.conftest import PAGE


def metier(*words: object) -> str:
    done = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_show_prints_what_would_be_sent(page) -> None:
    prompt = render_prompt([load_guidelines(page)])
    told = metier("prompt", "show", "--target", page, "--title", 'say "Low"', "--title", "CEO")
    assert told.startswith(prompt.instructions)
    assert prompt.message(['say "Low"', "CEO"]) in told
    assert '"enum": [' in told
    assert told.endswith(f"--- prompt {prompt.hash}\n")


def test_diff_of_templates(page) -> None:
    told = metier("prompt", "diff", "brief", "guided", "--target", page)
    hashes = [render_prompt([load_guidelines(page)], name).hash for name in ("brief", "guided")]
    assert told.startswith(f"--- brief ({hashes[0]})")
    assert f"+++ guided ({hashes[1]})" in told
    assert "+- Low: Mistakes cost time." in told


def test_diff_of_pages(page, write) -> None:
    other = write("other.toml", PAGE.replace("Mistakes cost time.", "Mistakes cost money."))
    told = metier("prompt", "diff", page, other)
    assert "-- Low: Mistakes cost time.\n+- Low: Mistakes cost money." in told
    assert "The prompts are the same: " in metier("prompt", "diff", page, page)


def test_a_template_that_cannot_be_filled_is_a_sentence(page, write) -> None:
    with pytest.raises(PromptError, match="no placeholder"):
        metier("prompt", "show", "--target", page, "--template", write("t.txt", "$label $rules"))


def test_a_template_and_a_page_are_not_compared(page) -> None:
    with pytest.raises(PromptError, match="are not of one kind"):
        metier("prompt", "diff", "brief", page)
    with pytest.raises(PromptError, match="do not name a --target"):
        metier("prompt", "diff", page, page, "--target", "seniority")
