"""Which of several Langflows has a meeting. Pure.

Rendezvous hashing: each server is weighed for the meeting, and the heaviest has it. So the same list gives the same
answer on every bridge and after every start, in whatever order it is written; a server that comes or goes moves the
meetings of that one alone.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def order(meeting_uuid: str, addresses: Sequence[str]) -> list[int]:
    """Positions in ``addresses``: first that of the server that has the meeting, then those that would next."""
    return sorted(range(len(addresses)), key=lambda n: _weight(meeting_uuid, addresses[n]), reverse=True)


def _weight(meeting_uuid: str, address: str) -> bytes:
    return hashlib.sha256(f"{address}\n{meeting_uuid}".encode(errors="surrogatepass")).digest()
