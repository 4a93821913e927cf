"""A window of a meeting that is over, made one of a rehearsal: of a session of its own, and marked. Pure.

In a rehearsal nothing may happen outside. A flow knows one by the window's ``rehearsal``; our components carry it on as
a field of the ``meeting``. What has no window, such as plain text or an Agent's tool, knows it by the session's name.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridge.flow.request import json_text

if TYPE_CHECKING:
    from bridge.domain import Window
    from bridge.flow.routes import Route


def rehearsed(window: Window, meeting_uuid: str, route: Route) -> Window:
    """The window as a flow gets it in the rehearsal of that meeting id, on a route of the rehearsal's own.

    A flow sees the name of the route that the window was cut for, and that of the rehearsal nowhere.
    """
    window_id = f"{meeting_uuid}:{window.route}:{window.seq}"
    text = window.input_value
    if text.startswith("{") and route.input == "window":
        value: dict[str, Any] = json.loads(text)
        value |= {"window_id": window_id, "stream_id": meeting_uuid, "rehearsal": True}
        value["meeting"] = value["meeting"] | {"uuid": meeting_uuid}
        text = json_text(value)
    return replace(
        window,
        window_id=window_id,
        stream_id=meeting_uuid,
        meeting_uuid=meeting_uuid,
        route=route.name,
        flow=route.target,
        input_value=text,
    )
