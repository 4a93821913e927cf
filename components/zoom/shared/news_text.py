"""News of a window as text for people."""

from __future__ import annotations

from typing import Any, Final

from components.zoom.shared.identity import said_in
from components.zoom.shared.languages import labels_in
from components.zoom.shared.wording import STRONG, clean, write_point

SAID: Final = ("objection", "buying_signal")
"""Kinds whose answer is something to say; that to others is something to see."""
UNLABELLED: Final = "note"
"""Kind of what is told in words of its own."""
BOLD: Final = "\x01"
PLAIN: Final = "\x02"
"""What is between these two is a heading. No text from outside has them in it: :func:`clean` takes them out."""


def write_insight(insight: dict[str, Any], language: str | None = None) -> str:
    """Write an insight as a sentence, ``Action item: Dana - send the contract (by Friday)``, and what answers it."""
    labels = labels_in(language)
    label = labels.kinds.get(insight["kind"], (labels.note, ""))[0]
    if insight["status"] == "changed":
        label = labels.updated.format(label=label, lower=f"{label[:1].lower()}{label[1:]}")
    said = f"{heading(f'{label}:')} {write_recorded(insight, language)}"
    if insight["kind"] == UNLABELLED and insight["status"] != "changed":
        said = write_recorded(insight, language)
    answer = insight.get("answer")
    if not answer:
        return said
    verb, source_label = (labels.say, f"{labels.playbook}: ") if insight["kind"] in SAID else (labels.see, "")
    source = clean(answer.get("source") or "")
    return f"{said}\n   {verb}: {clean(answer['text'])}" + (f" ({source_label}{source})" if source else "")


def write_recorded(insight: dict[str, Any], language: str | None = None) -> str:
    """Write who does what until when, and where it is recorded."""
    said, where = write_point(insight, language), write_record(insight)
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
    labels, language = labels_in(news.get("language")), news.get("language")
    topic = clean(news["meeting"].get("topic") or "")
    blocks = [
        heading(f"{labels.summary}{f' - {topic}' if topic else ''}"),
        emphasised(news["summary"]["text"]),
    ]
    if news["summary"]["attendees"]:
        blocks.append(
            f"{heading(f'{labels.attendees}:')} {', '.join(map(clean, news['summary']['attendees']))}"
        )
    told = [line.strip("-*•# ").casefold() for line in news["summary"]["text"].splitlines()]
    insights = [
        insight
        for insight in news.get("open") or news["insights"]
        if write_record(insight) or not any(is_told_by(line, insight) for line in told)
    ]
    for kind, (_, title) in [*labels.kinds.items(), (UNLABELLED, ("", labels.note))]:
        points = [
            f"- {write_recorded(each, language)}" for each in insights if listed(each, language) == kind
        ]
        if points:
            blocks.append("\n".join([heading(f"{title}:"), *points]))
    return "\n\n".join(blocks)


def is_told_by(line: str, insight: dict[str, Any]) -> bool:
    """Whether a line of the minutes, in small letters, is an insight: all its words, and whose it is and until when."""
    text, *more = (clean(insight[name] or "").casefold() for name in ("text", "owner", "due"))
    long_enough = line == text or len(text.split()) >= LEAST_TOLD_WORDS
    return long_enough and text in line and all(one in line for one in more)


LEAST_TOLD_WORDS: Final = 2
"""Of a point that stands within a line of the minutes, and not by chance."""


def listed(insight: dict[str, Any], language: str | None) -> str:
    """Give the kind under which an insight is listed; one that nobody has a word for is a note."""
    return str(insight["kind"]) if insight["kind"] in labels_in(language).kinds else UNLABELLED


def insight_key(insight: dict[str, Any]) -> str:
    """Name what is told of an insight: its id, and for a change what it changed to."""
    if insight["status"] == "new":
        return str(insight["id"])
    return f"{insight['id']}:{said_in(insight)}"


def heading(text: str) -> str:
    """Mark a text as a heading."""
    return f"{BOLD}{text}{PLAIN}"


def emphasised(text: str) -> str:
    """Make headings of what Markdown has in bold, in a text from outside."""
    return STRONG.sub(lambda match: heading(match[0]), clean(text))


def without_asterisks(text: str) -> str:
    """Leave only our marks where a heading has Markdown's too."""
    return text.replace(f"{BOLD}**", BOLD).replace(f"**{PLAIN}", PLAIN)


def in_markdown(text: str) -> str:
    """Take our marks out, and leave Markdown's to Langflow's Playground, which shows them in bold."""
    return text.replace(BOLD, "").replace(PLAIN, "")


def plain(text: str) -> str:
    """Take the marks of headings out, ours and Markdown's."""
    return in_markdown(without_asterisks(text))


class NewsError(ValueError):
    """What arrived is no news of ours."""


def lines_of(news: dict[str, Any], kinds: list[str], *, final_only: bool) -> str:
    """Write what of the news is wanted: a point a line, or the summary; empty where nothing is."""
    if news["summary"]:
        wanted = {
            name: [each for each in news.get(name) or [] if each["kind"] in kinds]
            for name in ("insights", "open")
        }
        points = [write_summary(news | wanted)]
    elif final_only:
        return ""
    else:
        language = news.get("language")
        points = [write_insight(each, language) for each in news["insights"] if each["kind"] in kinds]
    return plain("\n".join([*points, *(emphasised(note["text"]) for note in news.get("notes") or [])]))
