"""Zoom Window Switch: a branch of the flow for each kind of window."""

from __future__ import annotations

from typing import Final

from lfx.custom import Component
from lfx.io import HandleInput, Output
from lfx.schema.data import Data

SCHEMAS: Final = ("zoom-context/1", "zoom-insights/1", "zoom-news/1")
KINDS: Final = ("start", "live", "ask", "final")


class WindowError(ValueError):
    """What arrived tells no kind of window."""


class ZoomWindowSwitch(Component):
    """Stands behind Zoom Context Buffer, or any other part that passes a window on.

    The window goes on, unchanged, behind the one output of its kind; nothing behind the others runs. A part
    behind two outputs runs when either has the window. What was approved goes the way of the window that it was found in.
    """

    display_name = "Zoom Window Switch"
    description = "Sends a Zoom window down the branch for its kind: start, live, ask or final."
    documentation = "https://developers.zoom.us/docs/rtms/"
    icon = "Zoom"
    name = "ZoomWindowSwitch"

    inputs = [
        HandleInput(
            name="window",
            display_name="Window",
            info="The Context of Zoom Context Buffer, or the insights or news made of it.",
            input_types=["Data", "JSON"],
            required=True,
        ),
    ]
    outputs = [
        Output(name="start", display_name="Start", method="start_window", group_outputs=True),
        Output(name="live", display_name="Live", method="live_window", group_outputs=True),
        Output(name="ask", display_name="Ask", method="ask_window", group_outputs=True),
        Output(name="final", display_name="Final", method="final_window", group_outputs=True),
    ]

    def start_window(self) -> Data:
        """Give the window where the meeting starts with it."""
        return self._pass()

    def live_window(self) -> Data:
        """Give the window where it carries what was just said."""
        return self._pass()

    def ask_window(self) -> Data:
        """Give the window where somebody asked the assistant."""
        return self._pass()

    def final_window(self) -> Data:
        """Give the window where the meeting is over."""
        return self._pass()

    def _pass(self) -> Data:
        """Give the window and let nothing run behind the outputs of other kinds.

        Langflow calls this once for each output that is connected, always with the same result. It needs both
        calls: the first takes the stopped branches out of the waiting lists of shared parts behind them, the second
        keeps them out when the branch of the window's kind goes on.

        Raises:
            WindowError: The input is no window.
        """
        window = self.window.data if isinstance(self.window, Data) else {}
        kind = window.get("kind")
        if kind == "approved":
            kind = (window.get("approved") or window).get("of")
        if window.get("schema") not in SCHEMAS or kind not in KINDS:
            msg = "The Window input must be a Zoom window. Connect the Context of Zoom Context Buffer to it."
            raise WindowError(msg)
        self.status = f"{kind} window"
        if self._vertex is not None:
            others = [name for name in KINDS if name != kind]
            for name in others:
                self.stop(name)
            self.graph.exclude_branches_conditionally(self._id, others)
        whole: Data = self.window
        return whole
