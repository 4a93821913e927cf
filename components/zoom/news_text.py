"""Zoom News Text: news as a message, for Slack, mail, Teams and whatever else takes a text."""

from __future__ import annotations

from typing import Any

from lfx.custom import Component
from lfx.io import BoolInput, DataInput, MultiselectInput, Output
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
(
    NEWS_SCHEMA,
    awaits_approval,
    is_rehearsal,
) = (
    _schemas.NEWS_SCHEMA,
    _schemas.awaits_approval,
    _schemas.is_rehearsal,
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
        await give_up_run(component)
        raise
    if last:
        await give_up_run(component)


def run_of(component: Any) -> str:
    """Name the run of a flow that a component is part of; empty where it is used alone."""
    return str(getattr(component.graph, "_run_id", "") or "") if component._vertex is not None else ""
''', _message_table,
)
within_run = _one_run.within_run
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
        codes = [
            code for code, known in LANGUAGE_NAMES.items() if name.casefold() in (code, known.casefold())
        ]
        return codes[0] if codes else ""
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

# region shared/kinds (written by 'zoom-bridge flows build')
# fmt: off
_kinds = compiled_once(
    'kinds', r'''
"""The kinds of insight as people choose them: words in the editor, ids in flows of 0.2 and in what components pass on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final



WORDS: Final = {kind: many for kind, (_, many) in labels_in("en").kinds.items()} | {"note": "Notes"}
"""How each kind is offered, by its id; a note is a line of a model that says no kind."""
KIND_OF: Final = {spelling.casefold(): kind for kind, words in WORDS.items() for spelling in (kind, words)}


def in_words(kinds: Iterable[str]) -> list[str]:
    """Name kinds as people choose them."""
    return [WORDS[kind] for kind in kinds]


def choice_of(kinds: Iterable[str]) -> dict[str, Any]:
    """What an input that offers these kinds is made with; with the ids ``zoom-bridge flows push`` reads old flows."""
    ids = list(kinds)
    return {"options": in_words(ids), "options_metadata": [{"id": kind} for kind in ids]}


def kinds_in(chosen: Iterable[str] | None, usual: Iterable[str]) -> list[str]:
    """Read what was chosen, in words or as ids; ``usual`` where nothing was.

    Raises:
        ValueError: There is no such kind.
    """
    names = [name.strip() for name in chosen or ()]
    if unknown := [name for name in names if name.casefold() not in KIND_OF]:
        msg = f"Kinds takes {', '.join(WORDS.values())}; {unknown[0]} is none of them."
        raise ValueError(msg)
    return [KIND_OF[name.casefold()] for name in names] or list(usual)
''', _languages,
)
(
    WORDS,
    choice_of,
    in_words,
    kinds_in,
) = (
    _kinds.WORDS,
    _kinds.choice_of,
    _kinds.in_words,
    _kinds.kinds_in,
)
# fmt: on
# endregion

# region shared/wording (written by 'zoom-bridge flows build')
# fmt: off
_wording = compiled_once(
    'wording', r'''
"""How what was found is put into words for people, the same in chat and in records."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final



LABELS: Final = {kind: one for kind, (one, _) in labels_in("en").kinds.items()}
"""What people call the kinds of insights, in English."""
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


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


def digest(value: Any) -> str:
    """Shorten a value to a name for it."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]


def write_point(insight: dict[str, Any], language: str | None = None) -> str:
    """Write who does what until when, saying nothing twice; the language is a code, English unless given."""
    labels = labels_in(language)
    text, owner, due = (clean(insight[name] or "") for name in ("text", "owner", "due"))
    if owner and not text.casefold().startswith(owner.casefold()):
        text = f"{owner} - {text}"
    if due and due.casefold() not in text.casefold():
        text = f"{text} ({due if labels.dated.match(due) else labels.due.format(due=due)})"
    return text
''', _languages,
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
        clean(news["summary"]["text"]),
    ]
    if news["summary"]["attendees"]:
        blocks.append(
            f"{heading(f'{labels.attendees}:')} {', '.join(map(clean, news['summary']['attendees']))}"
        )
    told = news["summary"]["text"].casefold()
    insights = [
        insight
        for insight in news.get("open") or news["insights"]
        if write_record(insight) or clean(insight["text"]).casefold() not in told
    ]
    for kind, (_, title) in [*labels.kinds.items(), (UNLABELLED, ("", labels.note))]:
        points = [f"- {write_recorded(insight, language)}" for insight in insights if insight["kind"] == kind]
        if points:
            blocks.append("\n".join([heading(f"{title}:"), *points]))
    return "\n\n".join(blocks)


def insight_key(insight: dict[str, Any]) -> str:
    """Name what is said of an insight: its id, and for a change what it changed to."""
    if insight["status"] == "new":
        return str(insight["id"])
    return f"{insight['id']}:{digest([insight['text'], insight['owner'], insight['due']])}"


def heading(text: str) -> str:
    """Mark a text as a heading."""
    return f"{BOLD}{text}{PLAIN}"


def plain(text: str) -> str:
    """Take the marks of headings out."""
    return text.replace(BOLD, "").replace(PLAIN, "")


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
    return plain("\n".join([*points, *(clean(note["text"]) for note in news.get("notes") or [])]))
''', _languages, _wording,
)
(
    NewsError,
    lines_of,
) = (
    _news_text.NewsError,
    _news_text.lines_of,
)
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
# fmt: on
# endregion

# region redaction/placeholders (written by 'zoom-bridge flows build')
# fmt: off
_placeholders = compiled_once(
    'placeholders', r'''
"""The key of a meeting's placeholders: which real text each stands for, and how it is put back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
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

    def real(self, prefix: str, number: int) -> str | None:
        """The text that a placeholder stands for; ``None`` where it is none of ours."""
        kind = PREFIX_KINDS[prefix]
        known = self.persons.known if kind == "names" else self._texts[kind]
        if not 0 < number <= len(known):
            return None
        found = known[number - 1]
        return found.name if isinstance(found, Person) else found

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
    keys = await keys_of(component, session_id)
    for key in keys:
        value = with_words(value, key)
    if keys and isinstance(value, Data) and value.data.get("schema") == NEWS_SCHEMA:
        return Data(data=value.data | {PUT_BACK: True})
    return value


async def keys_of(component: Any, session_id: str) -> list[Placeholders]:
    """Find the keys, that of Zoom Redactor first."""
    context = getattr(run_graph(component), "context", None) or {}
    row = await Rows(session_id, KEY_TOPIC).first(KEY) if session_id else None
    kept = [row.content if row else context.get(RUN_KEY), given_key(context.get("request_variables") or {})]
    return [Placeholders.of(rows) for rows in kept if rows]


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


def with_words(value: Any, key: Placeholders) -> Any:
    """Put back in a value of any of its forms, without changing it."""
    if isinstance(value, Message):
        text = value.get_text()
        if not isinstance(text, str):  # a stream of pieces, which none of ours can tell people
            return value
        return value.model_copy(update={"data": {**value.data, "text": put_back(text, key)}})
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
words_of = _put_back.words_of
# fmt: on
# endregion


class ZoomNewsText(Component):
    """Stands between whatever gives news and a component of Langflow that takes a message.

    It says what Zoom Chat Output would, without a dry run's remark. It keeps nothing: a window that the bridge sends
    again, because its run failed, is told again. In a rehearsal it passes on nothing, for what is behind it knows none;
    nor what waits for somebody's approval.
    """

    display_name = "Zoom News Text"
    description = (
        "The news of a Zoom meeting as text, for Slack, mail, Teams and whatever else takes a message."
    )
    documentation = "https://developers.zoom.us/docs/rtms/"
    icon = "Zoom"
    name = "ZoomNewsText"

    inputs = [
        DataInput(
            name="news",
            display_name="News",
            info="From Zoom Insight Ledger, Meeting Summary, Meeting Answer, Knowledge or Record Sync.",
            required=True,
        ),
        MultiselectInput(
            name="kinds",
            display_name="Kinds",
            **choice_of(WORDS),
            value=in_words(WORDS),
            info="Insights of other kinds are left out; the summary's own words are as they are.",
        ),
        BoolInput(
            name="final_only",
            display_name="Final Only",
            value=False,
            info="Only what comes at a meeting's end: the summary.",
        ),
    ]
    outputs = [Output(name="text", display_name="Text", method="write")]

    async def write(self) -> Message:
        """Give the news as a message; stop the flow here where there is nothing to say.

        Raises:
            NewsError: The input is no news.
        """
        news = self.news.data if isinstance(self.news, Data) else {}
        if news.get("schema") != NEWS_SCHEMA:
            msg = f"The News input must be {NEWS_SCHEMA}. Connect the News of Zoom Insight Ledger to it."
            raise NewsError(msg)
        async with within_run(self, last=True):
            news = (await words_of(self, self.news)).data
            text = lines_of(news, kinds_in(self.kinds, WORDS), final_only=bool(self.final_only))
        self.status = f"{len(text)} characters"
        rehearsal = is_rehearsal(news["meeting"], str(news["session_id"]))
        if text and (rehearsal or awaits_approval(news["meeting"])):
            why = "dry run: a rehearsal" if rehearsal else "it waits for approval"
            self.status = f"{why}, {len(text)} characters are not passed on"
            text = ""
        if not text and self._vertex is not None:
            self.stop("text")
        return Message(text=text, session_id=news["session_id"])
