"""Zoom Claude: the one way to Anthropic's Messages API, with a budget for each meeting."""

from __future__ import annotations

import os
from typing import Any

from lfx.custom import Component
from lfx.io import BoolInput, DropdownInput, FloatInput, IntInput, Output, SecretStrInput, StrInput
from pydantic import SecretStr

# region shared/compiled_once (written by 'zoom-bridge flows build')


def compiled_once(name: str, text: str, *needs: Any) -> Any:
    """The module of a piece's text.

    Langflow compiles a component's source anew in each run. What stands in a text is spared that: the module is
    kept under its content, so that an edited text is another module.

    Args:
        name: What the piece is called in tracebacks.
        text: Its source.
        needs: Modules of other pieces, whose names it uses.
    """
    from hashlib import sha256
    from linecache import cache as sources
    from sys import modules
    from types import ModuleType

    content = "\0".join([text, *(need.__name__ for need in needs)])
    title = f"zoom_shared_{name}_{sha256(content.encode()).hexdigest()[:16]}"
    known = modules.get(title)
    if getattr(known, "is_whole", False):
        return known
    module: Any = ModuleType(title)
    for need in needs:
        vars(module).update({key: value for key, value in vars(need).items() if not key.startswith("__")})
    vars(module)["is_whole"] = False
    modules[title] = module  # dataclasses look their module up; another thread makes one of its own
    sources[f"<{title}>"] = (len(text), None, text.splitlines(keepends=True), f"<{title}>")
    exec(compile(text, f"<{title}>", "exec", dont_inherit=True), vars(module))
    module.is_whole = True
    return module


# endregion

# region shared/message_table (written by 'zoom-bridge flows build')
# fmt: off
_message_table = compiled_once(
    'message_table', r'''
"""What a component keeps between its runs: rows of Langflow's message table, in a session beside the meeting's.

A component object lives for one run; the message table is what all runs, and all workers of a server, see. The rows
stand in the session ``<session>:memory``, so that neither the Playground's chat nor a model's chat memory has them,
and ``zoom-bridge`` deletes them with the meeting. A run of somebody whom Langflow does not know keeps nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from lfx.memory import aget_messages, astore_message, aupdate_messages, delete_message
from lfx.schema.message import Message

LONGEST_WRITE_SECONDS: Final = 10.0
"""How long a cancelled run waits for what it is writing."""
HALF: Final = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class Row:
    """One row: what it is about, and what it says."""

    name: str
    content: Any = field(repr=False)
    stored_at: str
    """When it was stored, UTC, written so that text order is time order."""
    message: Message = field(repr=False)

    @property
    def id(self) -> str:
        """Its id in the table; empty where Langflow keeps nothing of this run."""
        return str(self.message.id) if self.message.has_id() else ""


@dataclass(frozen=True)
class Rows:
    """The rows of one topic of a meeting, such as ``zoom-ledger:action-items``.

    What is written is written to its end, also where Langflow cancels the run meanwhile. The table cannot refuse a
    second row of the same name: whoever needs to be the only one looks once more after it has written.
    """

    session_id: str
    """The meeting's."""
    topic: str

    async def all(self, name: str | None = None) -> list[Row]:
        """Give the rows, or those of one name, oldest first."""
        return [row_of(message) for message in await self._messages(name, "ASC", None)]

    async def newest(self, number: int) -> list[Row]:
        """Give the newest rows, the newest first."""
        return [row_of(message) for message in await self._messages(None, "DESC", number)]

    async def first(self, name: str) -> Row | None:
        """Give the row of this name; of several the oldest, so that everybody has the same."""
        found = await self._messages(name, "ASC", 1)
        return row_of(found[0]) if found else None

    async def add(self, name: str, content: Any) -> Row:
        """Write a row; ``name`` may not be empty."""
        message = Message(
            text=as_text(content),
            sender="Machine",
            sender_name=name,
            session_id=f"{self.session_id}:memory",
            context_id=self.topic,
        )
        [stored] = await to_its_end(astore_message(message))
        return Row(name=name, content=content, stored_at=str(stored.timestamp), message=stored)

    async def change(self, row: Row, content: Any) -> None:
        """Write a row anew."""
        if row.id:
            row.message.text = as_text(content)
            await to_its_end(aupdate_messages([row.message]))

    async def remove(self, row: Row) -> None:
        """Take a row away; one that is gone is no error."""
        if row.id:
            await to_its_end(delete_message(row.id))

    async def _messages(self, name: str | None, order: str, limit: int | None) -> list[Message]:
        found: list[Message] = await aget_messages(
            session_id=f"{self.session_id}:memory",
            context_id=self.topic,
            sender_name=name,
            order=order,
            limit=limit,
        )
        return found


def row_of(message: Message) -> Row:
    """Read what :meth:`Rows.add` wrote."""
    return Row(
        name=str(message.sender_name),
        content=json.loads(str(message.text)),
        stored_at=str(message.timestamp),
        message=message,
    )


def as_text(content: Any) -> str:
    """Write JSON as short as it can be; where halves of characters are in it, which no database takes, in ASCII."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() or HALF.search(text) is None else json.dumps(content)


async def to_its_end(work: Any) -> Any:
    """Wait for a piece of work that goes on to its end even where the run is cancelled.

    A cancelled run ends after it, so that nothing comes behind its back; it waits ``LONGEST_WRITE_SECONDS`` at most.
    """
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        until = loop.time() + LONGEST_WRITE_SECONDS
        while not task.done() and loop.time() < until:
            with contextlib.suppress(asyncio.CancelledError):  # cancelled once more; the work is what matters
                await asyncio.wait([task], timeout=until - loop.time())
        if task.done() and not task.cancelled():
            task.exception()  # what became of the work is of no use to a run that is over
        raise
''',
)
# fmt: on
# endregion

# region shared/thoughts (written by 'zoom-bridge flows build')
# fmt: off
_thoughts = compiled_once(
    'thoughts', r'''
"""What models think aloud before they answer, which is no part of the answer."""

from __future__ import annotations

import re
from typing import Final

THOUGHT_ENDS: Final = re.compile(
    r"</(?:think|thinking|thought|reasoning)>|\[/THINK\]|<\|channel\|>final<\|message\|>", re.IGNORECASE
)
"""Of DeepSeek, Qwen and those who learnt from them; of Magistral; of gpt-oss, where nobody else takes it out."""
THOUGHT_BEGINS: Final = re.compile(r"\s*(?:<(?:think|thinking|thought|reasoning)>|\[THINK\])", re.IGNORECASE)


def without_thoughts(text: str) -> str:
    """What a model answers, without what it thought aloud before; nothing where it was cut off while it thought.

    What begins a thought may stand in the prompt, and be no part of the text.
    """
    answer = text[max((match.end() for match in THOUGHT_ENDS.finditer(text)), default=0) :]
    return "" if THOUGHT_BEGINS.match(answer) else answer
''',
)
# fmt: on
# endregion

# region shared/exchange (written by 'zoom-bridge flows build')
# fmt: off
_exchange = compiled_once(
    'exchange', r'''
"""An answer of a certain form from a model, sent back once to be mended, and what a meeting has cost so far."""

from __future__ import annotations

import contextlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final




TOKENS: Final = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
"""Each token of a prompt counts under one of these: not cached, read from a cache, written to it; or was answered."""
CHARACTERS_PER_TOKEN: Final = 4
"""Of English text."""
DENSE: Final = "\u0590"
"""The first character of the scripts whose tokens are of about one character: from Hebrew and Arabic on."""
TIGHT_SHARE: Final = 0.5
"""Share of the budget from which a meeting is asked about less often."""
SUMMARY_TOKENS: Final = 3000
"""Output tokens that are kept back, beside the reserved prompt, for the final summary."""
MOST_FAULTS_TOLD: Final = 10
MOST_BEGINS: Final = 100
"""Braces of an answer at which its object is looked for."""
SDK_LOGS: Final = ("anthropic._base_client", "openai._base_client")


def tokens_in(text: str) -> int:
    """Reckon how many tokens a text has: of scripts other than the Latin, Greek and Cyrillic one for each character.

    For what a request may need, or have cost where nobody answered.
    """
    dense = sum(character >= DENSE for character in text)
    return dense + (len(text) - dense) // CHARACTERS_PER_TOKEN


def object_in(text: str) -> dict[str, Any] | None:
    """Read the JSON object in an answer, also one that is fenced or has prose around it; else ``None``."""
    with contextlib.suppress(ValueError, RecursionError, TypeError):  # may quote what ends a thought
        whole = json.loads(text)
        return whole if isinstance(whole, dict) else None if not isinstance(whole, list) else only(whole)
    text, decoder = without_thoughts(text), json.JSONDecoder()
    begins = [match.start() for match in re.finditer(r"\{", text)]
    for at in begins[:MOST_BEGINS]:
        with contextlib.suppress(ValueError, RecursionError):
            found = decoder.raw_decode(text, at)[0]
            return found if isinstance(found, dict) else None
    return None


def only(listed: list[Any]) -> dict[str, Any] | None:
    """The object of a list that has nothing else."""
    return listed[0] if len(listed) == 1 and isinstance(listed[0], dict) else None


@dataclass(frozen=True)
class Checks:
    """What an answer must be. One that is well formed and too long is sent back once, and then taken as it is."""

    form: Callable[[dict[str, Any]], list[str]]
    length: Callable[[dict[str, Any]], list[str]]
    """Asked only of what is well formed."""

    def __call__(self, answer: dict[str, Any]) -> list[str]:
        """Say what is wrong with an answer, without quoting it."""
        return self.form(answer) or self.length(answer)


async def in_form(
    send: Callable[[list[tuple[str, str]]], Awaitable[str]],
    faults: Callable[[dict[str, Any]], list[str]],
    again: str = "with JSON only",
) -> tuple[dict[str, Any] | None, list[str]]:
    """Ask, and where the answer is of another form, tell what is wrong with it and ask once more.

    Args:
        send: Makes the request, with what was answered before and told of it as pairs of role and text, and gives
            the text that comes back.
        faults: Tells what is wrong with an answer. The words reach people: fields are named, never their content.
            Where it has a ``form``, as :class:`Checks` has, that alone counts the second time.
        again: How to answer the second time.

    Returns:
        The answer, or ``None`` and what is wrong with the second one too.
    """
    said: list[tuple[str, str]] = []
    found: list[str] = []
    for _ in range(2):
        text = await send(said)
        answer = object_in(text)
        faults = getattr(faults, "form", faults) if said else faults
        found = ["the answer must be one JSON object"] if answer is None else faults(answer)
        if answer is not None and not found:
            return answer, []
        told = "; ".join(found[:MOST_FAULTS_TOLD])
        said = [
            *said,
            ("assistant", text.strip() or "(nothing)"),
            ("user", f"That cannot be used: {told}. Answer again, {again}."),
        ]
    return None, found


@contextlib.contextmanager
def unlogged() -> Iterator[None]:
    """Keep requests out of the debug logs of the clients that write them there whole."""

    def tells_no_request(record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG

    for name in SDK_LOGS:
        logging.getLogger(name).addFilter(tells_no_request)
    try:
        yield
    finally:
        for name in SDK_LOGS:
            logging.getLogger(name).removeFilter(tells_no_request)


def level_of(spent: float, budget: float, reserve: float) -> str:
    """Say how a meeting stands; all amounts in one unit, no budget being 0.

    Returns:
        ``ample``; ``tight`` from half of the budget; ``spent`` once the rest does not pay for ``reserve`` any more.
    """
    if budget <= 0:
        return "ample"
    if spent + reserve >= budget:
        return "spent"
    return "tight" if spent >= budget * TIGHT_SHARE else "ample"


@dataclass(frozen=True)
class Spending:
    """What one meeting has cost in one flow, a row for each answer, whether it was of use or not."""

    session_id: str
    """The meeting's."""
    topic: str
    """Who is paid, such as ``zoom-claude``."""

    async def add(self, window_id: str, **amounts: float) -> None:
        """Note down what an answer has cost, by unit; done to its end, also where the run is cancelled meanwhile."""
        await Rows(self.session_id, self.topic).add(window_id, amounts)

    async def so_far(self, unit: str) -> float:
        """Add up what was spent of a unit."""
        rows = await Rows(self.session_id, self.topic).all()
        return float(sum(row.content.get(unit) or 0 for row in rows))
''', _message_table, _thoughts,
)
# fmt: on
# endregion

# region shared/claude (written by 'zoom-bridge flows build')
# fmt: off
_claude = compiled_once(
    'claude', r'''
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
''', _exchange,
)
(
    ADDRESS_NAME,
    Claude,
    DEADLINE_SECONDS,
    KEY_NAME,
    MODELS,
    TIMEOUT_SECONDS,
    check_address,
    check_key,
    model_of,
) = (
    _claude.ADDRESS_NAME,
    _claude.Claude,
    _claude.DEADLINE_SECONDS,
    _claude.KEY_NAME,
    _claude.MODELS,
    _claude.TIMEOUT_SECONDS,
    _claude.check_address,
    _claude.check_key,
    _claude.model_of,
)
# fmt: on
# endregion


class ZoomClaude(Component):
    """Stands beside the components that can use Claude and is connected to each of them.

    The key is the field's or, as long as Base URL is empty, the server's (ANTHROPIC_API_KEY): a key from the
    environment never goes to an address that a flow names. What a meeting costs is kept in Langflow's message
    history (``<session>:memory``), which belongs to one flow: each flow has a budget of its own.
    """

    display_name = "Zoom Claude"
    description = "Claude for the Zoom components: key, model and a budget for each meeting."
    documentation = "https://platform.claude.com/docs/en/about-claude/pricing"
    icon = "Anthropic"
    name = "ZoomClaude"

    inputs = [
        BoolInput(
            name="enabled",
            display_name="Use Claude",
            value=True,
            info="Off: the components work by their offline rules, also where there is a key.",
        ),
        SecretStrInput(
            name="api_key",
            display_name="Anthropic API Key",
            value="",
            load_from_db=False,
            required=False,
            info="Empty: ANTHROPIC_API_KEY of the Langflow server. Without either, offline rules do the work.",
        ),
        DropdownInput(
            name="model",
            display_name="Model",
            options=list(MODELS),
            value=next(iter(MODELS)),
            combobox=True,
            info="One of the list or any other that the address below serves; its price then counts as the dearest.",
        ),
        FloatInput(
            name="budget_usd",
            display_name="Budget (USD per meeting)",
            value=1.0,
            info="What one meeting may cost in this flow. From half of it Claude is asked less often, at its end only "
            "for the final summary, which is always made. 0: no limit.",
        ),
        StrInput(
            name="base_url",
            display_name="Base URL",
            value="",
            advanced=True,
            info="Another server that speaks the Messages API, by https:// or on this machine. Needs a key in the field "
            "above.",
        ),
        FloatInput(
            name="timeout",
            display_name="Timeout (s)",
            value=TIMEOUT_SECONDS,
            advanced=True,
            info="For one request. Where a long answer is allowed, a second for each 80 tokens of it if that is more.",
        ),
        IntInput(
            name="max_retries",
            display_name="Retries",
            value=1,
            advanced=True,
            info="How often a request is made again where that can help: no connection, 408, 409, 429, 5xx.",
        ),
        FloatInput(
            name="deadline",
            display_name="Deadline (s)",
            value=DEADLINE_SECONDS,
            advanced=True,
            info="For a whole answer, with retries and mending. Keep it below the route's timeout_seconds.",
        ),
    ]
    outputs = [
        Output(name="claude", display_name="Claude", method="build_claude", group_outputs=True),
        Output(
            name="language_model",
            display_name="Language Model",
            method="build_language_model",
            types=["LanguageModel"],
            info="For what wants any language model, such as Agent. What that costs counts against the budget.",
            group_outputs=True,
        ),
    ]

    # Langflow would add what stands behind the arrow to the output's types.
    def build_language_model(self):  # type: ignore[no-untyped-def]
        """Give the same model for whatever Langflow asks models with; at the end of the budget it answers no more.

        Raises:
            ClaudeError: There is no key, or the key or the address cannot be used.
        """
        return self.build_claude().as_language_model(str(self.graph.session_id or ""))

    def build_claude(self) -> Claude:
        """Give the object through which the others ask; without a key it is there but not available.

        Raises:
            ClaudeError: The key or the address cannot be used.
        """
        base_url = (self.base_url or "").strip()
        key = (self.api_key or "").strip() or ("" if base_url else os.environ.get(KEY_NAME, "").strip())
        model = (self.model or "").strip() or next(iter(MODELS))
        if self.enabled and key:
            check_key(key)
            check_address(base_url or os.environ.get(ADDRESS_NAME, "").strip())
        claude = Claude(
            key=SecretStr(key if self.enabled else ""),
            model=model,
            base_url=base_url,
            budget_usd=self.budget_usd or 0.0,
            timeout=self.timeout or TIMEOUT_SECONDS,
            max_retries=self.max_retries or 0,
            deadline=self.deadline or DEADLINE_SECONDS,
        )
        budget = f"${self.budget_usd:g} per meeting" if self.budget_usd else "no budget"
        unknown = "" if model_of(model) else ", price not known: counted as the dearest"
        self.status = f"{model}, {budget}{unknown}" if claude.available else self._without()
        return claude

    def _without(self) -> str:
        return f"{'no API key' if self.enabled else 'switched off'}: offline rules do the work"
