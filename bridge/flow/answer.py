"""What an answer that is none tells: whose turn it is to do something. Pure.

Statuses and bodies as Langflow 1.12 and 1.13 were seen to give them, and as gateways, proxies and
login pages answer in its place.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bridge.errors import (
    FlowFailed,
    FlowMissing,
    KeyRefused,
    LangflowAway,
    LangflowBusy,
    RunLost,
    WindowUnderWay,
)
from bridge.retry_after import retry_after_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.errors import LangflowError

_OVERLOADED: Final = re.compile(
    r"OperationalError\) database is locked|QueuePool limit of size \d|sorry, too many clients already|too many connections for (?:role|database)"
)
"""What Langflow's message holds when it has too much to do, as SQLAlchemy and PostgreSQL write it: people who speak of a
locked database, and are quoted by a component, mean something else."""
_UNDER_WAY: Final = "another run of this window is under way"
_REFUSES_A_SECOND: Final = f"Zoom Context Buffer: {_UNDER_WAY}"
"""How it begins what Zoom Context Buffer says where it lets a run not in beside an earlier one of the same window."""
_NEW_KEY: Final = "'zoom-bridge flows push --create-key' makes one, with LANGFLOW_PASSWORD where Langflow asks for a password"
_BUILDING: Final = "Error building Component "
"""Begins what Langflow says of a component that broke; its name, a colon and the component's own words follow."""


def judge(
    status: int,
    content: Any,
    *,
    content_type: str = "",
    retry_after: str | None = None,
    now: float = 0.0,
    address: str = "LANGFLOW_URL",
    flow: str = "",
    session: str = "",
    sentence: Callable[[str], str] = lambda _: "",
) -> LangflowError | None:
    """The error that an answer stands for; ``None`` where it is one.

    Args:
        status: HTTP status.
        content: The JSON; ``None`` where the body is none.
        content_type: As the answer names it.
        retry_after: That header.
        now: UTC seconds.
        address: Langflow's, as it may be shown.
        flow: Which was asked for; empty where none was.
        session: Of Langflow, in which the run can be looked at.
        sentence: What of a component's message may be told; empty for nothing.
    """
    a_page = content is None and "html" in content_type
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        if content is not None or status == HTTPStatus.NO_CONTENT:
            return None
        what = "a web page (a login page?)" if a_page else "something that is no Langflow"
        return LangflowAway(f"{what} answers at {address}; is LANGFLOW_URL a Langflow?")
    if status < HTTPStatus.BAD_REQUEST:
        return LangflowAway(
            f"{address} answered {status} and sends elsewhere, which is not followed; mend LANGFLOW_URL"
        )
    told = f"Langflow answered {status}"
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            who = f"what answers at {address} says {status}" if a_page else told
            return KeyRefused(f"{who}: LANGFLOW_API_KEY is missing or not valid there; {_NEW_KEY}")
        case HTTPStatus.NOT_FOUND if a_page:
            return LangflowAway(f"{address} answered 404 with a web page; is LANGFLOW_URL a Langflow?")
        case HTTPStatus.NOT_FOUND:
            missing = (
                f"it has no flow {flow!r}; push it with 'zoom-bridge flows push'"
                if flow
                else "it has none such"
            )
            return FlowMissing(f"{told}: {missing}")
        case HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return LangflowAway(
                "the proxy on the way to Langflow answered 407: it wants a name and a password"
            )
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return FlowFailed(
                f"{address} answered 413: this is longer than a gateway before Langflow takes (nginx: client_max_body_size)"
                f"{_where(flow, session)}"
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            return LangflowBusy(
                f"{told}: too many requests",
                retry_after_seconds=retry_after_seconds({"retry-after": retry_after or ""}, now),
            )
        case HTTPStatus.BAD_GATEWAY | HTTPStatus.SERVICE_UNAVAILABLE:
            return LangflowAway(f"{address} answered {status}: Langflow behind it is away or starting")
        case HTTPStatus.REQUEST_TIMEOUT | HTTPStatus.GATEWAY_TIMEOUT:
            return RunLost(f"{address} answered {status}: no answer in the time that it gives")
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return (
                LangflowAway(f"{address} answered {status} with a web page")
                if a_page
                else _broken(status, message_of(content), flow, session, sentence)
            )
    return FlowFailed(f"{told} and did not run the flow{_where(flow, session)}" if flow else told)


def no_langflow(address: str, more: str = "") -> LangflowAway:
    """The error where an answer is in good order and none that Langflow gives; ``more`` ends the sentence."""
    return LangflowAway(f"what answers at {address} is no Langflow{more}")


def _broken(
    status: int, message: str, flow: str, session: str, sentence: Callable[[str], str]
) -> LangflowError:
    """What a 5xx of Langflow's own stands for."""
    if _OVERLOADED.search(message):
        return RunLost(f"Langflow answered {status}: its database has too much to do")
    if component_message(message).startswith(_REFUSES_A_SECOND):
        return WindowUnderWay(f"Langflow answered {status}: {_UNDER_WAY}{_where(flow, session)}")
    # The message would tell what failed, but may quote what people said.
    if own := sentence(component_message(message)):
        return FlowFailed(f"Langflow answered {status}: {own}{_where(flow, session)}")
    if not flow:
        return FlowFailed(f"Langflow answered {status}: see Langflow's log")
    why = "the flow broke; open its session in Langflow to see where"
    return FlowFailed(f"Langflow answered {status}: {why}{_where(flow, session)}")


def _where(flow: str, session: str) -> str:
    return f" (flow {flow}{f', session {session}' if session else ''})" if flow else ""


def message_of(content: Any) -> str:
    """Langflow's message in an error's JSON, which nests it as text in ``detail``; empty where there is none."""
    detail = content.get("detail") if isinstance(content, dict) else None
    if isinstance(detail, str) and detail.startswith("{"):
        try:
            detail = json.loads(detail)
        except (ValueError, RecursionError):
            return ""
    if isinstance(detail, dict):
        detail = detail.get("message")
    return detail if isinstance(detail, str) else ""


def component_message(message: str) -> str:
    """What the component that broke said itself; empty where none did."""
    _, found, rest = message.rpartition(_BUILDING)
    return rest.partition(":")[2].strip() if found else ""


def shown_address(url: str) -> str:
    """An address as it may be shown: scheme, host and port, without name, password, path and query."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "LANGFLOW_URL"
    return f"{parts.scheme}://{host}{port}" if host else "LANGFLOW_URL"
