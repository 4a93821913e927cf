from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from bridge.simulator.team_chat import Channel, ChatMessage, TeamChat

ROBOT = "v1simulated@xmpp.zoom.us"


@pytest.fixture
def chat() -> TeamChat:
    """A channel with Ana and Ben in it, where Ana wrote; Cy is not in it."""
    ids = itertools.count(1)
    chat = TeamChat(new_id=lambda: f"M-{next(ids)}")
    for user in ("ana", "Ben", "cy"):
        chat.add_user(user)
    chat.add_channel(Channel(id="room", members={"ana", "Ben"}))
    assert send(chat) == (201, None)
    return chat


def code(status: int, text: str) -> tuple[int, Any]:
    body = json.loads(text) if text else {}
    return status, body.get("code")


def send(chat: TeamChat, sender: str = "ana", raw: bytes | None = None, **changes: Any) -> tuple[int, Any]:
    """A right message with fields changed, or left out where the change is ``None``."""
    body = {"message": "Hello", "to_channel": "room"} | changes
    told = {name: value for name, value in body.items() if value is not None}
    reply = chat.send(sender, json.dumps(told).encode() if raw is None else raw)
    return code(reply.status, reply.text)


def edit(chat: TeamChat, message: str = "M-1", sender: str = "ana", **changes: Any) -> tuple[int, Any]:
    body = {"message": "Bye", "to_channel": "room"} | changes
    reply = chat.edit(sender, message, json.dumps(body).encode())
    return code(reply.status, reply.text)


def card(chat: TeamChat, message: str = "", **changes: Any) -> tuple[int, Any]:
    """A right card, new or an edit, with fields changed, or left out where the change is ``None``."""
    body = {
        "robot_jid": ROBOT,
        "account_id": "account",
        "to_jid": "room@conference.xmpp.zoom.us",
        "content": {"head": {"text": "Weekly"}, "body": [{"type": "message", "text": "Hello"}]},
    } | changes
    raw = json.dumps({name: value for name, value in body.items() if value is not None}).encode()
    reply = chat.edit_card("account", message, raw) if message else chat.send_card("account", raw)
    return code(reply.status, reply.text)


def bold(start: object, end: object, kind: str = "Bold") -> list[dict[str, object]]:
    return [{"start_position": start, "end_position": end, "format_type": kind}]


def test_messages_are_seen(chat: TeamChat) -> None:
    """In a channel, by a contact, as a reply, with formats; whoever listens hears of each."""
    heard: list[ChatMessage] = []
    chat.on_message = heard.append
    assert send(chat, to_channel=None, to_contact="Ben@example.com") == (201, None)
    assert send(chat, "Ben", message="👋 Hi", reply_main_message_id="M-1", rich_text=bold(0, 5)) == (
        201,
        None,
    )
    assert heard == chat.messages[1:]
    assert [(one.sender, one.to, one.reply_to) for one in heard] == [
        ("ana", "Ben@example.com", ""),
        ("Ben", "room", "M-1"),
    ]
    assert heard[1].rich_text == bold(0, 5)


@pytest.mark.parametrize(
    "changes",
    [
        {"message": None},
        {"message": ""},
        {"message": " \n"},
        {"message": 7},
        {"message": "x" * 4097},
        {"message": "👋" * 2049},
        {"to_channel": None},
        {"to_contact": "Ben@example.com"},
        {"reply_main_message_id": ""},
        {"reply_main_message_id": "M-9"},
        {"file_ids": []},
        {"rich_text": bold(0, 6)},
        {"rich_text": bold(3, 3)},
        {"rich_text": bold(-1, 3)},
        {"rich_text": bold("0", 3)},
        {"rich_text": bold(0, 3, "Loud")},
    ],
)
def test_bodies_that_do_not_fit(chat: TeamChat, changes: dict[str, Any]) -> None:
    """No text or too much, no target or two, unknown parents, empty values, ranges outside of the text."""
    assert send(chat, **changes) == (400, 300)
    assert len(chat.messages) == 1


@pytest.mark.parametrize("raw", [b"", b"Hello", b"[]", b"\xff"])
def test_what_is_no_json_object(chat: TeamChat, raw: bytes) -> None:
    """Is refused everywhere."""
    assert send(chat, raw=raw) == (400, 300)
    assert chat.edit("ana", "M-1", raw).status == 400
    assert chat.send_card("account", raw).status == 400
    assert chat.edit_card("account", "M-1", raw).status == 400


def test_who_may_write_where(chat: TeamChat) -> None:
    """Members in open channels that exist, to people who are known."""
    assert send(chat, to_channel="hall") == (404, 4130)
    assert send(chat, "cy") == (403, 200)
    assert send(chat, to_channel=None, to_contact="nobody@example.com") == (404, 1001)
    chat.channels["room"].open = False
    assert send(chat) == (403, 200)


def test_longest_message(chat: TeamChat) -> None:
    """Has 4,096 characters; an emoji is two."""
    assert send(chat, message="x" * 4096) == (201, None)
    assert send(chat, message="👋" * 2048) == (201, None)


def test_edits(chat: TeamChat) -> None:
    """Are for one's own messages, where they are, and take text alone."""
    assert edit(chat) == (204, None)
    assert (chat.messages[0].text, chat.messages[0].edits) == ("Bye", 1)
    assert edit(chat, "M-9") == (404, 404)
    assert edit(chat, sender="Ben") == (404, 404)
    assert edit(chat, sender="cy") == (403, 200)
    assert edit(chat, message="M-1", rich_text=bold(0, 3)) == (400, 300)
    assert chat.messages[0].edits == 1


def test_deletes(chat: TeamChat) -> None:
    """Name the target in the query, and are for one's own messages."""
    assert chat.delete("ana", "M-1", {}).status == 400
    assert chat.delete("Ben", "M-1", {"to_channel": "room"}).status == 404
    assert chat.delete("ana", "M-1", {"to_channel": "room"}).status == 204
    assert chat.messages == []
    assert chat.delete("ana", "M-1", {"to_channel": "room"}).status == 404


def test_cards(chat: TeamChat) -> None:
    """Go to a channel or a person, as a reply too, and show head and body."""
    assert card(chat) == (201, None)
    assert card(chat, to_jid="ben@xmpp.zoom.us") == (201, None)
    assert card(chat, reply_to="M-2", content={"body": [{"type": "message", "text": "Alone"}]}) == (201, None)
    assert [(one.sender, one.to, one.text, one.reply_to) for one in chat.messages[1:]] == [
        (ROBOT, "room", "Weekly\nHello", ""),
        (ROBOT, "Ben", "Weekly\nHello", ""),
        (ROBOT, "room", "Alone", "M-2"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"robot_jid": None},
        {"robot_jid": "v1other@xmpp.zoom.us"},
        {"account_id": None},
        {"account_id": "other"},
        {"to_jid": None},
        {"to_jid": "room"},
        {"to_jid": "hall@conference.xmpp.zoom.us"},
        {"to_jid": "Ben@xmpp.zoom.us"},
        {"reply_to": "M-9"},
        {"content": None},
        {"content": {}},
        {"content": {"body": []}},
        {"content": {"head": "Weekly"}},
        {"content": {"body": [{"type": "message"}]}},
        {"content": {"body": [{"type": "message", "text": ""}]}},
        {"content": {"body": [{"type": "poem", "text": "Hello"}]}},
        {"content": {"body": [{"type": "message", "text": "x" * 4097}]}},
    ],
)
def test_cards_that_do_not_fit(chat: TeamChat, changes: dict[str, Any]) -> None:
    """Another bot or account, nowhere to go, user ids that are not in lower case, no content."""
    assert card(chat, **changes) == (400, 300)
    assert len(chat.messages) == 1


def test_edited_cards(chat: TeamChat) -> None:
    """Need no recipient, and are the bot's own."""
    card(chat)
    content = {"body": [{"type": "fields", "items": [{"key": "Owner", "value": "Ana"}]}]}
    assert card(chat, "M-2", to_jid=None, content=content) == (200, None)
    assert (chat.messages[1].text, chat.messages[1].edits) == ("Owner: Ana", 1)
    assert card(chat, "M-1", to_jid=None) == (404, 404)
    assert card(chat, "M-2", robot_jid=None) == (400, 300)
