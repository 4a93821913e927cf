"""``python -m benchmarks.tokens``: what an hour of meeting costs in tokens, beside one request per utterance.

The real meetings of ``MEETINGS_DIR`` go through the built-in action-items route's window rule, Zoom Context
Buffer and Zoom Meeting Insights, which builds its requests as ever; they are counted instead of sent. What they
are compared with is the same component asked after every utterance about the last ten. Writes its figures
into ``docs/performance.md``.

Tokens are counted with the tokenizer that Anthropic published for its models before Claude 3, as LiteLLM ships
it: none of the later ones is public. It counts both sides alike, so it serves for ratios and not for bills.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmarks.passages import PASSAGES
from benchmarks.replay import final_context, live_contexts, load, sliding_contexts
from benchmarks.report import PAGE, between_markers
from bridge.flow.routes import BUILT_IN
from bridge.simulator.meeting import read_meeting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType

    from benchmarks.passages import Passage
    from bridge.flow.routes import WindowRule
    from bridge.simulator.meeting import Meeting

BEGIN = "<!-- tokens: written by python -m benchmarks.tokens -->"
END = "<!-- end of tokens -->"
AIM = 0.1
"""Of the tokens of one request per utterance."""
UTTERANCES = 10
"""What one request per utterance looks back on, the utterance itself included."""
CACHE_READ, CACHE_WRITE = 0.1, 1.25
"""Price of a cached input token and of one put into the cache for five minutes, beside an ordinary one's
(platform.claude.com/docs, "Prompt caching")."""


@dataclass(slots=True)
class Tokens:
    """What requests hold, counted."""

    requests: int = 0
    prompt: int = 0
    """Instructions and the answer's schema: the same in every request, so that they can be cached."""
    speech: int = 0
    """What differs: people, context and new speech."""
    dearest_prompt: int = 0
    """Of one request."""

    @property
    def all(self) -> int:
        """All input tokens, cached or not."""
        return self.prompt + self.speech

    @property
    def priced(self) -> float:
        """Input tokens at the price of uncached ones, the prompt being written to the cache once."""
        once = self.dearest_prompt * (CACHE_WRITE - CACHE_READ)
        return self.prompt * CACHE_READ + once + self.speech

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.requests + other.requests,
            self.prompt + other.prompt,
            self.speech + other.speech,
            self.dearest_prompt + other.dearest_prompt,
        )


@dataclass(slots=True)
class CountingClaude:
    """A ``Claude`` that counts what it is asked, and finds nothing."""

    count: Callable[[str], int]
    tokens: Tokens = field(default_factory=Tokens)
    available: bool = True
    model: str = "counter"

    async def level(self, session_id: str, reserve_tokens: int = 0) -> str:
        """The budget is no matter here."""
        return "ample"

    async def ask(
        self, *, system: list[str], content: str | list[dict[str, Any]], schema: dict[str, Any], **_: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Count a request; the answer is valid and empty."""
        texts = [content] if isinstance(content, str) else [block["text"] for block in content]
        prompt = sum(map(self.count, [*system, json.dumps(schema)]))
        self.tokens += Tokens(1, prompt, sum(map(self.count, texts)))
        self.tokens.dearest_prompt = max(self.tokens.dearest_prompt, prompt)
        kinds = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        return {"insights": [], "summary": "-"}, dict.fromkeys(kinds, 0) | {"usd": None}


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a passage reaches Claude."""

    passage: Passage
    windows: int
    """Live windows that carry its utterances as new speech."""
    whole: bool
    """Whether the last of them shows all of it, as new speech or as context."""
    found: bool
    """Whether the offline rules report something that it shows."""
    found_each: bool
    """The same, asked after every utterance about the last ten."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One meeting, both ways."""

    name: str
    hours: float
    ours: Tokens
    """Live windows and the final one."""
    each: Tokens
    """One request per utterance."""
    deliveries: list[Delivery]


@cache
def tokenizer() -> Callable[[str], int]:
    """A function that counts a text's tokens."""
    from tokenizers import Tokenizer

    found = importlib.util.find_spec("litellm")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("litellm is not installed, and with it the tokenizer")
    folder = Path(found.submodule_search_locations[0]) / "litellm_core_utils" / "tokenizers"
    model = Tokenizer.from_file(str(folder / "anthropic_tokenizer.json"))
    return cache(lambda text: len(model.encode(text).ids))


def lines_counted(count: Callable[[str], int]) -> Callable[[str], int]:
    """The same count line by line, a break being one token: sliding windows repeat their lines."""
    return lambda text: sum(count(line) + 1 for line in text.split("\n")) - 1


def insights_component() -> ModuleType:
    """Zoom Meeting Insights, without a message history: every window is new to it.

    Langflow's own stand-in for a missing database logs a traceback each time that it is asked.
    """
    module = load("meeting_insights")

    class Forgotten:
        """The component's rows of a meeting, of which nothing is kept."""

        async def all(self, *_: Any) -> list[Any]:
            return []

        async def add(self, *_: Any) -> None:
            return None

    class Step(module.InsightsStep):  # type: ignore[name-defined, misc]
        """The component's step; those of others in this process are as they were."""

        def _table(self, context: dict[str, Any]) -> Forgotten:
            return Forgotten()

        async def _is_first_to_tell(self, context: dict[str, Any]) -> bool:
            return not context["context"]

    vars(module).update(InsightsStep=Step)
    return module


async def insights_of(
    module: ModuleType, contexts: Iterable[dict[str, Any]], claude: CountingClaude | None
) -> list[dict[str, Any]]:
    """What the component passes on for each context, by Claude or else by the rules."""
    from lfx.schema.data import Data

    component = module.ZoomMeetingInsights()
    found = []
    for context in contexts:
        component.set(context=Data(data=context), claude=claude)
        found.append((await component.find_insights()).data)
    return found


def word_budget(buffer: ModuleType) -> int:
    """How many words Zoom Context Buffer passes on, where nobody changed it."""
    [value] = [each.value for each in buffer.ZoomContextBuffer.inputs if each.name == "word_budget"]
    return int(value)


async def compare(
    name: str,
    meeting: Meeting,
    rule: WindowRule,
    passages: Sequence[Passage],
    *,
    budget: int | None = None,
    count: Callable[[str], int] | None = None,
) -> Compared:
    """Count a meeting both ways, and see how its passages are delivered.

    Args:
        name: The meeting's.
        meeting: What was said.
        rule: When a live window closes.
        passages: Those of this meeting.
        budget: Words that Zoom Context Buffer passes on; ``None`` for its default.
        count: Counts the tokens of a text; ``None`` for the tokenizer.
    """
    buffer, module = load("context_buffer"), insights_component()
    count = count or lines_counted(tokenizer())
    words = word_budget(buffer) if budget is None else budget
    live = await asyncio.to_thread(lambda: list(live_contexts(meeting, rule, words)))
    sliding = list(sliding_contexts(meeting, UTTERANCES))
    ours, each = CountingClaude(count), CountingClaude(count)
    await insights_of(module, [*live, final_context(meeting)], ours)
    await insights_of(module, sliding, each)
    by_rules = evidence_of(await insights_of(module, live, None)) if passages else []
    by_rules_each = evidence_of(await insights_of(module, sliding, None)) if passages else []
    return Compared(
        name=name,
        hours=max(line.end_ms for line in meeting.lines) / 3_600_000,
        ours=ours.tokens,
        each=each.tokens,
        deliveries=[
            delivery(passage, ids_of(passage, meeting), live, by_rules, by_rules_each) for passage in passages
        ],
    )


def ids_of(passage: Passage, meeting: Meeting) -> set[str]:
    """The ids of a passage's utterances, which are numbered by their end."""
    order = sorted(range(len(meeting.lines)), key=lambda at: meeting.lines[at].end_ms)
    return {f"u-{n:06d}" for n, at in enumerate(order, start=1) if passage.first <= at + 1 <= passage.last}


def evidence_of(found: Iterable[dict[str, Any]]) -> list[set[str]]:
    """The evidence of each insight."""
    return [set(insight["evidence"]) for one in found for insight in one["insights"]]


def delivery(
    passage: Passage,
    ids: set[str],
    live: Sequence[dict[str, Any]],
    by_rules: Sequence[set[str]],
    by_rules_each: Sequence[set[str]],
) -> Delivery:
    """How a passage is delivered by live windows; ``ids`` are its utterances'."""
    carrying = [context for context in live if ids & {said["id"] for said in context["new"]}]
    shown = {said["id"] for said in [*carrying[-1]["context"], *carrying[-1]["new"]]} if carrying else set()
    return Delivery(
        passage=passage,
        windows=len(carrying),
        whole=ids <= shown,
        found=any(ids & evidence for evidence in by_rules),
        found_each=any(ids & evidence for evidence in by_rules_each),
    )


def report(compared: Sequence[Compared], rule: WindowRule, budget: int) -> str:
    """The figures as Markdown."""
    ours, each = (sum((getattr(one, side) for one in compared), Tokens()) for side in ("ours", "each"))
    hours = sum(one.hours for one in compared)
    total = Compared("**all**", hours, ours, each, [])
    rows = [
        "| Meeting | hours | live runs an hour, ours / each | input tokens an hour, ours / each | **ratio** | "
        "at cache prices | speech alone |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(_row(one, len(compared) if one is total else 1) for one in [*compared, total]),
    ]
    met = "is met" if ours.all <= AIM * each.all else "is **not met**"
    deliveries = [one for meeting in compared for one in meeting.deliveries]
    parts = [
        f"Windows of at most {rule.max_seconds:g} s or {rule.max_words} words, closed by {rule.pause_seconds:g} s without "
        f"speech from {rule.min_words} words on; {budget} words of context and new speech. A request's instructions and "
        f"schema are {each.prompt // max(each.requests, 1):,} tokens, on both sides.",
        "\n".join(rows),
        f"The aim of at most a tenth of all input tokens {met}: {ours.all / each.all:.3f}.",
    ]
    if deliveries:
        parts.append("\n".join(_lost(deliveries)))
    return "\n\n".join(parts)


def _row(one: Compared, meetings: int) -> str:
    ours, each, hours = one.ours, one.each, one.hours
    return (
        f"| {one.name} | {hours:.2f} | {(ours.requests - meetings) / hours:.0f} / {each.requests / hours:.0f} | "
        f"{ours.all / hours:,.0f} / {each.all / hours:,.0f} | **{ours.all / each.all:.3f}** | "
        f"{ours.priced / each.priced:.2f} | {ours.speech / each.speech:.2f} |"
    )


def _lost(deliveries: Sequence[Delivery]) -> list[str]:
    lines = [
        "| The references name | passages | in one window | in two | shown whole | found by rules, ours / each |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    ordered = sorted(deliveries, key=lambda one: not one.passage.is_action)
    for is_action, group in groupby(ordered, key=lambda one: one.passage.is_action):
        some = list(group)
        lines.append(
            f"| {'action items' if is_action else 'decisions'} | {len(some)} | {sum(one.windows == 1 for one in some)} | "
            f"{sum(one.windows == 2 for one in some)} | {sum(one.whole for one in some)} | "
            f"{sum(one.found for one in some)} / {sum(one.found_each for one in some)} |"
        )
    return lines


def main(
    write: Annotated[bool, typer.Option(help="Write the figures into docs/performance.md.")] = True,
    seconds: Annotated[float | None, typer.Option(help="Try another max_seconds.")] = None,
    words: Annotated[int | None, typer.Option(help="Try another max_words.")] = None,
    pause: Annotated[float | None, typer.Option(help="Try another pause_seconds.")] = None,
    budget: Annotated[
        int | None, typer.Option(help="Try another word budget of Zoom Context Buffer.")
    ] = None,
) -> None:
    """Count the input tokens of our windows and of one request per utterance, over the real meetings."""
    folder = os.environ.get("MEETINGS_DIR")
    if not folder:
        typer.echo("MEETINGS_DIR is not set: no real meetings to measure.", err=True)
        raise typer.Exit(1)
    tried = {"max_seconds": seconds, "max_words": words, "pause_seconds": pause}
    changes = {name: value for name, value in tried.items() if value is not None}
    rule = built_in_rule().model_copy(update=changes)
    compared = []
    for path in sorted(Path(folder).glob("*.jsonl")):
        typer.echo(f"{path.stem} ...", err=True)
        passages = [passage for passage in PASSAGES if passage.meeting == path.stem]
        compared.append(asyncio.run(compare(path.stem, read_meeting(path), rule, passages, budget=budget)))
    page = report(compared, rule, word_budget(load("context_buffer")) if budget is None else budget)
    typer.echo(page)
    for one in (one for meeting in compared for one in meeting.deliveries):
        told = one.passage
        typer.echo(
            f"{told.meeting} {told.first}-{told.last}: {one.windows} windows, whole {one.whole}, "
            f"rules {one.found}, each {one.found_each}: {told.says}",
            err=True,
        )
    if write and not changes and budget is None:
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(between_markers(text, page, begin=BEGIN, end=END), encoding="utf-8")


def built_in_rule() -> WindowRule:
    """When the built-in action-items route closes a live window."""
    return next(route.window for route in BUILT_IN if route.name == "action-items")


if __name__ == "__main__":
    typer.run(main)
