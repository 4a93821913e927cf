"""Zoom Chat Output through Langflow's own loader, against a strict stand-in for the webhook."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from tests.components.contracts import MEETING, SESSION, insight, news
from tests.components.namespaces import patch_names
from tests.fakes.waiting import cancelled_at, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.zoom.shared.posts import Told

TOKEN = "verySecretToken"
WEBHOOK_ID = "Abc-123_secretId"
URL = f"https://integrations.zoom.us/chat/webhooks/incomingwebhook/{WEBHOOK_ID}"


class Channel:
    """A Zoom channel behind an incoming webhook; it takes what Zoom takes."""

    def __init__(self) -> None:
        self.posts: list[str] = []
        self.answers: list[httpx.Response | Exception] = []
        """Given, in order, before any post is taken."""
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if not request.url.path.endswith(f"/{WEBHOOK_ID}"):
            return httpx.Response(404)
        if request.headers["authorization"] != TOKEN:
            return httpx.Response(401)
        if request.url.params.get_list("format") != ["message"] or not 0 < len(request.content) <= 3500:
            return httpx.Response(400)
        self.posts.append(request.content.decode())
        return httpx.Response(200, text="OK")

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture(autouse=True)
def _forget_spacing(langflow_services):
    """Every test's process is a new one: no post came before."""
    from lfx.services.deps import get_shared_component_cache_service

    get_shared_component_cache_service().clear()


@pytest.fixture
def output(component, channel):
    """A Chat Output on the channel, whose waits are only noted down."""

    def make(news: Any, **inputs: Any) -> Any:
        from lfx.schema.data import Data

        given = {"webhook_url": URL, "verification_token": TOKEN} | inputs
        made = component("chat_output", news=Data(data=news) if isinstance(news, dict) else news, **given)
        made._transport = httpx.MockTransport(channel)
        made._sleep = channel.sleep
        return made

    return make


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"owner": "Dana", "due": "Friday"}, "Action item: Dana - send the contract (by Friday)"),
        ({"due": "by Friday"}, "Action item: send the contract (by Friday)"),
        ({"due": "tomorrow"}, "Action item: send the contract (tomorrow)"),
        (
            {"text": "Dana sends it on Friday", "owner": "Dana", "due": "Friday"},
            "Action item: Dana sends it on Friday",
        ),
        ({"kind": "decision", "text": "Ship 2.0"}, "Decision: Ship 2.0"),
        ({"kind": "question", "text": "Who pays?"}, "Open question: Who pays?"),
        ({"kind": "follow_up", "status": "changed"}, "Updated follow-up: send the contract"),
        ({"text": "a\x00b\x01\x02\ud800\x1b[31mc\nd"}, "Action item: ab[31mc\nd"),
        ({"kind": "buying_signal", "text": "They ask for a quote"}, "Buying signal: They ask for a quote"),
        (
            {
                "kind": "objection",
                "text": "Too expensive",
                "answer": {"text": "It pays in a year.", "source": "Prices"},
            },
            "Objection: Too expensive\n   Say: It pays in a year. (playbook: Prices)",
        ),
        (
            {"kind": "question", "answer": {"text": "See the handbook.", "source": ""}, "text": "Who pays?"},
            "Open question: Who pays?\n   See: See the handbook.",
        ),
        (
            {
                "kind": "problem",
                "text": "Login fails",
                "record": {"name": "Ticket 4711", "url": "https://desk.example/4711"},
                "answer": {"text": "Clear the cache.", "source": "KB 12"},
            },
            "Problem: Login fails (Ticket 4711: https://desk.example/4711)\n   See: Clear the cache. (KB 12)",
        ),
        ({"kind": "problem", "record": {"name": "", "url": None}}, "Problem: send the contract"),
    ],
)
async def test_an_insight_is_a_plain_sentence(output, channel, fields, line):
    """People read what it is, who does it and until when, with nothing said twice; the run's answer is the same."""
    posted = await output(news(insight(**fields))).post()

    assert channel.posts == [line]
    assert (posted.text, posted.session_id) == (line, SESSION)


async def test_the_answer_has_the_news_beside_its_text(output, channel):
    """Whoever asked for the run gets what was found as data, also what is not posted; a text that came in has none."""
    from lfx.schema.message import Message

    found = insight(owner="Dana")
    for _ in range(2):
        told = (await output(news(found, open=[found])).post()).session_metadata["news"]
        assert told == {"schema": "zoom-news/1", "insights": [found]}
    assert (await output(Message(text="Hi.", session_id=SESSION)).post()).session_metadata is None


async def test_the_answer_tells_what_models_took(output, channel):
    """By window, of this one and of those that had nothing to say; a cost is told where every price is known."""
    from components.zoom.shared.exchange import Spending

    claude, other = Spending(SESSION, "zoom-claude"), Spending(SESSION, "zoom-model")
    await claude.add("m:r:1", usd=0.5, input_tokens=100, output_tokens=10, cost=0.5)
    await claude.add("m:r:2", usd=0.25, input_tokens=50, output_tokens=5, cost=0.25)
    await claude.add("m:r:2", usd=0.25, input_tokens=50, output_tokens=5, cost=0.25)
    await other.add("m:r:2", tokens=9, input_tokens=8, output_tokens=1)
    await other.add("m:r:0", tokens=9)  # as it was noted down before
    told = (await output(news(insight())).post()).session_metadata["spent"]
    assert told == [
        {"window_id": "m:r:1", "input_tokens": 100, "output_tokens": 10, "usd": 0.5},
        {"window_id": "m:r:2", "input_tokens": 108, "output_tokens": 11, "usd": None},
    ]


async def test_news_of_a_window_are_one_post(output, channel):
    """Several insights go out together, in order."""
    await output(news(insight(), insight("i-2", "Ship it", kind="decision"))).post()

    assert channel.posts == ["Action item: send the contract\n\nDecision: Ship it"]


async def test_a_final_window_is_a_summary_with_everything_found(output, channel):
    """The summary has the attendees and all open insights by kind, and no insight is posted beside it."""
    known = [insight(owner="Dana"), insight("i-2", "Ship it", kind="decision"), insight("i-3", "Book a room")]
    summary = {"text": "We met.", "attendees": ["Dana", "Omar"]}
    await output(news(known[2], kind="final", summary=summary, open=known)).post()

    assert channel.posts == [
        "Meeting summary - Weekly\n\nWe met.\n\nAttendees: Dana, Omar\n\n"
        "Action items:\n- Dana - send the contract\n- Book a room\n\nDecisions:\n- Ship it"
    ]


async def test_a_summary_says_nothing_twice(output, channel):
    """An insight that the summary's own text tells is not listed below it."""
    known = [insight(owner="Dana"), insight("i-2", "Book a room")]
    summary = {"text": "Dana is to Send the contract.", "attendees": []}
    await output(news(kind="final", summary=summary, open=known)).post()

    assert channel.posts == [
        "Meeting summary - Weekly\n\nDana is to Send the contract.\n\nAction items:\n- Book a room"
    ]


async def test_a_summary_tells_every_record(output, channel):
    """Number and link of a ticket are listed, although the summary's own text tells the insight; empty ones not."""
    ticket = {"name": "Ticket 4711", "url": "https://desk.example/4711"}
    known = [
        insight(text="Login fails", kind="problem", record=ticket),
        insight("i-2", "Export hangs", kind="problem", record={"name": "", "url": None}),
    ]
    summary = {"text": "Login fails, and export hangs.", "attendees": []}
    await output(news(kind="final", summary=summary, open=known)).post()

    assert channel.posts == [
        "Meeting summary - Weekly\n\nLogin fails, and export hangs.\n\n"
        "Problems:\n- Login fails (Ticket 4711: https://desk.example/4711)"
    ]


async def test_nothing_is_posted_twice(output, channel, message_store):
    """A repeated window, also after a restart, and an insight in a later window are posted once."""
    sent = news(insight(), insight("i-2", "Ship it"))
    first = await output(sent).post()
    await message_store()
    again = output(sent)

    assert (await again.post()).text == first.text
    assert again.status == "0 posted, 2 posted before"
    await output(news(insight(), insight("i-3", "Book a room"), window=2)).post()
    assert channel.posts[1:] == ["Action item: Book a room"]


async def test_each_change_is_posted_once(output, channel):
    """A change is posted as an update, another change again, and the same change no more."""
    for window, due in enumerate(["Friday", "Monday", "Monday", "Tuesday"], 1):
        status = "new" if window == 1 else "changed"
        await output(news(insight(due=due, status=status), window=window)).post()

    assert channel.posts == [
        "Action item: send the contract (by Friday)",
        "Updated action item: send the contract (by Monday)",
        "Updated action item: send the contract (by Tuesday)",
    ]


async def test_meetings_and_channels_are_apart(output, channel, component):
    """The same insight id in another meeting, or in another channel, is posted there."""
    await output(news(insight())).post()
    await output(news(insight(), session_id="zoom-other")).post()
    other = output(news(insight()), webhook_url="https://inbots.zoom.us/incoming/hook/other")
    with pytest.raises(RuntimeError, match="404"):
        await other.post()

    assert len(channel.posts) == 2


async def test_without_a_url_it_is_a_dry_run(output, channel):
    """Nothing is posted nor remembered as posted; the answer says so and shows what would be seen."""
    dry = output(news(insight()), webhook_url="", verification_token="")
    posted = await dry.post()

    assert posted.text == "(dry run: nothing is posted to Zoom)\n\nAction item: send the contract"
    assert dry.status.startswith("dry run")
    assert channel.posts == []
    await output(news(insight())).post()
    assert len(channel.posts) == 1


async def test_any_text_is_posted_once_in_a_session(output, channel):
    """A message from another node is posted as it is, and the same words of a repeated run are not."""
    from lfx.schema.message import Message

    for session in (SESSION, SESSION, "zoom-other"):
        await output(Message(text=" Grüße 👋\n", session_id=session)).post()

    assert channel.posts == ["Grüße 👋", "Grüße 👋"]


async def test_text_of_a_window_is_posted_once_whatever_the_words(output, channel):
    """With the window known, a repeated run that a model worded differently posts nothing."""
    from lfx.schema.data import Data
    from lfx.schema.message import Message

    def context(window: int) -> Data:
        return Data(data={"window_id": f"s1:notes:{window}", "session_id": SESSION})

    await output(Message(text="We met."), context=context(1)).post()
    await output(Message(text="A meeting took place."), context=context(1)).post()
    await output(Message(text="We met."), context=context(2)).post()

    assert channel.posts == ["We met.", "We met."]


async def test_bold_of_a_summary_is_a_heading(output, channel, component):
    """The rules and models write Markdown, which the Playground shows; a webhook's plain text has no asterisks."""
    found = news(insight(), summary={"text": "**To do**\n\n- 3 ** 4", "attendees": []})
    found["notes"] = [{"key": "summary", "text": "**So far**"}]
    answer = await output(found).post()
    assert "**To do**\n\n- 3 ** 4" in answer.text
    assert "To do\n\n- 3 ** 4" in "".join(channel.posts)
    assert "So far" in "".join(channel.posts)
    assert "**To" not in "".join(channel.posts)
    assert "**So" not in "".join(channel.posts)
    posts = importlib.import_module("components.zoom.shared.posts")
    chat = importlib.import_module("components.zoom.shared.zoom_chat")
    text = posts.items_of(found)[0].text
    shown, ranges = chat.rich_text(text, "")
    begin = shown.index("To do")
    bold = {"start_position": begin, "end_position": begin + 5, "format_type": "Bold", "format_attr": ""}
    assert bold in ranges
    assert "**" not in shown.replace("3 ** 4", "")
    [head] = [each for each in chat.card(text, "")["body"] if each["text"] == "To do"]
    assert head["style"] == {"bold": True}


async def test_an_agents_answer_is_posted_once_for_each_window(output, channel):
    """The same words answer another window too; other words for the same window are a run that was repeated."""
    from lfx.schema.data import Data

    def context(window: int) -> Data:
        return Data(data={"window_id": f"st:agent:{window}", "session_id": SESSION})

    for window, text in [(1, "Yes."), (1, "Yes, he did."), (2, "Yes.")]:
        await output("", text=text, context=context(window)).post()

    assert channel.posts == ["Yes.", "Yes."]


async def test_a_tool_posts_each_text_of_a_window_once(output, channel):
    """An Agent that has it as a tool says as much as it likes of a window, and nothing twice."""
    from lfx.schema.data import Data

    context = Data(data={"window_id": "st:agent:1", "session_id": SESSION})
    node = output("", context=context)
    type(node)._transport = node._transport  # each call of a tool has a copy of the node
    [tool] = await node.to_toolkit()
    for text in ("One.", "Two.", "One."):
        await tool.coroutine(text=text)

    assert channel.posts == ["One.", "Two."]


@pytest.mark.parametrize("empty", ["", "  \n", "\x00"])
async def test_nothing_to_say_is_not_posted(output, channel, empty):
    """Empty text goes nowhere."""
    from lfx.schema.message import Message

    quiet = output(Message(text=empty, session_id=SESSION))

    assert (await quiet.post()).text == ""
    assert (quiet.status, channel.posts) == ("nothing to post", [])


@pytest.mark.parametrize("character", ["x", "é", "界", "👋"])
@pytest.mark.parametrize("size", [3500, 3501, 12_000, 90_000])
async def test_long_text_goes_out_in_numbered_parts(output, channel, character, size):
    """No part is over 3,500 bytes with its number, none ends inside a character, and nothing is lost."""
    from lfx.schema.message import Message

    text = character * (size // len(character.encode()))
    posted = await output(Message(text=text, session_id=SESSION)).post()

    count = len(channel.posts)
    marks = [f"({n}/{count}) " if count > 1 else "" for n in range(1, count + 1)]
    assert all(post.startswith(mark) for post, mark in zip(channel.posts, marks, strict=True))
    assert "".join(post.removeprefix(mark) for post, mark in zip(channel.posts, marks, strict=True)) == text
    assert (count > 1) == (len(text.encode()) > 3500)
    assert posted.text == "\n\n".join(channel.posts)


def near_the_limit(*, longer: bool) -> dict[str, Any]:
    """An insight that fits into one message, and no longer with the number and link of its ticket."""
    ticket = {"name": "Ticket 4711", "url": "https://desk.example/4711"} if longer else None
    return insight(text="x" * 3480, record=ticket)


@pytest.mark.parametrize(("longer", "count"), [(False, 1), (True, 2)])
async def test_what_crosses_the_limit_is_posted_once(output, channel, longer, count):
    """What was said whole is not said in parts by a repeated run, nor what was said in parts said whole."""
    await output(news(near_the_limit(longer=longer))).post()
    before = list(channel.posts)
    again = output(news(near_the_limit(longer=not longer), insight("i-2")))
    await again.post()

    assert len(before) == count
    assert channel.posts == [*before, "Action item: send the contract"]
    assert again.status == f"1 posted, {3 - count} posted before"


async def test_parts_end_at_paragraphs_lines_and_words(output, channel):
    """Text is cut where a reader would cut it."""
    from lfx.schema.message import Message

    text = "\n\n".join(["a" * 2000, "b" * 2000, "c" * 2000 + "\n" + "d" * 2000, "word " * 1000])
    await output(Message(text=text, session_id=SESSION)).post()

    assert [post.split(" ", 1)[1][:4] for post in channel.posts[:4]] == ["aaaa", "bbbb", "cccc", "dddd"]
    assert all(post.endswith("word") for post in channel.posts[4:])


@pytest.fixture
def with_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, Callable[[], float]], Any]:
    """Gives a component a clock of its own, on which its work takes no time."""

    def give(made: Any, monotonic: Callable[[], float]) -> Any:
        patch_names(monkeypatch, made, time=SimpleNamespace(monotonic=monotonic, time=time.time))
        return made

    return give


async def test_posts_are_a_second_apart_over_all_runs(output, channel, with_clock):
    """One webhook gets one post a second, whichever run of this process sends it."""
    runs = [
        with_clock(output(news(insight(f"i-{n}"), session_id=f"zoom-{n}")), lambda: 1000.0) for n in range(4)
    ]
    await asyncio.gather(*(run.post() for run in runs))

    assert sorted(channel.slept) == [0, 1, 2, 3]


def too_many(**headers: str) -> httpx.Response:
    return httpx.Response(429, headers={name.replace("_", "-"): value for name, value in headers.items()})


def in_seconds(seconds: float) -> datetime:
    return datetime.fromtimestamp(time.time(), timezone.utc) + timedelta(seconds=seconds)


@pytest.fixture
def _time_stands_still(monkeypatch):
    """So that a point in time comes no nearer while the test runs; at a whole second, as some headers tell no less."""
    now = float(int(time.time()))
    monkeypatch.setattr(time, "time", lambda: now)


@pytest.mark.usefixtures("_time_stands_still")
@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (lambda: {"retry_after": "20"}, 20),
        (lambda: {"retry_after": in_seconds(20).strftime("%Y-%m-%dT%H:%M:%SZ")}, 20),
        (lambda: {"retry_after": format_datetime(in_seconds(20), usegmt=True)}, 20),
        (lambda: {"x_ratelimit_type": "QPS", "x_ratelimit_reset": str(int(time.time()) + 20)}, 20),
        (dict, 1),
        (lambda: {"retry_after": "soon"}, 1),
    ],
)
async def test_too_many_posts_are_waited_out(output, channel, headers, wait):
    """A 429 is posted again after the time that Zoom asks for, or a second where it asks for none."""
    channel.answers = [too_many(**headers())]
    await output(news(insight())).post()

    assert len(channel.posts) == 1
    assert channel.slept[-1] == pytest.approx(wait)


@pytest.mark.usefixtures("_time_stands_still")
async def test_a_long_wait_is_an_error_that_says_how_long(output, channel):
    """A daily limit is not waited for; later the same window posts."""
    channel.answers = [too_many(retry_after=in_seconds(3600).isoformat())]
    with pytest.raises(RuntimeError, match=r"asks to wait 3600 s\. Posted: 0 of 1"):
        await output(news(insight())).post()

    await output(news(insight())).post()
    assert len(channel.posts) == 1


@pytest.mark.parametrize(
    "headers", [{"x_ratelimit_reset": str(int(time.time() * 1000))}, {"retry_after": "9" * 400}]
)
async def test_a_wait_beyond_all_dates_is_no_other_than_a_long_one(output, channel, headers):
    """Zoom's time in another unit, or nonsense, is the same error; later the same window posts."""
    channel.answers = [too_many(**headers)]
    with pytest.raises(RuntimeError, match=r"asks to wait 31622400 s\. Posted: 0 of 1"):
        await output(news(insight())).post()

    await output(news(insight())).post()
    assert len(channel.posts) == 1


async def test_a_run_waits_a_minute_at_most(output, channel, with_clock):
    """All its posts together; then it ends with an error, keeps no place, and the rest is posted later."""
    sent = news(insight("i-1", "x" * 3000), insight("i-2", "y" * 3000))
    channel.answers = [too_many(retry_after="25"), too_many(retry_after="25"), httpx.Response(200)]
    channel.answers.append(too_many(retry_after="25"))
    told = r"\(HTTP 429\), and a run waits no longer than 60 s\. Run it again\. Posted: 1 of 2"
    with pytest.raises(RuntimeError, match=told) as error:
        await with_clock(output(sent), lambda: sum(channel.slept)).post()
    assert type(error.value).__name__ == "BusyError"
    assert channel.slept == [0, 25, 25, 1]

    await with_clock(output(sent), lambda: sum(channel.slept)).post()
    assert channel.posts == [f"Action item: {'y' * 3000}"]
    assert channel.slept[4:] == [1]


@pytest.mark.parametrize("answer", [None, httpx.Response(429), httpx.ConnectError("down")])
async def test_a_run_cancelled_while_it_waits_leaves_its_message_to_others(output, channel, answer):
    """For its turn, for what Zoom asks or for Zoom to come back: the cancellation goes on, and nothing stays claimed."""
    from lfx.memory import aget_messages

    await output(news(insight("i-0"), session_id="zoom-before")).post()
    channel.slept.clear()
    waiting = asyncio.Event()

    async def held(seconds: float) -> None:
        if answer is None or channel.answers == []:
            waiting.set()
            await asyncio.Event().wait()

    channel.answers = [answer] if answer else []
    cancelled = output(news(insight()))
    cancelled._sleep = held
    async with anyio.create_task_group() as group:  # whose cancellation comes again at every await
        group.start_soon(cancelled.post)
        await waiting.wait()
        assert await aget_messages(session_id=f"{SESSION}:memory")
        group.cancel_scope.cancel()

    async def nothing_is_claimed() -> bool:
        return not await aget_messages(session_id=f"{SESSION}:memory")

    await until(nothing_is_claimed)
    again = output(news(insight()))
    await again.post()
    assert (again.status, len(channel.posts)) == ("1 posted, 0 posted before", 2)


async def test_a_run_cancelled_while_it_claims_leaves_nothing_claimed(output, channel, monkeypatch):
    """It is just writing down what it is about to post."""
    from lfx.memory import astore_message

    writing = asyncio.Event()

    async def held(row: Any) -> Any:
        writing.set()
        await asyncio.sleep(0)
        return await astore_message(row)

    cancelled = output(news(insight()))
    with monkeypatch.context() as patch:
        patch_names(patch, cancelled, astore_message=held)
        await cancelled_at(writing, cancelled.post())

    await output(news(insight())).post()
    assert len(channel.posts) == 1


@pytest.mark.parametrize("answer", [httpx.Response(429), httpx.Response(503), httpx.ConnectError("down")])
async def test_tries_are_bounded(output, channel, answer):
    """What Zoom did not take is tried four times, longer apart each time; then it is free to be posted again."""
    channel.answers = [answer] * 4
    with pytest.raises(RuntimeError, match="tried 4 times"):
        await output(news(insight())).post()

    assert [round(seconds) for seconds in channel.slept] == [0, 1, 2, 4]
    await output(news(insight())).post()
    assert len(channel.posts) == 1


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (httpx.Response(400, text="Missed timestamp"), "/inc connect -s"),
        (httpx.Response(401), "verification token"),
        (httpx.Response(403), "does not allow"),
        (httpx.Response(404), "does not know this webhook"),
        (httpx.Response(302, headers={"location": "https://evil.test"}), "HTTP 302"),
    ],
)
async def test_a_refusal_says_what_to_do(output, channel, answer, hint):
    """A refusal is an error with a hint, is not tried again at once, and leaves the window to be posted later."""
    channel.answers = [answer]
    with pytest.raises(RuntimeError, match=hint):
        await output(news(insight())).post()
    assert channel.posts == []

    await output(news(insight())).post()
    assert len(channel.posts) == 1


@pytest.mark.parametrize(
    "answer",
    [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut"), *map(httpx.Response, (500, 502, 504))],
)
async def test_what_may_have_arrived_is_not_posted_again(output, channel, answer):
    """Where nobody knows whether a post arrived, the error says so, and only the rest is posted later."""
    sent = news(insight("i-1", "x" * 3000), insight("i-2", "y" * 3000))
    channel.answers = [answer]
    with pytest.raises(RuntimeError, match=r"may have arrived, so it is not posted again\. Posted: 0 of 2"):
        await output(sent).post()

    later = output(sent)
    await later.post()
    assert channel.posts == [f"Action item: {'y' * 3000}"]
    assert later.status == "1 posted, 0 posted before, 1 perhaps posted before"


async def test_what_perhaps_arrived_is_not_counted_as_posted(output, channel):
    """A run that fails behind it says how many people surely see."""
    sent = news(insight("i-1", "x" * 3000), insight("i-2", "y" * 3000), insight("i-3", "z" * 3000))
    channel.answers = [httpx.Response(200), httpx.ReadTimeout("slow")]
    with pytest.raises(RuntimeError, match="Posted: 1 of 3"):
        await output(sent).post()

    channel.answers = [httpx.Response(401)]
    with pytest.raises(RuntimeError, match="Posted: 1 of 3"):
        await output(sent).post()


@pytest.mark.parametrize("under_way", [False, True])
async def test_an_error_that_nobody_foresaw_leaves_to_others_what_was_not_sent(output, channel, under_way):
    """It goes on as it is; a message that was under way is not posted again, any other is."""

    async def broken(_: float) -> None:
        raise ZeroDivisionError

    unlucky = output(news(insight()))
    if under_way:
        channel.answers = [ZeroDivisionError()]
    else:
        unlucky._sleep = broken
    with pytest.raises(ZeroDivisionError):
        await unlucky.post()

    again = output(news(insight()))
    await again.post()
    assert len(channel.posts) == (0 if under_way else 1)
    assert again.status.startswith("0 posted, 0 posted before, 1 perhaps" if under_way else "1 posted")


async def test_what_was_posted_before_a_failure_stays_posted(output, channel):
    """A failure half way says how far it came, and the repeated run posts only the rest."""
    sent = news(insight("i-1", "x" * 3000), insight("i-2", "y" * 3000))
    channel.answers = [httpx.Response(200), httpx.Response(401)]
    with pytest.raises(RuntimeError, match="Posted: 1 of 2"):
        await output(sent).post()

    await output(sent).post()
    assert channel.posts == [f"Action item: {'y' * 3000}"]


@pytest.mark.parametrize(
    "url",
    [
        "http://integrations.zoom.us/x/secretId",
        "integrations.zoom.us/x/secretId",
        "ftp://x/secretId",
        "https:///secretId",
    ],
)
async def test_only_https_is_posted_to(output, channel, url):
    """Another URL is refused without being shown."""
    with pytest.raises(RuntimeError, match="must begin with https://") as error:
        await output(news(insight()), webhook_url=url).post()

    assert "secretId" not in str(error.value)
    assert channel.posts == []


async def test_loopback_may_be_http(output, channel):
    """A stand-in on this machine is posted to without TLS, whatever format its URL asks for."""
    url = f"http://127.0.0.1:9/chat/webhooks/incomingwebhook/{WEBHOOK_ID}?format=full"
    await output(news(insight()), webhook_url=url).post()

    assert len(channel.posts) == 1


@pytest.mark.parametrize("token", [f"Bearer {TOKEN}", f"{TOKEN}\nx", "tökensecret"])
async def test_only_a_bare_token_is_sent(output, channel, token):
    """Anything but the token itself is refused without being shown."""
    with pytest.raises(RuntimeError, match="must be the bare token") as error:
        await output(news(insight()), verification_token=token).post()

    assert token not in str(error.value)
    assert channel.posts == []


@pytest.mark.parametrize(
    ("inputs", "missing"),
    [
        ({"verification_token": " "}, "Verification Token or Signing Secret"),
        ({"webhook_url": ""}, "Webhook URL"),
        ({"webhook_url": "", "verification_token": "", "signing_secret": "s"}, "Webhook URL"),
    ],
)
async def test_what_is_missing_is_named(output, channel, inputs, missing):
    """Half a connection is an error and no dry run."""
    with pytest.raises(RuntimeError, match=rf"Incoming webhook needs more: {missing}\."):
        await output(news(insight()), **inputs).post()
    assert channel.posts == []


async def test_a_change_back_is_a_change(output, channel):
    """What is said last is what holds; windows that come again, all of them in the end, say nothing twice."""
    dues = ["Friday", "Monday", "Friday", "Monday", "Monday"]
    told = [
        news(insight(due=due, status="changed" if window > 1 else "new"), window=window)
        for window, due in enumerate(dues, 1)
    ]
    for each in (*told[:2], told[1], *told[2:4], told[1], *told):
        await output(each).post()

    assert [post.partition("(")[2] for post in channel.posts] == [f"by {due})" for due in dues[:4]]


@pytest.mark.parametrize("length", [1, 2500])
async def test_a_note_that_says_again_what_it_said_is_posted_again(output, channel, length):
    """Where it has said something else since; one that stays as it is, is not, nor is that of a window that comes again."""
    texts = ["one. " * length, "two. " * length, "one. " * length, "one. " * length]
    told = [
        news(notes=[{"key": "summary", "text": text}], window=window) for window, text in enumerate(texts, 1)
    ]
    for each in (*told[:3], *told[:3], told[3]):
        await output(each).post()

    said = "".join(channel.posts)
    assert (said.count("one."), said.count("two.")) == (2 * length, length)
    assert said.index("two.") < said.rindex("one.")


async def test_a_window_that_said_nothing_new_brings_nothing_back(output, channel):
    """It is run again after another one said something else, as one whose answer was lost is."""
    dues = ["Friday", "Monday", "Monday", "Thursday"]
    told = [
        news(insight(due=due, status="changed" if window > 1 else "new"), window=window)
        for window, due in enumerate(dues, 1)
    ]
    for each in (*told, told[2]):
        await output(each).post()

    assert [post.partition("(")[2] for post in channel.posts] == ["by Friday)", "by Monday)", "by Thursday)"]


async def test_of_two_notes_in_turns_each_is_told_once(output, channel):
    """Two pages of one meeting have the same key, and none of them has become another."""
    notes = [{"key": "record", "text": text} for text in ("Page: notion", "Page: crm")]
    for window in range(1, 5):
        await output(news(notes=notes, window=window)).post()
    assert channel.posts == ["Page: notion\n\nPage: crm"]


def told_by(*said: tuple[str, str]) -> Told:
    """What is known where each of these keys was posted, in order, by the news of a window; of none in rows of old."""
    from components.zoom.shared.posts import told_of

    rows = [
        {"keys": [key], "wholes": [], "state": "posted"} | ({"window": window} if window else {})
        for key, window in said
    ]
    return told_of(rows)


@pytest.mark.parametrize(
    ("said", "window", "known"),
    [
        ([("i:a", "s:r:1"), ("i:b", "s:r:2")], "s:r:3", False),
        ([("i:a", "s:r:1"), ("i:b", "s:r:10")], "s:r:9", True),
        ([("i:a", ""), ("i:b", "")], "s:r:3", True),
        ([("i:a", "s:r:1"), ("i:b", "s:other:2")], "s:r:3", True),
        ([("i:a", "s:r:1"), ("i2:b", "s:r:2")], "s:r:3", True),
        ([("i:a", "s:r:1"), ("i:b", "s:r:2"), ("i:a", "s:r:3")], "s:r:3", True),
    ],
)
def test_only_a_later_window_says_again_what_was_said(said, window, known) -> None:
    """Later than whoever said something else; where that is not known, once is enough."""
    from components.zoom.shared.posts import Item

    item = Item("i:a", "by Friday", subject="i", window=window)
    assert (told_by(*said).state(item) == "posted") is known


def test_the_rest_of_what_is_said_again_is_said_too() -> None:
    """A run that breaks off between two parts leaves the second one to the next."""
    from components.zoom.shared.posts import Item

    told = told_by(("i:a:1", "s:r:1"), ("i:a:2", "s:r:1"), ("i:b", "s:r:2"), ("i:a:1", "s:r:3"))
    parts = [Item(f"i:a:{n}", "by Friday", whole="i:a", subject="i", window="s:r:3") for n in (1, 2)]
    assert [told.state(part) for part in parts] == ["posted", None]


async def test_a_kind_that_nobody_has_a_word_for_is_in_the_summary(output, channel):
    """It is told as a note, as it is when it is found."""
    found = [insight(kind="blocker", text="the bridge is closed")]
    await output(news(kind="final", summary={"text": "We met.", "attendees": []}, open=found)).post()
    assert channel.posts == ["Meeting summary - Weekly\n\nWe met.\n\nNote:\n- the bridge is closed"]


async def test_notes_are_posted_once_each(output, channel):
    """A webhook cannot edit, so each text of a note is a new message, and the same text is said once."""
    for window, text in enumerate(("We began.", "We began.", "We have decided."), 1):
        await output(news(notes=[{"key": "so-far", "text": text}], window=window)).post()

    assert channel.posts == ["We began.", "We have decided."]


async def test_a_note_that_news_tell_twice_is_posted_once(output, channel):
    """Two parts of a flow may have told the same."""
    same = {"key": "budget", "text": "The budget is used up."}
    await output(news(notes=[same, dict(same)])).post()

    assert channel.posts == ["The budget is used up."]


async def test_notes_stand_beside_a_summary(output, channel):
    """They are no part of it."""
    summary = {"text": "We met.", "attendees": []}
    notes = [{"key": "budget", "text": "The budget is used up."}]
    await output(news(kind="final", summary=summary, notes=notes)).post()

    assert channel.posts == ["Meeting summary - Weekly\n\nWe met.\n\nThe budget is used up."]


async def test_posts_to_a_secure_connection_are_signed(output):
    """The stand-in checks signature and time of each post over HTTP; without the secret it takes none."""
    from bridge.listener import http_listener
    from bridge.simulator.chat import Chat, ChatWebhook

    chat = Chat()
    webhook = chat.add(ChatWebhook(token="signingSecret", secure=True, min_interval_seconds=0))
    async with http_listener(Starlette(routes=chat.routes), host="127.0.0.1", port=0) as port:
        url = f"http://127.0.0.1:{port}{webhook.path}?format=full"
        secure = {"webhook_url": url, "signing_secret": "signingSecret", "verification_token": ""}
        for window, name in enumerate(("i-1", "i-2"), 1):
            made = output(news(insight(name, "Grüße 👋"), window=window), **secure)
            made._transport = None
            await made.post()
        unsigned = output(news(insight("i-3")), webhook_url=url)
        unsigned._transport = None
        with pytest.raises(RuntimeError, match=r"Signing Secret.*\(HTTP 400\)"):
            await unsigned.post()
        wrong = output(news(insight("i-3")), **(secure | {"signing_secret": "wrongSecret"}))
        wrong._transport = None
        with pytest.raises(RuntimeError, match=r"signature.*\(HTTP 401\)") as error:
            await wrong.post()

    assert "wrongSecret" not in str(error.value)
    assert [post.text for post in chat.posts] == ["Action item: Grüße 👋"] * 2


@pytest.mark.parametrize(
    "answer", [None, httpx.Response(401), httpx.ConnectError(URL), httpx.ReadTimeout(TOKEN)]
)
async def test_secrets_and_words_stay_inside(output, channel, caplog, answer):
    """Address, token and message appear in no log, status or error, nor in what is remembered."""
    from lfx.memory import aget_messages

    caplog.set_level(logging.DEBUG)
    channel.answers = [answer] * 4 if answer else []
    shown = output(news(insight(text="confidential plan")))
    try:
        await shown.post()
        problem = ""
    except RuntimeError as error:
        problem = str(error) + repr(error.__cause__)

    rows = "".join(row.text for row in await aget_messages(session_id=f"{SESSION}:memory"))
    own = "".join(record.getMessage() for record in caplog.records)
    for secret in (WEBHOOK_ID, TOKEN, "confidential plan"):
        assert secret not in own + problem + str(shown.status) + rows
    assert json.dumps("i-1") in rows or problem


async def test_a_run_that_may_keep_nothing_posts_once(output, channel, anonymous_run):
    """Where Langflow keeps no messages, a run still posts, and everything once."""
    channel.answers = [httpx.Response(429)]
    await output(news(insight("i-1", "x" * 3000), insight("i-2", "y" * 3000))).post()

    assert [post[-1] for post in channel.posts] == ["x", "y"]


def test_flows_can_rely_on_its_names(component):
    """What people's flows store of the component stays."""
    loaded = component("chat_output")
    outputs = loaded.to_frontend_node()["data"]["node"]["outputs"]

    assert (type(loaded).__name__, loaded.name) == ("ZoomChatOutput", "ZoomChatOutput")
    assert [one.name for one in loaded.inputs] == [
        "connection",
        "news",
        "text",
        "send_through",
        "webhook_url",
        "verification_token",
        "signing_secret",
        "account_id",
        "client_id",
        "client_secret",
        "access_token",
        "channel_id",
        "contact",
        "sender",
        "robot_jid",
        "to_jid",
        "user_jid",
        "api_url",
        "oauth_url",
        "thread",
        "formatting",
        "context",
    ]
    assert loaded.send_through == "Incoming webhook"
    assert all(one.info for one in loaded.inputs)
    assert [(one["name"], one["method"]) for one in outputs] == [("posted", "post")]


async def test_a_wrong_input_is_an_error_that_says_what_to_connect(output):
    """Data without text is refused."""
    with pytest.raises(RuntimeError, match="news of Zoom Insight Ledger, or text"):
        await output({"text": 7}).post()


async def test_a_text_is_not_posted_in_a_rehearsal(output, channel):
    """What has no window, as an Agent's tool or the answer of a model, knows a rehearsal by its session's name."""
    from lfx.memory import aget_messages
    from lfx.schema.message import Message

    session = "zoom-rehearsal-0a1b"
    posted = await output(Message(text="Hi.", session_id=session)).post()

    assert posted.text == "(dry run: nothing is posted to Zoom)\n\nHi."
    assert channel.posts == []
    assert await aget_messages(session_id=f"{session}:memory") == []


async def test_nothing_is_posted_in_a_rehearsal(output, channel):
    """What would be posted is shown, and nothing is kept of it."""
    rehearsed = output(news(insight(), meeting=MEETING | {"rehearsal": True}))

    posted = await rehearsed.post()

    assert posted.text == "(dry run: nothing is posted to Zoom)\n\nAction item: send the contract"
    assert (rehearsed.status, channel.posts) == ("dry run: a rehearsal, nothing was posted", [])
    await output(news(insight())).post()
    assert channel.posts == ["Action item: send the contract"]


async def test_it_posts_through_a_connection(output, channel, component):
    """Then its own fields count for nothing; errors of the connection are its own."""
    way = component("connection", webhook_url=URL, verification_token=TOKEN)
    way._transport, way._sleep = httpx.MockTransport(channel), channel.sleep
    connection = way.build_connection()
    ignored = {"webhook_url": "http://elsewhere.test", "send_through": "Chatbot"}

    await output(news(insight()), connection=connection, **ignored).post()
    await output(news(insight()), connection=connection, **ignored).post()
    assert channel.posts == ["Action item: send the contract"]
    assert (way.status, way._logs[0].message) == ("Incoming webhook", "Incoming webhook")

    channel.answers = [httpx.Response(403)]
    with pytest.raises(RuntimeError, match=r"does not allow.*Posted: 0 of 1"):
        await output(news(insight("i-2")), connection=connection).post()
    await output(news(insight("i-2")), connection=connection).post()
    assert len(channel.posts) == 2


async def test_what_a_node_has_to_say_is_in_its_log(output):
    """Langflow 1.13 shows the log of a node, and its status nowhere."""
    made = output(news(insight()), webhook_url="", verification_token="")
    await made.post()

    assert [one.message for one in made._logs] == ["dry run: no Webhook URL, nothing was posted"]
