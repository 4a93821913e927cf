"""Zoom Record Sync: tickets, notes, issues and pages made of a meeting's news, each once."""

from __future__ import annotations

import asyncio
import time
from typing import Any

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
from lfx.schema.data import Data

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
(
    AUTOMATIC,
    LANGUAGES,
    LANGUAGE_INFO,
) = (
    _languages.AUTOMATIC,
    _languages.LANGUAGES,
    _languages.LANGUAGE_INFO,
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
choice_of = _kinds.choice_of
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
LABELS = _wording.LABELS
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

# region shared/due (written by 'zoom-bridge flows build')
# fmt: off
_due = compiled_once(
    'due', r'''
"""When something is due that people said in a meeting: by the calendar where they are, never by that of UTC."""

from __future__ import annotations

import re
import zoneinfo
from datetime import date, datetime, timedelta, timezone
from typing import Final

from dateutil.relativedelta import MO, relativedelta



MONTHS: Final = (
    "january february march april may june july august september october november december".split()
)
WEEKDAYS: Final = "monday tuesday wednesday thursday friday saturday sunday".split()
FRIDAY: Final = 4
NUMBERS: Final = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
MONTH: Final = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\b\.?"
CALENDAR: Final = (
    re.compile(r"\b(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)\b"),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH}(?:,?\s+(?P<year>\d{{4}}))?\b"),
    re.compile(rf"\b{MONTH}\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?\b"),
)
"""Ways to say a day of the calendar."""
OF_A_MONTH: Final = re.compile(r"\bthe\s+(?P<day>\d{1,2})(?:st|nd|rd|th)\b")
"""The same without its month."""
WEEKDAY: Final = re.compile(
    r"(?:\b(?P<which>this|next)(?:\s+week)?(?:\s+on)?\s+)?"
    r"\b(?P<day>mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|r|rs|rsday|urday)?\b(?P<after>\s+(?:of\s+)?next\s+week)?"
)
AWAY: Final = re.compile(
    r"\b(?:in|within)\s+(?:the\s+next\s+)?(?P<count>\d{1,3}|[a-z]+)\s+(?P<unit>day|week|month)s?\b"
)
TODAY: Final = re.compile(r"\b(?:today|tonight|eod|end of (?:the )?day|this (?:morning|afternoon|evening))\b")
ENDS: Final = {
    "week": re.compile(r"\b(?:this week|eow|end of (?:the |this )?week)\b"),
    "next week": re.compile(r"\bnext week\b"),
    "month": re.compile(r"\b(?:eom|end of (?:the |this )?month)\b"),
    "next month": re.compile(r"\bend of next month\b"),
    "quarter": re.compile(r"\b(?:eoq|end of (?:the |this )?quarter)\b"),
    "year": re.compile(r"\b(?:eoy|end of (?:the |this )?year)\b"),
}
NOT_BY: Final = re.compile(r"\b(?:after\b(?!\s+tomorrow)|(?:since|from|not|every|each)\b)")
"""Words that make of a day something else than the day when it is due."""
ABOUT: Final = re.compile(
    r"\b(?:about|around|roughly|or|ish|sometime|(?:start|beginning|middle) of|(?:early|mid) (?:this|next))\b"
    rf"|\b(?:{'|'.join(WEEKDAYS)}) week\b|(?<!this )(?<!next )\bweeks? on\b"
)
"""Words that leave it open which day it is."""
END_OF_WORK: Final = 17
"""O'clock."""


def due_date(due: str | None, started_at: str, zone: zoneinfo.ZoneInfo | None) -> str:
    """Say on which day something is due, where the English words allow.

    A weekday is the next one after the meeting's day, "next" makes it that of the following week; a week, month,
    quarter or year is due at its end (a week on Friday); a day without a year is the next one.

    Args:
        due: As it was said: ``by Friday``, ``tomorrow``, ``3 March``.
        started_at: When the meeting began, UTC.
        zone: Where the people are. Without it a day is given only where it is the same everywhere on earth.

    Returns:
        ``YYYY-MM-DD``, or nothing where the words name no day, several, or one that is past.
    """
    said = (due or "").casefold()
    if NOT_BY.search(said) or ABOUT.search(said):
        return ""
    try:
        found = {day_due(said, day) for day in local_days(started_at, zone)}
    except (ValueError, OverflowError):  # beyond the calendar
        return ""
    day = found.pop() if len(found) == 1 else None
    return day.isoformat() if day else ""


def due_time(day: str, zone: zoneinfo.ZoneInfo | None) -> str:
    """Give the end of work of a day as UTC; without a zone midday, which is that day nearly everywhere."""
    if not day:
        return ""
    named = datetime.fromisoformat(day)
    at = named.replace(hour=END_OF_WORK, tzinfo=zone) if zone else named.replace(hour=12, tzinfo=timezone.utc)
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_due(said: str, today: date) -> date | None:
    """Find the one day that words name, said on a day; ``None`` where there is none, or more than one."""
    dated = {calendar_day(match, today) for pattern in CALENDAR for match in pattern.finditer(said)}
    for pattern in CALENDAR:
        said = pattern.sub(" ", said)
    dated |= {calendar_day(match, today) for match in OF_A_MONTH.finditer(said)}
    days = dated or weekdays(said, today) or days_away(said, today)
    day = days.pop() if len(days) == 1 else None
    return day if day and day >= today else None


def calendar_day(match: re.Match[str], today: date) -> date | None:
    """Turn a day of the calendar into a date; ``None`` where there is no such day."""
    parts = match.groupdict()
    day = int(parts["day"])
    if parts.get("month"):
        month = next(n for n, name in enumerate(MONTHS, 1) if name.startswith(parts["month"]))
        years = [int(parts["year"])] if parts.get("year") else [today.year, today.year + 1]
        return first_from(today, [(year, month, day) for year in years])
    if parts.get("number"):
        return first_from(today, [(int(parts["year"]), int(parts["number"]), day)])
    months = [today.replace(day=1) + relativedelta(months=n) for n in (0, 1)]
    return first_from(today, [(one.year, one.month, day) for one in months])


def first_from(today: date, days: list[tuple[int, int, int]]) -> date | None:
    """Give the first of some days (year, month, day) that the calendar has and that is not past."""
    for day in days:
        try:
            found = date(*day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def weekdays(said: str, today: date) -> set[date]:
    """Find the days that are named by their weekday."""
    found = set()
    for match in WEEKDAY.finditer(said):
        number = next(n for n, name in enumerate(WEEKDAYS) if name.startswith(match["day"]))
        if match["after"] or match["which"] == "next":
            found.add(today + relativedelta(days=1, weekday=MO(1)) + timedelta(days=number))
        else:
            ahead = (number - today.weekday()) % 7
            found.add(today + timedelta(days=ahead if match["which"] == "this" else ahead or 7))
    return found


def days_away(said: str, today: date) -> set[date | None]:
    """Find the days that are named by how far away they are."""
    if "day after tomorrow" in said:
        return {today + timedelta(days=2)}
    found: set[date | None] = set()
    if re.search(r"\btomorrow\b", said):
        found.add(today + timedelta(days=1))
    if TODAY.search(said):
        found.add(today)
    found |= {day for name, pattern in ENDS.items() if pattern.search(said) and (day := end_of(name, today))}
    for away in AWAY.finditer(said):
        count = int(away["count"]) if away["count"].isdecimal() else NUMBERS.get(away["count"], 0)
        found.add(today + relativedelta(**{f"{away['unit']}s": count}) if count else None)
    return found


def end_of(name: str, today: date) -> date | None:
    """Give the last day of a span; of a week the last of its work days, none where that is past."""
    first = today.replace(day=1)
    if name == "week":
        return today + timedelta(days=FRIDAY - today.weekday()) if today.weekday() <= FRIDAY else None
    if name == "next week":
        monday: date = today + relativedelta(days=1, weekday=MO(1))
        return monday + timedelta(days=FRIDAY)
    if name == "year":
        return date(today.year, 12, 31)
    months = {"month": 1, "next month": 2, "quarter": 3 - (today.month - 1) % 3}[name]
    last: date = first + relativedelta(months=months, days=-1)
    return last
''', _days,
)
# fmt: on
# endregion

# region shared/record_words (written by 'zoom-bridge flows build')
# fmt: off
_record_words = compiled_once(
    'record_words', r'''
"""The words around what people said, in another system's records and in what is told of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class RecordWords:
    """Those of one language."""

    meeting: str
    """A meeting without a topic."""
    found_in: str
    """Of ``{label}`` and ``{where}``: the kind of an insight, and topic and day of the meeting."""
    updated: str
    suggested_answer: str
    """Of ``{answer}``."""
    source: str
    """Of ``{source}``."""
    to_do: str
    summary: str
    summary_missing: str
    record: str
    not_all_written: str
    """Of ``{system}`` and ``{why}``."""
    missing: str
    """Of ``{system}``, before a list."""
    nobody_knows: str


RECORD_WORDS_OF: Final = {
    "en": RecordWords(
        meeting="Zoom meeting",
        found_in="{label} from the Zoom meeting {where}:",
        updated="Updated in the meeting:",
        suggested_answer="Suggested answer: {answer}",
        source="Source: {source}",
        to_do="To do",
        summary="Summary",
        summary_missing="Summary and attendees",
        record="Record",
        not_all_written="{system}: not everything is written. {why}",
        missing="{system}: the meeting is over, and this is not written, or nobody knows whether it is:",
        nobody_knows="Nobody knows whether this meeting's record was created; it is not kept.",
    ),
    "de": RecordWords(
        meeting="Zoom-Besprechung",
        found_in="{label} aus der Zoom-Besprechung {where}:",
        updated="In der Besprechung geändert:",
        suggested_answer="Antwortvorschlag: {answer}",
        source="Quelle: {source}",
        to_do="Zu tun",
        summary="Zusammenfassung",
        summary_missing="Zusammenfassung und Teilnehmende",
        record="Eintrag",
        not_all_written="{system}: Nicht alles ist eingetragen. {why}",
        missing="{system}: Die Besprechung ist zu Ende, und dies ist nicht eingetragen, oder niemand weiß, ob es eingetragen ist:",
        nobody_knows="Niemand weiß, ob der Eintrag dieser Besprechung angelegt wurde; er wird nicht geführt.",
    ),
    "es": RecordWords(
        meeting="Reunión de Zoom",
        found_in="{label} de la reunión de Zoom {where}:",
        updated="Actualizado en la reunión:",
        suggested_answer="Respuesta sugerida: {answer}",
        source="Fuente: {source}",
        to_do="Por hacer",
        summary="Resumen",
        summary_missing="Resumen y asistentes",
        record="Registro",
        not_all_written="{system}: no todo está registrado. {why}",
        missing="{system}: la reunión ha terminado, y esto no está registrado, o nadie sabe si lo está:",
        nobody_knows="Nadie sabe si se creó el registro de esta reunión; no se lleva.",
    ),
    "fr": RecordWords(
        meeting="Réunion Zoom",
        found_in="{label}, réunion Zoom {where} :",
        updated="Mis à jour pendant la réunion :",
        suggested_answer="Réponse proposée : {answer}",
        source="Source : {source}",
        to_do="À faire",
        summary="Résumé",
        summary_missing="Résumé et participants",
        record="Fiche",
        not_all_written="{system} : tout n'est pas enregistré. {why}",
        missing="{system} : la réunion est terminée, et ceci n'est pas enregistré, ou personne ne sait si ça l'est :",
        nobody_knows="Personne ne sait si la fiche de cette réunion a été créée ; elle n'est pas tenue.",
    ),
    "pt": RecordWords(
        meeting="Reunião do Zoom",
        found_in="{label} da reunião do Zoom {where}:",
        updated="Atualizado na reunião:",
        suggested_answer="Resposta sugerida: {answer}",
        source="Fonte: {source}",
        to_do="A fazer",
        summary="Resumo",
        summary_missing="Resumo e participantes",
        record="Registro",
        not_all_written="{system}: nem tudo está registrado. {why}",
        missing="{system}: a reunião terminou, e isto não está registrado, ou ninguém sabe se está:",
        nobody_knows="Ninguém sabe se o registro desta reunião foi criado; ele não é mantido.",
    ),
    "ja": RecordWords(
        meeting="Zoom会議",
        found_in="Zoom会議「{where}」の{label}：",
        updated="会議中に更新：",
        suggested_answer="回答案：{answer}",
        source="出典：{source}",
        to_do="やること",
        summary="要約",
        summary_missing="要約と出席者",
        record="記録",
        not_all_written="{system}：すべては記録されていません。{why}",
        missing="{system}：会議は終了しましたが、次の内容は記録されていないか、記録されたか不明です：",
        nobody_knows="この会議の記録が作成されたか不明です。記録は続けられません。",
    ),
}


def record_words_in(language: str | None) -> RecordWords:
    """Give the words of a language by its code; English where there are none."""
    return RECORD_WORDS_OF.get(language or "en") or RECORD_WORDS_OF["en"]
''',
)
# fmt: on
# endregion

# region shared/record_presets (written by 'zoom-bridge flows build')
# fmt: off
_record_presets = compiled_once(
    'record_presets', r'''
"""What Zoom Record Sync writes into other systems: the requests of each preset, as people may change them."""

from __future__ import annotations

from typing import Any, Final




PER_INSIGHT: Final = "insight"

PER_MEETING: Final = "meeting"

BEARER: Final = "Bearer token"

BASIC: Final = "User and token (Basic)"

NO_SIGN_IN: Final = "None"

ZENDESK_CREATE: Final = """POST {{base_url}}/api/v2/tickets
Idempotency-Key: zoom-{{insight_id}}

{
  "ticket": {
    "subject": "{{title}}",
    "external_id": "zoom-{{insight_id}}",
    "tags": ["zoom"],
    "comment": {
      "public": false,
      "html_body": "<p>{{found_line|html}}</p>\\n<p>{{point|html}}</p>\\n<p>{{answer_line|html}}</p>\\n<p>{{source_line|html}}</p>"
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
      "html_body": "<p>{{found_line|html}}</p>\\n<p>{{point|html}}</p>"
    }
  }
}"""

ZENDESK_UPDATE: Final = """PUT {{base_url}}/api/v2/tickets/{{record_id}}

{
  "ticket": {
    "subject": "{{title}}",
    "comment": {
      "public": false,
      "html_body": "<p>{{updated_line|html}}</p>\\n<p>{{point|html}}</p>\\n<p>{{answer_line|html}}</p>"
    }
  }
}"""

ZENDESK_TASK_UPDATE: Final = """PUT {{base_url}}/api/v2/tickets/{{record_id}}

{
  "ticket": {
    "due_at": "{{due_time}}",
    "subject": "{{title}}",
    "comment": {"public": false, "html_body": "<p>{{updated_line|html}}</p>\\n<p>{{point|html}}</p>"}
  }
}"""

HUBSPOT_CREATE: Final = """POST {{base_url}}/crm/v3/objects/notes

{
  "properties": {
    "hs_timestamp": "{{started_at}}",
    "hs_note_body": "<p><b>{{label|html}}</b> ({{topic|html}}, {{date}})</p>\\n<p>{{point|html}}</p>\\n<p>{{answer_line|html}}</p>"
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
    "hs_note_body": "<p><b>{{label|html}}</b> ({{topic|html}}, {{date}})</p>\\n<p>{{point|html}}</p>\\n<p>{{answer_line|html}}</p>"
  }
}"""

NOTION_CREATE: Final = """POST {{base_url}}/v1/pages
Notion-Version: 2022-06-28

{
  "parent": {"page_id": "{{parent}}"},
  "properties": {"title": {"title": [{"text": {"content": "{{topic}}, {{date}}"}}]}},
  "children": [{"heading_2": {"rich_text": [{"text": {"content": "{{to_do_title}}"}}]}}]
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
    {"heading_2": {"rich_text": [{"text": {"content": "{{summary_title}}"}}]}},
    {"paragraph": {"rich_text": [{"text": {"content": "{{summary_part}}"}}]}},
    {"heading_2": {"rich_text": [{"text": {"content": "{{attendees_title}}"}}]}},
    {"paragraph": {"rich_text": [{"text": {"content": "{{attendees_part}}"}}]}}
  ]
}"""

JIRA_CREATE: Final = """POST {{base_url}}/rest/api/3/issue

{
  "fields": {
    "project": {"key": "{{parent}}"},
    "issuetype": {"name": "Task"},
    "summary": "{{title}}",
    "description": {
      "type": "doc",
      "version": 1,
      "content": [
        {
          "type": "paragraph",
          "content": [{"type": "text", "text": "{{found_line}}\\n{{point}}\\n{{answer_line}}"}]
        }
      ]
    },
    "duedate": "{{due_date}}",
    "labels": ["zoom"]
  }
}"""

JIRA_UPDATE: Final = """PUT {{base_url}}/rest/api/3/issue/{{record_id}}

{
  "fields": {
    "summary": "{{title}}",
    "description": {
      "type": "doc",
      "version": 1,
      "content": [
        {
          "type": "paragraph",
          "content": [{"type": "text", "text": "{{found_line}}\\n{{point}}\\n{{answer_line}}"}]
        }
      ]
    },
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
    "kinds": in_words(["problem"]),
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
        "kinds": in_words(["follow_up", "action_item"]),
        "create_request": ZENDESK_TASK,
        "update_request": ZENDESK_TASK_UPDATE,
        "record_name": "Task #{{record_id}}",
    },
    "HubSpot note": ZENDESK
    | {
        "sign_in": BEARER,
        "base_url": "https://api.hubapi.com",
        "kinds": in_words(["objection", "buying_signal"]),
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
        "kinds": in_words(["action_item", "follow_up"]),
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
        "kinds": in_words(["action_item", "follow_up"]),
        "create_request": JIRA_CREATE,
        "update_request": JIRA_UPDATE,
        "record_id": "{{reply.key}}",
        "record_name": "{{record_id}}",
        "record_url": "{{base_url}}/browse/{{record_id}}",
    },
    "Custom": ZENDESK
    | {
        "sign_in": NO_SIGN_IN,
        "kinds": in_words(LABELS),
        "create_request": CUSTOM_CREATE,
        "update_request": CUSTOM_CREATE,
        "record_id": "",
        "record_name": "",
        "record_url": "",
    },
}
"""What each preset writes into the fields, in the form of each system in which nobody can speak markup: a comment's
``body`` is Markdown at Zendesk, an issue's description is wiki markup in version 2 of Jira's API, which both mention
people and hide addresses behind words.

The APIs: developer.zendesk.com (Tickets, Ticket comments, idempotency),
developers.hubspot.com (Notes; 214 is the association of a note with a deal), developers.notion.com (Create a page,
Append block children, Update a block), developer.atlassian.com (Jira Cloud REST API v3, Issues;
Atlassian Document Format)."""

FIRST_PRESET: Final = "Zendesk ticket"
''', _kinds, _wording,
)
(
    BASIC,
    BEARER,
    FIRST_PRESET,
    NO_SIGN_IN,
    PER_INSIGHT,
    PER_MEETING,
    PRESETS,
) = (
    _record_presets.BASIC,
    _record_presets.BEARER,
    _record_presets.FIRST_PRESET,
    _record_presets.NO_SIGN_IN,
    _record_presets.PER_INSIGHT,
    _record_presets.PER_MEETING,
    _record_presets.PRESETS,
)
# fmt: on
# endregion

# region shared/request_template (written by 'zoom-bridge flows build')
# fmt: off
_request_template = compiled_once(
    'request_template', r'''
"""A request to another system as people write it: a line ``METHOD URL``, headers, JSON, and placeholders in them."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote



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
''', _wording,
)
# fmt: on
# endregion

# region shared/record_notes (written by 'zoom-bridge flows build')
# fmt: off
_record_notes = compiled_once(
    'record_notes', r'''
"""What is noted down of a meeting's records: which steps were taken, which wait, and of which nobody knows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Final




MEETING: Final = "meeting"
"""What the record of a whole meeting is remembered under; an insight's is remembered under its id."""


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
    """Notes of steps that a system may have taken, by key, with the request by which it knows them again."""
    left_out: dict[str, set[str]] = field(default_factory=dict)
    """Fields that the system did not take, by step."""

    def needed(self, insight: dict[str, Any], window: str, *, per_meeting: bool) -> tuple[str, str] | None:
        """Name the step that an insight needs, and its key; nothing where it is written as it is."""
        name = insight["id"]
        known = self.records.get(name)
        if known is None:
            step = "append" if per_meeting else "create"
            return step, f"{step}:{name}"
        said = said_in(insight)
        if known.get("said") == said or (window, name, said) in self.written:
            return None
        return "update", f"update:{name}:{window}"


def read_notes(rows: list[dict[str, Any]], repeatable: set[str], alive: float) -> Memory:
    """Read what was written from what was noted down.

    Each step of a subject (an insight, or the meeting) is a note that goes from state to state:

    =========  ======================================  ===================================================
    state      what happens                            becomes
    =========  ======================================  ===================================================
    (none)     the step is about to be taken           ``claimed``
    claimed    the system says yes                     ``done``
    claimed    it certainly did not take it            ``refused``
    claimed    no answer, or one of a broken server    ``unsure``
    claimed    the run died                            stays; after the time of a run it counts as ``unsure``
    refused    the next window                         a new ``claimed`` (this note is removed)
    unsure     the request has an ``Idempotency-Key``  a new ``claimed``, of the request that was sent first
    unsure     it has none                             stays; the end of the meeting names it
    done       the insight says something else         another step, ``update``, is ``claimed``
    =========  ======================================  ===================================================

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
            memory.left_out.setdefault(step, set()).update(row.get("left_out", ()))
        elif key in memory.done:
            continue
        elif nobody_knows and step not in repeatable:
            under_way = row["state"] == "claimed" and row.get("at", 0) > alive
            memory.claimed[key] = row["window"] if under_way else ""
        elif nobody_knows:
            memory.sent.setdefault(key, row)
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


class Notebook:
    """What is noted down of a meeting's records in one system, in the message table."""

    def __init__(self, rows: Rows, window: str) -> None:
        self._rows = rows
        self._window = window
        self._waiting: dict[str, list[Row]] = {}

    async def read(self, repeatable: set[str], alive: float) -> Memory:
        """Read what was noted down so far; arguments as of :func:`read_notes`."""
        rows = await self._rows.all()
        for row in rows:
            if row.content["state"] == "refused":
                self._waiting.setdefault(row.content["subject"], []).append(row)
        return read_notes([row.content for row in rows], repeatable, alive)

    async def wait(self, subject: str, insight: dict[str, Any]) -> None:
        """Note down that an insight is left to the next window."""
        await self._rows.add("Zoom Record Sync", self._note("wait", "refused", subject, insight))

    async def claim(
        self, key: str, subject: str, insight: dict[str, Any] | None, request: dict[str, Any]
    ) -> Row:
        """Note down that a step is about to be taken, by which request, for all that waited for this subject."""
        note = self._note(key, "claimed", subject, insight) | {"request": request}
        try:
            row = await self._rows.add("Zoom Record Sync", note)
        except BaseException:
            await to_its_end(self._refuse(note))
            raise
        for waited in self._waiting.pop(subject, []):
            await self._rows.remove(waited)
        return row

    async def settle(self, row: Row, came: dict[str, Any]) -> None:
        """Note down what came of a step; a second time it says more."""
        row.content.update(came)
        await self._rows.change(row, row.content)

    async def _refuse(self, note: dict[str, Any]) -> None:
        for row in await self._rows.all():
            if row.content == note:
                await self.settle(row, {"state": "refused"})

    def _note(self, key: str, state: str, subject: str, insight: dict[str, Any] | None) -> dict[str, Any]:
        about = {"window": self._window, "subject": subject, "insight": insight, "at": time.time()}
        return {"key": key, "state": state} | about
''', _identity, _message_table,
)
# fmt: on
# endregion

# region shared/record_system (written by 'zoom-bridge flows build')
# fmt: off
_record_system = compiled_once(
    'record_system', r'''
"""The system that records are kept in: requests to it, and what its refusals mean."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from typing import Any, Final

import httpx
from pydantic import SecretStr





















PART_CHARACTERS: Final = 1900
"""Longest value of one placeholder, and longest part of a summary, in UTF-16 units: Notion takes 2,000
(developers.notion.com, request limits)."""

ATTEMPTS: Final = 4
"""Requests for one step at most, when the system says that it did not take it."""

PATIENCE_SECONDS: Final = 30.0
"""What one run spends on requests that are not taken and on the pauses after them, all steps together: the news
go on then, to the chat."""

TRY_AGAIN: Final = (408, 409, 425, 429, 503)
"""Answers with which a system says that it did not take the request now. After any other 5xx nobody knows."""

HINTS: Final = {
    200: "Its answer tells of errors and of nothing that was written. Check the query.",
    400: "It does not take the request as the template writes it.",
    401: "It does not accept the sign-in. Check User, Token and Sign-In.",
    403: "The token may not do this. Check its permissions, and that the parent is shared with it.",
    404: "It does not know the address. Check Base URL and Parent, and that the token may see the parent.",
    409: "It says that this conflicts with what it has.",
    422: "It does not take the request as the template writes it.",
}

MOVED: Final = "It is at another address now, where the token is not sent. Check Base URL."

MACHINE_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_]{2,40}")


def parts_of(text: str) -> list[str]:
    """Split a long value into what one placeholder may hold; nothing is one part without words."""
    return cut(text, replace(CHARACTERS, size=PART_CHARACTERS)) or [""]


def fields_of(reply: httpx.Response, body: Any) -> set[str]:
    """Find the fields of ours that a refusal names; nothing else of it, as it may repeat what was said."""
    answer = json_of(reply)
    told = json.dumps([answer.get(name) for name in ("errors", "details", "validationErrors")])
    ours = set(re.findall(r'"(\w+)":', json.dumps(body)))
    return ours & set(re.findall(r'"(\w+)"', told))


def is_no(reply: httpx.Response, template: Template) -> bool:
    """Whether an answer says no: by its status or, to GraphQL, by errors without data (spec.graphql.org, Response)."""
    if not reply.is_success:
        return True
    answer = json_of(reply)
    is_graphql = isinstance(template.body, dict) and "query" in template.body
    return (
        is_graphql and bool(answer.get("errors") or answer.get("error_code")) and is_empty(answer.get("data"))
    )


def is_empty(value: Any) -> bool:
    """Whether nothing is told: null, or what holds nothing else."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return value is None or (inner is not None and all(map(is_empty, inner)))


def refusal_of(reply: httpx.Response, template: Template) -> RecordError:
    """Say which step was refused, how, and what to do."""
    step, codes = (
        template.step.capitalize(),
        [json_of(reply).get(name) for name in ("code", "error", "category")],
    )
    named = next((code for code in codes if isinstance(code, str) and MACHINE_WORD.fullmatch(code)), "")
    fields = sorted(fields_of(reply, template.body))
    shown = ", ".join(filter(None, [named, *(f"field {name}" for name in fields)]))
    hint = HINTS.get(
        reply.status_code, MOVED if reply.is_redirect else "It refused the request. Check Base URL."
    )
    if fields:
        hint += f" A field that it does not take can go: take the line {quoted(fields)} out of {step}."
    elif reply.status_code in (400, 422) and "{{parent}}" in template.uses():
        hint += " Check Parent, too."
    text = f"{step}: HTTP {reply.status_code}{f' ({shown})' if shown else ''}. {hint}"
    return RecordError(text, noted=True, stops=reply.status_code == 401 or reply.is_redirect)


def left_out(step: str, fields: set[str]) -> RecordError:
    """Say that something is written without fields that the system does not take."""
    text = f"{step.capitalize()}: it does not take {quoted(sorted(fields))}, so that is left out. Take the line out of it."
    return RecordError(text, noted=True, stops=False)


def quoted(names: list[str]) -> str:
    """Write names of fields as they stand in a request."""
    return ", ".join(f'"{name}"' for name in names)


class System:
    """The other system, as one run speaks with it: requests, as often as it says that it did not take them."""

    def __init__(
        self,
        *,
        settings: dict[str, str],
        authorization: str,
        timeout: httpx.Timeout,
        transport: httpx.AsyncBaseTransport | None,
        sleep: Any,
        clock: Any,
        is_last: bool,
    ) -> None:
        """``is_last`` says that no window comes after this one."""
        self.settings = settings
        self.timeout = timeout
        self.in_flight = False
        """Whether it may have taken the request that was sent last."""
        self._authorization = SecretStr(authorization)
        self._transport = transport
        self._sleep = sleep
        self._clock = clock
        self._is_last = is_last
        self._patience = PATIENCE_SECONDS
        self._client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Let the connection go."""
        if self._client:
            await self._client.aclose()

    async def send(self, template: Template, values: dict[str, str], without: set[str]) -> dict[str, Any]:
        """Send one request, as often as the system says that it did not take it and the run has patience.

        A refusal that names fields of the request is taken at its word once: they are left out, and put into
        ``without``, also where nobody knows whether that was taken.

        Returns:
            The answer's JSON, or nothing where it has none.

        Raises:
            RecordError: It was refused, or nobody knows whether it was taken.
        """
        reply = await self._asked(template, values, without)
        fields = fields_of(reply, template.body) - without
        if reply.status_code in (400, 422) and fields:
            without |= fields
            again = await self._asked(template, values, without)
            if again.is_success:
                reply = again
            else:
                without -= fields
        if is_no(reply, template):
            raise refusal_of(reply, template)
        return json_of(reply)

    async def _asked(self, template: Template, values: dict[str, str], without: set[str]) -> httpx.Response:
        """Give the answer to a request, be it yes or no; not one that says to try again."""
        problem, delay = "", 0.0
        conflict: RecordError | None = None
        request = self._request(template, values, without)
        for attempt in range(ATTEMPTS):
            if attempt and delay > self._patience:
                break
            self._patience -= delay
            self.in_flight = False
            await self._sleep(delay)
            delay, began = float(2**attempt), self._clock()
            self.in_flight = True
            try:
                reply = await ask_once(self._opened(template), request)
            except NotReachedError as error:
                problem, conflict = f"the system {error}", None
                self._patience -= self._clock() - began
                continue
            except FateUnknownError as error:
                raise self._fault(template, f"the system {error}", refused=False) from None
            if reply.status_code not in TRY_AGAIN:
                return reply
            conflict = refusal_of(reply, template) if reply.status_code == httpx.codes.CONFLICT else None
            problem = f"the system takes nothing now (HTTP {reply.status_code})"
            self._patience -= self._clock() - began
            asked = asked_wait(reply.headers, time.time())
            delay = delay if asked is None else asked
        raise conflict or self._fault(template, problem, refused=True)

    def _opened(self, template: Template) -> httpx.AsyncClient:
        """Give the client, one for all requests of the run, made for the first."""
        try:
            self._client = self._client or open_client(self._transport, self.timeout)
        except NotReachedError as error:
            raise self._fault(template, f"the system {error}", refused=True) from None
        return self._client

    def _request(self, template: Template, values: dict[str, str], without: set[str]) -> httpx.Request:
        """Put values into a request.

        Raises:
            RecordError: Its address is not an https one; plain http is for loopback only.
        """
        target = safe_target(fill_url(template.url, values))
        if target is None:
            msg = f"{template.step.capitalize()}: the address must begin with https://. Check Base URL."
            raise RecordError(msg)
        headers = {name: fill_header(value, values) for name, value in template.headers.items()}
        if authorization := self._authorization.get_secret_value():
            headers["Authorization"] = authorization
        parts = {
            name: list(filter(None, parts_of(values.get(name.removesuffix("_part"), "")))) for name in PARTS
        }
        body = without_fields(fill_body(template.body, values, parts), without)
        return httpx.Request(template.method, target, headers=headers, json=body)

    def _fault(self, template: Template, problem: str, *, refused: bool) -> RecordError:
        """Say what the system does, and what becomes of the step; in the same words each time."""
        text = f"{template.step.capitalize()}: {problem}."
        if not refused and not template.repeatable:
            text += " It may have been taken, so it is not sent again."
        elif not self._is_last:
            text += " It is sent again with the next window."
        return RecordError(text, refused=refused, noted=True)
''', _http, _request_template, _wording,
)
# fmt: on
# endregion

# region shared/records (written by 'zoom-bridge flows build')
# fmt: off
_records = compiled_once(
    'records', r'''
"""What of a meeting's news becomes a record, in which order, and what is told of it."""

from __future__ import annotations

import re
import time
import zoneinfo
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any, Final













TITLE_CHARACTERS: Final = 200
"""Longest title; Jira takes 255 characters on one line."""


STEPS: Final = ("create", "append", "update", "finish")

COUNTED: Final = ("created", "updated", "there already")

RARE: Final = ("perhaps written before", "not written for want of an id")
"""What is told only where it is so."""


ADDRESSES: Final = (
    re.compile(r"notion\.(?:so|site|com)/.*?(?P<id>[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})(?:[?#]|$)"),
    re.compile(r"atlassian\.net/.*?(?:projects/|browse/)(?P<id>[A-Z][A-Z0-9_]+)"),
    re.compile(r"hubspot\.com/.*?(?:deal|record/0-3)/(?P<id>\d+)"),
)
"""What people paste as Parent: the page's address instead of the id that stands in it."""


def values_of(
    news: dict[str, Any], insight: dict[str, Any] | None, zone: zoneinfo.ZoneInfo | None
) -> dict[str, str]:
    """Give what the placeholders stand for, of the meeting and of an insight; days are those of ``zone``."""
    meeting, language = news["meeting"], news.get("language")
    labels, words = labels_in(language), record_words_in(language)
    started_at = str(meeting.get("started_at") or "")
    topic, date = short(meeting.get("topic") or "", TITLE_CHARACTERS), day_shown(started_at, zone)
    values = {
        "topic": topic or words.meeting,
        "date": date,
        "updated_line": words.updated,
        "to_do_title": words.to_do,
        "summary_title": words.summary,
        "attendees_title": labels.attendees,
        "started_at": started_at,
        "meeting_id": str(meeting.get("id") or ""),
        "meeting_uuid": str(meeting.get("uuid") or ""),
        "session_id": news["session_id"],
    }
    if news["summary"]:
        values["summary"] = STRONG.sub(r"\1", clean(news["summary"]["text"]))
        values["attendees"] = ", ".join(map(clean, news["summary"]["attendees"]))
    if insight:
        due = due_date(insight["due"], started_at, zone)
        answer = {name: clean((insight.get("answer") or {}).get(name) or "") for name in ("text", "source")}
        label = label_of(insight, language)
        values |= {
            "insight_id": insight["id"],
            "kind": insight["kind"],
            "label": label,
            "found_line": words.found_in.format(label=label, where=", ".join(filter(None, (topic, date)))),
            "text": parts_of(clean(insight["text"]))[0],
            "title": short(point_of(insight["text"]), TITLE_CHARACTERS),
            "point": parts_of(write_point(insight, language))[0],
            "owner": clean(insight["owner"] or ""),
            "due": clean(insight["due"] or ""),
            "due_date": due,
            "due_time": due_time(due, zone),
            "evidence": ", ".join(insight["evidence"]),
            "answer": answer["text"],
            "answer_line": words.suggested_answer.format(answer=answer["text"]) if answer["text"] else "",
            "answer_source": answer["source"],
            "source_line": words.source.format(source=answer["source"]) if answer["source"] else "",
        }
    return values


def label_of(insight: dict[str, Any], language: str | None) -> str:
    """Name the kind of an insight for people."""
    labels = labels_in(language)
    return labels.kinds.get(insight["kind"], (labels.note, ""))[0]


def short(text: str, size: int) -> str:
    """Write text on one line of at most ``size`` UTF-16 units."""
    line = " ".join(clean(text).split())
    if CHARACTERS.length(line) <= size:
        return line
    return f"{cut(line, replace(CHARACTERS, size=size - 1))[0]}…"


def told(news: dict[str, Any], memory: Memory, *, per_meeting: bool) -> dict[str, Any]:
    """Add to the news what people may open: each insight's record, or a note of the meeting's."""
    if per_meeting:
        notes = notes_of(news["window_id"], memory, news.get("language"))
        return news | {"notes": [*news.get("notes", []), *notes]}

    def linked(insight: dict[str, Any]) -> dict[str, Any]:
        record = memory.records.get(insight["id"], {})
        if not record.get("name"):
            return insight
        return insight | {"record": {"name": record["name"], "url": record.get("url", "")}}

    made = news | {"insights": [linked(insight) for insight in news["insights"]]}
    return made | {"open": [linked(insight) for insight in news["open"]]} if news.get("open") else made


def fault_notes(system: str, faults: list[RecordError], language: str | None) -> list[dict[str, str]]:
    """Tell why something is not written: a note for each kind of fault, the same as long as the fault is the same."""
    texts, words = dict.fromkeys(str(fault) for fault in faults), record_words_in(language)
    return [
        {
            "key": f"record-fault:{digest([system, text])}",
            "text": words.not_all_written.format(system=system, why=text),
        }
        for text in texts
    ]


def missing_note(system: str, missing: dict[str, str], language: str | None) -> dict[str, str]:
    """Tell at the end of a meeting what people have to look after themselves; it is known by the steps, not by words."""
    words = record_words_in(language)
    return {
        "key": f"record-missing:{digest(system)}",
        "text": "\n- ".join([words.missing.format(system=system), *missing.values()]),
        SAID: digest(list(missing)),
    }


def notes_of(window_id: str, memory: Memory, language: str | None) -> list[dict[str, str]]:
    """Tell of a meeting's record where it is, or that it may be missing.

    A claim of this very window says nothing: another run may be about to create the record.
    """
    record, words = memory.records.get(MEETING), record_words_in(language)
    if record is None and memory.claimed.get("create", window_id) != window_id:
        return [{"key": "record", "text": words.nobody_knows}]
    if record and record.get("url"):
        return [{"key": "record", "text": f"{record.get('name') or words.record}: {record['url']}"}]
    return []


def parent_id(parent: str) -> str:
    """Give the id of what new records belong to, also where somebody pasted the page's address.

    Raises:
        RecordError: It is an address in which no id is found.
    """
    if not parent.startswith(("https://", "http://")):
        return parent
    for pattern in ADDRESSES:
        if match := pattern.search(parent):
            return match["id"]
    msg = "Parent is an address. Give the id or key that stands in it."
    raise RecordError(msg)


@dataclass
class Layout:
    """How the user wants records: the requests, and where an answer has what people are shown."""

    templates: dict[str, Template]
    ids: dict[str, str]
    """Templates of the id that the answer to a step has."""
    shown: dict[str, str]
    """Templates of a record's name and URL."""
    per_meeting: bool
    kinds: list[str]
    zone: zoneinfo.ZoneInfo | None

    def scope(self, settings: dict[str, str]) -> str:
        """Name what records are created in which system."""
        create = self.templates["create"]
        return f"zoom-record:{digest([settings, self.per_meeting, create.method, create.url])}"


def rehearsed(news: dict[str, Any], kinds: list[str]) -> str:
    """Say what a dry run would have sent, in numbers."""
    wanted = [insight["status"] for insight in news["insights"] if insight["kind"] in kinds]
    changed = wanted.count("changed")
    return f"{len(wanted) - changed} to create, {changed} to bring up to date"


def request_of(template: Template, values: dict[str, str], without: set[str]) -> dict[str, Any]:
    """Give what makes a request the same again: the values that it uses, and the fields that it is sent without."""
    names = {name.removesuffix("_part") for name in names_in(template.uses())}
    return {"values": {name: values.get(name, "") for name in sorted(names)}, "without": sorted(without)}


class Sync:
    """One window's news on their way into another system, step by step."""

    def __init__(self, news: dict[str, Any], layout: Layout, system: System) -> None:
        self.memory = Memory()
        self.faults: list[RecordError] = []
        """What was not written, and why."""
        self.counts = dict.fromkeys((*COUNTED, *RARE), 0)
        self._news = news
        self._layout = layout
        self._system = system
        self._notes = Notebook(Rows(news["session_id"], layout.scope(system.settings)), news["window_id"])

    def status(self) -> str:
        """Say what became of all, in numbers."""
        told = [f"{n} {what}" for what, n in self.counts.items() if n or what not in RARE]
        return f"{', '.join(told)}. {self._reasons()}" if self.faults else ", ".join(told)

    async def run(self) -> None:
        """Take the steps that have not been taken.

        One that is not taken is noted down for the next window, as are those that would not be taken either.

        Raises:
            RecordError: The node is set up wrongly. What the system does is in ``faults`` only.
        """
        if not self._news["session_id"]:
            msg = "The run has no session. Send session_id along, one for each meeting."
            raise RecordError(msg)
        layout, summary = self._layout, self._news["summary"]
        repeatable = {step for step, each in layout.templates.items() if each.repeatable}
        # A step takes no longer than all the patience, an answer, and another to what is sent without some fields.
        alive = time.time() - PATIENCE_SECONDS - 2 * (longest_wait(self._system.timeout) or 0)
        self.memory = await self._notes.read(repeatable, alive)
        work = work_of(self._news, self.memory, layout.kinds)
        if layout.per_meeting and (self._news["kind"] == "start" or work or summary):
            await self._tried(self._take("create", "create", MEETING, None))
        missing = any(fault.stops for fault in self.faults)
        while work and not self._stopped():
            await self._tried(self._write(work.pop(0)))
        for insight in work:
            if insight != self.memory.waiting.get(insight["id"]):
                await self._notes.wait(insight["id"], insight)
        if layout.per_meeting and summary and not missing and not self._stopped():
            await self._tried(self._take("finish", "finish", MEETING, None))
        if not all(fault.noted for fault in self.faults):
            raise RecordError(self._reasons())

    def missing(self) -> dict[str, str]:
        """Name what the meeting brought and the system does not have, or perhaps not, by the step that it needs.

        What another run has begun for this very window is not among it.
        """
        news, layout, memory = self._news, self._layout, self.memory
        language = news.get("language")
        newest: dict[str, dict[str, Any]] = {}
        for insight in [*(news.get("open") or []), *news["insights"], *memory.waiting.values()]:
            newest.setdefault(insight["id"], insight)
        needed = [
            (f"{label_of(insight, language)}: {short(point_of(insight['text']), TITLE_CHARACTERS)}", *step)
            for insight in newest.values()
            if insight["kind"] in layout.kinds and (step := self._needed(insight))
        ]
        if layout.per_meeting and news["summary"] and "finish" not in memory.done:
            needed.append((record_words_in(language).summary_missing, "finish", "finish"))
        begun = {key for key, window in memory.claimed.items() if window == news["window_id"]}
        return {key: name for name, step, key in needed if step in layout.templates and key not in begun}

    async def _tried(self, step: Awaitable[None]) -> None:
        try:
            await step
        except RecordError as fault:
            self.faults.append(fault)

    def _stopped(self) -> bool:
        return any(fault.stops for fault in self.faults)

    def _reasons(self) -> str:
        return " ".join(dict.fromkeys(map(str, self.faults)))

    def _needed(self, insight: dict[str, Any]) -> tuple[str, str] | None:
        return self.memory.needed(insight, self._news["window_id"], per_meeting=self._layout.per_meeting)

    async def _write(self, insight: dict[str, Any]) -> None:
        """Create an insight's record, or bring it up to date where it says something else.

        What may be there with other words is created with those, and brought up to date then.
        """
        needed = self._needed(insight)
        if not needed:
            self.counts["there already"] += 1
            return
        await self._take(*needed, insight["id"], insight)
        then = self._needed(insight)
        if then and then != needed:
            await self._take(*then, insight["id"], insight)

    async def _take(self, step: str, key: str, subject: str, insight: dict[str, Any] | None) -> None:
        """Take a step unless it was taken, or perhaps was."""
        template = self._layout.templates.get(step)
        if template is None:
            return
        orphan = step != "create" and self._layout.per_meeting and MEETING not in self.memory.records
        without = {name for name, found in self._ids(subject).items() if not found}
        if key in self.memory.done:
            self.counts["there already"] += 1
        elif key in self.memory.claimed or orphan:
            self.counts["perhaps written before"] += 1
        elif without & template.in_address():
            self.counts["not written for want of an id"] += 1
        else:
            await self._act(template, key, subject, insight)

    async def _act(self, template: Template, key: str, subject: str, insight: dict[str, Any] | None) -> None:
        """Note a step down, send its request, and note down what came of it.

        What the system may have is sent once more as it was: it knows a request again by all that stands in it.
        """
        left = self.memory.left_out.setdefault(template.step, set())
        first = {} if template.step == "update" else self.memory.sent.get(key, {})
        sent = first.get("insight", insight)
        values = self._values(subject, sent)
        request = first.get("request") or request_of(template, values, left)
        values |= request["values"]
        without = set(request["without"])
        known = set(without)
        note = await self._notes.claim(key, subject, insight, request if template.repeatable else {})
        self._system.in_flight = False
        try:
            reply = await self._system.send(template, values, without)
        except RecordError as error:
            fate: dict[str, Any] = {"state": "refused" if error.refused else "unsure"}
            if template.repeatable:
                fate["request"] = request | {"without": sorted(without)}
            await self._notes.settle(note, fate)
            raise
        except BaseException:  # cancelled: what is not under way is left to later runs
            if not self._system.in_flight:
                await self._notes.settle(note, {"state": "refused"})
            raise
        found = read_reply(reply) | values
        record = self._record(template.step, found, sent)
        newer = insight if insight and said_in(insight) != record["said"] else None
        left |= without
        done = {"state": "done", "insight": newer, "left_out": sorted(without), "request": {}} | record
        await self._notes.settle(note, done)
        self.memory.done.add(key)
        self.memory.records.setdefault(subject, {}).update(
            {name: text for name, text in record.items() if text}
        )
        self.counts["created" if template.step in self._layout.ids else "updated"] += 1
        if without - known:
            raise left_out(template.step, without - known)
        if template.step == "create" and self._layout.ids["create"] and not record["id"]:
            msg = "The record was created, but Record Id does not find its id in the answer. It cannot be updated."
            raise RecordError(msg, noted=True, stops=False)

    def _record(self, step: str, found: dict[str, str], sent: dict[str, Any] | None) -> dict[str, str]:
        """Give what is known of a record once a step was taken."""
        record = {"said": said_in(sent) if sent else ""}
        if step in self._layout.ids:
            record["id"] = fill(self._layout.ids[step], found) or ""
            found["record_id" if step == "create" else "item_id"] = record["id"]
        if step == "create":
            record |= {name: fill(shown, found) or "" for name, shown in self._layout.shown.items()}
        return record

    def _values(self, subject: str, insight: dict[str, Any] | None) -> dict[str, str]:
        """Give what the placeholders of a step stand for."""
        about = values_of(self._news, insight, self._layout.zone)
        return about | self._system.settings | self._ids(subject)

    def _ids(self, subject: str) -> dict[str, str]:
        """Give the ids that the system has for a subject; empty where it told none."""
        record = self.memory.records.get(MEETING if self._layout.per_meeting else subject, {})
        return {
            "record_id": record.get("id", ""),
            "item_id": self.memory.records.get(subject, {}).get("id", ""),
        }
''', _days, _due, _http, _identity, _languages, _message_table, _record_notes, _record_system, _record_words, _request_template, _wording,
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
# region shared/record_step (written by 'zoom-bridge flows build')
# fmt: off
_record_step = compiled_once(
    'record_step', r'''
"""What Zoom Record Sync does with a window's news: reads how records are to be, and writes those that are not written."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from lfx.schema.data import Data






























class RecordStep:
    """One window's records; its component has the inputs, and shows what came of it."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def sync(self) -> Data:
        """Write what has not been written, and give the news with the records in it."""
        async with within_run(self.component):
            return await self._sync()

    async def _sync(self) -> Data:
        news = (await words_of(self.component, Data(data=self._read_news()))).data
        if self.component.language != AUTOMATIC:
            news = news | {"language": code_of(self.component.language, ())}
        layout = self._layout(news["meeting"])
        missing = self._missing(layout.templates)
        rehearsal = is_rehearsal(news["meeting"], str(news["session_id"]))
        waits = awaits_approval(news["meeting"])
        if missing or rehearsal or waits:
            why = "it is a rehearsal" if rehearsal else "it waits for approval"
            why = f"fill in {' and '.join(missing)}" if missing else why
            self._tell(f"dry run, nothing was sent: {why}; {rehearsed(news, layout.kinds)}")
            return Data(data=news)
        system = System(
            settings={
                "base_url": self._base_url(),
                "parent": parent_id((self.component.parent or "").strip()),
            },
            authorization=self._authorization(),
            timeout=httpx.Timeout(max(1, self.component.timeout_seconds or 0), connect=10),
            transport=self.component._transport,
            sleep=self.component._sleep,
            clock=self.component._clock,
            is_last=news["kind"] == "final",
        )
        sync = Sync(news, layout, system)
        try:
            await sync.run()
        finally:
            self._tell(sync.status())
            await system.aclose()
        made = told(news, sync.memory, per_meeting=layout.per_meeting)
        name = self.component.preset or "Record"
        notes = fault_notes(name, sync.faults, news.get("language"))
        if news["kind"] == "final" and (left := sync.missing()):
            notes.append(missing_note(name, left, news.get("language")))
        return Data(data=made | {"notes": [*made.get("notes", []), *notes]} if notes else made)

    def _tell(self, said: str) -> None:
        """Say what came of it where the editor shows it."""
        self.component.status = said
        self.component.log(said, name="Records")

    def _layout(self, meeting: dict[str, Any]) -> Layout:
        """Read how records are to be, and see that every placeholder exists."""
        named = (str(meeting.get("timezone") or ""), (self.component.time_zone or "").strip())
        zone = zone_of(*named)
        if named[1] and zone_of(named[1]) is None:
            msg = "Time Zone is none that is known here. Give it as America/Los_Angeles."
            raise RecordError(msg)
        return Layout(
            templates=self._templates(),
            ids={"create": self.component.record_id or "", "append": self.component.item_id or ""},
            shown={"name": self.component.record_name or "", "url": self.component.record_url or ""},
            per_meeting=self.component.one_record_per == PER_MEETING,
            kinds=kinds_in(self.component.kinds, LABELS),
            zone=zone,
        )

    def _read_news(self) -> dict[str, Any]:
        """Give the news; the context of a window that has none yet is news of nothing."""
        news = self.component.news.data if isinstance(self.component.news, Data) else {}
        if news.get("schema") == CONTEXT_SCHEMA:
            named = {name: news[name] for name in ("window_id", "session_id", "route", "kind", "meeting")}
            return {"schema": NEWS_SCHEMA} | named | {"insights": [], "summary": None, "notes": []}
        if news.get("schema") != NEWS_SCHEMA:
            msg = "The News input must be the news of Zoom Insight Ledger, or a context. Connect one of them."
            raise RecordError(msg)
        return news

    def _templates(self) -> dict[str, Template]:
        """Read the requests that are used, and see that every placeholder exists."""
        steps = STEPS if self.component.one_record_per == PER_MEETING else ("create", "update")
        texts = {step: str(getattr(self.component, f"{step}_request") or "") for step in steps}
        templates = {step: made for step, text in texts.items() if (made := parse_template(step, text))}
        if "create" not in templates:
            msg = "The Create request is empty. Choose a System, or write the request."
            raise RecordError(msg)
        for where in ("record_id", "item_id", "record_name", "record_url"):
            check_names(where.replace("_", " ").title(), getattr(self.component, where) or "", reply=True)
        return templates

    def _missing(self, templates: dict[str, Template]) -> list[str]:
        """Name the fields that are empty and without which nothing can be sent."""
        used = "".join(each.uses() for each in templates.values())
        names = names_in(used)
        empty = [
            name for name in SETTINGS if name in names and not (getattr(self.component, name) or "").strip()
        ]
        missing = [SETTINGS[name] for name in empty]
        if self.component.sign_in == BASIC and not (self.component.user or "").strip():
            missing.append("User")
        if self.component.sign_in != NO_SIGN_IN and not (self.component.token or "").strip():
            missing.append("Token")
        return missing

    def _base_url(self) -> str:
        return (self.component.base_url or "").strip().rstrip("/")

    def _authorization(self) -> str:
        """Give the Authorization header; empty for none.

        Raises:
            RecordError: The token cannot be one.
        """
        if self.component.sign_in == NO_SIGN_IN:
            return ""
        token = self.component.token.strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            msg = "The Token must be the bare token, without 'Bearer' or 'Basic' in front."
            raise RecordError(msg)
        if self.component.sign_in == BEARER:
            return f"Bearer {token}"
        return f"Basic {base64.b64encode(f'{self.component.user.strip()}:{token}'.encode()).decode()}"
''', _days, _kinds, _languages, _one_run, _put_back, _record_presets, _record_system, _records, _request_template, _schemas, _wording,
)
RecordStep = _record_step.RecordStep
# fmt: on
# endregion


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
    icon = "Zoom"
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
            "Jira project, id of the HubSpot deal; or the page's address, in which it stands.",
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
            **choice_of(LABELS),
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
        StrInput(
            name="time_zone",
            display_name="Time Zone",
            value="",
            info="Where the people of the meeting are, as America/Los_Angeles, if the window does not tell it. Without "
            "either, a day is written only where the words mean the same day everywhere.",
        ),
        DropdownInput(
            name="language",
            display_name="Language",
            options=LANGUAGES,
            value=AUTOMATIC,
            combobox=True,
            advanced=True,
            info=LANGUAGE_INFO,
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
        return await RecordStep(self).sync()
