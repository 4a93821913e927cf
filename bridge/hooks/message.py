"""What endpoints are told: ``type``, ``timestamp`` and ``data``, as Standard Webhooks recommends it. Pure.

Each type has one shape, which ``docs/webhooks-out.md`` shows; fields may be added. All texts are JSON strings and nothing
but that: what people said may be HTML, Markdown or a script, and whoever shows it has to treat it as text.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.domain import Delivery, EndpointEvent
from bridge.text import compact_json, storable_json
from bridge.times import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Stream
    from bridge.flow.news import Insight, Summary
    from bridge.hooks.endpoint import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An event, for whichever endpoint wants it."""

    event: EndpointEvent
    key: tuple[str, ...]
    """What makes it this event and no other, so that one that is told again after a crash is known to be the same."""
    data: dict[str, Any]

    def to(self, endpoint: Endpoint, stream: Stream, *, link: str, at_ms: int) -> Delivery:
        """The message to an endpoint; ``link`` is the meeting's page, empty where nobody can follow one."""
        about = {
            "stream_id": stream.stream_id,
            "meeting": {
                "uuid": stream.meeting_uuid,
                "id": stream.meeting_id,
                "topic": stream.topic,
                "product": stream.product.value,
                "started_at": instant(stream.started_at_ms),
            },
            "route": endpoint.route,
            "link": link or None,
        }
        body = {"type": self.event.value, "timestamp": instant(at_ms), "data": about | self.data}
        return Delivery(
            delivery_id=_id_of((endpoint.name, self.event.value, stream.stream_id, *self.key)),
            endpoint=endpoint.name,
            stream_id=stream.stream_id,
            event=self.event,
            body=compact_json(storable_json(body)),
            created_ms=at_ms,
        )


def started() -> Message:
    """A stream of the meeting begins to be heard."""
    return Message(event=EndpointEvent.MEETING_STARTED, key=(), data={})


def ended(stream: Stream) -> Message:
    """A stream is over. One that had been given up and was taken up again is over once more, which is another event."""
    data = {"state": stream.state.value, "end_reason": stream.end_reason}
    return Message(event=EndpointEvent.MEETING_ENDED, key=(str(stream.event_ts),), data=data)


def found(event: EndpointEvent, insight: Insight) -> Message:
    """A finding, as it reads now."""
    said = {
        "id": insight.id,
        "kind": insight.kind,
        "text": insight.text,
        "owner": insight.owner,
        "due": insight.due,
        "answer": insight.answer,
        "record_name": insight.record_name,
        "record_url": insight.record_url,
    }
    more = {"closed": insight.closed, "evidence": list(insight.evidence), "window_id": insight.window_id}
    key = (insight.window_id, *said.values(), str(insight.closed))
    return Message(event=event, key=key, data={"finding": said | more})


def summed_up(summary: Summary, *, final: bool) -> Message:
    """Minutes of a meeting, or of what there was of it."""
    data = {
        "text": summary.text,
        "attendees": list(summary.attendees),
        "final": final,
        "window_id": summary.window_id,
    }
    key = (summary.window_id, summary.text)
    return Message(event=EndpointEvent.SUMMARY_CREATED, key=key, data={"summary": data})


def _id_of(key: Sequence[str]) -> str:
    """A name that is the same for the same event and endpoint. It has no full stop, which would part what is signed."""
    return f"msg_{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:40]}"
