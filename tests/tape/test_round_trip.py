"""A tape of a meeting, played to a bridge that knows nothing of it, gives the same store content."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bridge.domain import HappeningKind, Source
from bridge.simulator.faults import FaultScript
from bridge.simulator.meeting import FIRST_USER_ID, Line, Meeting, Visit
from bridge.simulator.simulate import ENDLESS, HEARD, simulate
from bridge.tape.masking import masked
from bridge.tape.tape import Said, read, write
from tests.fakes.journey import CLIENT_ID, CLIENT_SECRET, SECRET_TOKEN, Journey, simulator
from tests.fakes.run_api import RunApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from bridge.app import Bridge
    from bridge.domain import Gap, Happening, Stream, Utterance
    from bridge.tape.tape import Tape

CHAT = "See https://zoom.us/j/81234567890?pwd=abc"
SECRET = b"thrown away"
NEAR_MS = 1500
"""How far what the bridge's clock measures may lie beside where it was, on a busy machine."""


@dataclass
class Content:
    """What a store has of a stream."""

    stream: Stream
    utterances: list[Utterance]
    gaps: list[Gap]
    happenings: list[Happening]


@asynccontextmanager
async def bridge_at(directory: Path) -> AsyncIterator[tuple[Journey, Bridge]]:
    """A bridge with a store of its own."""
    await asyncio.to_thread(directory.mkdir)
    async with RunApi().listening() as api, simulator(patience=ENDLESS, granted=HEARD) as zoom:
        journey = Journey(zoom, api, directory / "bridge.db")
        async with journey.bridge() as bridge:
            yield journey, bridge


async def content_of(bridge: Bridge, stream_id: str) -> Content:
    await bridge.store.flush()
    stream = await bridge.store.stream(stream_id)
    assert stream is not None
    return Content(
        stream=stream,
        utterances=await bridge.store.utterances(stream_id, deleted=True),
        gaps=await bridge.store.gaps(stream_id),
        happenings=await bridge.store.happenings(stream_id),
    )


async def taped(bridge: Bridge, stream_id: str) -> Tape:
    """As the private listener tells it."""
    async with httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http:
        return read((await http.get(f"/api/streams/{stream_id}/tape")).raise_for_status().text, where="it")


async def recorded(directory: Path, meeting: Meeting, *faults: dict[str, Any]) -> tuple[Content, Tape]:
    """A meeting as a bridge heard it, and its tape."""
    script = FaultScript.model_validate({"fault": faults})
    async with bridge_at(directory) as (journey, bridge):
        outcome = await journey.play(bridge, meeting, faults=script, topic=meeting.title)
        await journey.settled(bridge.store)
        return await content_of(bridge, outcome.stream_id), await taped(bridge, outcome.stream_id)


async def played_again(directory: Path, tape: Tape) -> Content:
    """The tape, as ``zoom-bridge simulate`` plays it to a bridge of its own."""
    path = directory.with_suffix(".jsonl")
    path.write_text(write(tape))
    async with bridge_at(directory) as (journey, bridge):
        outcome = await simulate(
            path,
            webhook_url=bridge.webhook_url,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            secret_token=SECRET_TOKEN,
        )
        await journey.settled(bridge.store)
        return await content_of(bridge, outcome.stream_id)


def assert_same(one: Content, other: Content) -> None:
    """All that was heard, in the same order and at the same times from the first word; what clocks measure, nearly."""
    assert [_words(one, each) for each in one.utterances] == [
        _words(other, each) for each in other.utterances
    ]
    assert (one.stream.state, one.stream.end_reason, one.stream.topic) == (
        other.stream.state, other.stream.end_reason, other.stream.topic,
    )  # fmt: skip
    for mine, theirs in (
        ([(gap.reason, gap.from_ms) for gap in one.gaps], [(gap.reason, gap.from_ms) for gap in other.gaps]),
        ([(gap.reason, gap.to_ms) for gap in one.gaps], [(gap.reason, gap.to_ms) for gap in other.gaps]),
        (_visits(one), _visits(other)),
    ):
        assert [what for what, _ in mine] == [what for what, _ in theirs]
        far = [_from(one, at) - _from(other, again) for (_, at), (_, again) in zip(mine, theirs, strict=True)]
        assert all(abs(ms) < NEAR_MS for ms in far), far
    assert [_behind(one, gap) for gap in one.gaps] == [_behind(other, gap) for gap in other.gaps]


def _words(content: Content, each: Utterance) -> tuple[object, ...]:
    said = (each.n, each.speaker, each.user_id, each.text, each.language, each.source, bool(each.message_id))
    return (*said, _from(content, each.start_ms), _from(content, each.end_ms))


def _visits(content: Content) -> list[tuple[tuple[HappeningKind, str, str], int]]:
    return [((each.kind, each.user_id, each.name), each.at_ms) for each in content.happenings]


def _from(content: Content, at_ms: int) -> int:
    return at_ms - content.utterances[0].start_ms


def _behind(content: Content, gap: Gap) -> int:
    """How many words were over when a gap began."""
    return sum(each.end_ms < gap.from_ms for each in content.utterances)


def lines(count: int, *, every_ms: int = 150, first_ms: int = 0, start: int = 0) -> tuple[Line, ...]:
    """Two people in turn."""
    return tuple(
        Line(
            start_ms=first_ms + n * every_ms,
            end_ms=first_ms + (n + 1) * every_ms,
            user_id=FIRST_USER_ID + 1024 * (n % 2),
            speaker=("Dana Whitfield", "Eli Sørensen")[n % 2],
            text=f"Sentence number {start + n} of Größe 会议 is this one 🎉.",
        )
        for n in range(count)
    )


def a_rough_meeting() -> Meeting:
    """Chat that stays and chat that is taken back, somebody of another name, a visitor, and two long silences."""
    before, between, after = lines(8), lines(6, first_ms=3400, start=8), lines(6, first_ms=5700, start=14)
    chat = replace(before[3], source=Source.CHAT, text=CHAT, message_id="Zx1")
    gone = replace(before[5], source=Source.CHAT, text="A word too many", message_id="Zx2", deleted=True)
    renamed = [replace(each, speaker="Dana at home") for each in after if each.user_id == FIRST_USER_ID]
    others = [each for each in after if each.user_id != FIRST_USER_ID]
    spoken = [*before[:3], chat, before[4], gone, *before[6:], *between, *renamed, *others]
    kinds = HappeningKind
    return Meeting(
        title="Quarterly figures",
        insists=True,
        lines=tuple(sorted(spoken, key=lambda line: line.start_ms)),
        visits=(
            Visit(at_ms=0, kind=kinds.PRESENT, user_id=FIRST_USER_ID, name="Dana Whitfield"),
            Visit(at_ms=400, kind=kinds.JOINED, user_id=FIRST_USER_ID + 5000, name="Noor Rahimi"),
            Visit(at_ms=600, kind=kinds.SHARING_STARTED, user_id=FIRST_USER_ID + 5000, name="Noor Rahimi"),
            Visit(at_ms=800, kind=kinds.SHARING_STOPPED, user_id="", name=""),
            Visit(at_ms=1000, kind=kinds.LEFT, user_id=FIRST_USER_ID + 5000, name="Noor (phone)"),
        ),
    )


ROUGH: Sequence[dict[str, Any]] = (
    {"kind": "burst", "at_line": 2, "lines": 3, "backwards": True},
    {"kind": "odd_lines", "at_line": 1, "oddity": "half_emoji"},
    {"kind": "odd_lines", "at_line": 7, "oddity": "no_name"},
    {"kind": "repeat", "at_line": 8, "lines": 4},
    {"kind": "outage", "at_seconds": 1.4, "seconds": 0.7},
    {"kind": "pause", "at_seconds": 3.8, "seconds": 0.1},
    {"kind": "outage", "at_seconds": 4.7, "seconds": 0.6, "told": False},
    {"kind": "failover", "at_seconds": 4.9},
)


@pytest.mark.timeout(120)
async def test_a_rough_meeting(tmp_path: Path) -> None:
    """Lines twice and out of order, a drop, a failover, a pause, chat, renames, half an emoji: all is as it was but the words."""
    heard, tape = await recorded(tmp_path / "one", a_rough_meeting(), *ROUGH)
    assert [gap.reason for gap in heard.gaps] == ["reconnect", "reconnect"]
    assert {each.kind for each in heard.happenings} >= {HappeningKind.PAUSED, HappeningKind.LEFT}
    assert [each.text for each in heard.utterances if each.source is Source.CHAT] == [CHAT, ""]
    changed = masked(tape, SECRET)
    assert_same(_as(heard, changed), await played_again(tmp_path / "again", changed))


@pytest.mark.timeout(120)
async def test_a_meeting_that_ends_unheard(tmp_path: Path) -> None:
    """Where the sockets were lost and the meeting ended meanwhile, it does so again: the last gap has no other end."""
    meeting = Meeting(title="Short", lines=lines(4), visits=(), insists=True)
    faults = (
        {"kind": "outage", "at_seconds": 0.8, "seconds": 60},
        {"kind": "end", "at_seconds": 1.8, "reason": 1},
    )
    heard, tape = await recorded(tmp_path / "one", meeting, *faults)
    assert [gap.reason for gap in heard.gaps] == ["lost"]
    assert_same(heard, await played_again(tmp_path / "again", tape))


def _as(content: Content, tape: Tape) -> Content:
    """What a store would have, had the words of the tape been said."""
    said = [each for each in tape.moments if isinstance(each, Said)]
    ids = {each.user_id: other.user_id for each, other in zip(content.utterances, said, strict=True)}
    names = {
        (each.user_id, each.speaker): other.speaker
        for each, other in zip(content.utterances, said, strict=True)
    }
    assert len({*names.values()}) == len({name for _, name in names})
    visits = [each for each in tape.moments if each.kind in {kind.value for kind in HappeningKind}]
    assert len(ids) == len({*ids.values()})
    return Content(
        stream=replace(content.stream, topic=tape.head.topic),
        utterances=[
            replace(each, text=other.text, speaker=other.speaker or each.speaker, user_id=other.user_id)
            for each, other in zip(content.utterances, said, strict=True)
        ],
        gaps=content.gaps,
        happenings=[
            replace(each, user_id=getattr(other, "user_id", ""), name=getattr(other, "name", ""))
            for each, other in zip(content.happenings, visits, strict=True)
        ],
    )
