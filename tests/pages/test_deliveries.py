from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.domain import DeliveryStatus
from bridge.pages import deliveries
from tests.hooks.values import HOSTILE, delivery
from tests.pages.stage import BEGAN_MS, stream

if TYPE_CHECKING:
    import pytest

    from bridge.store.store import Store


async def test_what_was_told(serve: Any, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A meeting leads to each delivery with its endpoint, its state and, where it was not taken, why; the newest first."""
    monkeypatch.setattr(deliveries, "MOST", 3)
    store.put_stream(stream("a/b", topic=HOSTILE.replace("\ud83d", "")))
    store.add_deliveries(delivery(n, stream_id="a/b", created_ms=BEGAN_MS + n) for n in range(1, 5))
    await store.delivery_ended(
        "msg_crm_a/b_2", status=DeliveryStatus.FAILED, attempts=5, answer="given up after 5 attempts: <i>"
    )
    await store.delivery_tried("msg_crm_a/b_3", attempts=2, due_ms=BEGAN_MS, answer="it answered 500")
    async with serve(webhooks=True) as served:
        assert 'href="/meetings/a%2Fb/webhooks"' in (await served.http.get("/meetings/a%2Fb")).text
        html = (await served.http.get("/meetings/a%2Fb/webhooks")).text
    assert html.index("msg_crm_a/b_4") < html.index("msg_crm_a/b_3") < html.index("msg_crm_a/b_2")
    assert "msg_crm_a/b_1" not in html
    assert "the last 3" in html
    assert "not taken, is tried again" in html
    assert "it answered 500. The next attempt is at" in html
    assert "given up after 5 attempts: &lt;i&gt;" in html
    assert "<script>alert" not in html
    assert '{"n":' not in html


async def test_nobody_is_told(serve: Any, store: Store) -> None:
    """Without endpoints no page leads there, and a meeting of which nothing was told says so; one that there is not is none."""
    store.put_stream(stream("s"))
    await store.flush()
    async with serve() as served:
        assert "/webhooks" not in (await served.http.get("/meetings/s")).text
        assert "Nobody was told anything" in (await served.http.get("/meetings/s/webhooks")).text
        assert (await served.http.get("/meetings/t/webhooks")).status_code == 404
        assert (await served.http.get("/meetings/%00/webhooks")).status_code == 404


async def test_who_may_look(serve: Any, store: Store) -> None:
    """What was told is for those who know the token, as all pages are."""
    store.put_stream(stream("s"))
    await store.flush()
    async with serve(token="t0ken-t0ken", webhooks=True) as served:
        assert (await served.http.get("/meetings/s/webhooks")).status_code == 401
