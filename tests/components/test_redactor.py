"""Zoom Redactor and Zoom Put Back: what models see of a meeting, and what people are told."""

from __future__ import annotations

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from tests.components import contracts
from tests.components.contracts import SESSION

MAIL = "ravi.shah@example.com"
SAID = [("Dana Whitfield", f"Ravi Shah, write to {MAIL} please."), ("Ravi Shah", "Yes, Dana.")]


def window(*said: tuple[str, str], seq: int = 1, route: str = "action-items") -> str:
    """A window as the bridge sends it."""
    utterances = [
        {
            "id": f"u-{seq:03}{n:03}", "speaker": name, "user_id": f"{n}", "start_ms": n, "end_ms": n, "text": text,
            "language": None, "source": "speech",
        }
        for n, (name, text) in enumerate(said, 1)
    ]  # fmt: skip
    value = {
        "schema": "zoom-window/1",
        "window_id": f"s1:{route}:{seq}",
        "seq": seq,
        "kind": "live",
        "route": route,
        "meeting": {"uuid": "a==", "id": "812", "topic": "With Dana", "started_at": "2026-11-29T09:00:00Z"},
        "stream_id": "s1",
        "from_ms": 1,
        "to_ms": 9,
        "participants": [{"user_id": str(n), "name": name} for n, (name, _) in enumerate(said, 1)],
        "utterances": utterances,
        "gaps": [],
    }
    return json.dumps(value)


@pytest.fixture
def redact(component) -> Any:
    """Redact a message as a run of the flow does."""
    from lfx.schema.message import Message

    async def run(text: str, **inputs: Any) -> str:
        message = Message(text=text, session_id=SESSION, sender="User", sender_name="User")
        return str((await component("redactor", message=message, **inputs).redact()).text)

    return run


def in_a_run(node: Any, **context: Any) -> Any:
    """The component as part of a run whose graph has this context."""
    node._vertex = SimpleNamespace(
        id="n", graph=SimpleNamespace(_run_id="run-1", context=context, session_id=SESSION)
    )
    return node


async def test_a_window_goes_on_without_what_is_sensitive(redact) -> None:
    """Names in the roster and in what is said, and an address; ids, times and the form stay."""
    text = await redact(window(*SAID))
    value = json.loads(text)

    assert not [word for word in ("Dana", "Ravi", "Shah", MAIL) if word in text]
    assert value["meeting"]["uuid"] == "a=="
    assert [said["id"] for said in value["utterances"]] == ["u-001001", "u-001002"]
    assert value["utterances"][1]["speaker"] in value["utterances"][0]["text"]
    assert "EMAIL_1" in value["utterances"][0]["text"]


async def test_placeholders_stay_the_same(redact, message_store) -> None:
    """In the same window again, after a restart and in the next one, whoever speaks first in it."""
    first = await redact(window(*SAID))
    await message_store()
    again = await redact(window(*SAID))
    later = json.loads(await redact(window(("Mia Lund", "Is Ravi there?"), *SAID, seq=2)))

    assert again == first
    known = {each["user_id"]: each["name"] for each in json.loads(first)["participants"]}
    assert [each["name"] for each in later["participants"][1:]] == [known["1"], known["2"]]


async def test_two_windows_at_once(redact, component) -> None:
    """Twelve windows of different routes that each name somebody new give no placeholder to two people."""
    names = [f"{one} {two}" for one in ("Ada", "Bert", "Cleo", "Dina") for two in ("Voss", "Wills", "Yates")]
    texts = await asyncio.gather(
        *(redact(window((name, "Hello."), route=f"r{n}")) for n, name in enumerate(names))
    )

    told = [json.loads(text)["participants"][0]["name"] for text in texts]
    assert len({*told}) == len(names)
    back = component("put_back", value=_message(" / ".join(told)))
    assert (await back.give_text()).text == " / ".join(names)


async def test_what_is_typed_or_pasted_is_redacted_too(redact) -> None:
    """A pasted transcript's names are those of its lines."""
    text = await redact(f"Dana Whitfield: Ask Ravi Shah.\nRavi Shah: {MAIL}, Dana.")

    assert not [word for word in ("Dana", "Ravi", MAIL) if word in text]


async def test_choices(redact) -> None:
    """What is not chosen stays, own words and patterns go; the node tells counts and no words."""
    text = await redact(
        window(("Dana Whitfield", f"{MAIL} about Bluebird and TICKET-77.")),
        kinds=["E-mail addresses"], words=["bluebird", ""], patterns=[r"TICKET-\d+"],
    )  # fmt: skip

    assert "Dana Whitfield" in text
    assert not [word for word in (MAIL, "Bluebird", "TICKET-77") if word in text]


async def test_what_cannot_be_redacted_goes_nowhere(redact) -> None:
    """A kind that there is not, a pattern that is none, and a damaged window are errors, and nothing is passed on."""
    for inputs in ({"kinds": ["Secrets"]}, {"patterns": ["("]}):
        with pytest.raises(ValueError, match=r"Secrets|Pattern 1"):
            await redact(window(*SAID), **inputs)
    with pytest.raises(ValueError, match="is missing"):
        await redact(json.dumps({"schema": "zoom-window/1", "seq": 1}))


async def test_a_package_that_is_missing_is_named(redact, monkeypatch) -> None:
    """In one sentence, also for a window in which nobody says anything, as `flows check` sends it; nothing goes on."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(ValueError, match="needs the package phonenumbers"):
        await redact(window())


async def test_counts_are_told_and_no_words(component) -> None:
    """In the node's status and its log."""
    from lfx.schema.message import Message

    node = component("redactor", message=Message(text=window(*SAID), session_id=SESSION))
    await node.redact()
    told = json.dumps([node.status, [str(log) for log in node._logs]])

    assert "1 emails" in told
    assert not [word for word in ("Dana", "Ravi", MAIL) if word in told]


async def test_a_langflow_that_keeps_nothing(component, anonymous_run) -> None:
    """Within a run what is replaced is put back all the same."""
    from lfx.schema.message import Message

    node = in_a_run(component("redactor", message=Message(text=window(*SAID), session_id=SESSION)))
    text = (await node.redact()).text
    name = json.loads(str(text))["participants"][1]["name"]
    back = in_a_run(component("put_back", value=_message(f"Ask {name}.")), **node.graph.context)

    assert (await back.give_text()).text == "Ask Ravi Shah."


async def test_put_back_gives_what_it_was_given(redact, component) -> None:
    """A message as text, data as data with its fields; what is no placeholder of the meeting stays."""
    from lfx.schema.data import Data

    await redact(window(*SAID))
    node = component("put_back", value=Data(data={"session_id": SESSION, "who": ["PERSON_1", "PERSON_99"]}))

    assert (await node.give_data()).data == {"session_id": SESSION, "who": ["Dana Whitfield", "PERSON_99"]}
    assert (await component("put_back", value=_message("PERSON_2 (EMAIL_1)")).give_text()).text == (
        f"Ravi Shah ({MAIL})"
    )


async def test_the_bridges_key_is_put_back(component) -> None:
    """What the bridge has replaced comes with the run as global variables, in as many pieces as it takes."""
    from bridge.domain import KeyedWindow, WindowKind
    from bridge.flow.request import variables
    from bridge.redaction.placeholders import Placeholders

    placeholders = Placeholders()
    names = [f"Person{n * 7919 % 10007} Name{n * 6007 % 9973}" for n in range(900)]
    for name in names:
        placeholders.add_person(name)
    given = variables(
        KeyedWindow(
            window_id="w", stream_id="s", meeting_uuid="m", route="r", flow="f", seq=1, kind=WindowKind.LIVE, first_n=0,
            last_n=0, input_value="", placeholders=json.dumps(placeholders.rows()),
        )
    )  # fmt: skip
    node = in_a_run(component("put_back", value=_message("PERSON_900")), request_variables=given)

    assert len(given) > 1
    assert all(name.startswith("ZOOM-PLACEHOLDERS-") and value.isascii() for name, value in given.items())
    assert (await node.give_text()).text == names[-1]


async def test_news_are_told_with_real_words(redact, component) -> None:
    """By Zoom News Text, and by Zoom Chat Output's dry run, whose answer has the news for the bridge as well."""
    from lfx.schema.data import Data

    await redact(window(*SAID))
    insight = contracts.insight() | {
        "text": "Write to EMAIL_1.",
        "owner": "PERSON_2",
        "id": "ai-1",
        "status": "new",
    }
    news = contracts.news(insight)
    told = await component("news_text", news=Data(data=news)).write()
    posted = await component("chat_output", news=Data(data=news)).post()

    for text in (told.text, posted.text):
        assert MAIL in text
        assert "Ravi Shah" in text
    assert posted.session_metadata["news"]["insights"][0]["owner"] == "Ravi Shah"
    assert news["insights"][0]["owner"] == "PERSON_2", "what is before it keeps the placeholders"


async def test_what_looks_like_a_placeholder_is_no_placeholder(redact, component) -> None:
    """Somebody who says PERSON_2 is quoted, and does not name the second person: also by two components in a row."""
    from lfx.schema.data import Data

    text = await redact(window(("Dana Whitfield", "The log says PERSON_2."), ("Ravi Shah", "Odd.")))
    said = json.loads(text)["utterances"][0]["text"]
    news = contracts.news(contracts.insight() | {"text": said, "id": "ai-1", "status": "new"})
    once = await component("record_sync", news=Data(data=news)).sync_records()
    twice = await component("news_text", news=once).write()

    assert "The log says PERSON_2." in twice.text


def _message(text: str) -> Any:
    from lfx.schema.message import Message

    return Message(text=text, session_id=SESSION)
