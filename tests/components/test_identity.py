"""What was told already is known again whatever words are put back into it, and words are put back once."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.components.contracts import SESSION, insight, news
from tests.fakes.record_systems import TOKEN, USER, Zendesk

WEBHOOK = "https://integrations.zoom.us/chat/webhooks/incomingwebhook/abc"


@pytest.fixture
def stands_for(piece) -> Any:
    """Have the meeting's placeholders stand for these words from now on."""
    rows = piece("message_table").Rows(SESSION, "zoom-redaction")

    async def stand(**real: str) -> None:
        row = await rows.first("key")
        key = [
            {
                "placeholder": name,
                "text": text,
                "kind": "names",
                "parts": text.split(),
                "is_rostered": True,
                "is_shared": False,
            }
            if name.startswith("PERSON")
            else {"placeholder": name, "text": text, "kind": "literal", "key": text}
            for name, text in real.items()
        ]
        await (rows.change(row, key) if row else rows.add("key", key))

    return stand


@pytest.fixture
def posts(component) -> Any:
    """Run Zoom Chat Output on what it is given, and give what it posted in all runs, and answered in this one."""
    from lfx.schema.data import Data

    said: list[str] = []

    def take(request: httpx.Request) -> httpx.Response:
        said.append(request.content.decode())
        return httpx.Response(200, text="OK")

    async def no_wait(seconds: float) -> None:
        """Nobody waits between posts."""

    async def post(given: Any, **inputs: Any) -> tuple[list[str], Any]:
        given = Data(data=given) if isinstance(given, dict) else given
        fields = {"webhook_url": WEBHOOK, "verification_token": "token"} | inputs
        node = component("chat_output", news=given, **fields)
        node._transport, node._sleep = httpx.MockTransport(take), no_wait
        return said, await node.post()

    return post


CHANGED = insight(status="changed", owner="PERSON_1")


async def test_a_fuller_name_is_no_second_change(posts, stands_for) -> None:
    """A window that is run again, when somebody's name has become known in full, is not told again."""
    await stands_for(PERSON_1="Anna")
    await posts(news(CHANGED))
    await stands_for(PERSON_1="Anna Meyer", PERSON_2="Mark Bauer")
    said, _ = await posts(news(CHANGED))

    assert said == ["Updated action item: Anna - send the contract"]


async def test_a_change_of_the_flows_is_told(posts, stands_for) -> None:
    """Another owner is another change, also where both are called the same."""
    await stands_for(PERSON_1="Anna", PERSON_2="Anna")
    await posts(news(CHANGED))
    said, _ = await posts(news(CHANGED | {"owner": "PERSON_2"}, window=2))

    assert len(said) == 2


async def test_a_fuller_name_is_no_second_note(posts, stands_for) -> None:
    """Nor is a note, nor a text of any other component with its window."""
    from lfx.schema.message import Message

    told = news(notes=[{"key": "summary", "text": "PERSON_1 speaks."}])
    text = Message(text="PERSON_1 has spoken.", session_id=SESSION)
    for name in ("Anna", "Anna Meyer"):
        await stands_for(PERSON_1=name)
        await posts(told)
        said, _ = await posts(text)

    assert said == ["Anna speaks.", "Anna has spoken."]


@pytest.mark.parametrize("output", ["give_data", "give_text"])
async def test_what_was_put_back_before_is_known_too(posts, stands_for, component, output) -> None:
    """With Zoom Put Back before Zoom Chat Output, as text and as news."""
    from lfx.schema.data import Data
    from lfx.schema.message import Message

    text = Message(text="PERSON_1 has spoken.", session_id=SESSION)
    given = text if output == "give_text" else Data(data=news(CHANGED))
    for name in ("Anna", "Anna Meyer"):
        await stands_for(PERSON_1=name)
        said, _ = await posts(await getattr(component("put_back", value=given), output)())

    assert len(said) == 1


async def test_news_as_text_are_known_too(posts, stands_for, component) -> None:
    """With Zoom News Text before it."""
    from lfx.schema.data import Data

    for name in ("Anna", "Anna Meyer"):
        await stands_for(PERSON_1=name)
        said, _ = await posts(await component("news_text", news=Data(data=news(CHANGED))).write())

    assert said == ["Updated action item: Anna - send the contract"]


async def test_a_fuller_name_is_no_second_update_of_a_ticket(component, stands_for) -> None:
    """A ticket that an insight has is left alone in the second run of the same window, and is not told again behind it."""
    from lfx.schema.data import Data

    zendesk, told = Zendesk(), []
    for name in ("Anna", "Anna Meyer"):
        await stands_for(PERSON_1=name)
        node = component(
            "record_sync", news=Data(data=news(insight(kind="problem", owner="PERSON_1"), window=1)),
            base_url="https://acme.zendesk.com", user=f"{USER}/token", token=TOKEN, time_zone="UTC",
        )  # fmt: skip
        node._transport = httpx.MockTransport(zendesk)
        told.append((await node.sync_records()).data)

    [ticket] = zendesk.tickets.values()
    assert len(ticket["comments"]) == 1
    assert told[0]["insights"][0]["said"] == told[1]["insights"][0]["said"]


async def test_what_looks_like_a_placeholder_is_put_back_once(posts, stands_for, component) -> None:
    """Somebody said "PERSON_1": that is what people read, with Zoom Put Back before it and without."""
    from lfx.schema.message import Message

    await stands_for(QUOTED_1="PERSON_1", PERSON_1="Anna")
    quoted = Message(text="Who is QUOTED_1?", session_id=SESSION)
    said, _ = await posts(await component("put_back", value=quoted).give_text())

    assert said == ["Who is PERSON_1?"]


@pytest.mark.parametrize("form", ["message", "text"])
async def test_without_a_key_nothing_is_marked_as_put_back(component, form) -> None:
    """Where the meeting's key does not come as far as the flow, the bridge still puts back in the answer."""
    from lfx.schema.message import Message

    given = "Ask PERSON_2." if form == "text" else Message(text="Ask PERSON_2.", session_id=SESSION)
    told = await component("put_back", value=given).give_text()

    assert told.text == "Ask PERSON_2."
    assert "put_back" not in (told.session_metadata or {})


@pytest.mark.parametrize("form", ["news", "text"])
async def test_an_answer_says_that_it_is_put_back(posts, stands_for, form) -> None:
    """So the bridge, which has a key of its own, leaves a "PERSON_1" in it that somebody has said."""
    from lfx.schema.message import Message

    from bridge.domain import RedactionKey
    from bridge.flow.request import read_answer
    from bridge.session.redaction import with_words

    await stands_for(QUOTED_1="PERSON_1")
    text = "Who is QUOTED_1?"
    told = (
        news(insight(kind="question", text=text))
        if form == "news"
        else Message(text=text, session_id=SESSION)
    )
    _, message = await posts(told)
    content = json.dumps([{"placeholder": "PERSON_1", "kind": "names", "text": "Anna"}])
    key = RedactionKey(meeting_uuid="m", version=1, content=content, stream_id="s")
    result = {"results": {"message": json.loads(message.model_dump_json())}}
    answer = read_answer({"outputs": [{"outputs": [result]}]})

    assert answer is not None
    read = with_words(answer, key)
    assert "PERSON_1" in read.text
    assert "Anna" not in read.text + read.news
