"""What is missing in Langflow before a meeting, looked at now and then while the bridge runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from bridge.clock import CLOCK
from bridge.errors import KeyRefused, LangflowError
from bridge.finding import Level, fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bridge.clock import Clock
    from bridge.finding import Finding

LOOK_SECONDS: Final = 300.0
AGAIN_SECONDS: Final = 15.0
"""Pause after a look in which Langflow could not be asked."""

log = structlog.get_logger(__name__)


class Setup:
    """The latest findings, those alone that somebody should do something about."""

    def __init__(self, look: Callable[[], Awaitable[Sequence[Finding]]], clock: Clock = CLOCK) -> None:
        """``look`` may raise :class:`LangflowError`."""
        self._look = look
        self._clock = clock
        self._findings: tuple[Finding, ...] = ()

    def findings(self) -> Sequence[Finding]:
        """As of the last look that got an answer."""
        return self._findings

    async def watch(self) -> None:
        """Look until cancelled; what is new is logged once."""
        while True:
            await self._clock.sleep(LOOK_SECONDS if await self.look() else AGAIN_SECONDS)

    async def look(self) -> bool:
        """Look once; false where Langflow could not be asked, which others tell."""
        try:
            found = tuple(finding for finding in await self._look() if finding.level is not Level.OK)
        except KeyRefused as error:
            found = (fault("Langflow does not take the API key", f"{error}."),)
        except LangflowError:
            return False
        for finding in found:
            if finding not in self._findings:
                log.warning("setup.incomplete", what=finding.what, advice=finding.advice)
        self._findings = found
        return True
