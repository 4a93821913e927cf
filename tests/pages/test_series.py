from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.domain import StreamState
from bridge.pages import series
from bridge.pages.series import series_of
from tests.pages.stage import BEGAN_MS, stream, whole_meeting

if TYPE_CHECKING:
    import httpx
    import pytest

    from bridge.store.store import Store


async def test_meetings_of_a_number(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest first, with what was decided and taken on; none of another number, none that was deleted."""
    monkeypatch.setattr(series, "MOST_MEETINGS", 2)
    for n in range(3):
        await whole_meeting(store, f"s{n}", started_at_ms=BEGAN_MS + n)
    store.put_stream(stream("other", meeting_id="999"))
    store.put_stream(stream("deleted", state=StreamState.ENDED, server_urls="", started_at_ms=BEGAN_MS + 9))
    await store.flush()
    found = await series_of(store, "812 3456 7890")
    assert [each.stream.stream_id for each in found] == ["s2", "s1"]
    assert [each.text for each in found[0].decisions] == [
        "Data moves over the long weekend; the pilot starts on Tuesday the ninth"
    ]
    assert [each.owner for each in found[0].actions] == ["Tomás Rey", "Ingrid Bauer"]


async def test_its_page(http: httpx.AsyncClient, store: Store) -> None:
    """A meeting leads to its series, and each finding there to its words; a number that nobody used is none."""
    await whole_meeting(store, "a/b")
    await whole_meeting(store, "c")
    [link] = re.findall(r'href="(/series[^"]+)"', (await http.get("/meetings/c")).text)
    html = (await http.get(link)).text
    assert 'href="/meetings/a%2Fb?at=12#u-000012"' in html
    assert len(set(re.findall(r'id="(found-\w+)"', html))) == len(re.findall(r'id="found-', html)) == 6
    for number in ("1", "%00", "", "x" * 300):
        assert (await http.get(f"/series?number={number}")).status_code == 404
