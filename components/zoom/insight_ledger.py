"""Zoom Insight Ledger: what a meeting has been told already, so that it hears only news."""

from __future__ import annotations

from typing import Any

from lfx.custom import Component
from lfx.io import DataInput, MessageInput, Output
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

# region shared/languages (written by 'zoom-bridge flows build')
# fmt: off
_languages = compiled_once(
    'languages', r'''
"""The languages in which people are told things: how a meeting's is known, and how labels are written in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

AUTOMATIC: Final = "Automatic"
LANGUAGE_NAMES: Final = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "pt": "Portuguese", "ja": "Japanese",
}  # fmt: skip
"""Those whose labels are in the table below; any other may be named as well and has English labels."""
OWN_NAMES: Final = ("english", "deutsch", "español", "français", "português", "日本語")
"""What those who speak them call them, in the same order."""
LANGUAGES: Final = [AUTOMATIC, *LANGUAGE_NAMES.values()]
LANGUAGE_INFO: Final = "What people are told is written in it. Automatic: the meeting's. Another may be typed; its labels are English."
ZOOM_LANGUAGES: Final = {9: "en", 12: "fr", 13: "fr", 14: "de", 20: "ja", 25: "pt", 28: "es"}
"""Ids of utterances' languages (Zoom's RTMS reference, RTMS_TRANSCRIPT_LANGUAGE)."""


@dataclass(frozen=True)
class Labels:
    """How one language says what stands around people's own words."""

    kinds: dict[str, tuple[str, str]]
    """Each kind of insight, one of it and several."""
    note: str
    """What is of no kind."""
    updated: str
    """Of ``{label}``; ``{lower}`` is the same inside a sentence."""
    due: str
    """Of ``{due}``, where the date does not say so itself."""
    dated: re.Pattern[str]
    """A date that needs nothing in front."""
    summary: str
    attendees: str
    say: str
    """Before what a playbook says to an objection."""
    see: str
    """Before what a knowledge base says to a question."""
    playbook: str
    asked: str
    """Of ``{who}``, before a question."""
    not_told: str
    """Where a question has no answer in the meeting."""
    still_open: str
    """Of ``{day}``, before what the last meeting of a series left to do."""
    waits: str
    """Before what somebody has to approve first."""


def kinds_of(text: str) -> dict[str, tuple[str, str]]:
    """Read lines of kind, one of it, several of it."""
    rows = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    return {kind: (one, many) for kind, one, many in rows}


LABELS_OF: Final = {
    "en": Labels(
        kinds=kinds_of("""
            action_item | Action item | Action items
            decision | Decision | Decisions
            question | Open question | Open questions
            objection | Objection | Objections
            buying_signal | Buying signal | Buying signals
            problem | Problem | Problems
            risk | Risk | Risks
            follow_up | Follow-up | Follow-ups"""),
        note="Note",
        updated="Updated {lower}",
        due="by {due}",
        dated=re.compile(
            r"(?:by|on|at|in|before|after|until|within|next|this|today|tonight|tomorrow|end of|eod|eow|asap|as soon)\b",
            re.I,
        ),
        summary="Meeting summary",
        attendees="Attendees",
        say="Say",
        see="See",
        playbook="playbook",
        asked="{who} asked",
        not_told="The meeting has not told that so far.",
        still_open="Still open from {day}",
        waits="Waits for approval, nothing is posted yet",
    ),
    "de": Labels(
        kinds=kinds_of("""
            action_item | Aufgabe | Aufgaben
            decision | Entscheidung | Entscheidungen
            question | Offene Frage | Offene Fragen
            objection | Einwand | Einwände
            buying_signal | Kaufsignal | Kaufsignale
            problem | Problem | Probleme
            risk | Risiko | Risiken
            follow_up | Wiedervorlage | Wiedervorlagen"""),
        note="Notiz",
        updated="Geändert: {label}",
        due="bis {due}",
        dated=re.compile(
            r"(?:bis|am|an|ab|um|vor|nach|im|in|zum|zur|heute|morgen|übermorgen|diese\w*|nächste\w*|kommende\w*|ende|"
            r"anfang|mitte|sofort|so bald|spätestens|innerhalb)\b",
            re.I,
        ),
        summary="Zusammenfassung",
        attendees="Teilnehmende",
        say="Antwort",
        see="Siehe",
        playbook="Leitfaden",
        asked="{who} fragte",
        not_told="Das ist in der Besprechung bisher nicht gesagt worden.",
        still_open="Noch offen vom {day}",
        waits="Wartet auf Freigabe, noch ist nichts gepostet",
    ),
    "es": Labels(
        kinds=kinds_of("""
            action_item | Tarea | Tareas
            decision | Decisión | Decisiones
            question | Pregunta abierta | Preguntas abiertas
            objection | Objeción | Objeciones
            buying_signal | Señal de compra | Señales de compra
            problem | Problema | Problemas
            risk | Riesgo | Riesgos
            follow_up | Seguimiento | Seguimientos"""),
        note="Nota",
        updated="Actualización: {lower}",
        due="para {due}",
        dated=re.compile(
            r"(?:para|el|al|a|en|antes|después|hasta|dentro|hoy|mañana|est[ea]|la próxima|próxim\w+|fin\w*|cuanto)\b",
            re.I,
        ),
        summary="Resumen de la reunión",
        attendees="Asistentes",
        say="Respuesta",
        see="Véase",
        playbook="guía",
        asked="{who} preguntó",
        not_told="Hasta ahora no se ha dicho en la reunión.",
        still_open="Aún pendiente del {day}",
        waits="Espera aprobación, aún no se ha publicado nada",
    ),
    "fr": Labels(
        kinds=kinds_of("""
            action_item | Action | Actions
            decision | Décision | Décisions
            question | Question ouverte | Questions ouvertes
            objection | Objection | Objections
            buying_signal | Signal d'achat | Signaux d'achat
            problem | Problème | Problèmes
            risk | Risque | Risques
            follow_up | À suivre | À suivre"""),
        note="Note",
        updated="Mise à jour : {lower}",
        due="pour {due}",
        dated=re.compile(
            r"(?:pour|avant|après|d['’]ici|dans|dès|le|la|au|en|à|ce|cette|demain|aujourd['’]hui|fin|jusqu\w*|"
            r"prochain\w*)(?!\w)",
            re.I,
        ),
        summary="Résumé de la réunion",
        attendees="Participants",
        say="Réponse",
        see="Voir",
        playbook="guide",
        asked="{who} a demandé",
        not_told="Cela n'a pas été dit dans la réunion jusqu'ici.",
        still_open="Encore à faire depuis le {day}",
        waits="En attente d'approbation, rien n'est encore publié",
    ),
    "pt": Labels(
        kinds=kinds_of("""
            action_item | Tarefa | Tarefas
            decision | Decisão | Decisões
            question | Pergunta em aberto | Perguntas em aberto
            objection | Objeção | Objeções
            buying_signal | Sinal de compra | Sinais de compra
            problem | Problema | Problemas
            risk | Risco | Riscos
            follow_up | Acompanhamento | Acompanhamentos"""),
        note="Nota",
        updated="Atualização: {lower}",
        due="até {due}",
        dated=re.compile(
            r"(?:até|antes|depois|após|em|n[oa]s?|a|para|dentro|hoje|amanhã|est[ea]|próxim\w+|fim|final|assim)\b",
            re.I,
        ),
        summary="Resumo da reunião",
        attendees="Participantes",
        say="Resposta",
        see="Veja",
        playbook="guia",
        asked="{who} perguntou",
        not_told="Até agora isso não foi dito na reunião.",
        still_open="Ainda em aberto desde {day}",
        waits="Aguarda aprovação, nada foi publicado ainda",
    ),
    "ja": Labels(
        kinds=kinds_of("""
            action_item | アクション項目 | アクション項目
            decision | 決定事項 | 決定事項
            question | 未解決の質問 | 未解決の質問
            objection | 反対意見 | 反対意見
            buying_signal | 購買シグナル | 購買シグナル
            problem | 問題 | 問題
            risk | リスク | リスク
            follow_up | フォローアップ | フォローアップ"""),
        note="メモ",
        updated="更新：{label}",
        due="{due}まで",
        dated=re.compile(r".*(?:まで|までに|以内|中|前|後|ごろ|頃|以降)$|今|本日|明日|来"),
        summary="会議の要約",
        attendees="出席者",
        say="回答",
        see="参照",
        playbook="ガイド",
        asked="{who}さんの質問",
        not_told="会議ではまだ話されていません。",
        still_open="{day}から未完了",
        waits="承認待ち、まだ何も投稿されていません",
    ),
}


def labels_in(language: str | None) -> Labels:
    """Give the labels of a language by its code; English where there are none."""
    return LABELS_OF.get(language or "en") or LABELS_OF["en"]


def code_of(chosen: str | None, utterances: Iterable[dict[str, Any]]) -> str:
    """Say in which language a meeting's people are told, as a code; empty where nobody knows.

    Args:
        chosen: What stands in the field *Language*: a name, a code, or automatic.
        utterances: What was said, with Zoom's ids of languages.
    """
    name = (chosen or "").strip()
    if name and name.casefold() != AUTOMATIC.casefold():
        words = set(re.findall(r"[^\W_]+", name.casefold()))
        known = zip(LANGUAGE_NAMES.items(), OWN_NAMES, strict=True)
        return next((code for (code, called), own in known if words & {code, called.casefold(), own}), "")
    spoken = Counter(ZOOM_LANGUAGES.get(said.get("language")) for said in utterances)  # type: ignore[arg-type]
    spoken.pop(None, None)
    return str(spoken.most_common(1)[0][0]) if spoken else ""


def told_in(chosen: str | None, otherwise: str) -> str:
    """Tell a model in which language to write; ``otherwise`` is what automatic means to it."""
    name = (chosen or "").strip()
    if not name or name.casefold() == AUTOMATIC.casefold():
        return otherwise
    return LANGUAGE_NAMES.get(name.casefold(), name)
''',
)
# fmt: on
# endregion

# region shared/in_words (written by 'zoom-bridge flows build')
# fmt: off
_in_words = compiled_once(
    'in_words', r'''
"""Whether a text has somebody's name, or a date, as words of its own."""

from __future__ import annotations

import re
from typing import Final

UNSPACED: Final = "\u0e00"
"""The first character of the scripts that put nothing between words: Thai and those behind it."""


def begins_with(text: str, owner: str) -> bool:
    """Whether a point says itself whose it is: "Mark the invoices" is not Mark's, "Mark will send them" is."""
    if max(owner) >= UNSPACED:
        return text.startswith(owner)
    names = re.escape(owner)
    whose = (
        names
        if " " in owner
        else rf"{names}(?=\W*$|[,:]|\s*[-–—(]|['’]ll\b| (?:will|to|is|has|needs|shall|can|should|must|and|[a-z]+s)\b)"
    )
    return re.match(rf"{whose}(?!\w)", text, re.IGNORECASE) is not None


def has_words(text: str, words: str) -> bool:
    """Whether words stand in a text as words: "May" is not in "mayor"."""
    if max(words) >= UNSPACED:
        return words in text
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None
''',
)
# fmt: on
# endregion

# region shared/wording (written by 'zoom-bridge flows build')
# fmt: off
_wording = compiled_once(
    'wording', r'''
"""How what was found is put into words for people, the same in chat and in records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final




LABELS: Final = {kind: one for kind, (one, _) in labels_in("en").kinds.items()}
"""What people call the kinds of insights, in English."""
STRONG: Final = re.compile(r"\*\*([^*\n]+)\*\*")
"""What Markdown has in bold."""
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

BEFORE: Final = re.compile(r"(?<=”) \(before: [^“”]{0,80}“.*”\)$", re.DOTALL)
"""What a quotation has of the talk before its point."""


@dataclass(frozen=True)
class Limit:
    """How long one message may be."""

    encoding: str
    """In which length is counted."""
    unit: int
    """Bytes of that encoding which count as one."""
    size: int

    def length(self, text: str) -> int:
        """Count as Zoom does."""
        return len(text.encode(self.encoding)) // self.unit


CHARACTERS: Final = Limit("utf-16-le", 2, 4000)
"""What web APIs call characters: UTF-16 units, of which an emoji is two; 4,000 of the 4,096 that Zoom's chat takes."""


def cut(text: str, limit: Limit) -> list[str]:
    """Cut text into parts within a limit at the best place there is."""
    parts = []
    while limit.length(text) > limit.size:
        head = text.encode(limit.encoding)[: limit.size * limit.unit].decode(limit.encoding, errors="ignore")
        places = (head.rfind(mark) for mark in ("\n\n", "\n", " "))
        end = next((place for place in places if place > len(head) // 2), len(head))
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [part for part in [*parts, text] if part]


def clean(text: str) -> str:
    """Take out control characters but line breaks and tabs, halves of characters, and space around the text."""
    return CONTROL.sub("", text.replace("\r\n", "\n")).strip()


def point_of(text: str) -> str:
    """A quotation without the talk before its point; any other text as it is."""
    return BEFORE.sub("", text)


def write_point(insight: dict[str, Any], language: str | None = None) -> str:
    """Write who does what until when, saying nothing twice; the language is a code, English unless given."""
    labels = labels_in(language)
    text, owner, due = (clean(insight[name] or "") for name in ("text", "owner", "due"))
    if owner and not begins_with(text, owner):
        text = f"{owner} - {text}"
    if due and not has_words(text, due):
        text = f"{text} ({due if labels.dated.match(due) else labels.due.format(due=due)})"
    return text
''', _in_words, _languages,
)
# fmt: on
# endregion

# region shared/news_text (written by 'zoom-bridge flows build')
# fmt: off
_news_text = compiled_once(
    'news_text', r'''
"""News of a window as text for people."""

from __future__ import annotations

from typing import Any, Final





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
''', _identity, _languages, _wording,
)
# fmt: on
# endregion

# region shared/remarks (written by 'zoom-bridge flows build')
# fmt: off
_remarks = compiled_once(
    'remarks', r'''
"""What a component says to people in words of its own: that nothing is new, what it cannot do, and what it lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Remarks:
    """Whole sentences, and headings of what was found without a model, in one language."""

    nothing_new: str
    nothing_to_note: str
    nothing_to_sum_up: str
    nothing_yet: str
    nothing_said: str
    nothing_found: str
    nothing_known: str
    """Where articles or a playbook do not answer."""
    no_names: str
    needs_a_model: str
    """Of ``{kinds}``."""
    english_notes: str
    english_summary: str
    half_spent: str
    spent: str
    summary_pauses: str
    quotes_only: str
    """Behind quotations, where the budget leaves no answer made of them."""
    dry_run: str
    so_far: str
    """Of ``{at}``, hours and minutes."""
    decided: str
    to_do: str
    still_open: str
    more: str
    """Of ``{count}`` entries that are not listed."""
    named_often: str
    who_spoke: str
    not_captured: str
    """Of ``{times}``."""
    now: str
    """Of ``{at}``."""
    open: str
    somebody: str


REMARKS_OF: Final = {
    "en": Remarks(
        nothing_new="Heard; there is nothing new in it.",
        nothing_to_note="Heard; there is nothing to note in it.",
        nothing_to_sum_up="Heard; there is nothing to sum up yet.",
        nothing_yet="The meeting has not told anything yet.",
        nothing_said="Nothing was said.",
        nothing_found="No decision, task or open question was found.",
        nothing_known="The knowledge says nothing about this.",
        no_names='Heard, but it names no speakers: paste lines such as "Dana: I\'ll send it by Friday."',
        needs_a_model="{kinds} are not looked for: that needs a model. Connect one to Zoom Meeting Insights.",
        english_notes="Without a model only English is understood: nothing is noted. Connect one to Zoom Meeting Insights.",
        english_summary="Without a model only English is understood.",
        half_spent="Half of this meeting's budget for its model is used up: insights now come every few minutes.",
        spent="This meeting's budget for its model is used up: what is left is kept for the summary at the end.",
        summary_pauses="The running summary pauses: the budget for this meeting is used up. Minutes follow at the end.",
        quotes_only="(The model's budget for this meeting is used up: these are the words found, not an answer made of them.)",
        dry_run="dry run: nothing is posted to Zoom",
        so_far="So far ({at})",
        decided="Decided",
        to_do="To do",
        still_open="Still open",
        more="and {count} earlier",
        named_often="Named often",
        who_spoke="Who spoke",
        not_captured="Not captured: {times}",
        now="Now ({at})",
        open="Open",
        somebody="Somebody",
    ),
    "de": Remarks(
        nothing_new="Gehört; darin ist nichts Neues.",
        nothing_to_note="Gehört; darin ist nichts zu notieren.",
        nothing_to_sum_up="Gehört; es gibt noch nichts zusammenzufassen.",
        nothing_yet="In der Besprechung ist noch nichts gesagt worden.",
        nothing_said="Es wurde nichts gesagt.",
        nothing_found="Es wurde keine Entscheidung, Aufgabe oder offene Frage gefunden.",
        nothing_known="Dazu sagt das Wissen nichts.",
        no_names="Gehört, aber ohne Namen: Bitte Zeilen wie „Dana: I'll send it by Friday.“ einfügen.",
        needs_a_model="{kinds} werden nicht gesucht: Dafür braucht es ein Modell. Verbinden Sie eines mit Zoom Meeting Insights.",
        english_notes="Ohne Modell wird nur Englisch verstanden: Es wird nichts notiert. Verbinden Sie eines mit Zoom Meeting Insights.",
        english_summary="Ohne Modell wird nur Englisch verstanden.",
        half_spent="Die Hälfte des Modellbudgets dieser Besprechung ist verbraucht: Erkenntnisse kommen nun alle paar Minuten.",
        spent="Das Modellbudget dieser Besprechung ist verbraucht: Der Rest bleibt für die Zusammenfassung am Ende.",
        summary_pauses="Die laufende Zusammenfassung pausiert: Das Budget dieser Besprechung ist verbraucht. Das Protokoll folgt am Ende.",
        quotes_only="(Das Modellbudget dieser Besprechung ist verbraucht: Dies sind die gefundenen Worte, keine Antwort daraus.)",
        dry_run="Probelauf: In Zoom wird nichts gepostet",
        so_far="Bisher ({at})",
        decided="Entschieden",
        to_do="Zu tun",
        still_open="Noch offen",
        more="und {count} frühere",
        named_often="Oft genannt",
        who_spoke="Wer sprach",
        not_captured="Nicht aufgezeichnet: {times}",
        now="Jetzt ({at})",
        open="Offen",
        somebody="Jemand",
    ),
    "es": Remarks(
        nothing_new="Escuchado; no hay nada nuevo.",
        nothing_to_note="Escuchado; no hay nada que anotar.",
        nothing_to_sum_up="Escuchado; todavía no hay nada que resumir.",
        nothing_yet="En la reunión todavía no se ha dicho nada.",
        nothing_said="No se dijo nada.",
        nothing_found="No se encontró ninguna decisión, tarea ni pregunta abierta.",
        nothing_known="El material de consulta no dice nada sobre esto.",
        no_names="Escuchado, pero no nombra a quien habla: pegue líneas como «Dana: I'll send it by Friday.»",
        needs_a_model="{kinds}: no se buscan, para eso hace falta un modelo. Conecte uno a Zoom Meeting Insights.",
        english_notes="Sin un modelo solo se entiende el inglés: no se anota nada. Conecte uno a Zoom Meeting Insights.",
        english_summary="Sin un modelo solo se entiende el inglés.",
        half_spent="Se ha gastado la mitad del presupuesto del modelo para esta reunión: los hallazgos llegan ahora cada pocos minutos.",
        spent="Se ha gastado el presupuesto del modelo para esta reunión: lo que queda se guarda para el resumen final.",
        summary_pauses="El resumen en curso se detiene: se ha gastado el presupuesto de esta reunión. El acta llega al final.",
        quotes_only="(Se ha gastado el presupuesto del modelo para esta reunión: estas son las palabras encontradas, no una respuesta.)",
        dry_run="prueba: no se publica nada en Zoom",
        so_far="Hasta ahora ({at})",
        decided="Decidido",
        to_do="Por hacer",
        still_open="Pendiente",
        more="y {count} anteriores",
        named_often="Mencionado a menudo",
        who_spoke="Quién habló",
        not_captured="Sin registrar: {times}",
        now="Ahora ({at})",
        open="Pendiente",
        somebody="Alguien",
    ),
    "fr": Remarks(
        nothing_new="Entendu ; il n'y a rien de nouveau.",
        nothing_to_note="Entendu ; il n'y a rien à noter.",
        nothing_to_sum_up="Entendu ; il n'y a encore rien à résumer.",
        nothing_yet="Rien n'a encore été dit dans la réunion.",
        nothing_said="Rien n'a été dit.",
        nothing_found="Aucune décision, action ou question ouverte n'a été trouvée.",
        nothing_known="La documentation n'en dit rien.",
        no_names="Entendu, mais sans noms : collez des lignes comme « Dana: I'll send it by Friday. »",
        needs_a_model="{kinds} : pas de recherche, il faut un modèle pour cela. Connectez-en un à Zoom Meeting Insights.",
        english_notes="Sans modèle, seul l'anglais est compris : rien n'est noté. Connectez-en un à Zoom Meeting Insights.",
        english_summary="Sans modèle, seul l'anglais est compris.",
        half_spent="La moitié du budget du modèle pour cette réunion est dépensée : les points arrivent désormais toutes les quelques minutes.",
        spent="Le budget du modèle pour cette réunion est épuisé : le reste est gardé pour le résumé final.",
        summary_pauses="Le résumé en cours s'arrête : le budget de cette réunion est épuisé. Le compte rendu suivra à la fin.",
        quotes_only="(Le budget du modèle pour cette réunion est épuisé : voici les mots trouvés, et non une réponse.)",
        dry_run="essai : rien n'est publié dans Zoom",
        so_far="Jusqu'ici ({at})",
        decided="Décidé",
        to_do="À faire",
        still_open="Encore ouvert",
        more="et {count} plus tôt",
        named_often="Souvent cité",
        who_spoke="Temps de parole",
        not_captured="Non enregistré : {times}",
        now="Maintenant ({at})",
        open="Ouvert",
        somebody="Quelqu'un",
    ),
    "pt": Remarks(
        nothing_new="Ouvido; não há nada de novo.",
        nothing_to_note="Ouvido; não há nada a anotar.",
        nothing_to_sum_up="Ouvido; ainda não há nada a resumir.",
        nothing_yet="Ainda não se disse nada na reunião.",
        nothing_said="Nada foi dito.",
        nothing_found="Não foi encontrada nenhuma decisão, tarefa ou pergunta em aberto.",
        nothing_known="O material de consulta não diz nada sobre isso.",
        no_names='Ouvido, mas sem nomes: cole linhas como "Dana: I\'ll send it by Friday."',
        needs_a_model="{kinds}: não são procurados, isso exige um modelo. Conecte um ao Zoom Meeting Insights.",
        english_notes="Sem um modelo só se entende inglês: nada é anotado. Conecte um ao Zoom Meeting Insights.",
        english_summary="Sem um modelo só se entende inglês.",
        half_spent="Metade do orçamento do modelo para esta reunião foi gasta: os pontos chegam agora a cada poucos minutos.",
        spent="O orçamento do modelo para esta reunião acabou: o que resta fica para o resumo final.",
        summary_pauses="O resumo em curso faz uma pausa: o orçamento desta reunião acabou. A ata vem no final.",
        quotes_only="(O orçamento do modelo para esta reunião acabou: estas são as palavras encontradas, não uma resposta.)",
        dry_run="ensaio: nada é publicado no Zoom",
        so_far="Até agora ({at})",
        decided="Decidido",
        to_do="A fazer",
        still_open="Em aberto",
        more="e {count} anteriores",
        named_often="Citado com frequência",
        who_spoke="Quem falou",
        not_captured="Não registrado: {times}",
        now="Agora ({at})",
        open="Em aberto",
        somebody="Alguém",
    ),
    "ja": Remarks(
        nothing_new="聞き取りました。新しい内容はありません。",
        nothing_to_note="聞き取りました。記録する内容はありません。",
        nothing_to_sum_up="聞き取りました。まだ要約する内容がありません。",
        nothing_yet="会議ではまだ何も話されていません。",
        nothing_said="発言はありませんでした。",
        nothing_found="決定、タスク、未解決の質問は見つかりませんでした。",
        nothing_known="資料にはこれについての記載がありません。",
        no_names="聞き取りましたが、話者の名前がありません。「Dana: I'll send it by Friday.」のような行を貼り付けてください。",
        needs_a_model="{kinds}は探していません。モデルが必要です。Zoom Meeting Insightsに接続してください。",
        english_notes="モデルがない場合、理解できるのは英語だけです。何も記録されません。Zoom Meeting Insightsにモデルを接続してください。",
        english_summary="モデルがない場合、理解できるのは英語だけです。",
        half_spent="この会議のモデル予算の半分を使いました。今後は数分おきにお知らせします。",
        spent="この会議のモデル予算を使い切りました。残りは最後の要約のために取っておきます。",
        summary_pauses="途中の要約を休止します。この会議の予算を使い切りました。議事録は最後にお送りします。",
        quotes_only="（この会議のモデル予算を使い切りました。これは見つかった発言で、まとめた回答ではありません。）",
        dry_run="試行：Zoomには何も投稿されません",
        so_far="これまで（{at}）",
        decided="決定",
        to_do="やること",
        still_open="未解決",
        more="ほか以前のもの{count}件",
        named_often="よく出た言葉",
        who_spoke="話した人",
        not_captured="記録されていない時間：{times}",
        now="現在（{at}）",
        open="未解決",
        somebody="誰か",
    ),
}


def remarks_in(language: str | None) -> Remarks:
    """Give the remarks of a language by its code; English where there are none."""
    return REMARKS_OF.get(language or "en") or REMARKS_OF["en"]
''',
)
# fmt: on
# endregion

# region shared/thoughts (written by 'zoom-bridge flows build')
# fmt: off
_thoughts = compiled_once(
    'thoughts', r'''
"""What models think aloud before they answer, which is no part of the answer."""

from __future__ import annotations

import re
from typing import Final

THOUGHT_ENDS: Final = re.compile(
    r"</(?:think|thinking|thought|reasoning)>|\[/THINK\]|<\|channel\|>final<\|message\|>", re.IGNORECASE
)
"""Of DeepSeek, Qwen and those who learnt from them; of Magistral; of gpt-oss, where nobody else takes it out."""
THOUGHT_BEGINS: Final = re.compile(r"\s*(?:<(?:think|thinking|thought|reasoning)>|\[THINK\])", re.IGNORECASE)


def without_thoughts(text: str) -> str:
    """What a model answers, without what it thought aloud before; nothing where it was cut off while it thought.

    What begins a thought may stand in the prompt, and be no part of the text.
    """
    answer = text[max((match.end() for match in THOUGHT_ENDS.finditer(text)), default=0) :]
    return "" if THOUGHT_BEGINS.match(answer) else answer
''',
)
# fmt: on
# endregion

# region shared/ledger (written by 'zoom-bridge flows build')
# fmt: off
_ledger = compiled_once(
    'ledger', r'''
"""What a meeting has been told already, and what of a window's insights is news."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final







ALIKE: Final = 0.8
"""Share of common words from which two texts, each with words of its own, say the same thing."""
ALIKE_SAME_EVIDENCE: Final = 0.6
"""The same where both point at an utterance in common."""
CONTAINED: Final = 0.6
"""Share of common words from which a text says the same as a longer one that has all its words."""
RICHER_WORDS: Final = 2
"""Words that a new wording must add to be told again."""

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+(?:['’][^\W_]+)*")
STOP_WORDS: Final = frozenset(
    """a about all also am an and any are as at be been being but by can could did do does for from get go going
    gonna got had has have he her him his i if in into is it its just let lets me my need needs of on or our please
    shall she should so some that the their them then there these they this those to up us wants was we were what
    which who will with would you your i'll we'll you'll he'll she'll they'll i'm we're it's let's that's there's
    i've we've""".split()
)
DAYS: Final = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february april june july august september
    october november december today tomorrow tonight""".split()
)
WHEN_WORDS: Final = DAYS | frozenset(
    """march may morning afternoon evening noon eod eow day days week weeks weekend month months quarter year next
    end before after until soon asap later now""".split()
)
QUOTES: Final = re.compile(r"(?:^|(?<=” ))[^“”]{1,80}“")
"""Who said it and when, before a quotation: no part of what was said."""
NEGATIONS: Final = frozenset(
    "not no never cannot without nicht kein keine keinen keinem keiner nie ohne pas jamais aucun aucune sans nunca "
    "ningún ninguna sin não nao nenhum nenhuma sem non mai не нет без 不 没 沒 無 无 未".split()
)
NEGATED_JAPANESE: Final = re.compile("ない|なし|ません|せず")
SYNONYMS: Final = {
    "email": "send",
    "mail": "send",
    "share": "send",
    "forward": "send",
    "sent": "send",
    "write": "draft",
    "written": "draft",
    "prepare": "draft",
    "arrange": "schedule",
    "book": "schedule",
    "organise": "schedule",
    "organize": "schedule",
    "verify": "check",
    "phone": "call",
    "ring": "call",
    "decided": "decide",
    "agreed": "decide",
    "agree": "decide",
}
ENDINGS: Final = ("ingly", "edly", "ing", "ies", "ied", "ed", "es", "ly", "s")


FENCE: Final = re.compile(r"\s*(?:```|~~~)")
"""Begins or ends a block of Markdown, around an answer that was asked for as text."""
BULLET: Final = re.compile(r"^\s*(?:>\s*)*(?:#+\s+|[-*+•‣–]\s+|\(?\d{1,3}[.)]\s+)?(?:\[[ xX]?\]\s+)?")
HEADING: Final = re.compile(r"\s*#+\s")
EMPHASIS: Final = re.compile(r"\*\*|__|`|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)")
EVIDENCE: Final = re.compile(r"\s*[\[(]?\s*(?:u-\d{6,}(?:\s*,\s*)?)+\s*[\])]?")
NOTHING: Final = re.compile(
    r"\W*(?:(?:there (?:is|are|was|were) |i have |we have )?(?:nothing|none|no|n/?a)(?:[\s,/]+(?:new|news|further|other|more|decisions?|action|items?|tasks?|open|"
    r"questions?|insights?|updates?|points?|notes?|changes?|or|and|to|tell|report|note|add|say|at|this|time|so|far|yet|in|the|window|part|were|was|made|found|discussed))*|"
    r"(?:es gibt )?(?:nichts|keine[rsn]?)(?: (?:neue[sn]?|aufgaben?|entscheidung(?:en)?|offenen?|fragen?|punkte?|zu|berichten|melden|und|oder))*|"
    r"(?:il n'y a )?(?:rien|aucune?|pas de)(?: (?:à|de|dire|signaler|nouveau|nouvelle|nouvelles|décision|décisions|tâche|tâches|action|actions|question|questions|et|ou|ni))*|"
    r"(?:no hay |não há )?(?:nada|sin|sem|ning[uú]n[oa]?|nenhuma?|niente)(?: (?:nuevo|novo|novedades|novidades|nuevas|novas|decisiones|decisões|tareas|tarefas|preguntas|perguntas|que|informar|relatar|de|y|e|o|ou|ni|nem))*|"
    r"(?:特に|何も|新しい.{0,8})?(?:なし|ありません|ない)|[无無]|没有|暂无|없음)\W*",
    re.I,
)
"""How models say that there is nothing to say, in the languages that people are told in."""
LABELLED: Final = {
    name.casefold(): kind
    for labels in LABELS_OF.values()
    for kind, (one, many) in labels.kinds.items()
    for name in (one, many)
}
"""What a line may begin with, in every language, to be of a kind."""
OWNED: Final = ("action_item", "follow_up")


class InsightsError(ValueError):
    """What arrived is not the output of Zoom Meeting Insights, nor lines of a model with their window."""


@dataclass(frozen=True)
class Gist:
    """What of an insight counts when two are compared."""

    kind: str
    owner: frozenset[str]
    words: frozenset[str]
    """Stems without stop words, without the owner and without when it is due."""
    verb: str
    """The first of the words, which in English says what is done; the others say to what."""
    due: frozenset[str]
    """Stems of the due date, and days that the text itself names."""
    evidence: frozenset[str]
    names: frozenset[str]
    """Numbers and capitalised words that do not begin a sentence: what must not be swapped for another."""
    negated: bool


COMPANY: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
"""Behind a name, where a company or a role stands."""


def words_of(text: str | None) -> list[str]:
    """Split text into words in order, lower case, compatibility forms unified."""
    return WORD.findall(unicodedata.normalize("NFKC", text or "").casefold().replace("’", "'"))


def stem(word: str) -> str:
    """Cut an English ending off, roughly: what matters is that forms of one word end up alike."""
    word = SYNONYMS.get(word, word).removesuffix("'s")
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            if ending in ("ies", "ied"):
                word += "y"
            elif len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    word = word.removesuffix("e") if len(word) > 3 else word
    return SYNONYMS.get(word, word)


def stems(text: str | None) -> frozenset[str]:
    """Reduce text to the stems that carry meaning."""
    return frozenset(stem(word) for word in words_of(text) if word not in STOP_WORDS)


def names_of(text: str) -> frozenset[str]:
    """Find numbers, and capitalised words that do not begin a sentence."""
    found = re.findall(
        r"(?<!\S)[^\s\d]*\d\S*|(?<=[^.!?:\s]\s)[^\W\d_]\S*", unicodedata.normalize("NFKC", text)
    )
    return frozenset(stem(word) for name in found if not name[0].islower() for word in words_of(name))


def is_negated(text: str, words: list[str]) -> bool:
    """Whether it is said that something is not."""
    return (
        not NEGATIONS.isdisjoint(words)
        or any(word.endswith("n't") for word in words)
        or NEGATED_JAPANESE.search(text) is not None
    )


def gist_of(insight: dict[str, Any]) -> Gist:
    """Reduce an insight to what counts in a comparison."""
    owner = frozenset(words_of(COMPANY.sub("", insight["owner"] or "")))
    due = stems(insight["due"])
    text = QUOTES.sub(" ", point_of(insight["text"]))
    said = words_of(text)
    timeless = stems(" ".join(word for word in said if word not in WHEN_WORDS))
    words = timeless - due - frozenset(map(stem, owner)) or frozenset(said)
    return Gist(
        kind=insight["kind"],
        owner=owner,
        words=words,
        verb=next((stem(word) for word in said if stem(word) in words), ""),
        due=due | frozenset(stem(word) for word in said if word in DAYS),
        evidence=frozenset(insight["evidence"]),
        names=names_of(text) & words,
        negated=is_negated(text, said),
    )


def likeness(one: Gist, other: Gist, *, lenient: bool) -> float:
    """Say how surely two insights are the same thing, from 0 (they are not) to 1.

    They are of one kind, and both deny or neither does. Their owners agree: one is unknown, or one name is
    part of the other; only where one utterance shows both insights may they differ. No name or number
    stands in one where another stands in the other, and they do not differ in one thing alone (send the
    contract, send the invoice). Then the words decide. A text that has all the words
    of the other is the same if it is not much longer. Two texts that each have words of their own are the
    same if they share four words in five, or three in five where one utterance shows both.

    Args:
        one: An insight.
        other: Another one.
        lenient: Whether common evidence counts. Not between two insights of one window: what found
            them kept them apart although it saw the same utterances.
    """
    shown_together = lenient and bool(one.evidence & other.evidence)
    owners_agree = one.owner <= other.owner or other.owner <= one.owner
    if one.kind != other.kind or one.negated != other.negated or not (owners_agree or shown_together):
        return 0.0
    mine, theirs = one.words - other.words, other.words - one.words
    if one.names & mine and other.names & theirs:
        return 0.0
    if len(mine) == len(theirs) == 1 and one.verb not in mine and other.verb not in theirs:
        return 0.0
    if not mine and not theirs:
        return 1.0
    if not mine or not theirs:
        needed = 0.0 if shown_together else CONTAINED
    else:
        needed = ALIKE_SAME_EVIDENCE if shown_together else ALIKE
    share = len(one.words & other.words) / len(one.words | other.words)
    return share if share >= (needed if owners_agree else ALIKE) else 0.0


def sift(
    insights: list[dict[str, Any]], known: dict[str, dict[str, Any]], scope: str
) -> list[dict[str, Any]]:
    """Keep what is new or changed.

    Changed is what has another owner or due date, or a wording that adds two words or more; it keeps its
    id. What an insight does not say any more (an owner, a due date) stays as it was known.

    Args:
        insights: Those of one window, in order.
        known: All insights told before, by id; it is left alone.
        scope: What ids are unique in: a meeting and route.

    Returns:
        At most one entry for each id, as it stands at the end of the window, in order of appearance.
    """
    news: dict[str, dict[str, Any]] = {}
    gists = {name: gist_of(insight) for name, insight in known.items()}
    for insight in insights:
        gist = gist_of(insight)
        scores = {name: likeness(gist, seen, lenient=name in known) for name, seen in gists.items()}
        best = max(scores, key=lambda name: scores[name], default="")
        if not scores.get(best):
            # That of a known one too, where it says that one's first words again.
            best = insight_id(scope, gist)
        before = news.get(best) or known.get(best)
        if before is None:
            news[best] = {"id": best, "status": "new"} | insight
        elif merged := merge(before, insight):
            news[best] = merged | {"id": best, "status": "changed" if best in known else "new"}
        if best in news:
            gists[best] = gist_of(news[best])
    return list(news.values())


def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """Bring a known insight up to date, or give ``None`` where nothing worth telling changed."""
    before, after = gist_of(old), gist_of(new)
    changes: dict[str, Any] = {}
    one = before.owner and (after.owner <= before.owner or before.owner <= after.owner)
    if after.owner and not one:
        changes["owner"] = new["owner"]
    if after.due - before.due and (new["due"] or not old["due"]):
        changes |= {"due": new["due"], "text": new["text"]}
    if len(after.words - before.words) >= RICHER_WORDS:
        changes["text"] = new["text"]
    if not changes:
        return None
    evidence = list(dict.fromkeys([*old["evidence"], *new["evidence"]]))
    return old | changes | {"evidence": evidence, "engine": new["engine"]}


def insight_id(scope: str, gist: Gist) -> str:
    """Name an insight after what it said when it was first seen."""
    said = [scope, gist.kind, sorted(gist.owner), sorted(gist.words), sorted(gist.due)]
    return f"i-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]}"


def read_lines(text: str, context: dict[str, Any]) -> list[dict[str, Any]]:
    """Read what a model wrote in its own words, a point a line, as insights.

    A line is a ``note`` unless it begins with a label, as in ``Action item: Dana - send the contract``, or stands under
    one. Ids of utterances are its evidence where they exist; a heading alone is no point, nor is a line that says that
    there is nothing.
    """
    people = [one["name"] for one in context["participants"]]
    people += [said["speaker"] for said in [*context["context"], *context["new"]]]
    known = {said["id"] for said in [*context["context"], *context["new"]]}
    kind, insights = UNLABELLED, []
    for line in without_thoughts(text).splitlines():
        if FENCE.match(line):
            continue
        point = EMPHASIS.sub("", BULLET.sub("", line)).strip()
        label, colon, rest = (part.strip() for part in point.replace("：", ":").partition(":"))
        labelled = LABELLED.get(label.casefold())
        if not rest and (labelled or colon or HEADING.match(line)):
            kind = labelled or UNLABELLED
            continue
        evidence = [name for name in re.findall(r"u-\d{6,}", point) if name in known]
        told = EVIDENCE.sub("", " ".join((rest if labelled else point).split())).strip()
        if not re.search(r"\w", told) or NOTHING.fullmatch(told):
            continue
        each = labelled or kind
        owner, said = owner_in(told, people) if each in OWNED else (None, told)
        insights.append(
            {"kind": each, "text": said, "owner": owner, "due": None, "evidence": evidence, "engine": "model"}
        )
    return insights


def owner_in(text: str, people: list[str]) -> tuple[str | None, str]:
    """Tell who does it from what is done, where a line begins with somebody who is there."""
    for name in sorted(set(people), key=len, reverse=True):
        match = re.match(rf"{re.escape(name)}\s*[-–—:]\s*", text, re.I) if name else None
        if match:
            return name, text[match.end() :]
    return None, text


def found_in_lines(text: str, context: dict[str, Any]) -> dict[str, Any]:
    """Give a model's lines as ``zoom-insights/1``; its answer to a question is told as it stands."""
    found = {name: context[name] for name in ("window_id", "session_id", "route", "kind", "meeting")}
    found |= {"insights": [], "summary": None, "notes": []}
    found["language"] = code_of(None, [*context["context"], *context["new"]])
    if context["kind"] == "approved":
        found |= approved_in(context)
    elif context["kind"] == "ask":
        answer = clean(without_thoughts(text))
        found["notes"] = [{"key": f"answer:{context['window_id']}", "text": answer}] if answer else []
    elif context["kind"] != "start":
        found["insights"] = read_lines(text, context)
    return found


def written(news: dict[str, Any]) -> str:
    """Write news for people, a point a line."""
    language = news.get("language")
    told = [write_summary(news)] if news["summary"] else []
    told += [] if news["summary"] else [write_insight(insight, language) for insight in news["insights"]]
    return plain("\n".join([*told, *(emphasised(note["text"]) for note in news["notes"])]))


def make_news(found: dict[str, Any], earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """Make the news of a window seen for the first time. What was approved is news as it is, and known from then on.

    Args:
        found: Its insights, ``zoom-insights/1``.
        earlier: The news of earlier windows, oldest first.
    """
    known: dict[str, dict[str, Any]] = {}
    for news in earlier:
        known |= {insight["id"]: insight for insight in news["insights"]}
    insights = found["insights"]
    if found["kind"] != "approved":
        insights = sift(insights, known, f"{found['session_id']}:{found['route']}")
    told = {name: found[name] for name in ("window_id", "session_id", "route", "kind", "meeting")}
    told |= {name: found[name] for name in ("language", "open", "of") if found.get(name)}
    made = {"schema": NEWS_SCHEMA} | told | {"insights": insights, "summary": found["summary"]}
    made["notes"] = found.get("notes", [])
    if found["kind"] == "final":
        now = known | {insight["id"]: insight for insight in insights}
        made["open"] = [{k: v for k, v in insight.items() if k != "status"} for insight in now.values()]
    return made


def is_news(news: dict[str, Any]) -> bool:
    """Whether there is anything to pass on; that a meeting begins is."""
    return bool(news["insights"] or news["summary"] or news["notes"] or news["kind"] == "start")
''', _languages, _news_text, _schemas, _thoughts, _wording,
)
# fmt: on
# endregion
# region shared/ledger_step (written by 'zoom-bridge flows build')
# fmt: off
_ledger_step = compiled_once(
    'ledger_step', r'''
"""What Zoom Insight Ledger does with a window's insights: finds what the meeting has not been told, and keeps it."""

from __future__ import annotations

from typing import Any

from lfx.schema.data import Data








class LedgerStep:
    """One window's news; its component has the inputs, and shows what came of it."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def find(self) -> dict[str, Any]:
        """Give ``zoom-news/1``; stop the flow where there is none."""
        async with within_run(self.component):
            news = await self._news()
        if not is_news(news):
            await self._stop("news")
        return news

    async def tell(self) -> tuple[str, str]:
        """Give the news as text, and its session; stop the flow where there is none, but answer whoever types."""
        async with within_run(self.component, last=True):
            news = await self._news()
        told, context = written(news), self.component.context
        if not told and isinstance(context, Data) and is_typed(context.data):
            told = remarks_in(news.get("language")).nothing_new
        if not told:
            await self._stop("text")
        return told, news["session_id"]

    async def _stop(self, output: str) -> None:
        if self.component._vertex is not None:
            self.component.stop(output)
            await give_up_run(self.component)

    async def _news(self) -> dict[str, Any]:
        found = self._found()
        news = await self._told(found)
        changed = sum(insight["status"] == "changed" for insight in news["insights"])
        told = f"{len(news['insights']) - changed} new, {changed} changed of {len(found['insights'])}"
        self.component.status = told
        self.component.log(told, name="News")
        return news

    def _found(self) -> dict[str, Any]:
        """What was found in the window, by whichever of the two ways is connected.

        An input that is not connected is an empty message; a model's empty answer is one too.
        """
        found, context = (
            each.data if isinstance(each, Data) else {}
            for each in (self.component.insights, self.component.context)
        )
        text = str(getattr(self.component.lines, "text", self.component.lines) or "")
        if found.get("schema") == INSIGHTS_SCHEMA:
            return found
        if context.get("schema") == CONTEXT_SCHEMA and not found:
            return found_in_lines(text, context)
        if text:
            msg = "Lines need the Context output of Zoom Context Buffer too: connect it to Context."
        else:
            msg = f"The Insights input must be {INSIGHTS_SCHEMA}. Connect Zoom Meeting Insights to it, or Lines and Context."
        raise InsightsError(msg)

    async def _told(self, found: dict[str, Any]) -> dict[str, Any]:
        """Give the news that the window was told already, or make it and keep it."""
        rows = Rows(found["session_id"], f"zoom-ledger:{found['route']}")
        told = await rows.all()
        news = next((row.content for row in told if row.name == found["window_id"]), None)
        if news is None:
            news = make_news(found, [row.content for row in told])
            await rows.add(found["window_id"], news)
        return news
''', _ledger, _message_table, _one_run, _remarks, _schemas,
)
LedgerStep = _ledger_step.LedgerStep
# fmt: on
# endregion


class ZoomInsightLedger(Component):
    """Stands after Zoom Meeting Insights, or after any Language Model: passes on what the meeting has not been told, once.

    Each window's news is kept in Langflow's message history, beside the meeting's session
    (``<session>:memory``). The same window again gets the news it got the first time, also where a
    model would word it differently now. Without news, nothing downstream runs; that a meeting begins is news.
    """

    display_name = "Zoom Insight Ledger"
    description = "Passes on only what is new or changed in a Zoom meeting; stops the flow when nothing is."
    documentation = "https://developers.zoom.us/docs/rtms/"
    icon = "Zoom"
    name = "ZoomInsightLedger"

    inputs = [
        DataInput(
            name="insights",
            display_name="Insights",
            info="One window's insights, from Zoom Meeting Insights.",
            required=False,
        ),
        MessageInput(
            name="lines",
            display_name="Lines",
            info="Instead of Insights: what a Language Model wrote of the window, a point a line. 'Action item: Dana - send "
            "it' is of that kind; NOTHING is none. Needs Context too.",
            required=False,
        ),
        DataInput(
            name="context",
            display_name="Context",
            info="From Zoom Context Buffer, where Lines is connected: which window they are of.",
            required=False,
        ),
    ]
    outputs = [
        Output(name="news", display_name="News", method="find_news", group_outputs=True),
        Output(
            name="text",
            display_name="Text",
            method="tell_news",
            info="The news as text, for Chat Output and whatever else takes a message.",
            group_outputs=True,
        ),
    ]

    async def find_news(self) -> Data:
        """Give the window's news, ``zoom-news/1``; stop the flow here when there is none.

        Raises:
            InsightsError: The inputs are not those of Zoom Meeting Insights, or lines without their window.
        """
        return Data(data=await LedgerStep(self).find())

    async def tell_news(self) -> Message:
        """Give the news as text; stop the flow here when there is none, but answer whoever types.

        Raises:
            InsightsError: As of :meth:`find_news`.
        """
        told, session_id = await LedgerStep(self).tell()
        return Message(text=told, session_id=session_id)
