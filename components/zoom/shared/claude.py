"""Claude as its API wants it: models and prices, what is sent, what an error means."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

import httpx
from pydantic import SecretStr

from components.zoom.shared.exchange import (
    CHARACTERS_PER_TOKEN,
    SUMMARY_TOKENS,
    TOKENS,
    Spending,
    in_form,
    level_of,
    unlogged,
)

# ---------------------------------------------------------------------------------------------------------------------
# Models and prices
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Price:
    """USD for a million tokens."""

    input: float
    output: float
    cache_write: float
    """Into the cache that lasts five minutes from its last use."""
    cache_read: float


@dataclass(frozen=True)
class Model:
    """What must be known of a model to ask it and to count what it costs."""

    price: Price
    effort: bool = True
    """Takes ``output_config.effort``. Such a model thinks before it answers; little effort keeps that short."""
    long_price: Price | None = None
    """For a request whose prompt, cached or not, has more than ``LONG_PROMPT_TOKENS``."""


MODELS: Final = {
    "claude-sonnet-5-5": Model(Price(2.0, 10.0, 2.5, 0.1)),
    "claude-haiku-5-5": Model(Price(0.1, 0.5, 0.125, 0.01), long_price=Price(0.5, 2.5, 0.625, 0.05)),
    "claude-opus-5-5": Model(Price(4.0, 20.0, 5.0, 0.2)),
    "claude-fable-5-1": Model(Price(10.0, 50.0, 12.5, 0.25)),
    "claude-sonnet-5": Model(Price(2.0, 10.0, 2.5, 0.2)),
    "claude-opus-5": Model(Price(5.0, 25.0, 6.25, 0.5)),
    "claude-haiku-4-5": Model(Price(1.0, 5.0, 1.25, 0.1), effort=False),
}
"""The models offered, the default first (platform.claude.com, "Pricing" and the models' pages, November 2026)."""
DEAREST: Final = Model(Price(10.0, 50.0, 12.5, 1.0), effort=False)
"""Stands for a model that is not listed: the budget had better be too careful than too generous."""
LONG_PROMPT_TOKENS: Final = 100_000
SNAPSHOT: Final = re.compile(r"-\d{8}$")

PROMPT_TOKENS: Final = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
"""The API counts each prompt token under one of these: not cached, read from the cache, written to it."""


def model_of(name: str) -> Model | None:
    """Look a model up by its id, dated or not; ``None`` where it is not listed."""
    return MODELS.get(SNAPSHOT.sub("", name))


def cost_usd(name: str, usage: dict[str, int]) -> float:
    """Price one answer's tokens; at the dearest price where the model is not listed."""
    model = model_of(name) or DEAREST
    is_long = sum(usage[kind] for kind in PROMPT_TOKENS) > LONG_PROMPT_TOKENS
    price = model.long_price if is_long and model.long_price else model.price
    return (
        usage["input_tokens"] * price.input
        + usage["output_tokens"] * price.output
        + usage["cache_creation_input_tokens"] * price.cache_write
        + usage["cache_read_input_tokens"] * price.cache_read
    ) / 1_000_000


# ---------------------------------------------------------------------------------------------------------------------
# Requests
# ---------------------------------------------------------------------------------------------------------------------

TIMEOUT_SECONDS: Final = 40.0
DEADLINE_SECONDS: Final = 100.0
"""Less than the 120 seconds that a route of the bridge gives a run."""
CHAT_TOKENS: Final = 8000
"""Most tokens of an answer that is asked for as of any language model."""
OUTPUT_TOKENS_PER_SECOND: Final = 80
"""What the slower models manage: an answer that may be long is given the time to be written."""
EPHEMERAL: Final = {"type": "ephemeral"}
KEY_NAME: Final = "ANTHROPIC_API_KEY"
ADDRESS_NAME: Final = "ANTHROPIC_BASE_URL"
LEDGER: Final = "zoom-claude"
"""Where it is kept what a meeting has cost."""
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class ClaudeError(RuntimeError):
    """Why there is no answer and what to do, for the flow's user and without anything said in the meeting."""


def text_blocks(texts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write texts, each with ``text`` and perhaps ``cache``, as the API's content blocks."""
    return [
        {"type": "text", "text": text["text"]} | ({"cache_control": EPHEMERAL} if text.get("cache") else {})
        for text in texts
    ]


def reason_of(error: Any, model: str, seconds: float) -> str:
    """Say why a request failed and what to do, without the server's own words: those may quote the meeting."""
    import anthropic

    if isinstance(error, anthropic.APITimeoutError):
        return f"Claude ({model}) did not answer within {seconds:g} seconds."
    if isinstance(error, anthropic.APIConnectionError):
        return "The Messages API cannot be reached. Check the network and Base URL in Zoom Claude."
    status = getattr(error, "status_code", 0)
    if 300 <= status < 400:
        return (
            f"The Messages API is at another address now (HTTP {status}), where nothing was sent. "
            "Check Base URL in Zoom Claude."
        )
    known = {
        400: f"refused the request as invalid. Check that {model} supports structured output, and the account's credit",
        401: f"refused the API key. Check the key in Zoom Claude or {KEY_NAME}",
        402: "wants the account's billing to be put in order first",
        403: f"says that the API key may not use {model}",
        404: f"does not know the model {model}, or Base URL in Zoom Claude is wrong",
        413: "says that the window is too large",
        429: "is limiting the rate of requests, also after retries",
        529: "is overloaded, also after retries",
    }
    what = known.get(
        status, "failed, also after retries" if status >= 500 else "gave an answer that cannot be read"
    )
    request = getattr(error, "request_id", None)
    return f"The Messages API {what} (HTTP {status}{f', request {request}' if request else ''})."


def check_address(address: str) -> None:
    """See that the key may be sent to an address; empty is Anthropic's.

    Raises:
        ClaudeError: It is not an https one, or has a user in it; plain http is for loopback only.
    """
    try:
        target = httpx.URL(address or "https://api.anthropic.com")
    except httpx.InvalidURL:
        target = httpx.URL("")
    safe = target.scheme == "https" or (target.scheme == "http" and target.host in LOOPBACK)
    if not target.host or target.userinfo or not safe:
        msg = f"Base URL in Zoom Claude (or {ADDRESS_NAME} of the Langflow server) must begin with https://, without a user in it."
        raise ClaudeError(msg)


def check_key(key: str) -> None:
    """See that a key can be sent in a header.

    Raises:
        ClaudeError: It has a space, a line break or another character that no key has.
    """
    if not key.isascii() or not key.isprintable() or " " in key:
        msg = (
            "The Anthropic API key has a character that no key has, such as a space or a line break. "
            f"Copy the bare key into Zoom Claude or {KEY_NAME} once more."
        )
        raise ClaudeError(msg)


def http_client(lost: list[httpx.Request]) -> Any:
    """Make the SDK's HTTP client, which takes the key and the words to no address but its own.

    Args:
        lost: Gets each request that went out and that nobody answered: it may have been worked on and billed.
    """
    from anthropic import DefaultAsyncHttpxClient

    class Client(DefaultAsyncHttpxClient):
        async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
            lost.append(request)
            try:
                response = await super().send(request, **options)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
                lost.remove(request)
                raise
            lost.remove(request)
            return response

    return Client(follow_redirects=False)


def own_headers_withheld() -> dict[str, Any]:
    """Take the server's other credentials, which the SDK finds in its environment, out of a request."""
    from anthropic import Omit

    custom = os.environ.get("ANTHROPIC_CUSTOM_HEADERS", "")
    named = [line.partition(":")[0].strip() for line in custom.splitlines() if ":" in line]
    return {name: Omit() for name in ["Authorization", *named]}


def counting(claude: Claude, session_id: str) -> Any:
    """Make what LangChain calls before and after a request: it keeps the session to its budget."""
    from langchain_core.callbacks import AsyncCallbackHandler

    class Counting(AsyncCallbackHandler):
        raise_error = True

        async def on_chat_model_start(self, *_: Any, **__: Any) -> None:
            if await claude.level(session_id) == "spent":
                msg = "Claude's budget for this meeting is used up: Zoom Claude answers no more in it."
                raise ClaudeError(msg)

        async def on_llm_end(self, response: Any, **_: Any) -> None:
            for [generation, *_] in response.generations:
                told = getattr(generation.message, "usage_metadata", None) or {}
                details = told.get("input_token_details") or {}
                read, written = (int(details.get(kind) or 0) for kind in ("cache_read", "cache_creation"))
                used = SimpleNamespace(
                    input_tokens=int(told.get("input_tokens") or 0) - read - written,
                    output_tokens=int(told.get("output_tokens") or 0),
                    cache_read_input_tokens=read,
                    cache_creation_input_tokens=written,
                )
                await claude.count(session_id, "language-model", used)

    return Counting()


class Claude:
    """What goes along the edge: asks Claude, and keeps count of what a meeting has cost.

    Tells neither its key nor anything else of use when it is printed, logged or made JSON.
    """

    Error = ClaudeError

    def __init__(
        self,
        *,
        key: SecretStr,
        model: str = next(iter(MODELS)),
        base_url: str = "",
        budget_usd: float = 0.0,
        timeout: float = TIMEOUT_SECONDS,
        max_retries: int = 1,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        self.model = model
        self._key = key
        self._base_url = base_url
        self._budget = budget_usd
        self._timeout = timeout
        self._retries = max_retries
        self._deadline = deadline

    def __repr__(self) -> str:
        return f"Claude({self.model}, {'with' if self.available else 'without'} a key)"

    @property
    def available(self) -> bool:
        """Whether there is a key; without one, offline rules do the work."""
        return bool(self._key.get_secret_value())

    async def level(self, session_id: str, reserve_tokens: int = 0) -> str:
        """Say how the meeting's budget stands: ``ample``, ``tight`` or ``spent``.

        Args:
            session_id: The meeting's.
            reserve_tokens: Prompt tokens of the final summary that must remain payable; 0 where none is to come.
        """
        if self._budget <= 0:
            return "ample"
        final = dict.fromkeys(TOKENS, 0) | {"input_tokens": reserve_tokens, "output_tokens": SUMMARY_TOKENS}
        reserve = cost_usd(self.model, final) if reserve_tokens else 0.0
        return level_of(await Spending(session_id, LEDGER).so_far("usd"), self._budget, reserve)

    async def ask(
        self,
        *,
        session_id: str,
        window_id: str,
        system: list[str],
        content: str | list[dict[str, Any]],
        schema: dict[str, Any],
        faults: Callable[[dict[str, Any]], list[str]],
        max_tokens: int,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Ask for an answer of a certain form; one of another form is sent back once to be mended.

        Args:
            session_id: The meeting, whose budget this goes to. The budget is not checked here: see ``level``.
            window_id: What the answer is for.
            system: The instructions, the same for every window of a flow: they are cached up to their end.
            content: What to work on; as a list of ``{"text", "cache"}``, at most three of them cached.
            schema: The answer's JSON schema, within what structured output supports.
            faults: Tells what is wrong with an answer. The words reach people: name fields, never content.
            max_tokens: Most tokens that an answer may have, thinking included.

        Returns:
            The answer and its ``usage``: tokens by kind, and ``usd``, ``None`` where the model's price is not known.

        Raises:
            ClaudeError: Claude cannot be asked, refuses, does not finish in time, or twice answers in another form.
        """
        blocks = text_blocks([{"text": content}] if isinstance(content, str) else content)
        messages: list[dict[str, Any]] = [{"role": "user", "content": blocks}]
        instructions = text_blocks([{"text": text} for text in system[:-1]])
        instructions += text_blocks([{"text": text, "cache": True} for text in system[-1:]])
        output_config: dict[str, Any] = {"format": {"type": "json_schema", "schema": schema}}
        if (model_of(self.model) or DEAREST).effort:
            output_config["effort"] = "low"
        until = asyncio.get_running_loop().time() + self._deadline
        usage: dict[str, Any] = dict.fromkeys(TOKENS, 0) | {"usd": 0.0}
        lost: list[httpx.Request] = []

        async def send(said: list[tuple[str, str]]) -> str:
            # The SDK may be older than the field, so that it goes in the extra body. A forced tool is no
            # way to get JSON: newer models refuse it.
            request = {
                "model": self.model,
                "max_tokens": max_tokens,
                "system": instructions,
                "messages": [*messages, *({"role": role, "content": text} for role, text in said)],
                "extra_body": {"output_config": output_config},
            }
            try:
                message = await self._send(client, until, request)
            finally:
                await self._count_lost(session_id, window_id, lost)
            await self._count(session_id, window_id, message.usage, usage)
            return self._text_of(message, max_tokens)

        async with self._client(max_tokens, lost) as client:
            answer, found = await in_form(send, faults)
        if answer is None:
            msg = (
                f"Claude ({self.model}) answered twice in a form that cannot be used: {'; '.join(found[:3])}."
            )
            raise ClaudeError(msg)
        return answer, usage | ({} if model_of(self.model) else {"usd": None})

    def as_language_model(self, session_id: str) -> Any:
        """Make a LangChain model of this, which counts what it costs a session.

        Raises:
            ClaudeError: There is no key, or LangChain's part for Anthropic is missing.
        """
        self._check_available()
        try:
            from anthropic import Anthropic, AsyncAnthropic, DefaultHttpxClient
            from langchain_anthropic import ChatAnthropic
        except ImportError as error:
            msg = "Zoom Claude as a language model needs the Python package langchain-anthropic on the Langflow server."
            raise ClaudeError(msg) from error
        options: dict[str, Any] = {
            "api_key": self._key.get_secret_value(),
            "base_url": self._base_url or None,
            "default_headers": own_headers_withheld() if self._base_url else None,
            "timeout": max(self._timeout, CHAT_TOKENS / OUTPUT_TOKENS_PER_SECOND),
            "max_retries": self._retries,
        }
        chat = ChatAnthropic(
            model=self.model,
            api_key=self._key,
            max_tokens=CHAT_TOKENS,
            callbacks=[counting(self, session_id)],
            **({"base_url": self._base_url} if self._base_url else {}),
        )
        # Its clients would follow redirects, and take the server's own credentials to the address of a flow.
        chat.__dict__["_client"] = Anthropic(
            **options, http_client=DefaultHttpxClient(follow_redirects=False)
        )
        chat.__dict__["_async_client"] = AsyncAnthropic(**options, http_client=http_client([]))
        return chat

    async def count(self, session_id: str, window_id: str, told: Any) -> None:
        """Add what an answer that came another way has cost; ``told`` are its tokens as the API names them."""
        await self._count(session_id, window_id, told, dict.fromkeys(TOKENS, 0) | {"usd": 0.0})

    def _check_available(self) -> None:
        if not self.available:
            msg = (
                "Zoom Claude has no Anthropic API key. Fill in its key or, where its Base URL is empty, set "
                f"{KEY_NAME} in the environment of the Langflow server."
            )
            raise ClaudeError(msg)

    def _client(self, max_tokens: int, lost: list[httpx.Request]) -> Any:
        self._check_available()
        try:
            from anthropic import AsyncAnthropic
        except ImportError as error:
            msg = "Zoom Claude needs the Python package anthropic on the Langflow server."
            raise ClaudeError(msg) from error
        return AsyncAnthropic(
            api_key=self._key.get_secret_value(),
            base_url=self._base_url or None,
            default_headers=own_headers_withheld() if self._base_url else None,
            timeout=max(self._timeout, max_tokens / OUTPUT_TOKENS_PER_SECOND),
            max_retries=self._retries,
            http_client=http_client(lost),
        )

    async def _send(self, client: Any, until: float, request: dict[str, Any]) -> Any:
        """Make one request, with the SDK's retries, and give the message that comes back by ``until``."""
        import anthropic

        left = until - asyncio.get_running_loop().time()
        try:
            with unlogged():
                message = await asyncio.wait_for(client.messages.create(**request), max(left, 0))
        except asyncio.TimeoutError:  # noqa: UP041 - another class in Python 3.10
            msg = f"Claude ({self.model}) did not answer within {self._deadline:g} seconds, retries included."
            raise ClaudeError(msg) from None
        except anthropic.APIError as error:
            raise ClaudeError(reason_of(error, self.model, client.timeout)) from None
        except RecursionError:
            message = None
        if getattr(message, "type", None) != "message":
            msg = "What answers at Base URL in Zoom Claude does not speak the Messages API."
            raise ClaudeError(msg)
        return message

    def _text_of(self, message: Any, max_tokens: int) -> str:
        if message.stop_reason == "refusal":
            msg = f"Claude ({self.model}) refused to work on this window."
            raise ClaudeError(msg)
        if message.stop_reason in {"max_tokens", "model_context_window_exceeded"}:
            msg = f"Claude ({self.model}) could not finish its answer: {message.stop_reason} ({max_tokens} tokens allowed)."
            raise ClaudeError(msg)
        return "".join(block.text for block in message.content if block.type == "text")

    async def _count(self, session_id: str, window_id: str, told: Any, usage: dict[str, Any]) -> None:
        """Add one answer to ``usage`` and to what the meeting has cost; one that is of no use costs as well."""
        answer = {kind: getattr(told, kind, None) or 0 for kind in TOKENS}
        usd = cost_usd(self.model, answer)
        for kind, number in answer.items():
            usage[kind] += number
        usage["usd"] += usd
        await self._note(session_id, window_id, answer, usd)

    async def _count_lost(self, session_id: str, window_id: str, lost: list[httpx.Request]) -> None:
        """Add what requests without an answer may have cost: their prompts, estimated by their length."""
        if lost:
            size = sum(len(request.content) for request in lost) // CHARACTERS_PER_TOKEN
            lost.clear()
            prompt = dict.fromkeys(TOKENS, 0) | {"input_tokens": size}
            await self._note(session_id, window_id, prompt, cost_usd(self.model, prompt))

    async def _note(self, session_id: str, window_id: str, tokens: dict[str, int], usd: float) -> None:
        """Note down what an answer took: ``usd`` is for the budget, ``cost`` is told, where the model's price is known."""
        written = tokens["output_tokens"]
        told = {"cost": usd} if model_of(self.model) else {}
        await Spending(session_id, LEDGER).add(
            window_id, usd=usd, input_tokens=sum(tokens.values()) - written, output_tokens=written, **told
        )
