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
