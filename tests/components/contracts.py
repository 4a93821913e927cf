"""What components hand to each other, as tests make it and check it."""

from __future__ import annotations

from typing import Any, Final

SESSION: Final = "zoom-aB3"
MEETING: Final = {"uuid": "aB3=", "id": "8", "topic": "Weekly", "started_at": "2026-11-22T10:00:00Z"}
LINE_MS: Final = 5_000


def utterances(said: list[list[str]], first: int = 1) -> list[dict[str, Any]]:
    """Speakers and their words as utterances, five seconds apart."""
    return [
        {
            "id": f"u-{number:06d}",
            "speaker": speaker,
            "user_id": speaker,
            "start_ms": number * LINE_MS,
            "end_ms": number * LINE_MS + 4000,
            "text": text,
            "language": 9,
            "source": "speech",
        }
        for number, (speaker, text) in enumerate(said, start=first)
    ]


def insight(id_: str = "i-1", text: str = "send the contract", **fields: Any) -> dict[str, Any]:
    """One insight of :func:`news`."""
    return {
        "id": id_,
        "status": "new",
        "kind": "action_item",
        "text": text,
        "owner": None,
        "due": None,
        "evidence": ["u-000001"],
        "engine": "rules",
    } | fields


def news(
    *insights: dict[str, Any], window: int = 1, route: str = "action-items", **fields: Any
) -> dict[str, Any]:
    """One window's news, ``zoom-news/1``, as Zoom Insight Ledger passes it on."""
    return {
        "schema": "zoom-news/1",
        "window_id": f"s1:{route}:{window}",
        "session_id": SESSION,
        "route": route,
        "kind": "live",
        "meeting": MEETING,
        "insights": list(insights),
        "summary": None,
        "notes": [],
    } | fields


def insights_schema(
    kinds: list[str], *, engine: str, model: dict[str, Any], usage: dict[str, Any], notes: dict[str, Any]
) -> dict[str, Any]:
    """JSON schema of ``zoom-insights/1`` from one engine, of which nothing else may come."""
    names = ["schema", "window_id", "session_id", "route", "kind", "meeting", "engine", "model", "language"]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [*names, "insights", "summary", "usage", "notes"],
        "properties": {
            "schema": {"const": "zoom-insights/1"},
            "window_id": {"type": "string"},
            "session_id": {"type": "string"},
            "route": {"type": "string"},
            "kind": {"enum": ["start", "live", "ask", "final"]},
            "meeting": {"type": "object"},
            "engine": {"const": engine},
            "model": model,
            "language": {"enum": ["", "de", "en", "es", "fr", "ja", "pt"]},
            "insights": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["kind", "text", "owner", "due", "evidence", "engine"],
                    "properties": {
                        "kind": {"enum": kinds},
                        "text": {"type": "string", "minLength": 1},
                        "owner": {"type": ["string", "null"]},
                        "due": {"type": ["string", "null"]},
                        "evidence": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                        "engine": {"const": engine},
                    },
                },
            },
            "summary": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "required": ["text", "attendees"],
                "properties": {
                    "text": {"type": "string", "minLength": 1},
                    "attendees": {"type": "array", "items": {"type": "string"}},
                },
            },
            "usage": usage,
            "notes": notes,
        },
    }
