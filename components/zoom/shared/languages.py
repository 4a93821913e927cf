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
