"""Bridges that share a database lose no word and tell none twice, whatever befalls one of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.replicas import play

if TYPE_CHECKING:
    from tests.postgres_fixture import PostgresServer

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(300)]

SEED = 20_261_129


async def test_bridges_that_die_stop_freeze_and_are_cut_off(
    postgres_server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever was delivered to a bridge that held its leases is in one live window and in the final one, or in a gap."""
    caplog.set_level(logging.CRITICAL, logger="websockets.server")
    played = await play(range(SEED, SEED + 6), seconds=300, fate=SEED, postgres=postgres_server)
    assert played.wrong == {}
    assert set(played.befallen) == {"killed", "stopped", "frozen", "cut_off"}
    assert played.takeovers
