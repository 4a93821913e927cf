"""A meeting as single components get it, without a Langflow: in the windows of :mod:`bridge.replay.cut`, or an utterance at a time."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.domain import WindowKind
from bridge.flow.routes import Route
from bridge.replay.cut import cut
from bridge.replay.recorded import played

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from bridge.domain import Utterance
    from bridge.flow.routes import WindowRule
    from bridge.simulator.meeting import Meeting

COMPONENTS = Path(__file__).parents[1] / "components" / "zoom"
STREAM = "stream"
ROUTE = "action-items"


def load(name: str) -> ModuleType:
    """A component's file as a module, by itself, as a flow has it."""
    spec = importlib.util.spec_from_file_location(f"component_{name}", COMPONENTS / f"{name}.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def utterances(meeting: Meeting) -> tuple[Utterance, ...]:
    """What was said, numbered in the order in which it came: by its end, as a transcriber writes it."""
    return played(meeting, began_ms=0).utterances


def windows(meeting: Meeting, rule: WindowRule) -> Iterator[list[Utterance]]:
    """Live windows as the bridge cuts them where every run is answered at once. Not to be called inside an event loop.

    Slower runs make fewer and larger windows.
    """
    recorded = played(meeting, began_ms=0)
    by_id = {said.id: said for said in recorded.utterances}
    for each in cut(recorded, [Route(name=ROUTE, flow="none", on=(WindowKind.LIVE,), window=rule)]):
        yield [by_id[said["id"]] for said in json.loads(each.window.input_value)["utterances"]]


def live_contexts(meeting: Meeting, rule: WindowRule, word_budget: int) -> Iterator[dict[str, Any]]:
    """What Zoom Context Buffer passes on for each live window.

    Args:
        meeting: The meeting.
        rule: When a window closes.
        word_budget: Its input of that name.
    """
    from components.zoom.shared.window import StoredWindow, choose_context  # lfx takes its time

    earlier: list[StoredWindow] = []
    for seq, window in enumerate(windows(meeting, rule), start=1):
        new = [as_json(utterance) for utterance in window]
        asked = {"stream_id": STREAM, "seq": seq, "utterances": new}
        context, _ = choose_context(asked, earlier, word_budget)
        yield context_of(meeting, "live", context, new)
        earlier.insert(0, StoredWindow(f"{STREAM}:{seq}", STREAM, seq, new, [], ""))


def sliding_contexts(meeting: Meeting, length: int) -> Iterator[dict[str, Any]]:
    """A context for every utterance, with those before it up to ``length`` in all."""
    said = [as_json(utterance) for utterance in utterances(meeting)]
    for at, utterance in enumerate(said):
        yield context_of(meeting, "live", said[max(0, at - length + 1) : at], [utterance])


def final_context(meeting: Meeting) -> dict[str, Any]:
    """What the final window brings: the whole meeting."""
    return context_of(meeting, "final", [], [as_json(utterance) for utterance in utterances(meeting)])


def context_of(
    meeting: Meeting, kind: str, context: list[dict[str, Any]], new: list[dict[str, Any]]
) -> dict[str, Any]:
    """A ``zoom-context/1``, with everybody who speaks in the meeting present from its start."""
    people = {str(line.user_id): line.speaker for line in meeting.lines}
    return {
        "schema": "zoom-context/1",
        "window_id": f"{STREAM}:{kind}:{new[0]['id']}",
        "session_id": "zoom-replay",
        "route": ROUTE,
        "kind": kind,
        "meeting": {"uuid": "replay", "id": "1", "topic": "Weekly", "started_at": "2026-11-22T10:00:00Z"},
        "stream_id": STREAM,
        "from_ms": new[0]["start_ms"],
        "to_ms": new[-1]["end_ms"],
        "participants": [{"user_id": user_id, "name": name} for user_id, name in people.items()],
        "context": context,
        "new": new,
        "gaps": [],
        "share": None,
        "prompt": "",
        "ask": None,
    }


def as_json(utterance: Utterance) -> dict[str, Any]:
    """An utterance as ``flows/window.schema.json`` has it."""
    names = ("speaker", "user_id", "start_ms", "end_ms", "text", "language", "source")
    return {"id": utterance.id, **{name: getattr(utterance, name) for name in names}}
