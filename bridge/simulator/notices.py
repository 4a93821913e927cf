"""The events that Zoom tells an app about one stream, by webhook or to whoever is connected to the subscription."""

from __future__ import annotations

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

        ``like`` names an event whose time, where it came last, the new one has, to the millisecond.
        """
        payload = {**self._ids, **fields}
        if self._webhook_url is None:
            await self._subscription.deliver(f"meeting.{event}", payload)
            return True
        same = self._of(like)[-1:]
        delivery = await self._sender.deliver(
            self._webhook_url, f"meeting.{event}", payload, event_ts=same[0].event_ts if same else None
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

    def _of(self, event: str) -> list[Delivery]:
        return [each for each in self.deliveries if each.event == f"meeting.{event}"]
