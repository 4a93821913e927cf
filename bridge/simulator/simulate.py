"""Play a meeting file at a running bridge: what ``zoom-bridge simulate`` does."""

from __future__ import annotations

import asyncio
import dataclasses
import time
import uuid
from typing import TYPE_CHECKING, Final

from bridge.rtms.messages import MediaType
from bridge.rtms.urls import url_here
from bridge.simulator.diagnosis import Seen, advice
from bridge.simulator.errors import MeetingFileError
from bridge.simulator.meeting import content_of, meeting_of, without_leaps
from bridge.simulator.stream import Patience
from bridge.simulator.tape import played
from bridge.simulator.zoom import Simulator
from bridge.tape.tape import is_tape, read
from bridge.tasks import beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bridge.simulator.faults import FaultScript
    from bridge.simulator.meeting import Meeting
    from bridge.simulator.outcome import Outcome
    from bridge.simulator.progress import Progress

RETRY_SECONDS: Final = (1.0, 2.0, 4.0)
"""Whoever plays a meeting by hand does not want to wait for minutes, as Zoom would."""
PATIENCE: Final = Patience(connect=20)
"""Nor for a bridge that does not dial."""
ENDLESS: Final = Patience(connect=20, signaling=86_400, media=86_400)
"""What a tape has of gaps is to be waited out."""
HEARD: Final = MediaType.TRANSCRIPT | MediaType.CHAT
"""What is on tapes."""
LOOK_SECONDS: Final = 0.25


def webhook_url(host: str, port: int) -> str:
    """Where a bridge with these settings takes webhooks, seen from its own machine."""
    return f"{url_here(host, port)}/webhook"


def where_to_look(host: str, port: int, stream_id: str) -> str:
    """Where a bridge with these settings of its private listener tells what became of a stream."""
    return f"{url_here(host, port)}/api/streams/{stream_id}/runs"


async def simulate(
    path: Path,
    *,
    webhook_url: str,
    client_id: str,
    client_secret: str,
    secret_token: str,
    speed: float = 1.0,
    topic: str = "",
    keep_pauses: bool = False,
    faults: FaultScript | None = None,
    progress: Callable[[Progress], None] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Validate the bridge's endpoint, then play a meeting to it, once, on Zoom's wire.

    Args:
        path: A meeting file (:func:`bridge.simulator.meeting.meeting_of`), or a tape; it is read once.
        webhook_url: Where the bridge takes webhooks.
        client_id: The app's client id, as the bridge has it.
        client_secret: The app's client secret, as the bridge has it.
        secret_token: The webhook secret, as the bridge has it.
        speed: How many times faster than life.
        topic: The meeting's topic; empty tells the bridge none.
        keep_pauses: Wait out every silence of the file; else those of more than three minutes are made short.
        faults: What shall go wrong; nothing by default.
        progress: Called with every step, in order; must not block.
        tell: Called with a sentence on how the file was read, and on why nothing is heard; must not block.

    Raises:
        MeetingFileError: The file cannot be read.
        WebhookError: The bridge does not answer, or does not have the same secret.
    """
    meeting, on_tape = await asyncio.to_thread(_read, path, keep_pauses=keep_pauses, tell=tell)
    if on_tape and faults:
        raise MeetingFileError(path, 0, "what goes wrong is on the tape already: leave out --faults")
    faults = faults or on_tape
    stream_id, topic = uuid.uuid4().hex, topic or (meeting.title if on_tape else "")
    patience = ENDLESS if on_tape else Patience() if faults else PATIENCE
    async with Simulator(
        client_id=client_id, client_secret=client_secret, secret_token=secret_token, patience=patience
    ) as zoom:
        await zoom.validate(webhook_url)
        async with beside(_explain(zoom, stream_id, tell), name="explain silence"):
            return await zoom.play(
                dataclasses.replace(meeting, title=topic or meeting.title),
                webhook_url=webhook_url,
                speed=speed,
                stream_id=stream_id,
                topic=topic,
                webhook_retry_seconds=RETRY_SECONDS,
                faults=faults,
                granted=HEARD if on_tape else None,
                progress=progress,
            )


def _read(
    path: Path, *, keep_pauses: bool, tell: Callable[[str], None]
) -> tuple[Meeting, FaultScript | None]:
    """The meeting, and what goes wrong in it where the file is a tape."""
    content = content_of(path)
    if is_tape(content):
        meeting, faults = played(read(content, where=str(path)))
        tell(f"read as a tape: {len(meeting.lines)} lines, {len(faults.fault) - 1} things that go wrong")
        return meeting, faults
    file = meeting_of(path, content)
    meeting, leaps = (file.meeting, []) if keep_pauses else without_leaps(file.meeting)
    for sentence in (file.summary, *file.notes, *leaps):
        tell(sentence)
    return meeting, None


async def _explain(zoom: Simulator, stream_id: str, tell: Callable[[str], None]) -> None:
    """Tell each piece of advice once, until the bridge can hear."""
    told: set[str] = set()
    began = time.monotonic()
    while not (seen := _seen(zoom, stream_id, time.monotonic() - began)).ready:
        for sentence in advice(seen):
            if sentence not in told:
                told.add(sentence)
                tell(sentence)
        await asyncio.sleep(LOOK_SECONDS)


def _seen(zoom: Simulator, stream_id: str, waited_seconds: float) -> Seen:
    playback = zoom.playbacks.get(stream_id)
    if playback is None:
        return Seen(waited_seconds=0, announced=False, status=0, dialled=False, ready=False, refusals=())
    notices, stream = playback.notices, playback.stream
    return Seen(
        waited_seconds=waited_seconds,
        announced=any(each.accepted for each in notices.deliveries),
        status=notices.last_status,
        dialled=stream.signaling_connections > 0,
        ready=stream.ready,
        refusals=tuple(zoom.refusals),
    )
