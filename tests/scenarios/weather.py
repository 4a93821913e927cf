"""What goes wrong around many meetings at once: a database that takes nothing, a Langflow that answers anything else."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from tests.fakes.locked import locked
from tests.fakes.run_api import GATEWAY, LOCKED, LOGIN_PAGE, REDIRECT, Answer

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator
    from pathlib import Path

CALM_SECONDS = (0.3, 1.5)
STORM_SECONDS = (0.1, 0.4)
"""Shorter than Zoom waits for a webhook's answer: what a longer outage costs is another test's matter."""
REFUSED = Answer(status=403, text='{"detail": "Invalid or missing API key"}')
LANGFLOW = (GATEWAY, LOCKED, LOGIN_PAGE, REDIRECT, REFUSED, Answer(drop=True))


class Weather:
    """Storms by chance: of the database, or of Langflow, which gives :attr:`langflow` as its answer meanwhile."""

    def __init__(self, chance: random.Random, database: Path) -> None:
        self.langflow: Answer | None = None
        self.storms = 0
        self._chance = chance
        self._database = database

    @contextlib.asynccontextmanager
    async def blowing(self) -> AsyncIterator[None]:
        """Storms while the block runs; it is calm afterwards."""
        task = asyncio.create_task(self._blow(), name="weather")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _blow(self) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(*CALM_SECONDS))
            seconds = self._chance.uniform(*STORM_SECONDS)
            self.storms += 1
            if self._chance.random() < 0.5:
                async with locked(self._database):
                    await asyncio.sleep(seconds)
            else:
                self.langflow = self._chance.choice(LANGFLOW)
                try:
                    await asyncio.sleep(seconds)
                finally:
                    self.langflow = None
