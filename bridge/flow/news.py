"""What a flow found in a meeting: the ``zoom-news/1`` beside an answer's text, kept as it came and read again. Pure.

Zoom Chat Output gives its news along in the message that it answers with (``docs/components.md`` has the shape). A
flow of somebody else's may give any: what is no news is passed over, and what is odd in it too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from bridge.text import compact_json, line_of, lines_of, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.domain import Run

SCHEMA: Final = "zoom-news/1"
MOST_CHARACTERS: Final = 512 * 1024
"""Of a run's news as JSON; a final window's summary and a hundred insights take a tenth of it."""
DEEPEST: Final = 30
"""Lists and objects in each other that are kept: ours have a handful, and what reads them again recurses."""
_TO_DO: Final = "action_item"
_PARTS: Final = ("insights", "summary", "notes", "language", "approve")
LONGEST_LINE: Final = 4_000
"""Characters of an insight, whose text is one line."""
LONGEST_WORD: Final = 200
"""Characters of an owner, of when something is due, and of who decides."""
LONGEST_TEXT: Final = 40_000
"""Characters of a summary or a note, of one line or many."""
LONGEST_URL: Final = 2_000
_MOST_EVIDENCE: Final = 50
_CLOSED: Final = frozenset(
    [
        "done",
        "completed",
        "complete",
        "closed",
        "resolved",
        "finished",
        "cancelled",
        "canceled",
        "dropped",
        "withdrawn",
        "rejected",
        "obsolete",
    ]
)
"""What a flow may call an insight of which nothing is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """One thing that a flow found, in its latest wording. All texts are one line."""

    id: str
    """Stable in its meeting and route."""
    kind: str
    """``action_item``, ``decision``, ``question``, ``objection``, ``risk``, ``follow_up`` …; a flow may have others."""
    text: str
    owner: str
    """Empty where nobody was named."""
    due: str
    """When, in the words that were said; empty where nothing was."""
    evidence: tuple[str, ...]
    """Ids of the utterances that show it, such as ``u-000012``."""
    answer: str
    """What Zoom Knowledge answered; empty without."""
    record_name: str
    """Of the ticket or task; empty without."""
    record_url: str
    """``http`` or ``https``; empty without."""
    route: str
    window_id: str
    """Of the window that told its latest wording."""
    closed: bool = False
    """Whether the flow says that nothing is left to do about it: done, or off."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of minutes, without marks."""

    kind: Literal["heading", "item", "text"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Minutes of a meeting, or of what there was of it."""

    text: str
    """As it came: lines, of which those in ``**`` or behind ``#`` are headings, and those behind ``-`` or ``*`` items."""
    attendees: tuple[str, ...]
    route: str
    window_id: str

    @property
    def lines(self) -> list[Line]:
        """Its lines, those that say something."""
        read = (_minute(line) for line in self.text.split("\n"))
        return [line for line in read if line.text]


def kept(news: object) -> str:
    """The text to keep of a run's news, as JSON; empty where it is none, tells nothing, is enormous or nested very deep."""
    if not isinstance(news, dict) or news.get("schema") != SCHEMA:
        return ""
    told = {name: news[name] for name in _PARTS if news.get(name)}
    if not told.keys() - {"language", "approve"} or not _is_flat(told):
        return ""
    try:
        text = compact_json({"schema": SCHEMA} | told)
    except (TypeError, ValueError):
        return ""
    return storable(text) if len(text) <= MOST_CHARACTERS else ""


def _is_flat(value: Any) -> bool:
    """Whether no more than :data:`DEEPEST` lists and objects are in each other; level by level, without recursing."""
    level = [value]
    for _ in range(DEEPEST):
        within = [each for node in level for each in (node.values() if isinstance(node, dict) else node)]
        level = [each for each in within if isinstance(each, dict | list)]
        if not level:
            return True
    return False


def waits(news: str) -> bool:
    """Whether what a run's news tell waits for somebody to let it out."""
    return bool(news) and object_of(json.loads(news)).get("approve") is True


def gone_out(runs: Iterable[Run]) -> Iterator[Run]:
    """The runs of which people may be told anywhere: not those whose findings wait, or were declined."""
    return (run for run in runs if not waits(run.news))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What flows found in a meeting."""

    insights: tuple[Insight, ...]
    """Each in its latest wording, in order of first appearance."""
    summary: Summary | None
    """The newest minutes; ``None`` where no flow wrote any."""
    language: str = ""
    """In which people were told, as a code; empty where no flow said so."""


def found_in(runs: Iterable[Run]) -> Found:
    """What a meeting's runs found; they are in order of their windows."""
    insights: dict[tuple[str, str], Insight] = {}
    summary, language = None, ""
    for run in runs:
        news = object_of(json.loads(run.news)) if run.news else {}
        for given in list_of(news.get("insights")):
            if (insight := _insight(given, run)) is not None:
                insights[run.route, insight.id] = insight
        summary = _summary(news.get("summary"), run) or summary
        language = line_of(news.get("language"), LONGEST_WORD) or language
    return Found(insights=tuple(insights.values()), summary=summary, language=language)


def left_to_do(found: Iterable[Found]) -> list[Insight]:
    """The action items that nobody has called done or off, each once however many flows found it, in order of appearance.

    ``found`` is in order of time: what is said again in the same words counts as it was told last.
    """
    latest: dict[str, Insight] = {}
    for told in found:
        latest |= {each.text.casefold(): each for each in told.insights if each.kind == _TO_DO}
    return [each for each in latest.values() if not each.closed]


def _summary(given: Any, run: Run) -> Summary | None:
    text = lines_of(object_of(given).get("text"), LONGEST_TEXT)
    if not text:
        return None
    return Summary(text=text, attendees=attendees_of(given), route=run.route, window_id=run.window_id)


def attendees_of(summary: dict[str, Any]) -> tuple[str, ...]:
    """Names of the people that a summary has, as it came."""
    return tuple(name for each in list_of(summary.get("attendees")) if (name := line_of(each, LONGEST_WORD)))


def _minute(line: str) -> Line:
    line = line.strip()
    bare = line.replace("**", "").replace("__", "").strip()
    if line.startswith("#") or (line.startswith(("**", "__")) and line.rstrip(":").endswith(("**", "__"))):
        return Line("heading", bare.lstrip("#").strip().rstrip(":"))
    if bare.startswith(("- ", "* ", "• ")):
        return Line("item", bare[2:].strip())
    return Line("text", bare)


def _insight(given: Any, run: Run) -> Insight | None:
    if not isinstance(given, dict):
        return None
    insight_id, text = line_of(given.get("id"), LONGEST_WORD), line_of(given.get("text"), LONGEST_LINE)
    if not insight_id or not text:
        return None
    record, answer = object_of(given.get("record")), object_of(given.get("answer"))
    evidence = (line_of(each, LONGEST_WORD) for each in list_of(given.get("evidence"))[:_MOST_EVIDENCE])
    return Insight(
        id=insight_id,
        kind=line_of(given.get("kind"), LONGEST_WORD) or "note",
        text=text,
        owner=line_of(given.get("owner"), LONGEST_WORD),
        due=line_of(given.get("due"), LONGEST_WORD),
        evidence=tuple(dict.fromkeys(each for each in evidence if each)),
        answer=line_of(answer.get("text"), LONGEST_LINE),
        record_name=line_of(record.get("name"), LONGEST_WORD),
        record_url=_url(record.get("url")),
        route=run.route,
        window_id=run.window_id,
        closed=line_of(given.get("status"), LONGEST_WORD).lower() in _CLOSED,
    )


def object_of(value: Any) -> dict[str, Any]:
    """The value where it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """The value where it is a list; else an empty one."""
    return value if isinstance(value, list) else []


def _url(value: Any) -> str:
    """An address that a person may follow; nothing else, such as ``javascript:``."""
    line = line_of(value, LONGEST_URL)
    return line if line.lower().startswith(("https://", "http://")) and " " not in line else ""
