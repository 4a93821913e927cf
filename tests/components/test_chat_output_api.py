"""Zoom Chat Output through Zoom's REST API: Team Chat and chatbot, over HTTP against the strict stand-in."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette

from bridge.listener import http_listener
from bridge.simulator.chat import BAD_GATEWAY, RESET, SERVER_ERROR, SILENCE, RateLimit, Reply
from bridge.simulator.rest import (
    READ_MEETING,
    UPDATE_MESSAGE,
    WRITE_MESSAGE,
    MeetingChat,
    Rest,
    RestMeeting,
    answer,
    fault,
    rest_too_many,
)
from bridge.simulator.team_chat import Channel
from tests.components import contracts
from tests.components.contracts import MEETING, SESSION, insight
from tests.components.namespaces import patch_names
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

UUID = "/abc//DEF=="
NUMBER = "81234567890"
SECRET = "verySecretClientSecret"
HOST = "host-1"
MARK = "🤖 "
"""What a message under a person's name begins with."""


class Account:
    """A Zoom account behind its REST API, with one meeting, one channel and a chatbot."""

    def __init__(self) -> None:
        self.now = 1_763_769_600.0
        self.rest = Rest(
            client_id="id",
            client_secret=SECRET,
            rtms_client_id="rtms",
            account_id="acc-1",
            clock=lambda: self.now,
        )
        self.meeting = self.rest.add(RestMeeting(uuid=UUID, number=NUMBER, topic="Weekly", host_id=HOST))
        self.chat = self.rest.team_chat
        self.room = self.chat.add_channel(Channel(id="room", members={HOST, self.rest.owner_id}))
        self.asked: list[str] = []
        """Method and path of every request, in order, encoded as it came."""
        self.slept: list[float] = []
        self.open = asyncio.Event()
        """Until it is set, Zoom takes requests but does not answer."""
        self.open.set()
        self.url = ""

    async def __aenter__(self) -> Account:
        routes = Starlette(routes=self.rest.routes)

        async def noting(scope: Any, receive: Any, send: Any) -> None:
            self.asked.append(f"{scope['method']} {scope['raw_path'].decode()}")
            await self.open.wait()
            await routes(scope, receive, send)

        self._exit = AsyncExitStack()
        port = await self._exit.enter_async_context(http_listener(noting, host="127.0.0.1", port=0))
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self._exit.aclose()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    @property
    def said(self) -> list[str]:
        """What was posted, without the marks."""
        return [message.text.removeprefix(MARK) for message in self.chat.messages]

    @property
    def read(self) -> int:
        """How often the meeting was asked for."""
        return sum("/meetings/" in one for one in self.asked)


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    async with Account() as account:
        yield account


@pytest.fixture(autouse=True)
def _forget(langflow_services: None) -> None:
    """Every test's process is a new one: it holds no tokens and has posted nothing."""
    from lfx.services.deps import get_shared_component_cache_service

    get_shared_component_cache_service().clear()


@pytest.fixture
def output(component: Callable[..., Any], account: Account) -> Callable[..., Any]:
    """A Chat Output with the account's credentials, whose waits are only noted down."""

    def make(news: Any, **inputs: Any) -> Any:
        from lfx.schema.data import Data

        given = {
            "send_through": "Meeting chat",
            "account_id": "acc-1",
            "client_id": "id",
            "client_secret": SECRET,
            "api_url": f"{account.url}/v2",
            "oauth_url": f"{account.url}/oauth/token",
        } | inputs
        if given["send_through"] == "Chatbot":
            client_id, client_secret = account.rest.bot_client
            bot = {
                "client_id": client_id,
                "client_secret": client_secret,
                "to_jid": "room@conference.xmpp.zoom.us",
            }
            given |= bot | {"robot_jid": account.chat.robot_jid} | inputs
        news = Data(data=news) if isinstance(news, dict) else news
        made = component("chat_output", **({"news": news} if news else {}), **given)
        made._sleep = account.sleep
        return made

    return make


def news(*insights: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """News of the meeting that the account has."""
    return contracts.news(*insights, **({"meeting": MEETING | {"uuid": UUID, "id": NUMBER}} | fields))


def length(text: str) -> int:
    """Characters as Zoom counts them."""
    return len(text.encode("utf-16-le")) // 2


def note(text: str, key: str = "so-far") -> dict[str, str]:
    return {"key": key, "text": text}


# Meeting chat


async def test_news_reach_the_meetings_own_chat(output, account):
    """They are posted by the host, into the channel that Zoom names for the meeting."""
    made = output(news(insight()))
    posted = await made.post()

    (message,) = account.chat.messages
    assert (message.sender, message.to) == (HOST, account.meeting.channel_id)
    assert (message.text, posted.text) == (
        "🤖 Action item: send the contract",
        "Action item: send the contract",
    )
    assert made.status == "1 posted, 0 posted before"
    assert account.asked == [
        "POST /oauth/token",
        f"GET /v2/meetings/{NUMBER}",
        f"POST /v2/chat/users/{HOST}/messages",
    ]


async def test_a_meeting_without_a_number_is_found_by_its_uuid(output, account):
    """The UUID is encoded twice, as Zoom wants it."""
    await output(news(insight(), meeting={"uuid": UUID, "id": "", "topic": "", "started_at": ""})).post()

    assert account.asked[1] == "GET /v2/meetings/%252Fabc%252F%252FDEF%253D%253D"
    assert len(account.said) == 1


async def test_one_meeting_is_one_thread(output, account, message_store):
    """All that follows a meeting's first message replies to it, also after a restart, and Zoom is asked once."""
    await output(news(insight(), insight("i-2", "x" * 3980))).post()
    await message_store()
    await output(news(insight("i-3"), window=2)).post()

    first, second, third = account.chat.messages
    assert [first.reply_to, second.reply_to, third.reply_to] == ["", first.id, first.id]
    assert account.read == 1


async def test_without_thread_every_message_stands_alone(output, account):
    """The switch does what it says."""
    for window in (1, 2):
        await output(news(insight(f"i-{window}"), window=window), thread=False).post()

    assert [message.reply_to for message in account.chat.messages] == ["", ""]


async def test_a_deleted_first_message_starts_a_new_thread(output, account):
    """Zoom refuses the reply, so the message stands alone, and the next ones reply to it."""
    await output(news(insight("i-1"))).post()
    account.chat.messages.clear()
    for window in (2, 3):
        await output(news(insight(f"i-{window}"), window=window)).post()

    first, second = account.chat.messages
    assert (first.reply_to, second.reply_to) == ("", first.id)


async def test_channel_and_sender_can_be_set_by_hand(output, account):
    """Then Zoom is not asked about the meeting."""
    account.chat.add_user("ana", "ana@example.com")
    account.room.members.add("ana")
    await output(news(insight()), channel_id="room", sender="ana@example.com").post()

    (message,) = account.chat.messages
    assert (message.sender, message.to, account.read) == ("ana", "room", 0)


async def test_an_instant_meeting_posts_where_it_is_told_to(output, account):
    """With a channel set by hand, a meeting that Zoom does not know is no hindrance: the app's owner posts."""
    meeting = {"uuid": "instant==", "id": "89999999999", "topic": "", "started_at": ""}
    await output(news(insight(), meeting=meeting), channel_id="room").post()

    (message,) = account.chat.messages
    assert (message.sender, message.to) == (account.rest.owner_id, "room")


async def test_text_needs_to_know_its_meeting(output, account):
    """A text goes to the chat of the meeting that Context names; without one, the error says what to connect."""
    from lfx.schema.data import Data
    from lfx.schema.message import Message

    window = {"window_id": "s1:notes:1", "session_id": SESSION, "meeting": {"uuid": UUID, "id": NUMBER}}
    await output(Message(text="We met."), context=Data(data=window)).post()
    assert account.said == ["We met."]

    with pytest.raises(RuntimeError, match="Connect News or Context"):
        await output(Message(text="Hello", session_id=SESSION)).post()


@pytest.mark.parametrize("chat", [MeetingChat.OFF, MeetingChat.UNTOLD])
async def test_a_meeting_without_chat_says_which_setting_to_turn_on(output, account, chat):
    """And that a channel can be set instead; once it is turned on, the same window posts."""
    account.meeting.chat = chat
    with pytest.raises(RuntimeError, match="'Allow users to access meeting chats before and after") as error:
        await output(news(insight())).post()
    assert "Channel ID" in str(error.value)

    account.meeting.chat = MeetingChat.ON
    await output(news(insight())).post()
    assert len(account.said) == 1


@pytest.mark.parametrize("settings", [["on"], {"continuous_meeting_chat": "on"}])
async def test_a_strange_answer_about_the_meeting_tells_no_chat(output, account, settings):
    """It is the same error, and the same window posts later."""
    account.rest.script.append(answer(200, {"host_id": HOST, "settings": settings}))
    with pytest.raises(RuntimeError, match="This meeting has no chat of its own"):
        await output(news(insight())).post()

    await output(news(insight())).post()
    assert len(account.said) == 1


async def test_nothing_is_posted_twice(output, account, message_store):
    """A repeated window posts nothing, asks nothing, and gives the same answer; so do runs at once."""
    sent = news(insight(), insight("i-2", "Ship it", kind="decision"), notes=[note("So far, so good.")])
    first = await output(sent).post()
    before = len(account.asked)
    await message_store()
    again = await asyncio.gather(*(output(sent).post() for _ in range(3)))

    assert {one.text for one in again} == {first.text}
    assert len(account.asked) == before
    assert len(account.said) == 2


async def test_runs_at_once_share_one_token(output, account):
    """Whoever asks while a token is fetched waits for that one."""
    from lfx.memory import aget_messages

    account.open.clear()
    runs = [output(news(insight(), session_id=f"zoom-{n}")) for n in range(4)]
    async with asyncio.TaskGroup() as group:
        for run in runs:
            group.create_task(run.post())

        async def all_have_claimed() -> bool:
            rows = [await aget_messages(session_id=f"zoom-{n}:memory") for n in range(4)]
            return all(rows)

        await until(all_have_claimed)
        account.open.set()

    assert (account.rest.tokens_given, len(account.said)) == (1, 4)


# Form


async def test_headings_and_lists_are_rich_text(output, account):
    """Positions are in UTF-16, where an emoji is two; what people read has no marks in it."""
    known = [insight(text="👋 wave", owner="Dana"), insight("i-2", "Ship it", kind="decision")]
    summary = {"text": "We met 👋.", "attendees": ["Dana"]}
    posted = await output(news(kind="final", summary=summary, open=known)).post()

    (message,) = account.chat.messages
    units = message.text.encode("utf-16-le")
    marked = [
        (one["format_type"], units[2 * one["start_position"] : 2 * one["end_position"]].decode("utf-16-le"))
        for one in message.rich_text
    ]
    assert message.rich_text[0]["start_position"] == 3
    assert {one["format_attr"] for one in message.rich_text} == {""}
    assert marked == [
        ("Bold", "Meeting summary - Weekly"),
        ("Bold", "Attendees:"),
        ("Bold", "Action items:"),
        ("BulletedList", "Dana - 👋 wave"),
        ("Bold", "Decisions:"),
        ("BulletedList", "Ship it"),
    ]
    assert "\n- Ship it" in posted.text
    assert message.text == MARK + posted.text.replace("- Dana", "Dana").replace("- Ship", "Ship")


async def test_formatting_can_be_switched_off(output, account):
    """Then lists have dashes."""
    summary = {"text": "We met.", "attendees": []}
    await output(news(kind="final", summary=summary, open=[insight()]), formatting=False).post()

    (message,) = account.chat.messages
    assert message.rich_text == []
    assert message.text.endswith("Action items:\n- send the contract")


@pytest.mark.parametrize("character", ["x", "界", "👋"])
async def test_long_text_goes_out_in_numbered_parts(output, account, character):
    """No part is over 4,000 characters as Zoom counts them, its mark included, and nothing is lost."""
    text = character * 9000
    await output(news(insight(text=text, kind="x"))).post()

    assert len(account.said) > 2
    assert "".join(part.split(") ", 1)[1] for part in account.said) == f"Note: {text}"
    assert max(length(message.text) for message in account.chat.messages) in (3999, 4000)


@pytest.mark.parametrize(("size", "posts"), [(3997, 1), (3998, 2)])
async def test_the_mark_takes_its_room(output, account, size, posts):
    """A text is one message as long as it fits with the mark in front."""
    from lfx.schema.message import Message

    text = Message(text="x" * size, session_id=SESSION)
    await output(text, send_through="Channel or contact", channel_id="room").post()

    assert len(account.said) == posts
    assert max(length(message.text) for message in account.chat.messages) <= 4000


@pytest.mark.parametrize(
    "where",
    [
        {"send_through": "Meeting chat"},
        {"send_through": "Channel or contact", "channel_id": "room"},
        {"send_through": "Channel or contact", "contact": f"{HOST}@example.com"},
        {"send_through": "Meeting chat", "formatting": False},
    ],
)
async def test_every_message_under_a_persons_name_is_marked(output, account, where):
    """New ones, each part of a long one, replies and edits: people see that the person did not write it."""
    long = insight("i-2", "x" * 9000)
    await output(news(insight(), long, notes=[note("One.")]), **where).post()
    await output(news(window=2, notes=[note("Two.")]), **where).post()

    assert len(account.said) == 5
    assert all(message.text.startswith(MARK) for message in account.chat.messages)
    assert account.chat.messages[-1].text == "🤖 Two."


async def test_a_chatbot_needs_no_mark(output, account):
    """It has a name of its own."""
    await output(news(insight()), send_through="Chatbot").post()

    assert MARK.strip() not in account.chat.messages[0].text


async def test_a_list_that_begins_a_message_is_a_list(output, account):
    """The mark stands in its first line and spoils none of its bullets."""
    from lfx.schema.message import Message

    text = Message(text="- one\n- two", session_id=SESSION)
    await output(text, send_through="Channel or contact", channel_id="room").post()

    (message,) = account.chat.messages
    assert message.text == "🤖 one\ntwo"
    assert [(one["start_position"], one["end_position"]) for one in message.rich_text] == [(0, 6), (7, 10)]


# Live notes


async def test_a_later_note_takes_the_place_of_the_earlier(output, account, message_store):
    """The message is edited; other keys have messages of their own, and insights are never among them."""
    await output(news(insight(), notes=[note("We began."), note("Budget is used up.", "budget")])).post()
    await message_store()
    made = output(news(window=2, notes=[note("We have decided.")]))
    posted = await made.post()

    assert account.said == ["Action item: send the contract", "We have decided.", "Budget is used up."]
    assert [message.edits for message in account.chat.messages] == [0, 1, 0]
    assert (posted.text, made.status) == ("We have decided.", "1 posted, 0 posted before")

    await output(news(insight(), notes=[note("We began."), note("Budget is used up.", "budget")])).post()
    assert account.said[1] == "We have decided."


async def test_a_note_is_put_back_to_what_it_said_before(output, account):
    """It holds again; a window that comes again changes nothing."""
    told = [
        news(notes=[{"key": "summary", "text": text}], window=window)
        for window, text in enumerate(["One.", "Two.", "One."], 1)
    ]
    for each in (*told, *told):
        await output(each).post()

    assert account.said == ["One."]


async def test_a_note_whose_message_is_gone_is_posted_anew(output, account):
    """And edited from then on."""
    await output(news(notes=[note("One.")])).post()
    account.chat.messages.clear()
    await output(news(notes=[note("Two.")], window=2)).post()
    await output(news(notes=[note("Three.")], window=3)).post()

    assert account.said == ["Three."]


async def test_a_note_that_is_too_long_is_posted_in_parts(output, account):
    """Nothing of it is cut off, and what was said before stays."""
    await output(news(notes=[note("One.")])).post()
    await output(news(notes=[note("x" * 5000)], window=2)).post()
    await output(news(notes=[note("Three.")], window=3)).post()

    assert [text[:6] for text in account.said] == ["Three.", "(1/2) ", "(2/2) "]


async def test_an_edit_whose_answer_is_lost_is_sent_again(output, account):
    """It does no harm."""
    await output(news(notes=[note("One.")])).post()
    account.rest.script.extend([replace(RESET, taken=True), BAD_GATEWAY, SERVER_ERROR])
    await output(news(notes=[note("Two.")], window=2)).post()

    assert account.said == ["Two."]
    assert account.chat.messages[0].edits == 2


async def test_edits_need_a_scope_of_their_own(output, account):
    """A missing one is named."""
    account.rest.scopes.remove(UPDATE_MESSAGE)
    await output(news(notes=[note("One.")])).post()
    with pytest.raises(RuntimeError, match="team_chat:update:user_message:admin"):
        await output(news(notes=[note("Two.")], window=2)).post()

    assert account.said == ["One."]


async def test_a_run_cancelled_behind_zooms_answer_remembers_what_it_said(output, account, monkeypatch):
    """A repeated run knows that it was posted, and a later text takes its place."""
    from lfx.memory import aget_messages, aupdate_messages

    keeping, goes_on = asyncio.Event(), asyncio.Event()

    async def held(rows: list[Any]) -> Any:
        keeping.set()
        await goes_on.wait()
        return await aupdate_messages(rows)

    cancelled = output(news(notes=[note("One.")]))
    patch_names(monkeypatch, cancelled, aupdate_messages=held)
    run = asyncio.create_task(cancelled.post())
    await keeping.wait()
    run.cancel()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await run
    [row] = await aget_messages(session_id=f"{SESSION}:memory")
    assert json.loads(row.text)["state"] == "posted"
    again = output(news(notes=[note("One.")]))
    await again.post()
    await output(news(notes=[note("Two.")], window=2)).post()
    assert again.status == "0 posted, 1 posted before"
    assert (account.said, account.chat.messages[0].edits) == (["Two."], 1)


# Channel or contact


async def test_a_channel_is_posted_to_by_the_apps_owner(output, account):
    """As long as nobody else is named; nothing is asked about a meeting."""
    await output(news(insight()), send_through="Channel or contact", channel_id="room").post()

    (message,) = account.chat.messages
    assert (message.sender, message.to, account.read) == (account.rest.owner_id, "room", 0)


async def test_a_contact_is_written_to(output, account):
    """By email, as the sender."""
    account.chat.add_user("ana", "ana@example.com")
    await output(
        news(insight()), send_through="Channel or contact", contact="ana@example.com", sender=HOST
    ).post()

    (message,) = account.chat.messages
    assert (message.sender, message.to) == (HOST, "ana@example.com")


async def test_a_users_own_token_posts_as_that_user(output, account):
    """No credentials are needed besides it, nor is anything renewed when it has expired."""
    token = account.rest.give_token(
        authorization=httpx.BasicAuth("id", SECRET)._auth_header,
        form={"grant_type": "refresh_token", "refresh_token": account.rest.consent(HOST)},
        api_url="",
    )
    ready = {
        "access_token": json.loads(token.text)["access_token"],
        "account_id": "",
        "client_id": "",
        "client_secret": "",
    }
    await output(news(insight()), **ready).post()
    assert account.chat.messages[0].sender == HOST
    assert account.asked[-1] == "POST /v2/chat/users/me/messages"

    account.rest.expire_tokens()
    with pytest.raises(RuntimeError, match="Paste a new one") as error:
        await output(news(insight("i-2"), window=2), **ready).post()
    assert ready["access_token"] not in str(error.value)
    assert not any("oauth" in one for one in account.asked)


async def test_a_token_that_cannot_be_sent_is_an_error(output, account):
    """Nothing was sent, so that the same window posts later."""
    broken = {"access_token": "a\nb", "expires_in": 3600}
    account.rest.token_script.append(answer(200, broken))
    with pytest.raises(RuntimeError, match="holds no access token"):
        await output(news(insight())).post()

    await output(news(insight())).post()
    assert len(account.said) == 1


async def test_an_address_that_is_none_changes_nothing(output, account):
    """What a token's answer names beside the token counts only where it is an address."""
    given = account.rest.give_token(
        authorization=httpx.BasicAuth("id", SECRET)._auth_header,
        form={"grant_type": "account_credentials", "account_id": "acc-1"},
        api_url="https://zoom.us:port",
    )
    account.rest.token_script.append(given)
    await output(news(insight())).post()

    assert "https://zoom.us:port" in given.text
    assert len(account.said) == 1


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"client_secret": ""}, "Meeting chat needs more: Client Secret or Access Token."),
        ({"account_id": "", "client_id": " "}, "Account ID or Access Token, Client ID or Access Token."),
        ({"send_through": "Channel or contact"}, "Channel or contact needs more: Channel ID or Contact."),
        (
            {"send_through": "Channel or contact", "channel_id": "room", "contact": "a@b.c"},
            "clear one of them",
        ),
        ({"send_through": "Chatbot", "to_jid": "", "robot_jid": ""}, "needs more: Bot JID, Recipient JID."),
        ({"send_through": "Post"}, "Send Through must be one of: Incoming webhook, Meeting chat,"),
        ({"access_token": "Bearer x"}, "Access Token must be the bare token"),
        ({"api_url": "http://api.zoom.us/v2"}, "API URL must begin with https://"),
        ({"oauth_url": "zoom.us/oauth/token"}, "OAuth URL must begin with https://"),
    ],
)
async def test_what_is_missing_is_named(output, account, inputs, words):
    """Before anything is sent."""
    with pytest.raises(RuntimeError) as error:
        await output(news(insight()), **inputs).post()

    assert words in str(error.value)
    assert account.asked == []


@pytest.mark.parametrize("way", ["Meeting chat", "Channel or contact", "Chatbot"])
async def test_without_credentials_it_is_a_dry_run(output, account, way):
    """Wherever it would go."""
    none = dict.fromkeys(("account_id", "client_id", "client_secret", "robot_jid", "to_jid"), "")
    dry = output(news(insight()), send_through=way, **none)
    posted = await dry.post()

    assert posted.text == "(dry run: nothing is posted to Zoom)\n\nAction item: send the contract"
    assert dry.status == "dry run: no Account ID, nothing was posted"
    assert account.asked == []


# Chatbot


async def test_a_chatbot_posts_cards(output, account):
    """The meeting's topic is the head, headings are bold, and what follows replies to the first."""
    summary = {"text": "We met.", "attendees": []}
    await output(news(insight()), send_through="Chatbot").post()
    final = news(kind="final", window=2, summary=summary, open=[insight(), insight("i-2", "Book a room")])
    await output(final, send_through="Chatbot").post()

    first, last = account.chat.messages
    assert (first.to, first.sender, last.reply_to) == ("room", account.chat.robot_jid, first.id)
    assert first.content == {
        "head": {"text": "Weekly"},
        "body": [{"type": "message", "text": "Action item: send the contract"}],
    }
    assert last.content["body"] == [
        {"type": "message", "text": "Meeting summary - Weekly", "style": {"bold": True}},
        {"type": "message", "text": "We met."},
        {"type": "message", "text": "Action items:", "style": {"bold": True}},
        {"type": "message", "text": "- send the contract\n- Book a room"},
    ]


async def test_a_chatbots_head_takes_no_room_from_the_body(output, account):
    """The longest topic that Zoom allows is shortened over the longest text that is one message."""
    meeting = {"uuid": UUID, "id": NUMBER, "topic": "👋" * 200, "started_at": ""}
    await output(news(insight(text="x" * 3992, kind="idea"), meeting=meeting), send_through="Chatbot").post()

    (message,) = account.chat.messages
    assert message.content["head"] == {"text": "👋" * 40 + "…"}
    assert message.content["body"] == [{"type": "message", "text": "Note: " + "x" * 3992}]


async def test_a_chatbots_notes_are_edited(output, account):
    """With its own call."""
    for window, text in enumerate(("One.", "Two."), 1):
        await output(news(notes=[note(text)], window=window), send_through="Chatbot").post()

    (message,) = account.chat.messages
    assert (message.text, message.edits) == ("Weekly\nTwo.", 1)


async def test_a_chatbot_with_another_apps_credentials(output, account):
    """Is told which scope is missing, or which kind of credentials is needed."""
    wrong = {"client_id": "id", "client_secret": SECRET}
    with pytest.raises(RuntimeError, match="lacks the scope imchat:bot"):
        await output(news(insight()), send_through="Chatbot", **wrong).post()

    account.rest.script.append(fault(401, 7010, "Invalid authorization token.", result=False))
    with pytest.raises(RuntimeError, match=r"General app that has the chatbot feature.*code 7010"):
        await output(news(insight()), send_through="Chatbot").post()
    await output(news(insight()), send_through="Chatbot").post()
    assert len(account.said) == 1


# Tokens


async def test_a_token_serves_until_it_is_about_to_expire(output, account, monkeypatch):
    """A minute before its end a new one is fetched, and none before."""
    now = time.monotonic
    for later, given in ((0, 1), (3500, 1), (3545, 2)):
        monkeypatch.setattr(time, "monotonic", lambda later=later: now() + later)
        await output(news(insight(f"i-{later}"), window=later)).post()
        assert account.rest.tokens_given == given


async def test_a_refused_token_is_renewed_once(output, account):
    """The message arrives; where Zoom refuses the new one too, that is the error."""
    await output(news(insight())).post()
    account.rest.expire_tokens()
    await output(news(insight("i-2"), window=2)).post()
    assert (len(account.said), account.rest.tokens_given) == (2, 2)

    account.rest.script.extend([fault(401, 124, "Invalid access token.")] * 2)
    with pytest.raises(RuntimeError, match=r"does not take the access token.*code 124"):
        await output(news(insight("i-3"), window=3)).post()
    assert account.rest.tokens_given == 3


async def test_an_added_scope_counts_at_once(output, account):
    """The token without it is not used again."""
    account.rest.scopes.remove(WRITE_MESSAGE)
    with pytest.raises(RuntimeError, match="4711"):
        await output(news(insight())).post()

    account.rest.scopes.add(WRITE_MESSAGE)
    await output(news(insight())).post()
    assert len(account.said) == 1


async def test_a_token_that_zoom_finds_damaged_is_not_used_again(output, account):
    """The next run fetches another."""
    account.rest.script.append(fault(400, 4700, "Invalid access token."))
    with pytest.raises(RuntimeError, match="4700"):
        await output(news(insight())).post()
    await output(news(insight())).post()

    assert account.rest.tokens_given == 2


async def test_other_credentials_get_another_token(output, account):
    """A wrong secret does not live on a right one's token."""
    await output(news(insight())).post()
    with pytest.raises(RuntimeError, match="Client ID or Client Secret"):
        await output(news(insight("i-2"), window=2), client_secret="wrong").post()


@pytest.mark.parametrize(
    ("inputs", "reply", "words"),
    [
        ({"client_secret": "wrong"}, None, "does not know this Client ID or Client Secret"),
        ({"account_id": "other"}, None, "does not know this Account ID"),
        ({"client_id": "bot"}, None, "does not allow this kind of app. Activate"),
        (
            {},
            answer(400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"}),
            "another kind",
        ),
        ({}, answer(401, {"code": 4702, "message": "x"}), "does not know this Client ID"),
        ({}, answer(400, {"code": 4717, "message": "x"}), "switched off"),
        ({}, answer(400, {"code": 4738, "message": "x"}), "administrator"),
        ({}, answer(400, {"reason": "Whatever", "error": "new_error"}), "Check Account ID, Client ID"),
        ({}, answer(403, {}), "Check Account ID, Client ID"),
        ({}, Reply(status=200, text="<html>Sign in</html>"), "Is OAuth URL Zoom's"),
    ],
)
async def test_a_refused_token_says_what_is_wrong(output, account, inputs, reply, words):
    """Credentials, account, kind of app, or who has switched it off."""
    if inputs.get("client_id") == "bot":
        inputs = dict(zip(("client_id", "client_secret"), account.rest.bot_client, strict=True))
    if reply:
        account.rest.token_script.append(reply)
    with pytest.raises(RuntimeError, match=words) as error:
        await output(news(insight()), **inputs).post()

    assert SECRET not in str(error.value)
    assert account.said == []


async def test_only_zooms_own_hosts_are_sent_a_token(component):
    """The API's address that comes with a token counts where it is Zoom's, and no other."""
    from lfx.schema.data import Data

    hosts = []
    for told in (
        "https://api-eu.zoom.us",
        "https://api.zoom.us.evil.test",
        "http://api.zoom.us",
        "",
        "nonsense",
    ):
        from lfx.services.deps import get_shared_component_cache_service

        get_shared_component_cache_service().clear()

        def zoom(request: httpx.Request, told: str = told) -> httpx.Response:
            if request.url.path == "/oauth/token":
                return httpx.Response(200, json={"access_token": "t", "expires_in": 3600, "api_url": told})
            hosts.append(str(request.url.copy_with(path="/")))
            return httpx.Response(201, json={"id": "M"})

        sent = news(insight(), session_id=f"zoom-{len(hosts)}")
        made = component(
            "chat_output",
            news=Data(data=sent),
            send_through="Channel or contact",
            account_id="a",
            client_id="b",
            client_secret="c",
            channel_id="room",
        )
        made._transport = httpx.MockTransport(zoom)
        await made.post()

    assert hosts == ["https://api-eu.zoom.us/"] + ["https://api.zoom.us/"] * 4


# Errors


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (fault(400, 4711, "Invalid access token, does not contain scopes:[a:b:c]."), "lacks the scope a:b:c"),
        (fault(400, 4700, "Invalid access token."), "lacks a scope or is damaged"),
        (fault(400, 7010, "Invalid authorization token.", result=False), "chatbot's own credentials"),
        (
            answer(400, {"code": 300, "message": "x", "errors": [{"field": "message", "message": "y"}]}),
            "Fields at fault: message.",
        ),
        (fault(400, 300, "Validation Failed."), "does not accept what was sent"),
        (fault(400, 5301, "Failed."), "member of the channel"),
        (fault(403, 200, "No permission."), "The sender may not post there"),
        (fault(403, 9999, "No."), "The sender may not post there"),
        (fault(404, 4130, "Channel does not exist: x."), "no such channel"),
        (fault(404, 1001, "User does not exist: x."), "Sender is the id or email"),
        (fault(418, 9999, "Teapot."), "Zoom refused the request"),
        (Reply(status=400, text="Bad"), "Zoom refused the request. (HTTP 400"),
        (Reply(status=302, text="", headers={"location": "https://evil.test"}), "HTTP 302"),
    ],
)
async def test_a_refusal_says_what_to_do(output, account, reply, words):
    """With status, number and Zoom's tracking id; it is not tried again at once, and posts once it is mended."""
    await output(news(insight("i-0"))).post()
    account.rest.script.append(reply)
    with pytest.raises(RuntimeError) as error:
        await output(news(insight(), window=2)).post()
    assert words in str(error.value)
    assert f"(HTTP {reply.status}" in str(error.value)
    assert "tracking id v=2.0;clid=aw1;rid=WEB_" in str(error.value)
    assert "Posted: 0 of 1." in str(error.value)
    assert len(account.said) == 1

    await output(news(insight(), window=2)).post()
    assert len(account.said) == 2


@pytest.mark.parametrize(
    ("prepare", "inputs", "words"),
    [
        (lambda a: a.rest.scopes.remove(READ_MEETING), {}, "meeting:read:meeting:admin"),
        (lambda a: a.rest.scopes.remove(WRITE_MESSAGE), {}, "team_chat:write:user_message:admin"),
        (lambda a: a.room.members.clear(), {"channel_id": "room"}, "member"),
        (lambda a: setattr(a.room, "open", False), {"channel_id": "room"}, "archived"),
        (lambda a: None, {"channel_id": "hall"}, "no such channel"),
        (lambda a: None, {"sender": "nobody@example.com"}, "does not know the sender"),
        (lambda a: setattr(a.meeting, "number", "80000000000"), {}, "does not know this meeting"),
    ],
)
async def test_what_the_account_lacks_is_said(output, account, prepare, inputs, words):
    """As the stand-in finds out by Zoom's own rules."""
    prepare(account)
    with pytest.raises(RuntimeError, match=words):
        await output(news(insight()), **inputs).post()
    assert account.said == []


async def test_a_daily_limit_says_until_when(output, account, monkeypatch):
    """It is not waited for."""
    monkeypatch.setattr(time, "time", lambda: account.now)
    account.rest.script.append(rest_too_many(RateLimit.DAILY, account.now))
    with pytest.raises(RuntimeError, match=r"daily limit.*until 2025-11-23 00:00:00 UTC") as error:
        await output(news(insight())).post()

    assert type(error.value).__name__ == "BusyError"


@pytest.mark.parametrize(
    "reply",
    [rest_too_many(RateLimit.BARE, 0), rest_too_many(RateLimit.PER_SECOND, 0), Reply(status=503, text="")],
)
async def test_what_passes_is_waited_out(output, account, reply):
    """On every call: for the meeting, and for the message."""
    account.rest.script.extend([reply, reply])
    await output(news(insight())).post()
    account.rest.script.append(reply)
    await output(news(insight("i-2"), window=2)).post()

    assert len(account.said) == 2


async def test_tries_are_bounded(output, account):
    """Four, longer apart each time; then the window is free to be posted again."""
    account.rest.script.extend([SERVER_ERROR] * 4)
    with pytest.raises(RuntimeError, match="tried 4 times"):
        await output(news(insight())).post()
    assert account.slept[-4:] == pytest.approx([0, 1, 2, 4])

    await output(news(insight())).post()
    assert len(account.said) == 1


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("lost", [RESET, SILENCE, BAD_GATEWAY, SERVER_ERROR])
async def test_what_may_have_arrived_is_not_posted_again(output, account, lost, taken):
    """Where the answer to a message is lost, people may miss it but never get it twice."""
    await output(news(insight("i-0"))).post()
    account.rest.script.append(replace(lost, taken=taken))
    cut_short = output(news(insight(), window=2))
    if lost is SILENCE:
        cut_short._timeout = httpx.Timeout(10, read=0.5)
    with pytest.raises(RuntimeError, match="may have arrived, so it is not posted again") as error:
        await cut_short.post()
    assert type(error.value).__name__ == "UnknownFateError"
    await until(lambda: not account.rest.script)

    again = output(news(insight(), window=2))
    await again.post()
    assert again.status == "0 posted, 0 posted before, 1 perhaps posted before"
    assert len(account.said) == (2 if taken else 1)


async def test_a_lost_answer_to_a_question_is_asked_for_again(output, account):
    """Asking for the meeting twice does no harm."""
    account.rest.script.extend([RESET, BAD_GATEWAY, SERVER_ERROR])
    await output(news(insight())).post()

    assert (account.read, len(account.said)) == (4, 1)


async def cancel(account: Account, post: Any, request: str) -> None:
    """Cancel a run while Zoom has its request and does not answer."""
    account.asked.clear()
    account.open.clear()
    run = asyncio.create_task(post)
    await until(lambda: request in account.asked)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    account.open.set()


async def test_a_run_cancelled_with_its_message_under_way_keeps_the_claim(output, account):
    """Nobody knows whether it arrived, so that it is not posted again."""
    await output(news(insight("i-0"))).post()
    request = f"POST /v2/chat/users/{HOST}/messages"
    await cancel(account, output(news(insight(), window=2)).post(), request)

    again = output(news(insight(), window=2))
    await again.post()
    assert again.status == "0 posted, 0 posted before, 1 perhaps posted before"
    assert account.asked == [request]


async def test_a_run_cancelled_before_its_message_left_gives_the_claim_back(output, account):
    """It was asking for a token only."""
    await cancel(account, output(news(insight())).post(), "POST /oauth/token")
    again = output(news(insight()))
    await again.post()
    assert (again.status, len(account.said)) == ("1 posted, 0 posted before", 1)


async def test_out_of_reach(output, account):
    """Zoom that cannot be reached is said to be so, and tried four times."""
    with pytest.raises(RuntimeError, match="cannot be reached; tried 4 times"):
        await output(news(insight()), oauth_url="http://127.0.0.1:9/oauth/token").post()


async def test_posts_are_a_second_apart(output, account, monkeypatch):
    """In one place, over all runs; other calls do not wait. On the component's own clock its work takes no time."""
    for window in (1, 2, 3):
        made = output(news(insight(f"i-{window}"), window=window))
        patch_names(monkeypatch, made, time=SimpleNamespace(monotonic=lambda: 1000.0))
        await made.post()

    assert [seconds for seconds in account.slept if seconds] == [1, 2]


@pytest.mark.parametrize("way", ["Meeting chat", "Chatbot"])
@pytest.mark.parametrize("reply", [None, fault(400, 300, "confidential plan"), RESET])
async def test_secrets_names_and_words_stay_inside(output, account, caplog, way, reply):
    """Secrets, people, meeting and message appear in no log, status or error, nor in what is remembered."""
    from lfx.memory import aget_messages

    caplog.set_level(logging.DEBUG)
    account.rest.script.extend([reply] if reply else [])
    shown = output(
        news(insight(text="confidential plan"), notes=[note("confidential too", "confidential key")]),
        send_through=way,
    )
    try:
        await shown.post()
        problem = ""
    except RuntimeError as error:
        problem = str(error) + repr(error.__cause__)

    rows = "".join(row.text for row in await aget_messages(session_id=f"{SESSION}:memory"))
    own = "".join(
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("httpx", "httpcore", "lfx"))
    )
    secrets = [SECRET, account.rest.bot_client[1], "confidential", *account.rest._leaves]
    assert rows or problem
    for secret in secrets:
        assert secret not in own + problem + str(shown.status) + rows
    assert HOST not in own + problem + str(shown.status)


# On the canvas, and in an agent's hands


async def test_the_editor_shows_the_inputs_of_the_chosen_way(component):
    """And hides those of the others, whatever was chosen before."""
    made = component("chat_output")
    config = made.to_frontend_node()["data"]["node"]["template"]

    def shown() -> set[str]:
        common = {"connection", "send_through", "news", "text", "context", "code"}
        return {name for name, one in config.items() if isinstance(one, dict) and one.get("show")} - common

    webhook = {"webhook_url", "verification_token", "signing_secret"}
    app = {"account_id", "client_id", "client_secret", "api_url", "oauth_url", "thread"}
    user = app | {"access_token", "sender", "channel_id", "formatting"}
    assert shown() == webhook
    for way, names in (
        ("Meeting chat", user),
        ("Channel or contact", user | {"contact"}),
        ("Chatbot", app | {"robot_jid", "to_jid", "user_jid"}),
        ("Incoming webhook", webhook),
    ):
        made.update_build_config(config, way, "send_through")
        assert shown() == names
    made.update_build_config(config, "room", "channel_id")
    assert shown() == webhook


async def test_a_stored_flow_runs_with_inputs_that_the_editor_hides(component, output, account):
    """A way that was chosen by a tweak takes its inputs, although nobody opened the editor."""
    from lfx.graph.vertex.param_handler import ParameterHandler

    node = component("chat_output").to_frontend_node()
    chosen = {
        "send_through": "Meeting chat",
        "account_id": "acc-1",
        "client_id": "id",
        "client_secret": SECRET,
        "api_url": f"{account.url}/v2",
    }
    for name, value in chosen.items():
        node["data"]["node"]["template"][name]["value"] = value

    class Vertex:
        data = node["data"]
        display_name = "Zoom Chat Output"

        def get_incoming_edge_by_target_param(self, name: str) -> None:
            return None

    handler = ParameterHandler(Vertex(), storage_service=None)
    params, _ = handler.process_field_parameters()
    assert chosen.items() <= params.items()
    assert params["thread"] is True


async def test_an_agent_posts_text(output, account):
    """As a tool with one argument; the same words are posted once, and other words again."""
    made = output(None, send_through="Channel or contact", channel_id="room", _session_id=SESSION)
    made._vertex = type("V", (), {"graph": type("G", (), {"session_id": SESSION})()})()
    for text in ("Hello", "Hello", "Bye"):
        made.set(text=text)
        assert (await made.post()).text == text

    assert account.said == ["Hello", "Bye"]


async def test_it_is_a_tool(component):
    """Langflow makes a tool of it that a model understands, and hands its dry run's answer back."""
    made = component("chat_output", _session_id=SESSION)
    [tool] = await made.to_toolkit()

    assert set(tool.args) == {"text"}
    assert "Post a text to Zoom's chat" in tool.description
    assert await tool.ainvoke({"text": "Hello"}) == "(dry run: nothing is posted to Zoom)\n\nHello"


async def test_text_and_news_are_both_posted(output, account):
    """Neither is lost where both are given."""
    await output(news(insight()), text="Hello").post()

    assert account.said == ["Hello\n\nAction item: send the contract"]
