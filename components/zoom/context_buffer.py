"""Zoom Context Buffer: what was just said, told apart from what was said before."""

from __future__ import annotations

from typing import Any

from lfx.custom import Component
from lfx.io import IntInput, MessageInput, Output
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

# region shared/one_run (written by 'zoom-bridge flows build')
# fmt: off
_one_run = compiled_once(
    'one_run', r'''
"""One run of a window at a time: Zoom Context Buffer claims the run, and whoever comes to the run's end gives it up.

Two runs of one window meet only where the first was not told to stop, or was not heard when it was: after a time-out,
or when the bridge or Langflow was started anew. The door is Context Buffer, through which every window comes. Behind
it nobody needs to look out for rivals. The claim is a row of the message table; the run remembers its own in the
graph's context. It is given up by the last of our components, by any of them that fails or is cancelled, and else it
lapses.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final



CLAIM: Final = "zoom_run"
"""What a run's own claim is called in the graph's context."""


class RunUnderWayError(RuntimeError):
    """Another run of the window is under way. Later it can be run: nothing is lost, nothing was done."""


async def claim_run(
    component: Any, *, session_id: str, route: str, window_id: str, now: float, seconds: float
) -> None:
    """Claim a window for this run, for ``seconds`` at most; a second time in the same run is no harm.

    The table cannot refuse a row, so a run writes its claim and then looks for others: of two at once at most one goes
    on, and where both find each other, neither.

    Args:
        component: The one that stands at the door; without a graph it is in no run, and nothing is claimed.
        session_id: The meeting's.
        route: The window's.
        window_id: The window.
        now: Unix seconds, by which all workers of a server go.
        seconds: After these a claim has lapsed: its run is dead, or was given up by the bridge.

    Raises:
        RunUnderWayError: Another run has it.
    """
    run = run_of(component)
    if not run or CLAIM in component.graph.context:
        return
    rows = Rows(session_id, f"zoom-run:{route}")
    try:
        mine = await rows.add(window_id, {"run": run, "until": now + seconds})
        for other in await rows.all(window_id):
            if other.content["until"] <= now:
                await rows.remove(other)
            elif other.content["run"] != run:
                msg = f"Zoom Context Buffer: another run of this window is under way. {window_id} can be run after it."
                raise RunUnderWayError(msg)
    except BaseException:
        await to_its_end(take_back(rows, window_id, run))
        raise
    component.graph.context[CLAIM] = {"session_id": session_id, "route": route, "row": mine}


async def take_back(rows: Rows, window_id: str, run: str) -> None:
    """Remove what a run has claimed, whichever row of it there is."""
    for row in await rows.all(window_id):
        if row.content["run"] == run:
            await rows.remove(row)


async def give_up_run(component: Any) -> None:
    """Let the next run of the window in."""
    claim = component.graph.context.pop(CLAIM, None) if run_of(component) else None
    if claim:
        await Rows(claim["session_id"], f"zoom-run:{claim['route']}").remove(claim["row"])


@contextlib.asynccontextmanager
async def within_run(component: Any, *, last: bool = False) -> AsyncIterator[None]:
    """Do a component's part of a run; give the run up where that fails or is cancelled, or where it is the last."""
    try:
        yield
    except BaseException:
        try:
            await give_up_run(component)
        except Exception as fault:  # what went wrong first is what people have to know; the claim lapses
            component.log(f"The run of this window was not given up ({type(fault).__name__}).", name="Run")
        raise
    if last:
        await give_up_run(component)


def run_of(component: Any) -> str:
    """Name the run of a flow that a component is part of; empty where it is used alone."""
    return str(getattr(component.graph, "_run_id", "") or "") if component._vertex is not None else ""
''', _message_table,
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
RUN_SECONDS = _window.RUN_SECONDS
# fmt: on
# endregion
# region shared/context_step (written by 'zoom-bridge flows build')
# fmt: off
_context_step = compiled_once(
    'context_step', r'''
"""What Zoom Context Buffer does with a message: lets its run in, and tells what is new apart from what was said before."""

from __future__ import annotations

import time
from typing import Any, Final























ALONE: Final = ("ask", "final", "approved")
"""Kinds of windows that bring with them what they need: nothing earlier belongs to them, and they are not kept."""


class ContextStep:
    """One message's context; its component has the inputs, and shows what came of it."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def for_prompt(self) -> dict[str, Any]:
        """Give the context as :meth:`read` does, and let nobody run who would be asked for nothing."""
        context, component = await self.read(), self.component
        if context["approved"] and component._vertex is not None:
            self._pass_by()
        elif not context["new"] and component._vertex is not None:
            component.graph.exclude_branch_conditionally(component._vertex.id)
            await give_up_run(component)
        return context

    def _pass_by(self) -> None:
        """Let nobody run between the prompt and whoever has the context as well: there is nothing to ask them."""
        edges = [edge for edge in self.component.graph.edges if edge.source_id == self.component._id]
        heirs = {edge.target_id for edge in edges if edge.source_handle.name == "context"}
        left = {edge.target_id for edge in edges if edge.source_handle.name == "prompt"} - heirs
        passed: set[str] = set()
        while left:
            each = left.pop()
            passed.add(each)
            left |= set(self.component.graph.successor_map.get(each, ())) - heirs - passed
        self.component.graph.conditionally_excluded_vertices.update(passed)
        for each in passed:
            self.component.graph.mark_vertex(each, "INACTIVE")
            self.component.graph.run_manager.remove_from_predecessors(each)

    async def read(self) -> dict[str, Any]:
        """Give ``zoom-context/1``."""
        text = str(self.component.message.text)
        if not text.strip():
            msg = "The message is empty. Connect Chat Input, or send a window or some text."
            raise WindowError(msg)
        session_id = str(self.component.message.session_id or self.component.graph.session_id or "")
        if not session_id:
            msg = "The run has no session. Send session_id along, one for each meeting."
            raise WindowError(msg)
        window = parse_window(text)
        async with within_run(self.component):
            if window:
                await claim_run(
                    self.component,
                    session_id=session_id,
                    route=window["route"],
                    window_id=window["window_id"],
                    now=time.time(),
                    seconds=self.component.run_seconds or RUN_SECONDS,
                )
            return await self._remember(session_id, text, window)

    async def _remember(self, session_id: str, text: str, window: dict[str, Any] | None) -> dict[str, Any]:
        """Find the window's context, and keep the window for those that come after it."""
        rows = Rows(session_id, f"zoom-context:{window['route'] if window else TEXT_ROUTE}")
        window_id = window["window_id"] if window else text_window_id(session_id, text)
        alone = window is not None and window["kind"] in ALONE
        page = [] if alone else await rows.newest(PAGE_ROWS)
        stored = None if alone else await self._stored(rows, page, window_id)
        if window is None:
            window = self._text_window(session_id, text, stored, page)
        context, context_gaps = ([], []) if alone else await self._context(rows, page, window, stored)
        if window["kind"] == "live" and not stored and (window["utterances"] or window["gaps"]):
            await rows.add(window_id, what_to_keep(window))

        told = (
            f"{window['kind']} window: {len(window['utterances'])} new utterances "
            f"({words_in(window['utterances'])} words), {len(context)} in context"
        )
        self.component.status = told
        self.component.log(told, name="Window")
        return {
            "schema": CONTEXT_SCHEMA,
            "window_id": window_id,
            "session_id": session_id,
            "route": window["route"],
            "kind": window["kind"],
            "meeting": meeting_of(window),
            "stream_id": window["stream_id"],
            "from_ms": window["from_ms"],
            "to_ms": window["to_ms"],
            "participants": window["participants"],
            "context": context,
            "new": window["utterances"],
            "gaps": context_gaps + window["gaps"],
            "share": window.get("share"),
            "asked": asked_of(window),
            "ask": window["ask"] if window["kind"] == "ask" else None,
            "earlier": window.get("earlier") if window["kind"] == "ask" else None,
            "still_open": window.get("still_open") if window["kind"] == "start" else None,
            "approved": window["approved"] if window["kind"] == "approved" else None,
            "prompt": write_prompt(window, context, context_gaps),
        }

    async def _stored(self, rows: Rows, page: list[Row], window_id: str) -> StoredWindow | None:
        """The window as it was kept by an earlier run of it; the table is asked only where the newest are not all."""
        known = [row for row in page if row.name == window_id]
        if not known and len(page) == PAGE_ROWS:
            row = await rows.first(window_id)
        else:
            row = known[-1] if known else None
        return as_stored(row) if row else None

    def _text_window(
        self, session_id: str, text: str, stored: StoredWindow | None, page: list[Row]
    ) -> dict[str, Any]:
        if stored:
            return as_text_window(stored.window_id, session_id, stored.seq, stored.utterances)
        return text_window(
            text,
            sender=self.component.message.sender_name or "User",
            session_id=session_id,
            newest=as_stored(page[0]) if page else None,
            now_ms=time.time_ns() // 1_000_000,
        )

    async def _context(
        self, rows: Rows, page: list[Row], window: dict[str, Any], stored: StoredWindow | None
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        budget = max(0, self.component.word_budget)
        found, limit = page, PAGE_ROWS
        while True:
            windows = {one.window_id: one for one in map(as_stored, found)}
            earlier = [
                one for one in windows.values() if one.is_before(window, stored.stored_at if stored else None)
            ]
            if len(found) < limit or sum(words_in(one.utterances) for one in earlier) >= budget:
                return choose_context(window, earlier, budget)
            limit *= 2
            found = await rows.newest(limit)
''', _message_table, _one_run, _schemas, _window,
)
ContextStep = _context_step.ContextStep
# fmt: on
# endregion


class ZoomContextBuffer(Component):
    """Stands after Chat Input: remembers a meeting window by window and prepares what a model reads.

    It is the door of the flow: of two runs of one window of the bridge's only one gets in, the other is an error that
    the bridge knows and comes back after. What is typed or pasted always gets in.

    Live windows are kept in Langflow's message history, in a session of their own beside the meeting's
    (``<session>:memory``), so that neither the Playground's chat nor a model's chat memory fills with
    them. The same window again gives the same answer and stores nothing. A question to the assistant and a
    final window bring the meeting with them: they have no context, and are not kept; nor is what was approved.
    """

    display_name = "Zoom Context Buffer"
    description = "Tells what was just said in a Zoom meeting apart from what was handled before."
    documentation = "https://developers.zoom.us/docs/rtms/"
    icon = "Zoom"
    name = "ZoomContextBuffer"

    inputs = [
        MessageInput(
            name="message",
            display_name="Message",
            info="The message from Chat Input: a window sent by the Zoom bridge, what somebody types, or "
            "a transcript as Zoom, Teams, Meet or Otter write it, or as 'Name: words' lines.",
            required=True,
        ),
        IntInput(
            name="word_budget",
            display_name="Word Budget (words)",
            info="Spoken words that the prompt may hold, context and new speech together. The oldest context "
            "is left out first; new speech is never cut. More context costs a model's tokens with every window.",
            value=500,
            advanced=True,
        ),
        IntInput(
            name="run_seconds",
            display_name="Run Time-out (s)",
            info="How long a run keeps other runs of the same window out, where nobody told it to stop. A little less "
            "than the route's timeout_seconds.",
            value=RUN_SECONDS,
            advanced=True,
        ),
    ]
    outputs = [
        Output(name="prompt", display_name="Prompt", method="build_prompt", group_outputs=True),
        Output(name="context", display_name="Context", method="build_context", group_outputs=True),
    ]

    async def build_prompt(self) -> Message:
        """Give the prompt-ready text; where nothing was said, whatever it would be asked of does not run.

        What was approved takes the way of the context, past those who would be asked.

        Raises:
            WindowError: The message is empty or a damaged window.
            RunUnderWayError: Another run of the window is under way.
        """
        context = await ContextStep(self).for_prompt()
        return Message(text=context["prompt"], session_id=context["session_id"])

    async def build_context(self) -> Data:
        """Give the same as data, ``zoom-context/1``.

        Raises:
            WindowError: The message is empty or a damaged window.
            RunUnderWayError: Another run of the window is under way.
        """
        return Data(data=await ContextStep(self).read())
