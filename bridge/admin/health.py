"""What ``/readyz`` tells, gathered from whoever knows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from bridge.finding import all_ok
from bridge.logs import dropped_lines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bridge.finding import Finding
    from bridge.store.leases import Replica


class Neighbour(Protocol):
    """What is known of Langflow, or of the event subscription."""

    @property
    def away(self) -> str:
        """Why it cannot be reached; empty when it can."""


class Checked(Protocol):
    """A store that can say how it is."""

    async def check(self) -> str:
        """What is wrong with it; empty where nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What the store has taken and not committed yet, and what it could not take."""

    rows_waiting: int = 0
    bytes_waiting: int = 0
    seconds_waiting: float = 0.0
    """Age of the oldest."""
    rows_put_aside: int = 0
    """Since the start: the database refused them for what they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Values by name, asked for at each look; whoever has nothing to tell leaves the default."""

    backlog: Callable[[], Backlog] = Backlog
    parked: Callable[[], Mapping[str, str]] = dict
    """Routes whose windows wait until the way to their flow is mended, each with the reason."""
    failing: Callable[[], Mapping[str, str]] = dict
    """Routes whose last window failed for good, each with the reason."""
    webhooks: Callable[[], Mapping[str, str]] = dict
    """Webhook endpoints that did not take what they were told last, each with the reason."""
    setup: Callable[[], Sequence[Finding]] = tuple
    """What is missing in Langflow before a meeting."""
    window_wait_seconds: Callable[[], float] = field(default=lambda: 0.0)
    """How long the window that waits longest for its turn has waited."""
    deletions: Callable[[], int] = field(default=lambda: 0)
    """Meetings whose deletion is not confirmed by everybody yet."""
    taken_up_again: Callable[[], Sequence[str]] = tuple
    """Ids of streams whose session broke and is about to be started again."""
    replicas: Callable[[], Sequence[Replica]] = tuple
    """Bridges that share the store; none where it is shared with none."""
    log_lines_dropped: Callable[[], int] = dropped_lines


Readiness: TypeAlias = "Callable[[], Awaitable[tuple[dict[str, Any], bool]]]"
"""Gives what :func:`report` gives, of one bridge."""


async def report(
    store: Checked, neighbours: Mapping[str, Neighbour], health: Health, *, langflow_url: str = ""
) -> tuple[dict[str, Any], bool]:
    """What is said, and whether words can be taken: ``degraded`` still takes them, and delivers them later."""
    fault = await store.check()
    away = {name: each.away for name, each in neighbours.items()}
    parked, broken, backlog = dict(health.parked()), list(health.taken_up_again()), health.backlog()
    failing, setup, webhooks = dict(health.failing()), health.setup(), dict(health.webhooks())
    checks = {"store": fault or "ok"} | {name: f"away: {why}" if why else "ok" for name, why in away.items()}
    troubles = (*away.values(), parked, failing, webhooks, broken, backlog.rows_put_aside, not all_ok(setup))
    degraded = any(troubles)
    return {
        "status": "unavailable" if fault else "degraded" if degraded else "ok",
        "checks": checks,
        "langflow_url": langflow_url,
        "store": {
            "rows_waiting": backlog.rows_waiting,
            "bytes_waiting": backlog.bytes_waiting,
            "seconds_waiting": round(backlog.seconds_waiting, 1),
            "rows_put_aside": backlog.rows_put_aside,
        },
        "parked_routes": parked,
        "failing_routes": failing,
        "failing_webhooks": webhooks,
        "setup": [finding.as_json() for finding in setup],
        "window_wait_seconds": round(health.window_wait_seconds(), 1),
        "deletions_under_way": health.deletions(),
        "sessions_taken_up_again": broken,
        "replicas": [dataclasses.asdict(replica) for replica in health.replicas()],
        "log_lines_dropped": health.log_lines_dropped(),
    }, not fault
