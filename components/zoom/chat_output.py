"""Zoom Chat Output: what a flow found, said in Zoom's chat, once."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from lfx.custom import Component
from lfx.io import (
    BoolInput,
    DataInput,
    HandleInput,
    MessageTextInput,
    Output,
)
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

# region shared/spent (written by 'zoom-bridge flows build')
# fmt: off
_spent = compiled_once(
    'spent', r'''
"""What models took for the windows of a meeting, as Zoom Chat Output tells whoever asked for the run."""

from __future__ import annotations

from typing import Any, Final



PAID: Final = ("zoom-claude", "zoom-model")
"""Topics of the rows of :class:`components.zoom.shared.exchange.Spending`."""
MOST_ROWS: Final = 200
"""Of each topic, the newest: a run that had nothing to say tells nothing, so that a later one tells what it took."""


async def spent_in(session_id: str) -> list[dict[str, Any]]:
    """Add up what the components' models took, by window; nothing where there is no session or nobody was asked.

    Each has ``window_id``, ``input_tokens`` (of prompts, cached ones included), ``output_tokens``, and ``usd``, which is
    ``None`` where the price of a model is not known.
    """
    found: dict[str, dict[str, Any]] = {}
    for topic in PAID if session_id else ():
        rows = await Rows(session_id, topic).newest(MOST_ROWS)
        cut = rows[-1].name if len(rows) == MOST_ROWS else None  # of this one, earlier rows may be missing
        for row in reversed(rows):
            told = row.content if isinstance(row.content, dict) else {}
            if row.name != cut and "input_tokens" in told:
                add(found.setdefault(row.name, nothing(row.name)), told)
    return list(found.values())


def nothing(window_id: str) -> dict[str, Any]:
    """What a window took before anything is added."""
    return {"window_id": window_id, "input_tokens": 0, "output_tokens": 0, "usd": 0.0}


def add(whole: dict[str, Any], told: dict[str, Any]) -> None:
    """Add what one answer took."""
    for name in ("input_tokens", "output_tokens"):
        whole[name] += int(told.get(name) or 0)
    known = whole["usd"] is not None and told.get("cost") is not None
    whole["usd"] = round(whole["usd"] + float(told["cost"]), 6) if known else None
''', _message_table,
)
# fmt: on
# endregion

# region shared/http (written by 'zoom-bridge flows build')
# fmt: off
_http = compiled_once(
    'http', r'''
"""Requests to a server that may or may not have taken them."""

from __future__ import annotations

import contextlib
import logging
import re
import ssl
from collections.abc import Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final

import anyio
import httpx
from lfx.services.deps import get_shared_component_cache_service

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
IN_A_HEADER: Final = re.compile(r"[\x21-\x7e]+")
"""A key or token: what may stand in a header."""
LONGEST_ANSWER: Final = 1_000_000
"""Bytes; what is longer is not read to its end, and counts as an answer that says nothing."""
HTTPX_LOG: Final = logging.getLogger("httpx")


class NotReachedError(RuntimeError):
    """The server certainly has not got the request."""


class FateUnknownError(RuntimeError):
    """Nobody knows whether the server has taken the request.

    Attributes:
        status: The HTTP status of a server or gateway that broke; ``None`` where nothing came.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


async def ask_once(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Send a request once, and give the answer, be it yes or no; it is not led on to another address.

    The client's time is for the whole answer, which else might come byte by byte for ever. A no is one by its status,
    also where the rest of it does not come.

    Raises:
        NotReachedError: It may be sent again.
        FateUnknownError: No answer came, a yes that broke off, or one of a server or gateway that broke: any 5xx but 503.
    """
    begun: httpx.Response | None = None
    try:
        with unlogged(request.url), anyio.fail_after(longest_wait(client.timeout)):
            begun = await client.send(request, stream=True, follow_redirects=False)
            reply = await read_whole(begun)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
        msg = "cannot be reached"
        raise NotReachedError(msg) from None
    except (httpx.HTTPError, TimeoutError):
        if begun is None or begun.is_success:
            msg = "did not answer"
            raise FateUnknownError(msg) from None
        reply = with_content(begun, b"")
    if reply.is_server_error and reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
        msg = f"failed, or a gateway before it (HTTP {reply.status_code})"
        raise FateUnknownError(msg, reply.status_code)
    return reply


async def read_whole(reply: httpx.Response) -> httpx.Response:
    """Read an answer up to what an answer may be; one without content stands for a longer one."""
    body = b""
    try:
        async for part in reply.aiter_bytes():
            body += part
            if len(body) > LONGEST_ANSWER:
                body = b""
                break
    finally:
        await reply.aclose()
    return with_content(reply, body)


def with_content(reply: httpx.Response, body: bytes) -> httpx.Response:
    """Give an answer with what was read of it."""
    coded = ("content-encoding", "content-length", "transfer-encoding")
    headers = [(name, value) for name, value in reply.headers.multi_items() if name not in coded]
    return httpx.Response(reply.status_code, headers=headers, content=body, request=reply.request)


def longest_wait(timeout: httpx.Timeout) -> float | None:
    """Give the seconds that a whole answer may take, the connection and its TLS included; ``None`` where there is no limit.

    A connection that takes its time to the end is thus still told from an answer that does.
    """
    return None if timeout.connect is None or timeout.read is None else 2 * timeout.connect + timeout.read


def open_client(transport: httpx.AsyncBaseTransport | None, timeout: httpx.Timeout) -> httpx.AsyncClient:
    """Make a client that goes by the proxies of the server's environment, but straight to the machine it is on.

    Raises:
        NotReachedError: The environment names a proxy that cannot be used.
    """
    straight = {f"all://{f'[{host}]' if ':' in host else host}": None for host in LOOPBACK}
    try:
        return httpx.AsyncClient(transport=transport, timeout=timeout, verify=trusted(), mounts=straight)
    except (ImportError, ValueError, httpx.InvalidURL):
        msg = "cannot be reached: HTTP_PROXY, ALL_PROXY or NO_PROXY of the Langflow server cannot be used"
        raise NotReachedError(msg) from None


def safe_target(url: str) -> httpx.URL | None:
    """Read an address that secrets may be sent to: https, plain http for loopback only; ``None`` for any other."""
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL:
        return None
    safe = target.scheme == "https" or (target.scheme == "http" and target.host in LOOPBACK)
    return target if target.host and safe and not target.userinfo else None


def asked_wait(headers: httpx.Headers, now: float) -> float | None:
    """Find out how long a server asks us to wait.

    Args:
        headers: Of a 429 or 503. ``Retry-After`` is seconds or an HTTP date (RFC 9110, 10.2.3), with Zoom also an
            ISO 8601 time; ``X-RateLimit-Reset`` is Unix seconds (developers.zoom.us, rate limits).
        now: Unix seconds.

    Returns:
        Seconds from now, or ``None`` where no header tells.
    """
    value = headers.get("retry-after", "").strip()
    reset = headers.get("x-ratelimit-reset", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    when = None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            when = when or read(value.replace("Z", "+00:00"))
    if when:
        at = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
        return max(0.0, at.timestamp() - now)
    return max(0.0, float(reset) - now) if reset.isdecimal() else None


def json_of(reply: httpx.Response) -> dict[str, Any]:
    """Read an answer; empty where it is no JSON object, as a gateway's is."""
    try:
        return object_of(reply.json())
    except (ValueError, RecursionError):
        return {}


def object_of(value: Any) -> dict[str, Any]:
    """Read a JSON object; empty where it is none."""
    return value if isinstance(value, dict) else {}


@contextlib.contextmanager
def unlogged(url: httpx.URL) -> Iterator[None]:
    """Keep an address out of httpx's log of requests: it names a webhook, a person or a meeting."""

    def tells_nothing(record: logging.LogRecord) -> bool:
        return str(url) not in record.getMessage()

    HTTPX_LOG.addFilter(tells_nothing)
    try:
        yield
    finally:
        HTTPX_LOG.removeFilter(tells_nothing)


def recall(key: str) -> Any:
    """Look up what this process remembers for an hour, over all runs; ``None`` where it does not."""
    cache = get_shared_component_cache_service()
    found = cache.get(key) if cache is not None else None
    return found if isinstance(found, (dict, float, ssl.SSLContext)) else None


def remember(key: str, value: Any) -> None:
    """Keep something for :func:`recall`."""
    cache = get_shared_component_cache_service()
    if cache is not None:
        cache.set(key, value)


def trusted() -> ssl.SSLContext:
    """Give the system's certificate authorities, which take as long to read as a whole run."""
    context = recall("zoom-tls") or httpx.create_ssl_context()
    remember("zoom-tls", context)
    return context
''',
)
# fmt: on
# endregion

# region shared/zoom_api (written by 'zoom-bridge flows build')
# fmt: off
_zoom_api = compiled_once(
    'zoom_api', r'''
"""Zoom's REST API: requests as often as Zoom did not take them, access tokens, and what its refusals mean."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import httpx













POST_SPACING_SECONDS: Final = 1.0
"""From one post to the next in the same place: within the rate limits of every plan."""

TIMEOUT: Final = httpx.Timeout(30, connect=10)
"""Seconds."""

ATTEMPTS: Final = 4
"""Requests at most, when Zoom says that it did not take it."""

LONGEST_WAIT_SECONDS: Final = 30.0
"""What Zoom may ask us to wait; more is an error that says how long."""

LONGEST_RUN_SECONDS: Final = 60.0
"""How long after its start a run still waits to send something: half of what a route gives a run."""

LONGEST_TOLD_SECONDS: Final = 366 * 86400.0
"""Where Zoom names a time that is no date any more, this is told."""

EARLY_SECONDS: Final = 60.0
"""A token this close to its end is not used any more."""

ZOOM_HOST: Final = re.compile(r"(?:[a-z0-9-]+\.)*(?:zoom\.us|zoom\.com|zoomgov\.com)")

MAY_HAVE_ARRIVED: Final = "The message may have arrived, so it is not posted again."

TRY_AGAIN: Final = (429, 503)
"""Answers with which Zoom says that it did not take the request now."""

NOT_VALID: Final = 124

NO_SCOPE: Final = 4711

NO_GOOD_TOKEN: Final = 4700

NO_MEETING: Final = 3001

API_HINTS: Final = {
    NOT_VALID: "Zoom does not take the access token. Paste a new one, or give Account ID, Client ID and Client "
    "Secret instead, with which it is renewed by itself.",
    200: "The sender may not post there: posting is restricted, the channel is archived, or the sender is not a "
    "member. Choose another Sender or add this one to the channel.",
    300: "Zoom does not accept what was sent.",
    1001: "Zoom does not know the sender or the contact. Sender is the id or email of a user of this account, or "
    "'me' with a user's own access token.",
    NO_MEETING: "Zoom does not know this meeting, or it is of another account. Instant meetings and personal "
    "meeting ids have no chat of their own: set Channel ID for those.",
    4130: "Zoom knows no such channel. Check Channel ID; the sender has to be a member of the channel.",
    NO_GOOD_TOKEN: "The access token lacks a scope or is damaged. Check the scopes of the app, then activate it again.",
    5301: "Zoom could not deliver it to the chat. Is the sender a member of the channel, and the contact known?",
    7010: "This needs a chatbot's own credentials: Client ID and Client Secret of a General app that has the "
    "chatbot feature. A server-to-server app's or a user's are refused.",
}
"""By the number in Zoom's answer (developers.zoom.us, API error definitions)."""

TOKEN_HINTS: Final = {
    "invalid_client": "Zoom does not know this Client ID or Client Secret.",
    "invalid client": "Zoom does not know this Client ID or Client Secret.",
    "account does not exist": "Zoom does not know this Account ID. Copy it from the app's page.",
    "oauth app type": "The account does not allow this kind of app. Activate the app, or ask your administrator.",
    "unsupported": "The app is of another kind: Meeting chat and channels need a server-to-server app, the "
    "chatbot a General app.",
    "4702": "Zoom does not know this Client ID or Client Secret.",
    "4704": "Zoom does not know this Client ID or Client Secret.",
    "4705": "The app is of another kind: Meeting chat and channels need a server-to-server app, the chatbot a "
    "General app.",
    "4711": "The app has no scopes. Add them, then activate it again.",
    "4717": "The app is switched off. Activate it on marketplace.zoom.us.",
    "4735": "The user who owns the app is gone. Ask your administrator.",
    "4738": "Your administrator has switched the app off.",
    "4741": "The app was authorised anew, which ended this token. Give the newest credentials.",
}
"""By what is found, in this order, in the words or numbers of a refused token (developers.zoom.us, OAuth errors)."""


class ChatError(RuntimeError):
    """A message did not reach the chat, and why; never with an address, a secret or the message.

    * ``SetupError``: an input, or a setting at Zoom, has to be changed.
    * ``BusyError``: Zoom takes nothing now; later the same run may succeed.
    * ``UnknownFateError``: nobody knows whether it arrived; it is not posted again.

    Attributes:
        status: Zoom's HTTP status, or ``None`` where it did not come to an answer.
        code: The number in Zoom's answer.
        fields: What Zoom finds fault with in the request.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        fields: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.fields = fields


class SetupError(ChatError):
    """An input, or a setting at Zoom, has to be changed; the message says which."""


class BusyError(ChatError):
    """Zoom cannot be reached or takes no more now."""


class UnknownFateError(ChatError):
    """Nobody knows whether the message arrived."""


@dataclass(frozen=True)
class Refusal:
    """What of Zoom's answer may be shown, and what tells us its meaning."""

    status: int
    code: int | None
    words: str
    """For recognising it only; may hold anything."""
    fields: tuple[str, ...]
    scopes: tuple[str, ...]
    tracking: str
    """What Zoom's support asks for."""

    def __str__(self) -> str:
        number = "" if self.code is None else f", code {self.code}"
        tracking = f", tracking id {self.tracking}" if self.tracking else ""
        return f"(HTTP {self.status}{number}{tracking})"


def safe_url(url: str, name: str) -> httpx.URL:
    """Check an address that secrets are sent to.

    Raises:
        SetupError: It is not an https URL; plain http is for loopback only.
    """
    target = safe_target(url)
    if target is None:
        msg = f"The {name} must begin with https://."
        raise SetupError(
            f"{msg} Paste the endpoint that '/inc connect' showed." if "Webhook" in name else msg
        )
    return target


def bare_token(token: str, name: str) -> str:
    """Check a token, which is sent in a header.

    Raises:
        SetupError: It is more than a token.
    """
    if token and not IN_A_HEADER.fullmatch(token):
        msg = f"The {name} must be the bare token that Zoom showed, without 'Bearer'."
        raise SetupError(msg)
    return token


def regional_url(url: str, told: str) -> str:
    """Choose the API's address for an account, which a token's answer may name.

    What was told counts only where both addresses are Zoom's: neither does a stranger get the token, nor is a
    proxy passed by.
    """
    try:
        ours, theirs = httpx.URL(url), httpx.URL(told)
    except httpx.InvalidURL:
        return url
    if not all(one.scheme == "https" and ZOOM_HOST.fullmatch(one.host) for one in (ours, theirs)):
        return url
    return str(ours.copy_with(host=theirs.host))


def meeting_segment(meeting: dict[str, Any]) -> str:
    """Name a meeting in a path: its number, else its UUID encoded twice (developers.zoom.us, "Using Zoom APIs")."""
    number = re.sub(r"[\s-]", "", str(meeting.get("id") or ""))
    if number.isdecimal() and number.isascii():
        return number
    return quote(quote(str(meeting.get("uuid") or ""), safe=""), safe="")


def busy(reply: httpx.Response, wait: float, now: float) -> BusyError:
    """Say until when Zoom takes no more."""
    wait = min(wait, LONGEST_TOLD_SECONDS)
    until = datetime.fromtimestamp(now + wait, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    daily = reply.headers.get("x-ratelimit-type", "").casefold().startswith("daily")
    why = "The account's daily limit of requests is used up" if daily else "Zoom takes no more now"
    return BusyError(
        f"{why} (HTTP {reply.status_code}), until {until}: it asks to wait {wait:.0f} s.",
        status=reply.status_code,
    )


def refusal_of(reply: httpx.Response) -> Refusal:
    """Read a refusal: ``code`` and ``message``, or ``error`` and ``reason`` where a token was asked for."""
    body = json_of(reply)
    words = " ".join(str(body.get(name) or "") for name in ("code", "error", "reason", "message"))
    faults = body.get("errors")
    faults = faults if isinstance(faults, list) else []
    fields = [str(fault.get("field")) for fault in faults if isinstance(fault, dict)]
    _, _, scopes = words.partition("scopes:")
    tracking = reply.headers.get("x-zm-trackingid", "")
    return Refusal(
        status=reply.status_code,
        code=int(body["code"]) if str(body.get("code")).isdecimal() else None,
        words=words.casefold(),
        fields=tuple(field for field in fields if re.fullmatch(r"[\w.\[\]]{1,60}", field)),
        scopes=tuple(re.findall(r"(?<![a-z_])[a-z_]+(?::[a-z_]+)+", scopes)),
        tracking=tracking if re.fullmatch(r"[\w=;:.+/-]{1,120}", tracking) else "",
    )


def explain(refusal: Refusal, code: int | None) -> SetupError:
    """Say what a refusal of the API means and what to do about it."""
    advice = API_HINTS.get(code or 0, "Zoom refused the request.")
    if code == NO_SCOPE:
        scopes = ", ".join(refusal.scopes) or "that this needs"
        advice = (
            f"The app lacks the scope {scopes}: add it (a server-to-server app needs the one that ends in "
            ":admin) on the app's page at marketplace.zoom.us, then activate or authorise the app again."
        )
    elif refusal.status == 401 and code not in API_HINTS:
        advice = API_HINTS[NOT_VALID]
    elif refusal.status == 403:
        advice = API_HINTS[200]
    elif refusal.fields:
        advice = f"{advice} Fields at fault: {', '.join(refusal.fields)}."
    return SetupError(f"{advice} {refusal}", status=refusal.status, code=code, fields=refusal.fields)


def explain_token(refusal: Refusal) -> SetupError:
    """Say why Zoom gives no access token."""
    advice = "Zoom gives no access token. Check Account ID, Client ID and Client Secret."
    for words, hint in TOKEN_HINTS.items():
        if words in refusal.words:
            return SetupError(f"{hint} {refusal}", status=refusal.status, code=refusal.code)
    return SetupError(f"{advice} {refusal}", status=refusal.status, code=refusal.code)


class Line:
    """One run's connection to Zoom: every request, as often as Zoom says that it did not take it, and no more.

    Attributes:
        in_flight: Whether Zoom may have a request that must not be sent twice, and nobody knows what became of it.
    """

    def __init__(self, client: httpx.AsyncClient, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._client = client
        self._sleep = sleep
        self._until = time.monotonic() + LONGEST_RUN_SECONDS
        self.in_flight = False

    async def send(
        self, make: Callable[[], httpx.Request], *, place: str = "", repeatable: bool = False
    ) -> httpx.Response:
        """Give Zoom's answer, be it yes or no.

        Args:
            make: Makes the request, anew for each attempt.
            place: Where it is posted; posts in one place keep a distance. Empty for what is no post.
            repeatable: Whether it does no harm to send it once more where nobody knows what became of it.

        Raises:
            BusyError: Zoom is out of reach or takes no more, or the run has waited long enough.
            UnknownFateError: Nobody knows what became of it.
        """
        delay: float | None = 0.0
        problem = ""
        for attempt in range(ATTEMPTS):
            wait = 2 ** (attempt - 1) if delay is None else delay
            await self._sleep(self._reserve(place, wait, problem))
            delay = None
            request = make()
            self.in_flight = not repeatable
            try:
                reply = await ask_once(self._client, request)
            except NotReachedError as error:
                self.in_flight = False
                problem = f"Zoom {error}"
                continue
            except FateUnknownError as error:
                problem = f"Zoom {error}"
                if repeatable:
                    continue
                raise UnknownFateError(f"{problem}. {MAY_HAVE_ARRIVED}", status=error.status) from None
            self.in_flight = False
            if reply.status_code not in TRY_AGAIN:
                return reply
            problem = f"Zoom takes no more now (HTTP {reply.status_code})"
            now = time.time()
            delay = asked_wait(reply.headers, now)
            if delay is not None and delay > LONGEST_WAIT_SECONDS:
                raise busy(reply, delay, now)
        raise BusyError(f"{problem}; tried {ATTEMPTS} times.")

    def _reserve(self, place: str, delay: float, problem: str) -> float:
        """Reserve a place's next free moment, at least ``delay`` seconds away; gives the seconds from now.

        Posts are spaced over all runs in this process.

        Raises:
            BusyError: The moment is too late for this run; it is left to others.
        """
        key = f"zoom-chat:{place}"
        now = time.monotonic()
        at = max(now + delay, (recall(key) if place else None) or now)
        if at > self._until:
            why = problem or "Other posts to the same place come first, or Zoom is slow"
            msg = f"{why}, and a run waits no longer than {LONGEST_RUN_SECONDS:.0f} s. Run it again."
            raise BusyError(msg)
        if place:
            remember(key, at + POST_SPACING_SECONDS)
        return at - now


class Tokens:
    """One app's access tokens, each used by all runs of this process until it is about to expire.

    Source: developers.zoom.us, "Server-to-server OAuth" and "Chatbot tokens": a token lives an hour, and a new
    one leaves the old one valid.
    """

    def __init__(self, line: Line, url: httpx.URL, form: dict[str, str], client: tuple[str, str]) -> None:
        self._line = line
        self._request = httpx.Request(
            "POST",
            url,
            data=form,
            headers={
                "Authorization": f"Basic {base64.b64encode(':'.join(client).encode()).decode()}",
                "Accept": "application/json",
            },
        )
        secret = json.dumps([str(url), form, client]).encode()
        self.key = f"zoom-token:{hashlib.sha256(secret).hexdigest()}"
        """Whose tokens these are; tells nothing of the credentials."""

    async def get(self, refused: str = "") -> dict[str, Any]:
        """Give a token other than the one Zoom refused; whoever asks while one is fetched waits for that one.

        Returns:
            ``token``, ``until`` (this process' monotonic seconds) and ``api_url``, which may be empty.

        Raises:
            SetupError: Zoom gives none.
        """
        loop = asyncio.get_running_loop()
        lock_key = f"{self.key}:{id(loop)}"
        # A lock is one loop's own, and no other loop gets the same id as long as this one is remembered.
        own = recall(lock_key) or {"loop": loop, "lock": asyncio.Lock()}
        remember(lock_key, own)
        async with own["lock"]:
            held: dict[str, Any] | None = recall(self.key)
            if not held or held["token"] == refused or time.monotonic() > held["until"] - EARLY_SECONDS:
                held = await self._fetch()
                remember(self.key, held)
            return held

    def forget(self) -> None:
        """Fetch a new one next time: scopes that are added to an app are in new tokens only."""
        remember(self.key, {})

    async def _fetch(self) -> dict[str, Any]:
        asked_at = time.monotonic()
        reply = await self._line.send(lambda: self._request, repeatable=True)
        body = json_of(reply)
        if not reply.is_success:
            raise explain_token(refusal_of(reply))
        token, seconds = body.get("access_token"), body.get("expires_in")
        if (
            not isinstance(token, str)
            or not IN_A_HEADER.fullmatch(token)
            or not isinstance(seconds, (int, float))
        ):
            msg = "The answer holds no access token. Is OAuth URL Zoom's?"
            raise SetupError(msg)
        return {"token": token, "until": asked_at + seconds, "api_url": str(body.get("api_url") or "")}


class ReadyToken:
    """An access token that somebody pasted."""

    def __init__(self, token: str) -> None:
        self._token = bare_token(token, "Access Token")
        self.key = f"zoom-token:{hashlib.sha256(token.encode()).hexdigest()}"

    async def get(self, refused: str = "") -> dict[str, Any]:
        """Give it; there is no other."""
        return {"token": self._token, "api_url": ""}

    def forget(self) -> None:
        """It is all there is."""


class Api:
    """Zoom's REST API, as one app."""

    def __init__(self, line: Line, tokens: Tokens | ReadyToken, url: str) -> None:
        self._line = line
        self._url = str(safe_url(url, "API URL")).rstrip("/")
        self.tokens = tokens

    async def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        place: str = "",
        repeatable: bool = False,
        not_found: int | None = None,
    ) -> dict[str, Any]:
        """Give Zoom's answer; ``not_found`` is what a 404 means, whatever its number.

        Raises:
            ChatError: There is none, or it is no.
        """
        refused = ""
        while True:
            access = await self.tokens.get(refused)
            url = regional_url(self._url, access["api_url"]) + path
            headers = {"Authorization": f"Bearer {access['token']}"}
            reply = await self._line.send(
                partial(httpx.Request, method, url, headers=headers, json=body),
                place=place,
                repeatable=repeatable,
            )
            if reply.is_success:
                return json_of(reply)
            refusal = refusal_of(reply)
            code = not_found if refusal.status == 404 and not_found else refusal.code
            if code in (NO_SCOPE, NO_GOOD_TOKEN):
                self.tokens.forget()
            not_valid = code == NOT_VALID or (refusal.status == 401 and code not in API_HINTS)
            if not_valid and not refused and isinstance(self.tokens, Tokens):
                refused = access["token"]
                continue
            raise explain(refusal, code)
''', _http,
)
TIMEOUT = _zoom_api.TIMEOUT
# fmt: on
# endregion

# region shared/zoom_chat (written by 'zoom-bridge flows build')
# fmt: off
_zoom_chat = compiled_once(
    'zoom_chat', r'''
"""The ways into Zoom's chat: an incoming webhook, a meeting's own chat, any channel or contact, a chatbot."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from urllib.parse import quote

import httpx
from lfx.io import DropdownInput, SecretStrInput, StrInput
from pydantic import SecretStr





















OWN_MARK: Final = "🤖 "
"""How every message begins that stands under a person's name: so people see who wrote it, and Zoom Context Buffer
knows it when Zoom brings it back as something said in the meeting's chat."""

WEBHOOK: Final = "Incoming webhook"

MEETING: Final = "Meeting chat"

CHANNEL: Final = "Channel or contact"

CHATBOT: Final = "Chatbot"

APP_INPUTS: Final = ("account_id", "client_id", "client_secret", "api_url", "oauth_url", "thread")

USER_INPUTS: Final = (*APP_INPUTS, "access_token", "sender", "channel_id", "formatting")

SHOWN: Final = {
    WEBHOOK: ("webhook_url", "verification_token", "signing_secret"),
    MEETING: USER_INPUTS,
    CHANNEL: (*USER_INPUTS, "contact"),
    CHATBOT: (*APP_INPUTS, "robot_jid", "to_jid", "user_jid"),
}
"""The inputs of each way into the chat; the others are hidden while it is chosen, and ignored."""

ACCOUNT: Final = (
    ("account_id", "access_token"),
    ("client_id", "access_token"),
    ("client_secret", "access_token"),
)

CREDENTIALS: Final = {
    WEBHOOK: (("webhook_url",), ("verification_token", "signing_secret")),
    MEETING: ACCOUNT,
    CHANNEL: ACCOUNT,
    CHATBOT: (("account_id",), ("client_id",), ("client_secret",), ("robot_jid",), ("to_jid",)),
}
"""What each way needs, in groups of which one input has to be set. With none set at all it is a dry run."""

WEBHOOK_HINTS: Final = {
    400: "Zoom refused the post. A connection made with '/inc connect -s' needs its Signing Secret, any other "
    "the Verification Token.",
    401: "Zoom refused the verification token or the signature. Paste what '/inc connect' showed, without "
    "'Bearer'; the secret of '/inc connect -s' goes into Signing Secret.",
    403: "Zoom does not allow this webhook to post. Ask the channel's owner or your Zoom administrator.",
    404: "Zoom does not know this webhook. Paste the URL that '/inc connect' showed, or connect the channel again.",
}

NO_MEETING_CHAT: Final = (
    "This meeting has no chat of its own outside the meeting. Turn on 'Allow users to access meeting chats before "
    "and after the meeting' (Zoom settings, Meeting, In Meeting (Basic)), then schedule the meeting, or edit and "
    "save it if it is scheduled already; instant meetings and personal meeting ids have none. Or set Channel ID."
)

BYTES: Final = Limit("utf-8", 1, 3500)
"""Of a webhook, which refuses a post that is too long as a whole."""

MARKED: Final = replace(CHARACTERS, size=CHARACTERS.size - CHARACTERS.length(OWN_MARK))
"""Of the API, beside the mark."""

TITLE: Final = replace(CHARACTERS, size=80)
"""Of a chatbot's head, which counts beside the body."""

LIMITS: Final = {WEBHOOK: BYTES, MEETING: MARKED, CHANNEL: MARKED, CHATBOT: CHARACTERS}

CONNECTION_INPUTS: Final[list[Any]] = [
    DropdownInput(
        name="send_through",
        display_name="Send Through",
        info="Incoming webhook: one channel, two pasted values. Meeting chat: the meeting's own chat, with a "
        "server-to-server app. Channel or contact: the same app, any channel. Chatbot: an app of its own.",
        options=list(SHOWN),
        value=WEBHOOK,
        real_time_refresh=True,
    ),
    SecretStrInput(
        name="webhook_url",
        display_name="Webhook URL",
        info="Endpoint of an incoming webhook, shown by '/inc connect <name>' in the Zoom channel. Without "
        "it this is a dry run: nothing is posted.",
        required=False,
        override_skip=True,
    ),
    SecretStrInput(
        name="verification_token",
        display_name="Verification Token",
        info="Shown by '/inc connect <name>' beside the endpoint.",
        required=False,
        override_skip=True,
    ),
    SecretStrInput(
        name="signing_secret",
        display_name="Signing Secret",
        info="Only for a connection made with '/inc connect -s <name>': its secret, instead of the token.",
        required=False,
        advanced=True,
        override_skip=True,
    ),
    StrInput(
        name="account_id",
        display_name="Account ID",
        info="Of the app on marketplace.zoom.us. Without any credentials this is a dry run.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="client_id",
        display_name="Client ID",
        info="Of a server-to-server OAuth app; for the chatbot, of a General app with the chatbot feature.",
        show=False,
        override_skip=True,
    ),
    SecretStrInput(
        name="client_secret",
        display_name="Client Secret",
        info="Of the same app.",
        required=False,
        show=False,
        override_skip=True,
    ),
    SecretStrInput(
        name="access_token",
        display_name="Access Token",
        info="Instead of the app's credentials: a ready token of a user, good for an hour.",
        required=False,
        advanced=True,
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="channel_id",
        display_name="Channel ID",
        info="Where to post. In Meeting chat, empty means the meeting's own chat; an id overrides it.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="contact",
        display_name="Contact",
        info="Email of the person to write to, instead of a channel.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="sender",
        display_name="Sender",
        info="Id or email of the user who posts, a member of the channel. Empty: the meeting's host; in a "
        "channel or to a contact, the user to whom app or token belongs.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="robot_jid",
        display_name="Bot JID",
        info="Of the chatbot, on the app's page under Features: v1...@xmpp.zoom.us.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="to_jid",
        display_name="Recipient JID",
        info="Where to post: <channel id>@conference.xmpp.zoom.us, or <user id>@xmpp.zoom.us for a person.",
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="user_jid",
        display_name="User JID",
        info="Of the user who installed the chatbot, where the app is managed by users.",
        advanced=True,
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="api_url",
        display_name="API URL",
        info="Of Zoom's REST API, for other clouds (zoomgov.com) and tests.",
        value="https://api.zoom.us/v2",
        advanced=True,
        show=False,
        override_skip=True,
    ),
    StrInput(
        name="oauth_url",
        display_name="OAuth URL",
        info="Where Zoom gives access tokens.",
        value="https://zoom.us/oauth/token",
        advanced=True,
        show=False,
        override_skip=True,
    ),
]
"""How to get into Zoom: of Zoom Connection, and of a Zoom Chat Output that has its own way."""


@dataclass(frozen=True)
class Said:
    """A message that people now see."""

    id: str
    """Zoom's id of it; empty where Zoom tells none."""
    root: bool = False
    """Whether it stands by itself, so that others may be replies to it."""


def rich_text(text: str, mark: str) -> tuple[str, list[dict[str, Any]]]:
    """Turn headings and lists into what the Team Chat API calls rich text.

    Args:
        text: With marks of headings.
        mark: What the message begins with.

    Returns:
        The message, and ranges of it: ``start_position`` and the ``end_position`` behind it, in UTF-16 units
        (developers.zoom.us, Team Chat API, "Send a chat message"; the unit is not documented). Each has
        ``format_attr``, empty where the format has no attribute: without it Zoom leaves all formatting out.
    """
    shown = ""
    ranges = []
    begun: int | None = None

    def here() -> int:
        return CHARACTERS.length(shown)

    def format_from(start: int, kind: str) -> None:
        ranges.append(
            {"start_position": start, "end_position": here(), "format_type": kind, "format_attr": ""}
        )

    for number, line in enumerate(without_asterisks(text).split("\n")):
        shown += "\n" if number else ""
        start = here()
        shown += "" if number else mark
        bullet = line.startswith("- ")
        for piece in re.split(f"([{BOLD}{PLAIN}])", line.removeprefix("- ")):
            if piece == BOLD:
                begun = here()
            elif piece == PLAIN and begun is not None:
                format_from(begun, "Bold")
                begun = None
            elif piece != PLAIN:
                shown += piece
        if bullet and here() > start:
            format_from(start, "BulletedList")
    if begun is not None and here() > begun:  # a heading that was cut in two
        format_from(begun, "Bold")
    return shown, ranges


def title_of(meeting: dict[str, Any]) -> str:
    """Give what stands over a chatbot's message: the meeting's topic, if need be shortened."""
    topic, *more = cut(" ".join(clean(meeting.get("topic") or "").split()), TITLE) or [""]
    return f"{topic}…" if more else topic


def card(text: str, title: str) -> dict[str, Any]:
    """Turn text into a chatbot's message: head and body (developers.zoom.us, "Customize chatbot messages")."""
    body = []
    for block in text.split("\n\n"):
        first, _, rest = block.partition("\n")
        if first.startswith(BOLD) and first.endswith(PLAIN):
            body.append({"type": "message", "text": plain(first), "style": {"bold": True}})
            block = rest
        if plain(block).strip():
            body.append({"type": "message", "text": plain(block)})
    return {"head": {"text": title}, "body": body} if title else {"body": body}


def lacking(way: str, given: dict[str, str]) -> list[tuple[str, ...]] | None:
    """Find what a way still needs.

    Args:
        way: One of ``SHOWN``.
        given: What the inputs hold.

    Returns:
        Names of inputs, in groups of which one has to be set; ``None`` where nothing at all is set.
    """
    if not any(given[name] for group in CREDENTIALS[way] for name in group):
        return None
    needed = (*CREDENTIALS[way], ("channel_id", "contact")) if way == CHANNEL else CREDENTIALS[way]
    return [group for group in needed if not any(given[name] for name in group)]


def signature(secret: str, query: str, body: bytes) -> str:
    """Sign a post to a connection made with ``/inc connect -s``, as public clients of it do."""
    signed = hmac.digest(secret.encode(), query.encode() + b"&" + body, hashlib.sha256)
    return base64.b64encode(signed).decode()


class Way(Protocol):
    """A way into the chat."""

    place: str
    """Names, without telling, where it posts."""
    limit: Limit
    edits: bool
    """Whether a message can be changed afterwards."""

    async def say(self, text: str, *, thread: str, edited: str) -> Said:
        """Post a message.

        Args:
            text: With marks of headings.
            thread: Id of the message it is a reply to; empty for none.
            edited: Id of the message it takes the place of; empty for none.
        """


class Webhook:
    """An incoming webhook: needs a URL and a token, and can neither edit nor reply.

    Source: support.zoom.com KB0067640. Zoom wants the bare token and, for ``format=message``, the raw text
    rather than JSON. A connection made with ``/inc connect -s`` wants ``timestamp``, Unix milliseconds, in the
    query and a signature in the token's place.
    """

    limit = BYTES
    edits = False

    def __init__(self, line: Line, given: dict[str, str]) -> None:
        url = safe_url(given["webhook_url"], "Webhook URL")
        self._target = url.copy_set_param("format", "message")
        self._token = bare_token(given["verification_token"], "Verification Token")
        self._secret = given["signing_secret"]
        self._line = line
        self.place = digest(url.path)

    async def say(self, text: str, *, thread: str, edited: str) -> Said:
        """Post a message of its own."""
        reply = await self._line.send(lambda: self._request(plain(text).encode()), place=self.place)
        if not reply.is_success:
            hint = WEBHOOK_HINTS.get(reply.status_code, "Zoom refused the post.")
            raise SetupError(f"{hint} {replace(refusal_of(reply), code=None)}", status=reply.status_code)
        return Said("")

    def _request(self, body: bytes) -> httpx.Request:
        target, authorization = self._target, self._token
        if self._secret:
            milliseconds = str(int(time.time() * 1000))
            target = target.copy_set_param("timestamp", milliseconds)
            authorization = signature(self._secret, f"message&{milliseconds}", body)
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        return httpx.Request("POST", target, content=body, headers=headers)


class Editable:
    """What the two ways through the API have in common: replies, edits, and what to do when their message is gone."""

    limit: Limit
    edits = True

    async def say(self, text: str, *, thread: str, edited: str) -> Said:
        """Post a message; by itself where the one it belongs to was deleted."""
        if edited:
            try:
                await self._edit(edited, text)
            except ChatError as error:
                if error.status != 404 or error.code in API_HINTS:
                    raise
            else:
                return Said(edited)
        if thread:
            try:
                return Said(await self._post(text, thread))
            except ChatError as error:
                if not any(field.startswith("reply_") for field in error.fields):
                    raise
        return Said(await self._post(text, ""), root=True)

    async def _post(self, text: str, thread: str) -> str:
        raise NotImplementedError

    async def _edit(self, message_id: str, text: str) -> None:
        raise NotImplementedError


class TeamChat(Editable):
    """The Team Chat API: posts as a user, in a channel, to a contact, or in a meeting's own chat.

    What it posts stands under that user's name, so each message begins with ``OWN_MARK``.

    Source: developers.zoom.us, Team Chat API, ``/chat/users/{userId}/messages``, and Meetings API,
    ``settings.continuous_meeting_chat.channel_id`` of ``/meetings/{meetingId}``.
    """

    limit = MARKED

    def __init__(
        self, api: Api, given: dict[str, str], meeting: dict[str, Any] | None, *, rich: bool
    ) -> None:
        """``meeting`` is the one whose chat it is, ``None`` for a channel or contact of its own."""
        self._api = api
        self._channel = given["channel_id"]
        self._contact = given["contact"] if meeting is None else ""
        self._sender = given["sender"]
        self._segment = meeting_segment(meeting) if meeting else ""
        self._own_user = bool(given["access_token"])
        self._rich = rich
        if self._channel and self._contact:
            msg = "Channel ID and Contact are both set: clear one of them."
            raise SetupError(msg)
        if meeting is not None and not self._segment and not self._channel:
            msg = (
                "It is not known which meeting this is. Connect News or Context from a Zoom window, or set "
                "Channel ID."
            )
            raise SetupError(msg)
        self.place = digest([self._channel or self._contact or self._segment, self._sender])

    async def _post(self, text: str, thread: str) -> str:
        sender, target = await self._target()
        message, ranges = rich_text(text, OWN_MARK) if self._rich else (OWN_MARK + plain(text), [])
        body: dict[str, Any] = {"message": message} | target
        if ranges:
            body["rich_text"] = ranges
        if thread:
            body["reply_main_message_id"] = thread
        path = f"/chat/users/{quote(sender, safe='')}/messages"
        return str((await self._api.call("POST", path, body, place=self.place)).get("id") or "")

    async def _edit(self, message_id: str, text: str) -> None:
        sender, target = await self._target()  # an edit takes no rich text
        path = f"/chat/users/{quote(sender, safe='')}/messages/{quote(message_id, safe='')}"
        body = {"message": OWN_MARK + plain(text)} | target
        await self._api.call("PUT", path, body, place=self.place, repeatable=True)

    async def _target(self) -> tuple[str, dict[str, str]]:
        """Find who posts where."""
        if self._contact:
            return self._sender or "me", {"to_contact": self._contact}
        sender, channel = self._sender, self._channel
        if self._segment and not (channel and (sender or self._own_user)):
            try:
                meeting = await self._meeting()
            except ChatError as error:
                if error.code != NO_MEETING or not channel:
                    raise
                meeting = {"host_id": "me"}
            channel = channel or meeting["channel_id"]
            sender = sender or ("" if self._own_user else meeting["host_id"])
        return sender or "me", {"to_channel": channel}

    async def _meeting(self) -> dict[str, str]:
        """Ask, once in an hour, which channel is the meeting's chat, and who the host is."""
        key = f"zoom-meeting:{digest([self._api.tokens.key, self._segment])}"
        known: dict[str, str] | None = recall(key)
        if known:
            return known
        path = f"/meetings/{self._segment}"
        told = await self._api.call("GET", path, repeatable=True, not_found=NO_MEETING)
        chat = object_of(object_of(told.get("settings")).get("continuous_meeting_chat"))
        if not self._channel and not (chat.get("enable") and chat.get("channel_id")):
            raise SetupError(NO_MEETING_CHAT)
        known = {"channel_id": str(chat.get("channel_id") or ""), "host_id": str(told.get("host_id") or "")}
        if known["channel_id"]:
            remember(key, known)
        return known


class Chatbot(Editable):
    """A chatbot: posts under its own name, with a head and a body.

    Source: developers.zoom.us, Chatbot API, ``/im/chat/messages``.
    """

    limit = CHARACTERS

    def __init__(self, api: Api, given: dict[str, str], title: str) -> None:
        names = ("account_id", "robot_jid", "user_jid")
        self._api = api
        self._who = {name: given[name] for name in names if given[name]}
        self._to = given["to_jid"]
        self._title = title
        self.place = digest([self._to, given["robot_jid"]])

    async def _post(self, text: str, thread: str) -> str:
        body = self._who | {"to_jid": self._to, "content": card(text, self._title)}
        if thread:
            body["reply_to"] = thread
        said = await self._api.call("POST", "/im/chat/messages", body, place=self.place)
        return str(said.get("message_id") or "")

    async def _edit(self, message_id: str, text: str) -> None:
        body = self._who | {"content": card(text, self._title)}
        path = f"/im/chat/messages/{quote(message_id, safe='')}"
        await self._api.call("PUT", path, body, place=self.place, repeatable=True)


class ChatConnection:
    """What goes along the edge: a way into Zoom's chat, with its credentials, tokens and pacing.

    Tells nothing of use when it is printed, logged or made JSON.
    """

    Error = ChatError

    def __init__(
        self,
        way: str,
        given: dict[str, str],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        sleep: Any = asyncio.sleep,
    ) -> None:
        """``way`` is one of ``SHOWN``, ``given`` what its inputs hold, by name.

        Raises:
            SetupError: There is no such way.
        """
        if way not in SHOWN:
            msg = f"Send Through must be one of: {', '.join(SHOWN)}."
            raise SetupError(msg)
        self.way = way
        self.limit = LIMITS[way]
        self._given = SecretStr(json.dumps(given))
        self._transport = transport
        self._timeout = timeout
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"ChatConnection({self.way}, {'without' if self.missing() is None else 'with'} credentials)"

    def missing(self) -> list[str] | None:
        """Name, as people call them, the inputs that still have to be filled in; ``None`` where none is."""
        lacks = lacking(self.way, self._inputs())
        labels = {one.name: str(one.display_name) for one in CONNECTION_INPUTS}
        return None if lacks is None else [" or ".join(labels[name] for name in group) for group in lacks]

    @contextlib.asynccontextmanager
    async def open(self, meeting: dict[str, Any], *, rich: bool) -> AsyncIterator[tuple[Line, Way]]:
        """Connect for one run.

        Args:
            meeting: The one whose chat it may be, and whose topic stands over a chatbot's message.
            rich: Whether headings and lists are formatted.

        Raises:
            ChatError: It cannot be done like that.
        """
        missing = self.missing() or []
        if missing:
            msg = f"{self.way} needs more: {', '.join(missing)}."
            raise SetupError(msg)
        try:
            client = open_client(self._transport, self._timeout)
        except NotReachedError as error:
            msg = f"Zoom {error}."
            raise SetupError(msg) from None
        async with client:
            line = Line(client, self._sleep)
            yield line, self._way(line, meeting, rich=rich)

    def _inputs(self) -> dict[str, str]:
        given: dict[str, str] = json.loads(self._given.get_secret_value())
        return given

    def _way(self, line: Line, meeting: dict[str, Any], *, rich: bool) -> Way:
        given = self._inputs()
        if self.way == WEBHOOK:
            return Webhook(line, given)
        tokens: Tokens | ReadyToken
        if self.way != CHATBOT and given["access_token"]:
            tokens = ReadyToken(given["access_token"])
        else:
            grant = {"grant_type": "account_credentials", "account_id": given["account_id"]}
            if self.way == CHATBOT:
                grant = {"grant_type": "client_credentials"}
            url = safe_url(given["oauth_url"], "OAuth URL")
            tokens = Tokens(line, url, grant, (given["client_id"], given["client_secret"]))
        api = Api(line, tokens, given["api_url"])
        if self.way == CHATBOT:
            return Chatbot(api, given, title_of(meeting))
        return TeamChat(api, given, meeting if self.way == MEETING else None, rich=rich)


def given_in(component: Any) -> dict[str, str]:
    """Read what a component's inputs hold of ``CONNECTION_INPUTS``; what a flow does not know of is empty."""
    values = {one.name: getattr(component, one.name, "") for one in CONNECTION_INPUTS}
    return {name: value.strip() if isinstance(value, str) else "" for name, value in values.items()}


def show_inputs(build_config: dict[str, Any], way: str) -> None:
    """Show the inputs of a way in the editor, and hide those of the others."""
    for name in {name for names in SHOWN.values() for name in names} & build_config.keys():
        build_config[name]["show"] = name in SHOWN.get(way, ())
''', _http, _identity, _news_text, _wording, _zoom_api,
)
(
    CONNECTION_INPUTS,
    show_inputs,
) = (
    _zoom_chat.CONNECTION_INPUTS,
    _zoom_chat.show_inputs,
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

# region shared/posts (written by 'zoom-bridge flows build')
# fmt: off
_posts = compiled_once(
    'posts', r'''
"""What of a meeting's news is posted, in which parts, and what has been told already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final







WANTED: Final = {WEBHOOK: "Webhook URL", MEETING: "Account ID", CHANNEL: "Account ID", CHATBOT: "Account ID"}
"""What of each way is named first where nothing at all is filled in."""


ANSWERED: Final = ("schema", "insights", "summary", "notes", "language")
"""Parts of the news that are an answer's; whoever asked for the run knows the rest."""


@dataclass(frozen=True)
class Item:
    """One thing to say, which people are told once."""

    key: str
    """What it is claimed under; the same whenever the same thing is to be said again."""
    text: str
    slot: str = ""
    """Where messages can be edited: the message that it takes the place of. Empty for a message of its own."""
    whole: str | None = None
    """Key of what it is a part of; ``None`` where it is all."""
    subject: str = ""
    """What begins the keys of all that is said of the same thing; empty where it is no change."""
    window: str = ""
    """Whose news it is; empty of a text that is none."""


@dataclass(frozen=True)
class Post:
    """What goes into the chat with one request."""

    items: list[Item]
    text: str
    slot: str = ""

    def row(self, state: str) -> dict[str, Any]:
        """Write what is kept of it."""
        keys, wholes = [item.key for item in self.items], [item.whole for item in self.items if item.whole]
        return {
            "keys": keys,
            "wholes": wholes,
            "state": state,
            "window": max(item.window for item in self.items),
        }


@dataclass(frozen=True)
class Told:
    """What was said in this session before."""

    states: dict[str, str]
    """``claimed`` or ``posted`` by key."""
    parts: dict[str, str]
    """The same by key of what was said in parts."""
    root: str
    """Id of the message that the meeting's thread hangs on."""
    slots: dict[str, str]
    """Id of the message in each slot."""
    windows: dict[str, list[str]]
    """Whose news it was, by key, in order of when it was said last; of a text that is no news, and in rows of old, empty."""

    def state(self, item: Item) -> str | None:
        """Give what became of an item; a run whose words are longer or shorter may find it whole, or in parts."""
        state = self.states.get(item.key) or self.states.get(item.whole or "") or self.parts.get(item.key)
        return None if state and self._is_true_again(item) else state

    def _is_true_again(self, item: Item) -> bool:
        """Whether a later window says again what was said before something else of the same thing was.

        Only a later one: an earlier window that is run again must not bring back what was said then.
        """
        said = [key for key in self.windows if item.subject and is_within(key, item.subject)]
        name = item.key if item.key in said else item.whole
        if name not in said:
            return False
        since = [key for key in said[said.index(name) + 1 :] if not is_within(key, item.whole or item.key)]
        windows = [window for key in since for window in self.windows[key]]
        return bool(windows) and all(is_later(item.window, window) for window in windows)


def is_within(key: str, name: str) -> bool:
    """Whether a key is this name, or begins with it."""
    return f"{key}:".startswith(f"{name}:")


def is_later(window_id: str, other: str) -> bool:
    """Whether a window came after another one of the same route; of two routes' nobody knows."""
    (of, _, at), (other_of, _, other_at) = window_id.rpartition(":"), other.rpartition(":")
    return of == other_of and at.isdecimal() and other_at.isdecimal() and int(at) > int(other_at)


def items_of(news: dict[str, Any]) -> list[Item]:
    """Write news for people.

    An insight is claimed by its id, a change by id and content, a summary by its window, a note by key and
    text: so an insight is said once, and each change of it once, also one back to what was said before. A summary
    lists all insights; none is said beside it.
    """
    window = news["window_id"]
    if news["summary"]:
        items = [Item(f"{window}:summary", write_summary(news))]
    else:
        items = [
            Item(
                insight_key(each),
                write_insight(each, news.get("language")),
                subject=str(each["id"]) if each["status"] == "changed" else "",
                window=window,
            )
            for each in news["insights"]
        ]
    for note in news.get("notes") or []:
        name = f"note:{digest(note['key'])}"
        key = f"{name}:{said_in(note)}"
        subject = name if note["key"] == SUMMARY_KEY else ""
        items.append(Item(key, emphasised(note["text"]), name, subject=subject, window=window))
    return list({item.key: item for item in items if item.text}.values())


def answered(news: dict[str, Any]) -> dict[str, Any]:
    """Give what a run answers beside its text, and that it waits where it does."""
    told = {name: news[name] for name in ANSWERED if news.get(name)}
    return told | ({"approve": True} if awaits_approval(news["meeting"]) else {})


def in_parts(items: list[Item], limit: Limit) -> list[Item]:
    """Make one item of each part of an item that is too long for one message."""
    made = []
    for item in items:
        key, parts = item.key, split(item.text, limit)
        fits = len(parts) == 1
        named = {"whole": key, "subject": item.subject, "window": item.window}
        made += [item] if fits else [Item(f"{key}:{n}", part, **named) for n, part in enumerate(parts, 1)]
    return made


def split(text: str, limit: Limit) -> list[str]:
    """Split text into parts within a limit.

    Cuts at a paragraph, else a line, else a space, each where no part gets too short by it, else between two
    characters. More than one part are numbered ``(1/3) `` and so on, which counts.
    """
    if limit.length(text) <= limit.size:
        return [text] if text else []
    digits = 1
    while True:
        room = limit.size - len("(/) ") - 2 * digits
        parts = cut(text, replace(limit, size=room))
        if len(str(len(parts))) <= digits:
            return [f"({n}/{len(parts)}) {part}" for n, part in enumerate(parts, 1)]
        digits += 1


def next_post(items: list[Item], limit: Limit, *, edits: bool) -> Post | None:
    """Put as many of the items, in order, into one post as fit; ``None`` where there are none.

    Where messages can be edited, an item with a slot is a message of its own.
    """
    if items and items[0].slot and edits:
        return Post(items[:1], items[0].text, items[0].slot)
    texts: list[str] = []
    for item in items:
        if texts and ((item.slot and edits) or limit.length("\n\n".join([*texts, item.text])) > limit.size):
            break
        texts.append(item.text)
    return Post(items[: len(texts)], "\n\n".join(texts)) if texts else None


def told_of(rows: list[dict[str, Any]]) -> Told:
    """Sum up what was claimed and said in one session and place, oldest first."""
    ids = [row for row in rows if row.get("id")]
    roots = [row["id"] for row in ids if row["root"]]
    windows: dict[str, list[str]] = {}
    for row in rows:
        for key in (*row["keys"], *row.get("wholes", ())):
            windows[key] = [*windows.pop(key, ()), row.get("window", "")]
    return Told(
        states={key: row["state"] for row in rows for key in row["keys"]},
        parts={key: row["state"] for row in rows for key in row.get("wholes", ())},
        root=roots[-1] if roots else "",
        slots={row["slot"]: row["id"] for row in ids if row["slot"]},
        windows=windows,
    )
''', _identity, _news_text, _schemas, _wording, _zoom_chat,
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
# fmt: on
# endregion
# region shared/chat_step (written by 'zoom-bridge flows build')
# fmt: off
_chat_step = compiled_once(
    'chat_step', r'''
"""What Zoom Chat Output does with what it is given: posts what was not posted, and writes down each post before and after."""

from __future__ import annotations

from typing import Any

from lfx.base.tools.constants import TOOL_OUTPUT_NAME
from lfx.schema.data import Data
from lfx.schema.message import Message
















class ChatStep:
    """All that is posted of one window; its component has the inputs, and shows what came of it."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def post(self) -> Message:
        """Post what has not been posted, and give all that people see of this window."""
        async with within_run(self.component, last=True):
            return await self._post()

    async def _post(self) -> Message:
        told, given = named_in(self.component.news) or named_in(self.component.context), self._given()
        news = await words_of(self.component, given, told)
        text = await words_of(self.component, self.component.text, told)
        connection = self.component.connection or ChatConnection(
            self.component.send_through,
            given_in(self.component),
            transport=self.component._transport,
            timeout=self.component._timeout,
            sleep=self.component._sleep,
        )
        session_id, meeting, items = self._items(given, news, text)
        items = in_parts(items, connection.limit)
        said = in_markdown("\n\n".join(item.text for item in items))
        if not items:
            self._tell("nothing to post")
        elif awaits_approval(meeting) and not is_rehearsal(meeting, session_id):
            self._tell("it waits for approval, nothing was posted")
            said = f"({labels_in(self._language()).waits})\n\n{said}"
        elif (rehearsal := is_rehearsal(meeting, session_id)) or connection.missing() is None:
            why = "a rehearsal" if rehearsal else f"no {WANTED[connection.way]}"
            self._tell(f"dry run: {why}, nothing was posted")
            said = f"({remarks_in(self._language()).dry_run})\n\n{said}"
        elif not session_id:
            msg = "The run has no session. Send session_id along, one for each meeting."
            raise SetupError(msg)
        else:
            async with connection.open(meeting, rich=self.component.formatting) as (line, way):
                self._tell(await self._post_all(connection.Error, session_id, line, way, items))
        metadata = self._news(news, meeting, items)
        if is_put_back(news) or text != self.component.text:
            metadata[PUT_BACK] = True
        if spent := await spent_in(session_id):
            metadata["spent"] = spent
        return Message(text=said, session_id=session_id, session_metadata=metadata or None)

    def _given(self) -> Any:
        """Give the news that came in, or what was approved, where a flow has none of its own components before."""
        window = self.component.context.data if isinstance(self.component.context, Data) else {}
        if window and not self.component.news and (approved := approved_in(window)):
            return Data(data=window | {"schema": NEWS_SCHEMA} | approved)
        return self.component.news

    def _news(self, news: Any, meeting: dict[str, Any], items: list[Item]) -> dict[str, Any]:
        """Give whoever asked for the run what was found as data; nothing where a text came in that waits for nobody.

        Of all fields of a message, Langflow's Chat Output lets only this one through.
        """
        found = news.data if isinstance(news, Data) else {}
        if found.get("schema") == NEWS_SCHEMA:
            return {"news": answered(found)}
        if not items or not awaits_approval(meeting):
            return {}
        notes = [{"key": items[0].key, "text": plain("\n\n".join(item.text for item in items))}]
        return {"news": answered({"schema": NEWS_SCHEMA, "meeting": meeting, "notes": notes})}

    def _language(self) -> str | None:
        """In which people are told, as far as the news say."""
        return self.component.news.data.get("language") if isinstance(self.component.news, Data) else None

    def _tell(self, said: str) -> None:
        """Say what came of it where the editor shows it."""
        self.component.status = said
        self.component.log(said, name="Posts")

    def _items(self, given: Any, news: Any, text: Any) -> tuple[str, dict[str, Any], list[Item]]:
        """Find what there is to say, in which session and of which meeting.

        ``given`` are the news as they came in: a text is known by what it said before its words were put back.
        """
        window = self.component.context.data if isinstance(self.component.context, Data) else {}
        meeting = window.get("meeting") or {}
        session_id = window.get("session_id")
        text = clean(text or "")
        # An Agent's tool says several things in a window; what is wired says one, in other words each time.
        wired = window.get("window_id") if self.component._current_output != TOOL_OUTPUT_NAME else None
        name = f"{wired}:answer" if wired else f"{digest(clean(self.component.text or ''))}:text"
        items = [Item(name, text)] if text else []
        if isinstance(news, Data) and news.data.get("schema") == NEWS_SCHEMA:
            session_id, meeting = news.data["session_id"], news.data["meeting"]
            items += items_of(news.data)
        elif news:
            said = news if isinstance(news, str) else news.get_text()
            if not isinstance(said, str):
                msg = "The News input must be the news of Zoom Insight Ledger, or text."
                raise SetupError(msg)
            session_id = session_id or getattr(news, "session_id", "")
            said = clean(said)
            before = clean(given if isinstance(given, str) else given.get_text())
            name = window.get("window_id") or said_before(given) or digest(before)
            items += [Item(f"{name}:text", said)] if said else []
        if not session_id and self.component._vertex is not None:
            session_id = self.component.graph.session_id
        return str(session_id or ""), meeting, items

    async def _post_all(
        self, failed: type[ChatError], session_id: str, line: Line, way: Way, items: list[Item]
    ) -> str:
        """Post what was not posted; say what became of all.

        What is about to be posted is written down before, and what came of it after.
        """
        rows = Rows(session_id, f"zoom-chat:{way.place}")
        before = [row.content for row in await rows.all()]
        told = told_of(before)
        unsure = sum(told.state(item) == "claimed" for item in items)
        left = [item for item in items if not told.state(item)]
        here = len(items) - len(left) - unsure
        posted = 0
        while post := next_post(left, way.limit, edits=way.edits):
            left = left[len(post.items) :]
            thread, edited = told.root if self.component.thread else "", told.slots.get(post.slot, "")
            try:
                said = await self._say(rows, line, way, post, thread=thread, edited=edited)
            except failed as error:
                msg = f"{error} Posted: {here + posted} of {len(items)}."
                kind = type(error)
                raise kind(msg, status=error.status, code=error.code, fields=error.fields) from None
            before.append(said)
            told = told_of(before)
            posted += len(post.items)
        perhaps = f", {unsure} perhaps posted before" if unsure else ""
        return f"{posted} posted, {here} posted before{perhaps}"

    async def _say(
        self, rows: Rows, line: Line, way: Way, post: Post, *, thread: str, edited: str
    ) -> dict[str, Any]:
        """Post one message, and give what is kept of it.

        What certainly did not leave is taken back, also where Langflow cancels the run, so that the next one posts it.
        """
        row: Row | None = None
        try:
            row = await rows.add("Zoom Chat Output", post.row("claimed"))
            said = await way.say(post.text, thread=thread, edited=edited)
        except BaseException:
            if not line.in_flight:
                await to_its_end(self._take_back(rows, row, post))
            raise
        kept = post.row("posted") | {"id": said.id, "root": said.root, "slot": post.slot}
        await rows.change(row, kept)
        return kept

    @staticmethod
    async def _take_back(rows: Rows, row: Row | None, post: Post) -> None:
        """Remove the row of a post; of a run that was cancelled while it wrote it, the row that it wrote."""
        written = [row] if row else [one for one in await rows.all() if one.content == post.row("claimed")]
        for one in written:
            await rows.remove(one)
''', _identity, _languages, _message_table, _news_text, _one_run, _posts, _put_back, _remarks, _schemas, _spent, _wording, _zoom_api, _zoom_chat,
)
ChatStep = _chat_step.ChatStep
# fmt: on
# endregion


class ZoomChatOutput(Component):
    """Stands at the end of a flow, before Chat Output: posts to Zoom's chat.

    What is about to be posted is claimed in Langflow's message history first (in ``<session>:memory``,
    beside the meeting's session), so that a repeated run posts nothing twice. A refusal gives the claim
    back, and so does a run that ends while it only waits to post; a repeated run tries again. Where nobody can
    know whether a post arrived (no answer in time, a server that broke, a run cancelled or Langflow killed in
    between), the claim stays: people may miss a message, but never get it twice.
    """

    display_name = "Zoom Chat Output"
    description = (
        "Posts news or any text to Zoom's chat, each thing once: channel, contact or the meeting's own."
    )
    documentation = "https://developers.zoom.us/docs/team-chat/"
    icon = "Zoom"
    name = "ZoomChatOutput"

    inputs = [
        HandleInput(
            name="connection",
            display_name="Connection",
            info="Zoom Connection, where several parts of a flow post, or the way into Zoom has a node of its own. Without "
            "it the fields below are the way.",
            input_types=["ChatConnection"],
            required=False,
        ),
        HandleInput(
            name="news",
            display_name="News",
            info="What to post: the news of Zoom Insight Ledger, or any text.",
            input_types=["Data", "JSON", "Message"],
            required=False,
        ),
        MessageTextInput(
            name="text",
            display_name="Text",
            info="A text to post. With Context each window has one, whatever the words; without it, and from an Agent "
            "that has this as a tool, the same words are posted once in a session. Where News is connected too, both are posted.",
            tool_mode=True,
        ),
        *CONNECTION_INPUTS,
        BoolInput(
            name="thread",
            display_name="One Thread per Meeting",
            info="Everything after a meeting's first message is a reply to it.",
            value=True,
            advanced=True,
            show=False,
            override_skip=True,
        ),
        BoolInput(
            name="formatting",
            display_name="Formatting",
            info="Headings in bold and lists with bullets; off for plain text.",
            value=True,
            advanced=True,
            show=False,
            override_skip=True,
        ),
        DataInput(
            name="context",
            display_name="Context",
            info="For text only: the Context of Zoom Context Buffer. Then each window is answered once, whatever "
            "the words; without it, the same text is posted once in a session.",
            advanced=True,
        ),
    ]
    outputs = [
        Output(
            name="posted",
            display_name="Posted",
            method="post",
            info="Post a text to Zoom's chat, where the people of the meeting read it. Gives what was posted.",
        )
    ]

    _transport: httpx.AsyncBaseTransport | None = None
    _timeout = TIMEOUT
    _sleep = staticmethod(asyncio.sleep)

    def update_build_config(
        self, build_config: dict[str, Any], field_value: Any, field_name: str | None = None
    ) -> dict[str, Any]:
        """Show the inputs of the chosen way, and hide those of the others."""
        if field_name == "send_through":
            show_inputs(build_config, field_value)
        return build_config

    async def post(self) -> Message:
        """Post what has not been posted, and give all that people see of this window.

        Raises:
            ChatError: Something did not reach the chat; what did is not posted again.
        """
        return await ChatStep(self).post()
