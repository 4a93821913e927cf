"""Servers that end at once, and bridges that lose no time over retries."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvicorn.server

if TYPE_CHECKING:
    import pytest


class _QuickAsyncio:
    """asyncio whose sleeps are short; uvicorn looks every 0.1 s whether it shall end, and again whether it has."""

    def __getattr__(self, name: str) -> object:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / 20)


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that are right in production and would only make tests long."""
    monkeypatch.setattr(uvicorn.server, "asyncio", _QuickAsyncio())
    monkeypatch.setattr("bridge.flow.worker.FIRST_DELAY_SECONDS", 0.02)
    monkeypatch.setattr("bridge.flow.worker.LONGEST_DELAY_SECONDS", 0.1)
    monkeypatch.setattr("bridge.flow.parking.FIRST_LOOK_SECONDS", 0.02)
    monkeypatch.setattr("bridge.flow.parking.LONGEST_LOOK_SECONDS", 0.1)
    monkeypatch.setattr("bridge.hooks.outcome.FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr("bridge.hooks.outcome.LONGEST_PAUSE_SECONDS", 0.1)
    monkeypatch.setattr("bridge.hooks.courier.FIRST_REST_SECONDS", 0.01)
    monkeypatch.setattr("bridge.hooks.courier.LONGEST_REST_SECONDS", 0.1)
    monkeypatch.setattr("bridge.assembly.meetings.CHECK_SECONDS", 0.05)
    monkeypatch.setattr("bridge.session.registry.GRACE_SECONDS", 0.2)
