"""Zoom, as far as a bridge can see it: two WebSocket servers and the chat endpoints, on loopback."""

from __future__ import annotations

import base64
import contextlib
import secrets
import uuid
from typing import TYPE_CHECKING, Self

import httpx
from starlette.applications import Starlette
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bridge.listener import http_listener
from bridge.rtms.messages import JsonObject, MediaType, MessageType, StatusCode
from bridge.simulator.chat import Chat, ChatPost, ChatWebhook
from bridge.simulator.handshake import Identity, Refusal, RefusedError, Socket, check_fields
from bridge.simulator.link import Link
from bridge.simulator.playback import Playback
from bridge.simulator.stream import Patience, Stream
from bridge.simulator.webhooks import ZOOM_RETRY_SECONDS, WebhookSender
from bridge.simulator.wire import response

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

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
        signaling_port: 0 for any free one, as for the next two.
        media_port: See ``signaling_port``.
        http_port: Of the chat endpoints.
        ssl_context: Makes both WebSocket servers ``wss``.
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
        self.playbacks: dict[str, Playback] = {}
        """Every meeting that is or was played, by stream id."""
        self._strays: list[Refusal] = []
        self._keep_alive_seconds = keep_alive_seconds
        self._farewell_seconds = farewell_seconds
        self._binary_frames = binary_frames
        self._granted = granted
        self._patience = patience or Patience()
        self._ports = {Socket.SIGNALING: signaling_port, Socket.MEDIA: media_port}
        self._http_port = http_port
        self._ssl_context = ssl_context
        self._accepted = 0
        self._exit = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            self._http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
            for side in Socket:
                self._ports[side] = _port(await stack.enter_async_context(self._listen(side)))
            self._http_port = await stack.enter_async_context(
                http_listener(Starlette(routes=self.chat.routes), host=HOST, port=self._http_port)
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
        return self._url(Socket.SIGNALING)

    @property
    def media_url(self) -> str:
        """What a signaling handshake gives for every kind of media."""
        return self._url(Socket.MEDIA)

    @property
    def chat_url(self) -> str:
        """URL of :attr:`chat_webhook`, as a user would paste it."""
        return self.chat_url_of(self.chat_webhook)

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
        webhook_retry_seconds: tuple[float, ...] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Outcome:
        """Play a meeting to the app behind a webhook, from its start event to its stop event.

        Returns once the meeting is over and every webhook was accepted or given up.

        Args:
            meeting: What is said.
            webhook_url: The app's endpoint; ``None`` tells nobody, for clients that know the stream already.
            speed: How many times faster than life lines follow each other; :class:`Playback` says what
                it does to the times on the wire.
            stream_id: ``rtms_stream_id``; a new one by default. One stream id is played once.
            meeting_uuid: A new one by default, of the same form as Zoom's.
            webhook_retry_seconds: Waits between attempts to deliver a webhook; by default Zoom's own,
                divided by ``speed``.
            progress: Called with every step, in order; must not block.

        Raises:
            ValueError: ``speed`` is not above 0, or the stream id was played before.
        """
        if not speed > 0:
            raise ValueError("speed must be above 0")
        stream_id = stream_id or uuid.uuid4().hex
        if stream_id in self.playbacks:
            raise ValueError("this stream id was played before")
        retries = tuple(wait / speed for wait in ZOOM_RETRY_SECONDS)
        playback = Playback(
            Stream(
                identity=Identity(
                    client_id=self.client_id,
                    client_secret=self.client_secret,
                    meeting_uuid=meeting_uuid or base64.b64encode(uuid.uuid4().bytes).decode(),
                    stream_id=stream_id,
                ),
                meeting=meeting,
                granted=self._granted,
                media_url=self.media_url,
                session_id=uuid.uuid4().hex,
                patience=self._patience,
            ),
            sender=WebhookSender(
                self._http,
                secret_token=self.secret_token,
                retry_seconds=retries if webhook_retry_seconds is None else webhook_retry_seconds,
            ),
            webhook_url=webhook_url,
            started_payload=self._started_payload(),
            speed=speed,
            keep_alive_seconds=self._keep_alive_seconds,
            farewell_seconds=self._farewell_seconds,
            progress=progress,
        )
        self.playbacks[stream_id] = playback
        return await playback.play()

    def _started_payload(self) -> JsonObject:
        """Fields of ``meeting.rtms_started`` besides the two ids (developers.zoom.us, RTMS webhook events)."""
        return {
            "account_id": "simulated-account",
            "meeting_id": 80_000_000_000 + secrets.randbelow(9_999_999_999),
            "is_original_host": True,
            "operator_id": "simulated-host",
            "server_urls": self.signaling_url,
        }

    def _listen(self, side: Socket) -> serve:
        async def accept(connection: ServerConnection) -> None:
            self._accepted += 1
            phase = self._accepted * GOLDEN_RATIO % 1  # spreads any number of sockets evenly
            await self._accept(Link(connection, side, binary_frames=self._binary_frames, phase=phase))

        return serve(
            accept,
            HOST,
            self._ports[side],
            ssl=self._ssl_context,
            compression=None,
            ping_interval=None,
            close_timeout=CLOSE_SECONDS,
            max_size=MAX_MESSAGE_BYTES,
        )

    async def _accept(self, link: Link) -> None:
        """A client's whole stay on one socket."""
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
            await link.send([answer])
            await playback.serve(link)

    def _url(self, side: Socket) -> str:
        return f"{'wss' if self._ssl_context else 'ws'}://{HOST}:{self._ports[side]}"


def _port(server: Server) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port
