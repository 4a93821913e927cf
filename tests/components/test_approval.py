"""What waits for approval, and what was approved, through all components that hand it on."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest

from tests.components.conftest import FLOW_ID, USER_ID
from tests.components.contracts import MEETING, SESSION, insight, news, utterances
from tests.components.test_chat_output import TOKEN, URL, Channel
from tests.components.test_record_sync import WHERE, preset
from tests.fakes.record_systems import TOKEN as ZENDESK_TOKEN
from tests.fakes.record_systems import Zendesk

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = json.loads((Path(__file__).parents[2] / "flows" / "window.schema.json").read_text())
SAID = [["Dana", "I'll send the contract to Acme by Friday."]]
WAITS = MEETING | {"approve": True}


def window(seq: int, kind: str = "live", said: Any = (), **fields: Any) -> dict[str, Any]:
    made = {
        "schema": "zoom-window/1",
        "window_id": f"s1:notes:{seq}",
        "seq": seq,
        "kind": kind,
        "route": "notes",
        "meeting": MEETING,
        "stream_id": "s1",
        "from_ms": 5000,
        "to_ms": 9000,
        "participants": [{"user_id": "Dana", "name": "Dana"}],
        "utterances": utterances(list(said)),
        "gaps": [],
    } | fields
    jsonschema.validate(made, SCHEMA)
    return made


def approved(seq: int, *insights: dict[str, Any], of: str = "live", **fields: Any) -> dict[str, Any]:
    given = {"insights": list(insights), "summary": None, "notes": [], "language": "en", "of": of}
    return window(seq, "approved", approved=given | fields)


class Flow:
    """Zoom meeting notes with Record Sync and Chat Output, run window by window as Langflow runs it."""

    def __init__(self, component: Callable[..., Any]) -> None:
        self.component = component
        self.channel, self.zendesk = Channel(), Zendesk()

    async def context(self, sent: dict[str, Any]) -> Any:
        from lfx.schema.message import Message

        message = Message(text=json.dumps(sent), sender="User", sender_name="User", session_id=SESSION)
        return await self.component("context_buffer", message=message).build_context()

    async def news(self, sent: dict[str, Any]) -> Any:
        found = await self.component("meeting_insights", context=await self.context(sent)).find_insights()
        return await self.component("insight_ledger", insights=found).find_news()

    async def run(self, sent: dict[str, Any]) -> Any:
        filled_in = {"token": ZENDESK_TOKEN, "kinds": ["Action items"]} | WHERE[Zendesk]
        fields = preset(self.component, filled_in["preset"]) | filled_in
        sync = self.component("record_sync", news=await self.news(sent), **fields)
        sync._transport = httpx.MockTransport(self.zendesk)
        return await self.post(await sync.sync_records())

    async def post(self, found: Any, **inputs: Any) -> Any:
        given = {"webhook_url": URL, "verification_token": TOKEN} | inputs
        node = self.component("chat_output", news=found, **given)
        node._transport, node._sleep = httpx.MockTransport(self.channel), self.channel.sleep
        return await node.post()


@pytest.fixture
def flow(component, langflow_services) -> Flow:
    from lfx.services.deps import get_shared_component_cache_service

    get_shared_component_cache_service().clear()
    return Flow(component)


async def test_nothing_goes_out_before_it_is_approved_and_each_thing_once_after(flow: Flow) -> None:
    """The run that finds it answers that it waits; the approved window posts and writes it once, however often it is run."""
    from lfx.memory import aget_messages

    answer = await flow.run(window(1, said=SAID, approve=True))

    assert answer.text.startswith("(Waits for approval, nothing is posted yet)\n\nAction item: Dana: “")
    told = answer.session_metadata["news"]
    assert told["approve"] is True
    assert (flow.channel.posts, flow.zendesk.tickets) == ([], {})
    kept = await aget_messages(session_id=f"{SESSION}:memory")
    assert not [row for row in kept if "claimed" in str(row.text)]

    [found] = told["insights"]
    went = approved(2, found | {"text": "send the signed contract", "due": "Monday", "status": "new"})
    for _ in range(2):
        answer = await flow.run(copy.deepcopy(went))
    assert [post for post in flow.channel.posts if "signed contract" in post] == flow.channel.posts
    assert (len(flow.channel.posts), len(flow.zendesk.tickets)) == (1, 1)
    assert "approve" not in answer.session_metadata["news"]
    assert answer.session_metadata["news"]["insights"][0]["text"] == "send the signed contract"


async def test_the_ledger_knows_the_words_that_were_approved(flow: Flow) -> None:
    """The same said again is no news, and a change is one of what went out."""
    await flow.news(window(1, said=SAID, approve=True))
    [found] = (await flow.news(window(1, said=SAID, approve=True))).data["insights"]
    edited = {"text": "pay the caterer in advance", "owner": "Dana", "due": "Monday"}
    await flow.news(approved(2, found | edited))

    again = [["Dana", "I'll pay the caterer in advance by Wednesday."]]
    [changed] = (await flow.news(window(3, said=again, approve=True))).data["insights"]
    assert (changed["id"], changed["status"]) == (found["id"], "changed")


@pytest.mark.parametrize("language", ["de", "ja", "en"])
async def test_the_answer_says_that_it_waits_in_the_news_language(flow: Flow, language: str) -> None:
    """In a language without labels it would be English."""
    from lfx.schema.data import Data

    posted = await flow.post(Data(data=news(insight(), meeting=WAITS, language=language)))
    told = {"de": "Wartet auf Freigabe", "ja": "承認待ち", "en": "Waits for approval"}[language]
    assert posted.text.startswith(f"({told}")
    assert flow.channel.posts == []


async def test_a_text_that_waits_is_told_as_news(flow: Flow, component) -> None:
    """So that an Agent's answer can be approved; approved, it is posted past the Agent, by the context alone."""
    context = await flow.context(window(1, "final", said=SAID, approve=True))
    waits = await flow.post(None, text="They will send it.", context=context)
    [note] = waits.session_metadata["news"]["notes"]
    assert (note["text"], flow.channel.posts) == ("They will send it.", [])

    went = approved(2, notes=[note | {"text": "They will send it on Monday."}], of="final")
    for _ in range(2):
        await flow.post(None, text="", context=await flow.context(copy.deepcopy(went)))
    assert flow.channel.posts == ["They will send it on Monday."]


async def test_a_summary_lists_what_went_out_and_nothing_else(flow: Flow) -> None:
    """Insights that wait or were declined are not under it."""
    went = approved(
        3,
        of="final",
        summary={"text": "They met.", "attendees": ["Dana"]},
        open=[insight(text="send the annex")],
    )
    await flow.run(went)
    [post] = flow.channel.posts
    assert "They met." in post
    assert "send the annex" in post
    assert "Acme" not in post


async def test_summary_and_answer_pass_on_what_was_approved_without_a_model(flow: Flow, component) -> None:
    """No model is asked, and nothing is kept."""
    note = {"key": "answer:s1:notes:1", "text": "By Friday."}
    context = await flow.context(approved(2, notes=[note], of="ask"))

    summary = (await component("meeting_summary", context=context).sum_up()).data
    answer = component("meeting_answer", context=context)
    told = (await answer.build_news()).data

    assert (summary["notes"], summary["of"], told["notes"]) == ([note], "ask", [note])
    assert (await answer.answer_question()).text == "By Friday."


async def test_knowledge_leaves_what_was_approved_as_it_was_read(component) -> None:
    """It goes out with the answer that was read, or without one."""
    from lfx.schema.data import Data

    asked = insight(kind="question", text="How much is the training?")
    for kind, count in (("live", 1), ("approved", 0)):
        node = component(
            "knowledge",
            news=Data(data=news(asked, kind=kind)),
            knowledge_text="# Training\nThe training is 900.",
        )
        assert (
            len([each for each in (await node.answer_news()).data["insights"] if "answer" in each]) == count
        )


async def test_news_text_keeps_back_what_waits(component) -> None:
    """Slack or mail behind it could not tell; what was approved passes."""
    from lfx.schema.data import Data

    node = component("news_text", news=Data(data=news(insight(), meeting=WAITS)))
    assert ((await node.write()).text, node.status) == (
        "",
        "it waits for approval, 30 characters are not passed on",
    )
    node = component("news_text", news=Data(data=news(insight(), kind="approved")))
    assert (await node.write()).text == "Action item: send the contract"


@pytest.mark.parametrize("of", ["live", "final", "ask"])
async def test_the_switch_sends_it_the_way_of_its_window(flow: Flow, component, of: str) -> None:
    """As context and as news alike."""
    sent = approved(2, insight(), of=of)
    for passed in (await flow.context(sent), await flow.news(sent)):
        node = component("window_switch", window=passed)
        assert node.live_window() is passed
        assert node.status == f"{of} window"


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (None, r"window\.approved must be an object"),
        ({"insights": [{"id": "i-1"}]}, r"window\.approved\.insights\[0\]\.status is missing"),
        ({"summary": "They met."}, r"window\.approved\.summary must be an object or null"),
        ({"notes": [{"key": "k", "text": None}]}, r"window\.approved\.notes\[0\]\.text must be text"),
    ],
)
async def test_a_damaged_one_is_an_error_that_names_the_field(flow: Flow, broken: Any, told: str) -> None:
    """And never its content."""
    sent = approved(2, insight())
    sent["approved"] = None if broken is None else sent["approved"] | broken
    with pytest.raises(ValueError, match=told):
        await flow.context(sent)


async def test_a_model_between_is_passed_by(langflow_services) -> None:
    """In the flow with a stock Language Model, whoever stands between the prompt and the Ledger does not run."""
    from lfx.graph import Graph

    flow = json.loads((Path(__file__).parents[2] / "flows" / "own_model.json").read_text())
    graph = Graph.from_payload(flow["data"], flow_id=FLOW_ID, user_id=USER_ID)
    graph.session_id = SESSION
    sent = {"input_value": json.dumps(approved(2, insight(text="send the signed contract")))}
    await graph.arun([sent], inputs_components=[[]], types=["chat"], session_id=SESSION)

    built = {vertex.id.partition("-")[0] for vertex in graph.vertices if vertex.built}
    assert built == {"ChatInput", "ZoomContextBuffer", "ZoomInsightLedger", "ChatOutput"}
    [ledger] = [vertex for vertex in graph.vertices if vertex.id.startswith("ZoomInsightLedger")]
    assert ledger.results["text"].text == "Action item: send the signed contract"
