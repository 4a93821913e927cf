"""Play a meeting file at a running bridge: what ``zoom-bridge simulate`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.simulator.meeting import read_meeting
from bridge.simulator.zoom import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bridge.simulator.faults import FaultScript
    from bridge.simulator.outcome import Outcome
    from bridge.simulator.progress import Progress

RETRY_SECONDS = (1.0, 2.0, 4.0)
"""Whoever plays a meeting by hand does not want to wait for minutes, as Zoom would."""


async def simulate(
    path: Path,
    *,
    webhook_url: str,
    client_id: str,
    client_secret: str,
    secret_token: str,
    speed: float = 1.0,
    faults: FaultScript | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Outcome:
    """Validate the bridge's endpoint, then play a meeting to it, once, on Zoom's wire.

    Args:
        path: A meeting file (:func:`bridge.simulator.meeting.read_meeting`).
        webhook_url: Where the bridge takes webhooks.
        client_id: The app's client id, as the bridge has it.
        client_secret: The app's client secret, as the bridge has it.
        secret_token: The webhook secret, as the bridge has it.
        speed: How many times faster than life.
        faults: What shall go wrong; nothing by default.
        progress: Called with every step, in order; must not block.

    Raises:
        MeetingFileError: The file cannot be read.
        WebhookError: The bridge does not answer, or does not have the same secret.
    """
    meeting = read_meeting(path)
    async with Simulator(client_id=client_id, client_secret=client_secret, secret_token=secret_token) as zoom:
        await zoom.validate(webhook_url)
        return await zoom.play(
            meeting,
            webhook_url=webhook_url,
            speed=speed,
            webhook_retry_seconds=RETRY_SECONDS,
            faults=faults,
            progress=progress,
        )
