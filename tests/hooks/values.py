"""Endpoints, streams, runs and deliveries that these tests use."""

from __future__ import annotations

import json
from typing import Any

from bridge.domain import (
    Delivery,
    EndpointEvent,
    Product,
    Run,
    RunStatus,
    Stream,
    StreamState,
    WindowKind,
)
from bridge.hooks.endpoint import Endpoint
from bridge.hooks.signature import read_secret
from tests.fakes.hook_receiver import SECRET

HOSTILE = '</script><script>alert(1)</script> [x](javascript:1) \x1b[31m ‮ " \\ \0 \ud83d {{7*7}} & 日本語'


def endpoint(
    name: str = "crm", *, route: str = "r", url: str = "https://crm.example/h", **changes: Any
) -> Endpoint:
    fields: dict[str, Any] = {"keys": (read_secret(SECRET),), "events": frozenset(EndpointEvent)}
    return Endpoint(name=name, route=route, url=url, **(fields | changes))


def stream(stream_id: str = "s", **changes: Any) -> Stream:
    fields: dict[str, Any] = {
        "product": Product.MEETING,
        "meeting_uuid": "aB3/xY+z9Q==",
        "meeting_id": "812",
        "topic": "Weekly",
        "server_urls": "wss://a",
        "event_ts": 5,
        "started_at_ms": 1_763_805_600_000,
        "state": StreamState.LIVE,
    }
    return Stream(stream_id=stream_id, **(fields | changes))


def insight(number: int, text: str = "Ship it", **more: Any) -> dict[str, Any]:
    return {"id": f"i-{number}", "kind": "action_item", "text": text, **more}


def news(*insights: dict[str, Any], **parts: Any) -> str:
    return json.dumps({"schema": "zoom-news/1", "insights": list(insights), **parts})


def run(seq: int, told: str = "", *, kind: WindowKind = WindowKind.LIVE, route: str = "r") -> Run:
    return Run(
        window_id=f"s:{route}:{seq}",
        stream_id="s",
        route=route,
        seq=seq,
        kind=kind,
        status=RunStatus.DONE,
        attempts=1,
        output="",
        error="",
        news=told,
    )


def delivery(n: int = 1, *, stream_id: str = "s", to: str = "crm", **changes: Any) -> Delivery:
    fields: dict[str, Any] = {"event": EndpointEvent.FINDING_CREATED, "body": f'{{"n":{n}}}', "created_ms": n}
    return Delivery(
        delivery_id=f"msg_{to}_{stream_id}_{n}", endpoint=to, stream_id=stream_id, **(fields | changes)
    )
