"""Who looks into a PostgreSQL database that bridges share: no bridge, and so shown everything."""

from __future__ import annotations

from typing import Any

from bridge.store.leases import Sole
from bridge.store.postgres import PostgresEngine


class Onlooker(PostgresEngine):
    """Reads, and never joins."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.leases = _Everything()  # type: ignore[assignment]


class _Everything(Sole):
    def deaf(self) -> None:
        """Nobody tells it anything."""

    async def leave(self, connection: object) -> None:
        """It was never there."""
