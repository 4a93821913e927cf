"""Zoom Redactor: what must not reach a model, replaced before anything else of the flow sees it."""

from __future__ import annotations

import json
from typing import Any

from lfx.custom import Component
from lfx.io import MessageInput, MultiselectInput, Output, StrInput
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
TEXT_STREAM: Final = "text-"
"""How the stream id begins of what somebody typed or pasted."""


def is_typed(context: dict[str, Any]) -> bool:
    """Whether somebody typed or pasted this, rather than said it in a meeting."""
    return str(context["stream_id"]).startswith(TEXT_STREAM)


REHEARSAL_SESSION: Final = "zoom-rehearsal-"
"""How the sessions of ``zoom-bridge replay`` begin: what has no window, such as a tool of an Agent, knows it by that."""


def is_rehearsal(meeting: dict[str, Any], session_id: str) -> bool:
    """Whether nothing may happen outside: the window says so, or the session's name does."""
    return bool(meeting.get("rehearsal")) or session_id.startswith(REHEARSAL_SESSION)
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

# region shared/pasted (written by 'zoom-bridge flows build')
# fmt: off
_pasted = compiled_once(
    'pasted', r'''
"""Transcripts as people paste them, of any product's form: who said what, or that it names nobody."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CLOCK: Final = r"(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?(?: ?[AaPp]\.?[Mm]\.?)?"
NAME: Final = r"[^\W_][^:\n<>\[\]]{0,59}?"
CUE: Final = re.compile(rf"\s*\[?{CLOCK}\]?\s*(?:-->|,|-)\s*\[?{CLOCK}\]?.*")
"""A line of two times: above a caption of .vtt, .srt or .sbv."""
VOICE: Final = re.compile(r"<v(?:\.[\w.]+)?\s+(?P<name>[^>]{1,100})>(?P<words>.*?)(?:</v>|$)", re.IGNORECASE)
TAG: Final = re.compile(r"</?[a-z][^>]{0,200}>|<\d[^>]{0,50}>", re.IGNORECASE)
NOISE: Final = re.compile(
    r"\s*(?:\ufeff?WEBVTT\b.*|NOTE\b.*|STYLE|REGION|Kind:.*|Language:.*|-{3,}|={3,}|\*{3,}|#{1,6} .*|Transcribed by .*|Meeting ended .*|"
    r"Transcript|Attendees|Participants|Recording|Meeting title:.*|Date:.*|Duration:.*|.* - Transcript|.*started transcription|.*stopped transcription)\s*",
    re.IGNORECASE,
)
TIME_ALONE: Final = re.compile(
    rf"\s*(?:\[?\(?{CLOCK}\)?\]?|\d+|(?:\d+ (?:hours?|minutes?|seconds?) ?)+(?:{CLOCK})?)\s*"
)
HEADS: Final = (
    re.compile(rf"\s*\[(?P<name>{NAME})\]\s+{CLOCK}\s*"),  # Zoom's saved captions
    re.compile(rf"\s*{CLOCK}\s+From\s+(?P<name>{NAME})\s+to\s+.+:\s*", re.IGNORECASE),  # Zoom's saved chat
    re.compile(rf"\s*(?P<name>{NAME})(?:\s{{2,}}|\t| ?[|·•–—-] ?| \()\(?\[?{CLOCK}\]?\)?\s*"),  # Otter, Teams
    re.compile(rf"\s*(?P<name>[^\W_][\w .'’-]{{1,59}}?) {CLOCK}\s*"),
)
"""A line that names who says the next ones."""
NAME_ABOVE_TIME: Final = re.compile(r"\s*(?P<name>[^\W\d_][\w .'’()-]{1,59})\s*")
"""A name alone, where the next line is a time: Teams' stream."""
SAID_BY: Final = re.compile(
    rf"\s*(?:[-*>]\s+)?(?:\[?\(?{CLOCK}\)?\]?\s*[-–—]?\s*)?(?:\*\*|__)?(?P<name>{NAME})(?:\s*[\[(]{CLOCK}[\])])?\s*(?::\s*(?:\*\*|__)|(?:\*\*|__)\s*:|:)(?:\s+|$)(?P<words>.*)"
)
"""``Name: words``, in Markdown, with a time before or behind the name, or without."""
LABELS: Final = frozenset(
    "action item,action items,action,actions,todo,to-do,to do,task,tasks,decision,decisions,decided,note,notes,question,questions,"
    "open question,open questions,agenda,topic,summary,next steps,risk,risks,date,subject,re,attendees,participants,p.s".split(
        ","
    )
)
"""What stands before a colon and is nobody."""
NOT_IN_NAMES: Final = re.compile(
    r"\b(?:is|are|was|were|the|this|that|these|those|so|if|we|you|I|it|they|and|but|what|how|why|when|where|to|remember|question|plan|thing|think|point|here|there|my|our|meeting)\b",
    re.IGNORECASE,
)
"""Words that stand in a sentence and in no name."""
ENDS: Final = ".?!…。？！"
"""Marks that end a sentence."""
MOST_NAME_WORDS: Final = 5
NAMED: Final = 0.5
"""Share of a text's lines that begin with a name, from which a name before a colon is one even if it comes once."""


@dataclass(frozen=True)
class Pasted:
    """What somebody says in a pasted text."""

    speaker: str
    """Empty where the text names nobody."""
    words: str


def read_pasted(text: str) -> list[Pasted]:
    """Read a transcript of any form: what each says in turn, without times, numbers, tags and headings.

    A text is judged as a whole: a word before a colon is a name where most lines begin with one, or where names come
    again. A text that names nobody is what one says whose name nobody knows: its lines, joined.
    """
    lines = list(html.unescape(text).replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    lines = without_cues(lines)
    for read in (by_voices, by_heads, by_colons):
        if said := read(lines):
            return joined(said)
    words = " ".join(plain(line) for line in lines if not is_noise(line))
    return [Pasted("", words)] if words else []


def without_cues(lines: Sequence[str]) -> list[str]:
    """Lines without those of two times, and without the numbers above these."""
    cues = {at for at, line in enumerate(lines) if CUE.fullmatch(line)}
    numbers = {
        at - 1
        for at in cues
        if at and re.fullmatch(r"\s*[\w-]+\s*", lines[at - 1]) and len(lines[at - 1].split()) == 1
    }
    return [line for at, line in enumerate(lines) if at not in cues | numbers]


def by_voices(lines: Sequence[str]) -> list[Pasted]:
    """Captions with voice tags."""
    text = "\n".join(lines)
    if not VOICE.search(text):
        return []
    said: list[Pasted] = []
    for line in lines:
        voices = list(VOICE.finditer(line))
        said += [Pasted(unmarked(match["name"]), plain(match["words"])) for match in voices]
        if not voices and said and not is_noise(line):
            said.append(Pasted(said[-1].speaker, plain(line)))
    return said


def by_heads(lines: Sequence[str]) -> list[Pasted]:
    """A line with the name and a time, or a name above a time, and the words below."""
    heads = dict(head_lines(lines))
    if not heads:
        return []
    said: list[Pasted] = []
    speaker = ""
    for at, line in enumerate(lines):
        if at in heads:
            speaker = heads[at] or speaker
        elif speaker and not is_noise(line):
            said.append(Pasted(speaker, plain(line)))
    return said


def head_lines(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Positions of the lines that name a speaker, and of the times below names (with no name)."""
    found: list[tuple[int, str]] = []
    for at, line in enumerate(lines):
        match = next((match for head in HEADS if (match := head.fullmatch(line))), None)
        if match and may_be_name(match["name"]):
            found.append((at, unmarked(match["name"])))
            continue
        above = NAME_ABOVE_TIME.fullmatch(line)
        below = lines[at + 1] if at + 1 < len(lines) else ""
        if (
            above
            and not is_noise(line)
            and may_be_name(above["name"])
            and TIME_ALONE.fullmatch(below)
            and ":" in below
        ):
            found += [(at, unmarked(above["name"])), (at + 1, "")]
    return found


def by_colons(lines: Sequence[str]) -> list[Pasted]:
    """Lines ``Name: words``; one without a name belongs to the one above."""
    spoken = [line for line in lines if not is_noise(line)]
    matches = [SAID_BY.fullmatch(line) for line in spoken]
    names = Counter(unmarked(match["name"]) for match in matches if match and may_be_name(match["name"]))
    first = next((at for at, match in enumerate(matches) if match and unmarked(match["name"]) in names), None)
    mostly = names.total() >= NAMED * len(spoken)
    if first is None or not (mostly or max(names.values()) > 1) or (first > 0 and not mostly):
        return []
    said: list[Pasted] = []
    for line, match in zip(spoken[first:], matches[first:], strict=True):
        if match and unmarked(match["name"]) in names and (mostly or names[unmarked(match["name"])] > 1):
            said.append(Pasted(unmarked(match["name"]), plain(match["words"])))
        elif said:
            said.append(Pasted(said[-1].speaker, plain(line)))
    return said


def may_be_name(text: str) -> bool:
    """Whether this can be what somebody, or a room, is called."""
    name = unmarked(text)
    words = name.split()
    return (
        0 < len(words) <= MOST_NAME_WORDS
        and name.casefold() not in LABELS
        and not NOT_IN_NAMES.search(name)
        and not re.search(r"[?!,;]|\.\s*$|https?$", name)
        and re.search(r"[^\W\d_]", name) is not None
        and not words[0].casefold().startswith("to-do")
    )


def is_noise(line: str) -> bool:
    """Whether a line says nothing: empty, a time, a number, a heading."""
    return not line.strip() or TIME_ALONE.fullmatch(line) is not None or NOISE.fullmatch(line) is not None


def joined(said: Sequence[Pasted]) -> list[Pasted]:
    """What one says in several lines, as one, up to where another speaks; lines that end a sentence stay apart."""
    found: list[Pasted] = []
    for one in said:
        if not one.words:
            continue
        before = found[-1] if found else None
        if before and before.speaker == one.speaker and before.words[-1] not in ENDS:
            found[-1] = Pasted(one.speaker, f"{before.words} {one.words}")
        else:
            found.append(one)
    return found


def plain(text: str) -> str:
    """Words without tags, emphasis and a leading time."""
    text = TAG.sub(" ", text)
    text = re.sub(rf"^\s*(?:[-*>]\s+)?[\[(]?{CLOCK}[\])]?\s*[-–—]?\s*(?=\S)", "", text)
    return unmarked(re.sub(r"(\*\*|__)(?=\S)(.+?)\1", r"\2", text))


def unmarked(text: str) -> str:
    """Text on one line, without marks of emphasis around it."""
    return " ".join(text.split()).strip("*_ ")
''',
)
read_pasted = _pasted.read_pasted
# fmt: on
# endregion

# region shared/words (written by 'zoom-bridge flows build')
# fmt: off
_words = compiled_once(
    'words', r'''
"""Words of any script: counted, and reduced to stems that can be compared."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Characters of scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Kana, Han."""
UNSPACED_CHARACTER: Final = re.compile(f"[{UNSPACED}]")
WORD: Final = re.compile(rf"(?P<run>[{UNSPACED}]+)|[^\W_{UNSPACED}]+(?:'[^\W_{UNSPACED}]+)*")
STOP_WORDS: Final = frozenset(
    """a about ah all also am an and any are as at be because been being but by can can't could did do does doesn't doing don't
    done for from get go going gonna got had has have he her here him his how i i'd i'll i'm i've if in into is isn't it it's
    its just let let's like me mm more most my no not now of oh ok okay on or our please really right shall she should so some than that
    that's the their them then there there's these they they'll this those to too uh um up us very was we we'll we're we've
    well were what what's when where which who who's whom whose why will with won't would yeah yes you you'll you're
    your""".split()
)
"""Words that say nothing about a subject."""
ENDINGS: Final = (
    "ations", "ation", "ments", "ment", "ingly", "edly", "ings", "ing", "ies", "ied", "ed", "es", "ly", "s",
)  # fmt: skip
SAME: Final = {
    "bought": "buy", "sent": "send", "met": "meet", "told": "tell", "left": "leave", "chose": "choose", "chosen": "choose",
    "paid": "pay", "broke": "break", "broken": "break", "began": "begin", "begun": "begin", "gave": "give", "given": "give",
    "took": "take", "taken": "take", "wrote": "write", "written": "write", "said": "say", "made": "make", "thought": "think",
    "spoke": "speak", "spoken": "speak", "spent": "spend", "kept": "keep", "built": "build", "children": "child",
    "people": "person", "used": "use", "using": "use", "uses": "use", "email": "mail", "e-mail": "mail", "cost": "price", "fee": "price",
}  # fmt: skip
"""Irregular forms, and a few words that mean the same when somebody looks for it."""


def count_words(text: str) -> int:
    """Count words by spaces; where a script has none, two characters count as one word."""
    words = len(text.split())
    return words if text.isascii() else words + len(UNSPACED_CHARACTER.findall(text)) // 2


def flat(text: str) -> str:
    """Write text on one line."""
    return " ".join(text.split())


def words_of(text: str) -> list[str]:
    """Split text into lower-case words in order; of a script without spaces, into each two neighbouring characters."""
    flat = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    found: list[str] = []
    for match in WORD.finditer(flat):
        run = match["run"]
        found += [match[0]] if not run or len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)]
    return found


@functools.lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Cut an English ending off, roughly: what matters is that forms of one word end up alike."""
    word = SAME.get(word, word).removesuffix("'s")
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= (5 if ending == "ly" else 3):
            word = word.removesuffix(ending)
            if ending in ("ies", "ied"):
                word += "y"
            elif len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    word = word.removesuffix("e") if len(word) > 3 else word
    return SAME.get(word, word)


def stems(text: str) -> list[str]:
    """Reduce text to the stems that carry meaning, in order."""
    return [stem(word) for word in words_of(text) if word not in STOP_WORDS]


ENGLISH: Final = frozenset(
    "the a and to of that it is i you we in for on with this have be are not do it's that's i'm we're don't can will what just "
    "they there at but if or as was my your our from would could me so think know yes yeah okay by".split()
)
ENGLISH_SHARE: Final = 0.22
"""Share of such words from which speech is English; other languages have a third of it at most."""
TOO_FEW: Final = 25
"""Words that are too few to tell a language by."""


def is_foreign(texts: Sequence[str]) -> bool:
    """Whether these are enough words to tell that they are not English, and they are not."""
    said = [word for text in texts for word in words_of(text)]
    return len(said) >= TOO_FEW and sum(word in ENGLISH for word in said) < ENGLISH_SHARE * len(said)


def escaped(text: str) -> str:
    """Write text on one line that can close no tag."""
    return flat(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
''',
)
# fmt: on
# endregion

# region shared/window (written by 'zoom-bridge flows build')
# fmt: off
_window = compiled_once(
    'window', r'''
"""A window as the bridge sends it, or made of plain text; its context, and the prompt of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final






WINDOW_SCHEMA: Final = "zoom-window/1"
OWN_MARK: Final = "🤖 "
"""How a chat message begins that Zoom Chat Output has posted under a person's name. Zoom brings it back as a message
of the meeting's chat."""
TEXT_ROUTE: Final = "text"
"""Route of windows made of plain text."""
PAGE_ROWS: Final = 32
"""Stored windows read at first; doubled until the budget is filled."""

UNKNOWN_SPEAKER: Final = "Unknown speaker"
"""Who says what a pasted transcript says without a name; the bridge calls them so too."""

TEXT: Final = ((str,), "text")
NUMBER: Final = ((int,), "a whole number")
NUMBER_OR_NULL: Final = ((int, type(None)), "a whole number or null")
OBJECT: Final = ((dict,), "an object")
LIST: Final = ((list,), "a list")

WINDOW_FIELDS: Final = {
    "window_id": TEXT,
    "seq": NUMBER,
    "kind": TEXT,
    "route": TEXT,
    "meeting": OBJECT,
    "stream_id": TEXT,
    "from_ms": NUMBER,
    "to_ms": NUMBER,
    "participants": LIST,
    "utterances": LIST,
    "gaps": LIST,
}
MEETING_FIELDS: Final = {"uuid": TEXT, "id": TEXT, "topic": TEXT, "started_at": TEXT}
PARTICIPANT_FIELDS: Final = {"user_id": TEXT, "name": TEXT}
UTTERANCE_FIELDS: Final = {
    "id": TEXT,
    "speaker": TEXT,
    "user_id": TEXT,
    "start_ms": NUMBER,
    "end_ms": NUMBER,
    "text": TEXT,
    "language": NUMBER_OR_NULL,
    "source": TEXT,
}
GAP_FIELDS: Final = {"from_ms": NUMBER, "to_ms": NUMBER, "reason": TEXT}
ASK_FIELDS: Final = {"question": TEXT, "speaker": TEXT, "user_id": TEXT, "source": TEXT, "utterances": LIST}
KINDS: Final = ("start", "live", "ask", "final")
ADDED_TO_MEETING: Final = ("timezone", "rehearsal")
"""Fields of a window that everybody behind needs to know: they go on as fields of its meeting."""
RUN_SECONDS: Final = 110
"""A little less than a route of the bridge gives a run, after which the bridge has given it up and tries again."""


class WindowError(ValueError):
    """The text says it is a window but is not; the message names the field, never its content."""


@dataclass(frozen=True)
class StoredWindow:
    """One live window as the message history keeps it."""

    window_id: str
    stream_id: str
    seq: int
    utterances: list[dict[str, Any]]
    gaps: list[dict[str, Any]]
    stored_at: str
    """When it was stored, UTC, written so that text order is time order."""

    def is_before(self, window: dict[str, Any], stored_at: str | None) -> bool:
        """Whether this window came earlier than ``window``, which was stored at ``stored_at``.

        Within a stream the sequence decides, which no worker's clock can disturb. ``None`` means that
        ``window`` is being seen for the first time, so everything stored is earlier.
        """
        if self.stream_id == window["stream_id"]:
            return self.seq < int(window["seq"])
        return stored_at is None or self.stored_at < stored_at


def parse_window(text: str) -> dict[str, Any] | None:
    """Read a window's JSON.

    Returns:
        The window with its utterances and gaps by time, without our own chat messages; ``None`` where the text
        is not a Zoom window.

    Raises:
        WindowError: It is a Zoom window of another version, or a field is missing or of the wrong type.
    """
    if not text.lstrip().startswith("{"):
        return None
    try:
        window: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        return None
    schema = window.get("schema")
    if not isinstance(schema, str) or not schema.startswith("zoom-window/"):
        return None
    if schema != WINDOW_SCHEMA:
        msg = f"This Context Buffer reads {WINDOW_SCHEMA} and was sent another version. Update the flow."
        raise WindowError(msg)
    check(window, WINDOW_FIELDS, "window")
    if window["kind"] not in KINDS:
        msg = f"window.kind must be one of {', '.join(KINDS)}."
        raise WindowError(msg)
    check(window["meeting"], MEETING_FIELDS, "window.meeting")
    for name, fields in (
        ("participants", PARTICIPANT_FIELDS),
        ("utterances", UTTERANCE_FIELDS),
        ("gaps", GAP_FIELDS),
    ):
        for position, item in enumerate(window[name]):
            check(item, fields, f"window.{name}[{position}]")
    if "asked" in window:
        check(window, {"asked": LIST}, "window")
    if window["kind"] == "ask":
        check(window.get("ask"), ASK_FIELDS, "window.ask")
    said = [utterance for utterance in window["utterances"] if not is_own(utterance)]
    window["utterances"] = sorted(said, key=lambda utterance: utterance["start_ms"])
    window["gaps"].sort(key=lambda gap: gap["from_ms"])
    return window


def is_own(utterance: dict[str, Any]) -> bool:
    """Whether nobody said it: it is a message of ours that came back."""
    return utterance["source"] == "chat" and str(utterance["text"]).startswith(OWN_MARK)


def asked_of(window: dict[str, Any]) -> list[str]:
    """Ids of a window's utterances that are said to the assistant; the field is absent where there are none."""
    asked: list[str] = window.get("asked", [])
    return asked


def check(value: Any, fields: Mapping[str, tuple[tuple[type, ...], str]], where: str) -> None:
    """See that ``value`` has all ``fields`` with the right types; others may be there too.

    Raises:
        WindowError: With the field's path and what it must be.
    """
    if not isinstance(value, dict):
        msg = f"{where} must be an object."
        raise WindowError(msg)
    for name, (types, wanted) in fields.items():
        if name not in value:
            msg = f"{where}.{name} is missing."
            raise WindowError(msg)
        if not isinstance(value[name], types) or isinstance(value[name], bool):
            msg = f"{where}.{name} must be {wanted}."
            raise WindowError(msg)


def text_window_id(session_id: str, text: str) -> str:
    """Name the window that a plain text becomes.

    The same text in the same session is the same window: a sender that repeats itself after a time-out
    cannot be told from a person who types the same words twice, and the first is what happens.
    """
    return f"text-{hashlib.sha256(json.dumps([session_id, text]).encode()).hexdigest()[:16]}"


def text_window(
    text: str, *, sender: str, session_id: str, newest: StoredWindow | None, now_ms: int
) -> dict[str, Any]:
    """Make a live window of plain text.

    Args:
        text: A transcript of any form, or what somebody typed: that is one utterance by ``sender``. A transcript
            without names is nobody's, for whoever pastes it did not say it.
        sender: Who sent the text.
        session_id: The session it was sent in.
        newest: The newest window stored before; utterances are numbered on from it.
        now_ms: When the text came, UTC milliseconds; plain text tells no times of its own.
    """
    said = [(one.speaker or UNKNOWN_SPEAKER, one.words) for one in read_pasted(text)]
    if not said or said == [(UNKNOWN_SPEAKER, unmarked(text))]:
        source, said = "chat", [(sender, text.strip())]
    else:
        source = "speech"
    first = 1 + int(newest.utterances[-1]["id"].removeprefix("u-")) if newest else 1
    utterances = [
        {
            "id": f"u-{first + position:06d}",
            "speaker": name,
            "user_id": "",
            "start_ms": now_ms,
            "end_ms": now_ms,
            "text": words,
            "language": None,
            "source": source,
        }
        for position, (name, words) in enumerate(said)
    ]
    window_id = text_window_id(session_id, text)
    return as_text_window(window_id, session_id, newest.seq + 1 if newest else 1, utterances)


def as_text_window(
    window_id: str, session_id: str, seq: int, utterances: list[dict[str, Any]]
) -> dict[str, Any]:
    """Dress utterances of plain text as a window of a meeting named after the session."""
    speakers = dict.fromkeys(utterance["speaker"] for utterance in utterances)
    from_ms, to_ms = utterances[0]["start_ms"], utterances[-1]["end_ms"]
    return {
        "window_id": window_id,
        "seq": seq,
        "kind": "live",
        "route": TEXT_ROUTE,
        "meeting": {
            "uuid": session_id,
            "id": "",
            "topic": "",
            "started_at": utc(from_ms).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "stream_id": f"{TEXT_STREAM}{session_id}",
        "from_ms": from_ms,
        "to_ms": to_ms,
        "participants": [{"user_id": "", "name": name} for name in speakers],
        "utterances": utterances,
        "gaps": [],
    }


def what_to_keep(window: dict[str, Any]) -> dict[str, Any]:
    """Give what later windows need of this one, without the field names of every utterance.

    What is said to the assistant is left out: it is no part of what people talk about.
    """
    asked = asked_of(window)
    said = [utterance for utterance in window["utterances"] if utterance["id"] not in asked]
    return {
        "stream_id": window["stream_id"],
        "seq": window["seq"],
        "utterances": [[utterance[name] for name in UTTERANCE_FIELDS] for utterance in said],
        "gaps": [[gap[name] for name in GAP_FIELDS] for gap in window["gaps"]],
    }


def as_stored(row: Row) -> StoredWindow:
    """Read what ``what_to_keep`` gave."""
    kept = row.content
    return StoredWindow(
        window_id=row.name,
        stream_id=kept["stream_id"],
        seq=kept["seq"],
        utterances=[dict(zip(UTTERANCE_FIELDS, values, strict=True)) for values in kept["utterances"]],
        gaps=[dict(zip(GAP_FIELDS, values, strict=True)) for values in kept["gaps"]],
        stored_at=row.stored_at,
    )


def meeting_of(window: dict[str, Any]) -> dict[str, Any]:
    """Give the meeting, with what the window says of it beside."""
    meeting: dict[str, Any] = window["meeting"]
    return meeting | {name: window[name] for name in ADDED_TO_MEETING if name in window}


def words_in(utterances: list[dict[str, Any]]) -> int:
    """Count the spoken words; names, times and ids are free."""
    return sum(count_words(utterance["text"]) for utterance in utterances)


def choose_context(
    window: dict[str, Any], earlier: list[StoredWindow], budget: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Choose the newest context that fits beside the new speech.

    Args:
        window: The window at hand; its words count against the budget and are never cut.
        earlier: Earlier windows, newest first.
        budget: Words for context and new speech together.

    Returns:
        Utterances and gaps by time. The context is unbroken: going backwards, it ends before the first
        utterance that does not fit.
    """
    left = budget - words_in(window["utterances"])
    new = {utterance["id"] for utterance in window["utterances"]}
    chosen: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    for before in earlier:
        repeated = new if before.stream_id == window["stream_id"] else set()
        for utterance in reversed(before.utterances):
            if utterance["id"] not in repeated:
                left -= words_in([utterance])
                if left < 0:
                    break
                chosen.append(utterance)
        gaps += before.gaps
        if left <= 0:
            break
    chosen.sort(key=lambda utterance: (utterance["start_ms"], utterance["id"]))
    shown = [gap for gap in gaps if chosen and gap["to_ms"] >= chosen[0]["start_ms"]]
    return chosen, sorted(shown, key=lambda gap: gap["from_ms"])


def utc(ms: int) -> datetime:
    """Turn UTC milliseconds into a time."""
    return datetime.fromtimestamp(ms / 1000, tz=timezone.utc)


def clock(ms: int) -> str:
    """Write UTC milliseconds as ``hh:mm:ss``."""
    return utc(ms).strftime("%H:%M:%S")


def transcript(utterances: list[dict[str, Any]], gaps: list[dict[str, Any]]) -> str:
    """Write utterances one a line, by time, with the gaps in their places.

    Line breaks inside names and words become spaces, so that nobody can speak a heading.
    """
    lines = [
        (
            said["start_ms"],
            f"{said['id']} [{clock(said['start_ms'])}] {flat(said['speaker'])}"
            f"{' (chat)' if said['source'] == 'chat' else ''}: {flat(said['text'])}",
        )
        for said in utterances
    ] + [
        (gap["from_ms"], f"[gap {clock(gap['from_ms'])}-{clock(gap['to_ms'])}: not captured]") for gap in gaps
    ]
    return "\n".join(line for _, line in sorted(lines, key=lambda line: line[0]))


def write_prompt(
    window: dict[str, Any], context: list[dict[str, Any]], context_gaps: list[dict[str, Any]]
) -> str:
    """Write the text that a model reads: meeting, context and new speech, or the whole meeting and what is asked."""
    meeting = window["meeting"]
    people = ", ".join(flat(person["name"]) for person in window["participants"])
    head = [
        f"Meeting: {flat(meeting['topic']) or 'untitled'}, started {meeting['started_at']}",
        f"People: {people or 'unknown'}",
        "Each line: utterance id [UTC time] speaker: words",
    ]
    new = transcript(window["utterances"], window["gaps"]) or "(nothing was said)"
    if window["kind"] == "final":
        parts = ["\n".join(head), f"## The whole meeting\n{new}"]
    elif window["kind"] == "ask":
        question = f"{flat(window['ask']['speaker'])} asks: {flat(window['ask']['question'])}"
        parts = ["\n".join(head), f"## The meeting so far\n{new}", f"## Question to answer\n{question}"]
    else:
        old = transcript(context, context_gaps) or "(none)"
        parts = [
            "\n".join(head),
            f"## Context: already handled, only for understanding\n{old}",
            f"## New speech: not handled yet\n{new}",
        ]
    return "\n\n".join(parts)
''', _message_table, _pasted, _schemas, _words,
)
parse_window = _window.parse_window
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
    """What is the same for the same thing, however it is written; of a name, its words."""
''',
)
RedactionError = _sensitive.RedactionError
# fmt: on
# endregion

# region redaction/persons (written by 'zoom-bridge flows build')
# fmt: off
_persons = compiled_once(
    'persons', r'''
"""Who is meant by a name: the same person however it is written, and nobody where two are possible."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

NAME_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]{2,})*")
"""A word of a name; a possessive's ``'s`` is none of it."""
NO_PART: Final = frozenset(
    [
        "and",
        "conference",
        "da",
        "das",
        "de",
        "del",
        "der",
        "di",
        "do",
        "dos",
        "du",
        "el",
        "external",
        "gast",
        "guest",
        "herr",
        "host",
        "invitado",
        "iphone",
        "ipad",
        "la",
        "le",
        "les",
        "mac",
        "meeting",
        "mobile",
        "mr",
        "mrs",
        "ms",
        "of",
        "phone",
        "pixel",
        "room",
        "the",
        "und",
        "unknown",
        "van",
        "von",
        "y",
        "zoom",
        "zu",
        "android",
        "galaxy",
        "laptop",
        "macbook",
        "pro",
        "user",
        "speaker",
        "ext",
        "inc",
        "gmbh",
        "ltd",
        "llc",
        "dr",
        "prof",
    ]
)
"""Words of display names that name nobody by themselves."""
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）")


@functools.lru_cache(maxsize=16384)
def plain(word: str) -> str:
    """A word in small letters without accents."""
    small = word.casefold()
    if small.isascii():
        return small
    letters = unicodedata.normalize("NFKD", small)
    if any("\u3040" <= letter <= "\u30ff" for letter in letters):
        return unicodedata.normalize("NFKC", small)  # a voiced kana is a letter of its own
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def spellings(word: str) -> tuple[str, ...]:
    """How a word is written in small letters: without accents, and with a second letter for an umlaut."""
    small = word.casefold()
    other = small if small.isascii() else plain(small.translate(_UMLAUTS))
    return (plain(word),) if other == plain(word) else (plain(word), other)


def name_parts(name: str) -> tuple[str, ...]:
    """The words of a display name that can stand for the person, without what stands in brackets."""
    words = NAME_WORD.findall(_BRACKETS.sub(" ", name))
    return tuple(word for word in words if len(word) > 1 and plain(word) not in NO_PART)


@dataclass
class Person:
    """Somebody with a placeholder, or a name that two people share."""

    number: int
    """Position among the persons, from 1."""
    name: str
    """The fullest form that was seen."""
    parts: tuple[str, ...]
    """Words of the name."""
    is_rostered: bool = False
    is_shared: bool = False
    """Whether it is a name that does not tell which of several people is meant."""


@dataclass
class Persons:
    """Everybody with a placeholder, in order of first sight."""

    known: list[Person] = field(default_factory=list)
    by_part: dict[str, list[Person]] = field(default_factory=dict)
    """Persons by each word of their names, in small letters without accents."""
    _by_name: dict[str, Person] = field(default_factory=dict)

    def person(self, name: str, *, is_rostered: bool = False) -> Person:
        """Who is meant by a name; somebody new where nobody known can be."""
        found = self._by_name.get(name)
        if found and (found.is_rostered or not is_rostered):
            if not is_rostered and not found.is_shared and len(self._candidates(found.parts)) > 1:
                pass  # since it was seen, somebody else got this name too
            else:
                return found
        parts = name_parts(name)
        if is_rostered:
            return self._rostered(name, parts)
        return self._spoken(name, parts)

    def _rostered(self, name: str, parts: tuple[str, ...]) -> Person:
        same = [
            person
            for person in self._candidates(parts)
            if len(person.parts) == len(parts) and not person.is_shared
        ]
        person = same[0] if same and not same[0].is_rostered else self._smaller(parts)
        if person and not person.is_rostered:
            self._grow(person, name, parts)
            person.is_rostered = True
            return person
        return self._new(name, parts, is_rostered=True)

    def _spoken(self, name: str, parts: tuple[str, ...]) -> Person:
        candidates = self._candidates(parts)
        whole = [person for person in candidates if len(person.parts) == len(parts)]
        rostered = [person for person in candidates if person.is_rostered]
        for choice in (whole if len(parts) > 1 else [], rostered, candidates):
            if len(choice) == 1:
                return self._seen(choice[0], name, parts)
        if candidates:
            return self._shared(name, parts)
        smaller = self._smaller(parts)
        if smaller:
            self._grow(smaller, name, parts)
            return smaller
        return self._new(name, parts)

    def _candidates(self, parts: tuple[str, ...]) -> list[Person]:
        """Those whose names hold all these words, without shared names."""
        if not parts:
            return []
        first = self.by_part.get(plain(parts[0]), [])
        return [
            person
            for person in first
            if not person.is_shared
            and all(any(person is other for other in self.by_part.get(plain(part), ())) for part in parts[1:])
        ]

    def _smaller(self, parts: tuple[str, ...]) -> Person | None:
        """The one person who so far was only called by a part of this name."""
        if len(parts) < 2:
            return None
        words = {plain(part) for part in parts}
        found: list[Person] = []
        for part in parts:
            for person in self.by_part.get(plain(part), ()):
                own = {plain(own) for own in person.parts}
                if own < words and not person.is_shared and not person.is_rostered and person not in found:
                    found.append(person)
        return found[0] if len(found) == 1 else None

    def _shared(self, name: str, parts: tuple[str, ...]) -> Person:
        words = [plain(part) for part in parts]
        for person in self.by_part.get(words[0], ()):
            if person.is_shared and [plain(part) for part in person.parts] == words:
                return person
        person = self._new(name, parts)
        person.is_shared = True
        return person

    def _seen(self, person: Person, name: str, parts: tuple[str, ...]) -> Person:
        if (
            not person.is_rostered
            and len(parts) == len(person.parts)
            and person.name.islower()
            and name != name.lower()
        ):
            person.name, person.parts = name, parts
        return person

    def _grow(self, person: Person, name: str, parts: tuple[str, ...]) -> None:
        person.name, person.parts = name, parts
        self._index(person)

    def _new(self, name: str, parts: tuple[str, ...], *, is_rostered: bool = False) -> Person:
        person = Person(number=len(self.known) + 1, name=name, parts=parts, is_rostered=is_rostered)
        self.known.append(person)
        self._index(person)
        return person

    def _index(self, person: Person) -> None:
        self._by_name[person.name] = person
        for part in person.parts:
            for spelling in spellings(part):
                people = self.by_part.setdefault(spelling, [])
                if not any(person is other for other in people):
                    people.append(person)

    def add(self, person: Person) -> None:
        """Take a person over as it was kept."""
        self.known.append(person)
        self._index(person)
''',
)
# fmt: on
# endregion

# region redaction/placeholders (written by 'zoom-bridge flows build')
# fmt: off
_placeholders = compiled_once(
    'placeholders', r'''
"""The key of a meeting's placeholders: which real text each stands for, and how it is put back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final




LATIN: Final = "A-Za-z0-9\u00aa\u00b5\u00ba\u00c0-\u024f"
"""Characters that a placeholder must not touch; scripts without spaces may."""
PREFIX_KINDS: Final = {prefix: kind for kind, prefix in PREFIXES.items()} | {LITERAL_PREFIX: LITERAL}
_PREFIX: Final = "|".join(PREFIX_KINDS)
PLACEHOLDER: Final = re.compile(
    rf"(?<![{LATIN}])(?<![{LATIN}][_＿])(?<![{LATIN}]__)"
    rf"(?:(?P<any>(?i:{_PREFIX}))\\?[_＿]|(?P<upper>{_PREFIX})[ \u00a0-]?)"
    rf"(?P<number>\d{{1,6}})(?=s?(?![{LATIN}]|[_＿]+[{LATIN}]))"
)
"""A placeholder as we and as models write it: ``PERSON_2``, ``Person_2``, ``PERSON 2``, ``PERSON\\_2``, ``**PERSON_2's**``."""
ENDS_CLEAR: Final = re.compile(rf"(?!s?(?:[{LATIN}]|[_＿]+[{LATIN}]))|(?=s(?![{LATIN}]|[_＿]+[{LATIN}]))")
"""What must come behind a placeholder, so that it is known again."""
BEGINS_CLEAR: Final = re.compile(rf"(?<![{LATIN}])(?<![{LATIN}][_＿])(?<![{LATIN}]__)")
"""What must stand before one."""


class Placeholders:
    """The placeholders of one meeting, by kind in order of first sight.

    The same thing has the same placeholder, however it is written. It is the only place where real texts and
    placeholders meet: keep it where the meeting is kept, and delete it with it.
    """

    def __init__(self) -> None:
        self.persons = Persons()
        self._numbers: dict[str, dict[str, int]] = {kind: {} for kind in (*KINDS, LITERAL)}
        self._texts: dict[str, list[str]] = {kind: [] for kind in (*KINDS, LITERAL)}

    @classmethod
    def of(cls, rows: Iterable[dict[str, Any]]) -> Placeholders:
        """Read the key as :meth:`rows` wrote it.

        Raises:
            RedactionError: A row is none of ours.
        """
        key = cls()
        for row in rows:
            try:
                key._take(row)
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise RedactionError("A row of the key of placeholders cannot be read.") from error
        return key

    def rows(self) -> list[dict[str, Any]]:
        """The key as JSON values, one for each placeholder; a later call's rows begin with the same placeholders."""
        people = [
            {
                "placeholder": f"{PREFIXES['names']}_{person.number}",
                "kind": "names",
                "text": person.name,
                "parts": list(person.parts),
                "is_rostered": person.is_rostered,
                "is_shared": person.is_shared,
            }
            for person in self.persons.known
        ]
        return people + [
            {
                "placeholder": f"{_prefix(kind)}_{number}",
                "kind": kind,
                "text": self._texts[kind][number - 1],
                "key": key,
            }
            for kind, numbers in self._numbers.items()
            for key, number in numbers.items()
        ]

    def add_person(self, name: str) -> str:
        """The placeholder of somebody on the roster."""
        return f"{PREFIXES['names']}_{self.persons.person(name, is_rostered=True).number}"

    def placeholder(self, kind: str, text: str, key: str = "") -> str:
        """The placeholder of a text; a new one at first sight.

        Args:
            kind: One of :data:`KINDS`, or :data:`LITERAL`.
            text: As it stands; what is put back is the form that was seen first, of a person the fullest.
            key: The same for the same thing; the text unless given.
        """
        if kind == "names":
            return f"{PREFIXES[kind]}_{self.persons.person(text).number}"
        numbers = self._numbers[kind]
        number = numbers.get(key or text)
        if number is None:
            self._texts[kind].append(text)
            number = numbers[key or text] = len(self._texts[kind])
        return f"{_prefix(kind)}_{number}"

    def real(self, prefix: str, number: int) -> str | None:
        """The text that a placeholder stands for; ``None`` where it is none of ours."""
        kind = PREFIX_KINDS[prefix]
        texts = [person.name for person in self.persons.known] if kind == "names" else self._texts[kind]
        return texts[number - 1] if 0 < number <= len(texts) else None

    def _take(self, row: dict[str, Any]) -> None:
        kind, text = row["kind"], row["text"]
        if not isinstance(text, str):
            raise TypeError
        if kind == "names":
            person = Person(
                number=len(self.persons.known) + 1,
                name=text,
                parts=tuple(row["parts"]),
                is_rostered=bool(row["is_rostered"]),
                is_shared=bool(row["is_shared"]),
            )
            told = f"{PREFIXES['names']}_{person.number}"
            self.persons.add(person)
        else:
            told = self.placeholder(kind, text, row["key"])
        if told != row["placeholder"]:
            raise ValueError


def put_back(text: str, placeholders: Placeholders) -> str:
    """Write the real texts in the place of placeholders, also where a model wrote these a little differently.

    A placeholder that is none of the meeting's stays. What is put back is not read again. Linear in the text.
    """

    def real(match: re.Match[str]) -> str:
        found = placeholders.real((match["any"] or match["upper"]).upper(), int(match["number"]))
        return match[0] if found is None else found

    return PLACEHOLDER.sub(real, text)


def put_back_value(value: Any, placeholders: Placeholders) -> Any:
    """Put back in every text of a value of dicts and lists; a dict's keys stay. The value itself is not changed."""
    if isinstance(value, str):
        return put_back(value, placeholders)
    if isinstance(value, dict):
        return {key: put_back_value(entry, placeholders) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [put_back_value(entry, placeholders) for entry in value]
    return value


def _prefix(kind: str) -> str:
    return PREFIXES.get(kind, LITERAL_PREFIX)
''', _persons, _sensitive,
)
Placeholders = _placeholders.Placeholders
# fmt: on
# endregion

# region redaction/redactor (written by 'zoom-bridge flows build')
# fmt: off
_redactor = compiled_once(
    'redactor', r'''
"""The redactor: replaces what is sensitive in a text or a window by the meeting's placeholders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final





EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


class Redactor:
    """Replaces what is sensitive; one for all texts of a run.

    Args:
        kinds: What is replaced, of :data:`KINDS`.
        words: Of one's own, in any case, for ``words``.
        patterns: Regular expressions of one's own, for ``ids``.
        people: Names of people besides those of a window.
        languages: Codes of those that are spoken, such as ``de``; the text tells where none is given.

    Raises:
        RedactionError: A kind is unknown, or a pattern cannot be used.
    """

    def __init__(
        self,
        kinds: Iterable[str] = KINDS,
        words: Sequence[str] = (),
        patterns: Sequence[str] = (),
        people: Sequence[str] = (),
        languages: Sequence[str] = (),
    ) -> None:
        self.kinds = tuple(kinds)
        unknown = [kind for kind in self.kinds if kind not in KINDS]
        if unknown:
            raise RedactionError(
                f"There is no kind {', '.join(unknown)} to redact; there are {', '.join(KINDS)}."
            )
        self.words, self.patterns, self.people, self.languages = (
            tuple(words),
            tuple(patterns),
            tuple(people),
            tuple(languages),
        )
        self.counts: Counter[str] = Counter()
        """How often something of each kind was replaced, so far."""

    def text(self, text: str, placeholders: Placeholders) -> str:
        """A text with placeholders; new ones are added to the key."""
        for name in self.people if "names" in self.kinds else ():
            placeholders.add_person(name)
        return self._replaced(text, placeholders)

    def window(self, window: dict[str, Any], placeholders: Placeholders) -> dict[str, Any]:
        """A window (``zoom-window/1``) with placeholders, as a copy; ids and times stay."""
        if "names" in self.kinds:
            for name in (*self.people, *names_of(window)):
                placeholders.add_person(name)
        return {key: self._value(key, value, placeholders) for key, value in window.items()}

    def _value(self, key: str, value: Any, placeholders: Placeholders) -> Any:
        if isinstance(value, dict):
            return {name: self._value(name, entry, placeholders) for name, entry in value.items()}
        if isinstance(value, list):
            return [self._value(key, entry, placeholders) for entry in value]
        if not isinstance(value, str) or key not in SAID:
            return value
        if key in WHOLE_NAMES and value and "names" in self.kinds:
            self.counts["names"] += 1
            return placeholders.add_person(value)
        return self._replaced(value, placeholders)

    def _replaced(self, text: str, placeholders: Placeholders) -> str:
        written, at = [], 0
        for span in whole_spans(text, self._spans(text, placeholders)):
            found = text[span.start : span.end]
            written += [text[at : span.start], placeholders.placeholder(span.kind, found, span.key)]
            at = span.end
            if span.kind != LITERAL:
                self.counts[span.kind] += 1
        return "".join([*written, text[at:]])

    def _spans(self, text: str, placeholders: Placeholders) -> list[Span]:
        spans = [Span(match.start(), match.end(), LITERAL, match[0]) for match in PLACEHOLDER.finditer(text)]
        if "emails" in self.kinds:
            spans += [
                Span(match.start(), match.end(), "emails", match[0].casefold())
                for match in EMAIL.finditer(text)
            ]
        if "names" in self.kinds:
            for match in NAME_WORD.finditer(text):
                if plain(match[0]) in placeholders.persons.by_part:
                    spans.append(Span(match.start(), match.end(), "names", ""))
        return spans


SAID: Final = frozenset({"topic", "name", "speaker", "text", "owner", "due", "summary", "question"})
"""Fields of a window that hold words; all others are ids, times and names of ours."""
WHOLE_NAMES: Final = frozenset({"name", "speaker"})
"""Those of them that are a person's name and nothing else."""


def names_of(window: dict[str, Any]) -> list[str]:
    """Everybody who is named by a window's fields, in order of appearance."""
    people = [person["name"] for person in window.get("participants", ())]
    people += [said["speaker"] for said in window.get("utterances", ())]
    return list(dict.fromkeys(name for name in people if name))


def whole_spans(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans by place without overlap, each wide enough that its placeholder is known again behind it.

    Where two overlap, the longer one counts, then the first.
    """
    chosen: list[Span] = []
    end = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start >= end:
            chosen.append(span)
            end = span.end
    return [_widened(text, span) for span in chosen]


def _widened(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start and not BEGINS_CLEAR.match(text, start):
        start -= 1
    while end < len(text) and not ENDS_CLEAR.match(text, end):
        end += 1
    return span if (start, end) == (span.start, span.end) else Span(start, end, span.kind, text[start:end])
''', _persons, _placeholders, _sensitive,
)
Redactor = _redactor.Redactor
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
PUT_BACK: Final = "put_back"
"""Mark of news that have real words: what somebody has said that looks like a placeholder must not be read as one."""


async def words_of(component: Any, value: Any, session_id: str = "") -> Any:
    """Give a text, message or data with the words that were said; as it is where nothing was replaced.

    Args:
        component: The one that tells people; it names the session where neither the argument nor the value does.
        value: Text, Message or Data.
        session_id: The meeting's.

    Raises:
        RedactionError: A key is not of the form that is known here.
    """
    session_id = session_id or named_in(value) or str(getattr(run_graph(component), "session_id", "") or "")
    for key in await keys_of(component, session_id):
        value = with_words(value, key)
    if isinstance(value, Data) and value.data.get("schema") == NEWS_SCHEMA:
        return Data(data=value.data | {PUT_BACK: True}) if PUT_BACK not in value.data else value
    return value


async def keys_of(component: Any, session_id: str) -> list[Placeholders]:
    """Find the keys, that of Zoom Redactor first."""
    context = getattr(run_graph(component), "context", None) or {}
    row = await Rows(session_id, KEY_TOPIC).first(KEY) if session_id else None
    kept = [row.content if row else context.get(RUN_KEY), given_key(context.get("request_variables") or {})]
    return [Placeholders.of(rows) for rows in kept if rows]


def given_key(variables: dict[str, str]) -> list[dict[str, Any]]:
    """Unpack the key that came with the run; empty without."""
    pieces = []
    while (piece := variables.get(f"{VARIABLES}{len(pieces) + 1}")) is not None:
        pieces.append(piece)
    if not pieces:
        return []
    packed = base64.b64decode("".join(pieces))
    rows: list[dict[str, Any]] = json.loads(zlib.decompressobj().decompress(packed, MOST_BYTES))
    return rows


def with_words(value: Any, key: Placeholders) -> Any:
    """Put back in a value of any of its forms, without changing it."""
    if isinstance(value, Message):
        text = value.get_text()
        return (
            value.model_copy(update={"data": {**value.data, "text": put_back(text, key)}}) if text else value
        )
    if isinstance(value, Data):
        if value.data.get(PUT_BACK):
            return value
        ids = {name: value.data[name] for name in IDS if name in value.data}
        return Data(data=put_back_value(value.data, key) | ids)
    return put_back_value(value, key)


def named_in(value: Any) -> str:
    """Name the session that a message or data tells; empty without."""
    told = value.data.get("session_id") if isinstance(value, Data) else getattr(value, "session_id", "")
    return str(told or "")


def run_graph(component: Any) -> Any:
    """Give the graph that a component runs in; ``None`` where it is used alone."""
    return component.graph if component._vertex is not None else None
''', _placeholders, _message_table, _schemas,
)
# fmt: on
# endregion

# region shared/redacting (written by 'zoom-bridge flows build')
# fmt: off
_redacting = compiled_once(
    'redacting', r'''
"""Texts of a session redacted with one key, which one run at a time may add to.

The key is a row of the message table. Two windows may come at the same time, on two routes or in two workers, and each
may name somebody new: whoever redacts claims the key first, so that no placeholder ever stands for two things.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final
from uuid import uuid4






CLAIM: Final = "claim"
CLAIM_SECONDS: Final = 60.0
"""After these a claim has lapsed: its run is dead."""
WAIT_SECONDS: Final = 90.0
"""How long others are waited for."""
PAUSE_SECONDS: Final = 0.1
WHAT: Final = {
    "names": "People's names",
    "emails": "E-mail addresses",
    "phones": "Telephone numbers",
    "cards": "Card numbers",
    "accounts": "Bank accounts",
    "addresses": "Addresses",
}
"""What can be chosen on the node, by the engine's own word for it. Own words and patterns are chosen by giving some."""


def kinds_of(chosen: list[str], words: list[str], patterns: list[str]) -> list[str]:
    """Read what was chosen, in words or as ids.

    Raises:
        RedactionError: There is no such kind.
    """
    ids = {spelling.casefold(): kind for kind, words_ in WHAT.items() for spelling in (kind, words_)}
    if unknown := [name for name in chosen if name.strip().casefold() not in ids]:
        msg = f"Zoom Redactor: Kinds takes {', '.join(WHAT.values())}; {unknown[0]} is none of them."
        raise RedactionError(msg)
    kinds = [ids[name.strip().casefold()] for name in chosen]
    return [*kinds, *(["words"] if words else []), *(["ids"] if patterns else [])]


def listed(value: Any) -> list[str]:
    """Read an input that is a list; empty lines are none."""
    values = value if isinstance(value, list) else [value]
    return [text for each in values if (text := str(each or "").strip())]


async def with_key(
    component: Any,
    session_id: str,
    redact: Callable[[Placeholders], str],
    *,
    clock: Callable[[], float] = time.time,
) -> str:
    """Redact with the session's key, and keep what was added to it before the text goes on.

    Args:
        component: Remembers the key for its run as well, where Langflow keeps nothing.
        session_id: The meeting's.
        redact: Gives the text; called in a thread, as a long meeting is long work.
        clock: UTC seconds.

    Raises:
        RedactionError: Others do not let go of the key, or it cannot be read.
    """
    rows = Rows(session_id, KEY_TOPIC)
    async with claimed(rows, clock) as until:
        row = await rows.first(KEY)
        known = row.content if row else []
        placeholders = Placeholders.of(known)
        text = await asyncio.to_thread(redact, placeholders)
        key = placeholders.rows()
        if clock() >= until:
            msg = "Zoom Redactor: redacting this window took too long. It can be run again."
            raise RedactionError(msg)
        if key != known:
            await (rows.change(row, key) if row else rows.add(KEY, key))
    graph = run_graph(component)
    if graph is not None:
        graph.context[RUN_KEY] = key
    return text


@contextlib.asynccontextmanager
async def claimed(rows: Rows, clock: Callable[[], float]) -> AsyncIterator[float]:
    """Have the key for oneself; gives until when, UTC seconds.

    The table cannot refuse a row, so whoever writes a claim looks for others: where two find each other both take
    theirs back, and try again after pauses of different length.

    Raises:
        RedactionError: Others had it for too long.
    """
    me, give_up_at = uuid4().hex, clock() + WAIT_SECONDS
    while True:
        until = clock() + CLAIM_SECONDS
        claim = await rows.add(CLAIM, {"by": me, "until": until})
        try:
            if await is_alone(rows, claim, clock()):
                yield until
                return
        finally:
            await to_its_end(rows.remove(claim))
        if clock() >= give_up_at:
            msg = "Zoom Redactor: other windows of the meeting are still being redacted. This one can be run again."
            raise RedactionError(msg)
        await asyncio.sleep(PAUSE_SECONDS * (0.5 + random.random()))  # noqa: S311 - no secret


async def is_alone(rows: Rows, claim: Row, now: float) -> bool:
    """Look whether nobody else claims it; what has lapsed is taken away."""
    others = [row for row in await rows.all(CLAIM) if row.content["by"] != claim.content["by"]]
    for row in others:
        if row.content["until"] <= now:
            await rows.remove(row)
    return all(row.content["until"] <= now for row in others)
''', _placeholders, _sensitive, _message_table, _put_back,
)
(
    WHAT,
    kinds_of,
    listed,
    with_key,
) = (
    _redacting.WHAT,
    _redacting.kinds_of,
    _redacting.listed,
    _redacting.with_key,
)
# fmt: on
# endregion


class ZoomRedactor(Component):
    """Stands between Chat Input and Zoom Context Buffer, so that everything behind has placeholders and no more.

    That is the tables of the other components, prompts, models, an Agent's tools and traces. The key of the
    placeholders is kept in Langflow's message history beside the meeting's session (``<session>:memory``) and goes with
    it; the same words have the same placeholder in every window of the meeting, on every route.

    What goes to people gets the real words back: Zoom Chat Output, Zoom Record Sync and Zoom News Text do it by
    themselves, for anything else there is Zoom Put Back.
    """

    display_name = "Zoom Redactor"
    description = (
        "Replaces names, addresses and numbers in a Zoom window by placeholders, before a model sees it."
    )
    documentation = "https://developers.zoom.us/docs/rtms/"
    icon = "Zoom"
    name = "ZoomRedactor"

    inputs = [
        MessageInput(
            name="message",
            display_name="Message",
            info="The message from Chat Input: a window sent by the Zoom bridge, or what somebody types or pastes.",
            required=True,
        ),
        MultiselectInput(
            name="kinds",
            display_name="Kinds",
            options=list(WHAT.values()),
            options_metadata=[{"id": kind} for kind in WHAT],
            value=list(WHAT.values()),
            info="What is replaced. Names are those of the people who are there, and those that are only spoken of.",
        ),
        StrInput(
            name="words",
            display_name="Own Words",
            is_list=True,
            info="Words to replace besides, in any case: a customer's name, a project.",
        ),
        StrInput(
            name="patterns",
            display_name="Own Patterns",
            is_list=True,
            info="Regular expressions of what else to replace, such as TICKET-[0-9]+.",
            advanced=True,
        ),
    ]
    outputs = [Output(name="redacted", display_name="Redacted", method="redact")]

    async def redact(self) -> Message:
        """Give the same message with placeholders.

        Raises:
            RedactionError: A choice cannot be used, a library is missing, or there is no session.
            WindowError: The message is a damaged window.
        """
        message = self.message
        session_id = str(message.session_id or self.graph.session_id or "")
        if not session_id:
            msg = "Zoom Redactor: the run has no session. Send session_id along, one for each meeting."
            raise RedactionError(msg)
        redactor, text = self._redactor(), str(message.text)
        window = parse_window(text)

        def redacted(placeholders: Placeholders) -> str:
            if window is None:
                return redactor.text(text, placeholders)
            return json.dumps(redactor.window(window, placeholders), ensure_ascii=False)

        made = await with_key(self, session_id, redacted)
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(redactor.counts.items()))
        self.status = f"replaced: {counts or 'nothing'}"
        self.log(self.status, name="Redaction")
        return Message(
            text=made, sender=message.sender, sender_name=message.sender_name, session_id=session_id
        )

    def _redactor(self) -> Redactor:
        """Read the node's choices."""
        words, patterns = listed(self.words), listed(self.patterns)
        pasted = [said.speaker for said in read_pasted(str(self.message.text)) if said.speaker]
        return Redactor(
            kinds_of(self.kinds or [], words, patterns), words, patterns, list(dict.fromkeys(pasted))
        )
