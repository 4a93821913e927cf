"""Zoom Record Sync: tickets, notes, issues and pages made of a meeting's news, each once."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import html
import json
import logging
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote

import httpx
from lfx.custom import Component
from lfx.io import (
    DropdownInput,
    HandleInput,
    IntInput,
    MultilineInput,
    MultiselectInput,
    Output,
    SecretStrInput,
    StrInput,
)
from lfx.memory import aget_messages, astore_message, aupdate_messages, delete_message
from lfx.schema.data import Data
from lfx.schema.message import Message

NEWS_SCHEMA: Final = "zoom-news/1"
CONTEXT_SCHEMA: Final = "zoom-context/1"
LABELS: Final = {
    "action_item": "Action item",
    "decision": "Decision",
    "question": "Open question",
    "objection": "Objection",
    "risk": "Risk",
    "follow_up": "Follow-up",
    "buying_signal": "Buying signal",
    "problem": "Problem",
}
PER_INSIGHT: Final = "insight"
PER_MEETING: Final = "meeting"
MEETING: Final = "meeting"
"""What the record of a whole meeting is remembered under; an insight's is remembered under its id."""
BEARER: Final = "Bearer token"
BASIC: Final = "User and token (Basic)"
NO_SIGN_IN: Final = "None"

PART_CHARACTERS: Final = 1900
"""Longest value of one placeholder, and longest part of a summary, in UTF-16 units: Notion takes 2,000
(developers.notion.com, request limits)."""
TITLE_CHARACTERS: Final = 200
"""Longest title; Jira takes 255 characters on one line."""
ATTEMPTS: Final = 4
"""Requests for one step at most, when the system says that it did not take it."""
PATIENCE_SECONDS: Final = 30.0
"""What one run spends on requests that are not taken and on the pauses after them, all steps together: the news
go on then, to the chat."""
CLAIM_ATTEMPTS: Final = 8
CLAIM_PAUSE_SECONDS: Final = 0.05
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
TRY_AGAIN: Final = (408, 409, 425, 429, 503)
"""Answers with which a system says that it did not take the request now. After any other 5xx nobody knows."""
HINTS: Final = {
    400: "It does not take the request as the template writes it.",
    401: "It does not accept the sign-in. Check User, Token and Sign-In.",
    403: "The token may not do this. Check its permissions, and that the parent is shared with it.",
    404: "It does not know the address. Check Base URL and Parent, and that the token may see the parent.",
    409: "It says that this conflicts with what it has.",
    422: "It does not take the request as the template writes it.",
}
MOVED: Final = "It is at another address now, where the token is not sent. Check Base URL."
METHODS: Final = ("POST", "PUT", "PATCH")
STEPS: Final = ("create", "append", "update", "finish")

PLACEHOLDER: Final = re.compile(r"\{\{\s*([a-z][\w.]*)\s*(\|\s*html\s*)?\}\}")
HEADER: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)")
MACHINE_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_]{2,40}")
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
HTTPX_LOG = logging.getLogger("httpx")

SETTINGS: Final = {"base_url": "Base URL", "parent": "Parent"}
"""Placeholders whose value stands in a field of the node. As long as one that a request uses is empty, nothing is
sent."""
PARTS: Final = ("summary_part", "attendees_part")
"""Placeholders with any number of values: the element of a list that has one is repeated for each."""
NAMES: Final = frozenset(
    """insight_id kind label text title point owner due due_date due_time evidence answer answer_source topic date
    started_at meeting_id meeting_uuid session_id summary attendees record_id item_id""".split()
).union(SETTINGS, PARTS)

MONTHS: Final = (
    "january february march april may june july august september october november december".split()
)
DAYS: Final = "monday tuesday wednesday thursday friday saturday sunday".split()
NUMBERS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
MONTH: Final = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
DATES: Final = (
    re.compile(r"\b(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)\b"),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH}(?:,?\s+(?P<year>\d{{4}}))?\b"),
    re.compile(rf"\b{MONTH}\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?\b"),
    re.compile(r"\bthe\s+(?P<day>\d{1,2})(?:st|nd|rd|th)\b"),
)
"""Ways to say a day of the calendar."""
WEEKDAY: Final = re.compile(
    r"(?:\b(?P<which>this|next)(?:\s+week)?(?:\s+on)?\s+)?"
    r"\b(?P<day>mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|r|rs|rsday|urday)?\b(?P<after>\s+(?:of\s+)?next\s+week)?"
)
AWAY: Final = re.compile(
    r"\b(?:in|within)\s+(?:the\s+next\s+)?(?P<count>\d{1,3}|[a-z]+)\s+(?P<unit>day|week)s?\b"
)
NOT_BY: Final = re.compile(r"\b(?:after|since|from)\b(?!\s+tomorrow)")
"""Words that make of a day something else than the day when it is due."""

ZENDESK_CREATE: Final = """POST {{base_url}}/api/v2/tickets
Idempotency-Key: zoom-{{insight_id}}

{
  "ticket": {
    "subject": "{{title}}",
    "external_id": "zoom-{{insight_id}}",
    "tags": ["zoom"],
    "comment": {
      "public": false,
      "body": "{{label}} in the Zoom meeting {{topic}}, {{date}}:\\n{{point}}\\nSuggested answer: {{answer}}\\nSource: {{answer_source}}"
    }
  }
}"""
ZENDESK_TASK: Final = """POST {{base_url}}/api/v2/tickets
Idempotency-Key: zoom-{{insight_id}}

{
  "ticket": {
    "type": "task",
    "due_at": "{{due_time}}",
    "subject": "{{title}}",
    "external_id": "zoom-{{insight_id}}",
    "tags": ["zoom"],
    "comment": {
      "public": false,
      "body": "{{label}} from the Zoom meeting {{topic}}, {{date}}:\\n{{point}}"
    }
  }
}"""
ZENDESK_UPDATE: Final = """PUT {{base_url}}/api/v2/tickets/{{record_id}}

{
  "ticket": {
    "subject": "{{title}}",
    "comment": {"public": false, "body": "Updated in the meeting:\\n{{point}}\\nSuggested answer: {{answer}}"}
  }
}"""
ZENDESK_TASK_UPDATE: Final = """PUT {{base_url}}/api/v2/tickets/{{record_id}}

{
  "ticket": {
    "due_at": "{{due_time}}",
    "subject": "{{title}}",
    "comment": {"public": false, "body": "Updated in the meeting:\\n{{point}}"}
  }
}"""
HUBSPOT_CREATE: Final = """POST {{base_url}}/crm/v3/objects/notes

{
  "properties": {
    "hs_timestamp": "{{started_at}}",
    "hs_note_body": "<p><b>{{label|html}}</b> ({{topic|html}}, {{date}})</p>\\n<p>{{point|html}}</p>\\n<p>Answer: {{answer|html}}</p>"
  },
  "associations": [
    {
      "to": {"id": "{{parent}}"},
      "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 214}]
    }
  ]
}"""
HUBSPOT_UPDATE: Final = """PATCH {{base_url}}/crm/v3/objects/notes/{{record_id}}

{
  "properties": {
    "hs_note_body": "<p><b>{{label|html}}</b> ({{topic|html}}, {{date}})</p>\\n<p>{{point|html}}</p>\\n<p>Answer: {{answer|html}}</p>"
  }
}"""
NOTION_CREATE: Final = """POST {{base_url}}/v1/pages
Notion-Version: 2022-06-28

{
  "parent": {"page_id": "{{parent}}"},
  "properties": {"title": {"title": [{"text": {"content": "{{topic}}, {{date}}"}}]}},
  "children": [{"heading_2": {"rich_text": [{"text": {"content": "To do"}}]}}]
}"""
NOTION_APPEND: Final = """PATCH {{base_url}}/v1/blocks/{{record_id}}/children
Notion-Version: 2022-06-28

{"children": [{"to_do": {"rich_text": [{"text": {"content": "{{point}}"}}], "checked": false}}]}"""
NOTION_UPDATE: Final = """PATCH {{base_url}}/v1/blocks/{{item_id}}
Notion-Version: 2022-06-28

{"to_do": {"rich_text": [{"text": {"content": "{{point}}"}}]}}"""
NOTION_FINISH: Final = """PATCH {{base_url}}/v1/blocks/{{record_id}}/children
Notion-Version: 2022-06-28

{
  "children": [
    {"heading_2": {"rich_text": [{"text": {"content": "Summary"}}]}},
    {"paragraph": {"rich_text": [{"text": {"content": "{{summary_part}}"}}]}},
    {"heading_2": {"rich_text": [{"text": {"content": "Attendees"}}]}},
    {"paragraph": {"rich_text": [{"text": {"content": "{{attendees_part}}"}}]}}
  ]
}"""
JIRA_CREATE: Final = """POST {{base_url}}/rest/api/2/issue

{
  "fields": {
    "project": {"key": "{{parent}}"},
    "issuetype": {"name": "Task"},
    "summary": "{{title}}",
    "description": "{{label}} from the Zoom meeting {{topic}}, {{date}}:\\n{{point}}\\nSuggested answer: {{answer}}",
    "duedate": "{{due_date}}",
    "labels": ["zoom"]
  }
}"""
JIRA_UPDATE: Final = """PUT {{base_url}}/rest/api/2/issue/{{record_id}}

{
  "fields": {
    "summary": "{{title}}",
    "description": "{{label}} from the Zoom meeting {{topic}}, {{date}}:\\n{{point}}\\nSuggested answer: {{answer}}",
    "duedate": "{{due_date}}"
  }
}"""
CUSTOM_CREATE: Final = """POST {{base_url}}

{
  "id": "{{insight_id}}",
  "kind": "{{kind}}",
  "text": "{{text}}",
  "owner": "{{owner}}",
  "due": "{{due}}",
  "due_date": "{{due_date}}",
  "answer": "{{answer}}",
  "meeting": "{{topic}}",
  "meeting_id": "{{meeting_id}}",
  "started_at": "{{started_at}}"
}"""

ZENDESK: Final = {
    "one_record_per": PER_INSIGHT,
    "sign_in": BASIC,
    "base_url": "",
    "kinds": ["problem"],
    "create_request": ZENDESK_CREATE,
    "append_request": "",
    "update_request": ZENDESK_UPDATE,
    "finish_request": "",
    "record_id": "{{reply.ticket.id}}",
    "item_id": "",
    "record_name": "Ticket #{{record_id}}",
    "record_url": "{{base_url}}/agent/tickets/{{record_id}}",
}
PRESETS: Final[dict[str, dict[str, Any]]] = {
    "Zendesk ticket": ZENDESK,
    "Zendesk task": ZENDESK
    | {
        "kinds": ["follow_up", "action_item"],
        "create_request": ZENDESK_TASK,
        "update_request": ZENDESK_TASK_UPDATE,
        "record_name": "Task #{{record_id}}",
    },
    "HubSpot note": ZENDESK
    | {
        "sign_in": BEARER,
        "base_url": "https://api.hubapi.com",
        "kinds": ["objection", "buying_signal"],
        "create_request": HUBSPOT_CREATE,
        "update_request": HUBSPOT_UPDATE,
        "record_id": "{{reply.id}}",
        "record_name": "HubSpot note",
        "record_url": "",
    },
    "Notion page": {
        "one_record_per": PER_MEETING,
        "sign_in": BEARER,
        "base_url": "https://api.notion.com",
        "kinds": ["action_item", "follow_up"],
        "create_request": NOTION_CREATE,
        "append_request": NOTION_APPEND,
        "update_request": NOTION_UPDATE,
        "finish_request": NOTION_FINISH,
        "record_id": "{{reply.id}}",
        "item_id": "{{reply.results.0.id}}",
        "record_name": "Notion page",
        "record_url": "{{reply.url}}",
    },
    "Jira issue": ZENDESK
    | {
        "kinds": ["action_item", "follow_up"],
        "create_request": JIRA_CREATE,
        "update_request": JIRA_UPDATE,
        "record_id": "{{reply.key}}",
        "record_name": "{{record_id}}",
        "record_url": "{{base_url}}/browse/{{record_id}}",
    },
    "Custom": ZENDESK
    | {
        "sign_in": NO_SIGN_IN,
        "kinds": list(LABELS),
        "create_request": CUSTOM_CREATE,
        "update_request": CUSTOM_CREATE,
        "record_id": "",
        "record_name": "",
        "record_url": "",
    },
}
"""What each preset writes into the fields. The APIs: developer.zendesk.com (Tickets, idempotency),
developers.hubspot.com (Notes; 214 is the association of a note with a deal), developers.notion.com (Create a page,
Append block children, Update a block), developer.atlassian.com (Jira Cloud REST API v2, Issues)."""
FIRST_PRESET: Final = "Zendesk ticket"


class RecordError(RuntimeError):
    """A record was not written, and why; never with the token, an address or anything said.

    Attributes:
        refused: Whether it certainly was not written, so that it may be sent again.
        noted: Whether people are told in a note, and the news go on. Else the run fails: the node is set up wrongly.
        stops: Whether nothing else would be taken either, as the sign-in, the address or the system is out of order.
    """

    def __init__(
        self, message: str, *, refused: bool = True, noted: bool = False, stops: bool = True
    ) -> None:
        super().__init__(message)
        self.refused = refused
        self.noted = noted
        self.stops = stops


@dataclass(frozen=True)
class Template:
    """One request as the user wrote it."""

    step: str
    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: Any = field(repr=False)

    @property
    def repeatable(self) -> bool:
        """Whether the system itself sees to it that the same request twice writes once."""
        return any(name.lower() == "idempotency-key" for name in self.headers)


@dataclass
class Memory:
    """What was written for a meeting."""

    records: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    """``id``, ``name``, ``url`` and ``said`` of what was written, by insight id or ``meeting``."""
    done: set[str] = field(default_factory=set)
    """Keys of the steps that were taken."""
    written: set[tuple[str, str, str]] = field(default_factory=set)
    """Window, insight id and what it said then, of each insight that was written."""
    claimed: dict[str, str] = field(default_factory=dict)
    """Keys of the steps of which nobody knows whether they were taken, with the window that they were for; without
    one when it is known that nobody knows, while the others may be under way."""
    waiting: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    """Insights of steps that were certainly not taken or may be taken again, by insight id, as they were last."""
    sent: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    """Those of them that a system may have and knows again by their first words, which these are."""


def parse_template(step: str, text: str) -> Template | None:
    """Read a request written as people write HTTP: a line ``METHOD URL``, headers, an empty line, JSON.

    Returns:
        ``None`` where the text is empty: then this step is not taken.

    Raises:
        RecordError: It is written otherwise, or uses a placeholder that does not exist.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        return None
    where = f"The {step.capitalize()} request"
    head, _, body = text.partition("\n\n")
    first, *lines = head.split("\n")
    method, _, url = first.strip().partition(" ")
    if method not in METHODS or not url.strip():
        msg = f"{where} must begin with {', '.join(METHODS)} and the address, such as POST {{{{base_url}}}}/items."
        raise RecordError(msg)
    headers = [HEADER.fullmatch(line.strip()) for line in lines]
    if not all(headers):
        msg = f"{where} has a line between address and body that is no header. Leave a line empty before the body."
        raise RecordError(msg)
    try:
        # Not strict: Langflow turns a \n in a field into a line break, which JSON does not allow inside a text.
        parsed = json.loads(body, strict=False) if body.strip() else None
    except ValueError as error:
        at = f" (line {error.lineno} of the body)" if isinstance(error, json.JSONDecodeError) else ""
        msg = f"{where} has a body that is no JSON{at}. Placeholders stand inside quotation marks."
        raise RecordError(msg) from None
    check_names(where, text)
    named = {match[1]: match[2] for match in headers if match}
    return Template(step, method, url.strip(), named, parsed)


def check_names(where: str, text: str, *, reply: bool = False) -> None:
    """See that a text uses only placeholders that exist.

    Raises:
        RecordError: It does not.
    """
    for match in PLACEHOLDER.finditer(text):
        if match[1] not in NAMES and not (reply and match[1].startswith("reply.")):
            msg = f"{where} uses {{{{{match[1]}}}}}, which does not exist. There are: {', '.join(sorted(NAMES))}."
            raise RecordError(msg)


def fill(text: str, values: dict[str, str]) -> str | None:
    """Put values into a text.

    A line with placeholders that are all empty is left out.

    Returns:
        ``None`` where no line is left.
    """
    lines = []
    for line in text.split("\n"):
        names = [match[1] for match in PLACEHOLDER.finditer(line)]
        if not names or any(values.get(name) for name in names):
            lines.append(PLACEHOLDER.sub(lambda match: written(match, values), line))
    return "\n".join(lines) if lines else None


def written(match: re.Match[str], values: dict[str, str]) -> str:
    """Give what stands for a placeholder, as HTML where it asks for that."""
    value = values.get(match[1], "")
    return html.escape(value).replace("\n", "<br>") if match[2] else value


def fill_body(template: Any, values: dict[str, str], parts: dict[str, list[str]]) -> Any:
    """Put values into the texts of parsed JSON, so that nothing said can change its form.

    A text of which no line is left goes, with its name. An element of a list with a placeholder of
    several parts is repeated for each part.
    """
    if isinstance(template, str):
        return fill(template, values)
    if isinstance(template, dict):
        made = {name: (value, fill_body(value, values, parts)) for name, value in template.items()}
        return {name: new for name, (old, new) in made.items() if new is not None or old is None}
    if isinstance(template, list):
        filled = (
            fill_body(element, values | part, {name: parts[name] for name in parts.keys() - part.keys()})
            for element in template
            for part in repeated(element, parts)
        )
        return [element for element in filled if element is not None]
    return template


def repeated(element: Any, parts: dict[str, list[str]]) -> list[dict[str, str]]:
    """Give the values, by name, for each time an element of a list is there."""
    used = {match[1] for match in PLACEHOLDER.finditer(json.dumps(element))}
    name = next((name for name in parts if name in used), None)
    return [{name: part} for part in parts[name]] if name else [{}]


def fill_url(template: str, values: dict[str, str]) -> str:
    """Put values into an address; only the Base URL may bring slashes and the like."""
    quoted = {name: quote(value, safe="") for name, value in values.items()}
    return fill(template, quoted | {"base_url": values["base_url"]}) or ""


def fill_header(template: str, values: dict[str, str]) -> str:
    """Put values into a header, in which nothing but plain characters may stand."""
    return quote(fill(template, values) or "", safe=" !#$%&'()*+,/:;=?@[]~\"<>|")


def read_reply(reply: Any) -> dict[str, str]:
    """Give the leaves of a reply by dotted path: ``reply.ticket.id``, ``reply.results.0.id``."""
    leaves: dict[str, str] = {}
    rest = [("reply", reply)]
    while rest:
        path, value = rest.pop()
        if isinstance(value, dict):
            rest += [(f"{path}.{name}", inner) for name, inner in value.items()]
        elif isinstance(value, list):
            rest += [(f"{path}.{place}", inner) for place, inner in enumerate(value)]
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            leaves[path] = clean(str(value))
    return leaves


def values_of(news: dict[str, Any], insight: dict[str, Any] | None) -> dict[str, str]:
    """Give what the placeholders stand for, of the meeting and of an insight."""
    meeting = news["meeting"]
    started_at = str(meeting.get("started_at") or "")
    values = {
        "topic": short(meeting.get("topic") or "", TITLE_CHARACTERS) or "Zoom meeting",
        "date": started_at[:10],
        "started_at": started_at,
        "meeting_id": str(meeting.get("id") or ""),
        "meeting_uuid": str(meeting.get("uuid") or ""),
        "session_id": news["session_id"],
    }
    if news["summary"]:
        values["summary"] = clean(news["summary"]["text"])
        values["attendees"] = ", ".join(map(clean, news["summary"]["attendees"]))
    if insight:
        due = due_date(insight["due"], started_at[:10])
        answer = insight.get("answer") or {}
        values |= {
            "insight_id": insight["id"],
            "kind": insight["kind"],
            "label": LABELS.get(insight["kind"], "Note"),
            "text": cut(clean(insight["text"]), PART_CHARACTERS)[0],
            "title": short(insight["text"], TITLE_CHARACTERS),
            "point": cut(point_of(insight), PART_CHARACTERS)[0],
            "owner": clean(insight["owner"] or ""),
            "due": clean(insight["due"] or ""),
            "due_date": due,
            "due_time": f"{due}T17:00:00Z" if due else "",
            "evidence": ", ".join(insight["evidence"]),
            "answer": clean(answer.get("text") or ""),
            "answer_source": clean(answer.get("source") or ""),
        }
    return values


def point_of(insight: dict[str, Any]) -> str:
    """Write who does what until when, saying nothing twice."""
    text, owner, due = (clean(insight[name] or "") for name in ("text", "owner", "due"))
    if owner and not text.casefold().startswith(owner.casefold()):
        text = f"{owner} - {text}"
    return f"{text} ({due})" if due and due.casefold() not in text.casefold() else text


def clean(text: str) -> str:
    """Take out control characters but line breaks and tabs, halves of characters, and space around the text."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return CONTROL.sub("", whole.replace("\r\n", "\n")).strip()


def short(text: str, size: int) -> str:
    """Write text on one line of at most ``size`` UTF-16 units."""
    line = " ".join(clean(text).split())
    return line if units(line) <= size else f"{cut(line, size - 1)[0]}…"


def units(text: str) -> int:
    """Count UTF-16 units, which is what web APIs call characters."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, size: int) -> list[str]:
    """Cut text into parts of at most ``size`` UTF-16 units, at a line or space where there is one; at least one."""
    parts = []
    while units(text) > size:
        head = text.encode("utf-16-le")[: 2 * size].decode("utf-16-le", errors="ignore")
        end = max(head.rfind("\n"), 0) or max(head.rfind(" "), 0) or len(head)
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*parts, text]


def due_date(due: str | None, started_on: str) -> str:
    """Say on which day something is due, where the words allow.

    A weekday is the next one after the meeting began, "next" makes it that of the following week; a week or month
    is due at its end (a week on Friday); a day without a year is the next one.

    Args:
        due: As it was said: ``by Friday``, ``tomorrow``, ``3 March``.
        started_on: The meeting's day, UTC, ``YYYY-MM-DD``.

    Returns:
        ``YYYY-MM-DD``, or nothing where the words name no day, or several.
    """
    said = (due or "").casefold()
    try:
        start = date.fromisoformat(started_on)
    except ValueError:
        return ""
    if NOT_BY.search(said):
        return ""
    dated = {day_of(match, start) for pattern in DATES for match in pattern.finditer(said)}
    days = dated or days_said(said, start)
    day = days.pop() if len(days) == 1 else None
    return day.isoformat() if day else ""


def day_of(match: re.Match[str], start: date) -> date | None:
    """Turn a day of the calendar into a date; ``None`` where there is no such day."""
    parts = match.groupdict()
    number = int(parts["number"]) if parts.get("number") else 0
    if parts.get("month"):
        number = next(n for n, name in enumerate(MONTHS, 1) if name.startswith(parts["month"]))
    if not number:
        months = [start.month, start.month % 12 + 1]
        nearest = [made(start.year + (month < start.month), month, int(parts["day"])) for month in months]
        return next((day for day in nearest if day and day >= start), None)
    if parts.get("year"):
        return made(int(parts["year"]), number, int(parts["day"]))
    years = (made(start.year + n, number, int(parts["day"])) for n in (0, 1))
    return next((day for day in years if day and day >= start), None)


def made(year: int, month: int, day: int) -> date | None:
    """Make a date, or ``None`` where the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def days_said(said: str, start: date) -> set[date | None]:
    """Find the days that are named by how far away they are."""
    monday = start - timedelta(days=start.weekday())
    found: set[date | None] = set()
    for match in WEEKDAY.finditer(said):
        day = next(n for n, name in enumerate(DAYS) if name.startswith(match["day"]))
        ahead = (day - start.weekday()) % 7
        if match["after"] or match["which"] == "next":
            found.add(monday + timedelta(days=7 + day))
        else:
            found.add(start + timedelta(days=ahead if match["which"] == "this" else ahead or 7))
    if found:
        return found
    if "day after tomorrow" in said:
        return {start + timedelta(days=2)}
    if re.search(r"\btomorrow\b", said):
        found.add(start + timedelta(days=1))
    if re.search(r"\b(?:today|tonight|eod|end of (?:the )?day|this (?:morning|afternoon|evening))\b", said):
        found.add(start)
    if re.search(r"\bnext week\b", said):
        found.add(monday + timedelta(days=11))
    elif re.search(r"\b(?:this week|eow|end of (?:the |this )?week)\b", said) and start.weekday() < 5:
        found.add(monday + timedelta(days=4))
    if re.search(r"\b(?:eom|end of (?:the |this )?month)\b", said):
        found.add((start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1))
    for away in AWAY.finditer(said):
        count = int(away["count"]) if away["count"].isdecimal() else NUMBERS.get(away["count"], 0)
        found.add(start + timedelta(days=count * (7 if away["unit"] == "week" else 1)) if count else None)
    return found


def digest(value: Any) -> str:
    """Shorten a value to a name for it."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]


def said_in(insight: dict[str, Any]) -> str:
    """Name what an insight says, to tell when that has changed."""
    return digest([insight["text"], insight["owner"], insight["due"]])


def recall(rows: list[dict[str, Any]], repeatable: set[str], alive: float) -> Memory:
    """Read what was written from what was noted down.

    Args:
        rows: Notes, oldest first.
        repeatable: Steps that may be taken again where nobody knows whether they were.
        alive: Unix seconds; what was claimed before is no longer under way.
    """
    memory = Memory(done={row["key"] for row in rows if row["state"] == "done"})
    for row in rows:
        key, subject, step = row["key"], row["subject"], row["key"].partition(":")[0]
        nobody_knows = row["state"] in ("claimed", "unsure")
        if row["state"] == "done":
            known = memory.records.setdefault(subject, {})
            known.update({name: row[name] for name in ("id", "name", "url", "said") if row.get(name)})
            memory.written.add((row["window"], subject, row.get("said", "")))
        elif key in memory.done:
            continue
        elif nobody_knows and step not in repeatable:
            under_way = row["state"] == "claimed" and row.get("at", 0) > alive
            memory.claimed[key] = row["window"] if under_way else ""
        elif nobody_knows:
            memory.sent.setdefault(subject, row["insight"])
        memory.waiting.pop(subject, None)
        if row["insight"] and key not in memory.claimed:
            memory.waiting[subject] = row["insight"]
    return memory


def work_of(news: dict[str, Any], memory: Memory, kinds: list[str]) -> list[dict[str, Any]]:
    """List the insights to write, in order: those that waited, this window's, and at the end any that has no record."""
    newest = memory.waiting | {insight["id"]: insight for insight in news["insights"]}
    known = newest.keys() | memory.records.keys()
    missed = [insight for insight in news.get("open") or [] if insight["id"] not in known]
    return [insight for insight in [*newest.values(), *missed] if insight["kind"] in kinds]


def told(news: dict[str, Any], memory: Memory, *, per_meeting: bool) -> dict[str, Any]:
    """Add to the news what people may open: each insight's record, or a note of the meeting's."""
    if per_meeting:
        return news | {"notes": [*news.get("notes", []), *notes_of(news["window_id"], memory)]}

    def linked(insight: dict[str, Any]) -> dict[str, Any]:
        record = memory.records.get(insight["id"], {})
        if not record.get("name"):
            return insight
        return insight | {"record": {"name": record["name"], "url": record.get("url", "")}}

    made = news | {"insights": [linked(insight) for insight in news["insights"]]}
    return made | {"open": [linked(insight) for insight in news["open"]]} if news.get("open") else made


def fault_notes(system: str, faults: list[RecordError]) -> list[dict[str, str]]:
    """Tell why something is not written: a note for each kind of fault, the same as long as the fault is the same."""
    texts = dict.fromkeys(str(fault) for fault in faults)
    return [
        {
            "key": f"record-fault:{digest([system, text])}",
            "text": f"{system}: not everything is written. {text}",
        }
        for text in texts
    ]


def missing_note(system: str, missing: list[str]) -> dict[str, str]:
    """Tell at the end of a meeting what people have to look after themselves."""
    lines = "".join(f"\n- {line}" for line in missing)
    return {
        "key": f"record-missing:{digest(system)}",
        "text": f"{system}: the meeting is over, and this is not written, or nobody knows whether it is:{lines}",
    }


def notes_of(window_id: str, memory: Memory) -> list[dict[str, str]]:
    """Tell of a meeting's record where it is, or that it may be missing.

    A claim of this very window says nothing: another run may be about to create the record.
    """
    record = memory.records.get(MEETING)
    if record is None and memory.claimed.get("create", window_id) != window_id:
        return [
            {
                "key": "record",
                "text": "Nobody knows whether this meeting's record was created; it is not kept.",
            }
        ]
    if record and record.get("url"):
        return [{"key": "record", "text": f"{record.get('name') or 'Record'}: {record['url']}"}]
    return []


def reason_of(reply: httpx.Response, body: Any) -> str:
    """Say what a system told about a refusal in names alone: its error code, and fields that we sent.

    Nothing else of the reply is shown: it may repeat what was said in the meeting.
    """
    answer = json_of(reply)
    if not isinstance(answer, dict):
        return ""
    codes = [answer.get(name) for name in ("code", "error", "category")]
    named = next((code for code in codes if isinstance(code, str) and MACHINE_WORD.fullmatch(code)), "")
    about = [answer.get(name) for name in ("errors", "details")]
    ours = set(re.findall(r'"(\w+)":', json.dumps(body)))
    fields = sorted(
        ours.intersection(name for listed in about if isinstance(listed, dict) for name in listed)
    )
    shown = ", ".join(filter(None, [named, *(f"field {name}" for name in fields)]))
    return f" ({shown})" if shown else ""


def refusal_of(reply: httpx.Response, template: Template) -> RecordError:
    """Say which step was refused, how, and what to do."""
    other = MOVED if reply.is_redirect else "It refused the request. Check Base URL."
    hint = HINTS.get(reply.status_code, other)
    detail = reason_of(reply, template.body)
    text = f"{template.step.capitalize()}: HTTP {reply.status_code}{detail}. {hint}"
    return RecordError(text, noted=True, stops=reply.status_code == 401 or reply.is_redirect)


def asked_wait(headers: httpx.Headers, now: float) -> float | None:
    """Find out how long a system asks us to wait.

    Args:
        headers: Of a 429 or 503; ``Retry-After`` is seconds or an HTTP date (RFC 9110, 10.2.3).
        now: Unix seconds.

    Returns:
        Seconds from now, or ``None`` where no header tells.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp() - now)


@contextlib.contextmanager
def unlogged(target: httpx.URL) -> Iterator[None]:
    """Keep an address, which may be a secret one or carry what was said, out of httpx's log of requests."""

    def tells_nothing(record: logging.LogRecord) -> bool:
        return str(target) not in record.getMessage()

    HTTPX_LOG.addFilter(tells_nothing)
    try:
        yield
    finally:
        HTTPX_LOG.removeFilter(tells_nothing)


def parts_of(text: str) -> list[str]:
    """Split a long value into what one placeholder may hold; nothing has no parts."""
    return [part for part in cut(text, PART_CHARACTERS) if part]


def json_of(reply: httpx.Response) -> Any:
    """Read an answer's JSON; an answer may also be empty, or something else."""
    try:
        return reply.json()
    except (ValueError, RecursionError):
        return None


@dataclass
class Sync:
    """One window's news on their way into another system."""

    news: dict[str, Any] = field(repr=False)
    templates: dict[str, Template]
    ids: dict[str, str]
    """Templates of the id that the answer to a step has."""
    shown: dict[str, str]
    """Templates of a record's name and URL."""
    settings: dict[str, str] = field(repr=False)
    per_meeting: bool
    authorization: str = field(repr=False)
    timeout: httpx.Timeout
    transport: httpx.AsyncBaseTransport | None
    sleep: Any
    clock: Any
    memory: Memory = field(default_factory=Memory)
    client: httpx.AsyncClient | None = field(default=None, repr=False)
    """One for all steps, made for the first: reading the certificate authorities stops everything for a moment."""
    in_flight: bool = False
    """Whether the system may have taken the step whose request was sent last."""
    faults: list[RecordError] = field(default_factory=list)
    """What was not written, and why."""
    patience: float = PATIENCE_SECONDS
    """Seconds that are left for what is not taken at once."""
    created: int = 0
    updated: int = 0
    there: int = 0
    unsure: int = 0

    def status(self) -> str:
        """Say what became of all, in numbers."""
        perhaps = f", {self.unsure} perhaps written before" if self.unsure else ""
        numbers = f"{self.created} created, {self.updated} updated, {self.there} there already{perhaps}"
        return f"{numbers}. {self._reasons()}" if self.faults else numbers

    async def run(self, kinds: list[str]) -> None:
        """Take the steps that have not been taken.

        One that is not taken is noted down for the next window, as are those that would not be taken either.

        Raises:
            RecordError: The node is set up wrongly. What the system does is in ``faults`` only.
        """
        if not self.news["session_id"]:
            msg = "The run has no session. Send session_id along, one for each meeting."
            raise RecordError(msg)
        await self._recall()
        work = work_of(self.news, self.memory, kinds)
        begins = self.news["kind"] == "start" or bool(work) or bool(self.news["summary"])
        if self.per_meeting and begins:
            await self._tried(self._take("create", "create", MEETING, None))
        missing = bool(self.faults)
        while work and not missing and not self._stopped():
            await self._tried(self._write(work.pop(0)))
        for insight in work:
            if insight != self.memory.waiting.get(insight["id"]):
                await self._note({"key": "wait", "state": "refused"}, insight["id"], insight)
        if self.per_meeting and self.news["summary"] and not missing and not self._stopped():
            await self._tried(self._take("finish", "finish", MEETING, None))
        if not all(fault.noted for fault in self.faults):
            raise RecordError(self._reasons())

    async def _tried(self, step: Awaitable[None]) -> None:
        try:
            await step
        except RecordError as fault:
            self.faults.append(fault)

    def _stopped(self) -> bool:
        return any(fault.stops for fault in self.faults)

    def _reasons(self) -> str:
        return " ".join(dict.fromkeys(map(str, self.faults)))

    async def _write(self, insight: dict[str, Any]) -> None:
        """Create an insight's record, or bring it up to date where it says something else.

        What may be there with other words is created with those, and brought up to date then.
        """
        needed = self._needed(insight)
        if not needed:
            self.there += 1
            return
        await self._take(*needed, insight["id"], insight)
        then = self._needed(insight)
        if then and then != needed:
            await self._take(*then, insight["id"], insight)

    def _needed(self, insight: dict[str, Any]) -> tuple[str, str] | None:
        """Name the step that an insight needs, and its key; nothing where it is written as it is."""
        name = insight["id"]
        known = self.memory.records.get(name)
        if known is None:
            step = "append" if self.per_meeting else "create"
            return step, f"{step}:{name}"
        window, said = self.news["window_id"], said_in(insight)
        if known.get("said") == said or (window, name, said) in self.memory.written:
            return None
        return "update", f"update:{name}:{window}"

    def missing(self, kinds: list[str]) -> list[str]:
        """Name what the meeting brought and the system does not have, or perhaps not.

        What another run has begun for this very window is not among it.
        """
        listed = [*(self.news.get("open") or []), *self.news["insights"], *self.memory.waiting.values()]
        newest: dict[str, dict[str, Any]] = {}
        for insight in listed:
            newest.setdefault(insight["id"], insight)
        needed = [
            (f"{LABELS.get(insight['kind'], 'Note')}: {short(insight['text'], TITLE_CHARACTERS)}", *step)
            for insight in newest.values()
            if insight["kind"] in kinds and (step := self._needed(insight))
        ]
        if self.per_meeting and self.news["summary"] and "finish" not in self.memory.done:
            needed.append(("Summary and attendees", "finish", "finish"))
        begun = {key for key, window in self.memory.claimed.items() if window == self.news["window_id"]}
        return [name for name, step, key in needed if step in self.templates and key not in begun]

    async def _take(self, step: str, key: str, subject: str, insight: dict[str, Any] | None) -> None:
        """Take a step unless it was taken, or perhaps was."""
        template = self.templates.get(step)
        if template is None:
            return
        for attempt in range(CLAIM_ATTEMPTS):
            if key in self.memory.done:
                self.there += 1
                return
            orphan = step != "create" and self.per_meeting and MEETING not in self.memory.records
            if key in self.memory.claimed or orphan:
                self.unsure += 1
                return
            claim = await self._claim(template, key, subject, insight)
            if claim is not None:
                await self._act(template, claim, key, subject, insight)
                return
            await asyncio.sleep(random.uniform(0, CLAIM_PAUSE_SECONDS * 2**attempt))  # noqa: S311
            await self._recall()
        if insight:
            await self._note({"key": "wait", "state": "refused"}, subject, insight)
        msg = f"{step.capitalize()}: several runs want to write the same at once."
        raise RecordError(msg, noted=True)

    async def _act(
        self, template: Template, claim: Message, key: str, subject: str, insight: dict[str, Any] | None
    ) -> None:
        """Send a step's request, and note down what came of it."""
        sent = insight if template.step == "update" else self.memory.sent.get(subject, insight)
        values = self._values(subject, sent)
        try:
            async with self._held(claim):
                reply = await self._send(template, values)
        except RecordError as error:
            await self._settle(claim, {"state": "refused" if error.refused else "unsure"})
            raise
        found = read_reply(reply) | values
        new_id = fill(self.ids.get(template.step, ""), found) or ""
        record = {"said": said_in(sent) if sent else ""}
        newer = insight if insight and said_in(insight) != record["said"] else None
        if template.step in self.ids:
            found["record_id" if template.step == "create" else "item_id"] = new_id
            record["id"] = new_id
        if template.step == "create":
            record |= {name: fill(shown, found) or "" for name, shown in self.shown.items()}
        await self._settle(claim, {"state": "done", "insight": newer} | record)
        self.memory.done.add(key)
        self.memory.records.setdefault(subject, {}).update(
            {name: text for name, text in record.items() if text}
        )
        self.created += template.step in self.ids
        self.updated += template.step not in self.ids
        if template.step == "create" and self.ids["create"] and not new_id:
            msg = "The record was created, but Record Id does not find its id in the answer. It cannot be updated."
            raise RecordError(msg, noted=True, stops=False)

    def _values(self, subject: str, insight: dict[str, Any] | None) -> dict[str, str]:
        """Give what the placeholders of a step stand for."""
        record = self.memory.records.get(MEETING if self.per_meeting else subject, {})
        ids = {
            "record_id": record.get("id", ""),
            "item_id": self.memory.records.get(subject, {}).get("id", ""),
        }
        return values_of(self.news, insight) | self.settings | ids

    async def _recall(self) -> None:
        """Read what has been noted down for this meeting and system."""
        rows = [json.loads(row.text) for row in await aget_messages(**self._scope(), order="ASC")]
        repeatable = {step for step, each in self.templates.items() if each.repeatable}
        # A step takes no longer than all the patience and one answer.
        self.memory = recall(rows, repeatable, time.time() - PATIENCE_SECONDS - (self.timeout.read or 0))

    def _scope(self) -> dict[str, str]:
        """Name where notes are kept: of a meeting, for what records are created in which system."""
        create = self.templates["create"]
        system = digest([self.settings, self.per_meeting, create.method, create.url])
        return {"session_id": f"{self.news['session_id']}:memory", "context_id": f"zoom-record:{system}"}

    async def _note(self, row: dict[str, Any], subject: str, insight: dict[str, Any] | None) -> Message:
        about = {"window": self.news["window_id"], "subject": subject, "insight": insight, "at": time.time()}
        text = json.dumps(row | about)
        [stored] = await astore_message(
            Message(text=text, sender="Machine", sender_name="Zoom Record Sync", **self._scope())
        )
        return stored

    async def _claim(
        self, template: Template, key: str, subject: str, insight: dict[str, Any] | None
    ) -> Message | None:
        """Claim a step, or give ``None`` where another run has claimed it: then look again.

        The message history cannot refuse a second row, so a run that finds itself not alone takes its row back
        and waits a moment, unlike the other one; at most one is left, and stands for all that waited for this
        subject. Where Langflow keeps no messages (an anonymous run) the claim has no id, and holds for this run.
        """
        mine = await self._note({"key": key, "state": "claimed"}, subject, insight)
        async with self._held(mine):
            rows = [row for row in await aget_messages(**self._scope()) if str(row.id) != str(mine.id)]
            others = [(str(row.id), json.loads(row.text)) for row in rows]
            waited = {id_ for id_, row in others if row["state"] == "refused" and row["subject"] == subject}
            rivals = {id_ for id_, row in others if row["key"] == key} - waited
            alone = template.repeatable or not rivals
            for id_ in waited if alone else ():
                await delete_message(id_)
        if alone:
            return mine
        await asyncio.shield(delete_message(str(mine.id)))
        return None

    @contextlib.asynccontextmanager
    async def _held(self, claim: Message) -> AsyncIterator[None]:
        """Leave a claimed step to later runs where this one is cancelled while no request for it is under way."""
        self.in_flight = False
        try:
            yield
        except asyncio.CancelledError:
            if not self.in_flight:
                await self._settle(claim, {"state": "refused"})
            raise

    async def _settle(self, claim: Message, came: dict[str, Any]) -> None:
        """Note down what came of a claimed step; done to its end, also where the run is cancelled meanwhile."""
        if claim.has_id():
            claim.text = json.dumps(json.loads(claim.text) | came)
            await asyncio.shield(aupdate_messages([claim]))

    async def _send(self, template: Template, values: dict[str, str]) -> Any:
        """Send one request, as often as the system says that it did not take it and the run has patience.

        Returns:
            The answer's JSON, or nothing where it has none.

        Raises:
            RecordError: It was refused, or nobody knows whether it was taken.
        """
        problem, delay = "", 0.0
        conflict: RecordError | None = None
        self.client = self.client or httpx.AsyncClient(transport=self.transport, timeout=self.timeout)
        request = self._request(self.client, template, values)
        for attempt in range(ATTEMPTS):
            if attempt and delay > self.patience:
                break
            self.patience -= delay
            self.in_flight = False
            await self.sleep(delay)
            delay, began = float(2**attempt), self.clock()
            self.in_flight = True
            try:
                with unlogged(request.url):
                    reply = await self.client.send(request, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError):
                problem, conflict = "the system cannot be reached", None
                self.patience -= self.clock() - began
                continue
            except httpx.HTTPError:
                raise self._fault(template, "the system did not answer", refused=False) from None
            if reply.is_success:
                return json_of(reply)
            if reply.is_server_error and reply.status_code not in TRY_AGAIN:
                problem = f"the system failed (HTTP {reply.status_code})"
                raise self._fault(template, problem, refused=False)
            refusal = refusal_of(reply, template)
            if reply.status_code not in TRY_AGAIN:
                raise refusal
            conflict = refusal if reply.status_code == 409 else None
            problem = f"the system takes nothing now (HTTP {reply.status_code})"
            self.patience -= self.clock() - began
            asked = asked_wait(reply.headers, time.time())
            delay = delay if asked is None else asked
        raise conflict or self._fault(template, problem, refused=True)

    def _request(
        self, client: httpx.AsyncClient, template: Template, values: dict[str, str]
    ) -> httpx.Request:
        """Put values into a request.

        Raises:
            RecordError: Its address is not an https one; plain http is for loopback only.
        """
        try:
            target = httpx.URL(fill_url(template.url, values))
        except httpx.InvalidURL:
            target = httpx.URL("")
        secure = target.scheme == "https" or (target.scheme == "http" and target.host in LOOPBACK)
        if not target.host or not secure or target.userinfo:
            msg = f"{template.step.capitalize()}: the address must begin with https://. Check Base URL."
            raise RecordError(msg)
        headers = {name: fill_header(value, values) for name, value in template.headers.items()}
        if self.authorization:
            headers["Authorization"] = self.authorization
        parts = {name: parts_of(values.get(name.removesuffix("_part"), "")) for name in PARTS}
        body = fill_body(template.body, values, parts)
        return client.build_request(template.method, target, headers=headers, json=body)

    def _fault(self, template: Template, problem: str, *, refused: bool) -> RecordError:
        """Say what the system does, and what becomes of the step; in the same words each time."""
        text = f"{template.step.capitalize()}: {problem}."
        if not refused and not template.repeatable:
            text += " It may have been taken, so it is not sent again."
        elif self.news["kind"] != "final":
            text += " It is sent again with the next window."
        return RecordError(text, refused=refused, noted=True)


class ZoomRecordSync(Component):
    """Stands behind Zoom Insight Ledger (or Zoom Knowledge), before Zoom Chat Output: keeps records elsewhere.

    One record is kept for each insight, or one for the meeting. A step is claimed in Langflow's message history
    (``<session>:memory``) before it is taken, and what came of it is noted down after: so a record is created once,
    whatever runs are repeated, and updated when its insight changes. What a system certainly refused is sent again
    with the next window. Where nobody knows whether it was taken (no answer in time, Langflow killed in between), it is
    sent again only if the request has an ``Idempotency-Key``, in the words that were sent first: a record may be
    missing then, but never doubled. A run that is cancelled while it only waits leaves its step to the next window.
    """

    display_name = "Zoom Record Sync"
    description = "Keeps tickets, CRM notes, issues or a page in step with a Zoom meeting, each created once."
    documentation = "https://developers.zoom.us/docs/rtms/"
    icon = "Ticket"
    name = "ZoomRecordSync"

    inputs = [
        HandleInput(
            name="news",
            display_name="News",
            info="The news of Zoom Insight Ledger or Zoom Knowledge; for a page that is there from the start also "
            "the Context of a start window.",
            input_types=["Data", "JSON"],
            required=True,
        ),
        DropdownInput(
            name="preset",
            display_name="System",
            options=list(PRESETS),
            value=FIRST_PRESET,
            info="Writes the requests below for this system. Change them as you like: they are what is sent.",
            real_time_refresh=True,
        ),
        StrInput(
            name="base_url",
            display_name="Base URL",
            value=PRESETS[FIRST_PRESET]["base_url"],
            info="Address of the system, such as https://acme.zendesk.com, without a slash at the end. Without it "
            "this is a dry run: nothing is sent.",
        ),
        StrInput(
            name="parent",
            display_name="Parent",
            value="",
            info="What new records belong to, where the requests use {{parent}}: id of the Notion page, key of the "
            "Jira project, id of the HubSpot deal.",
        ),
        StrInput(
            name="user",
            display_name="User",
            value="",
            info="For Basic sign-in: your e-mail address; for a Zendesk API token followed by /token.",
        ),
        SecretStrInput(
            name="token",
            display_name="Token",
            value="",
            load_from_db=False,
            required=False,
            info="API token or access token. Without it this is a dry run, unless Sign-In is None.",
        ),
        DropdownInput(
            name="sign_in",
            display_name="Sign-In",
            options=[BEARER, BASIC, NO_SIGN_IN],
            value=PRESETS[FIRST_PRESET]["sign_in"],
            advanced=True,
            info="How the token goes into the Authorization header.",
        ),
        DropdownInput(
            name="one_record_per",
            display_name="One Record per",
            options=[PER_INSIGHT, PER_MEETING],
            value=PRESETS[FIRST_PRESET]["one_record_per"],
            advanced=True,
            real_time_refresh=True,
            info="insight: Create makes a record of each. meeting: Create makes one, and Append adds each insight to it.",
        ),
        MultiselectInput(
            name="kinds",
            display_name="Kinds",
            options=list(LABELS),
            value=PRESETS[FIRST_PRESET]["kinds"],
            info="Insights of these kinds are written.",
        ),
        MultilineInput(
            name="create_request",
            display_name="Create",
            value=PRESETS[FIRST_PRESET]["create_request"],
            info="The request that creates a record: METHOD address, headers, an empty line, JSON. {{placeholders}} "
            "stand inside quotation marks; a line with empty ones only is left out. docs/records.md lists them.",
        ),
        MultilineInput(
            name="append_request",
            display_name="Append",
            value=PRESETS[FIRST_PRESET]["append_request"],
            show=False,
            info="For one record per meeting: the request that adds an insight to it.",
        ),
        MultilineInput(
            name="update_request",
            display_name="Update",
            value=PRESETS[FIRST_PRESET]["update_request"],
            advanced=True,
            info="The request that brings an insight up to date when it changes. Empty: it stays as it was.",
        ),
        MultilineInput(
            name="finish_request",
            display_name="Finish",
            value=PRESETS[FIRST_PRESET]["finish_request"],
            show=False,
            info="For one record per meeting: the request with {{summary}} and {{attendees}} when the meeting is over.",
        ),
        StrInput(
            name="record_id",
            display_name="Record Id",
            value=PRESETS[FIRST_PRESET]["record_id"],
            advanced=True,
            info="Where the answer to Create has the record's id, as {{reply.ticket.id}}. Empty: it has none, and Update "
            "must do without.",
        ),
        StrInput(
            name="item_id",
            display_name="Item Id",
            value=PRESETS[FIRST_PRESET]["item_id"],
            advanced=True,
            info="Where the answer to Append has the id of what was added, as {{reply.results.0.id}}.",
        ),
        StrInput(
            name="record_name",
            display_name="Record Name",
            value=PRESETS[FIRST_PRESET]["record_name"],
            advanced=True,
            info="What people see of the record in chat, as Ticket #{{record_id}}. Empty: nothing.",
        ),
        StrInput(
            name="record_url",
            display_name="Record URL",
            value=PRESETS[FIRST_PRESET]["record_url"],
            advanced=True,
            info="Where people open the record; {{base_url}}, {{record_id}} and the answer's {{reply.…}} may stand in it.",
        ),
        IntInput(
            name="timeout_seconds",
            display_name="Timeout (s)",
            value=30,
            advanced=True,
            info="Seconds to wait for one answer.",
        ),
    ]
    outputs = [Output(name="synced", display_name="News", method="sync_records")]

    _transport: httpx.AsyncBaseTransport | None = None
    _sleep = staticmethod(asyncio.sleep)
    _clock = staticmethod(time.monotonic)

    def update_build_config(
        self, build_config: dict[str, Any], field_value: Any, field_name: str | None = None
    ) -> dict[str, Any]:
        """Write a preset into the fields when it is chosen, and show the requests that are used."""
        if field_name == "preset" and field_value in PRESETS:
            for name, value in PRESETS[field_value].items():
                build_config[name]["value"] = value
            field_name, field_value = "one_record_per", PRESETS[field_value]["one_record_per"]
        if field_name == "one_record_per":
            for name in ("append_request", "finish_request"):
                build_config[name]["show"] = field_value == PER_MEETING
        return build_config

    async def sync_records(self) -> Data:
        """Write what has not been written, and give the news with the records in it.

        Raises:
            RecordError: The node is set up wrongly. What the system refuses, or that it is out of order, is told in
                a note of the news instead, and what is missing is sent with the next window.
        """
        news = self._read_news()
        templates = self._templates()
        if missing := self._missing(templates):
            self.status = f"dry run, nothing was sent: fill in {' and '.join(missing)}"
            return Data(data=news)
        sync = Sync(
            news=news,
            templates=templates,
            ids={"create": self.record_id or "", "append": self.item_id or ""},
            shown={"name": self.record_name or "", "url": self.record_url or ""},
            settings={"base_url": self._base_url(), "parent": (self.parent or "").strip()},
            per_meeting=self.one_record_per == PER_MEETING,
            authorization=self._authorization(),
            timeout=httpx.Timeout(max(1, self.timeout_seconds or 0), connect=10),
            transport=self._transport,
            sleep=self._sleep,
            clock=self._clock,
        )
        kinds = list(self.kinds or LABELS)
        try:
            await sync.run(kinds)
        finally:
            self.status = sync.status()
            if sync.client:
                await sync.client.aclose()
        made = told(news, sync.memory, per_meeting=sync.per_meeting)
        system = self.preset or "Record"
        notes = fault_notes(system, sync.faults)
        if news["kind"] == "final" and (missing := sync.missing(kinds)):
            notes.append(missing_note(system, missing))
        if notes:
            made = made | {"notes": [*made.get("notes", []), *notes]}
        return Data(data=made)

    def _read_news(self) -> dict[str, Any]:
        """Give the news; the context of a window that has none yet is news of nothing."""
        news = self.news.data if isinstance(self.news, Data) else {}
        if news.get("schema") == CONTEXT_SCHEMA:
            named = {name: news[name] for name in ("window_id", "session_id", "route", "kind", "meeting")}
            return {"schema": NEWS_SCHEMA} | named | {"insights": [], "summary": None, "notes": []}
        if news.get("schema") != NEWS_SCHEMA:
            msg = "The News input must be the news of Zoom Insight Ledger, or a context. Connect one of them."
            raise RecordError(msg)
        return news

    def _templates(self) -> dict[str, Template]:
        """Read the requests that are used, and see that every placeholder exists."""
        steps = STEPS if self.one_record_per == PER_MEETING else ("create", "update")
        texts = {step: str(getattr(self, f"{step}_request") or "") for step in steps}
        templates = {step: made for step, text in texts.items() if (made := parse_template(step, text))}
        if "create" not in templates:
            msg = "The Create request is empty. Choose a System, or write the request."
            raise RecordError(msg)
        for where in ("record_id", "item_id", "record_name", "record_url"):
            check_names(where.replace("_", " ").title(), getattr(self, where) or "", reply=True)
        return templates

    def _missing(self, templates: dict[str, Template]) -> list[str]:
        """Name the fields that are empty and without which nothing can be sent."""
        used = json.dumps([[each.url, each.headers, each.body] for each in templates.values()])
        names = {match[1] for match in PLACEHOLDER.finditer(used)}
        empty = [name for name in SETTINGS if name in names and not (getattr(self, name) or "").strip()]
        missing = [SETTINGS[name] for name in empty]
        if self.sign_in == BASIC and not (self.user or "").strip():
            missing.append("User")
        if self.sign_in != NO_SIGN_IN and not (self.token or "").strip():
            missing.append("Token")
        return missing

    def _base_url(self) -> str:
        return (self.base_url or "").strip().rstrip("/")

    def _authorization(self) -> str:
        """Give the Authorization header; empty for none.

        Raises:
            RecordError: The token cannot be one.
        """
        if self.sign_in == NO_SIGN_IN:
            return ""
        token = self.token.strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            msg = "The Token must be the bare token, without 'Bearer' or 'Basic' in front."
            raise RecordError(msg)
        if self.sign_in == BEARER:
            return f"Bearer {token}"
        return f"Basic {base64.b64encode(f'{self.user.strip()}:{token}'.encode()).decode()}"
