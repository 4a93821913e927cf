"""The bridge as a process to be measured: ``python -m benchmarks.bridge_process SETTINGS_JSON``.

Everything is as in production but the metrics, which keep each window's delay beside counting it.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.load import FLOW
from benchmarks.probe import answer_orders
from bridge import loop
from bridge.admin.metrics import Metrics
from bridge.app import running_bridge
from bridge.domain import WindowKind
from bridge.flow.routes import Route, WindowRule
from bridge.logs import configure_logs
from bridge.settings import GivenSettings, Settings

if TYPE_CHECKING:
    from bridge.rtms.messages import JsonObject

ROUTE = Route(name=FLOW, flow=FLOW, window=WindowRule(max_seconds=60, max_words=120))
"""Ten of the load's utterances fill a window: each is closed by its last word, about every 20 seconds."""

_delays: list[tuple[float, float]] = []


class _Metrics(Metrics):
    def window(self, route: str, kind: str, delay_seconds: float) -> None:
        super().window(route, kind, delay_seconds)
        if kind == WindowKind.LIVE:
            _delays.append((time.time(), delay_seconds))


def _obey(_order: JsonObject) -> JsonObject:
    """``{}`` is the only order: every live window's time and delay since the last order, in seconds."""
    told = list(_delays)
    _delays.clear()
    return {"delays": told}


async def _main(settings: Settings) -> None:
    configure_logs(json=True)
    async with running_bridge(settings, [ROUTE], metrics=_Metrics()) as bridge:
        loop.settle()
        await answer_orders({"webhook_url": bridge.webhook_url, "admin_url": bridge.admin_url}, _obey)


if __name__ == "__main__":
    loop.run(_main(GivenSettings.model_validate(json.loads(sys.argv[1]))))
