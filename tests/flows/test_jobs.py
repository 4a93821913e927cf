"""Each flow does its job over whole meetings, on a Langflow that has never heard of this project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.fakes import anthropic_api
from tests.fakes.canned_claude import canned, finding
from tests.fakes.record_systems import TOKEN, USER, HubSpot, Notion, Zendesk, serve
from tests.flows.runs import Line, in_windows, meeting_on, real_meeting

if TYPE_CHECKING:
    from bridge.demo.langflow import LangflowServer
    from tests.flows.runs import Runs

MEETINGS = ["ES2002b", "education_10"]
WINDOW_WORDS = 1000
"""Larger than the bridge's, so that a meeting takes few runs; the rules do not mind."""
ALIKE = 0.8
"""Share of common words from which two messages say the same."""
TRIFLES = {
    "a",
    "an",
    "the",
    "to",
    "of",
    "and",
    "or",
    "in",
    "on",
    "at",
    "for",
    "is",
    "are",
    "be",
    "it",
    "that",
    "this",
    "we",
    "i",
}

SALES: list[Line] = [
    ("Sam", "Thanks for joining. So this is what the product does for a team like yours."),
    ("Kim", "I see. Honestly, that is too expensive for us."),
    ("Sam", "I understand. May I ask what you use today?"),
    ("Kim", "We already use another tool and my boss would have to sign anything new."),
    ("Kim", "But I like it. How much would forty seats cost per year?"),
]
SUPPORT: list[Line] = [
    ("Kim", "Hi, so the app keeps crashing when I open the monthly report."),
    ("Lee", "Sorry to hear that. Since when does it do that?"),
    ("Kim", "Since the update on Monday. The monthly report always makes the app crash now."),
    ("Lee", "Okay. I'll call you back tomorrow to see whether it works again."),
]

pytestmark = pytest.mark.timeout(300)


def told(answer: str) -> list[str]:
    """What the chat is told by one answer, thing by thing."""
    return [block for block in answer.split("\n\n") if block.strip() and not block.startswith("(dry run")]


def words(text: str) -> frozenset[str]:
    """The words that carry meaning, lower case, without what kind of insight it is."""
    return frozenset(re.findall(r"[\w']+", text.split(": ", 1)[-1].casefold())) - TRIFLES


def head(message: str) -> str:
    """What kind of insight it is, and of a quotation whose: one sentence may give two people something."""
    quoted = re.match(r"[^:“]+: [^:“]+(?= - )", message)
    return quoted[0] if quoted and "“" in message else message.split(":")[0]


def twins(messages: list[str]) -> list[tuple[str, str]]:
    """Pairs of messages of one kind that say the same; a correction says that it is one."""
    found = []
    for n, one in enumerate(messages):
        for other in messages[:n]:
            mine, theirs = words(one), words(other)
            if head(one) == head(other) and len(mine & theirs) >= ALIKE * len(mine | theirs):
                found.append((other, one))
    return found


async def hear(runs: Runs, lines: list[Line], *, start: bool = False, size: int = WINDOW_WORDS) -> list[str]:
    """Send a meeting's live windows, the third of them twice; give what the chat was told, in order."""
    if start:
        await runs.say("start")
    messages: list[str] = []
    for n, said in enumerate(in_windows(lines, size)):
        window = runs.window("live", said)
        answer = await runs.send(window)
        if n == 2:
            assert await runs.send(window) == answer
        messages += told(answer)
    return messages


@pytest.mark.parametrize("meeting", ["ES2002b", "TS3005d"])
async def test_action_items(langflow: LangflowServer, meeting: str) -> None:
    """Tasks and decisions are told once, as they come up, and listed at the end."""
    async with meeting_on(langflow, "zoom-action-items") as runs:
        messages = await hear(runs, real_meeting(meeting))
        final = await runs.say("final")

    assert len(messages) >= 3
    assert not twins(messages)
    assert "Meeting summary" in final
    assert any(heading in final for heading in ("**To do**", "**Decided**", "**Still open**"))


@pytest.mark.parametrize("meeting", MEETINGS)
async def test_rolling_summary(langflow: LangflowServer, meeting: str) -> None:
    """The summary changes and stays short; the end brings minutes."""
    async with meeting_on(langflow, "zoom-rolling-summary") as runs:
        lines = real_meeting(meeting)
        answers = [await runs.say("live", said) for said in in_windows(lines, WINDOW_WORDS)]
        summaries = [answer for answer in answers if answer]
        final = await runs.say("final")

    assert len(summaries) >= 3
    assert len(set(summaries)) == len(summaries)
    assert max(len(summary.split()) for summary in summaries) < 200
    assert "Meeting summary" in final
    assert all(
        speaker in final for speaker in {speaker for speaker, _ in lines if speaker != "Unknown speaker"}
    )


@pytest.mark.parametrize("meeting", MEETINGS)
async def test_sales_coach_hears_a_meeting(langflow: LangflowServer, meeting: str) -> None:
    """Only objections, questions and buying signals are told, each once; the CRM has the notes that were told."""
    crm = HubSpot()
    async with serve(crm) as url:
        values = {
            "ZoomRecordSync.base_url": url,
            "ZoomRecordSync.token": TOKEN,
            "ZoomRecordSync.parent": crm.deal,
        }
        async with meeting_on(langflow, "zoom-sales-coach", values) as runs:
            messages = await hear(runs, real_meeting(meeting))

    assert len([message for message in messages if "needs a model" in message]) == 1
    messages = [message for message in messages if "needs a model" not in message]
    kinds = {message.split(":")[0].removeprefix("Updated ").casefold() for message in messages}
    assert kinds <= {"objection", "open question", "buying signal"}
    assert not twins(messages)
    noted = [m for m in messages if m.startswith(("Objection", "Buying signal"))]
    assert len(crm.notes) == len(noted)


async def test_sales_coach_answers_from_the_playbook(langflow: LangflowServer) -> None:
    """With a model, the objection about the price is told with what the playbook says, and noted in the CRM."""
    crm = HubSpot()
    async with serve(crm) as url, anthropic_api.serve() as claude:
        claude.otherwise = finding(("objection", "too expensive"), ("buying_signal", "How much would"))
        values = {
            "ZoomClaude.api_key": claude.key,
            "ZoomClaude.base_url": claude.url,
            "ZoomRecordSync.base_url": url,
            "ZoomRecordSync.token": TOKEN,
            "ZoomRecordSync.parent": crm.deal,
        }
        async with meeting_on(langflow, "zoom-sales-coach", values) as runs:
            answer = await runs.say("live", SALES)
            await runs.say("final")

    [price] = [message for message in told(answer) if "too expensive" in message]
    assert price.startswith("Objection")
    assert "playbook" in price.casefold() or "Say" in price
    assert any(message.startswith("Buying signal") for message in told(answer))
    assert len(crm.notes) >= 2


async def test_a_crm_that_refuses_does_not_silence_the_coach(langflow: LangflowServer) -> None:
    """With a wrong token the chat still hears the objection, and that nothing is written down."""
    crm = HubSpot()
    async with serve(crm) as url, anthropic_api.serve() as claude:
        claude.otherwise = finding(("objection", "too expensive"))
        values = {
            "ZoomClaude.api_key": claude.key,
            "ZoomClaude.base_url": claude.url,
            "ZoomRecordSync.base_url": url,
            "ZoomRecordSync.token": "wrong",
            "ZoomRecordSync.parent": crm.deal,
        }
        async with meeting_on(langflow, "zoom-sales-coach", values) as runs:
            answer = await runs.say("live", SALES)

    assert "too expensive" in answer
    assert "HTTP 401" in answer
    assert crm.notes == {}


@pytest.mark.parametrize("meeting", MEETINGS)
async def test_support_copilot_hears_a_meeting(langflow: LangflowServer, meeting: str) -> None:
    """Each problem that is told has exactly one ticket, each promise one task."""
    desk = Zendesk()
    async with serve(desk) as url:
        values = {
            "ZoomRecordSync.base_url": url,
            "ZoomRecordSync.token": TOKEN,
            "ZoomRecordSync.user": f"{USER}/token",
        }
        async with meeting_on(langflow, "zoom-support-copilot", values) as runs:
            messages = await hear(runs, real_meeting(meeting))

    assert not twins(messages)
    ticketed = [
        message for message in messages if message.startswith(("Problem:", "Follow-up:", "Action item:"))
    ]
    assert len(desk.tickets) == len(ticketed)


async def test_support_copilot_opens_one_ticket(langflow: LangflowServer) -> None:
    """With a model, the crash gets one ticket although it is told twice, with its number in the chat; a task follows."""
    desk = Zendesk()
    async with serve(desk) as url, anthropic_api.serve() as claude:
        claude.otherwise = finding(("problem", "crash"), ("follow_up", "call you back"))
        values = {
            "ZoomClaude.api_key": claude.key,
            "ZoomClaude.base_url": claude.url,
            "ZoomRecordSync.base_url": url,
            "ZoomRecordSync.token": TOKEN,
            "ZoomRecordSync.user": f"{USER}/token",
        }
        async with meeting_on(langflow, "zoom-support-copilot", values) as runs:
            first = await runs.say("live", SUPPORT[:2])
            second = await runs.say("live", SUPPORT[2:])
            await runs.say("final")

    [problem] = [message for message in told(first) if message.startswith("Problem")]
    assert "#" in problem
    assert not [message for message in told(second) if message.startswith("Problem")]
    assert sorted(ticket.get("type") == "task" for ticket in desk.tickets.values()) == [False, True]


@pytest.mark.parametrize("meeting", MEETINGS)
async def test_meeting_notes(langflow: LangflowServer, meeting: str) -> None:
    """One page from the start on, a to-do for each that was told, summary and attendees at the end."""
    notion = Notion()
    async with serve(notion) as url:
        values = {
            "ZoomRecordSync.base_url": url,
            "ZoomRecordSync.token": TOKEN,
            "ZoomRecordSync.parent": notion.parent,
        }
        async with meeting_on(langflow, "zoom-meeting-notes", values, topic="Design") as runs:
            await runs.say("start")
            assert len(notion.pages) == 1
            messages = await hear(runs, real_meeting(meeting))
            final = runs.window("final")
            assert await runs.send(final) == await runs.send(final)

    [(page, kept)] = notion.pages.items()
    assert "Design" in kept["title"]
    todos = [block for block in notion.text(page) if block.startswith("to_do")]
    tasks = [message for message in messages if message.startswith(("Action item", "Follow-up"))]
    assert len(todos) == len(tasks) > 0
    speakers = {line["speaker"] for line in runs.lines}
    assert any(all(speaker in block for speaker in speakers) for block in notion.text(page))


@pytest.mark.parametrize(
    ("meeting", "question", "speaker"),
    [
        ("ES2002b", "What did Marketing say about voice recognition?", "Marketing"),
        ("education_10", "What did they say about the curriculum?", ""),
    ],
)
async def test_assistant(langflow: LangflowServer, meeting: str, question: str, speaker: str) -> None:
    """It answers from the meeting's words with speaker and time, and says so when the meeting does not tell."""
    lines = real_meeting(meeting)
    async with meeting_on(langflow, "zoom-assistant") as runs:
        assert await runs.say("live", lines[:20]) == ""
        answer = await runs.say("ask", [*lines[20:], ("Dana", f"Hey assistant, {question}")], asked=question)
        unknown = await runs.say(
            "ask",
            [("Dana", "Hey assistant, who won the chess olympiad?")],
            asked="Who won the chess olympiad?",
        )

    assert re.search(rf"{speaker or '.+'} \(min \d+\): ", answer)
    assert "voice" in answer or not speaker
    assert "not" in unknown
    assert "(min " not in unknown


FLOWS = [
    "zoom-action-items",
    "zoom-rolling-summary",
    "zoom-sales-coach",
    "zoom-support-copilot",
    "zoom-meeting-notes",
    "zoom-assistant",
]


@pytest.mark.parametrize("endpoint_name", FLOWS)
@pytest.mark.parametrize("meeting", MEETINGS)
async def test_with_claude(langflow: LangflowServer, meeting: str, endpoint_name: str) -> None:
    """With a key, what the chat is told is what Claude said, told once; a repeated window asks nothing again."""
    lines = real_meeting(meeting)
    async with anthropic_api.serve() as claude:
        claude.otherwise = canned
        values = {"ZoomClaude.api_key": claude.key, "ZoomClaude.base_url": claude.url}
        async with meeting_on(langflow, endpoint_name, values) as runs:
            if endpoint_name == "zoom-assistant":
                asked = runs.window("ask", lines, asked="When was it said?")
                answer = await runs.send(asked)
                assert await runs.send(asked) == answer
                assert "It was said at the start" in answer
            else:
                messages = await hear(runs, lines, start=True, size=2 * WINDOW_WORDS)
                final = await runs.say("final")
                expected = "They are at" if endpoint_name == "zoom-rolling-summary" else "Look into point"
                assert len(messages) >= 2
                assert all(expected in message for message in messages)
                assert len(set(messages)) == len(messages)
                assert "They met and talked." in final
            live = [
                request for request in claude.requests if "final call" not in str(request.body["messages"])
            ]

    questions = [str(request.body["messages"]) for request in claude.requests]
    assert len(set(questions)) == len(questions)
    assert live
    if endpoint_name == "zoom-sales-coach":
        assert all("Say it kindly." in message for message in messages)
