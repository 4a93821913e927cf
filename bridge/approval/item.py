"""One thing that a flow found and that waits for somebody: an insight, the summary, or a note. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bridge.flow.news import (
    LONGEST_LINE,
    LONGEST_TEXT,
    LONGEST_URL,
    LONGEST_WORD,
    attendees_of,
    list_of,
    object_of,
)
from bridge.text import compact_json, line_of, lines_of, storable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.domain import Run, WindowKind

SUMMARY: Final = "summary"
NOTE: Final = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing in its latest wording."""

    route: str
    id: str
    """Its name in its stream and route."""
    kind: str
    """Of an insight its kind, else :data:`SUMMARY` or :data:`NOTE`."""
    text: str
    owner: str
    """Of an insight; empty where nobody was named."""
    due: str
    """Of an insight; empty where nothing was said."""
    answer: str
    """What Zoom Knowledge answered; goes out with it."""
    source: str
    """Where that answer stands; empty without."""
    record: tuple[str, str]
    """Name and address of the record of an insight; both empty without."""
    attendees: tuple[str, ...]
    """Whom a summary names as present."""
    language: str
    """In which people are told, as a code; empty where the flow did not say."""
    of: WindowKind
    """Of the window that it was found in."""
    given: Mapping[str, Any]
    """As the flow gave it."""

    @property
    def is_insight(self) -> bool:
        """Whether it has an owner and a time."""
        return self.kind not in (SUMMARY, NOTE)

    @property
    def longest(self) -> int:
        """Characters that its words may have; what is beyond them nobody reads, and it does not go out."""
        return LONGEST_LINE if self.is_insight else LONGEST_TEXT

    @property
    def digest(self) -> str:
        """Of what people read when they decide on it."""
        return self.worded(self.text, self.owner, self.due)

    @property
    def beside(self) -> tuple[str, ...]:
        """What goes out with it besides and stands in no field of its own, a line each."""
        return tuple(
            filter(None, (self.source, ": ".join(filter(None, self.record)), ", ".join(self.attendees)))
        )

    def worded(self, text: str, owner: str, due: str) -> str:
        """The digest that it has in other words."""
        said = [text, owner, due, self.fields_beside]
        return hashlib.sha256(compact_json(said).encode()).hexdigest()

    @property
    def fields_beside(self) -> dict[str, Any]:
        """Fields of the news that go out with its words."""
        if self.kind == SUMMARY:
            return {"attendees": [*self.attendees]}
        answer = {"text": self.answer, "source": self.source}
        record = dict(zip(("name", "url"), self.record, strict=True))
        return {name: told for name, told in (("answer", answer), ("record", record)) if any(told.values())}


def beside_in(approved: str) -> dict[str, Any]:
    """The same of something that went out, from what its flow was given."""
    told = json.loads(approved)
    given: dict[str, Any] = told["summary"] or [*told["insights"], *told["notes"]][0]
    return {name: given[name] for name in ("answer", "record", "attendees") if name in given}


def items_of(run: Run) -> Iterator[Item]:
    """What a run found that waits; nothing where its window was not of a route that has it wait.

    Whether it does is told by the news themselves: a route may have been changed since.
    """
    news = json.loads(run.news) if run.news else None
    if not isinstance(news, dict) or news.get("approve") is not True:
        return
    language = line_of(news.get("language"), LONGEST_WORD)
    for given in _objects(news.get("insights")):
        name, text = line_of(given.get("id"), LONGEST_WORD), line_of(given.get("text"), LONGEST_LINE)
        if name and text:
            yield _item(
                run, f"insight:{name}", line_of(given.get("kind"), LONGEST_WORD), text, given, language
            )
    summary = news.get("summary")
    if isinstance(summary, dict) and (text := lines_of(summary.get("text"), LONGEST_TEXT)):
        yield _item(run, SUMMARY, SUMMARY, text, summary, language)
    for given in _objects(news.get("notes")):
        key, text = given.get("key"), lines_of(given.get("text"), LONGEST_TEXT)
        if isinstance(key, str) and text:
            name = hashlib.sha256(storable(key).encode()).hexdigest()[:16]
            yield _item(run, f"note:{name}", NOTE, text, given, language)


def _item(run: Run, name: str, kind: str, text: str, given: dict[str, Any], language: str) -> Item:
    insight = name.startswith("insight:")
    told = given if insight else {}
    answer, record = object_of(told.get("answer")), object_of(told.get("record"))
    answered = line_of(answer.get("text"), LONGEST_LINE)
    return Item(
        route=run.route,
        id=name,
        kind=(kind if kind not in (SUMMARY, NOTE) else "") or "finding" if insight else kind,
        text=text,
        owner=line_of(told.get("owner"), LONGEST_WORD),
        due=line_of(told.get("due"), LONGEST_WORD),
        answer=answered,
        source=line_of(answer.get("source"), LONGEST_WORD) if answered else "",
        record=(line_of(record.get("name"), LONGEST_WORD), line_of(record.get("url"), LONGEST_URL)),
        attendees=attendees_of(given) if kind == SUMMARY and not insight else (),
        language=language,
        of=run.kind,
        given=given,
    )


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in list_of(value) if isinstance(each, dict)]
