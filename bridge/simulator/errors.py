"""What can go wrong when a meeting is simulated.

::

    SimulatorError
    ├── MeetingFileError   the meeting file cannot be read (whoever wrote the file)
    ├── FaultFileError     the file of faults cannot be read (whoever wrote the file)
    └── WebhookError       the bridge did not take a webhook (the bridge, or its address)

What a *client* of the simulator does wrong is no error here: it is answered as Zoom would, and
recorded as a :class:`bridge.simulator.handshake.Refusal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from pathlib import Path


class SimulatorError(BridgeError):
    """Base of everything the simulator raises."""


class MeetingFileError(SimulatorError):
    """A meeting file that cannot be played; names the file, the line and the fault, never the words.

    ``line`` counts from 1; 0 is the file as a whole.
    """

    def __init__(self, path: Path, line: int, fault: str) -> None:
        where = f"{path}:{line}" if line else f"{path}"
        super().__init__(f"{where}: {fault}")
        self.path = path
        self.line = line
        self.fault = fault


class FaultFileError(SimulatorError):
    """A file of faults that cannot be followed.

    ``number`` counts the file's faults from 1; 0 is the file as a whole.
    """

    def __init__(self, path: Path, number: int, why: str) -> None:
        where = f"{path}, fault {number}" if number else f"{path}"
        super().__init__(f"{where}: {why}")
        self.path = path
        self.number = number
        self.why = why


class WebhookError(SimulatorError):
    """A webhook was not answered as Zoom demands, after every attempt that Zoom makes."""

    def __init__(self, event: str, fault: str) -> None:
        super().__init__(f"{event} was not accepted: {fault}")
        self.event = event
        self.fault = fault
