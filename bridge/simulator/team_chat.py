"""Zoom Team Chat behind its API: who is in which channel, what users and chatbots wrote there. Pure.

It refuses what Zoom refuses. Sources: developers.zoom.us "Team Chat API" (``/chat/users/{userId}/messages``) and
"Chatbot API" (``/im/chat/messages``), and public clients of both. Not documented, and assumed here: the status and
number of an answer about an unknown message, the unit of positions (UTF-16), and that empty values are refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bridge.simulator.chat import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_CHARACTERS: Final = 4096
"""Of a message; UTF-16 units."""
FORMATS: Final = frozenset(
    (
        "Bold",
        "Italic",
        "Strikethrough",
        "BulletedList",
        "NumberedList",
        "Underline",
        "FontSize",
        "FontColor",
        "BackgroundColor",
        "LeftIndent",
        "Paragraph",
        "Quote",
        "AddLink",
    )
)
BODY_TYPES: Final = frozenset({"message", "fields", "select", "actions", "attachments", "section"})
CHANNEL_JID: Final = "@conference.xmpp.zoom.us"
USER_JID: Final = "@xmpp.zoom.us"


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel, or the group chat of a meeting."""

    id: str
    members: set[str] = field(default_factory=set)
    """User ids."""
    open: bool = True
    """Whether members may post; not where posting is restricted or the channel is archived."""


@dataclass(slots=True, kw_only=True)
class ChatMessage:
    """A message that people see."""

    id: str
    sender: str
    """User id, or the JID of a chatbot."""
    to: str
    """Channel id, or the email of a contact."""
    text: str
    rich_text: list[dict[str, Any]] = field(default_factory=list)
    content: dict[str, Any] | None = None
    """Head and body of a chatbot's message."""
    reply_to: str = ""
    """The message it is a reply to."""
    edits: int = 0


def answer(status: int, body: Mapping[str, object] | None = None) -> Reply:
    """An answer in JSON; without a body an empty one."""
    return Reply(status=status, text="" if body is None else json.dumps(body))


def fault(status: int, code: int, message: str, **more: object) -> Reply:
    """A refusal in the shape of the REST API."""
    return answer(status, {"code": code, "message": message, **more})


def invalid(name: str) -> Reply:
    """A refusal of a body, which names a field of it."""
    errors = [{"field": name, "message": "Invalid field."}]
    return answer(400, {"code": 300, "message": "Validation Failed.", "errors": errors})


class TeamChat:
    """Channels, people and messages of one account.

    Args:
        new_id: Makes the id of a message.
        on_message: Called with each message when it is written or edited; must not block.
    """

    def __init__(
        self, *, new_id: Callable[[], str], on_message: Callable[[ChatMessage], None] | None = None
    ) -> None:
        self.users: dict[str, str] = {}
        """Emails by user id."""
        self.channels: dict[str, Channel] = {}
        self.messages: list[ChatMessage] = []
        """In order of writing, without those that were deleted."""
        self.robot_jid = "v1simulated@xmpp.zoom.us"
        """Of the account's chatbot."""
        self.on_message = on_message
        self._new_id = new_id

    def add_user(self, user_id: str, email: str = "") -> str:
        """Somebody of the account; gives the id."""
        self.users[user_id] = email or f"{user_id}@example.com"
        return user_id

    def add_channel(self, channel: Channel) -> Channel:
        """Open a channel."""
        self.channels[channel.id] = channel
        return channel

    def find_user(self, name: str) -> str | None:
        """Id of the user with this id or email."""
        return next((user for user, email in self.users.items() if name in (user, email)), None)

    # As a user

    def send(self, sender: str, raw: bytes) -> Reply:
        """Judge a user's new message."""
        body = json_object(raw)
        if body is None:
            return invalid("body")
        refused = self._judge_message(body) or self._judge_target(sender, body)
        if refused is not None:
            return refused
        to, parent = self._to(body), str(body.get("reply_main_message_id", ""))
        if "reply_main_message_id" in body and self._find(parent, to) is None:
            return invalid("reply_main_message_id")
        message = ChatMessage(
            id=self._new_id(),
            sender=sender,
            to=to,
            text=body["message"],
            rich_text=body.get("rich_text", []),
            reply_to=parent,
        )
        return self._take(message, answer(201, {"id": message.id}))

    def edit(self, sender: str, message_id: str, raw: bytes) -> Reply:
        """Judge the new words of a user's own message."""
        body = json_object(raw)
        if body is None:
            return invalid("body")
        if {"rich_text", "at_items", "reply_main_message_id"} & body.keys():
            return invalid("rich_text")
        refused = self._judge_message(body) or self._judge_target(sender, body)
        if refused is not None:
            return refused
        message = self._find(message_id, self._to(body))
        if message is None or message.sender != sender:
            return fault(404, 404, "Message does not exist.")
        message.text, message.rich_text = body["message"], []
        message.edits += 1
        return self._tell(message, answer(204))

    def delete(self, sender: str, message_id: str, query: Mapping[str, str]) -> Reply:
        """Judge the wish to take a user's own message back."""
        refused = self._judge_target(sender, query)
        if refused is not None:
            return refused
        message = self._find(message_id, self._to(query))
        if message is None or message.sender != sender:
            return fault(404, 404, "Message does not exist.")
        self.messages.remove(message)
        return answer(204)

    def _judge_message(self, body: Mapping[str, Any]) -> Reply | None:
        text = body.get("message")
        if not isinstance(text, str) or not text.strip() or _length(text) > MAX_CHARACTERS:
            return invalid("message")
        if any(value in ("", []) for value in body.values()):
            return invalid(next(name for name, value in body.items() if value in ("", [])))
        for one in body.get("rich_text", []):
            start, end = one.get("start_position"), one.get("end_position")
            if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= _length(text)):
                return invalid("rich_text")
            if one.get("format_type") not in FORMATS:
                return invalid("rich_text")
        return None

    def _judge_target(self, sender: str, told: Mapping[str, Any]) -> Reply | None:
        channel_id, contact = told.get("to_channel"), told.get("to_contact")
        if bool(channel_id) == bool(contact):
            return invalid("to_channel")
        if contact:
            known = self.find_user(str(contact))
            return None if known else fault(404, 1001, f"User does not exist: {contact}.")
        channel = self.channels.get(str(channel_id))
        if channel is None:
            return fault(404, 4130, f"Channel does not exist: {channel_id}.")
        if sender not in channel.members or not channel.open:
            return fault(403, 200, "No permission to post in this channel.")
        return None

    # As a chatbot

    def send_card(self, account_id: str, raw: bytes) -> Reply:
        """Judge a chatbot's new message."""
        body = json_object(raw)
        refused = self._judge_card(account_id, body)
        if refused is not None or body is None:
            return refused or invalid("body")
        to = self._of_jid(str(body.get("to_jid", "")))
        if to is None:
            return invalid("to_jid")
        parent = str(body.get("reply_to", ""))
        if "reply_to" in body and self._find(parent, to) is None:
            return invalid("reply_to")
        message = ChatMessage(
            id=self._new_id(), sender=self.robot_jid, to=to, text=card_text(body["content"]), reply_to=parent
        )
        message.content = body["content"]
        told = {
            "message_id": message.id,
            "robot_jid": self.robot_jid,
            "sent_time": "2026-11-22 10:00:00",
            "to_jid": body["to_jid"],
            "user_jid": body.get("user_jid", ""),
        }
        return self._take(message, answer(201, told))

    def edit_card(self, account_id: str, message_id: str, raw: bytes) -> Reply:
        """Judge the new content of a chatbot's own message."""
        body = json_object(raw)
        refused = self._judge_card(account_id, body)
        if refused is not None or body is None:
            return refused or invalid("body")
        message = next((one for one in self.messages if one.id == message_id), None)
        if message is None or message.sender != self.robot_jid:
            return fault(404, 404, "Message does not exist.")
        message.content, message.text = body["content"], card_text(body["content"])
        message.edits += 1
        return self._tell(message, answer(200, {"message_id": message.id, "robot_jid": self.robot_jid}))

    def _judge_card(self, account_id: str, body: Mapping[str, Any] | None) -> Reply | None:
        if body is None:
            return invalid("body")
        for name, expected in (("robot_jid", self.robot_jid), ("account_id", account_id)):
            if body.get(name) != expected:
                return invalid(name)
        content = body.get("content")
        if not isinstance(content, dict) or not card_text(content):
            return invalid("content")
        if _length(card_text(content)) > MAX_CHARACTERS:
            return invalid("content")
        return None

    def _of_jid(self, jid: str) -> str | None:
        name, _, host = jid.partition("@")
        if f"@{host}" == CHANNEL_JID:
            return name if name in self.channels else None
        people = {user.lower(): user for user in self.users}
        return people.get(name) if f"@{host}" == USER_JID else None

    # Both

    def _to(self, told: Mapping[str, Any]) -> str:
        return str(told.get("to_channel") or told.get("to_contact"))

    def _find(self, message_id: str, to: str) -> ChatMessage | None:
        return next((one for one in self.messages if (one.id, one.to) == (message_id, to)), None)

    def _take(self, message: ChatMessage, reply: Reply) -> Reply:
        self.messages.append(message)
        return self._tell(message, reply)

    def _tell(self, message: ChatMessage, reply: Reply) -> Reply:
        if self.on_message is not None:
            self.on_message(message)
        return reply


def card_text(content: Mapping[str, Any]) -> str:
    """What people read of a chatbot's head and body; empty where it does not fit the form."""
    head, body = content.get("head", {}), content.get("body", [])
    try:
        texts = [head["text"]] if head else []
        texts += [head["sub_head"]["text"]] if "sub_head" in head else []
        for item in body:
            if item["type"] not in BODY_TYPES:
                return ""
            texts += [item["text"]] if item["type"] == "message" else []
            texts += [f"{one['key']}: {one['value']}" for one in item.get("items", []) if "key" in one]
    except (KeyError, TypeError, AttributeError):
        return ""
    fits = all(isinstance(text, str) and text.strip() for text in texts)
    return "\n".join(texts) if texts and fits else ""


def json_object(raw: bytes) -> dict[str, Any] | None:
    """A body as a JSON object; ``None`` where it is none."""
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
