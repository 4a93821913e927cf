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
