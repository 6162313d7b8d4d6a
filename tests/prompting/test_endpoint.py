"""What failures over HTTP mean, each met for real."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
from pydantic_ai.exceptions import ModelHTTPError

from metier.errors import LabellingError, MissingExtraError
from metier.prompting import ModelSpec, OutputMode, render_prompt
from metier.prompting.endpoint import CallError, Reply, Verdict, build_model, connect
from tests.prompting.conftest import spec
from tests.prompting.fault_server import serve


def ask(prompt, given: ModelSpec, title: str = "CEO") -> Reply:
    async def once() -> Reply:
        async with connect(given) as endpoint:
            return await endpoint.ask(prompt, prompt.message([title]))

    return asyncio.run(once())


@pytest.fixture
def prompt(risk):
    return render_prompt([risk])


@pytest.mark.parametrize("mode", list(OutputMode))
def test_every_output_mode_hands_over_the_schema_and_brings_the_answer(prompt, mode) -> None:
    with serve() as server:
        reply = ask(prompt, spec(server.url, output_mode=mode, temperature=0.0))
        body = server.requests[0].body
    assert json.loads(reply.text)["answers"][0]["id"] == 101
    assert (reply.input_tokens or 0) > 0
    assert (reply.output_tokens or 0) > 0
    assert body["model"] == "stand-in"
    assert body["temperature"] == 0.0
    assert ("tools" in body) == (mode is OutputMode.TOOL)
    assert body["messages"][0]["content"].startswith(prompt.instructions)
    if mode in (OutputMode.AUTO, OutputMode.NATIVE):
        assert body["response_format"]["json_schema"]["schema"] == prompt.schema


@pytest.mark.parametrize(
    ("fault", "verdict", "possibly_paid"),
    [
        ("rate limit", Verdict.AGAIN, False),
        ("server error", Verdict.AGAIN, False),
        ("slow", Verdict.AGAIN, True),
        ("dropped", Verdict.AGAIN, True),
        ("cut", Verdict.AGAIN, True),
        ("not HTTP", Verdict.AGAIN, True),
        ("bad request", Verdict.REJECTED, False),
        ("no such model", Verdict.STOP, False),
        ("out of money", Verdict.STOP, False),
    ],
)
def test_failures_say_what_to_do_and_are_sent_once(prompt, fault, verdict, possibly_paid) -> None:
    with serve(always={"CEO": fault}, slowness=0.7) as server:
        timeout = 0.5 if fault == "slow" else 20.0
        with pytest.raises(CallError) as found:
            ask(prompt, spec(server.url, timeout=timeout))
        assert server.count() == 1
    assert (found.value.verdict, found.value.possibly_paid) == (verdict, possibly_paid)
    assert found.value.reason


@pytest.mark.parametrize(
    ("header", "low", "high"), [("7", 7, 7), ("date", 0, 1), ("soon", None, None)]
)
def test_retry_after_is_read_in_seconds_and_as_a_date(prompt, header, low, high) -> None:
    with (
        serve(always={"CEO": "rate limit"}, retry_after=header) as server,
        pytest.raises(CallError) as found,
    ):
        ask(prompt, spec(server.url))
    if low is None:
        assert found.value.retry_after is None
    else:
        assert low <= found.value.retry_after <= high


def test_a_server_that_is_not_there_was_not_paid(prompt) -> None:
    with pytest.raises(CallError) as found:
        ask(prompt, spec("http://127.0.0.1:9/v1"))
    assert (found.value.verdict, found.value.possibly_paid) == (Verdict.AGAIN, False)


def test_a_filtered_reply_is_a_refusal(prompt) -> None:
    with serve(always={"CEO": "filtered"}) as server:
        assert "content filter" in (ask(prompt, spec(server.url)).refusal or "")


def test_keys_are_sent_to_their_own_server_only_and_never_repeated(prompt, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-big-provider")
    monkeypatch.setenv("METIER_API_KEY", "sk-of-this-server")
    with serve(key="another") as server:
        with pytest.raises(CallError) as found:
            ask(prompt, spec(server.url))
        assert server.requests[0].authorization == "Bearer sk-of-this-server"
        monkeypatch.delenv("METIER_API_KEY")
        with pytest.raises(CallError):
            ask(prompt, spec(server.url))
        assert "big" not in (server.requests[1].authorization or "")
    assert "sk-of" not in found.value.reason
    assert found.value.verdict is Verdict.STOP


@pytest.mark.parametrize(
    ("name", "url", "message"),
    [
        ("gpt-5", None, "'gpt-5' names no model; write PROVIDER:MODEL"),
        ("nobody:m", None, "Unknown model: nobody:m"),
        ("openai:m", None, "Set the `OPENAI_API_KEY` environment variable; keys are read"),
        ("anthropic:m", None, "Set the `ANTHROPIC_API_KEY` environment variable"),
        ("google:m", None, "Set the `GOOGLE_API_KEY` environment variable"),
        ("mistral:m", None, "Set the `MISTRAL_API_KEY` environment variable"),
        ("ollama:m", None, "Set the `OLLAMA_BASE_URL` environment variable"),
        ("groq:m", None, r"the provider 'groq' needs its own package"),
        ("openai:m", "localhost:8000", "is no URL of a server"),
        ("openai:m", "http://me:secret@host/v1", "holds a user name or password"),
        ("anthropic:m", "http://host/v1", "goes with openai:, ollama: or vllm:"),
    ],
)
def test_a_model_that_cannot_be_named_is_a_sentence(monkeypatch, name, url, message) -> None:
    for variable in ("OPENAI", "ANTHROPIC", "GOOGLE", "GEMINI", "MISTRAL", "GROQ"):
        monkeypatch.delenv(f"{variable}_API_KEY", raising=False)
    monkeypatch.delenv("OLLAMA_BASE_URL", raising=False)
    with pytest.raises(LabellingError, match=message):
        build_model(ModelSpec(name, url))


@pytest.mark.parametrize("provider", ["openai", "ollama", "vllm"])
def test_local_servers_need_no_key(prompt, provider, monkeypatch) -> None:
    monkeypatch.delenv("METIER_API_KEY", raising=False)
    with serve() as server:
        reply = ask(prompt, ModelSpec(f"{provider}:llama3.2", base_url=server.url))
    assert '"answers"' in reply.text


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("openai:gpt-5-mini", "OPENAI_API_KEY"),
        ("anthropic:claude-haiku-4-5", "ANTHROPIC_API_KEY"),
        ("google:gemini-2.5-flash", "GOOGLE_API_KEY"),
        ("mistral:mistral-small-latest", "MISTRAL_API_KEY"),
    ],
)
def test_the_big_providers_are_reached_with_a_key(monkeypatch, name, variable) -> None:
    monkeypatch.setenv(variable, "not-a-key")
    assert build_model(ModelSpec(name)).model_name == name.split(":")[1]


def test_a_missing_extra_is_a_sentence(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic_ai.models", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'metier\[llm\]'"):
        build_model(ModelSpec("openai:m"))


@pytest.mark.parametrize(
    "name", ["METIER_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_BEARER_TOKEN_BEDROCK"]
)
def test_no_part_of_a_key_is_repeated_where_a_message_is_cut(prompt, monkeypatch, name) -> None:
    key = "sk-" + "x1" * 60
    monkeypatch.setenv(name, key)

    async def trip(*_: object, **__: object) -> None:
        raise ModelHTTPError(400, "m", {"error": {"message": "y" * 150 + key}})

    monkeypatch.setattr("pydantic_ai.direct.model_request", trip)
    with serve() as server, pytest.raises(CallError) as found:
        ask(prompt, spec(server.url))
    assert "x1x1" not in found.value.reason
    assert found.value.reason.endswith("yy…")


def test_whatever_a_package_trips_over_is_one_bad_call(prompt, monkeypatch) -> None:
    async def trip(*_: object, **__: object) -> None:
        raise KeyError("choices")

    monkeypatch.setattr("pydantic_ai.direct.model_request", trip)
    with serve() as server, pytest.raises(CallError, match="KeyError: 'choices'") as found:
        ask(prompt, spec(server.url))
    assert (found.value.verdict, found.value.possibly_paid) == (Verdict.AGAIN, True)


def test_predicting_does_not_load_the_packages_of_providers() -> None:
    code = "import sys, metier.cli.main; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "'metier.prompting.endpoint'" in done.stdout
    assert "pydantic_ai" not in done.stdout
