"""Zoom Put Back: the real words, before something else than our own components tells people."""

from __future__ import annotations

from typing import Any

from lfx.custom import Component
from lfx.io import HandleInput, Output
from lfx.schema.data import Data
from lfx.schema.message import Message

# region shared/compiled_once (written by 'zoom-bridge flows build')


def compiled_once(name: str, text: str, *needs: Any) -> Any:
    """The module of a piece's text.

    Langflow compiles a component's source anew in each run. What stands in a text is spared that: the module is
    kept under its content, so that an edited text is another module.

    Args:
        name: What the piece is called in tracebacks.
        text: Its source.
        needs: Modules of other pieces, whose names it uses.
    """
    from hashlib import sha256
    from linecache import cache as sources
    from sys import modules
    from types import ModuleType

    content = "\0".join([text, *(need.__name__ for need in needs)])
    title = f"zoom_shared_{name}_{sha256(content.encode()).hexdigest()[:16]}"
    known = modules.get(title)
    if getattr(known, "is_whole", False):
        return known
    module: Any = ModuleType(title)
    for need in needs:
        vars(module).update({key: value for key, value in vars(need).items() if not key.startswith("__")})
    vars(module)["is_whole"] = False
    modules[title] = module  # dataclasses look their module up; another thread makes one of its own
    sources[f"<{title}>"] = (len(text), None, text.splitlines(keepends=True), f"<{title}>")
    exec(compile(text, f"<{title}>", "exec", dont_inherit=True), vars(module))
    module.is_whole = True
    return module


# endregion

# region shared/schemas (written by 'zoom-bridge flows build')
# fmt: off
_schemas = compiled_once(
    'schemas', r'''
"""What the components of a flow hand each other: names, of which a change of form gets another, and what they tell."""

from __future__ import annotations

from typing import Any, Final

CONTEXT_SCHEMA: Final = "zoom-context/1"
INSIGHTS_SCHEMA: Final = "zoom-insights/1"
NEWS_SCHEMA: Final = "zoom-news/1"
SUMMARY_KEY: Final = "summary"
"""Key of the note that holds the running summary: a later one takes the place of an earlier one."""
PUT_BACK: Final = "put_back"
"""Mark of news, and of what goes with a message, that have real words: what somebody has said that looks like a placeholder must not be read as one."""
TEXT_STREAM: Final = "text-"
"""How the stream id begins of what somebody typed or pasted."""


def is_typed(context: dict[str, Any]) -> bool:
    """Whether somebody typed or pasted this, rather than said it in a meeting."""
    return str(context["stream_id"]).startswith(TEXT_STREAM)


APPROVED: Final = ("insights", "summary", "notes", "open", "language", "of")
"""Parts of what somebody approved; ``of`` is the kind of the window that it was found in."""


def approved_in(context: dict[str, Any]) -> dict[str, Any]:
    """What somebody approved, as parts of insights and news; nothing in windows of other kinds."""
    approved = context.get("approved") or {}
    return {name: approved[name] for name in APPROVED if name in approved}


def awaits_approval(meeting: dict[str, Any]) -> bool:
    """Whether nothing may go out before somebody approves it."""
    return bool(meeting.get("approve"))


REHEARSAL_SESSION: Final = "zoom-rehearsal-"
"""How the sessions of ``zoom-bridge replay`` begin: what has no window, such as a tool of an Agent, knows it by that."""


def is_rehearsal(meeting: dict[str, Any], session_id: str) -> bool:
    """Whether nothing may happen outside: the window says so, or the session's name does."""
    return bool(meeting.get("rehearsal")) or session_id.startswith(REHEARSAL_SESSION)
''',
)
# fmt: on
# endregion

# region shared/identity (written by 'zoom-bridge flows build')
# fmt: off
_identity = compiled_once(
    'identity', r'''
"""By what it is known whether something was told already: by what it said when the flow found it.

Real words that are put back later change nothing of that, nor does a name that has become a fuller one meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

SAID: Final = "said"
"""Where an insight, a note or a message whose words were put back names what it said before."""


def digest(value: Any) -> str:
    """Shorten a value to a name for it."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]


def said_in(told: dict[str, Any]) -> str:
    """Name what an insight or a note says; of an insight text, owner and date."""
    words = told["text"] if "key" in told else [told["text"], told.get("owner"), told.get("due")]
    return str(told.get(SAID) or digest(words))
''',
)
# fmt: on
# endregion

# region shared/message_table (written by 'zoom-bridge flows build')
# fmt: off
_message_table = compiled_once(
    'message_table', r'''
"""What a component keeps between its runs: rows of Langflow's message table, in a session beside the meeting's.

A component object lives for one run; the message table is what all runs, and all workers of a server, see. The rows
stand in the session ``<session>:memory``, so that neither the Playground's chat nor a model's chat memory has them,
and ``zoom-bridge`` deletes them with the meeting. A run of somebody whom Langflow does not know keeps nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from lfx.memory import aget_messages, astore_message, aupdate_messages, delete_message
from lfx.schema.message import Message

LONGEST_WRITE_SECONDS: Final = 10.0
"""How long a cancelled run waits for what it is writing."""
HALF: Final = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class Row:
    """One row: what it is about, and what it says."""

    name: str
    content: Any = field(repr=False)
    stored_at: str
    """When it was stored, UTC, written so that text order is time order."""
    message: Message = field(repr=False)

    @property
    def id(self) -> str:
        """Its id in the table; empty where Langflow keeps nothing of this run."""
        return str(self.message.id) if self.message.has_id() else ""


@dataclass(frozen=True)
class Rows:
    """The rows of one topic of a meeting, such as ``zoom-ledger:action-items``.

    What is written is written to its end, also where Langflow cancels the run meanwhile. The table cannot refuse a
    second row of the same name: whoever needs to be the only one looks once more after it has written.
    """

    session_id: str
    """The meeting's."""
    topic: str

    async def all(self, name: str | None = None) -> list[Row]:
        """Give the rows, or those of one name, oldest first."""
        return [row_of(message) for message in await self._messages(name, "ASC", None)]

    async def newest(self, number: int) -> list[Row]:
        """Give the newest rows, the newest first."""
        return [row_of(message) for message in await self._messages(None, "DESC", number)]

    async def first(self, name: str) -> Row | None:
        """Give the row of this name; of several the oldest, so that everybody has the same."""
        found = await self._messages(name, "ASC", 1)
        return row_of(found[0]) if found else None

    async def add(self, name: str, content: Any) -> Row:
        """Write a row; ``name`` may not be empty."""
        message = Message(
            text=as_text(content),
            sender="Machine",
            sender_name=name,
            session_id=f"{self.session_id}:memory",
            context_id=self.topic,
        )
        [stored] = await to_its_end(astore_message(message))
        return Row(name=name, content=content, stored_at=str(stored.timestamp), message=stored)

    async def change(self, row: Row, content: Any) -> None:
        """Write a row anew."""
        if row.id:
            row.message.text = as_text(content)
            await to_its_end(aupdate_messages([row.message]))

    async def remove(self, row: Row) -> None:
        """Take a row away; one that is gone is no error."""
        if row.id:
            await to_its_end(delete_message(row.id))

    async def _messages(self, name: str | None, order: str, limit: int | None) -> list[Message]:
        found: list[Message] = await aget_messages(
            session_id=f"{self.session_id}:memory",
            context_id=self.topic,
            sender_name=name,
            order=order,
            limit=limit,
        )
        return found


def row_of(message: Message) -> Row:
    """Read what :meth:`Rows.add` wrote."""
    return Row(
        name=str(message.sender_name),
        content=json.loads(str(message.text)),
        stored_at=str(message.timestamp),
        message=message,
    )


def as_text(content: Any) -> str:
    """Write JSON as short as it can be; where halves of characters are in it, which no database takes, in ASCII."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() or HALF.search(text) is None else json.dumps(content)


async def to_its_end(work: Any) -> Any:
    """Wait for a piece of work that goes on to its end even where the run is cancelled.

    A cancelled run ends after it, so that nothing comes behind its back; it waits ``LONGEST_WRITE_SECONDS`` at most.
    """
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        until = loop.time() + LONGEST_WRITE_SECONDS
        while not task.done() and loop.time() < until:
            with contextlib.suppress(asyncio.CancelledError):  # cancelled once more; the work is what matters
                await asyncio.wait([task], timeout=until - loop.time())
        if task.done() and not task.cancelled():
            task.exception()  # what became of the work is of no use to a run that is over
        raise
''',
)
# fmt: on
# endregion

# region redaction/sensitive (written by 'zoom-bridge flows build')
# fmt: off
_sensitive = compiled_once(
    'sensitive', r'''
"""What is sensitive: the kinds, what their placeholders are called, and where a text holds one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PREFIXES: Final = {
    "names": "PERSON",
    "emails": "EMAIL",
    "phones": "PHONE",
    "cards": "CARD",
    "accounts": "ACCOUNT",
    "addresses": "ADDRESS",
    "ids": "ID",
    "words": "WORD",
}
"""What a placeholder of each kind begins with."""
KINDS: Final = tuple(PREFIXES)
"""All that can be replaced.

``names`` of people on the roster and of those spoken of; ``emails``; ``phones``; ``cards`` (Luhn); ``accounts`` (IBAN by
its check digits, and numbers that are called a bank account); ``addresses`` (street and house number, IP addresses, and
URLs that name an account or carry a query); ``ids`` by patterns of one's own; ``words`` of a list of one's own.
"""
LITERAL: Final = "literal"
"""The kind of a text that looks like a placeholder and was said by somebody; it is not sensitive, and not counted."""
LITERAL_PREFIX: Final = "QUOTED"


class RedactionError(ValueError):
    """Why redaction cannot be done as it was asked for; never with words of a meeting."""


@dataclass(frozen=True)
class Span:
    """A sensitive stretch of a text."""

    start: int
    end: int
    kind: str
    key: str
    """What is the same for the same thing, however it is written; the text itself where it is empty, as of names."""
''',
)
# fmt: on
# endregion

# region redaction/putting_back (written by 'zoom-bridge flows build')
# fmt: off
_putting_back = compiled_once(
    'putting_back', r'''
"""Putting back: the real texts of a meeting's key in the place of its placeholders. It finds and replaces nothing itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final



LATIN: Final = "A-Za-z0-9\u00aa\u00b5\u00ba\u00c0-\u024f"
"""Characters that a placeholder must not touch; scripts without spaces may."""
_PREFIX: Final = "|".join([*PREFIXES.values(), LITERAL_PREFIX])
PLACEHOLDER: Final = re.compile(
    rf"(?<![{LATIN}])(?<![{LATIN}][_＿])(?<![{LATIN}]__)"
    rf"(?:(?P<any>(?i:{_PREFIX}))\\?[_＿]|(?P<upper>{_PREFIX})[ \u00a0-]?)"
    rf"(?P<number>\d{{1,6}})(?=s?(?![{LATIN}]|[_＿]+[{LATIN}]))"
)
"""A placeholder as we and as models write it: ``PERSON_2``, ``Person_2``, ``PERSON 2``, ``PERSON\\_2``, ``**PERSON_2's**``."""
_OURS: Final = re.compile(rf"(?:{_PREFIX})_[1-9][0-9]*")


def real_texts(rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    """What each placeholder stands for, of a key as :meth:`bridge.redaction.placeholders.Placeholders.rows` wrote it.

    Raises:
        RedactionError: A row is none of ours.
    """
    try:
        real = {str(row["placeholder"]): row["text"] for row in rows}
    except (KeyError, TypeError) as error:
        raise RedactionError("A row of the key of placeholders cannot be read.") from error
    if not all(_OURS.fullmatch(name) and isinstance(text, str) for name, text in real.items()):
        raise RedactionError("A row of the key of placeholders cannot be read.")
    return real


def put_back(text: str, real: Mapping[str, str]) -> str:
    """Write the real texts in the place of placeholders, also where a model wrote these a little differently.

    A placeholder that is none of the meeting's stays. What is put back is not read again. Linear in the text.
    """

    def said(match: re.Match[str]) -> str:
        name = f"{(match['any'] or match['upper']).upper()}_{int(match['number'])}"
        return real.get(name, match[0])

    return PLACEHOLDER.sub(said, text)


def put_back_value(value: Any, real: Mapping[str, str]) -> Any:
    """Put back in every text of a value of dicts and lists; a dict's keys stay. The value itself is not changed."""
    if isinstance(value, str):
        return put_back(value, real)
    if isinstance(value, dict):
        return {key: put_back_value(entry, real) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [put_back_value(entry, real) for entry in value]
    return value
''', _sensitive,
)
# fmt: on
# endregion

# region shared/put_back (written by 'zoom-bridge flows build')
# fmt: off
_put_back = compiled_once(
    'put_back', r'''
"""Real words in the place of placeholders, where a redacted meeting's flow says something to people.

Words can be replaced in two places, each with a key of its own: in the flow, by Zoom Redactor, which keeps its key in
the meeting's rows of the message table; and by the bridge, for a route with ``redact``, which gives its key along with
each run, as global variables that nothing else asks for. What was replaced last is put back first.

Putting back happens once: what has real words is marked so, for what somebody has said may look like a placeholder. And
it changes no identity: what is told twice is known by its words before that (:func:`with_identity`), as a person's name may
have become a fuller one when a window is run again.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any, Final

from lfx.schema.data import Data
from lfx.schema.message import Message






KEY_TOPIC: Final = "zoom-redaction"
KEY: Final = "key"
"""Name of the row that has Zoom Redactor's key."""
RUN_KEY: Final = "zoom_redaction_key"
"""What the key is called in the graph's context, for a Langflow that keeps nothing."""
VARIABLES: Final = "ZOOM-PLACEHOLDERS-"
"""Begins the names of the global variables with the bridge's key, packed in pieces; ``bridge/flow/request.py`` writes them."""
MOST_BYTES: Final = 16 * 1024 * 1024
"""Of a key that is unpacked."""
IDS: Final = ("schema", "window_id", "session_id", "route", "kind")
"""Fields of news that nobody said."""


async def words_of(component: Any, value: Any, session_id: str = "") -> Any:
    """Give a text, message or data with the words that were said; as it is where nothing was replaced.

    Args:
        component: The one that tells people; it names the session where neither the argument nor the value does.
        value: Text, Message or Data.
        session_id: The meeting's.

    Raises:
        RedactionError: A key is not of the form that is known here.
    """
    if value is None or value == "" or is_put_back(value):
        return value
    session_id = session_id or named_in(value) or str(getattr(run_graph(component), "session_id", "") or "")
    keys = await keys_of(component, session_id)
    if not keys:
        return value
    value = with_identity(value)
    for key in keys:
        value = with_words(value, key)
    return value


async def keys_of(component: Any, session_id: str) -> list[dict[str, str]]:
    """Find the keys, that of Zoom Redactor first."""
    context = getattr(run_graph(component), "context", None) or {}
    row = await Rows(session_id, KEY_TOPIC).first(KEY) if session_id else None
    kept = [row.content if row else context.get(RUN_KEY), given_key(context.get("request_variables") or {})]
    return [real_texts(rows) for rows in kept if rows]


def given_key(variables: dict[str, str]) -> list[dict[str, Any]]:
    """Unpack the key that came with the run; empty without."""
    pieces: list[str] = []
    while (piece := variables.get(f"{VARIABLES}{len(pieces) + 1}")) is not None:
        pieces.append(piece)
    if not pieces:
        return []
    packed = base64.b64decode("".join(pieces))
    rows: list[dict[str, Any]] = json.loads(zlib.decompressobj().decompress(packed, MOST_BYTES))
    return rows


def is_put_back(value: Any) -> bool:
    """Whether a message or news have their real words already."""
    if isinstance(value, Message):
        return bool((value.session_metadata or {}).get(PUT_BACK))
    return isinstance(value, Data) and bool(value.data.get(PUT_BACK))


def with_identity(value: Any) -> Any:
    """Mark a message or news as put back, and have it name what it says before that happens."""
    if isinstance(value, Message):
        text = value.get_text()
        if not isinstance(text, str):  # a stream of pieces, which none of ours can tell people
            return value
        told = (value.session_metadata or {}) | beside(text)
        return value.model_copy(update={"session_metadata": told})
    if not isinstance(value, Data) or value.data.get("schema") != NEWS_SCHEMA:
        return value
    told = {
        name: [one | {SAID: said_in(one)} for one in value.data[name]]
        for name in ("insights", "open", "notes")
        if value.data.get(name)
    }
    return Data(data=value.data | told | {PUT_BACK: True})


def beside(text: str) -> dict[str, Any]:
    """What goes with a message that is put back, by what it said before."""
    return {PUT_BACK: True, SAID: digest(text)}


def said_before(value: Any) -> str:
    """Name what a message whose words were put back said before; empty of any other."""
    told = value.session_metadata if isinstance(value, Message) else None
    return str((told or {}).get(SAID) or "")


def with_words(value: Any, real: dict[str, str]) -> Any:
    """Put back in a value of any of its forms, without changing it."""
    if isinstance(value, Message):
        text = value.get_text()
        if not isinstance(text, str):
            return value
        return value.model_copy(update={"data": {**value.data, "text": put_back(text, real)}})
    if isinstance(value, Data):
        ids = {name: value.data[name] for name in IDS if name in value.data}
        return Data(data=put_back_value(value.data, real) | ids)
    return put_back_value(value, real)


def named_in(value: Any) -> str:
    """Name the session that a message or data tells; empty without."""
    told = value.data.get("session_id") if isinstance(value, Data) else getattr(value, "session_id", "")
    return str(told or "")


def run_graph(component: Any) -> Any:
    """Give the graph that a component runs in; ``None`` where it is used alone."""
    return component.graph if component._vertex is not None else None
''', _putting_back, _identity, _message_table, _schemas,
)
(
    beside,
    named_in,
    words_of,
) = (
    _put_back.beside,
    _put_back.named_in,
    _put_back.words_of,
)
# fmt: on
# endregion


class ZoomPutBack(Component):
    """Stands behind a model, an Agent or any other component of a redacted meeting's flow, before what tells people.

    Zoom Chat Output, Zoom Record Sync and Zoom News Text need none: they put back by themselves.
    """

    display_name = "Zoom Put Back"
    description = (
        "Gives the placeholders of a redacted Zoom meeting their real words back, before people are told."
    )
    documentation = "https://developers.zoom.us/docs/rtms/"
    icon = "Zoom"
    name = "ZoomPutBack"

    inputs = [
        HandleInput(
            name="value",
            display_name="Message or Data",
            info="What a model, an Agent or any other component says, with placeholders such as PERSON_2.",
            input_types=["Message", "Data", "JSON"],
            required=True,
        ),
    ]
    outputs = [
        Output(name="text", display_name="Text", method="give_text", group_outputs=True),
        Output(name="data", display_name="Data", method="give_data", group_outputs=True),
    ]

    async def give_text(self) -> Message:
        """Give the text with the words that were said."""
        value = await words_of(self, self.value)
        text, before = [
            each.get_text() if isinstance(each, Data) else str(each or "") for each in (value, self.value)
        ]
        self.status = f"{len(text)} characters"
        if isinstance(value, Message):
            told = value.session_metadata or {}
        else:
            told = {} if value is self.value else beside(before)  # without a key nothing was put back
        return Message(text=text, session_id=named_in(self.value) or None, session_metadata=told)

    async def give_data(self) -> Data:
        """Give the data with the words that were said; a text as its ``text``."""
        value = await words_of(self, self.value)
        if isinstance(value, Data) and not isinstance(value, Message):
            return Data(data=dict(value.data))
        return Data(data={"text": value.get_text() if isinstance(value, Message) else str(value or "")})
