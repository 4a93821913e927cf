"""Zoom, as far as a bridge can see it: its WebSocket servers, chat endpoints and REST API, on loopback."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
import time
import uuid
from typing import TYPE_CHECKING, Self

import httpx
from starlette.applications import Starlette
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bridge.listener import http_listener
from bridge.rtms.messages import JsonObject, MediaType, MessageType, StatusCode
from bridge.simulator import noise
from bridge.simulator.chat import Chat, ChatPost, ChatWebhook
from bridge.simulator.faults import FaultScript
from bridge.simulator.handshake import Identity, Refusal, RefusedError, Socket, check_fields
from bridge.simulator.link import Link
from bridge.simulator.notices import Notices
from bridge.simulator.playback import Playback
from bridge.simulator.rest import Rest, RestMeeting
from bridge.simulator.stream import Patience, Stream
from bridge.simulator.subscription import HEARTBEAT_SECONDS, PATH, Subscription
from bridge.simulator.webhooks import ZOOM_RETRY_SECONDS, WebhookSender
from bridge.simulator.wire import response

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

    from bridge.simulator.door import Obstacle
    from bridge.simulator.meeting import Meeting
    from bridge.simulator.outcome import Outcome
    from bridge.simulator.progress import Progress

HOST = "127.0.0.1"
"""The stand-in is for this machine only."""
HANDSHAKE_SECONDS = 15.0
CLOSE_SECONDS = 1.0
MAX_MESSAGE_BYTES = 1 << 20
GOLDEN_RATIO = 0.618034

_HANDSHAKES = {
    Socket.SIGNALING: (MessageType.SIGNALING_HAND_SHAKE_REQ, MessageType.SIGNALING_HAND_SHAKE_RESP),
    Socket.MEDIA: (MessageType.DATA_HAND_SHAKE_REQ, MessageType.DATA_HAND_SHAKE_RESP),
}


class Simulator:
    """A stand-in for Zoom that one app is registered with. An async context manager; listens on 127.0.0.1.

    It is strict: a client that Zoom would refuse gets Zoom's status code, and the refusal is kept in
    :attr:`refusals`. Any number of meetings can be played at once.

    Args:
        client_id: The app's client id, which signs handshakes.
        client_secret: The app's client secret.
        secret_token: The app's webhook secret.
        keep_alive_seconds: Between two keep-alives on a socket.
        farewell_seconds: From a meeting's last words to its end; 0 lets the end overtake the words.
        binary_frames: Send binary frames, as Zoom may; else text frames. Both kinds are taken.
        granted: Media that the app's scopes allow, as single bits.
        patience: How long a lost or late client is waited for.
        heartbeat_seconds: How often a client of the event subscription has to give a sign of life.
        signaling_port: 0 for any free one, as for the next two.
        media_port: See ``signaling_port``.
        http_port: Of the chat endpoints and the REST API.
        ssl_context: Makes the WebSocket servers ``wss``.
        on_post: Called with each chat message that was taken; must not block.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        secret_token: str,
        keep_alive_seconds: float = 10.0,
        farewell_seconds: float = 1.0,
        binary_frames: bool = True,
        granted: MediaType = MediaType.TRANSCRIPT,
        patience: Patience | None = None,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        signaling_port: int = 0,
        media_port: int = 0,
        http_port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
        on_post: Callable[[ChatPost], None] | None = None,
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.secret_token = secret_token
        self.chat = Chat(on_post)
        self.chat_webhook = self.chat.add(ChatWebhook())
        """A channel to post to, connected from the start."""
        self.rest = Rest(client_id=client_id, client_secret=client_secret, rtms_client_id=client_id)
        """The account's REST API; knows every meeting that is played."""
        self.subscription = Subscription(self.rest.is_token, heartbeat_seconds=heartbeat_seconds)
        """The app's WebSocket event subscription, for meetings that are played to no webhook."""
        self.playbacks: dict[str, Playback] = {}
        """Every meeting that is or was played, by stream id."""
        self._strays: list[Refusal] = []
        self._keep_alive_seconds = keep_alive_seconds
        self._farewell_seconds = farewell_seconds
        self._binary_frames = binary_frames
        self._granted = granted
        self._patience = patience or Patience()
        self._servers: list[dict[Socket, int]] = [
            {Socket.SIGNALING: signaling_port, Socket.MEDIA: media_port}
        ]
        self._server_of: dict[str, int] = {}
        self._opening = asyncio.Lock()
        self._http_port = http_port
        self._ssl_context = ssl_context
        self._accepted = 0
        self._exit = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            # A connection of its own for each webhook: one that the bridge closes just then would cost a retry.
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
            self._http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, limits=limits))
            self._servers[0] = await self._open_server(stack, 0)
            self._event_port = _port(await stack.enter_async_context(self._listen_for_subscribers()))
            self._http_port = await stack.enter_async_context(
                http_listener(
                    Starlette(routes=[*self.chat.routes, *self.rest.routes]), host=HOST, port=self._http_port
                )
            )
            self._exit = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exit.aclose()

    @property
    def signaling_url(self) -> str:
        """What start events give as ``server_urls``."""
        return self._url(Socket.SIGNALING, 0)

    @property
    def media_url(self) -> str:
        """What a signaling handshake gives for every kind of media."""
        return self._url(Socket.MEDIA, 0)

    @property
    def chat_url(self) -> str:
        """URL of :attr:`chat_webhook`, as a user would paste it."""
        return self.chat_url_of(self.chat_webhook)

    @property
    def event_socket_url(self) -> str:
        """The bridge's ``ZOOM_EVENT_SOCKET_URL``."""
        scheme = "wss" if self._ssl_context else "ws"
        return f"{scheme}://{HOST}:{self._event_port}{PATH}?subscriptionId={self.subscription.id}"

    @property
    def api_url(self) -> str:
        """The bridge's ``ZOOM_API_URL``."""
        return f"http://{HOST}:{self._http_port}/v2"

    @property
    def oauth_url(self) -> str:
        """The bridge's ``ZOOM_OAUTH_URL``."""
        return f"http://{HOST}:{self._http_port}/oauth/token"

    @property
    def refusals(self) -> list[Refusal]:
        """Everything that clients did wrong, on known streams and on none."""
        return [
            *self._strays,
            *(refusal for each in self.playbacks.values() for refusal in each.stream.refusals),
        ]

    def chat_url_of(self, webhook: ChatWebhook) -> str:
        """URL of a channel's webhook."""
        return f"http://{HOST}:{self._http_port}{webhook.path}"

    async def validate(self, webhook_url: str) -> None:
        """Send ``endpoint.url_validation``, as Zoom does when an endpoint is saved.

        Raises:
            WebhookError: The endpoint did not prove that it knows the secret.
        """
        await WebhookSender(self._http, secret_token=self.secret_token).validate(webhook_url)

    async def play(
        self,
        meeting: Meeting,
        *,
        webhook_url: str | None,
        speed: float = 1.0,
        stream_id: str | None = None,
        meeting_uuid: str | None = None,
        topic: str = "",
        webhook_retry_seconds: tuple[float, ...] | None = None,
        faults: FaultScript | None = None,
        granted: MediaType | None = None,
        hold_before: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Outcome:
        """Play a meeting to the app behind a webhook, from its start event to its stop event.

        Returns once the meeting is over and every webhook was accepted or given up.

        Args:
            meeting: What is said.
            webhook_url: The app's endpoint; ``None`` tells whoever is connected to :attr:`subscription`.
            speed: How many times faster than life lines follow each other; :class:`Playback` says what
                it does to the times on the wire.
            stream_id: ``rtms_stream_id``; a new one by default. One stream id is played once.
            meeting_uuid: A new one by default, of the same form as Zoom's.
            topic: Told in the start event, for bridges that do not ask the REST API; empty tells none, as Zoom does.
            webhook_retry_seconds: Waits between attempts to deliver a webhook; by default Zoom's own,
                divided by ``speed``.
            faults: What shall go wrong; nothing by default.
            granted: Media that this meeting has for the app; all of the scopes' by default.
            hold_before: The line, counted from 1, before which the meeting waits for :meth:`Playback.go_on`.
            progress: Called with every step, in order; must not block.

        Raises:
            ValueError: ``speed`` is not above 0, or the stream id was played before.
        """
        if not speed > 0:
            raise ValueError("speed must be above 0")
        stream_id = stream_id or uuid.uuid4().hex
        if stream_id in self.playbacks:
            raise ValueError("this stream id was played before")
        listed = self._list(meeting_uuid or base64.b64encode(uuid.uuid4().bytes).decode(), meeting.title)
        identity = Identity(
            client_id=self.client_id,
            client_secret=self.client_secret,
            meeting_uuid=listed.uuid,
            stream_id=stream_id,
        )
        retries = tuple(wait / speed for wait in ZOOM_RETRY_SECONDS)
        playback = Playback(
            Stream(
                identity=identity,
                meeting=meeting,
                granted=self._granted if granted is None else granted,
                media_url=self.media_url,
                session_id=uuid.uuid4().hex,
                patience=self._patience,
            ),
            notices=Notices(
                identity,
                sender=WebhookSender(
                    self._http,
                    secret_token=self.secret_token,
                    retry_seconds=retries if webhook_retry_seconds is None else webhook_retry_seconds,
                ),
                webhook_url=webhook_url,
                subscription=self.subscription,
            ),
            started_payload=self._started_payload(listed.number) | ({"topic": topic} if topic else {}),
            script=faults or FaultScript(),
            move=lambda: self._move(stream_id),
            speed=speed,
            keep_alive_seconds=self._keep_alive_seconds,
            farewell_seconds=self._farewell_seconds,
            hold_before=hold_before,
            progress=progress,
        )
        self.playbacks[stream_id] = playback
        return await playback.play()

    def _list(self, meeting_uuid: str, topic: str) -> RestMeeting:
        """The meeting as the REST API knows it, which learns of it where it does not."""
        number = str(80_000_000_000 + secrets.randbelow(9_999_999_999))
        return self.rest.find(meeting_uuid) or self.rest.add(
            RestMeeting(uuid=meeting_uuid, number=number, topic=topic)
        )

    def _started_payload(self, number: str) -> JsonObject:
        """Fields of ``meeting.rtms_started`` besides the two ids (developers.zoom.us, RTMS webhook events)."""
        return {
            "account_id": self.rest.account_id,
            "meeting_id": int(number),
            "is_original_host": True,
            "operator_id": "simulated-host",
            "server_urls": self.signaling_url,
        }

    async def _move(self, stream_id: str) -> tuple[str, str]:
        """Serve a stream on the other of two servers from now on; its signaling and its media URL there."""
        number = 1 - self._server_of.get(stream_id, 0)
        async with self._opening:
            if number == len(self._servers):
                ports = dict.fromkeys(Socket, 0)
                self._servers.append(ports)
                ports.update(await self._open_server(self._exit, number))
        self._server_of[stream_id] = number
        return self._url(Socket.SIGNALING, number), self._url(Socket.MEDIA, number)

    async def _open_server(self, stack: contextlib.AsyncExitStack, number: int) -> dict[Socket, int]:
        return {side: _port(await stack.enter_async_context(self._listen(side, number))) for side in Socket}

    def _listen(self, side: Socket, number: int) -> serve:
        async def accept(connection: ServerConnection) -> None:
            self._accepted += 1
            phase = self._accepted * GOLDEN_RATIO % 1  # spreads any number of sockets evenly
            await self._accept(Link(connection, side, binary_frames=self._binary_frames, phase=phase), number)

        return serve(
            accept,
            HOST,
            self._servers[number][side],
            ssl=self._ssl_context,
            compression=None,
            ping_interval=None,
            close_timeout=CLOSE_SECONDS,
            max_size=MAX_MESSAGE_BYTES,
        )

    def _listen_for_subscribers(self) -> serve:
        return serve(
            self.subscription.serve,
            HOST,
            0,
            process_request=self.subscription.screen,
            ssl=self._ssl_context,
            compression=None,
            ping_interval=None,
            close_timeout=CLOSE_SECONDS,
            max_size=MAX_MESSAGE_BYTES,
        )

    async def _accept(self, link: Link, number: int) -> None:
        """A client's whole stay on one socket of a server."""
        request, answer_kind = _HANDSHAKES[link.side]
        playback: Playback | None = None
        try:
            message = await link.receive(HANDSHAKE_SECONDS)
            if message["msg_type"] != request:
                raise RefusedError(
                    StatusCode.INVALID_MESSAGE_TYPE, f"the first message is not {request.name}"
                )
            check_fields(message)
            playback = self.playbacks.get(message["rtms_stream_id"])
            if playback is None:
                raise RefusedError(StatusCode.INVALID_RTMS_STREAM_ID, "no such stream")
            if number != self._server_of.get(message["rtms_stream_id"], 0):
                link.abort()  # for this stream the server is dead
                return
            obstacle = playback.meet(link.side)
            if not await _let_pass(obstacle, link, answer_kind):
                return
            answer = playback.open(link, message)
        except RefusedError as error:
            if playback is None:
                self._strays.append(Refusal(socket=link.side, status=error.status, reason=error.reason))
            else:
                playback.stream.refuse(link.side, error)
            await link.send([response(answer_kind, error.status, error.reason)])
            await link.close()
        except (ConnectionClosed, TimeoutError):
            link.abort()
        else:
            early = noise.early_messages(link.side, time.time()) if obstacle.early else []
            await link.send([*early, answer])
            if obstacle.dropped:
                link.abort()
            await playback.serve(link)

    def _url(self, side: Socket, number: int) -> str:
        return f"{'wss' if self._ssl_context else 'ws'}://{HOST}:{self._servers[number][side]}"


def _port(server: Server) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port


async def _let_pass(obstacle: Obstacle, link: Link, answer_kind: MessageType) -> bool:
    """Whether a handshake gets through to its stream; a fault may stand in its way."""
    if obstacle.unanswered:
        await link.wait_closed()
        return False
    if obstacle.delay_seconds:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(link.wait_closed(), obstacle.delay_seconds)
    if not obstacle.status:
        return not link.closed
    await link.send([response(answer_kind, obstacle.status, "refused as a fault")])
    await link.close()
    return False
