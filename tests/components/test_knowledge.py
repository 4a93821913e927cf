"""Zoom Knowledge through Langflow's own loader, with the samples that are shipped and a strict Claude."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.components import contracts

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parents[2] / "flows" / "samples"
PLAYBOOK = (SAMPLES / "sales_playbook.md").read_text(encoding="utf-8")
ARTICLES = (SAMPLES / "support_articles.md").read_text(encoding="utf-8")


class ClaudeFailed(RuntimeError):
    """What Zoom Claude raises."""


class Claude:
    """What goes along the edge from Zoom Claude, as strict: answers fit the schema, faults get one more attempt."""

    Error = ClaudeFailed
    model = "claude-test"

    def __init__(self, *answers: dict[str, Any], available: bool = True, level: str = "ample") -> None:
        self.answers = list(answers)
        self.available = available
        self.asked: list[dict[str, Any]] = []
        self.faults: list[list[str]] = []
        self._level = level

    async def level(self, session_id: str, reserve_tokens: int = 0) -> str:
        assert session_id.startswith("zoom-")
        assert reserve_tokens >= 0
        return self._level

    async def ask(
        self,
        *,
        session_id: str,
        window_id: str,
        system: list[str],
        content: str | list[dict[str, Any]],
        schema: dict[str, Any],
        faults: Callable[[dict[str, Any]], list[str]],
        max_tokens: int,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        assert all(isinstance(block, str) and block.strip() for block in system)
        assert isinstance(content, str)
        assert max_tokens > 0
        jsonschema.Draft202012Validator.check_schema(schema)
        self.asked.append(
            {"session_id": session_id, "window_id": window_id, "system": system, "content": content}
        )
        for check in (faults, getattr(faults, "form", faults)):
            answer = self.answers.pop(0)
            found = check(answer)
            if not found:
                jsonschema.validate(answer, schema)
                return answer, {"input_tokens": 1, "output_tokens": 1, "usd": None}
            self.faults.append(found)
        msg = "Claude answered twice in a form that cannot be used."
        raise self.Error(msg)


def answer(*answers: tuple[str, str, str]) -> dict[str, Any]:
    return {"answers": [dict(zip(("id", "text", "source"), each, strict=True)) for each in answers]}


def insight(id_: str = "i-1", text: str = "the price is over our budget", **fields: Any) -> dict[str, Any]:
    return contracts.insight(id_, text, **({"kind": "objection"} | fields))


def news(*insights: dict[str, Any], window: int = 1) -> dict[str, Any]:
    return contracts.news(*insights, window=window, route="sales")


@pytest.fixture
def knowledge(component):
    """A Knowledge node with news, the playbook unless told otherwise, and no Claude."""

    def make(told: Any, **inputs: Any) -> Any:
        from lfx.schema.data import Data

        given = {"knowledge_text": PLAYBOOK, "_id": "ZoomKnowledge-1"} | inputs
        return component("knowledge", news=Data(data=told), **given)

    return make


async def found(node: Any, text: str, **inputs: Any) -> str | None:
    """Give the heading that a text is answered from."""
    told = (await node(news(insight(text=text)), **inputs).answer_news()).data
    [one] = told["insights"]
    return one["answer"]["source"] if "answer" in one else None


async def test_an_objection_is_answered_from_the_playbook(knowledge):
    """The answer is the passage's first sentences, with its heading as source; all else of the news stays."""
    node = knowledge(news(insight(), insight("i-2", "who brings the cake?", kind="question")))
    told = (await node.answer_news()).data

    assert told["insights"][0] == insight() | {
        "answer": {
            "text": "Lanternboard costs 18 euros a user and month, and viewers are free, so most teams pay for a third "
            "of the people they first count. Ask how many of them build reports: that is the number that is paid for.",
            "source": "Too expensive",
        }
    }
    assert told | {"insights": []} == news()
    assert told["insights"][1] == insight("i-2", "who brings the cake?", kind="question")
    assert node.status == "1 of 2 answered from 10 passages by rules"


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("That's too expensive for us", "Too expensive"),
        ("We already do all of that in Excel", "We already use spreadsheets"),
        ("How long does the migration take?", "Migration takes too long"),
        ("Where is our data stored?", "Security and compliance"),
        ("Does it integrate with Salesforce?", "Integrations"),
        ("We're also talking to Chartwise", "We are looking at a competitor"),
        ("It's not a good time, maybe next quarter", "Not the right time"),
        ("I need to run this by our CFO", "They need to ask somebody"),
        ("what would be the next step to sign the contract?", "How do we buy"),
        ("Who takes notes today?", None),
        ("Can you take the minutes of the holiday committee?", None),
        ("Yeah, that's right, okay", None),
        ("Is the budget for the remote control fixed?", None),
        ("we should test the battery", None),
        ("Our team is based in Lisbon", None),
        ("the remote control is too big", None),
        ("", None),
        ("?!", None),
    ],
)
async def test_a_sales_playbook_is_found_in(knowledge, text, heading):
    """What customers say leads to the right heading; what has nothing to do with the playbook leads nowhere."""
    assert await found(knowledge, text) == heading


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("the export is empty", "Export is empty"),
        ("when I download the CSV there are no rows", "Export is empty"),
        ("the login loops back to the sign-in page", "Cannot log in"),
        ("the numbers are from yesterday", "Numbers are out of date"),
        ("the dashboard takes forever to load", "Dashboard is slow"),
        ("Omar has no permission to see it", "User has no access"),
        ("I can't log in since this morning", "Cannot log in"),
        ("we get 429 errors from the API", "API returns 429"),
        ("scheduled reports don't arrive", "E-mail reports do not arrive"),
        ("the app crashes after the update", "Crash after the update"),
        ("the projector doesn't work", None),
        ("my coffee machine is broken", None),
        ("the invoice amount is wrong", None),
    ],
)
async def test_support_articles_are_found(knowledge, text, heading):
    """A problem leads to the article for it, or to none."""
    assert await found(knowledge, text, knowledge_text=ARTICLES) == heading


async def test_more_is_asked_of_a_match_on_demand(knowledge):
    """Least Match decides how much of an insight a passage must have."""
    assert await found(knowledge, "I need to run this by our CFO", least_match=0.9) is None
    assert (
        await found(knowledge, "Is the budget for the remote control fixed?", least_match=0.1)
        == "Too expensive"
    )


@pytest.mark.parametrize("kind", ["Decisions", "decision"])
async def test_only_the_chosen_kinds_are_answered(knowledge, kind):
    """A decision about the price is no objection to it, unless the user wants decisions answered."""
    decided = news(insight(kind="decision"))

    assert (await knowledge(decided).answer_news()).data == decided
    told = (await knowledge(decided, kinds=[kind]).answer_news()).data
    assert told["insights"][0]["answer"]["source"] == "Too expensive"


@pytest.mark.parametrize("kind", ["message", "data", "rows", "several"])
async def test_knowledge_comes_in_every_shape(knowledge, kind):
    """A Message, Data or a DataFrame, alone or several, takes the place of the text on the node."""
    from lfx.schema.data import Data
    from lfx.schema.dataframe import DataFrame
    from lfx.schema.message import Message

    given = {
        "message": Message(text=ARTICLES),
        "data": [Data(data={"content": ARTICLES, "file_path": "/srv/kb/articles.md"})],
        "rows": DataFrame([{"text": ARTICLES}, {"text": "Nothing else."}]),
        "several": [Message(text=PLAYBOOK), Message(text=ARTICLES)],
    }[kind]

    assert await found(knowledge, "the export is empty", knowledge=given) == "Export is empty"
    assert await found(knowledge, "That's too expensive", knowledge=given) == (
        "Too expensive" if kind == "several" else None
    )


async def test_rows_without_headings_are_named_after_their_file(knowledge):
    """A retrieved piece is a passage of its own; its source is the file's name, never its folder."""
    from lfx.schema.dataframe import DataFrame

    rows = DataFrame(
        [
            {"text": "Refunds take five days.", "source": "C:\\kb\\refunds.md"},
            {"text": "Call us.", "source": ""},
        ]
    )
    told = (await knowledge(news(insight(text="when do refunds come?")), knowledge=rows).answer_news()).data

    assert told["insights"][0]["answer"] == {"text": "Refunds take five days.", "source": "refunds.md"}


async def test_markdown_is_read_as_people_write_it(knowledge):
    """Code is no heading, a comment is not read, equal headings are told apart, marks are not shown."""
    text = (
        "<!-- # Hidden\nrefund -->\n# Refund #\nalso: money back\n\n- **Five** days, `always`. Then more. And more.\n\n"
        "```\n# Nothing\n```\n\n## Refund\nAsk *first*.\n## Empty\n\n## Cake\nIt is a lie."
    )
    told = (await knowledge(news(insight(text="money back")), knowledge_text=text).answer_news()).data
    node = knowledge(news(), knowledge_text=text, question="refund")

    assert told["insights"][0]["answer"] == {"text": "Five days, always. Then more.", "source": "Refund"}
    shown = node.find_passages().text
    titles = {line for line in shown.splitlines() if line.startswith("## ")}
    assert titles == {"## Refund", "## Refund (2)"}
    assert "money back" not in shown
    assert "Hidden" not in shown


async def test_a_long_passage_gives_a_short_answer(knowledge):
    """No answer is longer than a message in chat should be."""
    told = (
        await knowledge(news(insight(text="cake")), knowledge_text=f"# Cake\n{'word ' * 500}").answer_news()
    ).data

    text = told["insights"][0]["answer"]["text"]
    assert len(text) <= 400
    assert text.endswith("…")


async def test_without_knowledge_the_news_pass(knowledge):
    """A node that was given nothing to read changes nothing and says what to do."""
    node = knowledge(news(insight()), knowledge_text="")

    assert (await node.answer_news()).data == news(insight())
    assert node.status == "no knowledge: connect some, or write Knowledge Text"


async def test_claude_words_the_answers(knowledge):
    """One call for all insights of the window, with the whole playbook in the stable part; the words are Claude's."""
    claude = Claude(answer(("i-2", " Yes, with SAML. ", "Integrations")))
    asked = news(
        insight(),
        insight("i-2", "do you have single sign-on?", kind="question"),
        insight("i-3", kind="decision"),
    )
    node = knowledge(asked, claude=claude)
    told = (await node.answer_news()).data

    assert [each.get("answer") for each in told["insights"]] == [
        None,
        {"text": "Yes, with SAML.", "source": "Integrations"},
        None,
    ]
    [call] = claude.asked
    assert (call["session_id"], call["window_id"]) == ("zoom-aB3", "s1:sales:1")
    assert "## Too expensive\n" in call["system"][-1]
    assert "Also:" not in call["system"][-1]
    assert [each["id"] for each in json.loads(call["content"].partition("\n\n")[2])] == ["i-1", "i-2"]
    assert node.status == "1 of 2 answered from 10 passages by claude-test"


async def test_the_stable_part_is_the_same_for_every_window(knowledge):
    """Nothing of a window stands before the playbook, so that it is read from the cache."""
    claude = Claude(answer(), answer())
    await knowledge(news(insight()), claude=claude).answer_news()
    await knowledge(news(insight("i-2", "too slow"), window=2), claude=claude).answer_news()

    assert claude.asked[0]["system"] == claude.asked[1]["system"]


async def test_a_repeated_window_gets_what_claude_said_first(knowledge, message_store):
    """Claude is asked once for a window, also over a restart; another node's answers are its own."""
    claude = Claude(answer(("i-1", "First.", "Too expensive")), answer(("i-1", "Second.", "Too expensive")))
    first = await knowledge(news(insight()), claude=claude).answer_news()
    await message_store()
    again = await knowledge(news(insight()), claude=claude).answer_news()
    other = await knowledge(news(insight()), claude=claude, _id="ZoomKnowledge-2").answer_news()

    assert again.data == first.data
    assert other.data["insights"][0]["answer"]["text"] == "Second."
    assert len(claude.asked) == 2


async def test_a_repeated_window_is_not_asked_about_its_budget(knowledge):
    """What Claude said stays said, also where saying it took the meeting over half of its budget."""
    claude = Claude(answer(("i-1", "First.", "Too expensive")))
    first = await knowledge(news(insight()), claude=claude).answer_news()

    assert (await knowledge(news(insight()), claude=Claude(level="tight")).answer_news()).data == first.data


@pytest.mark.parametrize("text", ["???", "# ?\n\nIt is."])
async def test_knowledge_without_words_answers_nothing(knowledge, text):
    """Marks and words like "it" are knowledge of nothing."""
    node = knowledge(news(insight()), knowledge_text=text, question="price")

    assert (await node.answer_news()).data == news(insight())
    assert node.find_passages().text == "The knowledge says nothing about this."


async def test_runs_of_one_window_at_once_say_the_same(knowledge):
    """Two runs that both ask Claude both give what was kept first."""
    claude = Claude(answer(("i-1", "First.", "Too expensive")), answer(("i-1", "Second.", "Too expensive")))
    nodes = [knowledge(news(insight()), claude=claude) for _ in range(2)]
    told = await asyncio.gather(*(node.answer_news() for node in nodes))
    again = await knowledge(news(insight()), claude=claude).answer_news()

    assert again.data in [each.data for each in told]


async def test_long_knowledge_is_sent_in_part(knowledge):
    """Where the whole is too long, Claude gets the passages that have to do with the insights, and answers from them."""
    long = PLAYBOOK + "".join(f"\n## Topic {n}\n{'filler ' * 300}\n" for n in range(40))
    claude = Claude(answer(("i-1", "Ask who builds reports.", "Too expensive")))
    told = (await knowledge(news(insight()), claude=claude, knowledge_text=long).answer_news()).data

    [call] = claude.asked
    assert len(call["system"]) == 1
    assert "## Too expensive" in call["content"]
    assert "## Topic 7" not in call["content"]
    assert told["insights"][0]["answer"]["source"] == "Too expensive"


async def test_a_passage_that_was_not_sent_is_no_source(knowledge):
    """Claude is held to what it was shown."""
    long = PLAYBOOK + "".join(f"\n## Topic {n}\n{'filler ' * 300}\n" for n in range(40))
    claude = Claude(
        answer(("i-1", "Because.", "Topic 7")), answer(("i-1", "Ask who builds reports.", "Too expensive"))
    )
    told = (await knowledge(news(insight()), claude=claude, knowledge_text=long).answer_news()).data

    assert told["insights"][0]["answer"]["source"] == "Too expensive"
    assert len(claude.faults) == 1


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (answer(("i-9", "Yes.", "Integrations")), "answers[0].id"),
        (answer(("i-1", "Yes.", "My own idea")), "answers[0].source"),
        (answer(("i-1", " ", "Integrations")), "answers[0].text"),
        (answer(("i-1", "Yes.", "Integrations"), ("i-1", "No.", "Integrations")), "answers[1].id"),
        ({"answers": ["Yes."]}, "answers[0]"),
        ({"answers": [{"id": "i-1", "text": None, "source": "Integrations"}]}, "answers[0]"),
        ({}, "answers"),
    ],
)
async def test_what_claude_may_not_say_is_sent_back(knowledge, wrong, fault):
    """An answer without a passage, or of another form, is mended once, else it is an error; faults tell no content."""
    claude = Claude(wrong, answer(("i-1", "Yes.", "Integrations")))
    told = (await knowledge(news(insight()), claude=claude).answer_news()).data

    assert told["insights"][0]["answer"]["text"] == "Yes."
    [[told_fault]] = claude.faults
    assert told_fault.startswith(fault)
    assert "idea" not in told_fault
    with pytest.raises(ClaudeFailed):
        await knowledge(news(insight(), window=2), claude=Claude(wrong, wrong)).answer_news()


async def test_an_answer_that_is_too_long_twice_is_left_out(knowledge):
    """The other answers and the window's news are told."""
    long = answer(("i-1", "x" * 401, "Integrations"), ("i-2", "Yes.", "Integrations"))
    claude = Claude(long, long)
    told = (await knowledge(news(insight(), insight("i-2")), claude=claude).answer_news()).data

    assert claude.faults == [["answers[0].text: must have 1 to 400 characters"]]
    assert [one.get("answer", {}).get("text") for one in told["insights"]] == [None, "Yes."]


@pytest.mark.parametrize("claude", [Claude(available=False), Claude(level="tight"), Claude(level="spent")])
async def test_without_a_key_or_budget_the_rules_answer(knowledge, claude):
    """Claude is not asked, and the status says who answered."""
    node = knowledge(news(insight()), claude=claude)
    told = (await node.answer_news()).data

    assert told["insights"][0]["answer"]["source"] == "Too expensive"
    assert node.status.endswith("by rules")
    assert claude.asked == []


async def test_claude_is_not_asked_for_nothing(knowledge):
    """A window with nothing to answer costs nothing."""
    claude = Claude()
    await knowledge(news(insight(kind="decision")), claude=claude).answer_news()
    await knowledge(news(insight()), claude=claude, knowledge_text="").answer_news()

    assert claude.asked == []


def test_an_agent_gets_passages(knowledge):
    """A question gives the passages that have to do with it, best first; without any it is told so."""
    text = knowledge(news(), question="how much does it cost per user?").find_passages().text
    nothing = knowledge(news(), question="penguins").find_passages().text

    assert text.startswith("## Too expensive\nLanternboard costs 18 euros")
    assert nothing == "The knowledge says nothing about this."
    with pytest.raises(ValueError, match="Question is empty"):
        knowledge(news(), question=" ").find_passages()


async def test_it_is_a_tool_of_one_question(knowledge):
    """In tool mode an Agent sees one tool, which takes the question."""
    [tool] = await knowledge(news()).to_toolkit()

    assert list(tool.args) == ["question"]
    said = await tool.ainvoke({"question": "discount"})
    assert "Too expensive" in str(said)


@pytest.mark.parametrize("given", [{}, {"schema": "zoom-insights/1"}])
async def test_other_news_are_an_error(knowledge, given):
    """What is no news is refused with what to connect."""
    with pytest.raises(ValueError, match="news of Zoom Insight Ledger"):
        await knowledge(given).answer_news()


async def test_other_knowledge_is_an_error(knowledge):
    """What carries no text is refused with what to connect."""
    with pytest.raises(ValueError, match="Connect Read File or Knowledge"):
        await knowledge(news(insight()), knowledge=[7]).answer_news()


def test_public_names(component):
    """Flows in use name these."""
    node = component("knowledge")

    assert (type(node).__name__, node.name) == ("ZoomKnowledge", "ZoomKnowledge")
    assert [each.name for each in node.inputs] == [
        "news", "knowledge", "knowledge_text", "claude", "instructions", "language", "question", "kinds",
        "least_match",
    ]  # fmt: skip
    assert [(each.name, each.method) for each in node.outputs] == [
        ("answered", "answer_news"),
        ("passages", "find_passages"),
    ]
