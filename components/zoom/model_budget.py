"""Zoom Model Budget: what a meeting may cost by a language model, before any Zoom component that asks one."""

from __future__ import annotations

from typing import Any

from lfx.custom import Component
from lfx.io import FloatInput, HandleInput, IntInput, Output

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

# region shared/no_answer (written by 'zoom-bridge flows build')
# fmt: off
_no_answer = compiled_once(
    'no_answer', r'''
"""What a language model's answer says, and why there is none, in words for whoever runs the flow."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import httpx

CUT_OFF: Final = (
    "length",
    "max_tokens",
    "model_context_window_exceeded",
    "max_output_tokens",
    "model_length",
)
"""Of OpenAI, Azure, Ollama and Mistral; Anthropic, Bedrock and Gemini; OpenAI's Responses."""
REFUSED: Final = (
    "refusal", "content_filter", "content_filtered", "safety", "guardrail_intervened", "prohibited_content", "recitation", "blocklist", "spii", "error_toxic",
)  # fmt: skip
"""Of OpenAI and Anthropic, Azure, Bedrock, Gemini and Cohere."""
NO_SUCH_FORM: Final = (400, 415, 422, 501)
"""Statuses with which servers refuse structured output that they, or the model, do not have."""
UNREACHABLE: Final = ("APIConnectionError", "ServiceUnavailable", "EndpointConnectionError")
TOO_SLOW: Final = ("APITimeoutError", "ReadTimeoutError", "DeadlineExceeded")
BROKEN_OFF: Final = {
    "LengthFinishReasonError": "could not finish its answer",
    "ContentFilterFinishReasonError": "refused to work on this window",
    "OpenAIRefusalError": "refused to work on this window",
}
ANSWERED_WITH: Final = {
    400: "refused the request as invalid. Check that its context is large enough for a meeting, and its settings",
    401: "refused the API key. Check it in the model's node",
    402: "wants the account's billing to be put in order first",
    403: "may not be used with this API key",
    404: "is not known at its address. Check both in the model's node",
    413: "says that the window is too large",
    429: "is limiting the rate of requests, or has no credit left, also after retries",
    529: "is overloaded, also after retries",
}


class ModelError(RuntimeError):
    """Why there is no answer and what to do, for the flow's user and without anything said in the meeting."""


class NoSuchFormError(ModelError):
    """A request was refused; perhaps only the structured output in it."""


def text_of(message: Any, name: str) -> str:
    """Give an answer's text; where a tool stands for the form, what it was called with.

    Raises:
        ModelError: The model refused, or did not finish.
    """
    about = getattr(message, "response_metadata", None) or {}
    ends = (about.get(key) for key in ("finish_reason", "stop_reason", "stopReason", "done_reason"))
    end = next((end.lower() for end in ends if isinstance(end, str) and end), "")
    for why_not, field in (("incomplete_details", "reason"), ("prompt_feedback", "block_reason")):
        told = about.get(why_not)
        end = str(told.get(field) or "").lower() or end if isinstance(told, dict) else end
    blocked = (
        end
        and isinstance(about.get("prompt_feedback"), dict)
        and about["prompt_feedback"].get("block_reason")
    )
    refused = (getattr(message, "additional_kwargs", None) or {}).get("refusal") or has_refusal(message)
    if end in REFUSED or blocked or refused:
        msg = f"The model ({name}) refused to work on this window."
        raise ModelError(msg)
    if end in CUT_OFF:
        msg = f"The model ({name}) could not finish its answer: {end}. Allow it longer answers in its node."
        raise ModelError(msg)
    called = getattr(message, "tool_calls", None)
    return json.dumps(called[0]["args"], ensure_ascii=False) if called else plain_text(message)


def has_refusal(message: Any) -> bool:
    """Whether a block of the content is a refusal, as OpenAI's Responses have it."""
    content = getattr(message, "content", None)
    blocks = content if isinstance(content, list) else []
    return any(isinstance(block, dict) and block.get("type") == "refusal" for block in blocks)


def plain_text(message: Any) -> str:
    """Give the text of a message, whose content is a text or a list of blocks."""
    content = getattr(message, "content", message)
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    texts = (block if isinstance(block, str) else block.get("text") for block in blocks)
    return "".join(text for text in texts if isinstance(text, str))


def causes(error: BaseException) -> list[BaseException]:
    """An error and what led to it, the nearest first."""
    found: list[BaseException] = []
    next_one: BaseException | None = error
    while next_one is not None and next_one not in found:
        found.append(next_one)
        next_one = next_one.__cause__ or next_one.__context__
    return found


def status_of(error: BaseException) -> int:
    """Find the HTTP status in the error of any client; 0 where there is none."""
    for each in causes(error):
        response = getattr(each, "response", None)
        told = response.get("ResponseMetadata", {}) if isinstance(response, dict) else {}
        statuses = [
            getattr(each, "status_code", None),
            getattr(response, "status_code", None),
            told.get("HTTPStatusCode"),
            getattr(each, "code", None),
            getattr(each, "http_status", None),
        ]
        for status in statuses:
            if isinstance(status, int) and 300 <= status < 600:
                return int(status)
    return 0


def says_no_such_form(error: BaseException) -> bool:
    """Whether a request was refused that perhaps only its form speaks against."""
    return isinstance(error, NotImplementedError | TypeError) or status_of(error) in NO_SUCH_FORM


def is_called(error: BaseException, names: tuple[str, ...]) -> bool:
    """Whether an error is of one of these classes: clients have their own, and not all of them are installed."""
    return any(one.__name__ in names for each in causes(error) for one in type(each).__mro__)


def is_too_slow(error: BaseException) -> bool:
    """Whether a client gave up waiting."""
    waited = (TimeoutError, asyncio.TimeoutError, httpx.TimeoutException)
    return any(isinstance(each, waited) for each in causes(error)) or is_called(error, TOO_SLOW)


def cannot_be_reached(error: BaseException) -> bool:
    """Whether nobody got the request."""
    lost = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, ConnectionError)
    return any(isinstance(each, lost) for each in causes(error))


def why(error: BaseException, name: str, seconds: float) -> str:
    """Say why there is no answer and what to do, without the server's own words: those may quote the meeting."""
    for each in causes(error):
        if type(each).__name__ in BROKEN_OFF:
            return f"The model ({name}) {BROKEN_OFF[type(each).__name__]}."
    status = status_of(error)
    if status:
        what = ANSWERED_WITH.get(
            status, "failed, also after retries" if status >= 500 else "gave an answer that cannot be read"
        )
        return f"The model ({name}) {what} (HTTP {status})."
    if is_too_slow(error):
        return f"The model ({name}) did not answer within the time-out of its node, or {seconds:g} seconds."
    if cannot_be_reached(error) or is_called(error, UNREACHABLE):
        return f"The model ({name}) cannot be reached. Check the network and the address in its node."
    return f"The model ({name}) cannot be asked ({type(error).__name__}). Check its node."
''',
)
ModelError = _no_answer.ModelError
# fmt: on
# endregion

# region shared/model (written by 'zoom-bridge flows build')
# fmt: off
_model = compiled_once(
    'model', r'''
"""The door to a model: Zoom Claude as it is, and any language model of Langflow so that it can be asked alike."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final






















MODEL_TYPES: Final = ["Model", "Claude", "LanguageModel"]
"""What the port *Model* takes: Zoom Model Budget, Zoom Claude, and what every model node of Langflow gives."""
MODEL_INFO: Final = "From Zoom Claude, or the Language Model output of any model's node (OpenAI, Ollama, …). "
MODEL_SECONDS: Final = 100.0
"""For a whole answer, with the client's own retries and with mending: less than the 120 that a route gives a run."""
MODEL_TOKENS: Final = 1_000_000
"""What a meeting may cost in a flow where no Zoom Model Budget says otherwise, prompts and answers together."""
LEAST_CONTEXT: Final = 8192
"""Tokens; Ollama loads a model anew for each size of its context, so that sizes are few."""
ANTHROPIC: Final = "anthropic-chat"
"""What LangChain calls the models of Anthropic's Messages API."""
ROLES: Final = {"user": "human", "assistant": "ai"}


def model_behind(given: Any) -> Any:
    """Give what is wired into a port *Model* as something that can be asked; ``None`` where nothing can.

    Args:
        given: Zoom Claude, which may have no key, Zoom Model Budget, or a LangChain model.

    Raises:
        ModelError: It is none of them.
    """
    if given is None or given == "":
        return None
    if hasattr(given, "ask"):
        return given if given.available else None
    if not hasattr(given, "ainvoke"):
        msg = "The Model input must be Zoom Claude or a node's Language Model output. Connect one of them to it."
        raise ModelError(msg)
    return Model(given)


def engine_of(model: Any) -> str:
    """Say what finds things: ``claude``, another ``model``, or the ``rules``."""
    return "rules" if model is None else getattr(model, "engine", "claude")


@dataclass(frozen=True)
class Allowance:
    """What one meeting may cost in one flow; 0 is no limit."""

    tokens: float = MODEL_TOKENS
    usd: float = 0.0
    price: tuple[float, float] | None = None
    """USD for a million tokens of prompt and of answer; ``None`` where nobody has said."""

    def cost(self, prompt: float, answer: float) -> float | None:
        """Price tokens, in USD; cached ones as if they were not."""
        return None if self.price is None else (prompt * self.price[0] + answer * self.price[1]) / 1_000_000

    async def level(self, spending: Spending, reserve_tokens: int) -> str:
        """Say how the meeting stands by the limit that is nearer."""
        levels = []
        answer = SUMMARY_TOKENS if reserve_tokens else 0
        if self.tokens > 0:
            spent = await spending.so_far("tokens")
            levels.append(level_of(spent, self.tokens, reserve_tokens + answer))
        if self.usd > 0 and self.price is not None:
            reserve = self.cost(reserve_tokens, answer) or 0.0
            levels.append(level_of(await spending.so_far("usd"), self.usd, reserve))
        return next((level for level in ("spent", "tight") if level in levels), "ample")


class Model:
    """A LangChain model that is asked as Zoom Claude is.

    Where its class offers structured output, the answer's schema goes there; where the server refuses that, and for
    all others, it stands in the prompt, for the rest of the meeting.
    """

    Error = ModelError
    available = True
    engine = "model"

    def __init__(
        self, chat: Any, allowance: Allowance | None = None, *, deadline: float = MODEL_SECONDS
    ) -> None:
        self._chat = chat
        self._allowance = allowance or Allowance()
        self._deadline = deadline
        self.model = name_of(chat)

    def __repr__(self) -> str:
        return f"Model({self.model})"

    async def level(self, session_id: str, reserve_tokens: int = 0) -> str:
        """Say how the meeting's budget stands: ``ample``, ``tight`` or ``spent``; as Zoom Claude does."""
        return await self._allowance.level(spending_of(session_id), reserve_tokens)

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
        """Ask for an answer of a certain form; arguments and result are those of Zoom Claude.

        Raises:
            ModelError: The model cannot be asked, refuses, does not finish in time, or twice answers in another form.
        """
        texts = [content] if isinstance(content, str) else [part["text"] for part in content]
        prompt = [("system", "\n\n".join(system)), ("human", "\n\n".join(texts))]
        form = json.dumps(schema, ensure_ascii=False)
        told = f"{prompt[0][1]}\n\n# The form of the answer\n\nAnswer with one JSON object and nothing else, of this JSON schema:\n{form}"
        chat = fitted(self._chat, tokens_in("".join([*(text for _, text in prompt), form])), max_tokens)
        forms = Rows(session_id, "zoom-model-form")
        native = None if await forms.first(self.model) else structured(chat, schema)
        until = asyncio.get_running_loop().time() + self._deadline
        usage: dict[str, Any] = dict.fromkeys(TOKENS, 0) | {"usd": 0.0}

        async def send(said: list[tuple[str, str]]) -> str:
            nonlocal native
            more = [(ROLES[role], text) for role, text in said]
            was_native = native is not None
            if was_native:
                try:
                    return await self._once(native, [*prompt, *more], until, session_id, window_id, usage)
                except NoSuchFormError:
                    native = None
            text = await self._once(
                chat, [("system", told), prompt[1], *more], until, session_id, window_id, usage
            )
            if was_native:  # it was the form that was refused, and not all that is asked
                await forms.add(self.model, "in the prompt")
            return text

        answer, found = await in_form(send, faults, f"with one JSON object only, of this JSON schema: {form}")
        if answer is None:
            msg = f"The model ({self.model}) answered twice in a form that cannot be used: {'; '.join(found[:3])}."
            raise ModelError(msg)
        return answer, usage

    async def _once(
        self,
        asked: Any,
        messages: list[tuple[str, str]],
        until: float,
        session_id: str,
        window_id: str,
        usage: dict[str, Any],
    ) -> str:
        """Make one request, count what it costs, and give the text of the answer."""
        size = sum(tokens_in(text) for _, text in messages)
        left = until - asyncio.get_running_loop().time()
        cost: dict[str, int] | None = dict.fromkeys(TOKENS, 0) | {"input_tokens": size}
        try:
            with unlogged():
                answer = await asyncio.wait_for(asked.ainvoke(messages, config=alone()), max(left, 0))
            message = answer.get("raw", answer) if isinstance(answer, dict) else answer
            cost = tokens_of(message, size)
        except asyncio.TimeoutError:  # noqa: UP041 - another class in Python 3.10
            msg = f"The model ({self.model}) did not answer within {self._deadline:g} seconds, retries included."
            raise ModelError(msg) from None
        except Exception as error:
            of_the_form = says_no_such_form(error)
            if of_the_form or status_of(error) or cannot_be_reached(error):
                cost = None
            failed = NoSuchFormError if of_the_form else ModelError
            raise failed(why(error, self.model, self._deadline)) from None
        finally:
            if cost is not None:
                await self._count(session_id, window_id, cost, usage)
        return text_of(message, self.model)

    async def _count(
        self, session_id: str, window_id: str, cost: dict[str, int], usage: dict[str, Any]
    ) -> None:
        """Add what an answer cost to ``usage`` and to what the meeting has cost."""
        for kind, number in cost.items():
            usage[kind] += number
        prompt, answer = sum(cost.values()) - cost["output_tokens"], cost["output_tokens"]
        usd = self._allowance.cost(prompt, answer)
        usage["usd"] = None if usd is None else usage["usd"] + usd
        told = {} if usd is None else {"usd": usd, "cost": usd}
        await spending_of(session_id).add(
            window_id, tokens=prompt + answer, input_tokens=prompt, output_tokens=answer, **told
        )


def spending_of(session_id: str) -> Spending:
    """What a meeting has cost by models other than Zoom Claude."""
    return Spending(session_id, "zoom-model")


def alone() -> dict[str, Any]:
    """Settings of a request that whoever runs around it does not hear: an Agent takes what it hears for its own words."""
    from langchain_core.callbacks import AsyncCallbackManager

    return {"callbacks": AsyncCallbackManager(handlers=[])}


def name_of(chat: Any) -> str:
    """Name a model as its server knows it."""
    bare = getattr(chat, "bound", chat)
    names = (getattr(bare, name, None) for name in ("model_name", "model", "model_id", "deployment_name"))
    return next((name for name in names if isinstance(name, str) and name), type(bare).__name__)


def fitted(chat: Any, needed: int, max_tokens: int) -> Any:
    """Give room to a model whose client would take too little of its own accord.

    Ollama cuts off the beginning of what is longer than ``num_ctx`` without a word; a context that somebody has set
    is left as it is. Anthropic's client always limits an answer, most often to 4,096 tokens: minutes may be longer.

    Raises:
        ModelError: The prompt is longer than the context that somebody has set.
    """
    fields = getattr(type(chat), "model_fields", {})
    room: dict[str, int] = {}
    if "num_ctx" in fields:
        size = LEAST_CONTEXT
        while size < needed * 5 // 4 + max_tokens:
            size *= 2
        if chat.num_ctx and chat.num_ctx < needed:
            msg = f"The window has about {needed} tokens, more than the context of the model ({chat.num_ctx}). Raise it in the model's node, or leave it empty."
            raise ModelError(msg)
        room = {} if chat.num_ctx else {"num_ctx": size}
    elif getattr(chat, "_llm_type", "") == ANTHROPIC and max_tokens > (chat.max_tokens or 0):
        most = (chat.profile or {}).get("max_output_tokens") or max_tokens
        room = {"max_tokens": max(chat.max_tokens or 0, min(max_tokens, most))}
    return chat.model_copy(update=room) if room else chat


def structured(chat: Any, schema: dict[str, Any]) -> Any:
    """Give the model with the answer's schema in its request; ``None`` where its class has nothing for that."""
    bare = chat if hasattr(chat, "with_structured_output") else getattr(chat, "bound", None)
    offer = getattr(bare, "with_structured_output", None)
    if offer is None:
        return None
    known = inspect.signature(offer).parameters
    options: dict[str, Any] = {"include_raw": True}
    if "json_schema" in str(known["method"].annotation if "method" in known else ""):
        options |= {"method": "json_schema"} | ({"strict": True} if "strict" in known else {})
    titled = {"title": "answer", "description": "The answer."} | schema
    try:
        return offer(titled, **options)
    except (NotImplementedError, TypeError, ValueError, AttributeError):
        return None


def tokens_of(message: Any, size: int) -> dict[str, int]:
    """Count the tokens of an answer as its server does; where it does not tell, by their length.

    Args:
        message: The answer.
        size: What the prompt is reckoned to have.
    """
    told = getattr(message, "usage_metadata", None)
    if not told:
        written = tokens_in(plain_text(message))
        return dict.fromkeys(TOKENS, 0) | {"input_tokens": size, "output_tokens": written}
    detail = told.get("input_token_details") or {}
    read, created = (int(detail.get(name) or 0) for name in ("cache_read", "cache_creation"))
    return {
        "input_tokens": max(0, int(told.get("input_tokens") or 0) - read - created),
        "output_tokens": int(told.get("output_tokens") or 0),
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": created,
    }
''', _exchange, _message_table, _no_answer,
)
(
    Allowance,
    MODEL_SECONDS,
    MODEL_TOKENS,
    Model,
) = (
    _model.Allowance,
    _model.MODEL_SECONDS,
    _model.MODEL_TOKENS,
    _model.Model,
)
# fmt: on
# endregion


class ZoomModelBudget(Component):
    """Stands between a model's node and the Zoom components that ask it, where the usual budget does not fit.

    Tokens are counted as the model's server tells them, prompts and answers together. What a meeting costs is kept in
    Langflow's message history (``<session>:memory``), which belongs to one flow: each flow has a budget of its own.
    Zoom Claude has its own budget and needs none of this.
    """

    display_name = "Zoom Model Budget"
    description = "A budget for each meeting, in tokens or dollars, for any language model."
    documentation = "https://docs.langflow.org/components-models"
    icon = "Zoom"
    name = "ZoomModelBudget"

    inputs = [
        HandleInput(
            name="language_model",
            display_name="Language Model",
            input_types=["LanguageModel"],
            info="The Language Model output of a model's node.",
            required=True,
        ),
        IntInput(
            name="budget_tokens",
            display_name="Budget (tokens per meeting)",
            value=MODEL_TOKENS,
            info="What one meeting may cost in this flow, prompts and answers together. From half of it the model is "
            "asked less often, at its end only for the final summary, which is always made. 0: no limit.",
        ),
        FloatInput(
            name="budget_usd",
            display_name="Budget (USD per meeting)",
            value=0.0,
            info="The same in dollars; needs both prices. The nearer limit counts. 0: no limit.",
        ),
        FloatInput(
            name="input_price",
            display_name="Price of Prompts (USD per million tokens)",
            value=0.0,
            info="As your provider's list has it. With both prices the costs are told in dollars too.",
        ),
        FloatInput(
            name="output_price",
            display_name="Price of Answers (USD per million tokens)",
            value=0.0,
            info="As your provider's list has it.",
        ),
        FloatInput(
            name="deadline",
            display_name="Deadline (s)",
            value=MODEL_SECONDS,
            advanced=True,
            info="For a whole answer, with retries and mending. Keep it below the route's timeout_seconds.",
        ),
    ]
    outputs = [Output(name="model", display_name="Model", method="build_model")]

    def build_model(self) -> Model:
        """Give the model with its budget, for the port *Model* of the Zoom components.

        Raises:
            ModelError: What is connected is no language model, or dollars are given without prices.
        """
        prices = (self.input_price or 0.0, self.output_price or 0.0)
        if (self.budget_usd or 0.0) > 0 and not any(prices):
            msg = "Zoom Model Budget has a budget in dollars and no prices. Fill in both prices, or give it in tokens."
            raise ModelError(msg)
        if any(prices) and not all(prices):
            msg = "Zoom Model Budget has one price. Fill in both, of prompts and of answers, or none."
            raise ModelError(msg)
        if not hasattr(self.language_model, "ainvoke"):
            msg = "Zoom Model Budget needs the Language Model output of a model's node. Connect one to it."
            raise ModelError(msg)
        allowance = Allowance(
            tokens=max(self.budget_tokens or 0, 0),
            usd=max(self.budget_usd or 0.0, 0.0),
            price=prices if any(prices) else None,
        )
        model = Model(self.language_model, allowance, deadline=self.deadline or MODEL_SECONDS)
        limits = [f"{allowance.tokens:g} tokens"] if allowance.tokens else []
        limits += [f"${allowance.usd:g}"] if allowance.usd else []
        self.status = f"{model.model}, {' and '.join(limits) + ' per meeting' if limits else 'no budget'}"
        self.log(self.status, name="Budget")
        return model
