"""For whom pages are made: where they stand, and what their readers can set in motion. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bridge.pages.wording import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The same templates serve each."""

    base: str = ""
    """Before every address of theirs: empty, or a path that begins with ``/``."""
    operates: bool = True
    """Whether readers run the bridge: they see what flows did and what broke, and have the other meetings beside it."""
    sdk: str = ""
    """Where the SDK of Zoom's client is, in which its readers can post to the meeting's chat; empty outside of Zoom."""
    call: str = ""
    """With what a chat message calls the assistant; empty where nobody would answer."""

    def url_of(self, stream_id: str, what: str = "") -> str:
        """Where a meeting's page, or something of it, is."""
        return f"{self.base}/meetings/{quoted(stream_id)}{f'/{what}' if what else ''}"


OPERATOR: Final = Edition()
"""Pages of the private listener."""
