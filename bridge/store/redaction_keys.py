"""Keys of redaction: what the placeholders in a meeting's windows stand for. Each change is a version of the whole."""

from __future__ import annotations

from bridge.domain import RedactionKey
from bridge.errors import WriteRefused
from bridge.store.query import Op, Query
from bridge.store.reads import Reads
from bridge.store.rows import fields, from_row, to_row
from bridge.store.writes import Writes


class RedactionKeys(Reads, Writes):
    """What redaction asks and writes; it waits for a database that is away."""

    async def redaction_key(self, meeting_uuid: str) -> RedactionKey | None:
        """The newest version of a meeting's key; ``None`` where nothing was redacted."""
        where = (("meeting_uuid", "=", meeting_uuid),)
        rows = await self._read(Query("redaction_keys", where, fields(RedactionKey), ("-version",), 1))
        return from_row(RedactionKey, rows[0]) if rows else None

    async def add_redaction_key(self, key: RedactionKey) -> None:
        """Keep a new version, in the place of those before. Committed on return.

        Raises:
            WriteRefused: Another bridge was faster with this version, or the meeting is deleted.
        """
        number = self._add_of_stream("redaction_keys", to_row(key), Op.CLAIM)
        if number is None:
            raise WriteRefused("The key's meeting has been deleted.")
        await self._writer.written(number)
        self._delete(
            "redaction_keys", (("meeting_uuid", "=", key.meeting_uuid), ("version", "<", key.version))
        )
