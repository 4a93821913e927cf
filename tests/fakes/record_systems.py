"""Stand-ins for the systems that keep records, as strict as they are: Zendesk, Notion, HubSpot, Jira.

Each is a handler for ``httpx.MockTransport``, and with ``serve`` a server on an ephemeral port of 127.0.0.1.
What each demands: developer.zendesk.com (Tickets; Ticket comments, Bodies; idempotency), developers.notion.com (Create a page, Append block
children, Update a block, Request limits, Status codes), developers.hubspot.com (Notes, Associations),
developer.atlassian.com (Jira Cloud REST API v3: Create issue, Edit issue; Atlassian Document Format).
"""

from __future__ import annotations

import asyncio
import base64
import html
import json
import re
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeGuard

import httpx
import uvicorn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "records-secret-token"
USER = "agent@example.com"


class RefusedError(Exception):
    """A request that the system does not take.

    Attributes:
        reply: What it answers instead.
    """

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.reply = httpx.Response(status, json=body)


@dataclass
class System:
    """What all have in common: sign-in, JSON, and faults to order."""

    requests: list[httpx.Request] = field(default_factory=list)
    """All that were sent, whatever came of them."""
    answers: list[httpx.Response | Exception] = field(default_factory=list)
    """Given, in order, before any request is taken."""
    lost: int = 0
    """How many of the next requests are taken without an answer coming back."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        try:
            reply = self._signed_in(request)
        except RefusedError as refused:
            reply = refused.reply
        if self.lost:
            self.lost -= 1
            raise httpx.ReadTimeout("no answer", request=request)
        return reply

    def _signed_in(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") != self.authorization():
            raise RefusedError(401, self.unauthorized())
        if request.headers.get("content-type") != "application/json":
            raise RefusedError(415, {"error": "UnsupportedMediaType"})
        return self.take(request, json.loads(request.content))

    def authorization(self) -> str:
        return f"Bearer {TOKEN}"

    def unauthorized(self) -> dict[str, Any]:
        return {"error": "Couldn't authenticate you"}

    def take(self, request: httpx.Request, body: Any) -> httpx.Response:
        raise NotImplementedError


def basic(user: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{TOKEN}'.encode()).decode()}"


def only(body: Any, *names: str) -> TypeGuard[dict[str, Any]]:
    """Whether a body is an object with no other names than these, and none of its values is null."""
    return isinstance(body, dict) and not body.keys() - set(names) and None not in body.values()


@dataclass
class Zendesk(System):
    """Tickets of a Zendesk Support account."""

    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    _keys: dict[str, tuple[bytes, int]] = field(default_factory=dict)

    def authorization(self) -> str:
        return basic(f"{USER}/token")

    def take(self, request: httpx.Request, body: Any) -> httpx.Response:
        ticket = body.get("ticket") if only(body, "ticket") else None
        names = ("subject", "external_id", "tags", "comment", "type", "due_at", "priority", "status")
        if not only(ticket, *names) or not only(ticket.get("comment", {}), "body", "html_body", "public"):
            raise RefusedError(
                422, {"error": "RecordInvalid", "details": {"ticket": [{"error": "InvalidValue"}]}}
            )
        if "due_at" in ticket:
            datetime.fromisoformat(ticket["due_at"].replace("Z", "+00:00"))
        if (request.method, request.url.path) == ("POST", "/api/v2/tickets"):
            return self._create(request, ticket)
        match = re.fullmatch(r"/api/v2/tickets/(\d+)", request.url.path)
        if request.method != "PUT" or not match or int(match[1]) not in self.tickets:
            raise RefusedError(404, {"error": "RecordNotFound", "description": "Not found"})
        known = self.tickets[int(match[1])]
        known |= {name: value for name, value in ticket.items() if name != "comment"}
        known["comments"] += [shown(ticket["comment"])] if ticket.get("comment") else []
        return httpx.Response(200, json=self._told(int(match[1])))

    def _create(self, request: httpx.Request, ticket: dict[str, Any]) -> httpx.Response:
        key = request.headers.get("idempotency-key")
        if key in self._keys:
            before, number = self._keys[key]
            if before != request.content:
                raise RefusedError(400, {"error": "IdempotentRequestError"})
            return httpx.Response(201, json=self._told(number), headers={"x-idempotency-lookup": "hit"})
        if not shown(ticket.get("comment", {})).strip():
            raise RefusedError(
                422, {"error": "RecordInvalid", "details": {"comment": [{"error": "BlankValue"}]}}
            )
        number = 35436 + len(self.tickets)
        first = {"comments": [shown(ticket["comment"])], "public": ticket["comment"].get("public", True)}
        self.tickets[number] = {name: value for name, value in ticket.items() if name != "comment"} | first
        if key:
            self._keys[key] = (request.content, number)
        return httpx.Response(201, json=self._told(number), headers={"x-idempotency-lookup": "miss"})

    def _told(self, number: int) -> dict[str, Any]:
        url = f"https://acme.zendesk.com/api/v2/tickets/{number}.json"
        return {"ticket": {"id": number, "url": url, "subject": self.tickets[number].get("subject")}}


def shown(comment: dict[str, Any]) -> str:
    """What agents read of a comment, a line for each paragraph; ``body`` is Markdown, in which words act."""
    text = comment.get("html_body", "")
    if "body" in comment or re.search(r"<(?!/?p>|br>)", text):
        raise RefusedError(422, {"error": "RecordInvalid", "details": {"comment": [{"error": "Markup"}]}})
    return html.unescape(re.sub(r"</?p>", "", text).replace("<br>", "\n"))


@dataclass
class Notion(System):
    """Pages of a Notion workspace below one page that is shared with the integration."""

    parent: str = "98ad959b-2b6a-4774-80ee-00246fb0ea9b"
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    """``title`` and ``blocks`` (ids, in order) by page id."""
    blocks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def text(self, page: str) -> list[str]:
        """Give a page as people see it: a line for each block."""
        return [f"{(kind := self._kind(self.blocks[name]))}: {plain(self.blocks[name][kind])}"
                for name in self.pages[page]["blocks"]]  # fmt: skip

    def unauthorized(self) -> dict[str, Any]:
        return {"object": "error", "status": 401, "code": "unauthorized", "message": "API token is invalid."}

    def take(self, request: httpx.Request, body: Any) -> httpx.Response:
        if request.headers.get("notion-version") != "2022-06-28":
            self._refuse(400, "missing_version")
        path = request.url.path
        if (request.method, path) == ("POST", "/v1/pages"):
            return self._create(body)
        children = re.fullmatch(r"/v1/blocks/([^/]+)/children", path)
        if request.method == "PATCH" and children:
            if children[1] not in self.pages:
                self._refuse(404, "object_not_found")
            return self._append(children[1], body)
        block = re.fullmatch(r"/v1/blocks/([^/]+)", path)
        if request.method == "PATCH" and block:
            return self._update(block[1], body)
        return self._refuse(400, "invalid_request_url")

    def _create(self, body: Any) -> httpx.Response:
        if not only(body, "parent", "properties", "children") or not only(body["parent"], "page_id"):
            self._refuse(400, "validation_error")
        if body["parent"]["page_id"] != self.parent:
            self._refuse(404, "object_not_found")
        if not only(body["properties"], "title"):
            self._refuse(400, "validation_error")
        self._check_text(body["properties"]["title"]["title"])
        page = f"page-{len(self.pages) + 1}"
        self.pages[page] = {"title": plain({"rich_text": body["properties"]["title"]["title"]}), "blocks": []}
        self._add(page, body.get("children", []))
        url = f"https://www.notion.so/{page}"
        return httpx.Response(200, json={"object": "page", "id": page, "url": url})

    def _append(self, page: str, body: Any) -> httpx.Response:
        if not only(body, "children", "after") or not body.get("children"):
            self._refuse(400, "validation_error")
        added = self._add(page, body["children"])
        results = [{"object": "block", "id": name} | self.blocks[name] for name in added]
        return httpx.Response(200, json={"object": "list", "results": results, "has_more": False})

    def _update(self, block: str, body: Any) -> httpx.Response:
        if block not in self.blocks:
            self._refuse(404, "object_not_found")
        kind = self._kind(self.blocks[block])
        if not only(body, kind):
            self._refuse(400, "validation_error")
        self._check_text(body[kind]["rich_text"])
        self.blocks[block][kind] |= body[kind]
        return httpx.Response(200, json={"object": "block", "id": block} | self.blocks[block])

    def _add(self, page: str, children: Any) -> list[str]:
        if not isinstance(children, list) or len(children) > 100:
            self._refuse(400, "validation_error")
        for child in children:
            kind = self._kind(child)
            if not only(child, "object", "type", kind) or not only(child[kind], "rich_text", "checked"):
                self._refuse(400, "validation_error")
            self._check_text(child[kind]["rich_text"])
        names = [f"block-{len(self.blocks) + place}" for place in range(1, len(children) + 1)]
        self.blocks |= dict(zip(names, children, strict=True))
        self.pages[page]["blocks"] += names
        return names

    def _kind(self, block: Any) -> str:
        kinds = {"to_do", "paragraph", "heading_2", "bulleted_list_item"} & block.keys()
        if len(kinds) != 1:
            self._refuse(400, "validation_error")
        return str(kinds.pop())

    def _check_text(self, rich_text: Any) -> None:
        for each in rich_text:
            if not only(each, "type", "text") or not only(each["text"], "content", "link"):
                self._refuse(400, "validation_error")
            if len(each["text"]["content"].encode("utf-16-le")) // 2 > 2000:
                self._refuse(400, "validation_error")

    def _refuse(self, status: int, code: str) -> httpx.Response:
        raise RefusedError(status, {"object": "error", "status": status, "code": code, "message": "Refused."})


def plain(block: dict[str, Any]) -> str:
    return "".join(each["text"]["content"] for each in block["rich_text"])


@dataclass
class HubSpot(System):
    """Notes of a HubSpot account that has one deal."""

    deal: str = "9001"
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def unauthorized(self) -> dict[str, Any]:
        return {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "Authentication failed"}

    def take(self, request: httpx.Request, body: Any) -> httpx.Response:
        names = ("hs_timestamp", "hs_note_body", "hubspot_owner_id")
        if not only(body, "properties", "associations") or not only(body["properties"], *names):
            raise RefusedError(400, {"status": "error", "category": "VALIDATION_ERROR"})
        note = body["properties"]
        if (request.method, request.url.path) == ("POST", "/crm/v3/objects/notes"):
            if "hs_timestamp" not in note or len(note.get("hs_note_body", "")) > 65_536:
                raise RefusedError(400, {"status": "error", "category": "VALIDATION_ERROR"})
            datetime.fromisoformat(note["hs_timestamp"].replace("Z", "+00:00"))
            [association] = body["associations"]
            [kind] = association["types"]
            if kind != {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 214}:
                raise RefusedError(400, {"status": "error", "category": "VALIDATION_ERROR"})
            if association["to"] != {"id": self.deal}:
                raise RefusedError(404, {"status": "error", "category": "OBJECT_NOT_FOUND"})
            number = str(512_000 + len(self.notes))
            self.notes[number] = dict(note)
            return httpx.Response(201, json={"id": number, "properties": note, "archived": False})
        match = re.fullmatch(r"/crm/v3/objects/notes/(\d+)", request.url.path)
        if request.method != "PATCH" or not match or match[1] not in self.notes:
            raise RefusedError(404, {"status": "error", "category": "OBJECT_NOT_FOUND"})
        self.notes[match[1]] |= note
        return httpx.Response(200, json={"id": match[1], "properties": self.notes[match[1]]})


@dataclass
class Jira(System):
    """Issues of a Jira Cloud site with one project."""

    project: str = "OPS"
    issues: dict[str, dict[str, Any]] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    """Fields that are not on the project's screen."""

    def authorization(self) -> str:
        return basic(USER)

    def take(self, request: httpx.Request, body: Any) -> httpx.Response:
        fields = body.get("fields") if only(body, "fields") else None
        if not only(fields, "project", "issuetype", "summary", "description", "duedate", "labels"):
            raise RefusedError(400, {"errorMessages": ["Invalid request payload."], "errors": {}})
        faults = {name: f"Field '{name}' cannot be set." for name in self.without & fields.keys()}
        if "description" in fields:
            text = document_text(fields["description"])
            faults |= {} if text else {"description": "Operation value must be an Atlassian Document"}
            fields["description"] = text
        if not 0 < len(fields.get("summary", "")) <= 255 or "\n" in fields["summary"]:
            faults["summary"] = "You must specify a summary of the issue."
        if "duedate" in fields:
            date.fromisoformat(fields["duedate"])
        if (request.method, request.url.path) == ("POST", "/rest/api/3/issue"):
            if fields.get("project") != {"key": self.project}:
                faults["project"] = "Specify a valid project ID or key"
            if "name" not in fields.get("issuetype", {}):
                faults["issuetype"] = "Specify an issue type"
            if faults:
                raise RefusedError(400, {"errorMessages": [], "errors": faults})
            key = f"{self.project}-{len(self.issues) + 1}"
            self.issues[key] = fields
            return httpx.Response(201, json={"id": str(10_000 + len(self.issues)), "key": key, "self": "…"})
        folder, _, key = request.url.path.rpartition("/")
        if (request.method, folder) != ("PUT", "/rest/api/3/issue") or key not in self.issues:
            raise RefusedError(404, {"errorMessages": ["Issue does not exist."], "errors": {}})
        if faults:
            raise RefusedError(400, {"errorMessages": [], "errors": faults})
        self.issues[key] |= fields
        return httpx.Response(204)


def document_text(document: Any) -> str:
    """The text of an Atlassian document of one paragraph; empty where it is none."""
    match document:
        case {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": str(text)}]}],
        }:
            return text
    return ""


@asynccontextmanager
async def serve(system: System) -> AsyncIterator[str]:
    """A system on an ephemeral port of 127.0.0.1, for as long as the block runs.

    Yields:
        Its address, to be the Base URL.
    """

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        url = f"{base}{scope['raw_path'].decode()}"
        reply = system(httpx.Request(scope["method"], url, headers=scope["headers"], content=body))
        headers = [(name.encode(), value.encode()) for name, value in reply.headers.items()]
        await send({"type": "http.response.start", "status": reply.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": reply.content})

    listener = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    # The socket listens already, so a request that comes before the server is up waits in its backlog.
    task = asyncio.create_task(server._serve(sockets=[listener]), name="fake record system")
    try:
        yield base
    finally:
        server.should_exit = True
        await task
        listener.close()
