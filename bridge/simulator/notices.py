"""The events that Zoom tells an app about one stream, by webhook or to whoever is connected to the subscription."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.rtms.messages import JsonObject
    from bridge.simulator.handshake import Identity
    from bridge.simulator.subscription import Subscription
    from bridge.simulator.webhooks import Delivery, WebhookSender


class Notices:
    """What was and is told about one stream.

    Args:
        identity: Whose stream it is.
        sender: Where webhooks go out.
        webhook_url: The app's endpoint; ``None`` where it has none.
        subscription: Where events go instead, to be heard by whoever is connected.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        sender: WebhookSender,
        webhook_url: str | None,
        subscription: Subscription,
    ) -> None:
        self.deliveries: list[Delivery] = []
        """Every webhook that the app was to take, in the order in which they were settled."""
        self._ids = {"meeting_uuid": identity.meeting_uuid, "rtms_stream_id": identity.stream_id}
        self._sender = sender
        self._webhook_url = webhook_url
        self._subscription = subscription

    @property
    def last_status(self) -> int | None:
        """HTTP status of the newest attempt, settled or not; ``None`` without an answer, 0 before the first."""
        return self._sender.last_status

    async def post(self, event: str, fields: JsonObject, *, like: str = "") -> bool:
        """Deliver an event; whether Zoom is content, as it is with any subscription.

        ``like`` names an event whose time, where it came last, the new one has, to the millisecond; unless it
        would say word for word what was said before, which is no news to anybody.
        """
        payload = {**self._ids, **fields}
        if self._webhook_url is None:
            await self._subscription.deliver(f"meeting.{event}", payload)
            return True
        delivery = await self._sender.deliver(
            self._webhook_url, f"meeting.{event}", payload, event_ts=self._time_like(like, event, payload)
        )
        self.deliveries.append(delivery)
        return delivery.accepted

    async def post_again(self, event: str, count: int) -> None:
        """Deliver the newest webhook of an event again, byte for byte; a subscription repeats nothing."""
        found = self._of(event)
        for _ in range(count if found and self._webhook_url is not None else 0):
            self.deliveries.append(await self._sender.deliver_again(self._webhook_url or "", found[-1]))

    async def post_odd(self, event: str, payloads: Iterable[JsonObject]) -> None:
        """Post what the app is not to take, once each; it is nobody's failure that it refuses."""
        for payload in payloads if self._webhook_url is not None else ():
            await self._sender.post_once(self._webhook_url or "", f"meeting.{event}", payload)

    def _time_like(self, like: str, event: str, payload: JsonObject) -> int | None:
        found = self._of(like)
        if not found:
            return None
        at = found[-1].event_ts
        before = (each for each in self._of(event) if each.event_ts == at)
        return None if any(json.loads(each.body)["payload"] == payload for each in before) else at

    def _of(self, event: str) -> list[Delivery]:
        return [each for each in self.deliveries if each.event == f"meeting.{event}"]
