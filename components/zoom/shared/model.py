"""The door to a model: Zoom Claude as it is, and any language model of Langflow so that it can be asked alike."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from components.zoom.shared.exchange import (
    SUMMARY_TOKENS,
    TOKENS,
    Spending,
    in_form,
    level_of,
    tokens_in,
    unlogged,
)
from components.zoom.shared.message_table import Rows
from components.zoom.shared.no_answer import (
    ModelError,
    NoSuchFormError,
    cannot_be_reached,
    plain_text,
    says_no_such_form,
    status_of,
    text_of,
    why,
)

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
