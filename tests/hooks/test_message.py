from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import EndpointEvent, StreamState
from bridge.flow.news import found_in
from bridge.hooks.message import ended, found, started, summed_up
from bridge.text import is_storable
from tests.hooks.values import HOSTILE, endpoint, insight, news, run, stream

AT_MS = 1_763_805_700_000


def test_shape() -> None:
    """A delivery has a type, when it happened, which meeting, and what was found, in fields that are always there."""
    (one,) = found_in([run(3, news(insight(1, owner="Dana", due="Friday", evidence=["u-000012"])))]).insights
    sent = found(EndpointEvent.FINDING_CREATED, one).to(
        endpoint(), stream(), link="https://p.example/meetings/s", at_ms=AT_MS
    )
    assert json.loads(sent.body) == {
        "type": "finding.created",
        "timestamp": "2025-11-22T10:01:40Z",
        "data": {
            "stream_id": "s",
            "meeting": {
                "uuid": "aB3/xY+z9Q==",
                "id": "812",
                "topic": "Weekly",
                "product": "meeting",
                "started_at": "2025-11-22T10:00:00Z",
            },
            "route": "r",
            "link": "https://p.example/meetings/s",
            "finding": {
                "id": "i-1",
                "kind": "action_item",
                "text": "Ship it",
                "owner": "Dana",
                "due": "Friday",
                "answer": "",
                "record_name": "",
                "record_url": "",
                "closed": False,
                "evidence": ["u-000012"],
                "window_id": "s:r:3",
            },
        },
    }
    assert (sent.endpoint, sent.stream_id, sent.created_ms) == ("crm", "s", AT_MS)


def test_the_end_says_why() -> None:
    """The end of a meeting tells whether Zoom ended it or it was lost, and nobody is sent to a page that nobody reaches."""
    over = stream(state=StreamState.LOST, end_reason="Zoom did not answer")
    data = json.loads(ended(over).to(endpoint(), over, link="", at_ms=AT_MS).body)["data"]
    assert (data["state"], data["end_reason"], data["link"]) == ("lost", "Zoom did not answer", None)


def test_ids() -> None:
    """The same event is known by its id whenever it is told; another endpoint, stream, type or wording has another."""
    one = started().to(endpoint(), stream(), link="", at_ms=AT_MS)
    assert (
        started().to(endpoint(), stream(topic="Known since"), link="", at_ms=AT_MS + 9).delivery_id
        == one.delivery_id
    )
    first, second = found_in([run(1, news(insight(1), insight(2)))]).insights
    others = [
        started().to(endpoint("other"), stream(), link="", at_ms=AT_MS),
        started().to(endpoint(), stream("t"), link="", at_ms=AT_MS),
        ended(stream()).to(endpoint(), stream(), link="", at_ms=AT_MS),
        ended(stream(event_ts=6)).to(endpoint(), stream(event_ts=6), link="", at_ms=AT_MS),
        found(EndpointEvent.FINDING_CREATED, first).to(endpoint(), stream(), link="", at_ms=AT_MS),
        found(EndpointEvent.FINDING_UPDATED, first).to(endpoint(), stream(), link="", at_ms=AT_MS),
        found(EndpointEvent.FINDING_CREATED, second).to(endpoint(), stream(), link="", at_ms=AT_MS),
    ]
    ids = [one.delivery_id, *(each.delivery_id for each in others)]
    assert len({*ids}) == len(ids)
    assert all("." not in each and len(each) <= 64 for each in ids)


@given(st.text(max_size=60))
@pytest.mark.parametrize("also", [HOSTILE])
def test_hostile_words(also: str, text: str) -> None:
    """Whatever is said is a JSON string and nothing else, in a body that every database and socket takes."""
    words = f"{also}{text}"
    told = news(insight(1, words, owner=words, due=words), summary={"text": words, "attendees": [words]})
    known = found_in([run(1, told)])
    messages = [started(), found(EndpointEvent.FINDING_CREATED, known.insights[0])]
    messages += [summed_up(known.summary, final=True)] if known.summary else []
    for message in messages:
        sent = message.to(endpoint(), stream(topic=words, meeting_uuid=words), link="", at_ms=AT_MS)
        assert is_storable(sent.body)
        assert json.loads(sent.body.encode())["type"] == message.event.value
        assert not any(ord(char) < 0x20 for char in sent.body)
