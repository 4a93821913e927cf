"""How the bridge is, in words for whoever can do something about it, read off what ``/readyz`` tells. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from bridge.pages.wording import counted, length

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Light(StrEnum):
    """How something is."""

    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that is well or not."""

    light: Light
    what: str
    why: str = ""
    todo: str = ""


_NAMES: Final = {"store": "Store", "langflow": "Langflow", "event_socket": "Zoom's event socket"}
_WELL: Final = {
    "store": "takes what is said",
    "langflow": "answers",
    "event_socket": "is connected",
}
_TODO: Final = {
    "store": "Words wait in memory and in a file beside the database until it is back. Look at its disk, or whether it runs.",
    "langflow": "Meetings are recorded meanwhile and delivered once it is back. Look whether Langflow runs, and LANGFLOW_URL.",
    "event_socket": "Meetings that begin now are not heard of. Look at ZOOM_EVENT_SOCKET_URL and the app's subscription.",
}
LONG_WAIT_SECONDS: Final = 60.0
"""A window that waits longer for its turn shows that Langflow is slower than the meetings."""


def conditions(report: Mapping[str, Any]) -> list[Condition]:
    """What works, then all that does not, from the report of :func:`bridge.admin.health.report`."""
    return [*_neighbours(report), *_routes(report), *_webhooks(report), *_setup(report), *_waiting(report)]


def _neighbours(report: Mapping[str, Any]) -> Iterator[Condition]:
    for name, told in report["checks"].items():
        if told == "ok":
            yield Condition(light=Light.GOOD, what=f"{_NAMES.get(name, name)} {_WELL.get(name, 'is well')}")
        else:
            why = str(told).removeprefix("away: ")
            yield Condition(
                light=Light.FAULT, what=f"{_NAMES.get(name, name)} is away", why=why, todo=_TODO.get(name, "")
            )


def _routes(report: Mapping[str, Any]) -> Iterator[Condition]:
    for route, why in report["parked_routes"].items():
        yield Condition(
            light=Light.FAULT,
            what=f"Windows of the route “{route}” wait",
            why=why,
            todo="They go on by themselves once this is mended; nothing is lost. zoom-bridge doctor tells more.",
        )
    for route, why in report["failing_routes"].items():
        yield Condition(
            light=Light.WARNING,
            what=f"The flow of the route “{route}” broke on its last window",
            why=why,
            todo="Mend the flow in Langflow, then run the failed windows again, below.",
        )


def _webhooks(report: Mapping[str, Any]) -> Iterator[Condition]:
    for endpoint, why in report["failing_webhooks"].items():
        yield Condition(
            light=Light.WARNING,
            what=f"The webhook endpoint “{endpoint}” does not take what it is told",
            why=why,
            todo="It is tried for three days; meetings do not wait for it. A meeting's page leads to what was told of it.",
        )


def _setup(report: Mapping[str, Any]) -> Iterator[Condition]:
    for finding in report["setup"]:
        light = Light.WARNING if finding["ok"] else Light.FAULT
        yield Condition(light=light, what=finding["what"], todo=finding["advice"])


def _waiting(report: Mapping[str, Any]) -> Iterator[Condition]:
    seconds, rows = report["window_wait_seconds"], report["store"]["rows_put_aside"]
    if seconds >= LONG_WAIT_SECONDS:
        yield Condition(
            light=Light.WARNING,
            what=f"A window has waited {length(int(seconds * 1000))} for its turn",
            todo="Langflow is slower than the meetings are. Windows grow meanwhile; nothing is lost.",
        )
    if rows:
        yield Condition(
            light=Light.WARNING,
            what=f"The database refused {counted(rows, 'row')} for what they are",
            todo="Please report it: the log says which table.",
        )
    if broken := report["sessions_taken_up_again"]:
        yield Condition(
            light=Light.WARNING,
            what=f"{counted(len(broken), 'meeting')} had to be taken up again",
            why="The session broke; what was missed is marked as a gap.",
            todo="The log says where it broke.",
        )
    if deletions := report["deletions_under_way"]:
        yield Condition(
            light=Light.GOOD,
            what=f"{counted(deletions, 'meeting')} being deleted",
            todo="Each is gone once Langflow has confirmed it too.",
        )
