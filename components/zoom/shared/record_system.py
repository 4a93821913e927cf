"""The system that records are kept in: requests to it, and what its refusals mean."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from typing import Any, Final

import httpx
from pydantic import SecretStr

from components.zoom.shared.http import (
    FateUnknownError,
    NotReachedError,
    ask_once,
    asked_wait,
    json_of,
    open_client,
    safe_target,
)
from components.zoom.shared.request_template import (
    PARTS,
    RecordError,
    Template,
    fill_body,
    fill_header,
    fill_url,
    without_fields,
)
from components.zoom.shared.wording import CHARACTERS, cut

PART_CHARACTERS: Final = 1900
"""Longest value of one placeholder, and longest part of a summary, in UTF-16 units: Notion takes 2,000
(developers.notion.com, request limits)."""

ATTEMPTS: Final = 4
"""Requests for one step at most, when the system says that it did not take it."""

PATIENCE_SECONDS: Final = 30.0
"""What one run spends on requests that are not taken and on the pauses after them, all steps together: the news
go on then, to the chat."""

TRY_AGAIN: Final = (408, 409, 425, 429, 503)
"""Answers with which a system says that it did not take the request now. After any other 5xx nobody knows."""

HINTS: Final = {
    200: "Its answer tells of errors and of nothing that was written. Check the query.",
    400: "It does not take the request as the template writes it.",
    401: "It does not accept the sign-in. Check User, Token and Sign-In.",
    403: "The token may not do this. Check its permissions, and that the parent is shared with it.",
    404: "It does not know the address. Check Base URL and Parent, and that the token may see the parent.",
    409: "It says that this conflicts with what it has.",
    422: "It does not take the request as the template writes it.",
}

MOVED: Final = "It is at another address now, where the token is not sent. Check Base URL."

MACHINE_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_]{2,40}")


def parts_of(text: str) -> list[str]:
    """Split a long value into what one placeholder may hold; nothing is one part without words."""
    return cut(text, replace(CHARACTERS, size=PART_CHARACTERS)) or [""]


def fields_of(reply: httpx.Response, body: Any) -> set[str]:
    """Find the fields of ours that a refusal names; nothing else of it, as it may repeat what was said."""
    answer = json_of(reply)
    told = json.dumps([answer.get(name) for name in ("errors", "details", "validationErrors")])
    ours = set(re.findall(r'"(\w+)":', json.dumps(body)))
    return ours & set(re.findall(r'"(\w+)"', told))


def is_no(reply: httpx.Response, template: Template) -> bool:
    """Whether an answer says no: by its status or, to GraphQL, by errors without data (spec.graphql.org, Response)."""
    if not reply.is_success:
        return True
    answer = json_of(reply)
    is_graphql = isinstance(template.body, dict) and "query" in template.body
    return (
        is_graphql and bool(answer.get("errors") or answer.get("error_code")) and is_empty(answer.get("data"))
    )


def is_empty(value: Any) -> bool:
    """Whether nothing is told: null, or what holds nothing else."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return value is None or (inner is not None and all(map(is_empty, inner)))


def refusal_of(reply: httpx.Response, template: Template) -> RecordError:
    """Say which step was refused, how, and what to do."""
    step, codes = (
        template.step.capitalize(),
        [json_of(reply).get(name) for name in ("code", "error", "category")],
    )
    named = next((code for code in codes if isinstance(code, str) and MACHINE_WORD.fullmatch(code)), "")
    fields = sorted(fields_of(reply, template.body))
    shown = ", ".join(filter(None, [named, *(f"field {name}" for name in fields)]))
    hint = HINTS.get(
        reply.status_code, MOVED if reply.is_redirect else "It refused the request. Check Base URL."
    )
    if fields:
        hint += f" A field that it does not take can go: take the line {quoted(fields)} out of {step}."
    elif reply.status_code in (400, 422) and "{{parent}}" in template.uses():
        hint += " Check Parent, too."
    text = f"{step}: HTTP {reply.status_code}{f' ({shown})' if shown else ''}. {hint}"
    return RecordError(text, noted=True, stops=reply.status_code == 401 or reply.is_redirect)


def left_out(step: str, fields: set[str]) -> RecordError:
    """Say that something is written without fields that the system does not take."""
    text = f"{step.capitalize()}: it does not take {quoted(sorted(fields))}, so that is left out. Take the line out of it."
    return RecordError(text, noted=True, stops=False)


def quoted(names: list[str]) -> str:
    """Write names of fields as they stand in a request."""
    return ", ".join(f'"{name}"' for name in names)


class System:
    """The other system, as one run speaks with it: requests, as often as it says that it did not take them."""

    def __init__(
        self,
        *,
        settings: dict[str, str],
        authorization: str,
        timeout: httpx.Timeout,
        transport: httpx.AsyncBaseTransport | None,
        sleep: Any,
        clock: Any,
        is_last: bool,
    ) -> None:
        """``is_last`` says that no window comes after this one."""
        self.settings = settings
        self.timeout = timeout
        self.in_flight = False
        """Whether it may have taken the request that was sent last."""
        self._authorization = SecretStr(authorization)
        self._transport = transport
        self._sleep = sleep
        self._clock = clock
        self._is_last = is_last
        self._patience = PATIENCE_SECONDS
        self._client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Let the connection go."""
        if self._client:
            await self._client.aclose()

    async def send(self, template: Template, values: dict[str, str], without: set[str]) -> dict[str, Any]:
        """Send one request, as often as the system says that it did not take it and the run has patience.

        A refusal that names fields of the request is taken at its word once: they are left out, and put into
        ``without``, also where nobody knows whether that was taken.

        Returns:
            The answer's JSON, or nothing where it has none.

        Raises:
            RecordError: It was refused, or nobody knows whether it was taken.
        """
        reply = await self._asked(template, values, without)
        fields = fields_of(reply, template.body) - without
        if reply.status_code in (400, 422) and fields:
            without |= fields
            again = await self._asked(template, values, without)
            if again.is_success:
                reply = again
            else:
                without -= fields
        if is_no(reply, template):
            raise refusal_of(reply, template)
        return json_of(reply)

    async def _asked(self, template: Template, values: dict[str, str], without: set[str]) -> httpx.Response:
        """Give the answer to a request, be it yes or no; not one that says to try again."""
        problem, delay = "", 0.0
        conflict: RecordError | None = None
        request = self._request(template, values, without)
        for attempt in range(ATTEMPTS):
            if attempt and delay > self._patience:
                break
            self._patience -= delay
            self.in_flight = False
            await self._sleep(delay)
            delay, began = float(2**attempt), self._clock()
            self.in_flight = True
            try:
                reply = await ask_once(self._opened(template), request)
            except NotReachedError as error:
                problem, conflict = f"the system {error}", None
                self._patience -= self._clock() - began
                continue
            except FateUnknownError as error:
                raise self._fault(template, f"the system {error}", refused=False) from None
            if reply.status_code not in TRY_AGAIN:
                return reply
            conflict = refusal_of(reply, template) if reply.status_code == httpx.codes.CONFLICT else None
            problem = f"the system takes nothing now (HTTP {reply.status_code})"
            self._patience -= self._clock() - began
            asked = asked_wait(reply.headers, time.time())
            delay = delay if asked is None else asked
        raise conflict or self._fault(template, problem, refused=True)

    def _opened(self, template: Template) -> httpx.AsyncClient:
        """Give the client, one for all requests of the run, made for the first."""
        try:
            self._client = self._client or open_client(self._transport, self.timeout)
        except NotReachedError as error:
            raise self._fault(template, f"the system {error}", refused=True) from None
        return self._client

    def _request(self, template: Template, values: dict[str, str], without: set[str]) -> httpx.Request:
        """Put values into a request.

        Raises:
            RecordError: Its address is not an https one; plain http is for loopback only.
        """
        target = safe_target(fill_url(template.url, values))
        if target is None:
            msg = f"{template.step.capitalize()}: the address must begin with https://. Check Base URL."
            raise RecordError(msg)
        headers = {name: fill_header(value, values) for name, value in template.headers.items()}
        if authorization := self._authorization.get_secret_value():
            headers["Authorization"] = authorization
        parts = {
            name: list(filter(None, parts_of(values.get(name.removesuffix("_part"), "")))) for name in PARTS
        }
        body = without_fields(fill_body(template.body, values, parts), without)
        return httpx.Request(template.method, target, headers=headers, json=body)

    def _fault(self, template: Template, problem: str, *, refused: bool) -> RecordError:
        """Say what the system does, and what becomes of the step; in the same words each time."""
        text = f"{template.step.capitalize()}: {problem}."
        if not refused and not template.repeatable:
            text += " It may have been taken, so it is not sent again."
        elif not self._is_last:
            text += " It is sent again with the next window."
        return RecordError(text, refused=refused, noted=True)
