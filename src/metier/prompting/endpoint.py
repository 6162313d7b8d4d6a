"""A language model to be asked: providers, and their failures in our own words."""

from __future__ import annotations

import os
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from metier.errors import LabellingError, MissingExtraError
from metier.prompting.prompt import Prompt

if TYPE_CHECKING:
    from pydantic_ai.exceptions import AgentRunError, ModelHTTPError
    from pydantic_ai.models import Model, ModelRequestParameters

__all__ = [
    "CallError",
    "Endpoint",
    "ModelSpec",
    "OutputMode",
    "Reply",
    "Verdict",
    "build_model",
    "connect",
]

# The key for a server named by its URL. The keys of the big providers are never sent to it.
SERVER_KEY = "METIER_API_KEY"
KEY_ENDINGS = ("_API_KEY", "_TOKEN", "_SECRET_ACCESS_KEY", "AWS_BEARER_TOKEN_BEDROCK")

# Of what a server says of a failure, as much as a reason quotes.
QUOTED = 200

# Statuses after which the provider may have done the work all the same.
POSSIBLY_PAID = (408, 499, 504, 524)
AGAIN = (408, 409, 425)
STOPPING = (401, 402, 403, 404)


class OutputMode(StrEnum):
    """How the schema of an answer is handed over.

    AUTO takes the first of the others that the model is known to support. NATIVE is the
    provider's own structured output (``response_format``), which OpenAI, Anthropic, Google, vLLM,
    Ollama and llama.cpp enforce while decoding. TOOL is a forced tool call. PROMPTED writes the
    schema into the prompt, for servers that can do neither.
    """

    AUTO = "auto"
    NATIVE = "native"
    TOOL = "tool"
    PROMPTED = "prompted"


@dataclass(frozen=True)
class ModelSpec:
    """Which model is asked, and how.

    Attributes:
        name: ``PROVIDER:MODEL``.
        base_url: The URL of a server that speaks the OpenAI protocol, or None for the provider.
        output_mode: How the schema is handed over.
        temperature: The temperature, or None for the provider's.
        timeout: Seconds after which a call is given up.
    """

    name: str
    base_url: str | None = None
    output_mode: OutputMode = OutputMode.AUTO
    temperature: float | None = None
    timeout: float = 120.0


@dataclass(frozen=True)
class Reply:
    """What a model replied.

    Attributes:
        text: The answer as JSON, if the model kept to the schema.
        input_tokens: Tokens sent, or None if the server did not count them.
        output_tokens: Tokens received, in the same way.
        refusal: Why the provider or the model refused to answer, or None.
    """

    text: str
    input_tokens: int | None
    output_tokens: int | None
    refusal: str | None = None


class Verdict(StrEnum):
    """What a failed call means for the run: try again, do not send this again, or stop."""

    AGAIN = "again"
    REJECTED = "rejected"
    STOP = "stop"


class CallError(Exception):
    """A call brought no reply.

    Args:
        reason: Why, without any key.
        verdict: What it means.
        possibly_paid: Whether the provider may have done the work all the same.
        retry_after: Seconds that the server asked to wait.
        limited: Whether it only limits how many calls are sent, and this one was not looked at.
    """

    def __init__(
        self,
        reason: str,
        verdict: Verdict,
        *,
        possibly_paid: bool = False,
        retry_after: float | None = None,
        limited: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.verdict = verdict
        self.possibly_paid = possibly_paid
        self.retry_after = retry_after
        self.limited = limited


class Endpoint(Protocol):
    """Something that can be asked."""

    async def ask(self, prompt: Prompt, message: str) -> Reply:
        """Ask once, without trying again.

        Raises:
            CallError: If there is no reply.
        """
        ...


@asynccontextmanager
async def connect(spec: ModelSpec) -> AsyncIterator[Endpoint]:
    """Open the connection to a model.

    Raises:
        MissingExtraError: If the extra ``llm`` is not installed.
        LabellingError: If the provider is unknown or its key is not set.
    """
    model = build_model(spec)
    with warnings.catch_warnings():
        # A setting that a model does not take, such as a temperature, is left out; that is all.
        warnings.filterwarnings("ignore", module=r"pydantic_ai\b")
        async with model:
            yield _PydanticEndpoint(model, spec)


def build_model(spec: ModelSpec) -> Model[Any]:
    """Make the model of ``pydantic-ai`` that a specification names; nothing is sent.

    Raises:
        MissingExtraError: If the extra ``llm`` is not installed.
        LabellingError: If the provider is unknown or its key is not set.
    """
    provider, separator, name = spec.name.partition(":")
    if not separator or not provider or not name:
        raise LabellingError(
            f"'{spec.name}' names no model; write PROVIDER:MODEL, such as openai:gpt-5-mini, "
            "anthropic:claude-haiku-4-5, google:gemini-2.5-flash, mistral:mistral-small-latest or "
            "ollama:llama3.2."
        )
    try:
        from pydantic_ai.exceptions import UserError
        from pydantic_ai.models import infer_model
    except ModuleNotFoundError as error:
        raise MissingExtraError("Asking a language model", "llm") from error
    try:
        if spec.base_url is not None:
            return _server_model(provider, name, spec.base_url)
        return infer_model(spec.name)
    except UserError as error:
        # The advice after the first sentence is for people who write code.
        advice = str(error).split(" or pass ")[0].split(". ")[0].removesuffix(".")
        raise LabellingError(
            f"{spec.name}: {advice}; keys are read from the environment, and a server of one's "
            "own is named by --base-url."
        ) from error
    except ImportError as error:
        raise LabellingError(
            f"{spec.name}: the provider '{provider}' needs its own package: run pip install "
            f"'pydantic-ai-slim[{provider}]'."
        ) from error


def _server_model(provider: str, name: str, base_url: str) -> Model[Any]:
    from pydantic_ai.models.ollama import OllamaModel
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.ollama import OllamaProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
    from pydantic_ai.providers.vllm import VLLMProvider

    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise LabellingError(
            f"'{base_url}' is no URL of a server; one is http://localhost:8000/v1."
        )
    if parts.username or parts.password:
        raise LabellingError(
            f"The URL of {parts.hostname} holds a user name or password; give a key as the "
            f"environment variable {SERVER_KEY} instead."
        )
    key = os.environ.get(SERVER_KEY) or None
    if provider == "ollama":
        return OllamaModel(name, provider=OllamaProvider(base_url=base_url, api_key=key or "none"))
    if provider == "vllm":
        return OpenAIChatModel(
            name, provider=VLLMProvider(base_url=base_url, api_key=key or "none")
        )
    if provider == "openai":
        return OpenAIChatModel(
            name, provider=OpenAICompatibleProvider("server", base_url=base_url, api_key=key)
        )
    raise LabellingError(
        f"A server's URL goes with openai:, ollama: or vllm: (it speaks the OpenAI protocol), not "
        f"with '{provider}:'."
    )


class _PydanticEndpoint:
    """A model reached through ``pydantic-ai``, without any of its retries."""

    def __init__(self, model: Model[Any], spec: ModelSpec) -> None:
        self.model = model
        self.spec = spec

    async def ask(self, prompt: Prompt, message: str) -> Reply:
        from pydantic_ai.direct import model_request
        from pydantic_ai.exceptions import AgentRunError, UserError
        from pydantic_ai.messages import ModelRequest, TextPart, ToolCallPart
        from pydantic_ai.settings import ModelSettings

        # Counts are true only if every attempt is ours.
        settings = ModelSettings(max_retries=0, request_timeout=self.spec.timeout)
        if self.spec.temperature is not None:
            settings["temperature"] = self.spec.temperature
        request = ModelRequest.user_text_prompt(message, instructions=prompt.instructions)
        try:
            response = await model_request(
                self.model,
                [request],
                model_settings=settings,
                model_request_parameters=self._parameters(prompt),
            )
        except UserError as error:
            raise CallError(_short(str(error)).removesuffix("."), Verdict.STOP) from error
        except AgentRunError as error:
            raise _call_error(error) from error
        except Exception as error:
            # Whatever else a provider's package trips over is one bad call, and not the run's end.
            reason = _short(f"{type(error).__name__}: {error}")
            raise CallError(reason, Verdict.AGAIN, possibly_paid=True) from error
        parts = response.parts
        called = [part.args_as_json_str() for part in parts if isinstance(part, ToolCallPart)]
        said = "".join(part.content for part in parts if isinstance(part, TextPart))
        refused = response.finish_reason == "content_filter"
        usage = response.usage
        return Reply(
            text=_clean(called[0] if called else said),
            input_tokens=usage.input_tokens or None,
            output_tokens=usage.output_tokens or None,
            refusal="the provider's content filter refused it" if refused else None,
        )

    def _parameters(self, prompt: Prompt) -> ModelRequestParameters:
        from pydantic_ai.models import ModelRequestParameters
        from pydantic_ai.output import OutputObjectDefinition
        from pydantic_ai.tools import ToolDefinition

        mode = self._mode()
        description = "The answers, one for every title."
        if mode is OutputMode.TOOL:
            tool = ToolDefinition(
                name="answer",
                parameters_json_schema=prompt.schema,
                description=description,
                strict=True,
                kind="output",
            )
            return ModelRequestParameters(
                output_mode="tool", output_tools=[tool], allow_text_output=False
            )
        return ModelRequestParameters(
            output_mode="native" if mode is OutputMode.NATIVE else "prompted",
            output_object=OutputObjectDefinition(
                json_schema=prompt.schema, name="answers", description=description, strict=True
            ),
        )

    def _mode(self) -> OutputMode:
        if self.spec.output_mode is not OutputMode.AUTO:
            return self.spec.output_mode
        if self.model.profile.get("supports_json_schema_output", False):
            return OutputMode.NATIVE
        if self.model.profile.get("supports_tools", True):
            return OutputMode.TOOL
        return OutputMode.PROMPTED


def _call_error(error: AgentRunError) -> CallError:
    """Say what a failure of ``pydantic-ai`` means for the run."""
    from pydantic_ai import exceptions

    reason = _reason(error)
    if isinstance(error, exceptions.ContentFilterError):
        return CallError(reason, Verdict.REJECTED, possibly_paid=True)
    if not isinstance(error, exceptions.ModelAPIError):
        # The server replied with something that is not its protocol.
        return CallError(reason, Verdict.AGAIN, possibly_paid=True)
    if isinstance(error, exceptions.ModelConnectionError):
        sent = error.phase not in ("pool", "connect")
        return CallError(reason, Verdict.AGAIN, possibly_paid=sent)
    if isinstance(
        error,
        exceptions.ModelAuthenticationError
        | exceptions.ModelNotFoundError
        | exceptions.ModelQuotaExceededError,
    ):
        return CallError(reason, Verdict.STOP)
    if isinstance(error, exceptions.ModelHTTPError):
        return _status_error(error, reason)
    return CallError(reason, Verdict.AGAIN, possibly_paid=True, retry_after=error.retry_after)


def _status_error(error: ModelHTTPError, reason: str) -> CallError:
    from pydantic_ai.exceptions import ModelRequestRejectedError

    status = error.status_code
    # A 403 may also mean that a title was flagged: that is one call, and not the key.
    if status in STOPPING and not isinstance(error, ModelRequestRejectedError):
        return CallError(reason, Verdict.STOP)
    again = status == 429 or status >= 500 or status in AGAIN
    return CallError(
        reason,
        Verdict.AGAIN if again else Verdict.REJECTED,
        possibly_paid=status in POSSIBLY_PAID,
        retry_after=error.retry_after,
        limited=status == 429 and error.retry_after is not None,
    )


def _reason(error: AgentRunError) -> str:
    from pydantic_ai import exceptions

    if isinstance(error, exceptions.ModelHTTPError):
        body = error.body
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            body = body["error"]
        said = body.get("message") if isinstance(body, dict) else body
        return f"HTTP {error.status_code}: {_short(str(said or 'no message'))}"
    return _short(str(error)) or type(error).__name__


def _short(text: str) -> str:
    # A key that is cut in two could not be found any more.
    return " ".join(_clean(text).split())[:QUOTED]


def _clean(text: str) -> str:
    """Blot out API keys, which some servers repeat, and half characters, which no file takes."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    keys = {value for name, value in os.environ.items() if name.endswith(KEY_ENDINGS)}
    for key in sorted(keys, key=len, reverse=True):
        if len(key) >= 6:
            text = text.replace(key, "…")
    return text
