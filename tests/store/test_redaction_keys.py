"""Keys of redaction: versions, of which one wins, and that go with the meeting."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge.domain import RedactionKey, StreamState
from bridge.errors import WriteRefused
from tests.store.values import STREAM

if TYPE_CHECKING:
    from bridge.store.store import Store

KEY = RedactionKey(meeting_uuid="m==", version=1, content='[{"text":"Dana — 日本語"}]', stream_id="s")


async def test_the_newest_version(any_store: Store) -> None:
    """It takes the place of those before; of another meeting's nothing is seen."""
    for version in (1, 2, 11):
        await any_store.add_redaction_key(replace(KEY, version=version, content=f"[{version}]"))
    await any_store.add_redaction_key(replace(KEY, meeting_uuid="other"))

    assert await any_store.redaction_key("m==") == replace(KEY, version=11, content="[11]")
    assert await any_store.redaction_key("unknown") is None


async def test_of_two_at_once_one_is_refused(any_store: Store) -> None:
    """Whoever is second has to look again; writing the same twice is writing it once."""
    await any_store.add_redaction_key(KEY)
    await any_store.add_redaction_key(KEY)
    with pytest.raises(WriteRefused):
        await any_store.add_redaction_key(replace(KEY, content="[]"))

    assert await any_store.redaction_key("m==") == KEY
    assert any_store.put_aside() == {}, "the second one was told, and no row is lost"


async def test_it_goes_with_the_meeting(any_store: Store) -> None:
    """Revoked consent and age delete it, and of a deleted meeting none is written any more."""
    any_store.put_stream(replace(STREAM, state=StreamState.ENDED))
    any_store.stream_settled("s")
    await any_store.add_redaction_key(KEY)
    await any_store.purge("m==")

    assert await any_store.redaction_key("m==") is None
    with pytest.raises(WriteRefused):
        await any_store.add_redaction_key(replace(KEY, version=2))
    assert await any_store.redaction_key("m==") is None
