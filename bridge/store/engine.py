"""What the store needs of a database; SQLite, PostgreSQL and plain memory stand behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.store.leases import Leases
    from bridge.store.query import Query, Row, Sought, TermCounts, Terms, Write


class Engine(Protocol):
    """A database, and what of it is this bridge's. Any method may raise; :meth:`absence` tells what that means.

    One task calls :meth:`hold`, :meth:`mark`, :meth:`commit` and :meth:`erase`; any task calls :meth:`read`,
    :meth:`term_counts` and :meth:`search`.
    """

    @property
    def leases(self) -> Leases:
        """Which streams are this bridge's."""

    @property
    def hold_seconds(self) -> float:
        """How often :meth:`hold` is wanted while nothing is written."""

    async def hold(self) -> None:
        """Make sure that what is ours is still ours.

        Raises:
            OwnershipLost: Other bridges have it.
        """

    async def mark(self) -> int:
        """The number of the newest write that is committed; 0 before the first."""

    async def commit(self, writes: Sequence[Write], mark: int) -> None:
        """Make all of the writes and move the mark, or nothing.

        Raises:
            KeyTaken: An insertion met a row of its key that says something else.
            OwnershipLost: Other bridges have what was ours.
        """

    async def read(self, query: Query) -> list[Row]:
        """The rows that answer a question, of what is committed."""

    async def term_counts(self, words: Sequence[Terms], streams: Sequence[str] | None) -> TermCounts:
        """How common terms are in passages; ``streams`` is the scope that is counted besides."""

    async def search(self, sought: Sought) -> list[Row]:
        """The passages that have what is sought, of what is committed."""

    async def erase(self) -> None:
        """Let nothing of what was deleted stay in the database's journal, nor in its index of terms."""

    async def close(self, *, leave: bool = True) -> None:
        """Give the store up; with ``leave`` for good, else an earlier process's place is kept for the next one."""

    def absence(self, error: Exception) -> str:
        """Why the database is away, in words without values; empty where it is there and refuses what was asked."""
