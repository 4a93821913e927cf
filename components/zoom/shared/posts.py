"""What of a meeting's news is posted, in which parts, and what has been told already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from components.zoom.shared.identity import digest, said_in
from components.zoom.shared.news_text import emphasised, insight_key, write_insight, write_summary
from components.zoom.shared.schemas import SUMMARY_KEY, awaits_approval
from components.zoom.shared.wording import Limit, cut
from components.zoom.shared.zoom_chat import CHANNEL, CHATBOT, MEETING, WEBHOOK

WANTED: Final = {WEBHOOK: "Webhook URL", MEETING: "Account ID", CHANNEL: "Account ID", CHATBOT: "Account ID"}
"""What of each way is named first where nothing at all is filled in."""


ANSWERED: Final = ("schema", "insights", "summary", "notes", "language")
"""Parts of the news that are an answer's; whoever asked for the run knows the rest."""


@dataclass(frozen=True)
class Item:
    """One thing to say, which people are told once."""

    key: str
    """What it is claimed under; the same whenever the same thing is to be said again."""
    text: str
    slot: str = ""
    """Where messages can be edited: the message that it takes the place of. Empty for a message of its own."""
    whole: str | None = None
    """Key of what it is a part of; ``None`` where it is all."""
    subject: str = ""
    """What begins the keys of all that is said of the same thing; empty where it is no change."""
    window: str = ""
    """Whose news it is; empty of a text that is none."""


@dataclass(frozen=True)
class Post:
    """What goes into the chat with one request."""

    items: list[Item]
    text: str
    slot: str = ""

    def row(self, state: str) -> dict[str, Any]:
        """Write what is kept of it."""
        keys, wholes = [item.key for item in self.items], [item.whole for item in self.items if item.whole]
        return {
            "keys": keys,
            "wholes": wholes,
            "state": state,
            "window": max(item.window for item in self.items),
        }


@dataclass(frozen=True)
class Told:
    """What was said in this session before."""

    states: dict[str, str]
    """``claimed`` or ``posted`` by key."""
    parts: dict[str, str]
    """The same by key of what was said in parts."""
    root: str
    """Id of the message that the meeting's thread hangs on."""
    slots: dict[str, str]
    """Id of the message in each slot."""
    windows: dict[str, list[str]]
    """Whose news it was, by key, in order of when it was said last; of a text that is no news, and in rows of old, empty."""

    def state(self, item: Item) -> str | None:
        """Give what became of an item; a run whose words are longer or shorter may find it whole, or in parts."""
        state = self.states.get(item.key) or self.states.get(item.whole or "") or self.parts.get(item.key)
        return None if state and self._is_true_again(item) else state

    def _is_true_again(self, item: Item) -> bool:
        """Whether a later window says again what was said before something else of the same thing was.

        Only a later one: an earlier window that is run again must not bring back what was said then.
        """
        said = [key for key in self.windows if item.subject and is_within(key, item.subject)]
        name = item.key if item.key in said else item.whole
        if name not in said:
            return False
        since = [key for key in said[said.index(name) + 1 :] if not is_within(key, item.whole or item.key)]
        windows = [window for key in since for window in self.windows[key]]
        return bool(windows) and all(is_later(item.window, window) for window in windows)


def is_within(key: str, name: str) -> bool:
    """Whether a key is this name, or begins with it."""
    return f"{key}:".startswith(f"{name}:")


def is_later(window_id: str, other: str) -> bool:
    """Whether a window came after another one of the same route; of two routes' nobody knows."""
    (of, _, at), (other_of, _, other_at) = window_id.rpartition(":"), other.rpartition(":")
    return of == other_of and at.isdecimal() and other_at.isdecimal() and int(at) > int(other_at)


def items_of(news: dict[str, Any]) -> list[Item]:
    """Write news for people.

    An insight is claimed by its id, a change by id and content, a summary by its window, a note by key and
    text: so an insight is said once, and each change of it once, also one back to what was said before. A summary
    lists all insights; none is said beside it.
    """
    window = news["window_id"]
    if news["summary"]:
        items = [Item(f"{window}:summary", write_summary(news))]
    else:
        items = [
            Item(
                insight_key(each),
                write_insight(each, news.get("language")),
                subject=str(each["id"]) if each["status"] == "changed" else "",
                window=window,
            )
            for each in news["insights"]
        ]
    for note in news.get("notes") or []:
        name = f"note:{digest(note['key'])}"
        key = f"{name}:{said_in(note)}"
        subject = name if note["key"] == SUMMARY_KEY else ""
        items.append(Item(key, emphasised(note["text"]), name, subject=subject, window=window))
    return list({item.key: item for item in items if item.text}.values())


def answered(news: dict[str, Any]) -> dict[str, Any]:
    """Give what a run answers beside its text, and that it waits where it does."""
    told = {name: news[name] for name in ANSWERED if news.get(name)}
    return told | ({"approve": True} if awaits_approval(news["meeting"]) else {})


def in_parts(items: list[Item], limit: Limit) -> list[Item]:
    """Make one item of each part of an item that is too long for one message."""
    made = []
    for item in items:
        key, parts = item.key, split(item.text, limit)
        fits = len(parts) == 1
        named = {"whole": key, "subject": item.subject, "window": item.window}
        made += [item] if fits else [Item(f"{key}:{n}", part, **named) for n, part in enumerate(parts, 1)]
    return made


def split(text: str, limit: Limit) -> list[str]:
    """Split text into parts within a limit.

    Cuts at a paragraph, else a line, else a space, each where no part gets too short by it, else between two
    characters. More than one part are numbered ``(1/3) `` and so on, which counts.
    """
    if limit.length(text) <= limit.size:
        return [text] if text else []
    digits = 1
    while True:
        room = limit.size - len("(/) ") - 2 * digits
        parts = cut(text, replace(limit, size=room))
        if len(str(len(parts))) <= digits:
            return [f"({n}/{len(parts)}) {part}" for n, part in enumerate(parts, 1)]
        digits += 1


def next_post(items: list[Item], limit: Limit, *, edits: bool) -> Post | None:
    """Put as many of the items, in order, into one post as fit; ``None`` where there are none.

    Where messages can be edited, an item with a slot is a message of its own.
    """
    if items and items[0].slot and edits:
        return Post(items[:1], items[0].text, items[0].slot)
    texts: list[str] = []
    for item in items:
        if texts and ((item.slot and edits) or limit.length("\n\n".join([*texts, item.text])) > limit.size):
            break
        texts.append(item.text)
    return Post(items[: len(texts)], "\n\n".join(texts)) if texts else None


def told_of(rows: list[dict[str, Any]]) -> Told:
    """Sum up what was claimed and said in one session and place, oldest first."""
    ids = [row for row in rows if row.get("id")]
    roots = [row["id"] for row in ids if row["root"]]
    windows: dict[str, list[str]] = {}
    for row in rows:
        for key in (*row["keys"], *row.get("wholes", ())):
            windows[key] = [*windows.pop(key, ()), row.get("window", "")]
    return Told(
        states={key: row["state"] for row in rows for key in row["keys"]},
        parts={key: row["state"] for row in rows for key in row.get("wholes", ())},
        root=roots[-1] if roots else "",
        slots={row["slot"]: row["id"] for row in ids if row["slot"]},
        windows=windows,
    )
