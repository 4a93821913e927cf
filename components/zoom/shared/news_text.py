"""News of a window as text for people."""

from __future__ import annotations

from typing import Any, Final

from components.zoom.shared.wording import LABELS, clean, digest, write_point

HEADINGS: Final = {kind: f"{label}s" for kind, label in LABELS.items()}

ANSWERS: Final = {
    "objection": ("Say", "playbook: "),
    "buying_signal": ("Say", "playbook: "),
}
"""How the answer to an insight is introduced, and its source; others are ``See``."""
BOLD: Final = "\x01"

PLAIN: Final = "\x02"
"""What is between these two is a heading. No text from outside has them in it: :func:`clean` takes them out."""


def write_insight(insight: dict[str, Any]) -> str:
    """Write an insight as a sentence, ``Action item: Dana - send the contract (by Friday)``, and what answers it."""
    label = LABELS.get(insight["kind"], "Note")
    if insight["status"] == "changed":
        label = f"Updated {label[0].lower()}{label[1:]}"
    said = f"{heading(f'{label}:')} {write_recorded(insight)}"
    answer = insight.get("answer")
    if not answer:
        return said
    verb, source_label = ANSWERS.get(insight["kind"], ("See", ""))
    source = clean(answer.get("source") or "")
    return f"{said}\n   {verb}: {clean(answer['text'])}" + (f" ({source_label}{source})" if source else "")


def write_recorded(insight: dict[str, Any]) -> str:
    """Write who does what until when, and where it is recorded."""
    said, where = write_point(insight), write_record(insight)
    return f"{said} ({where})" if where else said


def write_record(insight: dict[str, Any]) -> str:
    """Write where an insight is recorded, number and link; empty where it is not."""
    record = insight.get("record") or {}
    return ": ".join(filter(None, (clean(record.get(part) or "") for part in ("name", "url"))))


def write_summary(news: dict[str, Any]) -> str:
    """Write the end of a meeting: what it was about, who was there, and everything found by kind.

    An insight whose words are in the summary already is not listed under it once more, unless there is a record
    of it to tell.
    """
    topic = clean(news["meeting"].get("topic") or "")
    blocks = [
        heading(f"Meeting summary{f' - {topic}' if topic else ''}"),
        clean(news["summary"]["text"]),
    ]
    if news["summary"]["attendees"]:
        blocks.append(f"{heading('Attendees:')} {', '.join(map(clean, news['summary']['attendees']))}")
    told = news["summary"]["text"].casefold()
    insights = [
        insight
        for insight in news.get("open") or news["insights"]
        if write_record(insight) or clean(insight["text"]).casefold() not in told
    ]
    for kind, title in HEADINGS.items():
        points = [f"- {write_recorded(insight)}" for insight in insights if insight["kind"] == kind]
        if points:
            blocks.append("\n".join([heading(f"{title}:"), *points]))
    return "\n\n".join(blocks)


def insight_key(insight: dict[str, Any]) -> str:
    """Name what is said of an insight: its id, and for a change what it changed to."""
    if insight["status"] == "new":
        return str(insight["id"])
    return f"{insight['id']}:{digest([insight['text'], insight['owner'], insight['due']])}"


def heading(text: str) -> str:
    """Mark a text as a heading."""
    return f"{BOLD}{text}{PLAIN}"


def plain(text: str) -> str:
    """Take the marks of headings out."""
    return text.replace(BOLD, "").replace(PLAIN, "")
