"""Zoom News Text: news as a message, for Slack, mail, Teams and whatever else takes a text."""

from __future__ import annotations

import html
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
within_run = _one_run.within_run
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
(
    NewsError,
    lines_of,
) = (
    _news_text.NewsError,
    _news_text.lines_of,
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
    is_put_back,
    words_of,
) = (
    _put_back.beside,
    _put_back.is_put_back,
    _put_back.words_of,
)
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
        BoolInput(
            name="for_slack",
            display_name="For Slack",
            value=False,
            info="Nothing that was said calls people (@channel) or is a link with another name.",
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
            put = await words_of(self, self.news)
            kinds = kinds_in(self.kinds, WORDS)
            text, before = [
                lines_of(each, kinds, final_only=bool(self.final_only)) for each in (put.data, news)
            ]
        text = (
            html.escape(text, quote=False) if self.for_slack else text
        )  # docs.slack.dev, Formatting message text
        self.status = f"{len(text)} characters"
        rehearsal = is_rehearsal(news["meeting"], str(news["session_id"]))
        if text and (rehearsal or awaits_approval(news["meeting"])):
            why = "dry run: a rehearsal" if rehearsal else "it waits for approval"
            self.status = f"{why}, {len(text)} characters are not passed on"
            text = ""
        if not text and self._vertex is not None:
            self.stop("text")
        told = beside(before) if is_put_back(put) else None
        return Message(text=text, session_id=news["session_id"], session_metadata=told)
