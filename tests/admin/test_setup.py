"""What is missing in Langflow, looked at while the bridge runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from bridge.admin.setup import AGAIN_SECONDS, LOOK_SECONDS, Setup
from bridge.clock import Clock
from bridge.errors import KeyRefused, LangflowAway
from bridge.finding import Finding, fault, warning

if TYPE_CHECKING:
    from collections.abc import Sequence

DRY, HALF = warning("No destination", "Fill it in."), fault("Half a destination", "Fill in the rest.")


class Looks:
    """Answers one after the other; an exception is raised."""

    def __init__(self, *answers: Sequence[Finding] | Exception) -> None:
        self._answers = iter(answers)

    async def __call__(self) -> Sequence[Finding]:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_what_is_new_is_logged_once() -> None:
    """What is well is not kept, what is mended goes, and what comes back is told again."""
    setup = Setup(Looks([DRY, Finding(what="fine")], [DRY, HALF], [], [DRY]))
    with structlog.testing.capture_logs() as logs:
        seen = []
        for _ in range(4):
            assert await setup.look()
            seen.append(list(setup.findings()))

    assert seen == [[DRY], [DRY, HALF], [], [DRY]]
    assert [line["what"] for line in logs] == [DRY.what, HALF.what, DRY.what]
    assert all(line["event"] == "setup.incomplete" and line["advice"] for line in logs)


async def test_a_refused_key_is_a_finding() -> None:
    """No run can come about with it."""
    setup = Setup(Looks(KeyRefused("Langflow answered 403")))
    with structlog.testing.capture_logs():
        assert await setup.look()

    [finding] = setup.findings()
    assert not finding.ok
    assert finding.advice == "Langflow answered 403."


async def test_while_langflow_is_away_the_last_look_counts() -> None:
    """That it is away is told elsewhere; it is asked again soon."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise asyncio.CancelledError

    setup = Setup(Looks([DRY], LangflowAway("x"), [HALF]), Clock(sleep=sleep))
    with structlog.testing.capture_logs():
        watching = asyncio.create_task(setup.watch())
        await asyncio.wait([watching])

    assert slept == [LOOK_SECONDS, AGAIN_SECONDS, LOOK_SECONDS]
    assert setup.findings() == (HALF,)
