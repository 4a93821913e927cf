"""What shall go wrong while a meeting is played, as a file says it. Pure but for reading that file."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bridge.errors import ConfigurationError
from bridge.files import first_fault, read_text
from bridge.rtms.messages import StopReason
from bridge.simulator.errors import FaultFileError
from bridge.simulator.fault_kinds import End, EndFault, Fault, Timed, TimedFault

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

_EndFaultT = TypeVar("_EndFaultT", bound=EndFault)


class FaultScript(BaseModel):
    """All that goes wrong in one meeting."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fault: tuple[Annotated[Fault, Field(discriminator="kind")], ...] = ()

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        ends = [fault.kind for fault in self.fault if not isinstance(fault, Timed)]
        if twins := sorted({kind for kind in ends if ends.count(kind) > 1}):
            raise ValueError(f"more than one {', '.join(twins)}")
        return self

    @property
    def early(self) -> list[TimedFault]:
        """Faults that are in force before the first webhook, in the order of the file."""
        return [each for each in self._timed if each.at_seconds is None and each.at_line is None]

    @property
    def by_time(self) -> list[TimedFault]:
        """Faults at a time of the meeting, earliest first."""
        found = [(each.at_seconds, each) for each in self._timed if each.at_seconds is not None]
        return [each for _, each in sorted(found, key=lambda pair: pair[0])]

    def at_line(self, n: int) -> list[TimedFault]:
        """Faults just before a line, in the order of the file."""
        return [each for each in self._timed if each.at_line == n]

    @property
    def ends(self) -> frozenset[StopReason]:
        """Reasons for which the stream may end when all goes as the script says."""
        early = {StopReason(each.reason) for each in self.fault if isinstance(each, End)}
        return frozenset({StopReason.MEETING_ENDED} | early)

    def find(self, kind: type[_EndFaultT]) -> _EndFaultT | None:
        """The fault of a kind that has no time."""
        return next((each for each in self.fault if isinstance(each, kind)), None)

    @property
    def _timed(self) -> list[TimedFault]:
        return [each for each in self.fault if isinstance(each, Timed)]


def read_faults(path: Path) -> FaultScript:
    """The script in a ``.toml`` file with ``[[fault]]`` tables, or in a ``.json`` file ``{"fault": [...]}``.

    Raises:
        FaultFileError: The file cannot be read, or a fault in it is none; says which and why.
    """
    try:
        text = read_text(path)
        content = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise FaultFileError(path, 0, error.strerror or "cannot be read") from None
    except ConfigurationError as error:
        raise FaultFileError(path, 0, str(error).removeprefix(f"{path} ")) from None
    except ValueError as error:  # TOMLDecodeError, JSONDecodeError
        raise FaultFileError(
            path, 0, f"not {'JSON' if path.suffix.lower() == '.json' else 'TOML'}: {error}"
        ) from None
    try:
        return FaultScript.model_validate(content)
    except ValidationError as error:
        raise _worded(path, error) from None


def _worded(path: Path, error: ValidationError) -> FaultFileError:
    """The first thing that is wrong, in words."""
    place, message = first_fault(error)
    number = 0
    match place.split("."):
        case ["fault", position, *rest] if position.isdecimal():
            # After the number comes the kind, which the message need not repeat.
            place, number = ".".join(rest[1:]), int(position) + 1
    return FaultFileError(path, number, f"{place and f'{place}: '}{message}")
