"""Zoom Connection: one way into Zoom, for every part of a flow that posts there."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from lfx.custom import Component
from lfx.io import Output

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
(
    SetupError,
    TIMEOUT,
) = (
    _zoom_api.SetupError,
    _zoom_api.TIMEOUT,
)
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
    ChatConnection,
    given_in,
    show_inputs,
) = (
    _zoom_chat.CONNECTION_INPUTS,
    _zoom_chat.ChatConnection,
    _zoom_chat.given_in,
    _zoom_chat.show_inputs,
)
# fmt: on
# endregion


class ZoomConnection(Component):
    """Stands beside the components that post to Zoom and is connected to each of them.

    Credentials are filled in once; tokens and the distance between posts are shared by all runs of a server's process.
    Without any credentials whoever posts makes a dry run of it.
    """

    display_name = "Zoom Connection"
    description = "A way into Zoom's chat, with its credentials, for every part of a flow that posts there."
    documentation = "https://developers.zoom.us/docs/team-chat/"
    icon = "Zoom"
    name = "ZoomConnection"

    inputs = [*CONNECTION_INPUTS]
    outputs = [Output(name="connection", display_name="Connection", method="build_connection")]

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

    def build_connection(self) -> ChatConnection:
        """Give the object through which the others post.

        Raises:
            SetupError: There is no such way, or it needs more.
        """
        connection = ChatConnection(
            self.send_through,
            given_in(self),
            transport=self._transport,
            timeout=self._timeout,
            sleep=self._sleep,
        )
        missing = connection.missing()
        if missing:
            msg = f"{connection.way} needs more: {', '.join(missing)}."
            raise SetupError(msg)
        told = f"{connection.way}: dry run, no credentials" if missing is None else connection.way
        self.status = told
        self.log(told, name="Connection")
        return connection
