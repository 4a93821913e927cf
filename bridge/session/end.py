"""Why a stream is over. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.errors import ZoomError
from bridge.rtms.messages import StopReason
from bridge.rtms.status import RESTART_CANDIDATES, stop_words


@dataclass(frozen=True, slots=True)
class End:
    """Why a stream is over."""

    words: str
    stop_reason: int | None = None
    """RTMS_STOP_REASON, where Zoom gave one."""
    given_up: bool = False
    """Whether it was the bridge that saw no way to go on."""
    unheard: bool = False
    """Whether nobody heard the stream when it ended."""

    @classmethod
    def by_zoom(cls, stop_reason: int | None) -> End:
        """Zoom ended it."""
        return cls(stop_words(stop_reason), stop_reason)

    @property
    def while_lost(self) -> bool:
        """Whether the meeting may have gone on unheard since the sockets were lost."""
        return self.given_up or self.unheard or self.stop_reason in RESTART_CANDIDATES

    @property
    def consent_revoked(self) -> bool:
        """Whether everything stored of the meeting has to be deleted at once."""
        return self.stop_reason == StopReason.STREAM_REVOKED


class StreamOver(ZoomError):
    """Zoom said on a socket that the stream has ended."""

    def __init__(self, end: End) -> None:
        self.end = end
        super().__init__(end.words)
