"""The ways to run a window: by Langflow while we wait, as Langflow's job, or by a Python function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bridge.flow.routes import CALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Output, Window
    from bridge.flow.routes import Route


class Runner(Protocol):
    """One way."""

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        """The window's answer; empty when there is nothing to say.

        Raises:
            LangflowError: There is none; its kind says whether and how long to try again.
        """

    async def give_up(self, window: Window) -> None:
        """Nobody will ask for this window again: end what may still run for it, as far as that is possible."""

    async def trouble(self, window: Window) -> str:
        """What is wrong where flows run; empty where all is well, so that a failure is the flow's own."""


class Runners:
    """Takes each window the way that its route says."""

    def __init__(self, routes: Sequence[Route], *, sync: Runner, background: Runner, calls: Runner) -> None:
        self._sync = sync
        self._calls = calls
        self._by_route = {route.name: background for route in routes if route.run == "background"}

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        """As :meth:`Runner.run`. What a window is for was stored with it, and how to get there is the route's."""
        return await self._runner(window).run(window, timeout_seconds=timeout_seconds)

    async def give_up(self, window: Window) -> None:
        """As :meth:`Runner.give_up`, the same way."""
        await self._runner(window).give_up(window)

    async def trouble(self, window: Window) -> str:
        """As :meth:`Runner.trouble`, where the window is run."""
        return await self._runner(window).trouble(window)

    def _runner(self, window: Window) -> Runner:
        of_flows = self._by_route.get(window.route, self._sync)
        return self._calls if window.flow.startswith(CALL) else of_flows
