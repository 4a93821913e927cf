"""A request to another system as people write it: a line ``METHOD URL``, headers, JSON, and placeholders in them."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from components.zoom.shared.wording import clean

METHODS: Final = ("POST", "PUT", "PATCH")

PLACEHOLDER: Final = re.compile(r"\{\{\s*([a-z][\w.]*)\s*(?:\|\s*(html|slack)\s*)?\}\}")

HEADER: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)")

SETTINGS: Final = {"base_url": "Base URL", "parent": "Parent"}
"""Placeholders whose value stands in a field of the node. As long as one that a request uses is empty, nothing is
sent."""

PARTS: Final = ("summary_part", "attendees_part")
"""Placeholders with any number of values: the element of a list that has one is repeated for each."""

NAMES: Final = frozenset(
    """insight_id kind label text title point owner due due_date due_time evidence answer answer_source answer_line source_line found_line
    updated_line to_do_title summary_title attendees_title topic date
    started_at meeting_id meeting_uuid session_id summary attendees record_id item_id""".split()
).union(SETTINGS, PARTS)


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

    def in_address(self) -> set[str]:
        """Name the placeholders of the address, in which none may be missing."""
        return names_in(self.url)

    def uses(self) -> str:
        """Give all that may have placeholders in it, as one text."""
        return json.dumps([self.url, self.headers, self.body])


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


def names_in(text: str) -> set[str]:
    """Name the placeholders of a text."""
    return {match[1] for match in PLACEHOLDER.finditer(text)}


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
    """Give what stands for a placeholder, as HTML or as Slack's text where it asks for that."""
    value = values.get(match[1], "")
    if match[2] == "slack":
        return html.escape(value, quote=False)
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
    used = names_in(json.dumps(element))
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


def without_fields(body: Any, names: set[str]) -> Any:
    """Take fields out of a body, wherever in it they stand."""
    if isinstance(body, dict):
        return {name: without_fields(value, names) for name, value in body.items() if name not in names}
    return [without_fields(one, names) for one in body] if isinstance(body, list) else body
