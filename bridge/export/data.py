"""A meeting for other programs, as JSON; ``docs/export.md`` has the shape. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from bridge.times import instant

if TYPE_CHECKING:
    from bridge.domain import Gap, Happening, Utterance
    from bridge.export.meeting import Told
    from bridge.flow.news import Insight

SCHEMA: Final = "zoom-meeting/1"


def as_json(told: Told) -> str:
    """All of it; times are UTC milliseconds."""
    stream = told.stream
    value = {
        "schema": SCHEMA,
        "stream_id": stream.stream_id,
        "meeting": {
            "uuid": stream.meeting_uuid,
            "id": stream.meeting_id,
            "topic": stream.topic,
            "started_at": instant(stream.started_at_ms),
            "timezone": stream.timezone,
        },
        "state": stream.state.value,
        "utterances": [_utterance(each) for each in told.utterances],
        "gaps": [_gap(each) for each in told.gaps],
        "happenings": [_happening(each) for each in told.happenings],
        "insights": [_insight(each) for each in told.insights],
        "summary": told.summary and {"text": told.summary.text, "attendees": list(told.summary.attendees)},
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _utterance(each: Utterance) -> dict[str, Any]:
    return {
        "id": each.id,
        "speaker": each.speaker,
        "user_id": each.user_id,
        "start_ms": each.start_ms,
        "end_ms": each.end_ms,
        "text": each.text,
        "language": each.language,
        "source": each.source.value,
    }


def _gap(each: Gap) -> dict[str, Any]:
    return {"from_ms": each.from_ms, "to_ms": each.to_ms, "reason": each.reason}


def _happening(each: Happening) -> dict[str, Any]:
    return {"kind": each.kind.value, "at_ms": each.at_ms, "user_id": each.user_id, "name": each.name}


def _insight(each: Insight) -> dict[str, Any]:
    return asdict(each) | {"evidence": list(each.evidence)}
