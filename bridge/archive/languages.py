"""Languages as far as search needs them: which one a text is in, which words say nothing in it, and what ends its words. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import snowballstemmer

from bridge.rtms.messages import TranscriptLanguage

if TYPE_CHECKING:
    from collections.abc import Iterable

ENGLISH: Final = "english"
UNKNOWN: Final = ""
"""A language whose words are taken as they are."""
SURE: Final = 2
"""So many different function words tell a language, where no other has as many."""

_BY_ID: Final[dict[int, str]] = {
    TranscriptLanguage.ARABIC: "arabic",
    TranscriptLanguage.CATALAN: "catalan",
    TranscriptLanguage.CZECH: "czech",
    TranscriptLanguage.DANISH: "danish",
    TranscriptLanguage.DUTCH: "dutch",
    TranscriptLanguage.ENGLISH: ENGLISH,
    TranscriptLanguage.ESTONIAN: "estonian",
    TranscriptLanguage.FINNISH: "finnish",
    TranscriptLanguage.FRENCH_CANADA: "french",
    TranscriptLanguage.FRENCH_FRANCE: "french",
    TranscriptLanguage.GERMAN: "german",
    TranscriptLanguage.HINDI: "hindi",
    TranscriptLanguage.HUNGARIAN: "hungarian",
    TranscriptLanguage.INDONESIAN: "indonesian",
    TranscriptLanguage.ITALIAN: "italian",
    TranscriptLanguage.PERSIAN: "persian",
    TranscriptLanguage.POLISH: "polish",
    TranscriptLanguage.PORTUGUESE: "portuguese",
    TranscriptLanguage.ROMANIAN: "romanian",
    TranscriptLanguage.RUSSIAN: "russian",
    TranscriptLanguage.SPANISH: "spanish",
    TranscriptLanguage.SWEDISH: "swedish",
    TranscriptLanguage.TAMIL: "tamil",
    TranscriptLanguage.TURKISH: "turkish",
}
_SCRIPTS: Final = (
    ("\u0400", "\u052f", ("russian",)),
    ("\u0370", "\u03ff", ("greek",)),
    ("\u0600", "\u06ff", ("arabic", "persian")),
    ("\u0900", "\u097f", ("hindi",)),
    ("\u0b80", "\u0bff", ("tamil",)),
)
"""First and last letter of a script, and the languages that are written in it."""
_LATIN: Final = tuple(
    dict.fromkeys(
        language
        for language in (ENGLISH, *_BY_ID.values())
        if not any(language in languages for _, _, languages in _SCRIPTS)
    )
)
_STEMMED: Final = frozenset(snowballstemmer.algorithms())
STOP_WORDS: Final = {
    language: frozenset(words.split())
    for language, words in {
        ENGLISH: """a about ah all also am an and any are as at be because been being but by can could d did do does doing done for from
            get go going gonna gosh got had has have having he her here hers him his hm hmm how i if in into is it its just let like
            ll m many me mhm mm mmm more most much my no not now of off oh ok okay on one or our ours out please re really right s
            shall she should so some such t than that the their them then there these they thing things this those to too uh uhm um
            up us ve very was we well were what when where which who whom whose why will with would yeah yep yes you your yours""",
        "arabic": "في من على ان الى عن مع هذا هذه ما لا هل كان التي الذي ثم او",
        "catalan": "el la els les de del que i en un una es per amb no al com mes pero si ho hem",
        "czech": "a je se na v to ze s z do o i jako ale tak za by jsem co pro jak kdy",
        "danish": "og i at det er en til af pa de den som med for ikke der vi jeg har om hvad hvornar",
        "dutch": "de het een en van is dat in te op voor met niet zijn aan er om ik we wij ook als wat wie hoe dan naar wanneer",
        "estonian": "ja on ei et see ta ma me mis kui ka oli aga siis selle kes millal",
        "finnish": "ja on ei se etta han me mina mita kun myos oli mutta niin ovat kuka milloin",
        "french": """le la les l de des du d un une et est en que qui dans pour pas sur au aux ce cette ces il elle on nous vous je ne se
            sont avec par plus mais ou c j qu n s quand quoi quel quelle comment ete fait y a""",
        "german": """der die das den dem des ein eine einen einem einer und ist in zu nicht es ich wir sie er mit auf fur von im wie was
            wer wann wo auch dass als an am so aber oder wird werden haben hat war sind bei noch nur man""",
        "hindi": "है के में की और को से का ने पर यह हैं कि हम वह क्या था थे",
        "hungarian": "a az es hogy nem is egy van meg ez azt de mi ki mikor hol volt vagy csak",
        "indonesian": "yang dan di ke dari untuk ini itu dengan tidak adalah ada kita saya apa siapa kapan akan pada",
        "italian": """il lo la i gli le di del della dei un una e che in per non con si sono da al alla come ma o ci abbiamo ha ho
            quando chi cosa dove nel nella l c""",
        "persian": "و در به از که این را با است ان برای ما چه کی",
        "polish": "i w na z sie nie to do ze jest o co jak ale po za od czy kto kiedy my jestem sa",
        "portuguese": """o a os as de do da dos das um uma e que em no na para por nao com se mas ou como mais foi sao ao quando quem
            nos eu voce isso esta""",
        "romanian": "si in de la cu nu o un este ca pe sa din pentru care ce mai sunt a au cand cine noi",
        "russian": "и в не на что с я мы он она это как по но за к у от из о так же бы вы они а кто когда где",
        "spanish": """el la los las de del un una y que en es no se por con para lo al como mas pero o si su le ha hay nos
            cuando quien donde este esta fue son""",
        "swedish": "och i att det som en pa ar av for den till inte med de har om ett vi jag var vad nar vem",
        "tamil": "இது அது ஒரு என்று மற்றும் என நாம் என்ன",
        "turkish": "ve bir bu da de icin ne mi ile cok ama var biz ben o kim zaman gibi daha",
    }.items()
}
"""Words that say nothing of a subject, as :func:`bridge.archive.terms.flat` writes them; they also tell the language."""


def language_of(number: int | None) -> str | None:
    """The language of Zoom's id; ``None`` where it tells none."""
    if number is None or number == TranscriptLanguage.NONE:
        return None
    return _BY_ID.get(number, UNKNOWN)


def guess(words: Iterable[str]) -> str | None:
    """The one language whose function words are among these flat words; ``None`` where none stands out."""
    there = frozenset(word for word in words if len(word) > 1)  # a letter alone is anything
    found = sorted(((len(there & known), language) for language, known in STOP_WORDS.items()), reverse=True)
    (most, language), (next_most, _) = found[:2]
    return language if most >= SURE and most > next_most else None


def languages_for(word: str) -> tuple[str, ...]:
    """The languages that a word can be of, as far as its script tells."""
    for first, last, languages in _SCRIPTS:
        if first <= word[0] <= last:
            return languages
    return _LATIN


@lru_cache(maxsize=65536)
def stem(word: str, language: str) -> str:
    """A word without its endings; the same word where the language is unknown."""
    if language not in _STEMMED or word.isdigit():
        return word
    # One of its own: it keeps in itself how far it has come, and a thread may stem while another does.
    return str(snowballstemmer.stemmer(language).stemWord(word)) or word
