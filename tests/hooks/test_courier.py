"""Attempts on a clock of the test's own: in which order, how often, and who waits for whom."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bridge.clock import Clock
from bridge.domain import DeliveryStatus
from bridge.hooks import courier, outcome
from bridge.hooks.courier import Courier
from bridge.hooks.order import AT_ONCE
from bridge.hooks.outcome import Answer
from bridge.hooks.webhooks import Webhooks
from bridge.store import deliveries
from bridge.store.store import open_store
from bridge.tasks import beside, wait_for_either
from tests.fakes.virtual import in_virtual_time
from tests.hooks.values import HOSTILE, delivery, endpoint, stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bridge.domain import Delivery
    from bridge.hooks.endpoint import Endpoint
    from bridge.store.store import Store

OK = Answer(status=204)
BROKEN = Answer(status=500)


class World:
    """An endpoint that answers as it is told, and what came of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.sent: list[str] = []
        self.at: list[float] = []
        self.answers: dict[str, list[Answer]] = {}
        """By delivery, given out one by one; then success."""
        self.held: dict[str, asyncio.Event] = {}
        """Streams that are answered only once this is set."""
        self.changed = asyncio.Event()
        self.most = 0
        self._under_way = 0
        self.outcomes: list[tuple[str, str]] = []
        self.set_back = 0.0
        """By how many seconds the clock was set back."""
        self.clock = Clock(
            wall=lambda: 1000 - self.set_back + asyncio.get_running_loop().time(),
            steady=lambda: asyncio.get_running_loop().time(),
            chance=lambda: 0.0,
        )

    async def post(self, to: Endpoint, delivery_id: str, body: bytes) -> Answer:
        """One attempt."""
        name = delivery_id.removeprefix(f"msg_{to.name}_")
        self.sent.append(name)
        self.at.append(asyncio.get_running_loop().time())
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        self.changed.set()
        try:
            await asyncio.sleep(0.1)
            if held := self.held.get(name.partition("_")[0]):
                await held.wait()
        finally:
            self._under_way -= 1
        left = self.answers.get(name) or self.answers.get(to.name)
        return left.pop(0) if left else OK

    def delivery(self, endpoint: str, outcome: str) -> None:
        """As the metrics count."""
        self.outcomes.append((endpoint, outcome))
        self.changed.set()

    def courier(self, name: str = "crm") -> Courier:
        """One that is not running."""
        return Courier(endpoint(name), self.store, self.post, self, self.clock)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that an attempt brings about."""
        while not condition():
            self.changed.clear()
            await self.changed.wait()

    async def all_settled(self, name: str = "crm", *, look_seconds: float = 1.0) -> None:
        """Wait until nothing waits for an endpoint."""
        while (await self.store.first_deliveries(name))[1]:
            self.changed.clear()
            await wait_for_either(self.changed, look_seconds)

    async def status(self, delivery_id: str) -> tuple[DeliveryStatus, int, str]:
        """How a delivery stands."""
        [found] = [
            each
            for each in await self.store.deliveries(delivery_id.split("_")[2])
            if each.delivery_id == delivery_id
        ]
        return found.status, found.attempts, found.answer


@asynccontextmanager
async def world(*deliveries: Delivery) -> AsyncIterator[World]:
    """A store in memory with what waits."""
    async with open_store("memory://") as store:
        made = World(store)
        store.add_deliveries(deliveries)
        await store.flush()
        yield made


@in_virtual_time
async def test_in_order() -> None:
    """A meeting's deliveries go one by one as they were made; those of several meetings go beside each other, few at once."""
    waiting = [delivery(n, stream_id=f"s{s}") for n in range(1, 5) for s in range(10)]
    async with world(*waiting) as crm, beside(crm.courier().run(), name="courier"):
        await crm.all_settled()
    for s in range(10):
        assert [each for each in crm.sent if each.startswith(f"s{s}_")] == [f"s{s}_{n}" for n in range(1, 5)]
    assert crm.most == AT_ONCE
    assert crm.outcomes == [("crm", "delivered")] * 40


@in_virtual_time
async def test_an_endpoint_that_is_back_after_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many meetings wait for it, all that waits is looked at once in a while, and not behind each delivery."""
    waiting = [delivery(n, stream_id=f"s{s}") for n in (1, 2) for s in range(200)]
    async with world(*waiting) as crm:
        looks, look = [], crm.store.first_deliveries
        monkeypatch.setattr(crm.store, "first_deliveries", lambda name: looks.append(name) or look(name))
        async with beside(crm.courier().run(), name="courier"):
            await crm.until(lambda: len(crm.outcomes) == 400)
    assert looks == ["crm"]


@in_virtual_time
async def test_more_meetings_than_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that a look leaves out have their turn as soon as nothing of the others can be sent, though these are never taken."""
    monkeypatch.setattr(deliveries, "MOST_STREAMS", 5)
    monkeypatch.setattr(courier, "MOST_STREAMS", 5)
    async with world(*(delivery(1, stream_id=f"s{s}") for s in range(12))) as crm:
        crm.answers["crm"] = [Answer(status=404)] * 5
        async with beside(crm.courier().run(), name="courier"):
            await crm.until(lambda: len(crm.outcomes) == 12)
    assert sorted(crm.sent) == sorted(f"s{s}_1" for s in range(12))
    assert crm.at[-1] < 1


@in_virtual_time
async def test_more_meetings_than_are_told_at_once_and_none_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """While all wait for their time nothing is looked for again and again."""
    monkeypatch.setattr(deliveries, "MOST_STREAMS", 5)
    monkeypatch.setattr(courier, "MOST_STREAMS", 5)
    async with world(*(delivery(1, stream_id=f"s{s}") for s in range(12))) as crm:
        crm.answers["crm"] = [Answer(status=404)] * 12
        looks, look = [], crm.store.first_deliveries
        monkeypatch.setattr(crm.store, "first_deliveries", lambda name: looks.append(name) or look(name))
        async with asyncio.timeout(60), beside(crm.courier().run(), name="courier"):
            await crm.until(lambda: len(crm.outcomes) == 24)
    assert len(looks) < 24


@in_virtual_time
async def test_a_look_that_was_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a look had read before an attempt failed does not bring on the next attempt before its time."""
    async with world(delivery(1)) as crm:
        crm.answers["s_1"], crm.held["s"] = [Answer(status=404)], asyncio.Event()
        slow, look = crm.courier(), crm.store.first_deliveries

        async def overtaken(name: str) -> tuple[list[Delivery], int]:
            found = await look(name)
            if crm.sent and not crm.held["s"].is_set():
                crm.held["s"].set()
                await asyncio.wait(
                    {each for each in asyncio.all_tasks() if each.get_name() == "deliver to crm"}
                )
            return found

        monkeypatch.setattr(crm.store, "first_deliveries", overtaken)
        async with beside(slow.run(), name="courier"):
            await crm.until(lambda: bool(crm.sent))
            slow.wake()
            await crm.until(lambda: len(crm.outcomes) == 2)
        first, second = crm.at
        assert round(second - first) == 5
        assert (await crm.status("msg_crm_s_1"))[1] == 2


@pytest.mark.parametrize(("waits", "seconds"), [("flush", 1.0), ("first_deliveries", courier.POLL_SECONDS)])
@in_virtual_time
async def test_a_database_that_was_away(waits: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a look waited for the database is not how long it took: what is new goes at once, or within half a minute."""
    async with world() as crm:
        away, really, woken = [600.0], getattr(crm.store, waits), crm.courier()

        async def once_back(*given: Any) -> Any:
            await asyncio.sleep(away.pop() if away else 0.0)
            return await really(*given)

        monkeypatch.setattr(crm.store, waits, once_back)
        async with beside(woken.run(), name="courier"):
            await asyncio.sleep(601)
            crm.store.add_deliveries([delivery(1)])
            woken.wake()
            await crm.until(lambda: bool(crm.sent))
        assert crm.at[0] <= 601 + seconds


@in_virtual_time
async def test_tried_again() -> None:
    """What is not taken is tried after 5 s, 25 s, 2 min; what follows in its meeting waits, other meetings do not."""
    async with world(delivery(1), delivery(2), delivery(1, stream_id="t")) as crm:
        crm.answers["s_1"] = [BROKEN, Answer(why="no answer within 20 s"), Answer(status=404)]
        with structlog.testing.capture_logs() as logs:
            async with beside(crm.courier().run(), name="courier"):
                await crm.all_settled()
        assert crm.sent == ["s_1", "t_1", "s_1", "s_1", "s_1", "s_2"]
        first, _, second, third, fourth, _ = crm.at
        assert [round(each) for each in (second - first, third - second, fourth - third)] == [5, 25, 125]
        assert await crm.status("msg_crm_s_1") == (DeliveryStatus.DELIVERED, 4, "it answered 204 No Content")
    told = [(each["event"], each["endpoint"]) for each in logs if each["event"].startswith("webhook.")]
    assert told[0] == ("webhook.away", "crm")
    assert told[-1] == ("webhook.back", "crm")


@in_virtual_time
async def test_who_waits_for_a_dead_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that never answers is tried to the end of its time and each of its deliveries given up with a reason; nobody else waits for it."""
    monkeypatch.setattr(outcome, "GIVE_UP_SECONDS", 6 * 3600.0)
    waiting = [delivery(n, to=to, created_ms=1_000_000) for to in ("dead", "crm") for n in (1, 2)]
    async with world(*waiting) as both:
        both.answers["dead"] = [Answer(why="nobody answers at https://crm.example")] * 1000
        hooks = Webhooks(
            [endpoint("dead"), endpoint("crm")],
            store=both.store,
            post=both.post,
            metrics=both,
            clock=both.clock,
        )
        async with beside(hooks.run(), name="webhooks"):
            await both.all_settled("crm")
            assert asyncio.get_running_loop().time() < 5
            assert hooks.troubles() == {"dead": "nobody answers at https://crm.example"}
            assert hooks.waiting_seconds() > 0
            await asyncio.sleep(60)
            assert hooks.waiting() == 2
            await both.all_settled("dead", look_seconds=600)
        assert 6 * 3600 <= asyncio.get_running_loop().time() <= 9 * 3600
        status, attempts, why = await both.status("msg_dead_s_1")
        assert (status, why.startswith("given up after 6 hours")) == (DeliveryStatus.FAILED, True)
        assert 7 <= attempts <= 10
        assert (await both.status("msg_dead_s_2"))[1] >= 1
    assert both.outcomes.count(("dead", "failed")) == 2


@in_virtual_time
async def test_a_slow_meeting() -> None:
    """A delivery that is long under way keeps back its own meeting alone."""
    async with world(delivery(1), delivery(2), *(delivery(n, stream_id="t") for n in range(1, 6))) as crm:
        crm.held["s"] = asyncio.Event()
        async with beside(crm.courier().run(), name="courier"):
            await crm.until(lambda: "t_5" in crm.sent)
            assert "s_2" not in crm.sent
            crm.held["s"].set()
            await crm.all_settled()


@in_virtual_time
async def test_gone() -> None:
    """410 ends an endpoint: what waits for it is given up, also what other bridges still store; the next start asks once again."""
    async with world(delivery(1), delivery(2), delivery(1, stream_id="t")) as crm:
        crm.answers["s_1"] = [Answer(status=410)]
        hooks = Webhooks([endpoint()], store=crm.store, post=crm.post, metrics=crm, clock=crm.clock)
        async with beside(hooks.run(), name="webhooks"):
            await crm.all_settled()
            crm.store.add_deliveries([delivery(3)])  # another bridge does not know
            await crm.store.flush()
            async with asyncio.timeout(60):
                await crm.all_settled()
        assert (await crm.status("msg_crm_s_3"))[0] is DeliveryStatus.FAILED
        assert crm.sent == ["s_1", "t_1"]
        assert hooks.troubles() == {"crm": "it answered 410 Gone"}
        assert (hooks.waiting(), hooks.waiting_seconds()) == (0, 0.0)
        assert (await crm.status("msg_crm_s_1"))[0] is DeliveryStatus.FAILED
        status, attempts, why = await crm.status("msg_crm_s_2")
        assert (status, attempts) == (DeliveryStatus.FAILED, 0)
        assert why == "the endpoint has answered 410 and is told nothing more until the bridge starts again"
        hooks.teller.announce(stream("u"), ["r"])
        await crm.store.flush()
        assert await crm.store.deliveries("u") == []
        again = Webhooks([endpoint()], store=crm.store, post=crm.post, metrics=crm, clock=crm.clock)
        async with beside(again.run(), name="webhooks"):
            again.teller.announce(stream("u"), ["r"])
            await crm.store.flush()
            await crm.all_settled()
        assert [each.status for each in await crm.store.deliveries("u")] == [DeliveryStatus.DELIVERED]


@in_virtual_time
async def test_asked_to_wait() -> None:
    """An endpoint that asks for a pause has it from every delivery."""
    async with world(delivery(1), delivery(1, stream_id="t")) as crm:
        crm.held["t"] = asyncio.Event()
        crm.answers["s_1"] = [Answer(status=429, retry_after_seconds=600.0)]
        crm.answers["t_1"] = [BROKEN]
        async with beside(crm.courier().run(), name="courier"):
            await crm.until(lambda: len(crm.outcomes) == 1)
            crm.held.pop("t").set()
            await crm.all_settled()
        assert crm.sent[:2] == ["s_1", "t_1"]
        assert min(crm.at[2:]) >= 600


@in_virtual_time
async def test_a_clock_that_is_set_back() -> None:
    """An endpoint that was in trouble at that moment is told of other meetings within seconds, not a quarter of an hour later."""
    async with world(delivery(1)) as crm:
        crm.answers["s_1"] = [BROKEN]
        async with beside(crm.courier().run(), name="courier"):
            await crm.until(lambda: len(crm.outcomes) == 1)
            crm.set_back = 900.0
            crm.store.add_deliveries([delivery(1, stream_id="t")])
            await crm.until(lambda: ("crm", "delivered") in crm.outcomes)
        assert crm.sent == ["s_1", "t_1"]
        assert crm.at[1] < 60


@in_virtual_time
async def test_an_endpoint_that_is_configured_no_more() -> None:
    """What waits for an endpoint that no route has any more is given up, and told so."""
    async with world(delivery(1, to="old"), delivery(1)) as crm:
        hooks = Webhooks([endpoint()], store=crm.store, post=crm.post, metrics=crm, clock=crm.clock)
        async with beside(hooks.run(), name="webhooks"):
            await crm.all_settled()
        assert (await crm.status("msg_old_s_1"))[2] == "no route has an endpoint of this name any more"
        assert crm.sent == ["s_1"]


@in_virtual_time
async def test_a_meeting_that_is_deleted() -> None:
    """What waits for its time when its meeting is deleted is never sent."""
    async with world(delivery(1), delivery(2)) as crm:
        crm.store.put_stream(stream())
        crm.answers["s_1"] = [BROKEN]
        async with beside(crm.courier().run(), name="courier"):
            await crm.until(lambda: len(crm.outcomes) == 1)
            await crm.store.purge("aB3/xY+z9Q==")
            await asyncio.sleep(7200)
        assert crm.sent == ["s_1"]


@in_virtual_time
async def test_nothing_said_is_logged() -> None:
    """A failure is told by endpoint, type and stream, never by what was to be told."""
    async with world(delivery(1, body=HOSTILE.replace("\ud83d", "").replace("\0", ""))) as crm:
        crm.answers["s_1"] = [Answer(status=400)] * 5
        with structlog.testing.capture_logs() as logs:
            async with beside(crm.courier().run(), name="courier"):
                await crm.all_settled()
        (failed,) = [each for each in logs if each["event"] == "webhook.failed"]
        assert (failed["endpoint"], failed["event_name"], failed["attempts"]) == ("crm", "finding.created", 5)
        assert "script" not in str(logs)
        assert "crm.example" not in str(logs)
