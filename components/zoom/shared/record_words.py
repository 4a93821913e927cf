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
