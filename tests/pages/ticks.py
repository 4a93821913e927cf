"""A clock whose sleepers wake when a test says so."""

from __future__ import annotations

import asyncio

from bridge.clock import Clock
from tests.fakes.waiting import until


class Ticks:
    """Time stands still between two ticks."""

    def __init__(self) -> None:
        self._sleepers: list[asyncio.Future[None]] = []
        self.now = 1000.0
        self.clock = Clock(steady=lambda: self.now, wall=lambda: self.now, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        """Wait for the next tick."""
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.append(sleeper)
        await sleeper

    async def asleep(self, count: int = 1) -> None:
        """Wait until so many sleep."""
        await until(lambda: sum(not each.done() for each in self._sleepers) >= count)

    async def wake(self) -> int:
        """Wake everybody who sleeps; tells how many they were."""
        await self.asleep()
        waking, self._sleepers = [each for each in self._sleepers if not each.done()], []
        for sleeper in waking:
            sleeper.set_result(None)
        return len(waking)

    async def tick(self, times: int = 1) -> None:
        """Let everybody who sleeps look once, and wait until they sleep again."""
        for _ in range(times):
            await self.asleep(await self.wake())
