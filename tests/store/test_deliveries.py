"""What waits for webhook endpoints: in which order, how often, and until when; the same for each kind of store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.domain import DeliveryStatus, Output, RunStatus
from bridge.store.store import open_store
from tests.hooks.values import delivery
from tests.store.values import STREAM, window

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.store.store import Store


def ids(deliveries: list) -> list[str]:  # type: ignore[type-arg]
    return [each.delivery_id for each in deliveries]


async def test_deliveries(any_store: Store) -> None:
    """The first of each stream is sent next; what is told twice is there once, and what is settled keeps no words."""
    told = [delivery(1), delivery(2), delivery(1, stream_id="t"), delivery(1, to="other")]
    any_store.add_deliveries(told)
    any_store.add_deliveries([replace(told[0], created_ms=99, body="told again, later")])
    await any_store.flush()
    assert any_store.put_aside() == {}
    heads, waiting = await any_store.first_deliveries("crm")
    assert (heads, waiting) == ([replace(told[0], body=""), replace(told[2], body="")], 3)
    assert await any_store.delivery_body(told[0].delivery_id) == '{"n":1}'

    await any_store.delivery_tried(told[0].delivery_id, attempts=1, due_ms=77, answer="it answered 500")
    [tried, _], _ = await any_store.first_deliveries("crm")
    assert (tried.attempts, tried.due_ms, tried.answer) == (1, 77, "it answered 500")
    await any_store.delivery_ended(
        told[0].delivery_id, status=DeliveryStatus.DELIVERED, attempts=2, answer="it answered 204"
    )
    assert ids((await any_store.first_deliveries("crm"))[0]) == [told[1].delivery_id, told[2].delivery_id]
    assert await any_store.delivery_body(told[0].delivery_id) == ""
    newest, _, settled = await any_store.deliveries("s")
    assert (newest.endpoint, settled.status, settled.attempts) == ("other", DeliveryStatus.DELIVERED, 2)
    assert settled.ended_ms > 0

    assert await any_store.endpoints_waited_for() == ["crm", "other"]
    await any_store.give_up_deliveries(["crm"], "no such endpoint")
    assert await any_store.first_deliveries("crm") == ([], 0)
    assert await any_store.endpoints_waited_for() == ["other"]
    assert [each.answer for each in await any_store.deliveries("t")] == ["no such endpoint"]


async def test_deliveries_of_a_deleted_meeting(any_store: Store) -> None:
    """What waits and what was delivered goes with the meeting, and nothing is told of it afterwards."""
    any_store.put_stream(STREAM)
    any_store.add_deliveries([delivery(1), delivery(2), delivery(1, stream_id="t")])
    await any_store.delivery_ended("msg_crm_s_1", status=DeliveryStatus.DELIVERED, attempts=1, answer="204")
    await any_store.purge("m==")
    any_store.add_deliveries([delivery(3)])
    await any_store.delivery_tried("msg_crm_s_2", attempts=1, due_ms=1, answer="late")
    assert await any_store.deliveries("s") == []
    assert ids((await any_store.first_deliveries("crm"))[0]) == ["msg_crm_t_1"]


async def test_an_answer_and_what_is_told_of_it_survive_together(tmp_path: Path) -> None:
    """A store that is opened again has the deliveries of every answer that it has, waiting to be sent."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    async with open_store(url) as store:
        store.put_stream(STREAM)
        await store.add_window(window(1), gaps_told=0)
        news = Output("Hi.", '{"schema":"zoom-news/1"}')
        await store.run_ended(
            "s:r:1", status=RunStatus.DONE, attempts=1, output=news, deliveries=[delivery(1)]
        )
    async with open_store(url) as store:
        found = await store.run_of("s:r:1")
        assert found is not None
        assert (found.status, found.news) == (RunStatus.DONE, news.news)
        assert await store.delivery_body("msg_crm_s_1") == '{"n":1}'
        assert await store.run_of("s:r:2") is None
