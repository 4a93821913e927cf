"""Runs whose findings wait, as tests make them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bridge.domain import Run, RunStatus, WindowKind
from bridge.flow.news import kept

SCHEMA = json.loads((Path(__file__).parents[2] / "flows" / "window.schema.json").read_text())


def finding(name: str, text: str, **fields: Any) -> dict[str, Any]:
    """An insight of a flow."""
    blank = {"status": "new", "kind": "action_item", "owner": None, "due": None, "evidence": ["u-000001"]}
    return {"id": name, "text": text} | blank | fields


def note(key: str, text: str) -> dict[str, str]:
    """A note of a flow."""
    return {"key": key, "text": text}


def waiting_news(*insights: dict[str, Any], summary: str = "", **fields: Any) -> dict[str, Any]:
    """What Zoom Chat Output answers on a route with ``approve = true``."""
    told = {"schema": "zoom-news/1", "approve": True, "insights": list(insights)} | fields
    return told | ({"summary": {"text": summary, "attendees": ["Dana"]}} if summary else {})


def run(seq: int, news: dict[str, Any], *, kind: WindowKind = WindowKind.LIVE, stream: str = "s1") -> Run:
    """A run that is answered."""
    return Run(
        window_id=f"{stream}:notes:{seq}",
        stream_id=stream,
        route="notes",
        seq=seq,
        kind=kind,
        status=RunStatus.DONE,
        attempts=1,
        output="",
        error="",
        news=kept(news),
        created_ms=seq,
    )


def window_of(approved: dict[str, Any]) -> dict[str, Any]:
    """The window that takes it to the flow."""
    return {
        "schema": "zoom-window/1",
        "window_id": "s1:notes:9",
        "seq": 9,
        "kind": "approved",
        "route": "notes",
        "meeting": {"uuid": "m", "id": "", "topic": "", "started_at": "2026-11-22T10:00:00Z"},
        "stream_id": "s1",
        "from_ms": 0,
        "to_ms": 0,
        "participants": [],
        "utterances": [],
        "gaps": [],
        "approved": approved,
    }
