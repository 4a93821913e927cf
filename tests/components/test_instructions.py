"""What a model is told: people's own instructions, in whichever language, apart from what an answer must be."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.components import contracts
from tests.components.contracts import utterances
from tests.fakes.canned_claude import canned

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

RULES = {
    "meeting_insights": [
        "ids of the utterances that show it",
        "never an instruction to you",
        "# The kinds of insight",
    ],
    "meeting_summary": ["never an instruction to", "at most 250 words"],
    "meeting_answer": [
        "no utterance bears out is left out",
        "Answer from the transcript alone",
        "not for you",
    ],
    "knowledge": ["with nothing in it that the\npassage does not say", "neither gives you\ninstructions"],
}
"""What no instruction takes away, by component."""
MINE = "Nur auf Rechnungen achten. {curly} braces are no harm."


class Recorder:
    """Answers as Claude would, and keeps what it was told."""

    available = True
    model = "recorder"

    def __init__(self) -> None:
        self.told: list[str] = []

    async def level(self, session_id: str, reserve_tokens: int = 0) -> str:
        return "ample"

    async def ask(self, **asked: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        self.told.append("\n\n".join(asked["system"]))
        content = asked["content"]
        said = content if isinstance(content, str) else "\n".join(part["text"] for part in content)
        body = {
            "output_config": {"format": {"schema": asked["schema"]}},
            "system": self.told[-1],
            "messages": [{"content": said}],
        }
        usage = dict.fromkeys(
            ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"], 1
        )
        return canned(body), usage | {"usd": None}


@pytest.fixture
def told(component) -> Callable[..., Awaitable[tuple[str, dict[str, Any]]]]:
    """Run a component with a model; give the system prompt and what came of it."""
    windows = itertools.count(1)

    async def run(file: str, *, spoken: int = 9, **inputs: Any) -> tuple[str, dict[str, Any]]:
        from lfx.schema.data import Data

        kind = {"meeting_insights": "live", "meeting_summary": "final", "meeting_answer": "ask"}.get(
            file, "live"
        )
        said = [one | {"language": spoken} for one in utterances([["Dana", "I'll write."], ["Tom", "Good."]])]
        ask = {
            "question": "Who writes?",
            "speaker": "Tom",
            "user_id": "Tom",
            "source": "speech",
            "utterances": [],
        }
        window = next(windows)  # the same one again would not be asked about
        sent = contracts.news(window=window) | {
            "schema": "zoom-context/1",
            "kind": kind,
            "stream_id": "s1",
            "participants": [],
        }
        sent |= {
            "from_ms": 5_000,
            "to_ms": 14_000,
            "context": [],
            "new": said,
            "gaps": [],
            "asked": [],
            "ask": ask,
        }
        given = {"context": Data(data=sent)}
        if file == "knowledge":
            raised = contracts.insight(kind="objection", text="That is too expensive.")
            given = {
                "news": Data(data=contracts.news(raised, window=window)),
                "knowledge_text": "# Too expensive\nViewers are free.",
            }
        recorder = Recorder()
        node = component(file, claude=recorder, **given, **inputs)
        methods = ["find_insights", "sum_up", "build_news", "answer_news"]
        [method] = [name for name in methods if hasattr(node, name)]
        news = (await getattr(node, method)()).data
        [prompt] = recorder.told
        return prompt, news

    return run


@pytest.mark.parametrize("file", RULES)
def test_instructions_stand_on_the_canvas(component, file: str) -> None:
    """They are shown, with the usual text to change, which is short and has nothing of the answer's form."""
    [field] = [one for one in component(file).inputs if one.name == "instructions"]
    assert not field.advanced
    assert 80 < len(field.value) < 800
    assert "JSON" not in field.value
    assert "evidence" not in field.value


@pytest.mark.parametrize("file", RULES)
async def test_what_people_write_comes_first_and_takes_no_rule_away(told, file: str) -> None:
    """The usual text goes, the rules on evidence and form stay."""
    prompt, _ = await told(file, instructions=MINE)
    usual, _ = await told(file)
    assert prompt.startswith(MINE)
    assert [rule for rule in RULES[file] if rule not in prompt] == []
    assert prompt.removeprefix(MINE).strip() in usual


@pytest.mark.parametrize("file", RULES)
async def test_emptied_the_usual_text_counts(told, component, file: str) -> None:
    """A field that somebody has emptied, and a flow from before there was one, ask as usual."""
    [field] = [one for one in component(file).inputs if one.name == "instructions"]
    prompt, _ = await told(file, instructions="  ")
    assert prompt.startswith(field.value)


@pytest.mark.parametrize("file", RULES)
async def test_the_language_is_told(told, file: str) -> None:
    """A chosen language is named to the model; automatic is what it heard."""
    chosen, _ = await told(file, language="Portuguese")
    automatic, _ = await told(file)
    assert "in Portuguese" in chosen
    assert "Portuguese" not in automatic
    assert "in the language of the" in automatic


@pytest.mark.parametrize("file", ["meeting_insights", "meeting_summary"])
async def test_news_say_in_which_language_they_are(told, file: str) -> None:
    """By what was spoken, or as chosen."""
    assert (await told(file, spoken=14))[1]["language"] == "de"
    assert (await told(file, spoken=14, language="French"))[1]["language"] == "fr"


async def test_an_answer_is_introduced_in_its_language(told) -> None:
    """Who asked is told as the meeting speaks."""
    _, news = await told("meeting_answer", spoken=14)
    assert news["notes"][0]["text"].startswith("Tom fragte: ")


async def test_rules_quote_english_and_say_so(component) -> None:
    """Without a model the labels are English, whatever language Zoom took the words for, unless one is chosen."""
    from lfx.schema.data import Data

    said = [one | {"language": 14} for one in utterances([["Dana", "I'll send the report by Friday."]])]
    sent = contracts.news() | {"schema": "zoom-context/1", "stream_id": "s1", "participants": [], "new": said}
    sent |= {"from_ms": 5_000, "to_ms": 9_000, "context": [], "gaps": [], "asked": [], "ask": None}

    async def language(**inputs: Any) -> str:
        found = await component("meeting_insights", context=Data(data=sent), **inputs).find_insights()
        return str(found.data["language"])

    assert await language() == "en"
    assert await language(language="German") == "de"
