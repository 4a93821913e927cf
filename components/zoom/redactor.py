"""Zoom Redactor: what must not reach a model, replaced before anything else of the flow sees it."""

from __future__ import annotations

import asyncio
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

# region shared/pasted (written by 'zoom-bridge flows build')
# fmt: off
_pasted = compiled_once(
    'pasted', r'''
"""Transcripts as people paste them, of any product's form: who said what, or that it names nobody."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CLOCK: Final = r"(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?(?: ?[AaPp]\.?[Mm]\.?)?"
PARTS_OF_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,]\d{1,3})?(?: ?([AaPp])\.?[Mm])?")
"""Hours, minutes and seconds, or minutes and seconds; with a half of the day hours and minutes."""
DATE: Final = r"(?:\d{1,4}[./-]\d{1,2}[./-](?:\d{1,4})?,?)"
STAMP: Final = rf"(?:{DATE}\s+)?{CLOCK}"
BRACKETED: Final = rf"[\[(]\s*{STAMP}\s*[\])]"
BEFORE_A_NAME: Final = r"(?:\([^()\n]{1,20}\)\s?|\[(?=[^\d\]])[^\[\]\n]{1,20}\]\s?|[^\w\s:：<>\[\](){}*_#\"'“”‘’.,;!?/\\|+=~`•–—-]{1,8}\s?)?"
"""A pronoun, a department or an emoji, with which people begin what they are called."""
NAME: Final = BEFORE_A_NAME + r"[^\W_][^:：\n<>\[\]]{0,59}?(?:\s*\[(?=[^\d\]])[^\[\]\n]{1,40}\])?"
"""What may be one, with a company or a role in brackets behind it."""
CUE: Final = re.compile(
    rf"\s*\[?{CLOCK}\]?\s*(?:-->|,|-)\s*\[?{CLOCK}\]?(?:\s+(?:[a-z]+:\S+|[XY]\d:\d+))*\s*"
)
"""A line of two times: above a caption of .vtt (with where it stands), .srt or .sbv."""
CUE_AND_WORDS: Final = re.compile(rf"\s*\[?{CLOCK}\]?\s*(?:-->|-)\s*\[?{CLOCK}\]?[:|]?\s+(?=\S)")
"""The same with the caption behind it: Whisper."""
WEBEX: Final = re.compile(r'\s*\d+\s+"([^"<>]{1,100})"\s*\([\d\s]*\)\s*')
"""The identifier of a caption that has the name in it."""
VOICE: Final = re.compile(r"<v(?:\.[\w.]{1,50})?\s+([^<>]{1,100})>", re.IGNORECASE)
TAG: Final = re.compile(
    r"</?(?:v|c|i|b|u|s|lang|ruby|rt|font)(?:[.\s][^<>]{0,200})?>|<\d[\d:.]{0,20}>", re.IGNORECASE
)
"""Tags of captions; other angle brackets are words."""
COMMENT: Final = re.compile(r"\s*(?:WEBVTT\b.*|NOTE(?:\s.*)?|STYLE|REGION|Kind:.*|Language:.*)")
"""In captions alone; elsewhere "Note that …" is said."""
NOISE: Final = re.compile(
    r"\s*(?:-{3,}|={3,}|\*{3,}|#{1,6} .*|Transcribed by https?:.*|Meeting ended (?:after|at) .*|"
    r"Transcript|Transkript|Transcription|Transcripción|Attendees|Participants|Teilnehmer|Recording|This editable transcript .*|Dieses bearbeitbare Transkript .*|Meeting title:.*|Date:.*|Duration:.*|.* - Transcript|.*(?:started|stopped) transcription|.*hat die Transkription (?:gestartet|beendet)|.* a (?:démarré|arrêté) la transcription|.* (?:inició|detuvo) la transcripción|(?:Reacted to|Removed a .{1,20} reaction from|Replying to) [\x22“].*)\s*",
    re.IGNORECASE,
)
SPELT: Final = r"(?:\d+ ?(?:hours?|minutes?|seconds?|Stunden?|Minuten?|Sekunden?|heures?|secondes?|horas?|minutos?|segundos?|時間|分|秒) ?)+"
"""A time in words, as Teams writes it in each language for those who listen to the page."""
TIME_ALONE: Final = re.compile(rf"\s*(?:{BRACKETED}|{STAMP}|{SPELT}(?:{CLOCK})?)\s*")
STAMPED: Final = re.compile(rf"\s*(?:[-*>•]\s+)?(?:{BRACKETED}|{DATE}\s+{CLOCK})\s*[-–—|:]?\s*(?=\S)")
"""The time in front of a line, where brackets or a date tell that it is one."""
BARE_STAMP: Final = re.compile(rf"\s*(?:[-*>•]\s+)?{CLOCK}\s*[-–—|]?\s+(?=\S)")
"""The same without: it may be what somebody says ("10:30 works")."""
CHAT: Final = re.compile(
    rf"\s*{STAMP}\s+(?:From|Von|De|Da|Van|От)\s+(?P<name>{NAME})(?:\s+(?:to|an|à|a|para|aan|для)\s+[^:\n]{{1,100}})?\s*:\s*(?P<words>.*)",
    re.IGNORECASE,
)
"""Zoom's saved chat; the words stand on the same line or below."""
CAPTION: Final = re.compile(rf"\s*\[(?P<name>{NAME})\]\s+{CLOCK}\s*")
"""Zoom's saved captions: a line that names who says the next ones."""
NAME_AND_TIME: Final = re.compile(
    rf"\s*(?:\*\*|__)?(?P<name>{NAME})(?:\*\*|__)?(?P<gap>  ?|\t|\s*[|·•–—-] ?| (?=[\[(]))[\[(]{{0,2}}{STAMP}[\])]{{0,2}}:?\s*"
)
"""The same of Otter and Teams."""
TIME_AND_NAME: Final = re.compile(rf"\s*(?:{BRACKETED}|{STAMP})\s*[-–—|]?\s+(?P<name>{NAME})\s*")
"""The same with the time first: Teams' chat, Fathom, Gong."""
NAME_ABOVE_TIME: Final = re.compile(r"\s*(?P<name>[^\W\d_][^:：\n<>\[\]?!;…*#]{1,59})\s*")
"""A name alone, where the next line is a time: Teams' stream."""
SAID_BY: Final = re.compile(
    rf"\s*(?:[-*>•]\s+)?(?:(?:{BRACKETED}|{STAMP})\s*[-–—|]?\s*)?(?:\*\*|__)?(?P<name>{NAME})(?:\s*{BRACKETED})?\s*"
    r"(?::\s*(?:\*\*|__)(?:\s+|$)|(?:\*\*|__)\s*:(?:\s+|$)|:(?:\s+|$)|：\s*)(?P<words>.*)"
)
"""``Name: words``, in Markdown, with a time before or behind the name, or without; also with a wide colon."""
LABELS: Final = frozenset(
    "action item,action items,action,actions,todo,to-do,to do,task,tasks,decision,decisions,decided,note,notes,question,questions,"
    "open question,open questions,agenda,topic,summary,next steps,risk,risks,date,subject,re,attendees,participants,p.s,"
    "aufgabe,aufgaben,entscheidung,entscheidungen,offene frage,offene fragen,notiz,notizen,transkript,teilnehmer,datum,acción,acciones,tarea,tareas,decisión,"
    "decisiones,pregunta,preguntas,nota,notas,décision,décisions,tâche,tâches,question ouverte,transcription,transcripción,tarefa,tarefas,decisão,decisões,"
    "pergunta,perguntas,決定事項,アクションアイテム,未解決の質問,メモ".split(",")
)
"""What stands before a colon and is nobody."""
NOT_IN_NAMES: Final = re.compile(
    r"\b(?:is|are|was|were|the|this|that|these|those|so|if|we|you|I|it|they|and|but|what|how|why|when|where|to|remember|question|plan|thing|think|point|here|there|my|our|meeting)\b",
    re.IGNORECASE,
)
"""Words that stand in a sentence and in no name, unless each word has a capital ("Meeting Room 4")."""
PARTICLES: Final = frozenset(
    "af al bin da das de del della den der di do dos du e el la le of ten ter und van vom von y zu zur".split()
)
"""Small words inside of names."""
IN_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）")
UNSEEN: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Marks of direction, and the mark at the beginning of a file."""
ENDS: Final = ".?!…。？！"
"""Marks that end a sentence."""
MOST_NAME_WORDS: Final = 5
MOST_PROPER_WORDS: Final = 8
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
    text = unicodedata.normalize("NFC", UNSEEN.sub("", text))
    lines = [re.sub(r"\s{3,}", "  ", line) for line in text.splitlines()]
    if any(CUE.fullmatch(line) for line in lines) or sum(map(has_cue, lines)) > len(lines) / 2:
        lines = without_cues(lines)
    if said := by_voices(lines):
        return joined(said)
    by_head, by_colon = by_heads(lines), by_colons(lines)
    if said := by_head[1] if by_head[0] >= by_colon[0] else by_colon[1]:
        return joined(said)
    words = " ".join(plain(line) for line in without_times(lines) if not is_noise(line))
    return [Pasted("", words)] if words else []


def has_cue(line: str) -> bool:
    """Whether a line has two times and words behind them."""
    return CUE_AND_WORDS.match(line) is not None


def without_cues(lines: Sequence[str]) -> list[str]:
    """What captions say: without times, identifiers and comments; a name in an identifier becomes a voice."""
    spoken: list[str] = []
    voice = ""
    for at, line in enumerate(lines):
        below = lines[at + 1] if at + 1 < len(lines) else ""
        if CUE.fullmatch(line) or COMMENT.fullmatch(line):
            continue
        if (cue := CUE_AND_WORDS.match(line)) and not CUE.fullmatch(line):
            spoken.append(html.unescape(line[cue.end() :]))
            continue
        if CUE.fullmatch(below) and (named := WEBEX.fullmatch(line)):
            voice = f"<v {named[1]}>"
        elif CUE.fullmatch(below) and (
            re.fullmatch(r"\s*\d+\s*", line)
            or (re.fullmatch(r"\s*\S+\s*", line) and not before(lines, at).strip())
        ):
            continue
        else:
            spoken.append(voice + html.unescape(line) if line.strip() else line)
            voice = "" if line.strip() else voice
    return spoken


def before(lines: Sequence[str], at: int) -> str:
    """The line above one; empty above the first."""
    return lines[at - 1] if at else ""


def by_voices(lines: Sequence[str]) -> list[Pasted]:
    """Captions with voice tags; nothing where there are none."""
    said: list[Pasted] = []
    for line in lines:
        start, *voices = VOICE.split(line)
        if said and not is_noise(start):
            said.append(Pasted(said[-1].speaker, plain(start)))
        said += [
            Pasted(unmarked(name), plain(words))
            for name, words in zip(voices[::2], voices[1::2], strict=True)
        ]
    return said


@dataclass(frozen=True)
class Head:
    """A line that names who says the next ones."""

    name: str
    words: str = ""
    """What stands behind it on the same line."""
    sure: bool = False
    """Whether it cannot be anything else: its form is a product's alone, or name and time stand apart, as they do in no
    sentence ("Lunch at 12:30")."""
    time_first: bool = False
    """Whether it may be a point of an agenda as well ("10:30 Budget")."""
    second: int = 0
    """Its time."""


def by_heads(lines: Sequence[str]) -> tuple[int, list[Pasted]]:
    """A line with the name and a time, or a name above a time, and the words below; and how many such lines there are."""
    heads = head_lines(lines)
    said: list[Pasted] = []
    speaker = ""
    for at, line in enumerate(lines):
        if head := heads.get(at):
            speaker = head.name
            said += [Pasted(speaker, plain(head.words))] if head.words else []
        elif speaker and not is_noise(line) and not repeats(line, speaker):
            said.append(Pasted(speaker, plain(line)))
    return len(heads), said


def head_lines(lines: Sequence[str]) -> dict[int, Head]:
    """The lines that name a speaker, by position: in the light of all others, as a sentence may end in a time too."""
    found = {at: head for at in range(len(lines)) if (head := head_of(lines, at))}
    counts = Counter(head.name for head in found.values())
    if not any(head.time_first and counts[head.name] > 1 for head in found.values()):
        found = {at: head for at, head in found.items() if not head.time_first}
    apart = {at for at in found if not before(lines, at).strip() and "".join(lines[at + 1 : at + 2]).strip()}
    mostly_apart = len(apart) > len(found) / 2
    known = {
        at: head
        for at, head in found.items()
        if head.sure
        or counts[head.name] > 1
        or (mostly_apart and at in apart and (is_proper(head.name) or len(apart) > 2))
        or (not mostly_apart and is_proper(head.name))
    }
    return {at: head for at, head in found.items() if at in known or is_in_order(at, head, known)}


def is_in_order(at: int, head: Head, known: Mapping[int, Head]) -> bool:
    """Whether a line's time is one between those of the heads around it, as that of a name in small letters is."""
    above = max((each for each in known if each < at), default=None)
    below = min((each for each in known if each > at), default=None)
    after_above = above is None or known[above].second <= head.second
    return below is not None and after_above and head.second <= known[below].second


def second_of(line: str) -> int:
    """The last time of a line, in seconds: of the day, or from the meeting's beginning; 0 without one."""
    times = PARTS_OF_CLOCK.findall(line)
    if not times:
        return 0
    *parts, half = times[-1]
    hours, minutes, seconds = (int(part or 0) for part in parts)
    if half and not parts[0]:
        hours, minutes, seconds = minutes, seconds, 0
    if half:
        hours = hours % 12 + 12 * (half in "Pp")
    return 3600 * hours + 60 * minutes + seconds


def head_of(lines: Sequence[str], at: int) -> Head | None:
    """What a line by its look may be, before those of the whole text are known."""
    line, below = lines[at], "".join(lines[at + 1 : at + 2])
    if match := CHAT.fullmatch(line) or CAPTION.fullmatch(line):
        return Head(unmarked(match["name"]), match.groupdict().get("words") or "", sure=True)
    match, time_first, stamp = NAME_AND_TIME.fullmatch(line), False, line
    sure = match is not None and (match["gap"] != " " or line[match.end("gap")] in "[(")
    if match is None and is_noise(line):
        return None
    if match is None and TIME_ALONE.fullmatch(below) and ":" in below:
        match, sure, stamp = NAME_ABOVE_TIME.fullmatch(line), True, below
    if match is None and below.strip() and not TIME_ALONE.match(below):
        match, time_first = TIME_AND_NAME.fullmatch(line), True
        if match and not is_proper(match["name"]):
            return None
    if match is None or not may_be_name(match["name"]):
        return None
    return Head(unmarked(match["name"]), sure=sure, time_first=time_first, second=second_of(stamp))


def repeats(line: str, speaker: str) -> bool:
    """Whether a line is the speaker and a time once more, as Teams' page has it for screen readers."""
    return line.strip().startswith(speaker) and TIME_ALONE.fullmatch(line.strip()[len(speaker) :]) is not None


def by_colons(lines: Sequence[str]) -> tuple[int, list[Pasted]]:
    """Lines ``Name: words``, and how many there are; one without a name belongs to the one above.

    A line that another begins than the names do (a label, or a date without a name: what a product tells) is nobody's.
    """
    spoken = [line for line in lines if not is_noise(line)]
    matches = [SAID_BY.fullmatch(line) for line in spoken]
    names = Counter(unmarked(match["name"]) for match in matches if match and may_be_name(match["name"]))
    if names.total() < len(spoken):
        names = Counter({name: count for name, count in names.items() if count > 1 or "," not in name})
    first = next((at for at, match in enumerate(matches) if match and unmarked(match["name"]) in names), None)
    mostly = names.total() >= NAMED * len(spoken)
    if first is None or not (mostly or max(names.values()) > 1) or (first > 0 and not mostly):
        return 0, []
    dated = re.compile(rf"\s*\[?{DATE}\s+{CLOCK}")
    said: list[Pasted] = []
    for line, match in zip(spoken[first:], matches[first:], strict=True):
        name = unmarked(match["name"]) if match else ""
        if match and name in names and (mostly or names[name] > 1):
            said.append(Pasted(name, plain(match["words"])))
        elif said:
            nobody = dated.match(line) or name.casefold() in LABELS
            said.append(Pasted("" if nobody else said[-1].speaker, plain(line)))
    return names.total(), said


def may_be_name(text: str) -> bool:
    """Whether this can be what somebody, or a room, is called."""
    name = unmarked(text)
    words = IN_BRACKETS.sub(" ", name).split()
    proper = is_proper(name)
    return (
        0 < len(words) <= (MOST_PROPER_WORDS if proper else MOST_NAME_WORDS)
        and re.sub(r"^\W+", "", name.casefold()) not in LABELS
        and (not NOT_IN_NAMES.search(" ".join(words)) or (proper and len(words) > 1) or name == "You")
        and not re.search(r"[?!;]|https?$", name)
        and not (name.endswith(".") and not (proper and len(words[-1]) <= 4))
        and ("," not in name or (proper and len(words) <= 4))
        and re.search(r"[^\W\d_]", name) is not None
        and not words[0].casefold().startswith("to-do")
    )


def is_proper(name: str) -> bool:
    """Whether it is written as names are: no word begins small, but for those inside of names."""
    words = re.findall(r"[^\W_]\w*", IN_BRACKETS.sub(" ", unmarked(name)).replace("'", "").replace("’", ""))
    return bool(words) and not any(
        word[0].islower() and (not at or word not in PARTICLES) for at, word in enumerate(words)
    )


def is_noise(line: str) -> bool:
    """Whether a line says nothing: empty, a time, a heading."""
    return not line.strip() or TIME_ALONE.fullmatch(line) is not None or NOISE.fullmatch(line) is not None


def without_times(lines: Sequence[str]) -> list[str]:
    """Lines without the times that most of them begin with."""
    stamped = sum(BARE_STAMP.match(line) is not None for line in lines)
    return (
        [line[match.end() :] if (match := BARE_STAMP.match(line)) else line for line in lines]
        if stamped > len(lines) / 2 and stamped > 1
        else list(lines)
    )


def joined(said: Sequence[Pasted]) -> list[Pasted]:
    """What one says in several lines, as one, up to where another speaks; lines that end a sentence stay apart."""
    found: list[tuple[str, list[str]]] = []
    for one in said:
        if not one.words:
            continue
        if found and found[-1][0] == one.speaker and found[-1][1][-1][-1] not in ENDS:
            found[-1][1].append(one.words)
        else:
            found.append((one.speaker, [one.words]))
    return [Pasted(speaker, " ".join(words)) for speaker, words in found]


def plain(text: str) -> str:
    """Words without tags, emphasis and a leading time."""
    text = STAMPED.sub("", TAG.sub(" ", text), count=1) if STAMPED.match(text) else TAG.sub(" ", text)
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

# region shared/days (written by 'zoom-bridge flows build')
# fmt: off
_days = compiled_once(
    'days', r'''
"""On which day a meeting was: by the calendar where its people are, never silently by that of UTC."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime, timedelta, timezone
from typing import Final

FARTHEST: Final = (timezone(timedelta(hours=-12)), timezone(timedelta(hours=14)))
"""Where on earth the day begins last and first."""


def zone_of(*names: str) -> zoneinfo.ZoneInfo | None:
    """Give the first time zone that is named (``America/Los_Angeles``) and exists; ``None`` where none is."""
    for name in names:
        try:
            return zoneinfo.ZoneInfo(name)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            continue  # empty, or none that this machine knows
    return None


def local_days(started_at: str, zone: zoneinfo.ZoneInfo | None) -> list[date]:
    """Give the day on which a meeting began where its people are; where that is not known, all that it may have been.

    Args:
        started_at: UTC, ISO 8601; anything else gives no day.
        zone: Where the people are, if it is known.
    """
    try:
        began = datetime.fromisoformat(started_at.replace("Z", "+00:00"))
        began = began if began.tzinfo else began.replace(tzinfo=timezone.utc)
        return list(dict.fromkeys(began.astimezone(one).date() for one in ([zone] if zone else FARTHEST)))
    except (ValueError, OverflowError):
        return []


def day_shown(started_at: str, zone: zoneinfo.ZoneInfo | None) -> str:
    """Write the day of a meeting for people; with ``UTC`` behind it where the day is not that of the people."""
    days = local_days(started_at, zone)
    return days[0].isoformat() if len(days) == 1 else f"{started_at[:10]} UTC" if days else ""
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
from datetime import datetime, timezone, tzinfo
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
OBJECT_OR_NULL: Final = ((dict, type(None)), "an object or null")
TEXT_OR_NULL: Final = ((str, type(None)), "text or null")
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
APPROVED_FIELDS: Final = {
    "insights": LIST,
    "summary": OBJECT_OR_NULL,
    "notes": LIST,
    "language": TEXT,
    "of": TEXT,
}
APPROVED_INSIGHT_FIELDS: Final = {
    "id": TEXT,
    "status": TEXT,
    "kind": TEXT,
    "text": TEXT,
    "owner": TEXT_OR_NULL,
    "due": TEXT_OR_NULL,
    "evidence": LIST,
}
KINDS: Final = ("start", "live", "ask", "final", "approved")
ADDED_TO_MEETING: Final = ("timezone", "rehearsal", "approve")
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
    if window["kind"] == "approved":
        check_approved(window.get("approved"))
    said = [utterance for utterance in window["utterances"] if not is_own(utterance)]
    window["utterances"] = sorted(said, key=lambda utterance: utterance["start_ms"])
    window["gaps"].sort(key=lambda gap: gap["from_ms"])
    return window


def check_approved(approved: Any) -> None:
    """See that what was approved has the shape of news.

    Raises:
        WindowError: With the field's path and what it must be.
    """
    where = "window.approved"
    check(approved, APPROVED_FIELDS, where)
    for position, insight in enumerate(approved["insights"]):
        check(insight, APPROVED_INSIGHT_FIELDS, f"{where}.insights[{position}]")
    for position, note in enumerate(approved["notes"]):
        check(note, {"key": TEXT, "text": TEXT}, f"{where}.notes[{position}]")
    if approved["summary"]:
        check(approved["summary"], {"text": TEXT, "attendees": LIST}, f"{where}.summary")


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


def clock(ms: int, zone: tzinfo = timezone.utc) -> str:
    """Write UTC milliseconds as ``hh:mm:ss``, by the clock where people are."""
    return utc(ms).astimezone(zone).strftime("%H:%M:%S")


def transcript(
    utterances: list[dict[str, Any]], gaps: list[dict[str, Any]], zone: tzinfo = timezone.utc
) -> str:
    """Write utterances one a line, by time, with the gaps in their places.

    Line breaks inside names and words become spaces, so that nobody can speak a heading.
    """
    lines = [
        (
            said["start_ms"],
            f"{said['id']} [{clock(said['start_ms'], zone)}] {flat(said['speaker'])}"
            f"{' (chat)' if said['source'] == 'chat' else ''}: {flat(said['text'])}",
        )
        for said in utterances
    ] + [
        (gap["from_ms"], f"[gap {clock(gap['from_ms'], zone)}-{clock(gap['to_ms'], zone)}: not captured]")
        for gap in gaps
    ]
    return "\n".join(line for _, line in sorted(lines, key=lambda line: line[0]))


def begun_where_people_are(started_at: str, zone: tzinfo | None) -> str:
    """Write when a meeting began, with the weekday, by the clock where people are; as the window has it where nobody knows."""
    try:
        began = datetime.fromisoformat(started_at.replace("Z", "+00:00"))
    except ValueError:
        return started_at
    return f"{began.astimezone(zone):%A, %Y-%m-%d %H:%M} ({zone})" if zone else started_at


def write_prompt(
    window: dict[str, Any], context: list[dict[str, Any]], context_gaps: list[dict[str, Any]]
) -> str:
    """Write the text that a model reads: meeting, context and new speech, or the whole meeting and what is asked.

    Day and times are those of the people, where the window tells their zone: "by tomorrow" is reckoned by them.
    """
    meeting, local = window["meeting"], zone_of(str(window.get("timezone") or ""))
    zone = local or timezone.utc
    people = ", ".join(flat(person["name"]) for person in window["participants"])
    head = [
        f"Meeting: {flat(meeting['topic']) or 'untitled'}, started {begun_where_people_are(meeting['started_at'], local)}",
        f"People: {people or 'unknown'}",
        f"Each line: utterance id [{'local' if local else 'UTC'} time] speaker: words",
    ]
    new = transcript(window["utterances"], window["gaps"], zone) or "(nothing was said)"
    if window["kind"] == "final":
        parts = ["\n".join(head), f"## The whole meeting\n{new}"]
    elif window["kind"] == "ask":
        question = f"{flat(window['ask']['speaker'])} asks: {flat(window['ask']['question'])}"
        parts = ["\n".join(head), f"## The meeting so far\n{new}", f"## Question to answer\n{question}"]
    else:
        old = transcript(context, context_gaps, zone) or "(none)"
        parts = [
            "\n".join(head),
            f"## Context: already handled, only for understanding\n{old}",
            f"## New speech: not handled yet\n{new}",
        ]
    return "\n\n".join(parts)
''', _days, _message_table, _pasted, _schemas, _words,
)
parse_window = _window.parse_window
# fmt: on
# endregion

# region redaction/japanese_names (written by 'zoom-bridge flows build')
# fmt: off
_japanese_names = compiled_once(
    'japanese_names', r'''
"""Japanese names: known by what follows them, and by lists where nothing does."""

from __future__ import annotations

import re
from typing import Final

FAMILIES: Final = frozenset(
    """佐藤 鈴木 高橋 田中 伊藤 渡辺 渡邊 渡邉 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 斉藤 齋藤 齊藤 清水 山崎 森 池田 橋本 阿部 石川 山下 中島 中嶋 石井 小川 前田 岡田
        長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 福田 太田 西村 藤井 金子 岡本 藤原 三浦 中野 原田 中川 松田 竹内 小野 田村 中山 和田 石田 森田 上田 原 内田 柴田 酒井 宮崎 横山 高木 安藤 宮本
        大野 小島 谷口 今井 工藤 高田 増田 丸山 杉山 村田 大塚 新井 小山 平野 藤本 河野 上野 野口 武田 松井 千葉 菅原 岩崎 久保 木下 佐野 野村 松尾 市川 菊地 菊池 古川 杉本 西田 大西 島田 水野
        桜井 高野 渡部 吉川 山内 西川 五十嵐 北村 安田 川口 平田 中田 川崎 東 飯田 本田 本多 久保田 吉村 服部 岩田 沢田 辻 関 川上 富田 樋口 永井 松岡 土屋 荒木 大谷 内藤 小松 黒田 松下 望月 田口
        浅野 大橋 石原 尾崎 岡 須藤 須田 矢野 広瀬 廣瀬 早川 大島 荒井 児玉 成田 小池 松村 八木 熊谷 小沢 小澤 関口 星野 堀 堀内 堀江 西 南 北川 篠原 片山 片岡 栗原 岡崎 奥村 吉岡 田辺 大久保 菅
        平井 平山 三宅 石塚 福島 福井 福本 小田 小西 神田 宮田 宮川 白石 根本 榎本 青山 川村 川島 川田 上原 植田 植村 浜田 濱田 今村 坂口 秋山 秋元 横田 森本 森山 飯塚 大森 大川 大石 馬場 桑原
        田代 梅田 梅原 宇野 江口 黒木 塚本 戸田 徳永 富永 永田 中西 中井 中尾 長田 西山 西尾 野田 野崎 萩原 萩野 橋口 畑中 松原 松永 松浦 三好 宮内 村井 村山 本間 柳田 柳沢 山岸 山中 山根 吉野
        吉本 米田 若林 渋谷 澤田 沢井 高山 高島 滝沢 竹田 竹中 武井 田島 田原 辻本 土井 土田 寺田 東海林 小野寺""".split()
)
"""Common family names."""
PLAIN_WORDS: Final = frozenset(
    """林 森 原 東 西 南 岡 関 堀 辻 菅 千葉 宮崎 福島 福井 山口 石川 青森 川崎 岡崎 岡山 長崎 神田 渋谷 上野 中野 大塚 青山 大西 大島 成田 福田 中島 大橋 小島 水野 中川 上原 山中 山根 高田
        和田 平野 中田 中山 高木 大石 小川 大川 白石 広島 望月 上田 梅田 前田 本間 新井 服部 東海林 児玉 北川""".split()
)
"""Those of them that are places or words too: by themselves they name nobody who is not on the roster."""
GIVENS: Final = frozenset(
    """健太 健一 健二 健 大輔 翔太 翔 拓也 拓海 直樹 直人 直子 直美 達也 和也 和子 和夫 哲也 誠 浩 浩二 浩一 博 隆 修 剛 学 豊 明 明美 正 茂 進 勇 勝 実 美咲 美穂 美香 美紀 美和 優子 優
        優奈 陽子 陽菜 陽太 陽一 裕子 裕介 裕太 由美 由美子 由紀 恵子 恵 恵美 幸子 京子 洋子 洋平 洋介 久美子 智子 真由美 真理子 真理 麻衣 麻美 愛 愛子 彩 彩香 綾 綾香 花子 桜 さくら 太郎 一郎
        二郎 次郎 三郎 花 葵 蓮 悠真 悠斗 結衣 結菜 結愛 莉子 凛 楓 大翔 陸 颯太 蒼 湊 千尋 千夏 千春 亮 亮太 亮介 涼 涼太 淳 純 純子 順子 順一 俊介 俊 聡 聡子 慎一 慎也 真一 信也 信夫 雄太
        雄一 祐介 航 香織 香 詩織 沙織 里美 里奈 理恵 理沙 絵里 絵美 奈々 奈美 菜々子 春香 遥 遥香 夏美 秋子 冬美 翼 康介 康平 圭介 啓介 晃 篤司 治 あすか 七夏 加奈 舞 充 知実 稔 裕美子 陽介 零
        学 太一 美加子""".split()
)
"""Common given names."""
HONORIFICS: Final = (
    "さん", "さま", "様", "くん", "君", "ちゃん", "氏", "殿", "先生", "先輩", "部長", "課長", "社長", "係長", "主任", "次長", "本部長",
    "専務", "常務", "取締役", "教授", "博士", "店長", "室長", "リーダー", "マネージャー",
)  # fmt: skip
"""Behind a name."""
_TITLE: Final = "|".join(sorted(HONORIFICS, key=len, reverse=True))
_HONOURED: Final = re.compile(
    rf"(?P<name>(?:[\u3400-\u9fff々ヶ]{{1,8}}?|[ァ-ヴー・]{{2,16}}|[A-Za-z]{{2,20}}|[\u3041-\u3094]{{2,4}}?))\s?(?P<title>{_TITLE})(?![方達])"
)
_KANJI_RUN: Final = re.compile(r"[\u3400-\u9fff々ヶ]{1,40}")
_HUMBLE: Final = re.compile(
    r"(?P<name>[\u3400-\u9fff々ヶ]{2,6}|[ァ-ヴー・]{2,16})(?=と申します|ともうします|と言います|といいます|でございます)"
)
NOBODY: Final = frozenset(
    """皆 客 奥 娘 息子 母 父 兄 姉 弟 妹 孫 叔父 叔母 爺 婆 神 王 仏 殿 患者 担当者 担当 お客 仲間 学生 社員 業者 店員 医者 看護師 運転手 隊員 職員 部員 議員 会員 利用者 関係者 参加者 各位
        得意先 取引先 先方 御社 貴社 会社 企業 部 課 営業 人事 総務 経理 開発 技術 企画 広報 法務 財務 製造 品質 購買 情報 事業 支店 副 代表 前 元 新 現 統括 執行 担当 工場 研究 学 小学 数学
        英語 国語 家庭 担任 大 名誉 准 助 同 両 各 某 彼 何 諸 主 女 男 若 店 機械 皆々 受付 保守 物流 運用 東京 大阪 名古屋 福岡 札幌 京都 海外 国内 管理 設計 生産 販売 調達 監査 経営 戦略
        本 昨日 明日 今日 来週 先週 今週""".split()
)
"""What stands before these words and names nobody."""
NOBODY_KANA: Final = frozenset(
    """みな おきゃく おかあ おとう おにい おねえ おじい おばあ おば おじ たく たくさ あか ユーザー メンバー スタッフ クライアント エンジニア デザイナー オーナー リーダー ボス ベンダー チーム グループ
        プロジェクト エリア セールス アルバイト パートナー テナント ホスト ゲスト サブ チーフ シニア ジュニア マーケティング""".split()
)
LONGEST_FAMILY: Final = 3


def honoured_names(text: str) -> list[tuple[int, int]]:
    """Where somebody is named with a title behind the name, or names oneself."""
    found = []
    for match in [*_HONOURED.finditer(text), *_HUMBLE.finditer(text)]:
        name = match["name"]
        start = match.start("name")
        if "\u3400" <= name[0] <= "\u9fff":
            begun = _name_begin(text, start, match.end("name"))
            is_role = match.groupdict().get("title", "") in _ROLES
            name = text[begun : match.end("name")]
            if _is_nobody(name) or (is_role and name[-2:] in NOBODY):
                continue
            found.append((begun, match.end("name")))
        elif not any(name.endswith(word) for word in NOBODY_KANA) and (
            not "\u3041" <= name[0] <= "\u3094" or name in GIVENS
        ):
            found.append((start, match.end("name")))
    return found


_ROLES: Final = frozenset(HONORIFICS) - {"さん", "さま", "様", "くん", "君", "ちゃん", "氏", "殿"}


def _is_nobody(name: str) -> bool:
    return any(name.endswith(word) for word in NOBODY) and split_name(name)[0] not in FAMILIES


def _name_begin(text: str, start: int, end: int) -> int:
    """Where a name begins whose run of Han characters may begin with other words."""
    run = text[start:end]
    splits = [at for at in range(len(run)) if split_name(run[at:])[0] in FAMILIES and len(run) - at <= 5]
    if splits:
        best = splits[0]
        rest = run[best + len(split_name(run[best:])[0]) :]
        if len(rest) <= 3:
            return start + best
    if run in GIVENS or len(run) <= 3:
        return start
    for length in (3, 2):
        if run[-length:] in GIVENS:
            return end - length
    return end - 2


def listed_names(text: str) -> list[tuple[int, int]]:
    """Where a common family name stands that is nothing else, with the given name behind it."""
    found = []
    for run in _KANJI_RUN.finditer(text):
        at = run.start()
        while at < run.end():
            length = _family_length(text, at, run.end())
            if not length:
                at += 1
                continue
            given = _given_length(text, at + length, run.end())
            if given or text[at : at + length] not in PLAIN_WORDS:
                found.append((at, at + length + given))
            at += length + given
    return found


def _family_length(text: str, at: int, end: int) -> int:
    return next((length for length in (3, 2) if at + length <= end and text[at : at + length] in FAMILIES), 0)


def _given_length(text: str, at: int, end: int) -> int:
    return next(
        (length for length in (3, 2, 1) if at + length <= end and text[at : at + length] in GIVENS), 0
    )


def split_name(name: str) -> tuple[str, str]:
    """A name without a space as family name and given name; the latter is empty where it does not tell."""
    for length in range(LONGEST_FAMILY, 0, -1):
        if name[:length] in FAMILIES:
            return name[:length], name[length:]
    return name, ""
''',
)
# fmt: on
# endregion

# region redaction/phrases (written by 'zoom-bridge flows build')
# fmt: off
_phrases = compiled_once(
    'phrases', r'''
"""Texts that are looked for as they stand, however many they are."""

from __future__ import annotations

from collections.abc import Iterator


class Phrases:
    """Texts that are looked for, and what each of them means. More may be added at any time."""

    def __init__(self) -> None:
        self.meanings: dict[str, tuple[str, str]] = {}
        self._lengths: dict[str, set[int]] = {}

    def add(self, phrase: str, meaning: tuple[str, str] = ("", "")) -> None:
        """Look for a text as well; what was first added of it counts."""
        if phrase and phrase not in self.meanings:
            self.meanings[phrase] = meaning
            self._lengths.setdefault(phrase[0], set()).add(len(phrase))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where any of them stands in a text; some may overlap."""
        for at, letter in enumerate(text):
            for length in self._lengths.get(letter, ()):
                if text[at : at + length] in self.meanings:
                    yield at, at + length
''',
)
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
    """and conference da das de del der di do dos du el external gast guest herr host invitado iphone ipad la le les
        mac meeting mobile mr mrs ms of phone pixel room the und unknown van von y zoom zu android galaxy laptop macbook
        pro user speaker ext inc gmbh ltd llc dr prof""".split()
)
"""Words of display names that name nobody by themselves."""
UNSPACED_NAME: Final = re.compile("[\u3400-\u9fff\u3040-\u30ff々ヶ]+")
MOST_SPOKEN_OF: Final = 1_000
"""Persons beyond whom nobody gets a number who is only spoken of."""
MOST_PERSONS: Final = 2_000
"""Persons beyond whom nobody gets one: those who only chat made-up names leave room for those who are there."""
LONGEST_DISPLAY_NAME: Final = 200
"""Characters of a name beyond which it gets none."""
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
    if len(words) == 1 and UNSPACED_NAME.fullmatch(words[0]):
        return tuple(part for part in split_name(words[0]) if part)
    return tuple(word for word in words if len(word) > 1 and plain(word) not in NO_PART)


@dataclass
class Person:
    """Somebody with a placeholder, or a name that two people share."""

    number: int
    """Position among the persons, from 1; 0 of those for whom there was no room, who are not kept."""
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
    by_part: dict[str, dict[int, Person]] = field(default_factory=dict)
    """Persons by each word of their names, in small letters without accents; of each word by their identity."""
    unspaced: Phrases = field(default_factory=Phrases)
    """Words of names in scripts that put no spaces between words, and such names as a whole."""
    _by_name: dict[str, Person] = field(default_factory=dict)
    """Those of the roster, and those of whose names no word tells them."""

    def person(self, name: str, *, is_rostered: bool = False) -> Person:
        """Who is meant by a name; somebody new where nobody known can be."""
        found = self._by_name.get(name)
        if found and (found.is_rostered or not is_rostered or not found.parts):
            return found
        parts = name_parts(name)
        return self._rostered(name, parts) if is_rostered else self._spoken(name, parts)

    def _rostered(self, name: str, parts: tuple[str, ...]) -> Person:
        same = [
            person
            for person in self._candidates(parts)
            if len(person.parts) == len(parts) and not person.is_shared
        ]
        person = same[0] if same and not same[0].is_rostered else self._smaller(parts)
        if person and not person.is_rostered:
            person.is_rostered = True
            self._grow(person, name, parts)
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
        first = self.by_part.get(plain(parts[0]), {})
        others = [self.by_part.get(plain(part), {}) for part in parts[1:]]
        return [
            person
            for identity, person in first.items()
            if not person.is_shared and all(identity in other for other in others)
        ]

    def _smaller(self, parts: tuple[str, ...]) -> Person | None:
        """The one person who so far was only called by a part of this name."""
        if len(parts) < 2:
            return None
        words = {plain(part) for part in parts}
        found: dict[int, Person] = {}
        for part in parts:
            for identity, person in self.by_part.get(plain(part), {}).items():
                if person.is_shared or person.is_rostered:
                    continue
                if {plain(own) for own in person.parts} < words:
                    found[identity] = person
        return next(iter(found.values())) if len(found) == 1 else None

    def _shared(self, name: str, parts: tuple[str, ...]) -> Person:
        words = [plain(part) for part in parts]
        for person in self.by_part.get(words[0], {}).values():
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
        if len(name) <= LONGEST_DISPLAY_NAME:
            person.name, person.parts = name, parts
        self._index(person)

    def _new(self, name: str, parts: tuple[str, ...], *, is_rostered: bool = False) -> Person:
        most = MOST_PERSONS if is_rostered else MOST_SPOKEN_OF
        if len(self.known) < most and len(name) <= LONGEST_DISPLAY_NAME:
            self.add(Person(number=len(self.known) + 1, name=name, parts=parts, is_rostered=is_rostered))
            return self.known[-1]
        person = Person(number=0, name=name, parts=parts, is_rostered=is_rostered)
        if is_rostered:
            self._index(person)  # so that the name is found in what is said
        return person

    def _index(self, person: Person) -> None:
        if person.is_rostered or not person.parts:
            self._by_name[person.name] = person
        for part in person.parts:
            for spelling in spellings(part):
                self.by_part.setdefault(spelling, {})[id(person)] = person
        unspaced = [part for part in person.parts if UNSPACED_NAME.search(part)]
        for phrase in (*unspaced, "".join(unspaced) if len(unspaced) == len(person.parts) else ""):
            if len(phrase) > 1:
                self.unspaced.add(phrase)

    def knows(self, name: str) -> bool:
        """Whether somebody is known whom a name can mean."""
        return bool(self._candidates(name_parts(name)))

    def add(self, person: Person) -> None:
        """Take a person over as it was kept."""
        self.known.append(person)
        self._index(person)
''', _japanese_names, _phrases,
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
RedactionError = _sensitive.RedactionError
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

# region redaction/placeholders (written by 'zoom-bridge flows build')
# fmt: off
_placeholders = compiled_once(
    'placeholders', r'''
"""The key of a meeting's placeholders: which real text each stands for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final





CLINGING: Final = re.compile(rf"(?<![_＿{LATIN}])[_＿]*[{LATIN}](?:[{LATIN}]|[_＿]+(?=[{LATIN}]))*")
"""What a placeholder must not end before or in, lest it is not known again: but before a last ``s`` it may."""
BEGINS_CLEAR: Final = re.compile(rf"(?<![{LATIN}])(?<![{LATIN}][_＿])(?<![{LATIN}]__)")
"""What must stand before one."""
MOST_OF_A_KIND: Final = 1_000
"""Texts of a kind beyond which there is one placeholder for all others."""
MOST_OF_CHARACTERS: Final = 50_000
"""Of the texts of a kind together, likewise."""


class Placeholders:
    """The placeholders of one meeting, by kind in order of first sight.

    The same thing has the same placeholder, however it is written. It is the only place where real texts and
    placeholders meet: keep it where the meeting is kept, and delete it with it.

    There is room for so many of each kind, as whoever chats may make up any number. What comes beyond is replaced by
    the kind's ``EMAIL_0``, which stands for nothing and is not put back.
    """

    def __init__(self) -> None:
        self.persons = Persons()
        self._numbers: dict[str, dict[str, int]] = {kind: {} for kind in (*KINDS, LITERAL)}
        self._texts: dict[str, list[str]] = {kind: [] for kind in (*KINDS, LITERAL)}
        self._characters: Counter[str] = Counter()

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
        number = self._numbers[kind].get(key or text)
        if number is None:
            is_room = len(self._texts[kind]) < MOST_OF_A_KIND
            size = self._characters[kind] + len(text)
            number = self._add(kind, text, key) if is_room and size <= MOST_OF_CHARACTERS else 0
        return f"{_prefix(kind)}_{number}"

    def told(self) -> Iterator[tuple[str, str, str]]:
        """What is put back, with its kind and key."""
        yield from ((person.name, "names", "") for person in self.persons.known)
        for kind in KINDS:
            for key, number in self._numbers[kind].items():
                yield self._texts[kind][number - 1], kind, key

    def _add(self, kind: str, text: str, key: str) -> int:
        self._texts[kind].append(text)
        self._characters[kind] += len(text)
        self._numbers[kind][key or text] = len(self._texts[kind])
        return len(self._texts[kind])

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
            key = row["key"]
            told = f"{_prefix(kind)}_{self._numbers[kind].get(key or text) or self._add(kind, text, key)}"
        if told != row["placeholder"]:
            raise ValueError


def _prefix(kind: str) -> str:
    return PREFIXES.get(kind, LITERAL_PREFIX)
''', _persons, _putting_back, _sensitive,
)
Placeholders = _placeholders.Placeholders
# fmt: on
# endregion

# region redaction/numerals (written by 'zoom-bridge flows build')
# fmt: off
_numerals = compiled_once(
    'numerals', r'''
"""Digits as they are written and spoken: runs of them in a text, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final



UNITS: Final = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "de": "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve",
    "fr": "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "pt": "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove",
}
"""From 0 on."""
TENS: Final = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "fr": "vingt trente quarante cinquante soixante septante huitante nonante",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
}
"""From 20 on."""
OTHER_WORDS: Final = {
    "oh": 0, "o": 0, "zwo": 2, "ein": 1, "une": 1, "uma": 1, "duas": 2, "meia": 6, "quatorze": 14, "dezasseis": 16, "dezassete": 17,
    "dezanove": 19, "fuenf": 5, "zwoelf": 12, "dreißig": 30, "octante": 80, "nought": 0, "niner": 9,
}  # fmt: skip
_SPANISH_TWENTIES: Final = (
    "veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"
)
TIMES: Final = {
    "double": 2,
    "triple": 3,
    "treble": 3,
    "doppel": 2,
    "doppelt": 2,
    "doble": 2,
    "dreifach": 3,
    "duplo": 2,
}
"""Words that repeat the digit behind them."""
ANDS: Final = frozenset(["y", "e", "et", "und"])
"""What joins tens and units."""
WHOLE_HUNDREDS: Final = {
    word: value
    for words in (
        "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos",
        "cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos",
    )
    for value, word in enumerate(words.split(), 1)
}
"""Words for hundreds, with their first digit."""
HUNDREDS: Final = frozenset(["hundred", "hundert"])
"""Behind a digit that is told by itself, two noughts."""
FILLERS: Final = frozenset(
    "then dash uh space strich dann ah eh guion luego tiret puis euh traco depois hifen の".split()
)
"""What people say between the digits of one number."""
PLUS: Final = frozenset(["plus", "mas", "mais"])
JAPANESE_DIGITS: Final = {
    "〇": "0", "零": "0", "一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9",
    "ゼロ": "0", "レイ": "0", "マル": "0", "イチ": "1", "ニー": "2", "ニ": "2", "サン": "3", "ヨン": "4", "ヨ": "4", "シ": "4", "ゴー": "5", "ゴ": "5",
    "ロク": "6", "ナナ": "7", "シチ": "7", "ハチ": "8", "キュー": "9", "キュウ": "9", "ク": "9",
    "ぜろ": "0", "れい": "0", "まる": "0", "いち": "1", "にー": "2", "に": "2", "さん": "3", "よん": "4", "ごー": "5", "ご": "5", "ろく": "6", "なな": "7",
    "はち": "8", "きゅう": "9", "きゅー": "9", "の": "",
}  # fmt: skip
_JAPANESE: Final = "|".join(sorted(JAPANESE_DIGITS, key=len, reverse=True))
_JAPANESE_RUN: Final = re.compile(rf"(?:(?:{_JAPANESE})[ 、-]?){{7,60}}")
_JAPANESE_DIGIT: Final = re.compile(_JAPANESE)
_TOKEN: Final = re.compile(r"\d+|[^\W\d_]+")
_LONGEST_RUN: Final = 200
"""Digits after which a run ends, and another begins."""
_MOST_GAP: Final = re.compile(r"[ \u00a0]{0,2}[-–.,/()+]{0,2}[ \u00a0]{0,2}")


def _table() -> dict[str, int]:
    table = dict(OTHER_WORDS)
    for words in UNITS.values():
        table.update({word: value for value, word in enumerate(words.split())})
    for words in TENS.values():
        table.update({word: value for value, word in zip(range(20, 100, 10), words.split(), strict=True)})
    table.update({word: value for value, word in enumerate(_SPANISH_TWENTIES.split(), 21)})
    units = ["", "ein", *UNITS["de"].split()[2:10]]
    for value, word in zip(range(20, 100, 10), TENS["de"].split(), strict=True):
        table.update({f"{units[unit]}und{word}": value + unit for unit in range(1, 10)})
    return table


NUMBER_WORDS: Final = _table()
"""What each number word below a hundred is worth, small and without accents."""


@dataclass
class Digits:
    """A run of digits without other words between them."""

    digits: str
    places: list[tuple[int, int]]
    """For each digit, where the word or figure stands in the text that it is of."""
    is_spoken: bool
    """Whether some of it is words."""
    has_plus: bool = False
    """Whether a ``+`` or *plus* stands before it."""
    begin: int = 0
    """Where it begins, with its plus."""
    pieces: int = 0
    """Of how many figures or words it is made."""

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.places[-1][1]


def digit_runs(text: str) -> list[Digits]:
    """Every run of digits of a text, written and spoken, by place."""
    runs: list[Digits] = []
    tokens = list(_TOKEN.finditer(text))
    at = 0
    while at < len(tokens):
        word = tokens[at][0]
        if not word.isdigit() and not _is_number_word(plain(word)):
            at += 1
            continue
        run, at = _run(text, tokens, at)
        if run:
            runs.append(run)
    return runs + japanese_runs(text)


def _is_number_word(name: str) -> bool:
    return name in NUMBER_WORDS or name in TIMES or name in WHOLE_HUNDREDS


def _run(text: str, tokens: list[re.Match[str]], at: int) -> tuple[Digits | None, int]:
    """The run that begins at a token, and the token behind it."""
    run = Digits("", [], is_spoken=False)
    begun = at
    while at < len(tokens) and len(run.digits) < _LONGEST_RUN:
        if run.digits and not _MOST_GAP.fullmatch(text, tokens[at - 1].end(), tokens[at].start()):
            break
        if len(run.digits) > 1 and plain(tokens[at][0]) in FILLERS and at + 1 < len(tokens):
            at += 1
        taken = _taken(text, tokens, at)
        if taken is None:
            break
        digits, count, is_spoken = taken
        start, end = tokens[at].start(), tokens[at + count - 1].end()
        if tokens[at][0].isdigit():
            run.places += [(start + place, start + place + 1) for place in range(len(digits))]
        else:
            run.places += [(start, end)] * len(digits)
        run.digits += digits
        run.is_spoken |= is_spoken
        run.pieces += 1
        at += count
    if not run.digits:
        return None, begun + 1
    run.begin = run.places[0][0]
    _take_plus(text, tokens, begun, run)
    return run, at


def _take_plus(text: str, tokens: list[re.Match[str]], begun: int, run: Digits) -> None:
    before = text[max(0, run.begin - 2) : run.begin]
    if before.rstrip().endswith("+"):
        run.has_plus, run.begin = True, text.rindex("+", 0, run.begin)
    elif begun and plain(tokens[begun - 1][0]) in PLUS and text[tokens[begun - 1].end() : run.begin] == " ":
        run.has_plus, run.begin = True, tokens[begun - 1].start()
    elif before.endswith("("):
        run.begin -= 1


def _taken(text: str, tokens: list[re.Match[str]], at: int) -> tuple[str, int, bool] | None:
    """The digits that begin at a token, how many tokens they take, and whether they are spoken."""
    word = tokens[at][0]
    if word.isdigit():
        return ("".join(str(int(digit)) for digit in word), 1, False) if word.isdecimal() else None
    name = plain(word)
    if name in TIMES and at + 1 < len(tokens):
        value = _value(tokens[at + 1][0])
        is_digit = value is not None and value < 10
        return (str(value) * TIMES[name], 2, True) if is_digit else None
    if name in WHOLE_HUNDREDS:
        return _hundreds(text, tokens, at, WHOLE_HUNDREDS[name])
    value = _value(word)
    if value is None:
        return None
    if value >= 20 and value % 10 == 0:
        return _tens(text, tokens, at, value)
    if value < 10 and at + 1 < len(tokens) and plain(tokens[at + 1][0]) in HUNDREDS:
        return f"{value}00", 2, True
    return str(value), 1, True


def _tens(text: str, tokens: list[re.Match[str]], at: int, value: int) -> tuple[str, int, bool]:
    """Tens with the units behind them, as *thirty four*, *treinta y cuatro*, *soixante-dix-huit*, *quatre-vingt*."""
    count = 1
    if at + 2 < len(tokens) and plain(tokens[at + 1][0]) in ANDS and _below(tokens[at + 2][0], value):
        count = 2
    if at + count < len(tokens) and _near(text, tokens, at + count) and _below(tokens[at + count][0], value):
        unit = _value(tokens[at + count][0]) or 0
        count += 1
        if (
            unit == 10
            and at + count < len(tokens)
            and _near(text, tokens, at + count)
            and _below(tokens[at + count][0], 0)
        ):
            unit += _value(tokens[at + count][0]) or 0
            count += 1
        return str(value + unit), count, True
    return str(value), 1, True


def _hundreds(text: str, tokens: list[re.Match[str]], at: int, digit: int) -> tuple[str, int, bool]:
    """A word for hundreds with what stands behind it, as *seiscientos doce*."""
    joint = at + 2 if at + 2 < len(tokens) and plain(tokens[at + 1][0]) in ANDS else at + 1
    if joint < len(tokens) and _near(text, tokens, joint) and _value(tokens[joint][0]):
        rest = _taken(text, tokens, joint)
        if rest and len(rest[0]) < 3:
            return f"{digit}{rest[0]:0>2}", joint - at + rest[1], True
    return f"{digit}00", 1, True


def _near(text: str, tokens: list[re.Match[str]], at: int) -> bool:
    return text[tokens[at - 1].end() : tokens[at].start()] in (" ", "-")


def _below(word: str, tens: int) -> bool:
    value = _value(word)
    return value is not None and 0 < value < (20 if tens == 60 else 10)


def _value(word: str) -> int | None:
    return None if word.isdigit() else NUMBER_WORDS.get(plain(word))


def japanese_runs(text: str) -> list[Digits]:
    """Digits that are spoken one by one in Japanese, seven or more of them."""
    runs = []
    for match in _JAPANESE_RUN.finditer(text):
        digits, places = "", []
        for word in _JAPANESE_DIGIT.finditer(text, match.start(), match.end()):
            digit = JAPANESE_DIGITS[word[0]]
            if digit:
                digits += digit
                places.append(word.span())
        if len(digits) >= 7:
            runs.append(Digits(digits, places, is_spoken=True, begin=places[0][0], pieces=len(digits)))
    return runs
''', _persons,
)
# fmt: on
# endregion

# region redaction/addresses (written by 'zoom-bridge flows build')
# fmt: off
_addresses = compiled_once(
    'addresses', r'''
"""Addresses: of a street with its house number, of a machine, and of a page that tells of a person or a session."""

from __future__ import annotations

import ipaddress
import re
from typing import Final




_ACCENTS: Final = str.maketrans(
    "áàâãåéèêëíìîïóòôõúùûçñÁÀÂÃÅÉÈÊËÍÌÎÏÓÒÔÕÚÙÛÇÑäöüÄÖÜß",
    "aaaaaeeeeiiiioooouuucnAAAAAEEEEIIIIOOOOUUUCNaouAOUs",
)
"""So that patterns and number words need no accents; each letter stays one letter."""
_NUMBER_WORD: Final = "|".join(
    sorted((word for word in NUMBER_WORDS if len(word) > 2), key=len, reverse=True)
)
_HOUSE: Final = (
    rf"(?:\d{{1,5}} ?(?:[a-h]\b)?|(?:{_NUMBER_WORD})(?:(?: y | e |[ -])(?:{_NUMBER_WORD})){{0,3}}\b)"
)
_STREET_WORD: Final = r"[^\W\d_][\w'’.-]{0,30}"
_NO_STREET: Final = r"(?:at|in|on|for|of|and|the|people|days?|hours?|minutes?|weeks?|main|way|ways|to|more|new|other|different)\b"
STREETS: Final = (
    re.compile(
        rf"\b{_HOUSE},? ?(?:(?!{_NO_STREET}){_STREET_WORD} ){{1,3}}?"
        r"(?:street|avenue|road|boulevard|lane|drive|crescent|terrace|highway|parkway|mews|court|st|ave|rd|blvd|dr)\b\.?",
        re.I,
    ),
    re.compile(rf"\b[^\W\d_]{{3,30}}(?:strasse|strase|str\.|allee|gasse|damm|ufer|chaussee) ?{_HOUSE}", re.I),
    re.compile(
        r"\b(?!arbeitsplatz|parkplatz|umweg|spielplatz|sitzplatz|stellplatz|hinweg|ruckweg)[^\W\d_]{3,30}(?:platz|weg|ring) "
        rf"{_HOUSE}(?! (?:uhr|stunden|minuten|tage|euro|prozent)\b)",
        re.I,
    ),
    re.compile(
        rf"\b(?:am|an der|auf der|alte|neue|grose|kleine) (?:{_STREET_WORD}(?:strase|strasse|platz|weg|allee|markt|ring|berg)|markt) \d{{1,4}}(?:[a-h]\b)?",
        re.I,
    ),
    re.compile(
        rf"\b(?:calle|avenida|avda\.?|plaza|paseo|carrera|camino|calzada|ronda|rua|travessa|praca|alameda|estrada|largo)"
        rf"(?: {_STREET_WORD}){{1,6}}?,? (?:numero |n\.? ?)?{_HOUSE}(?! (?:de|horas?|minutos?|dias?)\b)",
        re.I,
    ),
    re.compile(
        rf"\b{_HOUSE},? ?(?:bis |ter )?(?:rue|avenue|boulevard|place|chemin|allee|impasse|quai|cours)"
        rf"(?: (?:de la|de l['’]|des|du|de|d['’]|le|la|les))?(?: (?!(?:a|dans|en|pour|et|est)\b){_STREET_WORD}){{1,2}}",
        re.I,
    ),
    re.compile(r"〒\d{3}-\d{4}|\b\d{3}-\d{4}(?=\s?[\u3400-\u9fff]{2,3}?[都道府県市])"),
    re.compile(
        r"[\u3400-\u9fffァ-ヶ]{1,12}[町村区市][\u3400-\u9fffァ-ヶ]{0,8}\d{1,3}(?:丁目|-\d{1,3}(?:-\d{1,3})?)(?:\d{1,3}番地?)?(?:の?\d{1,3}号?)?"
    ),
)
"""A street with its house number, as people write it in each of the languages; a street alone is none."""
_STREET_CALLED: Final = re.compile(
    r"street|avenue|\broad\b|boulevard|\blane\b|\bdrive\b|crescent|terrace|highway|parkway|\bmews\b|\bcourt\b|\b(?:st|ave|rd|blvd|dr)\b|stras|str\.|"
    r"allee|gasse|damm|ufer|chaussee|platz|weg|ring\b|markt|berg\b|calle|avenida|avda|plaza|paseo|carrera|camino|calzada|ronda|\brua\b|travessa|praca|"
    r"alameda|estrada|largo|\brue\b|\bplace\b|chemin|impasse|\bquai\b|\bcours\b|〒|[都道府県市町村区]",
    re.I,
)
_DIGIT: Final = re.compile(r"\d")
_CALLED_IN_WORDS: Final = (
    "street avenue road boulevard lane drive crescent terrace highway parkway court stras allee gasse platz weg calle avenida plaza paseo "
    "carrera camino rua travessa praca alameda estrada rue place chemin impasse quai"
).split()
"""Those of them that people say; a text without one and without a digit holds no street."""
_LONGEST_STREET: Final = 90
"""Characters that a street's name and number may take before or behind the word that it is called by."""
URL: Final = re.compile(r"\bhttps?://[^\s<>\"'，。、」）]{1,2000}", re.I)
_TELLS: Final = re.compile(r"[?#]\S|//[^/?#]*@|/(?:~|users?/|u/|profile/|@|in/|account/)", re.I)
_IP4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IP6: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?![\w:])")
_MAC: Final = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w:-])")
_VERSION_BEFORE: Final = re.compile(r"(?:version|versión|versão|release|build|バージョン|\bv)\s*$", re.I)
_LONGEST_LOOK: Final = 20


def address_spans(text: str) -> list[Span]:
    """Where addresses stand."""
    found = street_spans(text.translate(_ACCENTS))
    for match in URL.finditer(text):
        address = match[0].rstrip(".,;:!?)")
        if _TELLS.search(address):
            found.append(Span(match.start(), match.start() + len(address), "addresses", ""))
    found += [Span(match.start(), match.end(), "addresses", "") for match in _MAC.finditer(text)]
    for match in [*_IP4.finditer(text), *_IP6.finditer(text)]:
        before = text[max(0, match.start() - _LONGEST_LOOK) : match.start()]
        if _is_ip(match[0]) and not _VERSION_BEFORE.search(before):
            found.append(Span(match.start(), match.end(), "addresses", ""))
    return found


def street_spans(flat: str) -> list[Span]:
    """Where streets with house numbers stand in a text without accents: near a word that streets are called by."""
    found: list[Span] = []
    small = flat.lower()
    if not _DIGIT.search(small) and not any(called in small for called in _CALLED_IN_WORDS):
        return found
    begin = end = 0
    for called in _STREET_CALLED.finditer(flat):
        if called.start() < end - _LONGEST_STREET and called.end() < end:
            continue
        begin, end = (
            max(end - _LONGEST_STREET, called.start() - _LONGEST_STREET, 0),
            called.end() + 2 * _LONGEST_STREET,
        )
        for street in STREETS:
            found += [
                Span(match.start(), match.end() - (match[0][-1] == " "), "addresses", "")
                for match in street.finditer(flat, begin, end)
            ]
    return found


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.version == 4 or len(text) > 5
''', _numerals, _sensitive,
)
# fmt: on
# endregion

# region redaction/emails (written by 'zoom-bridge flows build')
# fmt: off
_emails = compiled_once(
    'emails', r'''
"""E-mail addresses, written and spoken."""

from __future__ import annotations

import re
from typing import Final





_SIGN: Final = r"A-Za-z0-9_\u00c0-\u024f"
WRITTEN_EMAIL: Final = re.compile(
    rf"(?<![{_SIGN}.+])[{_SIGN}.+%-]{{1,64}}@[{_SIGN}-]{{1,63}}(?:\.[{_SIGN}-]{{1,63}}){{1,8}}"
)
DOTS: Final = frozenset(["dot", "punkt", "punto", "point", "ponto", "ドット", "どっと", "."])
ATS: Final = frozenset("""at aet ät arroba arobase arrobas アット アットマーク あっと klammeraffe""".split())
SURE_ATS: Final = ATS - {"at"}
"""Words for ``@`` that are nothing else."""
JOINTS: Final = frozenset(
    """dash hyphen minus underscore bindestrich unterstrich guion tiret hifen underline sublinhado plus traco ハイフン
        アンダーバー アンダースコア - _""".split()
)
"""Words for other signs within an address."""
SECOND: Final = frozenset(["bajo", "bas", "medio", "baixo"])
"""Second words of *guion bajo* and *tiret bas*."""
CUES: Final = frozenset(
    """email mail e emails address mailbox write send reach contact alias adresse anschreiben correo correu buzon
        escribe escribeme courriel ecris endereco escreve copia copy forward line drop inbox mailto gmail it s is my
        アドレス メール""".split()
)
"""Words near a spoken address."""
NO_LOCAL: Final = frozenset(
    """look looks works work worked meet meeting is was are be am stay live lives arrive start starts stop ends end
        found there here site page website them it that this us me him her you""".split()
)
"""What stands before *at* and is no mailbox, unless *dot* joins it."""
ROLES: Final = frozenset(
    """sales info support contact admin help office hello team jobs press billing service kontakt soporte ventas
        direccion""".split()
)
_EMAIL_WORD: Final = re.compile(
    r"[a-zA-Z0-9\u00c0-\u024f]+|[\u30a0-\u30ff]+|[\u3041-\u3096]+|@|(?<=[A-Za-z0-9])[._-](?=[A-Za-z0-9])"
)
_AT_SAID: Final = re.compile(
    "@|" + "|".join(rf"\b{word}" if word.isascii() else word for word in sorted(ATS)), re.I
)
_SIGNS: Final = DOTS | JOINTS
_NO_INITIAL: Final = frozenset("aeyoi")
"""Letters that are words."""
_MOST_NUMBERS: Final = 4
_TLD: Final = re.compile(
    r"[a-z]{2,3}|info|online|cloud|tech|shop|name|mobi|gmbh|berlin|koeln|studio|design|agency|software|コム|コドットジェーピー"
)
_SPELLED_GAP: Final = re.compile(r"[ \u00a0]{0,2}[\[(<]?|[\])>]?[ \u00a0]{0,2}")
_MOST_PIECES: Final = 12
_MOST_CUE_WORDS: Final = 7


def email_spans(text: str) -> list[Span]:
    """Where e-mail addresses stand."""
    found = [
        Span(match.start(), match.end(), "emails", match[0].casefold())
        for match in WRITTEN_EMAIL.finditer(text)
    ]
    return found + spoken_emails(text)


def spoken_emails(text: str) -> list[Span]:
    """Where addresses stand in words: *anna dot meyer at example dot com*, in each of the languages."""
    found: list[Span] = []
    if not _AT_SAID.search(text):
        return found
    words = list(_EMAIL_WORD.finditer(text))
    plains = [plain(word[0]) if word[0].isascii() or word[0] not in SURE_ATS else word[0] for word in words]
    for at, word in enumerate(plains):
        if not (word in ATS or words[at][0].casefold() in ATS or word == "@"):
            continue
        begin, end = _local_begin(text, words, plains, at), _domain_end(text, words, plains, at)
        if end and begin < at and (word in SURE_ATS or word == "@" or _is_mailbox(plains, begin, at)):
            start, stop = words[begin].start(), words[end].end()
            if not found or found[-1].end <= start:
                found.append(
                    Span(start, stop, "emails", "".join(_sign(entry) for entry in plains[begin : end + 1]))
                )
    return found


def _local_begin(text: str, words: list[re.Match[str]], plains: list[str], at: int) -> int:
    """The first word of what stands before *at*; that itself where nothing can."""
    begin = at - 1
    if begin < 0 or not _adjoins(text, words, at) or plains[begin] in _SIGNS:
        return at
    while begin > 0 and at - begin < _MOST_PIECES and _adjoins(text, words, begin):
        taken = _local_words(text, words, plains, begin, at)
        if not taken:
            break
        begin -= taken
    return begin


def _local_words(text: str, words: list[re.Match[str]], plains: list[str], begin: int, at: int) -> int:
    """How many words before the first one so far are of the address too."""
    before = plains[begin - 1]
    if begin > 2 and before in SECOND and plains[begin - 2] in JOINTS:
        return 3
    if begin > 1 and before in _SIGNS and _adjoins(text, words, begin - 1):
        return 2
    if begin > 1 and text[words[begin - 1].start() - 1] in "'’":
        return 0
    is_letter = len(before) == 1 and before.isascii() and before not in _NO_INITIAL
    is_spelled = is_letter and len(plains[begin]) == 1
    is_initial = is_letter and all(word in NUMBER_WORDS for word in plains[begin + 1 : at])
    is_number = plains[begin] in NUMBER_WORDS and before not in CUES and at - begin < _MOST_NUMBERS
    return int(is_spelled or is_initial or is_number)


def _domain_end(text: str, words: list[re.Match[str]], plains: list[str], at: int) -> int:
    """The last word of a domain behind *at*; 0 where there is none."""
    end, last = at + 1, 0
    while end < len(words) and end - at < _MOST_PIECES and _adjoins(text, words, end):
        joint = end + 1
        if (
            joint + 1 >= len(words)
            or not _adjoins(text, words, joint)
            or not _adjoins(text, words, joint + 1)
        ):
            break
        if plains[joint] in DOTS:
            if _TLD.fullmatch(plains[joint + 1]):
                last = joint + 1
        elif plains[joint] not in JOINTS:
            break
        end = joint + 1
    return last


def _is_mailbox(plains: list[str], begin: int, at: int) -> bool:
    if at - begin > 1 or plains[begin] in ROLES:
        return True
    if plains[begin] in NO_LOCAL:
        return False
    return any(word in CUES for word in plains[max(0, begin - _MOST_CUE_WORDS) : begin])


def _adjoins(text: str, words: list[re.Match[str]], at: int) -> bool:
    return _SPELLED_GAP.fullmatch(text, words[at - 1].end(), words[at].start()) is not None


def _sign(word: str) -> str:
    return "." if word in DOTS else "@" if word in ATS else "-" if word in JOINTS else word
''', _numerals, _persons, _sensitive,
)
# fmt: on
# endregion

# region redaction/packages (written by 'zoom-bridge flows build')
# fmt: off
_packages = compiled_once(
    'packages', r'''
"""Packages that redaction needs, imported when first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any




def needed_package(module: str, package: str) -> Any:
    """A module of a package.

    Raises:
        RedactionError: The package is not installed; redacting without it would let something through in silence.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise RedactionError(f"Redaction needs the package {package}: install it where this runs.") from error
''', _sensitive,
)
# fmt: on
# endregion

# region redaction/numbers (written by 'zoom-bridge flows build')
# fmt: off
_numbers = compiled_once(
    'numbers', r'''
"""Telephone, card and bank numbers among the digits of a text."""

from __future__ import annotations

import itertools
import re
from typing import Final






REGIONS: Final = {
    "en": ("US", "GB", "IN", "AU"),
    "de": ("DE", "AT", "CH"),
    "es": ("ES", "MX", "AR", "CO"),
    "fr": ("FR", "BE", "CH", "CA"),
    "pt": ("BR", "PT"),
    "ja": ("JP",),
}
"""Where numbers without a country's code are looked for, by language."""
PHONE_BEFORE: Final = re.compile(
    r"\b(?:phone|telephone|tel|call(?:ing)?|cell|mobile|dial|ring|text|fax|hotline|extension|whatsapp|reach (?:me|him|her|us)|my number"
    r"|his number|her number|our number|direct line|landline|telefon\w*|handy\w*|mobil\w*|anruf\w*|ruf|rufe|rufnummer|durchwahl|erreichbar|wähl\w*|"
    r"(?:die|meine|seine|ihre) nummer|tel[eé]fono|celular|m[oó]vil|ll[aá]ma\w*|marca|whats|(?:mi|el|su) n[uú]mero|t[eé]l[eé]phone|portable|appel\w*|rappel\w*|"
    r"joindre|num[eé]ro|standard|telefone|celular|telem[oó]vel|lig(?:a|ue|ar)|meu n[uú]mero|o n[uú]mero)\b"
    r"|電話|番号|携帯|連絡先|内線",
    re.I,
)
"""Words before a telephone number."""
NO_PHONE_BEFORE: Final = re.compile(
    r"\b(?:ticket|issue|order|invoice|room|version|build|release|error|code|id|pr|port|page|line|row|chapter|article|case|bug|job|run|"
    r"commit|model|serial|sku|amount|price|total|bestell\w*|rechnung\w*|raum|vorgang\w*|auftrag\w*|version|seite|pedido|factura|sala|versi[oó]n|"
    r"commande|facture|salle|fatura|sala|vers[aã]o|chamado|account|routing|iban|konto\w*|cuenta|compte|conta|card|karte|tarjeta|carte|cart[aã]o|tracking|reference)"
    r"(?:\s+(?:number|nummer|no|id|code|n[uú]mero|num[eé]ro|is|ist|es|est|é|the|number is|nummer ist))*\s*[#:№]?\s*$"
    r"|(?:注文番号|チケット|会議室|バージョン|請求書|口座|カード)\S{0,3}\s*$|[#$€£¥]\s*$",
    re.I,
)
"""Words right before a number that is something else."""
ACCOUNT_BEFORE: Final = re.compile(
    r"\b(?:account(?: number| no)?|acct|konto(?:nummer)?|cuenta(?: bancaria)?|n[uú]mero de cuenta|compte|conta(?: corrente)?|bank(?: account)?|"
    r"routing(?: number)?|aba|sort code|bankleitzahl|blz|ag[eê]ncia|clabe)\b(?:[\s:]+(?:number|nummer|n[uú]mero|num[eé]ro|no|is|ist|es|est|é|de|the))*[\s:]*$"
    r"|口座(?:番号)?[はが:：\s]{0,2}$",
    re.I,
)
"""Words right before the number of a bank account."""
DATE: Final = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2}")
AMOUNT: Final = re.compile(r"\d{1,3}(?:[., \u00a0]\d{3})+(?:[.,]\d{1,2})?|\d+[.,]\d{1,2}")
VERSION: Final = re.compile(r"v?\d{1,4}(?:\.\d{1,6}){2,3}")
UNIT_BEHIND: Final = re.compile(
    r"\s*(?:[$€£¥%]|(?:dollars?|euros?|pounds?|yen|percent|prozent|por ?ciento|reais|pesos|rows?|users?|events?|seats?|units?|records?|requests?|"
    r"people|customers?|minutes?|hours?|stück|zeilen|nutzer|kunden|unidades|lignes|linhas|clientes?|ms|kb|mb|gb)\b|円|件|名|人|行)",
    re.I,
)
IBAN_BEGIN: Final = re.compile(r"(?<![A-Za-z0-9])([A-Za-z])[ -]?([A-Za-z])[ -]?(?=\d|[^\W\d_]{3,})")
_IBAN_PIECE: Final = re.compile(r"[ \u00a0.-]{0,2}(?:(\d)|([^\W\d_]+))")
_SHORTEST_CARD, _LONGEST_CARD = 13, 19
_SHORTEST_PHONE, _LONGEST_PHONE = 7, 15
_FEWEST_IBAN_DIGITS: Final = 8
_LOOK_BACK: Final = 60


class Numbers:
    """Finds numbers of the kinds that are wanted in one text.

    Args:
        text: To look in.
        languages: In which it is; they tell of which countries telephone numbers may be.
        kinds: Of ``cards``, ``accounts`` and ``phones`` those that are wanted.

    Raises:
        RedactionError: A package is not installed.
    """

    def __init__(self, text: str, languages: tuple[str, ...], kinds: tuple[str, ...]) -> None:
        self.text = text
        self.kinds = kinds
        self.regions = tuple(
            dict.fromkeys(region for language in languages for region in REGIONS.get(language, ()))
        )

    def spans(self) -> list[Span]:
        """Where numbers stand; accounts before cards before telephone numbers, where two could be."""
        runs = digit_runs(self.text)
        has_iban = "accounts" in self.kinds and sum(len(run.digits) for run in runs) >= _FEWEST_IBAN_DIGITS
        found = self._ibans() if has_iban else []
        for run in runs:
            if len(run.digits) < 6 or any(span.start < run.end and run.begin < span.end for span in found):
                continue
            found += self._of_run(run)
        return found

    def _of_run(self, run: Digits) -> list[Span]:
        before = self.text[max(0, run.begin - _LOOK_BACK) : run.begin]
        if "cards" in self.kinds:
            card = self._card(run)
            if card:
                return [card]
        if "accounts" in self.kinds and ACCOUNT_BEFORE.search(before) and len(run.digits) <= 24:
            return [Span(run.begin, run.end, "accounts", run.digits)]
        if "phones" in self.kinds and self._is_phone(run, before):
            return [Span(run.begin, run.end, "phones", run.digits.lstrip("0"))]
        return []

    # -----------------------------------------------------------------------------------------------------------------
    # Cards and accounts
    # -----------------------------------------------------------------------------------------------------------------

    def _card(self, run: Digits) -> Span | None:
        """The longest stretch of whole figures that is a card's number."""
        luhn = needed_package("stdnum.luhn", "python-stdnum")
        begins = [at for at in range(len(run.digits)) if _is_edge(run, at)]
        for begin in begins:
            for length in range(_LONGEST_CARD, _SHORTEST_CARD - 1, -1):
                end = begin + length
                number = run.digits[begin:end]
                if len(number) < length or (end < len(run.digits) and not _is_edge(run, end)):
                    continue
                if number[0] in "3456" and len(set(number)) > 1 and luhn.is_valid(number):
                    start = run.begin if begin == 0 else run.places[begin][0]
                    return Span(start, run.places[end - 1][1], "cards", number)
        return None

    def _ibans(self) -> list[Span]:
        iban = needed_package("stdnum.iban", "python-stdnum")
        found: list[Span] = []
        for match in IBAN_BEGIN.finditer(self.text):
            if found and match.start() < found[-1].end:
                continue
            number, ends = (match[1] + match[2]).upper(), [0, 0]
            number, ends = self._iban_text(match.end(), number, ends)
            lengths = range(len(number), 14, -1)
            length = next((at for at in lengths if _is_mod_97(number[:at]) and iban.is_valid(number[:at])), 0)
            if length:
                found.append(Span(match.start(), ends[length - 1], "accounts", number[:length]))
        return found

    def _iban_text(self, at: int, number: str, ends: list[int]) -> tuple[str, list[int]]:
        """Letters and digits from a place on, as far as an account's number may go, and where each ends."""
        while len(number) < 34:
            piece = _IBAN_PIECE.match(self.text, at)
            if piece is None:
                break
            word = piece[2]
            value = NUMBER_WORDS.get(plain(word)) if word and len(word) > 1 else None
            digits = piece[1] or (
                str(value) if value is not None else word.upper() if word.isascii() and len(word) <= 4 else ""
            )
            if not digits or (len(number) < 4 and not digits.isdigit()):
                break
            number += digits
            ends += [piece.end()] * len(digits)
            at = piece.end()
        return number, ends

    # -----------------------------------------------------------------------------------------------------------------
    # Telephone numbers
    # -----------------------------------------------------------------------------------------------------------------

    def _is_phone(self, run: Digits, before: str) -> bool:
        count = len(run.digits)
        if not _SHORTEST_PHONE - 1 <= count <= _LONGEST_PHONE or NO_PHONE_BEFORE.search(before):
            return False
        if run.has_plus:
            return count >= _SHORTEST_PHONE
        if UNIT_BEHIND.match(self.text, run.end):
            return False
        is_called = PHONE_BEFORE.search(before) is not None
        if run.is_spoken:
            return self._is_spoken_phone(run, is_called)
        written = self.text[run.begin : run.end].strip("()")
        if DATE.fullmatch(written) or VERSION.fullmatch(written) or re.search(r"\d{4}-\d{2}-\d{2}", written):
            return False
        if self._is_part_of_word(run):
            return False
        if is_called:
            return not AMOUNT.fullmatch(written) or (" " in written and count >= _SHORTEST_PHONE)
        if AMOUNT.fullmatch(written):
            return False
        return self._is_valid(run.digits, is_formatted=run.pieces > 1)

    def _is_spoken_phone(self, run: Digits, is_called: bool) -> bool:
        """Digits that are told one by one or in pairs: nobody tells an amount so."""
        count = len(run.digits)
        is_fraction = _POINT_BEFORE.search(self.text, max(0, run.begin - 12), run.begin) is not None
        if is_fraction or (count == run.pieces and _counts_up(run.digits)):
            return False
        return count >= _SHORTEST_PHONE and (is_called or count >= 8)

    def _is_part_of_word(self, run: Digits) -> bool:
        before, behind = self.text[run.begin - 1 : run.begin], self.text[run.end : run.end + 1]
        return (
            before in tuple("-_./:#=@")
            or (before.isalnum() and before.isascii())
            or (behind.isascii() and behind.isalpha())
            or behind == "_"
        )

    def _is_valid(self, digits: str, *, is_formatted: bool) -> bool:
        """Whether it is a number of one of the countries as people there write it: with a 0 before, or grouped."""
        phonenumbers = needed_package("phonenumbers", "phonenumbers")
        for region in self.regions:
            has_trunk = digits.startswith("0") and not digits.startswith("00")
            if not has_trunk and (not is_formatted or len(digits) < 9):
                continue
            if not has_trunk and region in _ALWAYS_TRUNK:
                continue
            if has_trunk and len(digits) < 9:
                continue
            try:
                number = phonenumbers.parse(digits, region)
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_valid_number_for_region(number, region):
                return True
        return False


_POINT_BEFORE: Final = re.compile(r"\b(?:point|comma|komma|coma|virgule|vírgula|ponto|punto)\s*\Z", re.I)
_ALWAYS_TRUNK: Final = frozenset("""DE AT CH GB FR BE JP AU IN""".split())
"""Countries whose numbers begin with a 0 within the country."""


def _is_mod_97(number: str) -> bool:
    """Whether an account's check digits are right (ISO 13616), before its country's rules are asked."""
    return int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1


def _counts_up(digits: str) -> bool:
    return (
        all(int(after) - int(before) == 1 for before, after in itertools.pairwise(digits))
        and digits[0] in "01"
    )


def _is_edge(run: Digits, at: int) -> bool:
    """Whether a figure or word begins with this digit."""
    return at == 0 or (
        run.places[at] != run.places[at - 1]
        and (run.places[at][0] > run.places[at - 1][1] or run.places[at][1] - run.places[at][0] > 1)
    )
''', _numerals, _packages, _persons, _sensitive,
)
# fmt: on
# endregion

# region redaction/own_patterns (written by 'zoom-bridge flows build')
# fmt: off
_own_patterns = compiled_once(
    'own_patterns', r'''
"""Words and regular expressions of one's own, bounded so that no text takes long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final



MOST_PATTERNS: Final = 20
LONGEST_PATTERN: Final = 200
MOST_WORDS: Final = 1000
LONGEST_OWN_WORD: Final = 100
LONGEST_REPEAT: Final = 64
"""What ``*``, ``+`` and ``{n,}`` repeat at most: an id is no longer."""
MOST_WAYS: Final = 5000
"""Ways in which a pattern may be tried at one place of a text."""
_PATTERN_PIECE: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[^:=!<>)]*|\{\d*,?\d*\}|.", re.S)
_COUNTED: Final = re.compile(r"\{(\d*)(,?)(\d*)\}")
_REFERENCES: Final = ("(?P=", "(?(")
_ALLOWED_GROUPS: Final = frozenset(["(?", "(?P", "(?i", "(?a", "(?u"])
"""How a group may begin: plain, named, looking ahead or back, without case; none that refers to another."""


def compiled_pattern(pattern: str, position: int) -> re.Pattern[str]:
    """A pattern of one's own whose repeats are bounded.

    Args:
        pattern: A regular expression of Python.
        position: Of it in the list, from 1, for errors.

    Raises:
        RedactionError: It is no regular expression, too long, matches an empty text, or could take long: a group is
            repeated or referred to, or too many repeats stand behind each other.
    """
    told = f"Pattern {position}"
    if any(reference in pattern for reference in _REFERENCES):
        raise RedactionError(f"{told} refers to a group, which could take long.")
    if not pattern or len(pattern) > LONGEST_PATTERN:
        raise RedactionError(f"{told} has no or more than {LONGEST_PATTERN} characters.")
    try:
        re.compile(pattern)
        compiled = re.compile(_bounded(pattern, told))
    except (re.error, RecursionError, OverflowError) as error:
        raise RedactionError(f"{told} is no regular expression.") from error
    if compiled.search(""):
        raise RedactionError(f"{told} matches an empty text.")
    return compiled


def _bounded(pattern: str, told: str) -> str:
    """The pattern with bounded repeats; refused where these multiply."""
    written: list[str] = []
    ways, is_repeat = 1, False
    for match in _PATTERN_PIECE.finditer(pattern):
        piece = match[0]
        bounds = _bounds(piece) if written else None
        if bounds is None or (
            is_repeat and piece in ("?", "+")
        ):  # the latter makes a repeat lazy or possessive
            _refuse_reference(piece, told)
            written.append(piece)
            is_repeat = False
            continue
        least, most = bounds
        if written[-1] == ")" and most > 1:
            raise RedactionError(f"{told} repeats a group, which could take long.")
        ways *= most - least + 1
        if ways > MOST_WAYS or most > LONGEST_PATTERN:
            raise RedactionError(f"{told} has too many or too long repeats, which could take long.")
        written.append(f"{{{least},{most}}}")
        is_repeat = True
    return "".join(written)


def _bounds(piece: str) -> tuple[int, int] | None:
    """How often a piece repeats what stands before it, at least and at most; ``None`` where it is no repeat."""
    counted = _COUNTED.fullmatch(piece)
    if counted and (counted[1] or counted[3]):
        least = int(counted[1] or 0)
        return least, int(counted[3]) if counted[3] else least + LONGEST_REPEAT if counted[2] else least
    return {"*": (0, LONGEST_REPEAT), "+": (1, LONGEST_REPEAT), "?": (0, 1)}.get(piece)


def _refuse_reference(piece: str, told: str) -> None:
    is_reference = piece[0] == "\\" and piece[1:2].isdigit() and piece != "\\0"
    if is_reference or (piece.startswith("(?") and piece not in _ALLOWED_GROUPS):
        raise RedactionError(f"{told} refers to a group or uses one of a kind that is not allowed.")


def compiled_words(words: Sequence[str]) -> re.Pattern[str] | None:
    """One pattern for all words of a list, in any case, each as a whole; ``None`` for none.

    Raises:
        RedactionError: There are too many, or one is too long.
    """
    known = sorted({" ".join(word.split()) for word in words} - {""}, key=lambda word: (-len(word), word))
    if len(known) > MOST_WORDS or any(len(word) > LONGEST_OWN_WORD for word in known):
        raise RedactionError(f"There may be {MOST_WORDS} words of at most {LONGEST_OWN_WORD} characters.")
    if not known:
        return None
    latin = "A-Za-z0-9_\u00c0-\u024f"
    parts = (r"\s+".join(re.escape(piece) for piece in word.split()) for word in known)
    return re.compile(rf"(?<![{latin}])(?:{'|'.join(parts)})(?![{latin}])", re.I)
''', _sensitive,
)
# fmt: on
# endregion

# region redaction/common_names (written by 'zoom-bridge flows build')
# fmt: off
_common_names = compiled_once(
    'common_names', r'''
"""Names that are ordinary words as well: by themselves, they name nobody."""

from __future__ import annotations

from typing import Final

COMMON_NAMES: Final = {
    "en": frozenset(
        """ale amber angel ante april art ash aura aurora autumn baptist basil bay beat berry bill bishop bliss blue
        brandy bridge brook buck buddy bud can case cash cat chance charity charm chase chastity cherry claude clay
        cliff clover colt coral cord corona crystal curry dandy dash dawn day dean del delta denver destiny dewey
        diamond dick dolly don dot drake drew duke earl ebony echo eden edit else ember emerald eve ever faith fanny
        fern flint flora forest ford forever fox frank gale gay gem gene genesis gentry ginger glory golden grace
        grant gray green grit guy hale happy hardy harm harmony haven heath heather heaven henna honesty honey hope
        house hunter ida ivory jade jasper jenkins jewel job jolly journey joy judge kay nee june justice justus kale
        karma kit lake lane lark lean liberty lime line lotus love lucky lynx maple marine mark mars marshal mat mats
        max may melody mercy merit merry mentor meta mile miles mint misty moon noble norm north nova oak ocean olive
        opal pace page paisley pansy park pastor pat patience pearl peer penny pepper petal pierce poppy porter prince
        princess promise prudence rain ransom raven ray red reed reign rich river robin rocky roger roman rose rowan
        ruby rusty sage sailor said sandy scout serene serenity sherry shepherd sierra silver skip sky sol sonny star
        sterling stew stone storm sue summer sunny sunshine tab tea temple terra than thai the thyme tiger till trace
        trinity unique unity urban valentine van velvet victory viola violet ward wave west will willow win winter
        wolf woody wren young zen alexa siri long so an my do in ty min sun soon ok song wing bin data sung sing lay
        ho america france german come isis concha che lore nacho philippine loan apollo kelvin atlas""".split()
    ),
    "de": frozenset(
        """alba ami an april art august ben beat bill blum can christ die du edit elf else engel enter ernst erst fee
        franke freia friede frieden fritz gala gloria gut hart heide helle herz kaiser klein kobold koch konig kraft
        kunst lang lange lau lean lene liebe lilie line linde lis luna lux mai mark marine mats mehr meta mina minna
        mond nike nun ost peer per reich rose rosa rosi rot ruhe schatz sei sommer sonne stein stern tag tea toll treu
        udo ulme urban van viola vogel wald wanda weise will winter wolf wolke wunder zart zeit senta rune man so den
        sehr eben aber ab ali sabbat salz""".split()
    ),
    "es": frozenset(
        """abril adoracion africa agosto ale alegria alma alta amable amada amado amar ambar amor amparo angel
        anunciacion armando ascension asta asuncion aura azahar azucena bella benigno bienvenida blanca blanco bueno
        can candela candida candido caridad casta celeste che clara claro clemente concepcion concha consuelo coral
        corona cristal cristiano cristiana cruz custodia custodio dale dalia dejan del delfin digna divina domingo don
        drago dulce ella encarnacion esmeralda esperanza estrella evita fe felicidad feliz flor flores campos torres fuentes iglesias rios rojas franca franco
        gala galo generoso gentil gracia guerra hermosa hortensia ida inmaculada inocencia ira jade jara jazmin julio
        junio justa justo leal lean leo leon leona libertad linda lirio luna luz mano mar marca marcial marco marino
        martirio mato maxima maximo mayo meta mijo milagros mina mira miran modesta modesto morena moreno musa nada
        natividad nieves norma oda ole oliva oro paca paciencia pacifica palma pastor pastora paz perla pero piedad
        pilar pio placido presentacion primavera primitivo prudencia purificacion rana real regina regula reina
        remedios reto rey reyes ria rico ricos rio roca romana romano romero ron rosa sal salud salvador santa santo
        santos sean serena severo sierra silvestre sol soledad socorro tea tecla tino toro trinidad urbano valiente
        van victoria violeta virtudes vive clavel fuente ali""".split()
    ),
    "fr": frozenset(
        """aime aimee ali ambre ange art avril ben bien blanche bonheur brune capucine celeste cerise claire colombe
        constance desire desiree douce espoir fleur flore franc france gala honore jade juin juste la leger line lune
        lys marine mars mercredi mine nuage oceane olive paix parfait perle perrine pomme prudence rose rosier sol
        soleil tous van vermeil victoire violette paris eden an ami mai roman reine sage dorine elle patience cat""".split()
    ),
    "pt": frozenset(
        """abril adora africa ali alma alta amada amado amar amor anel aparecida aurora bela boa branca caio celeste cem
        clara claro coral cristal cruz dalia delia del dom domingo domingos dores ela esperanca estrela evita fe feliz
        flor franca franco gala galo gene gentil gloria graca ida ira iris jade justa justo lance leal leao leia lia
        linda luz mar marco maio meta mina mira moreno morena mijo nada neve nele nela ouro paz perla pero pia pilar
        reza rei reis regula rena ria rica rico rosa rosario sal salvador santa santo santos senta serena sol sou tara
        tecla til tino van violeta vitoria viva vem tome prudencia mercedes leve""".split()
    ),
}
"""Names in small letters without accents that are rather words in a language. Months are among them."""
HARDLY_NAMES: Final = frozenset(
    """will may can said else mark hope van die del pero nada ella ela an per do so than the till don long my in art so
        man den mira ali mar sol ben ante love line young data summer bill""".split()
)
"""Those of them that are so common that a word before them tells little."""
MAINLY_PLACES: Final = frozenset(
    """africa alexandria america asia berlin brooklyn cleveland columbia dakota dallas damascus denver dublin france
        georgia geneva holland houston india israel jamaica jordan kenya lincoln london madrid milan montana nevada
        odessa orlando paris salvador santiago savannah sydney tennessee valencia vienna virginia washington york wien
        carolina genova""".split()
)
"""Names that are rather places: by themselves they are nobody."""
PLACES: Final = MAINLY_PLACES | frozenset(
    """adelaide austin bristol charlotte chelsea chester eden essen florence florida francisco hagen hamilton hannover
        indiana jackson kent lancaster lima lorena lourdes madison merida peyton phoenix sofia vitoria victoria celle
        siegen diego antonio jose domingo cordoba leon guadalupe cruz maria aurora passau""".split()
)
"""Names that are places as well: after a preposition of place they are nobody."""
PLACE_BEFORE: Final = frozenset(
    """in near around at san santa st saint sankt sao new south north west east lake fort port los las nach aus en
        desde hacia vers depuis em ate""".split()
)
SAINTS: Final = frozenset("""san santa st saint sankt sao new fort port lake los las""".split())
"""What makes a place's name of any name."""
CALENDAR: Final = frozenset(
    """january february march april may june july august september october november december januar februar marz mai
        juni juli oktober dezember enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
        diciembre janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre janeiro fevereiro
        marco maio junho julho setembro outubro novembro dezembro monday tuesday wednesday thursday friday saturday
        sunday montag dienstag mittwoch donnerstag freitag samstag sonntag english german spanish french portuguese""".split()
)
''',
)
# fmt: on
# endregion

# region redaction/name_contexts (written by 'zoom-bridge flows build')
# fmt: off
_name_contexts = compiled_once(
    'name_contexts', r'''
"""Words beside a name that tell that it is one."""

from __future__ import annotations

from typing import Final

TITLES: Final = frozenset(
    """mr mrs ms miss mister missus dr doctor prof professor sir madam herr herrn frau fraulein doktor senor senora
        senorita don dona sr sra doctora profesor profesora licenciado licenciada ingeniero monsieur madame mademoiselle
        mme mlle docteur maitre senhor senhora doutor doutora professora dottore signor signora""".split()
)
"""Before a family name. Some are words of other languages or of their own: see :data:`TITLES_OF`."""
TITLES_OF: Final = {
    "don": ("es",), "dona": ("pt", "es"), "miss": ("en",), "sir": ("en",), "frau": ("de",), "maitre": ("fr",), "sr": ("es", "pt"),
    "sra": ("es", "pt"), "ms": ("en",),
}  # fmt: skip
"""Languages in which alone a word is a title."""
INTRODUCTIONS: Final = (
    "my name is", "my name s", "name is", "i am called", "this is mr", "mein name ist", "mein name lautet", "ich heisse",
    "me llamo", "mi nombre es", "se llama", "je m appelle", "mon nom est", "s appelle", "meu nome e", "me chamo", "chamo me", "se chama",
    "named", "namens", "called mr", "llamado", "llamada", "nomme", "nommee", "chamado", "chamada",
    "er heisst", "sie heisst", "kollegin heisst", "kollege heisst", "chef heisst", "kunde heisst", "kundin heisst",
)  # fmt: skip
"""What stands before a name that somebody is introduced by."""
CALLS: Final = {
    "en": """ask asked asking tell told telling thanks thank hey hi hello ping pinged dear colleague cc invite invited remind reminded
        interview interviewed teammate intern hire hired boss manager ceo cto cfo ms congratulate welcome""",
    "de": """frag frage fragt fragen frau danke dank hallo hi kollege kollegin kollegen chef chefin kunde lieber liebe laut servus moin
        sag""",
    "es": """hola oye gracias companero companera colega jefe jefa preguntale preguntarle dile decirle cuentale avisale pidele querido
        querida senora segun llama llamale escribele""",
    "fr": """bonjour salut merci collegue demande demandez demander dis dites cher chere selon appelle previens remercie""",
    "pt": """oi ola obrigado obrigada colega chefe pergunta pergunte perguntar diga fala segundo caro cara avisa avise""",
}
"""Single words before somebody who is called or spoken to."""
CALL_PHRASES: Final = {
    "en": """spoke with|speak with|talked to|talk to|talking to|spoke to|speak to|met with|call with|chat with|thank you|over to you|over to|
        loop in|bring in|check with|work with|works with|worked with|hear from|heard from|according to|waiting for|wait for|
        checked with|sync with|up with|meeting with|email from|question for|hand over to|handing over to|goes to|
        assigned to|assign to|good morning|good afternoon|point|agree with|reach out to|input from|update from|wait on|
        shout out to|credit to""",
    "de": """sprich mit|gesprochen mit|rede mit|telefonat mit|vielen dank|danke dir|guten morgen|guten tag|kannst du mal|von herrn|
        gruß an|grusse von|gruße von|gruss an|termin mit|ruf mal|das macht|macht der|macht die|meeting mit""",
    "es": """habla con|hablar con|hable con|hablamos con|hablado con|reunion con|pregunta a|preguntar a|buenos dias|dale a|espera a|
        avisa a|muchas gracias|llama a|di a|quedamos con|quede con|de acuerdo con|soy""",
    "fr": """parle avec|parler avec|parle a|parler a|demande a|demander a|vu avec|vois avec|voir avec|point avec|reunion avec|dis a|
        d accord avec|selon""",
    "pt": """fala com|falar com|falei com|falou com|reuniao com|pergunta para|pergunte a|pergunta a|pergunta pra|bom dia|boa tarde|
        combina com|acho que a|acho que o|de acordo com|muito obrigado|avisa a|avisa o""",
}
"""Phrases before somebody; of the words behind them, only what is no word of the language is a name."""
SPEECH: Final = {
    "en": """said says asked asks thinks thought mentioned mentions told tells suggested suggests agreed agrees wants wanted promised
        volunteered joined replied explained confirmed raised reported offered proposed presented pointed pings knows
        believes insisted owns""",
    "de": """sagt sagte meint meinte fragt fragte denkt findet hat schickt schreibt schrieb kummert macht ubernimmt bestatigt
        erklart glaubt mochte wollte versprach pruft leitet weiss weiß""",
    "es": """dijo dice pregunto pregunta piensa menciono sugirio quiere confirmo propuso explico prometio envio aprobo cree comento
        respondio opina ya presento""",
    "fr": """dit demande pense propose a mentionne confirme explique veut promet envoie repond croit trouve prend prendra""",
    "pt": """disse diz perguntou pergunta pensa acha mencionou sugeriu quer confirmou propos explicou prometeu enviou aprovou acredita
        respondeu ja mandou""",
}
"""What people do who are named before it."""
ROSTER_SPEECH: Final = {
    "en": "is was has had will would can could should already also just did does do are isn hasn wasn sent shared knows and or",
    "de": "ist war wird kann soll muss will hatte schon auch und oder bitte",
    "es": "es esta estaba va tiene puede debe fue ya tambien y o puedes",
    "fr": "est etait va peut doit et ou aussi tu",
    "pt": "e esta estava vai tem pode deve foi ja tambem voce",
}
"""What may follow the name of somebody who is in the meeting, and says little of other names."""
CALL_NOUNS: Final = frozenset(
    "colleague boss manager ceo cto cfo intern hire invite kollege chef kunde colega jefe chefe demande pergunta frage".split()
)
"""Words of :data:`CALLS` that may as well be told of without a name."""
YOU: Final = frozenset(
    ["can you", "could you", "would you", "do you", "did you", "are you", "have you", "were you", "kannst du", "hast du", "bist du",
     "machst du", "konntest du", "ubernimmst du", "puedes", "podrias", "me escuchas", "tu peux", "tu nous", "tu as", "peux tu", "voce pode", "pode",
     "voce", "you are", "you re", "please", "over to"]
)  # fmt: skip
"""How somebody who was named at the beginning of a sentence is spoken to."""
MODALS: Final = frozenset(["will", "can", "may", "could", "would", "should"])
SUBJECTS: Final = frozenset("""i you we they he she it this that the there be not""".split())
"""What stands behind *can*, *will* and *may* where these are verbs."""
OPENERS: Final = frozenset(
    """and but so that if because when think thinks thought guess believe know knows says said since while yes no ok
        okay well yeah whether maybe or und aber dass weil wenn ob oder glaube denke ja nein y pero que si porque cuando
        creo e mas se quando acho et mais parce quand crois""".split()
)
"""Words behind which somebody may be the subject of a new clause."""
DETERMINERS: Final = {
    "en": """a an the this that these those my your his her its our their some any every each no another more much of to very i we you they
        he she it most less is are was be""",
    "de": """der die das den dem des ein eine einen einem einer kein keine keinen mein meine meinen dein deine sein seine unser unsere ihr
        ihre im am zum zur vom ins diese dieser dieses jede jeder jedes ich wir er sie es""",
    "es": """el la los las un una unos unas este esta ese esa mi tu su nuestra nuestro al del lo yo es""",
    "fr": """le la les l un une des du d ce cet cette mon ma mes ton ta sa son ses notre votre leur au aux je on nous est""",
    "pt": """o a os as um uma uns meu minha seu sua nosso nossa essa esse isso no na dos das ao eu ele ela""",
}
"""Before an ordinary word, not before a name; in the languages that say *der Jürgen* it is no bar to a name that is no word."""
PARTICLES: Final = frozenset(
    """von van der den de da do dos del della di la le el al bin ibn ten ter zu""".split()
)
"""Small words inside of a family name."""
NO_FAMILY: Final = frozenset(
    """will may long case best day can said good well back ok early more mark young small little new right just live
        love may say see so some soon still then there too very way when where why with work green blue white black
        brown gray grey red hand hands talk walk call calls park page post price paid pay price short sharp strong stock
        store bill hope do go key keys law man mark may mills moody must near noon odd old only or other own play power
        rest rich ring roads said sale sales save sell send set short show side sign sit space staff start step stop sun
        sure take tell test wait want ward was water week weeks wells went were while who win winter wise wish word
        words works would yes yet you please mal bitte noch schon auch heute morgen gut lang klein gross alle fragen
        frage sommer winter herbst ganz bald bei schnell sicher frei fest y e o a et und and or oder ya tambien mucho
        bien hoy luego bueno bravo calle delgado rico campo casas fuerte paz rojo blanco santos flores reyes prieto
        marca costa mesa meta pino porto rocha ramos bien petit grand bon long moreau mai an as do in on over up too""".split()
)
"""Family names that are too ordinary to be taken for one behind a given name, all in small letters."""


def word_sets(table: dict[str, str]) -> dict[str, frozenset[str]]:
    """A table of words of each language, as sets."""
    return {language: frozenset(words.split()) for language, words in table.items()}


def phrase_sets(table: dict[str, str]) -> dict[str, frozenset[str]]:
    """A table of phrases of each language, divided by ``|``, as sets."""
    return {
        language: frozenset(" ".join(phrase.split()) for phrase in phrases.split("|"))
        for language, phrases in table.items()
    }
''',
)
# fmt: on
# endregion

# region redaction/name_lists (written by 'zoom-bridge flows build')
# fmt: off
_name_lists = compiled_once(
    'name_lists', r'''
"""Lists of given and family names and of ordinary words, of well-kept packages; read once, when first needed."""

from __future__ import annotations

import functools
import gzip
import json
import re
from importlib.resources import files
from typing import Final




NEAR_LOCALES: Final = (
    """en_US en_GB en_IE de_DE de_AT de_CH es_ES es_MX es_AR fr_FR fr_CA fr_BE pt_BR pt_PT""".split()
)
FAR_LOCALES: Final = """az_AZ cs_CZ da_DK en_IN en_KE en_NG en_PK et_EE fi_FI fr_DZ ga_IE ha_NG hr_HR hu_HU id_ID ig_NG it_IT lt_LT
        lv_LV nl_NL no_NO pl_PL ro_RO sk_SK sl_SI sv_SE sw tr_TR tw_GH vi_VN yo_NG zu_ZA""".split()
WORD_LANGUAGES: Final = ("en", "de", "es", "fr", "pt")
"""Those with a list of ordinary words."""
_NAME_IN_LIST: Final = re.compile(r"[^\W\d_]{3,}")
_FLOOR: Final = 60
_FAMILY_FLOOR: Final = 1000
_VERY_FREQUENT: Final = {"en": 15_000, "de": 300, "es": 8_000, "fr": 5_000, "pt": 5_000}
"""Counts of the package, whose sources differ in size by language."""
NEVER_NAMES: Final = frozenset(
    """iban email mail api sql java python json linux android google amazon apple server internet online podcast""".split()
)
"""Words of the trade that stand in the lists."""
_SHORT_NAMES: Final = frozenset(
    """abby alex andi basti ben beth bia bob chema dan deb don duda dudu flo fred gabi greg jeff jen jess jim jojo josh juanjo kate
    katie ken kenny kenji liz lola maggie mandy manolo manu matt meg mick mike nando nate nick nico paco pam pat pepe phil
    quique rafa rob robbie ron rudi sam seb sepp steffi steph sue susi ted tina tobi toni uli val vic vicky zach""".split()
)
"""How people are called for short."""
_OTHER_NAMES: Final = frozenset(
    """aanya aditi aditya ahmed aisha akiko akira ali amir amit anil anjali arjun ayumi bilal chen chidi chinedu chioma deepa
        deepak deniz dmitri dmitry emeka fatima farid feng fumiko gita haruki hassan hiroshi hussein ibrahim igor ikram
        ivan jamal jiang jing kamal karim kavita kenji khalid kofi kwame lakshmi layla leila lerato li ling mahmoud mei
        mohamed mohammed muhammad mustafa nadia naveen neha nikhil nikolai nkechi olga olena omar oksana oluwaseun pooja
        pradeep priya priyanka raj rajesh rahul ravi reza rohan sakura samir sandeep sanjay satoshi sergey sergei shreya
        sipho suresh sunita svetlana takashi tariq thabo thandiwe uma vijay vikram vladimir wei xin yasmin yuki yuko
        yusuf zainab zanele adebayo adaeze ngozi tunde funmilayo wanjiru makena kenta aiko naoko keiko daisuke kazuki
        yumi emi jin minh linh huong jennifer may june april hope faith joy grace art bob bill liam aidan niamh kareem hakim siobhan
        saoirse ciaran eoin xiomara itziar inaki aitor nerea ainhoa""".split()
)
"""Given names of large populations that the lists lack in Latin letters."""


@functools.lru_cache(maxsize=1)
def near_given_names() -> frozenset[str]:
    """Given names where English, German, Spanish, French and Portuguese are spoken, small and without accents."""
    return _read(NEAR_LOCALES, "first") | _OTHER_NAMES | _SHORT_NAMES


@functools.lru_cache(maxsize=8)
def home_given_names(language: str) -> frozenset[str]:
    """Given names of the countries where a language is spoken."""
    return (
        _read([locale for locale in NEAR_LOCALES if locale.startswith(language)], "first")
        | _OTHER_NAMES
        | _SHORT_NAMES
    )


@functools.lru_cache(maxsize=1)
def far_given_names() -> frozenset[str]:
    """Given names of other countries, which may be ordinary words of these languages."""
    return _read(FAR_LOCALES, "first") - near_given_names()


@functools.lru_cache(maxsize=1)
def family_names() -> frozenset[str]:
    """Family names of all these countries."""
    return _read(NEAR_LOCALES + FAR_LOCALES, "last")


@functools.lru_cache(maxsize=8)
def word_frequencies(language: str) -> dict[str, int]:
    """How frequent each word of a language is, small; some tens to some hundreds of thousands, names among them.

    Raises:
        RedactionError: The package is not installed.
    """
    place = files(needed_package("spellchecker", "pyspellchecker")) / "resources" / f"{language}.json.gz"
    frequencies: dict[str, int] = json.loads(gzip.decompress(place.read_bytes()))
    return frequencies


def is_word(word: str, languages: tuple[str, ...]) -> bool:
    """Whether a word in small letters is one of these languages' words, or an English one: those are said in all."""
    if any(
        word in word_frequencies(language) for language in ("en", *languages) if language in WORD_LANGUAGES
    ):
        return True
    return "es" in languages and _head(word) in _spanish_heads()


@functools.lru_cache(maxsize=1)
def _spanish_heads() -> frozenset[str]:
    """How Spanish words begin: the package knows few of their forms."""
    return frozenset(_head(word) for word in word_frequencies("es"))


def _head(word: str) -> str:
    return word[: max(4, len(word) - 2)]


def is_very_frequent(word: str, languages: tuple[str, ...]) -> bool:
    """Whether a word in small letters is so frequent that behind a given name it is no family name."""
    return any(
        word_frequencies(language).get(word, 0) > _VERY_FREQUENT[language]
        for language in languages
        if language in WORD_LANGUAGES
    )


def is_frequent(word: str, languages: tuple[str, ...], *, is_family: bool) -> bool:
    """Whether a word in small letters is a frequent one of these languages; of a family name more is asked.

    What is at the floor of the package's counts came from other lists, names among them; German has few counts.
    """
    least = _FAMILY_FLOOR if is_family else _FLOOR
    return any(
        word_frequencies(language).get(word, 0) > (0 if language == "de" else least)
        for language in languages
        if language in WORD_LANGUAGES
    )


def _read(locales: list[str], which: str) -> frozenset[str]:
    found = set[str]()
    for locale in locales:
        provider = needed_package(f"faker.providers.person.{locale}", "Faker").Provider
        for attribute in dir(provider):
            if attribute.startswith(which) and "name" in attribute and not attribute.endswith("pairs"):
                value = getattr(provider, attribute)
                for name in () if callable(value) else value:
                    words = _NAME_IN_LIST.findall(name)
                    found.update(plain(word) for word in words if word[0].isupper())
    return frozenset(found) - NEVER_NAMES
''', _packages, _persons,
)
# fmt: on
# endregion

# region redaction/tongues (written by 'zoom-bridge flows build')
# fmt: off
_tongues = compiled_once(
    'tongues', r'''
"""Which languages a text is in, by its function words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

FUNCTION_WORDS: Final = {
    "en": frozenset(
        """a about after again all also am an and any are as at back be because been before but by can could did do does
        done down for from get go going gonna good got had has have he her here him his how i if in into is it its just
        know let like ll make maybe me more much my need never next no not now of off oh ok okay on one only or other
        our out over please re really right said say says see she should so some soon sure take tell than that the their
        them then there these they thing think this those through to today tomorrow too two until up us ve very want was
        we well were what when where which while who why will with would yeah yes yesterday yet you your monday tuesday
        wednesday thursday friday saturday sunday everyone everybody anyone someone somebody people guys folks team
        again always morning afternoon evening early later both each every myself himself herself""".split()
    ),
    "de": frozenset(
        """aber alle alles als also am an auch auf aus bei bin bis bitte da dafur damit dann das dass dein dem den denn der
        des dich die dies diese dir doch du ein eine einem einen einer es euch euer fur ganz gar gegen geht gibt gut hab
        habe haben hat hatte heute hier ich ihm ihn ihnen ihr ihre im in ins ist ja jetzt kann kannst kein keine konnen
        konnt mal man mehr mein meine mich mir mit mochte morgen muss nach nein nicht noch nun nur ob oder ohne schon
        sehr sein seine sich sie sind so soll sollen uber um und uns unser unter vom von vor wann war waren warum was
        weg weil wenn wer wie wieder will wir wird wo zu zum zur gestern montag dienstag mittwoch donnerstag freitag
        samstag sonntag dort deshalb selbst beide alle zusammen team leute gerade ne""".split()
    ),
    "es": frozenset(
        """a ahora al algo alguien antes aqui asi aun aunque bien cada como con cual cuando de del desde donde dos el ella
        ellos en entonces era es esa ese eso esta estaba estamos estan este esto estoy fue gracias ha han has hasta hay
        hoy la las le les lo los mas me mi mientras muy nada ni no nos nosotros nuestra nuestro o otra otro para pero
        poco por porque pues que quien se ser si sin sobre solo son soy su sus tambien tan te tenemos tiene tienen todo
        todos tu un una uno unos usted vamos ya yo manana ayer lunes martes miercoles jueves viernes sabado domingo
        favor luego aquel equipo puede puedo pueden puedes podemos quiere quieres quiero dice digo hace hago voy vas va
        sabes sabe oye mira creo gracias tenemos tengo estas necesitamos claro bueno siete""".split()
    ),
    "fr": frozenset(
        """a ai alors apres au aussi aux avant avec avez avons bien c ca ce ces cette comme d dans de deja des deux doit
        donc du elle elles en encore est et etait ete etre eu fait faut hier ici il ils j je jour l la le les leur lui m
        ma maintenant mais me meme merci mes moi moins mon n ne nous on ont ou oui par pas peu peut plus pour pourquoi
        qu quand que qui s sa sans se sera ses si son sont sur t ta te tes toi ton tous tout toute tres tu un une vos
        votre vous y demain aujourd hui lundi mardi mercredi jeudi vendredi samedi dimanche equipe""".split()
    ),
    "pt": frozenset(
        """a agora ai ainda alguem ao aos aqui as ate bem com como da das de dela dele depois do dos e ela elas ele eles em
        entao era essa esse esta estamos estao estava este estou eu faz foi hoje isso ja la lhe mais mas me mesmo meu
        minha muito na nao nas nem no nos nossa nosso num numa o obrigado obrigada os ou para pela pelo por porque pra
        quando que quem se sem ser seu sim so sobre sua suas tambem tem temos tenho ter toda todo todos tudo um uma vai
        vamos voce voces amanha ontem segunda terca quarta quinta sexta sabado domingo equipe gente""".split()
    ),
}
"""The commonest words of each language, in small letters without accents: none of them is a name by itself."""
KANA: Final = re.compile(r"[\u3041-\u30fe]")
WITHOUT_SPACES: Final = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff々〆ヶ"
"""Kana and Han: characters of scripts that put no spaces between words."""
_LEAST_SHARE: Final = 0.25


def languages_of(words: Iterable[str], text: str, hints: Iterable[str] = ()) -> tuple[str, ...]:
    """The languages of a text, all of those known where it does not tell.

    Args:
        words: Of the text, in small letters without accents.
        text: Itself, for kana.
        hints: Codes of languages that are spoken besides.
    """
    counts = dict.fromkeys(FUNCTION_WORDS, 0)
    for word in words:
        for language, function_words in FUNCTION_WORDS.items():
            if word in function_words:
                counts[language] += 1
    most = max(counts.values())
    found = [language for language, count in counts.items() if most and count > most * (1 - _LEAST_SHARE)]
    japanese = ["ja"] if KANA.search(text) else []
    told = [hint[:2].lower() for hint in hints if hint[:2].lower() in FUNCTION_WORDS and not most]
    return tuple(dict.fromkeys(found + told + japanese)) or tuple(FUNCTION_WORDS)
''',
)
# fmt: on
# endregion

# region redaction/lexicon (written by 'zoom-bridge flows build')
# fmt: off
_lexicon = compiled_once(
    'lexicon', r'''
"""What the lists tell of a word: whether it can be a name, and whether it is an ordinary word."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final














SHORT_GIVENS: Final = frozenset("al bo cj cy dj ed ty jo jj li lu mo tj vi wu xi yu".split())
"""Given names of two letters: too short to be one without a word before that tells."""
_LEAST_UNKNOWN: Final = 3


@dataclass(frozen=True)
class Entry:
    """What the lists tell of a word in small letters."""

    plain: str
    """Without accents."""
    stem: str
    """Without a possessive's ``s``; empty where it has none."""
    is_near: bool
    """Whether it is a given name where one of the languages is spoken that we know."""
    is_far: bool
    """Whether it is a given name elsewhere, and no ordinary word."""
    is_stem_near: bool
    """Whether the stem is a given name, and the word itself no other word."""
    is_family: bool
    is_function: bool
    """Whether it is one of the commonest words of the languages."""
    is_common: bool
    """Whether it is rather an ordinary word of the languages, if it is a name at all."""
    is_frequent: bool
    is_very_frequent: bool
    is_unknown: bool
    """Whether it is no word of the languages."""


@functools.lru_cache(maxsize=32768)
def entry_of(word: str, languages: tuple[str, ...]) -> Entry:
    """Look a word in small letters up; ``languages`` are those of the text."""
    name = plain(word)
    stem = name[:-1] if len(name) > 3 and name.endswith("s") else ""
    is_function = any(name in FUNCTION_WORDS[language] for language in languages)
    is_known = is_function or is_word(word, languages) or is_word(name, languages)
    is_near = name in near_given_names() or name in SHORT_GIVENS
    return Entry(
        plain=name,
        stem=stem,
        is_near=is_near,
        is_far=name in far_given_names() and not is_known and len(name) > 2,
        is_stem_near=bool(stem)
        and stem in near_given_names()
        and (not is_known or "de" in languages)
        and not is_function
        and stem not in MAINLY_PLACES,
        is_family=name in family_names() and not is_function,
        is_function=is_function,
        is_common=is_function
        or _is_listed(name, stem, languages)
        or (is_near and is_very_frequent(word, languages) and not _is_home(name, languages)),
        is_frequent=is_frequent(word, languages, is_family=name in family_names()),
        is_very_frequent=is_very_frequent(word, languages),
        is_unknown=not is_known and len(name) >= _LEAST_UNKNOWN,
    )


def _is_listed(name: str, stem: str, languages: tuple[str, ...]) -> bool:
    if name in CALENDAR or name in MAINLY_PLACES or name in SHORT_GIVENS:
        return True
    return any(word in COMMON_NAMES[language] for word in (name, stem) if word for language in languages)


def _is_home(name: str, languages: tuple[str, ...]) -> bool:
    return any(name in home_given_names(language) for language in languages)
''', _common_names, _name_lists, _persons, _tongues,
)
# fmt: on
# endregion

# region redaction/spoken_words (written by 'zoom-bridge flows build')
# fmt: off
_spoken_words = compiled_once(
    'spoken_words', r'''
"""The words of a text, with what the lists and their places tell of each."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final





SPOKEN_WORD: Final = re.compile(rf"[^\W\d_{WITHOUT_SPACES}]+")
"""A word of a script with spaces; what stands behind an apostrophe is a word of its own."""
ENDS_SENTENCE: Final = re.compile(r"[.?!:;…\n\"“„»«¿¡(]")
_JOINING: Final = frozenset([" ", "\u00a0", "-"])
_LONGEST_STUMP: Final = 3
_MOST_CAPITALS: Final = 0.7


@dataclass
class SpokenWord:
    """One word at its place in a text."""

    text: str
    start: int
    end: int
    gap: str
    """What stands between it and the word before."""
    is_first: bool
    """Whether a sentence begins with it."""
    entry: Entry
    plain: str
    """In small letters without accents."""
    is_part: bool
    """Whether it is a word of the name of somebody who is known."""
    is_given: bool = False
    is_common: bool = False
    """Whether it is rather an ordinary word."""

    @property
    def is_capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()

    @property
    def is_title(self) -> bool:
        """Whether it is written as a name is."""
        return self.text[0].isupper() and (len(self.text) == 1 or not self.text.isupper())


class SpokenText:
    """A text's words, by place.

    Args:
        text: To look at.
        languages: In which it is.
        parts: Words of the names of those who are known, small and without accents.
    """

    def __init__(self, text: str, languages: tuple[str, ...], parts: Container[str]) -> None:
        self.text = text
        self.languages = tuple(language for language in languages if language in FUNCTION_WORDS)
        self.words = self._read(parts)
        capitals = sum(word.is_capital for word in self.words)
        self.is_cased = 0 < capitals <= max(2, _MOST_CAPITALS * len(self.words))
        """Whether a capital letter tells something."""
        for word in self.words:
            self._judge(word)

    def _read(self, parts: Container[str]) -> list[SpokenWord]:
        words: list[SpokenWord] = []
        end = 0
        for match in SPOKEN_WORD.finditer(self.text):
            gap = self.text[end : match.start()]
            entry = entry_of(match[0].lower(), self.languages)
            words.append(
                SpokenWord(
                    text=match[0],
                    start=match.start(),
                    end=match.end(),
                    gap=gap,
                    is_first=not words or (gap not in _JOINING and ENDS_SENTENCE.search(gap) is not None),
                    entry=entry,
                    plain=entry.plain,
                    is_part=entry.plain in parts
                    or (bool(entry.stem) and not entry.is_near and entry.stem in parts),
                )
            )
            end = match.end()
        return words

    def _judge(self, word: SpokenWord) -> None:
        entry = word.entry
        is_stem_part = word.is_part and bool(entry.stem) and not entry.is_near
        word.is_given = (
            entry.is_near
            or entry.is_stem_near
            or (
                entry.is_far
                and (
                    len(word.text) > _LONGEST_STUMP or (self.is_cased and word.is_title and not word.is_first)
                )
            )
        )
        word.is_common = entry.is_common or (
            word.is_part and not word.is_given and not is_stem_part and entry.is_frequent
        )

    def plain(self, at: int) -> str:
        """The word at a position; empty where there is none."""
        return self.words[at].plain if 0 <= at < len(self.words) else ""

    def joins(self, at: int) -> bool:
        """Whether a word stands right behind the one before."""
        gap = self.words[at].gap
        if gap in ("'", "’"):
            return self.words[at - 1].plain in ("o", "d")
        if gap == ". ":
            return len(self.words[at - 1].text) == 1 or self.words[at - 1].plain in TITLES
        return gap in _JOINING

    def following(self, at: int) -> SpokenWord | None:
        """The word that stands right behind one."""
        return self.words[at + 1] if at + 1 < len(self.words) and self.joins(at + 1) else None

    def is_possessive(self, at: int) -> bool:
        """Whether ``'s`` stands behind a word."""
        return self.plain(at + 1) == "s" and self.words[at + 1].gap in ("'", "’")

    def has_comma_behind(self, at: int) -> bool:
        """Whether a comma stands behind a word that others follow."""
        return at + 1 < len(self.words) and self.words[at + 1].gap.startswith((",", "、"))
''', _lexicon, _name_contexts, _tongues,
)
# fmt: on
# endregion

# region redaction/spoken_names (written by 'zoom-bridge flows build')
# fmt: off
_spoken_names = compiled_once(
    'spoken_names', r'''
"""Names in a text: of the roster and those spoken of, also all in small letters as speech recognition writes them."""

from __future__ import annotations

from collections.abc import Container
from typing import Final























_CALLS: Final = word_sets(CALLS)
_CALL_PHRASES: Final = phrase_sets(CALL_PHRASES)
_SPEECH: Final = word_sets(SPEECH)
_ROSTER_SPEECH: Final = word_sets(ROSTER_SPEECH)
_DETERMINERS: Final = word_sets(DETERMINERS)
_ANDS: Final = frozenset(["and", "und", "y", "et", "e"])
_INTRODUCTIONS: Final = frozenset(INTRODUCTIONS)
_LONGEST_NAME: Final = 5
"""Words behind the first one."""
_LONGEST_GERMAN: Final = 11
"""Letters of a German word that is in no list and yet no compound."""


class SpokenNames(SpokenText):
    """Finds names in one text. A word is one by itself, or by what stands beside it where it is an ordinary word too."""

    def spans(self) -> list[tuple[int, int]]:
        """Where names stand, by place."""
        found: list[tuple[int, int]] = []
        self._last = -1  # the last word of the name before
        at = 0
        while at < len(self.words):
            if not self._begins(at):
                at += 1
                continue
            end = self._end(at)
            start = self._start(at, found[-1][1] if found else 0)
            found.append((start, self._cut(end)))
            self._last, at = end, end + 1
        return found

    # -----------------------------------------------------------------------------------------------------------------
    # Where a name begins
    # -----------------------------------------------------------------------------------------------------------------

    def _begins(self, at: int) -> bool:
        word = self.words[at]
        can_be = word.is_part or word.is_given
        if self._is_title(word.plain) or self._is_nobody(at):
            return False
        if can_be and not word.is_common:
            return True
        if self._is_introduced(at):
            return True
        if can_be:
            return self._is_named_by_context(at)
        if word.entry.is_unknown and self._is_unknown_name(at):
            return True
        return word.entry.is_family and self._is_family_name(at)

    def _is_nobody(self, at: int) -> bool:
        """Whether it is a place, what is left of another word as in *'kay*, or a verb as in *can you*."""
        word, before = self.words[at], self.plain(at - 1)
        if word.gap.endswith((" '", " ’")) or (not at and word.start and self.text[word.start - 1] in "'’"):
            return True
        if word.plain in MODALS and self.plain(at + 1) in SUBJECTS:
            return True
        if word.is_part:
            return False
        if self.is_cased and word.text.isupper() and 1 < len(word.text) < 5:
            return True
        if before in SAINTS and (word.is_given or word.entry.is_family):
            return True
        return word.plain in PLACES and (before in PLACE_BEFORE or word.plain in MAINLY_PLACES)

    def _is_introduced(self, at: int) -> bool:
        """Whether a title or an introduction stands before a word that can be a name."""
        word, before = self.words[at], self.plain(at - 1)
        if not at or word.entry.is_function or word.plain in TITLES or len(word.text) < 2:
            return False
        if word.is_first and not (before in TITLES and word.gap == ". "):
            return False
        if before in TITLES and self.joins(at):
            is_name = word.entry.is_unknown or word.is_given or word.entry.is_family or word.is_part
            is_written = self.is_cased and word.is_capital and "de" not in self.languages
            return self._is_title(before) and (is_name or is_written)
        return self._follows(at, _INTRODUCTIONS) and not (word.is_common and not word.is_given)

    def _is_title(self, word: str) -> bool:
        """Whether a word is a title in a language of the text."""
        return word in TITLES and any(
            language in self.languages for language in TITLES_OF.get(word, self.languages)
        )

    def _is_named_by_context(self, at: int) -> bool:
        """Whether an ordinary word that is a name as well is one here."""
        word, before, following = self.words[at], self.plain(at - 1), self.following(at)
        is_hard = word.plain in HARDLY_NAMES
        if self._is_called(at) and not (word.plain in MODALS and before == "you"):
            return True
        if before in _ANDS and at - 2 == self._last and not is_hard:
            return True
        if self._says(at - 1, _DETERMINERS):
            return False
        if self.is_cased and word.is_capital and self._is_written_as_name(at, following):
            return True
        is_subject = word.is_first or before in OPENERS
        if word.is_first and self.has_comma_behind(at) and (word.is_part or self._speaks_to(at + 1)):
            return True
        if following is None:
            return self.is_possessive(at) and (word.is_part or (not word.entry.is_family and not is_hard))
        if (word.is_part and following.is_part) or self._is_full_name(word, following):
            return True
        if is_subject and self._says(at + 1, _SPEECH):
            return True
        is_told_of = (word.is_given and not is_hard) or (
            is_subject and (not is_hard or following.plain not in MODALS)
        )
        if word.is_part and is_told_of and self._says(at + 1, _ROSTER_SPEECH):
            return True
        can_be_called = not is_hard or (word.is_part and word.plain not in MODALS)
        return is_subject and can_be_called and self._speaks_to(at + 1)

    def _is_written_as_name(self, at: int, following: SpokenWord | None) -> bool:
        """Whether the capital letter of an ordinary word tells that it is a name."""
        word = self.words[at]
        if not word.is_first and word.is_part:
            return True
        if not word.is_first and "de" not in self.languages and word.plain not in CALENDAR:
            return True
        if following is None or not following.is_title:
            return False
        return following.is_part or following.entry.is_family or following.entry.is_unknown

    def _is_full_name(self, word: SpokenWord, following: SpokenWord) -> bool:
        """Whether a family name behind an ordinary word makes it a given name."""
        if following.is_capital != word.is_capital or not following.entry.is_family or following.is_common:
            return False
        is_rare = not following.entry.is_very_frequent and following.plain not in NO_FAMILY
        return following.entry.is_unknown or (
            word.plain not in HARDLY_NAMES and is_rare and len(following.text) > 4
        )

    def _is_unknown_name(self, at: int) -> bool:
        """Whether what is no word of the languages is a name."""
        word, following = self.words[at], self.following(at)
        is_small = word.text.islower()
        if not word.text[1:].islower() or (self.is_cased and is_small):
            return False
        if word.entry.is_family:
            return not (is_small and "de" in self.languages and len(word.text) > _LONGEST_GERMAN)
        if self._is_called(at):
            return not (is_small and "es" in self.languages)  # of its verbs' forms the lists know few
        is_pair = following is not None and following.entry.is_unknown and following.is_title
        return is_pair and word.is_title and self.is_cased and "de" not in self.languages

    def _is_family_name(self, at: int) -> bool:
        """Whether a family name that is an ordinary word too stands for somebody here."""
        word, following = self.words[at], self.following(at)
        if not (self.is_cased and word.is_title) or word.is_common or self._says(at - 1, _DETERMINERS):
            return False
        if following and following.is_title and following.is_given and not following.is_common:
            return True
        is_written = "de" not in self.languages and not word.is_first
        return is_written and (self._is_called(at) or self._says(at + 1, _SPEECH))

    def _is_called(self, at: int) -> bool:
        """Whether somebody is called or spoken to by the words before."""
        before = self.plain(at - 1)
        if not before or ENDS_SENTENCE.search(self.words[at].gap):
            return False
        if any(before in _CALLS[language] for language in self.languages):
            return not (
                before in CALL_NOUNS and self._says(at - 2, _DETERMINERS) and self.words[at].entry.is_unknown
            )
        return any(self._follows(at, _CALL_PHRASES[language]) for language in self.languages)

    def _follows(self, at: int, phrases: frozenset[str]) -> bool:
        phrase = ""
        for back in range(1, min(3, at) + 1):
            phrase = f"{self.words[at - back].plain} {phrase}".rstrip()
            if phrase in phrases:
                return True
        return False

    def _says(self, at: int, table: dict[str, frozenset[str]]) -> bool:
        return any(self.plain(at) in table[language] for language in self.languages)

    def _speaks_to(self, at: int) -> bool:
        return self.plain(at) in YOU or f"{self.plain(at)} {self.plain(at + 1)}" in YOU

    # -----------------------------------------------------------------------------------------------------------------
    # How far it goes
    # -----------------------------------------------------------------------------------------------------------------

    def _start(self, at: int, last: int) -> int:
        """Where the name begins whose word was found: an unknown word before a family name is its given name."""
        word = self.words[at]
        if not at or not self.joins(at) or "de" in self.languages:
            return word.start
        before = self.words[at - 1]
        is_alike = (
            before.is_capital == word.is_capital and before.start >= last and before.plain not in TITLES
        )
        can_be = before.entry.is_unknown or (before.is_given and not before.is_common)
        return before.start if is_alike and can_be and (not word.is_given or word.is_title) else word.start

    def _end(self, at: int) -> int:
        """The last word of the name that begins at a word; nothing follows a possessive."""
        end = at
        while end - at < _LONGEST_NAME and self._cut(end) == self.words[end].end:
            step = 1
            while step < 3 and self.plain(end + step) in PARTICLES and self.joins(end + step):
                step += 1
            if end + step >= len(self.words) or not self._continues(
                end + step, at, is_behind_particle=step > 1
            ):
                break
            end += step
        return end

    def _continues(self, at: int, begin: int, *, is_behind_particle: bool) -> bool:
        """Whether a word is of the name that began before it."""
        word, entry = self.words[at], self.words[at].entry
        is_alike = word.is_capital == self.words[begin].is_capital
        if not self.joins(at) or not is_alike or entry.is_function or word.plain in CALENDAR:
            return False
        if "-" in word.gap:
            return word.is_given or entry.is_family or entry.is_unknown
        if word.is_part or (word.is_given and not word.is_common):
            return True
        if word.is_capital:
            is_written = "de" not in self.languages and not is_behind_particle and self.is_cased
            return word.is_title and (entry.is_family or entry.is_unknown or is_written)
        return self._is_small_family_name(at, is_behind_particle=is_behind_particle)

    def _is_small_family_name(self, at: int, *, is_behind_particle: bool) -> bool:
        word, entry = self.words[at], self.words[at].entry
        if is_behind_particle or ("de" in self.languages and len(word.text) > _LONGEST_GERMAN):
            return entry.is_family
        if (word.plain in HARDLY_NAMES or word.plain in NO_FAMILY or entry.is_very_frequent) or self._says(
            at, _SPEECH
        ):
            return False
        is_unknown = entry.is_unknown and "es" not in self.languages
        return word.is_given or (entry.is_family and not word.is_common) or is_unknown

    def _cut(self, end: int) -> int:
        """Where the name ends: a German or careless possessive's ``s`` is none of it."""
        word = self.words[end]
        if not word.entry.stem or word.entry.is_near or word.entry.is_family:
            return word.end
        return word.end - 1 if word.is_part or word.entry.is_stem_near else word.end


def spoken_names(text: str, languages: tuple[str, ...], parts: Container[str]) -> list[tuple[int, int]]:
    """Where names stand in a text of these languages; ``parts`` are words of names of those who are known."""
    return SpokenNames(text, languages, parts).spans()
''', _common_names, _name_contexts, _spoken_words,
)
# fmt: on
# endregion

# region redaction/told_names (written by 'zoom-bridge flows build')
# fmt: off
_told_names = compiled_once(
    'told_names', r'''
"""Names in what was found, written and approved: an owner, and who stands before a dash or behind a colon."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final








_BREAKS: Final = r"[\n:;,、，：；/／&+|•*()（）\[\]]|(?<!\S)[-–—]+(?!\S)"
_BREAK: Final = re.compile(_BREAKS)
_OWNER_BREAK: Final = re.compile(rf"{_BREAKS}|\s(?:and|or|und|oder|y|o|et|ou|e)\s|と")
_LATIN_CHARACTER: Final = re.compile(f"[{LATIN}]")
_ONLY_WORDS: Final = re.compile(r"[^\W\d_]+(?:[ .'’-]{1,2}[^\W\d_]+)*\.?")
_OWNER_WORD: Final = re.compile(r"[^\W\d_]+")
_LANGUAGES: Final = tuple(FUNCTION_WORDS)
"""A field of few words does not tell its language."""
_MOST_OWNER_WORDS: Final = 4
_LEAST_OWNER: Final = 2


def known_spans(text: str, key: Phrases) -> list[Span]:
    """Where what the key puts back stands as whole words: it would go out as it is where it had been put back."""
    found = []
    for start, end in key.places(text):
        if not _goes_on(text, start) and not _goes_on(text, end):
            found.append(Span(start, end, *key.meanings[text[start:end]]))
    return found


def _goes_on(text: str, at: int) -> bool:
    """Whether a word goes on at a place."""
    return at > 0 and all(_LATIN_CHARACTER.match(text, place) for place in (at - 1, at))


def labelled_names(text: str, persons: Persons) -> list[tuple[int, int]]:
    """Where a name of somebody known stands by itself between a text's ends, dashes and the like."""
    return [
        (start, end)
        for start, end in _pieces(_BREAK, text)
        if not text[start].islower() and persons.knows(text[start:end])
    ]


def owner_names(text: str, persons: Persons) -> list[tuple[int, int]]:
    """Who has to do something: those who are known, in any case, and whatever is written as a name is."""
    return [
        (start, end)
        for start, end in _pieces(_OWNER_BREAK, text)
        if persons.knows(text[start:end]) or _is_name(text[start:end])
    ]


def _pieces(between: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """What stands between breaks, without blanks around it, where it is nothing but words."""
    breaks = [match.span() for match in between.finditer(text)]
    found = []
    for (_, begin), (end, _) in pairwise([(0, 0), *breaks, (len(text), len(text))]):
        piece = text[begin:end].strip()
        if len(piece) <= LONGEST_DISPLAY_NAME and _ONLY_WORDS.fullmatch(piece):
            start = text.index(piece, begin)
            found.append((start, start + len(piece)))
    return found


def _is_name(text: str) -> bool:
    """Whether each word is capitalised, and none an ordinary one that nobody is called by: ``Team`` is nobody."""
    words = _OWNER_WORD.findall(text)
    return 0 < len(words) <= _MOST_OWNER_WORDS and all(_can_be_called(word) for word in words)


def _can_be_called(word: str) -> bool:
    if not word[0].isupper() or word.isupper() or len(word) < _LEAST_OWNER or plain(word) in NO_PART:
        return False
    entry = entry_of(word.lower(), _LANGUAGES)
    return entry.is_near or not (entry.is_function or (entry.is_frequent and not entry.is_unknown))
''', _lexicon, _persons, _phrases, _putting_back, _sensitive, _tongues,
)
# fmt: on
# endregion

# region redaction/redactor (written by 'zoom-bridge flows build')
# fmt: off
_redactor = compiled_once(
    'redactor', r'''
"""The redactor: replaces what is sensitive in a text or a window by the meeting's placeholders."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
















WHOLE_NAMES: Final = frozenset({"name", "speaker", "attendees"})
"""Fields of a window that are the name of somebody who is there, and nothing else."""
TOLD: Final = frozenset({"approved", "still_open", "earlier"})
"""Fields of a window that come from flows, with real words put back in them."""
RECORD: Final = "record"
"""Field of what was approved that tells where it is written; its name is that of a ticket."""
APPROVED_IDS: Final = frozenset(
    {"id", "key", "kind", "status", "evidence", "engine", "language", "of", "url", RECORD}
)
"""Fields in what was approved that nobody has said; all others may hold words, whatever a component calls them."""
OWNER: Final = "owner"
"""Field of a window that names who has to do something: one, several, or nobody in particular."""
SAID: Final = WHOLE_NAMES | {"topic", "text", OWNER, "due", "summary", "question"}
"""Fields of a window that hold words; all others are ids, times and names of ours, and stay."""
_NUMBER_KINDS: Final = ("cards", "accounts", "phones")
_ORDER: Final = (LITERAL, "words", "ids", "emails", "accounts", "cards", "addresses", "phones", "names")
"""Which kind wins where spans overlap and are equally long."""
_MOST_CHARACTERS: Final = 20_000
"""Of a window's texts, to tell its languages by."""
_UNSPACED: Final = re.compile(f"[{WITHOUT_SPACES}]")


@dataclass(frozen=True)
class _Place:
    """Where in a window a value stands."""

    placeholders: Placeholders
    languages: tuple[str, ...]
    told: Phrases | None
    """What the key puts back, where it may have been put back in the value."""
    is_approved: bool


class Redactor:
    """Replaces what is sensitive; one for all texts of a run. Nothing it raises or counts tells words of a meeting.

    The first text for which names are wanted reads lists of names and words, for some seconds of a slow machine.

    Args:
        kinds: What is replaced, of :data:`KINDS`.
        words: Of one's own, in any case, for ``words``.
        patterns: Regular expressions of one's own, for ``ids``; a repeat without a bound ends after 64 times.
        people: Names of people besides those of a window.
        languages: Codes of those that are spoken, such as ``de``, for texts too short to tell.

    Raises:
        RedactionError: A kind is unknown, or a pattern or the list of words cannot be used.
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
        if any(kind not in KINDS for kind in self.kinds):
            raise RedactionError(f"There is no such kind to redact. There are {', '.join(KINDS)}.")
        if len(patterns) > MOST_PATTERNS:
            raise RedactionError(f"There may be {MOST_PATTERNS} patterns.")
        self.people, self.languages = tuple(people), tuple(languages)
        self._patterns = [compiled_pattern(pattern, at) for at, pattern in enumerate(patterns, 1)]
        self._words = compiled_words(words)
        self.counts: Counter[str] = Counter()
        """How often something of each kind was replaced, so far."""

    def text(self, text: str, placeholders: Placeholders) -> str:
        """A text with placeholders; new ones are added to the key."""
        self._add_people(self.people, placeholders)
        return self._replaced(text, placeholders, self.languages_of(text))

    def window(self, window: dict[str, Any], placeholders: Placeholders) -> dict[str, Any]:
        """A window (``zoom-window/1``) with placeholders, as a copy; ids, also those of people, and times stay."""
        self._add_people((*self.people, *names_of(window)), placeholders)
        texts = "\n".join(said["text"] for said in window.get("utterances", ()))
        languages = self.languages_of(texts[:_MOST_CHARACTERS])
        key = Phrases()
        if any(window.get(name) for name in TOLD):
            for text, kind, found in placeholders.told():
                if kind in self.kinds and (kind != "names" or not (text.islower() and text.isalpha())):
                    key.add(text, (kind, found))
        made = {}
        for name, value in window.items():
            told = key if name in TOLD else None
            made[name] = self._value(name, value, _Place(placeholders, languages, told, name == "approved"))
        return made

    def _add_people(self, names: Iterable[str], placeholders: Placeholders) -> None:
        if "names" in self.kinds:
            for name in names:
                placeholders.add_person(name)

    def languages_of(self, text: str) -> tuple[str, ...]:
        """The languages of a text, as far as it tells."""
        words = (plain(match[0]) for match in SPOKEN_WORD.finditer(text))
        return languages_of(words, text, self.languages)

    def _value(self, name: str, value: Any, place: _Place) -> Any:
        if name == RECORD or (place.is_approved and name in APPROVED_IDS):
            return value
        if isinstance(value, dict):
            return {own: self._value(own, entry, place) for own, entry in value.items()}
        if isinstance(value, list):
            return [self._value(name, entry, place) for entry in value]
        if not isinstance(value, str) or not (name in SAID or place.is_approved) or not value:
            return value
        if name in WHOLE_NAMES and "names" in self.kinds:
            self.counts["names"] += 1
            return place.placeholders.add_person(value)
        return self._replaced(value, place.placeholders, place.languages, self._told(name, value, place))

    def _told(self, name: str, text: str, place: _Place) -> list[Span]:
        """What is sensitive in a field for what it is, and for where it comes from."""
        found = [] if place.told is None else known_spans(text, place.told)
        if "names" in self.kinds:
            persons = place.placeholders.persons
            names = owner_names(text, persons) if name == OWNER else []
            names += [] if place.told is None else labelled_names(text, persons)
            found += [Span(*span, "names", "") for span in names]
        return found

    def _replaced(
        self, text: str, placeholders: Placeholders, languages: tuple[str, ...], told: Iterable[Span] = ()
    ) -> str:
        written, at = [], 0
        for span in whole_spans(text, [*told, *self.spans(text, placeholders, languages)]):
            found = text[span.start : span.end]
            written += [text[at : span.start], placeholders.placeholder(span.kind, found, span.key)]
            at = span.end
            if span.kind != LITERAL:
                self.counts[span.kind] += 1
        return "".join([*written, text[at:]])

    def spans(self, text: str, placeholders: Placeholders, languages: tuple[str, ...]) -> list[Span]:
        """What is sensitive in a text, in no order; some may overlap."""
        found = [Span(match.start(), match.end(), LITERAL, match[0]) for match in PLACEHOLDER.finditer(text)]
        if "words" in self.kinds and self._words:
            found += [
                Span(match.start(), match.end(), "words", match[0].casefold())
                for match in self._words.finditer(text)
            ]
        if "ids" in self.kinds:
            for pattern in self._patterns:
                found += [
                    Span(*match.span(), "ids", match[0]) for match in pattern.finditer(text) if match[0]
                ]
        if "emails" in self.kinds:
            found += email_spans(text)
        if "addresses" in self.kinds:
            found += address_spans(text)
        numbers = tuple(kind for kind in self.kinds if kind in _NUMBER_KINDS)
        if numbers:
            found += Numbers(text, languages, numbers).spans()
        if "names" in self.kinds:
            found += [Span(start, end, "names", "") for start, end in _names(text, placeholders, languages)]
        return found


def _names(text: str, placeholders: Placeholders, languages: tuple[str, ...]) -> list[tuple[int, int]]:
    found = spoken_names(text, languages, placeholders.persons.by_part)
    if not _UNSPACED.search(text):
        return found
    found += placeholders.persons.unspaced.places(text)
    if KANA.search(text):
        found += honoured_names(text) + listed_names(text)
    return found


def names_of(window: dict[str, Any]) -> list[str]:
    """Everybody who is named by a window's fields, in order of appearance."""
    people = [person["name"] for person in window.get("participants", ())]
    people += [said["speaker"] for said in window.get("utterances", ())]
    return list(dict.fromkeys(name for name in people if name))


def whole_spans(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans by place without overlap, each wide enough that its placeholder is known again behind it.

    Where some overlap or touch, as two placeholders that touch would not be known again, the longest of them counts,
    and what else of them it leaves is covered too. Linear in the text and the number of spans.
    """
    joined: list[Span] = []
    words: list[tuple[int, int]] | None = None
    for span in sorted(spans, key=lambda span: (span.start, -span.end, _ORDER.index(span.kind))):
        before = joined[-1].end if joined else 0
        if span.end <= before or span.end == span.start:
            continue
        words = [match.span() for match in CLINGING.finditer(text)] if words is None else words
        span = _widened(text, span, before, words)
        if joined and span.start <= before:
            joined[-1] = _joined(joined[-1], span)
        else:
            joined.append(span)
    return joined


def _joined(first: Span, second: Span) -> Span:
    """One span for two that overlap or touch."""
    end = max(first.end, second.end)
    longer = max(first, second, key=lambda span: (span.end - span.start, -_ORDER.index(span.kind)))
    if (longer.start, longer.end) == (first.start, end):
        return longer
    return Span(first.start, end, longer.kind, "")


def _widened(text: str, span: Span, before: int, words: list[tuple[int, int]]) -> Span:
    """A span that takes in what would make its placeholder a part of a longer word, back to the one before it."""
    start, end = span.start, span.end
    while start > before and not BEGINS_CLEAR.match(text, start):
        start -= 1
    at = bisect_right(words, (end, len(text))) - 1
    if at >= 0 and end < words[at][1]:
        last = words[at][1] - 1
        end = last if text[last] == "s" else last + 1
    return span if (start, end) == (span.start, span.end) else Span(start, end, span.kind, "")
''', _addresses, _emails, _japanese_names, _numbers, _own_patterns, _persons, _phrases, _placeholders, _putting_back, _sensitive, _spoken_names, _spoken_words, _told_names, _tongues,
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
PROBE: Final = (
    "Perhaps Wendy Thompson.\n(202) 555-0143\nThen 4111 1111 1111 1111.\nDE89 3704 0044 0532 0130 00"
)
"""A text that every part of the engine has to look at."""
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


def probe(redactor: Redactor) -> None:
    """See that all is there that redaction needs, before anybody has said anything.

    Raises:
        RedactionError: A package is missing here; says which.
    """
    Redactor(redactor.kinds).text(PROBE, Placeholders())


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
        text, key, is_changed = await asyncio.to_thread(_redacted, redact, known)
        if clock() >= until:
            msg = "Zoom Redactor: redacting this window took too long. It can be run again."
            raise RedactionError(msg)
        if is_changed:
            await (rows.change(row, key) if row else rows.add(KEY, key))
    graph = run_graph(component)
    if graph is not None:
        graph.context[RUN_KEY] = key
    return text


def _redacted(redact: Callable[[Placeholders], str], known: list[Any]) -> tuple[str, list[Any], bool]:
    """Redact with a key; gives the key as it is then and whether it is another."""
    placeholders = Placeholders.of(known)
    text = redact(placeholders)
    key = placeholders.rows()
    return text, key, key != known


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
''', _placeholders, _redactor, _sensitive, _message_table, _put_back,
)
(
    WHAT,
    kinds_of,
    listed,
    probe,
    with_key,
) = (
    _redacting.WHAT,
    _redacting.kinds_of,
    _redacting.listed,
    _redacting.probe,
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
        await asyncio.to_thread(probe, redactor)

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
