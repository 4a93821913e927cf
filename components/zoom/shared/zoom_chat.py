"""The ways into Zoom's chat: an incoming webhook, a meeting's own chat, any channel or contact, a chatbot."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from urllib.parse import quote

import httpx
from lfx.io import DropdownInput, SecretStrInput, StrInput
from pydantic import SecretStr

from components.zoom.shared.http import NotReachedError, object_of, open_client, recall, remember
from components.zoom.shared.identity import digest
from components.zoom.shared.news_text import BOLD, PLAIN, plain, without_asterisks
from components.zoom.shared.wording import CHARACTERS, Limit, clean, cut
from components.zoom.shared.zoom_api import (
    API_HINTS,
    NO_MEETING,
    TIMEOUT,
    Api,
    ChatError,
    Line,
    ReadyToken,
    SetupError,
    Tokens,
    bare_token,
    meeting_segment,
    refusal_of,
    safe_url,
)

OWN_MARK: Final = "🤖 "
"""How every message begins that stands under a person's name: so people see who wrote it, and Zoom Context Buffer
knows it when Zoom brings it back as something said in the meeting's chat."""

WEBHOOK: Final = "Incoming webhook"

MEETING: Final = "Meeting chat"

CHANNEL: Final = "Channel or contact"

CHATBOT: Final = "Chatbot"

APP_INPUTS: Final = ("account_id", "client_id", "client_secret", "api_url", "oauth_url", "thread")

USER_INPUTS: Final = (*APP_INPUTS, "access_token", "sender", "channel_id", "formatting")

SHOWN: Final = {
    WEBHOOK: ("webhook_url", "verification_token", "signing_secret"),
    MEETING: USER_INPUTS,
    CHANNEL: (*USER_INPUTS, "contact"),
    CHATBOT: (*APP_INPUTS, "robot_jid", "to_jid", "user_jid"),
}
"""The inputs of each way into the chat; the others are hidden while it is chosen, and ignored."""

ACCOUNT: Final = (
    ("account_id", "access_token"),
    ("client_id", "access_token"),
    ("client_secret", "access_token"),
)

CREDENTIALS: Final = {
    WEBHOOK: (("webhook_url",), ("verification_token", "signing_secret")),
    MEETING: ACCOUNT,
    CHANNEL: ACCOUNT,
    CHATBOT: (("account_id",), ("client_id",), ("client_secret",), ("robot_jid",), ("to_jid",)),
}
"""What each way needs, in groups of which one input has to be set. With none set at all it is a dry run."""

WEBHOOK_HINTS: Final = {
    400: "Zoom refused the post. A connection made with '/inc connect -s' needs its Signing Secret, any other "
    "the Verification Token.",
    401: "Zoom refused the verification token or the signature. Paste what '/inc connect' showed, without "
    "'Bearer'; the secret of '/inc connect -s' goes into Signing Secret.",
    403: "Zoom does not allow this webhook to post. Ask the channel's owner or your Zoom administrator.",
    404: "Zoom does not know this webhook. Paste the URL that '/inc connect' showed, or connect the channel again.",
}

NO_MEETING_CHAT: Final = (
    "This meeting has no chat of its own outside the meeting. Turn on 'Allow users to access meeting chats before "
    "and after the meeting' (Zoom settings, Meeting, In Meeting (Basic)), then schedule the meeting, or edit and "
    "save it if it is scheduled already; instant meetings and personal meeting ids have none. Or set Channel ID."
)

BYTES: Final = Limit("utf-8", 1, 3500)
"""Of a webhook, which refuses a post that is too long as a whole."""

MARKED: Final = replace(CHARACTERS, size=CHARACTERS.size - CHARACTERS.length(OWN_MARK))
"""Of the API, beside the mark."""

TITLE: Final = replace(CHARACTERS, size=80)
"""Of a chatbot's head, which counts beside the body."""

LIMITS: Final = {WEBHOOK: BYTES, MEETING: MARKED, CHANNEL: MARKED, CHATBOT: CHARACTERS}

CONNECTION_INPUTS: Final[list[Any]] = [
    DropdownInput(
        name="send_through",
        display_name="Send Through",
        info="Incoming webhook: one channel, two pasted values. Meeting chat: the meeting's own chat, with a "
        "server-to-server app. Channel or contact: the same app, any channel. Chatbot: an app of its own.",
        options=list(SHOWN),
        value=WEBHOOK,
        real_time_refresh=True,
    ),
    SecretStrInput(
        name="webhook_url",
        display_name="Webhook URL",
        info="Endpoint of an incoming webhook, shown by '/inc connect <name>' in the Zoom channel. Without "
        "it this is a dry run: nothing is posted.",
        required=False,
        override_skip=True,
    ),
    SecretStrInput(
        name="verification_token",
        display_name="Verification Token",
        info="Shown by '/inc connect <name>' beside the endpoint.",
        required=False,
        override_skip=True,
    ),
    SecretStrInput(
        name="signing_secret",
        display_name="Signing Secret",
        info="Only for a connection made with '/inc connect -s <name>': its secret, instead of the token.",
        required=False,
        advanced=True,
        override_skip=True,
    ),
    StrInput(
        name="account_id",
        display_name="Account ID",
        info="Of the app on marketplace.zoom.us. Without any credentials this is a dry run.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="client_id",
        display_name="Client ID",
        info="Of a server-to-server OAuth app; for the chatbot, of a General app with the chatbot feature.",
        show=False,
        override_skip=True,
    ),
    SecretStrInput(
        name="client_secret",
        display_name="Client Secret",
        info="Of the same app.",
        required=False,
        show=False,
        override_skip=True,
    ),
    SecretStrInput(
        name="access_token",
        display_name="Access Token",
        info="Instead of the app's credentials: a ready token of a user, good for an hour.",
        required=False,
        advanced=True,
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="channel_id",
        display_name="Channel ID",
        info="Where to post. In Meeting chat, empty means the meeting's own chat; an id overrides it.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="contact",
        display_name="Contact",
        info="Email of the person to write to, instead of a channel.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="sender",
        display_name="Sender",
        info="Id or email of the user who posts, a member of the channel. Empty: the meeting's host; in a "
        "channel or to a contact, the user to whom app or token belongs.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="robot_jid",
        display_name="Bot JID",
        info="Of the chatbot, on the app's page under Features: v1...@xmpp.zoom.us.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="to_jid",
        display_name="Recipient JID",
        info="Where to post: <channel id>@conference.xmpp.zoom.us, or <user id>@xmpp.zoom.us for a person.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="user_jid",
        display_name="User JID",
        info="Of the user who installed the chatbot, where the app is managed by users.",
        advanced=True,
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="api_url",
        display_name="API URL",
        info="Of Zoom's REST API, for other clouds (zoomgov.com) and tests.",
        value="https://api.zoom.us/v2",
        advanced=True,
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="oauth_url",
        display_name="OAuth URL",
        info="Where Zoom gives access tokens.",
        value="https://zoom.us/oauth/token",
        advanced=True,
        show=False,
        override_skip=True,
    ),
]
"""How to get into Zoom: of Zoom Connection, and of a Zoom Chat Output that has its own way."""


@dataclass(frozen=True)
class Said:
    """A message that people now see."""

    id: str
    """Zoom's id of it; empty where Zoom tells none."""
    root: bool = False
    """Whether it stands by itself, so that others may be replies to it."""


def rich_text(text: str, mark: str) -> tuple[str, list[dict[str, Any]]]:
    """Turn headings and lists into what the Team Chat API calls rich text.

    Args:
        text: With marks of headings.
        mark: What the message begins with.

    Returns:
        The message, and ranges of it: ``start_position`` and the ``end_position`` behind it, in UTF-16 units
        (developers.zoom.us, Team Chat API, "Send a chat message"; the unit is not documented). Each has
        ``format_attr``, empty where the format has no attribute: without it Zoom leaves all formatting out.
    """
    shown = ""
    ranges = []
    begun: int | None = None

    def here() -> int:
        return CHARACTERS.length(shown)

    def format_from(start: int, kind: str) -> None:
        ranges.append(
            {"start_position": start, "end_position": here(), "format_type": kind, "format_attr": ""}
        )

    for number, line in enumerate(without_asterisks(text).split("\n")):
        shown += "\n" if number else ""
        start = here()
        shown += "" if number else mark
        bullet = line.startswith("- ")
        for piece in re.split(f"([{BOLD}{PLAIN}])", line.removeprefix("- ")):
            if piece == BOLD:
                begun = here()
            elif piece == PLAIN and begun is not None:
                format_from(begun, "Bold")
                begun = None
            elif piece != PLAIN:
                shown += piece
        if bullet and here() > start:
            format_from(start, "BulletedList")
    if begun is not None and here() > begun:  # a heading that was cut in two
        format_from(begun, "Bold")
    return shown, ranges


def title_of(meeting: dict[str, Any]) -> str:
    """Give what stands over a chatbot's message: the meeting's topic, if need be shortened."""
    topic, *more = cut(" ".join(clean(meeting.get("topic") or "").split()), TITLE) or [""]
    return f"{topic}…" if more else topic


def card(text: str, title: str) -> dict[str, Any]:
    """Turn text into a chatbot's message: head and body (developers.zoom.us, "Customize chatbot messages")."""
    body = []
    for block in text.split("\n\n"):
        first, _, rest = block.partition("\n")
        if first.startswith(BOLD) and first.endswith(PLAIN):
            body.append({"type": "message", "text": plain(first), "style": {"bold": True}})
            block = rest
        if plain(block).strip():
            body.append({"type": "message", "text": plain(block)})
    return {"head": {"text": title}, "body": body} if title else {"body": body}


def lacking(way: str, given: dict[str, str]) -> list[tuple[str, ...]] | None:
    """Find what a way still needs.

    Args:
        way: One of ``SHOWN``.
        given: What the inputs hold.

    Returns:
        Names of inputs, in groups of which one has to be set; ``None`` where nothing at all is set.
    """
    if not any(given[name] for group in CREDENTIALS[way] for name in group):
        return None
    needed = (*CREDENTIALS[way], ("channel_id", "contact")) if way == CHANNEL else CREDENTIALS[way]
    return [group for group in needed if not any(given[name] for name in group)]


def signature(secret: str, query: str, body: bytes) -> str:
    """Sign a post to a connection made with ``/inc connect -s``, as public clients of it do."""
    signed = hmac.digest(secret.encode(), query.encode() + b"&" + body, hashlib.sha256)
    return base64.b64encode(signed).decode()


class Way(Protocol):
    """A way into the chat."""

    place: str
    """Names, without telling, where it posts."""
    limit: Limit
    edits: bool
    """Whether a message can be changed afterwards."""

    async def say(self, text: str, *, thread: str, edited: str) -> Said:
        """Post a message.

        Args:
            text: With marks of headings.
            thread: Id of the message it is a reply to; empty for none.
            edited: Id of the message it takes the place of; empty for none.
        """


class Webhook:
    """An incoming webhook: needs a URL and a token, and can neither edit nor reply.

    Source: support.zoom.com KB0067640. Zoom wants the bare token and, for ``format=message``, the raw text
    rather than JSON. A connection made with ``/inc connect -s`` wants ``timestamp``, Unix milliseconds, in the
    query and a signature in the token's place.
    """

    limit = BYTES
    edits = False

    def __init__(self, line: Line, given: dict[str, str]) -> None:
        url = safe_url(given["webhook_url"], "Webhook URL")
        self._target = url.copy_set_param("format", "message")
        self._token = bare_token(given["verification_token"], "Verification Token")
        self._secret = given["signing_secret"]
        self._line = line
        self.place = digest(url.path)

    async def say(self, text: str, *, thread: str, edited: str) -> Said:
        """Post a message of its own."""
        reply = await self._line.send(lambda: self._request(plain(text).encode()), place=self.place)
        if not reply.is_success:
            hint = WEBHOOK_HINTS.get(reply.status_code, "Zoom refused the post.")
            raise SetupError(f"{hint} {replace(refusal_of(reply), code=None)}", status=reply.status_code)
        return Said("")

    def _request(self, body: bytes) -> httpx.Request:
        target, authorization = self._target, self._token
        if self._secret:
            milliseconds = str(int(time.time() * 1000))
            target = target.copy_set_param("timestamp", milliseconds)
            authorization = signature(self._secret, f"message&{milliseconds}", body)
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        return httpx.Request("POST", target, content=body, headers=headers)


class Editable:
    """What the two ways through the API have in common: replies, edits, and what to do when their message is gone."""

    limit: Limit
    edits = True

    async def say(self, text: str, *, thread: str, edited: str) -> Said:
        """Post a message; by itself where the one it belongs to was deleted."""
        if edited:
            try:
                await self._edit(edited, text)
            except ChatError as error:
                if error.status != 404 or error.code in API_HINTS:
                    raise
            else:
                return Said(edited)
        if thread:
            try:
                return Said(await self._post(text, thread))
            except ChatError as error:
                if not any(field.startswith("reply_") for field in error.fields):
                    raise
        return Said(await self._post(text, ""), root=True)

    async def _post(self, text: str, thread: str) -> str:
        raise NotImplementedError

    async def _edit(self, message_id: str, text: str) -> None:
        raise NotImplementedError


class TeamChat(Editable):
    """The Team Chat API: posts as a user, in a channel, to a contact, or in a meeting's own chat.

    What it posts stands under that user's name, so each message begins with ``OWN_MARK``.

    Source: developers.zoom.us, Team Chat API, ``/chat/users/{userId}/messages``, and Meetings API,
    ``settings.continuous_meeting_chat.channel_id`` of ``/meetings/{meetingId}``.
    """

    limit = MARKED

    def __init__(
        self, api: Api, given: dict[str, str], meeting: dict[str, Any] | None, *, rich: bool
    ) -> None:
        """``meeting`` is the one whose chat it is, ``None`` for a channel or contact of its own."""
        self._api = api
        self._channel = given["channel_id"]
        self._contact = given["contact"] if meeting is None else ""
        self._sender = given["sender"]
        self._segment = meeting_segment(meeting) if meeting else ""
        self._own_user = bool(given["access_token"])
        self._rich = rich
        if self._channel and self._contact:
            msg = "Channel ID and Contact are both set: clear one of them."
            raise SetupError(msg)
        if meeting is not None and not self._segment and not self._channel:
            msg = (
                "It is not known which meeting this is. Connect News or Context from a Zoom window, or set "
                "Channel ID."
            )
            raise SetupError(msg)
        self.place = digest([self._channel or self._contact or self._segment, self._sender])

    async def _post(self, text: str, thread: str) -> str:
        sender, target = await self._target()
        message, ranges = rich_text(text, OWN_MARK) if self._rich else (OWN_MARK + plain(text), [])
        body: dict[str, Any] = {"message": message} | target
        if ranges:
            body["rich_text"] = ranges
        if thread:
            body["reply_main_message_id"] = thread
        path = f"/chat/users/{quote(sender, safe='')}/messages"
        return str((await self._api.call("POST", path, body, place=self.place)).get("id") or "")

    async def _edit(self, message_id: str, text: str) -> None:
        sender, target = await self._target()  # an edit takes no rich text
        path = f"/chat/users/{quote(sender, safe='')}/messages/{quote(message_id, safe='')}"
        body = {"message": OWN_MARK + plain(text)} | target
        await self._api.call("PUT", path, body, place=self.place, repeatable=True)

    async def _target(self) -> tuple[str, dict[str, str]]:
        """Find who posts where."""
        if self._contact:
            return self._sender or "me", {"to_contact": self._contact}
        sender, channel = self._sender, self._channel
        if self._segment and not (channel and (sender or self._own_user)):
            try:
                meeting = await self._meeting()
            except ChatError as error:
                if error.code != NO_MEETING or not channel:
                    raise
                meeting = {"host_id": "me"}
            channel = channel or meeting["channel_id"]
            sender = sender or ("" if self._own_user else meeting["host_id"])
        return sender or "me", {"to_channel": channel}

    async def _meeting(self) -> dict[str, str]:
        """Ask, once in an hour, which channel is the meeting's chat, and who the host is."""
        key = f"zoom-meeting:{digest([self._api.tokens.key, self._segment])}"
        known: dict[str, str] | None = recall(key)
        if known:
            return known
        path = f"/meetings/{self._segment}"
        told = await self._api.call("GET", path, repeatable=True, not_found=NO_MEETING)
        chat = object_of(object_of(told.get("settings")).get("continuous_meeting_chat"))
        if not self._channel and not (chat.get("enable") and chat.get("channel_id")):
            raise SetupError(NO_MEETING_CHAT)
        known = {"channel_id": str(chat.get("channel_id") or ""), "host_id": str(told.get("host_id") or "")}
        if known["channel_id"]:
            remember(key, known)
        return known


class Chatbot(Editable):
    """A chatbot: posts under its own name, with a head and a body.

    Source: developers.zoom.us, Chatbot API, ``/im/chat/messages``.
    """

    limit = CHARACTERS

    def __init__(self, api: Api, given: dict[str, str], title: str) -> None:
        names = ("account_id", "robot_jid", "user_jid")
        self._api = api
        self._who = {name: given[name] for name in names if given[name]}
        self._to = given["to_jid"]
        self._title = title
        self.place = digest([self._to, given["robot_jid"]])

    async def _post(self, text: str, thread: str) -> str:
        body = self._who | {"to_jid": self._to, "content": card(text, self._title)}
        if thread:
            body["reply_to"] = thread
        said = await self._api.call("POST", "/im/chat/messages", body, place=self.place)
        return str(said.get("message_id") or "")

    async def _edit(self, message_id: str, text: str) -> None:
        body = self._who | {"content": card(text, self._title)}
        path = f"/im/chat/messages/{quote(message_id, safe='')}"
        await self._api.call("PUT", path, body, place=self.place, repeatable=True)


class ChatConnection:
    """What goes along the edge: a way into Zoom's chat, with its credentials, tokens and pacing.

    Tells nothing of use when it is printed, logged or made JSON.
    """

    Error = ChatError

    def __init__(
        self,
        way: str,
        given: dict[str, str],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        sleep: Any = asyncio.sleep,
    ) -> None:
        """``way`` is one of ``SHOWN``, ``given`` what its inputs hold, by name.

        Raises:
            SetupError: There is no such way.
        """
        if way not in SHOWN:
            msg = f"Send Through must be one of: {', '.join(SHOWN)}."
            raise SetupError(msg)
        self.way = way
        self.limit = LIMITS[way]
        self._given = SecretStr(json.dumps(given))
        self._transport = transport
        self._timeout = timeout
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"ChatConnection({self.way}, {'without' if self.missing() is None else 'with'} credentials)"

    def missing(self) -> list[str] | None:
        """Name, as people call them, the inputs that still have to be filled in; ``None`` where none is."""
        lacks = lacking(self.way, self._inputs())
        labels = {one.name: str(one.display_name) for one in CONNECTION_INPUTS}
        return None if lacks is None else [" or ".join(labels[name] for name in group) for group in lacks]

    @contextlib.asynccontextmanager
    async def open(self, meeting: dict[str, Any], *, rich: bool) -> AsyncIterator[tuple[Line, Way]]:
        """Connect for one run.

        Args:
            meeting: The one whose chat it may be, and whose topic stands over a chatbot's message.
            rich: Whether headings and lists are formatted.

        Raises:
            ChatError: It cannot be done like that.
        """
        missing = self.missing() or []
        if missing:
            msg = f"{self.way} needs more: {', '.join(missing)}."
            raise SetupError(msg)
        try:
            client = open_client(self._transport, self._timeout)
        except NotReachedError as error:
            msg = f"Zoom {error}."
            raise SetupError(msg) from None
        async with client:
            line = Line(client, self._sleep)
            yield line, self._way(line, meeting, rich=rich)

    def _inputs(self) -> dict[str, str]:
        given: dict[str, str] = json.loads(self._given.get_secret_value())
        return given

    def _way(self, line: Line, meeting: dict[str, Any], *, rich: bool) -> Way:
        given = self._inputs()
        if self.way == WEBHOOK:
            return Webhook(line, given)
        tokens: Tokens | ReadyToken
        if self.way != CHATBOT and given["access_token"]:
            tokens = ReadyToken(given["access_token"])
        else:
            grant = {"grant_type": "account_credentials", "account_id": given["account_id"]}
            if self.way == CHATBOT:
                grant = {"grant_type": "client_credentials"}
            url = safe_url(given["oauth_url"], "OAuth URL")
            tokens = Tokens(line, url, grant, (given["client_id"], given["client_secret"]))
        api = Api(line, tokens, given["api_url"])
        if self.way == CHATBOT:
            return Chatbot(api, given, title_of(meeting))
        return TeamChat(api, given, meeting if self.way == MEETING else None, rich=rich)


def given_in(component: Any) -> dict[str, str]:
    """Read what a component's inputs hold of ``CONNECTION_INPUTS``; what a flow does not know of is empty."""
    values = {one.name: getattr(component, one.name, "") for one in CONNECTION_INPUTS}
    return {name: value.strip() if isinstance(value, str) else "" for name, value in values.items()}


def show_inputs(build_config: dict[str, Any], way: str) -> None:
    """Show the inputs of a way in the editor, and hide those of the others."""
    for name in {name for names in SHOWN.values() for name in names} & build_config.keys():
        build_config[name]["show"] = name in SHOWN.get(way, ())
