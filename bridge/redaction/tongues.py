"""Which languages a text is in, by its function words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

FUNCTION_WORDS: Final = {
    "en": frozenset(
        """a about after again all also am an and any are as at back be because been before but by can could did do does
        done down for from get go going gonna good got had has have he her here him his how i if in into is it its just
        know let like ll make maybe me more much my need never next no not now of off oh ok okay on one only or other
        our out over please re really right said say says see she should so some soon sure take tell than that the their
        them then there these they thing think this those through to today tomorrow too two until up us ve very want was
        we well were what when where which while who why will with would yeah yes yesterday yet you your monday tuesday
        wednesday thursday friday saturday sunday everyone everybody anyone someone somebody people guys folks team
        again always morning afternoon evening early later both each every myself himself herself""".split()
    ),
    "de": frozenset(
        """aber alle alles als also am an auch auf aus bei bin bis bitte da dafur damit dann das dass dein dem den denn der
        des dich die dies diese dir doch du ein eine einem einen einer es euch euer fur ganz gar gegen geht gibt gut hab
        habe haben hat hatte heute hier ich ihm ihn ihnen ihr ihre im in ins ist ja jetzt kann kannst kein keine konnen
        konnt mal man mehr mein meine mich mir mit mochte morgen muss nach nein nicht noch nun nur ob oder ohne schon
        sehr sein seine sich sie sind so soll sollen uber um und uns unser unter vom von vor wann war waren warum was
        weg weil wenn wer wie wieder will wir wird wo zu zum zur gestern montag dienstag mittwoch donnerstag freitag
        samstag sonntag dort deshalb selbst beide alle zusammen team leute gerade ne""".split()
    ),
    "es": frozenset(
        """a ahora al algo alguien antes aqui asi aun aunque bien cada como con cual cuando de del desde donde dos el ella
        ellos en entonces era es esa ese eso esta estaba estamos estan este esto estoy fue gracias ha han has hasta hay
        hoy la las le les lo los mas me mi mientras muy nada ni no nos nosotros nuestra nuestro o otra otro para pero
        poco por porque pues que quien se ser si sin sobre solo son soy su sus tambien tan te tenemos tiene tienen todo
        todos tu un una uno unos usted vamos ya yo manana ayer lunes martes miercoles jueves viernes sabado domingo
        favor luego aquel equipo puede puedo pueden puedes podemos quiere quieres quiero dice digo hace hago voy vas va
        sabes sabe oye mira creo gracias tenemos tengo estas necesitamos claro bueno siete""".split()
    ),
    "fr": frozenset(
        """a ai alors apres au aussi aux avant avec avez avons bien c ca ce ces cette comme d dans de deja des deux doit
        donc du elle elles en encore est et etait ete etre eu fait faut hier ici il ils j je jour l la le les leur lui m
        ma maintenant mais me meme merci mes moi moins mon n ne nous on ont ou oui par pas peu peut plus pour pourquoi
        qu quand que qui s sa sans se sera ses si son sont sur t ta te tes toi ton tous tout toute tres tu un une vos
        votre vous y demain aujourd hui lundi mardi mercredi jeudi vendredi samedi dimanche equipe""".split()
    ),
    "pt": frozenset(
        """a agora ai ainda alguem ao aos aqui as ate bem com como da das de dela dele depois do dos e ela elas ele eles em
        entao era essa esse esta estamos estao estava este estou eu faz foi hoje isso ja la lhe mais mas me mesmo meu
        minha muito na nao nas nem no nos nossa nosso num numa o obrigado obrigada os ou para pela pelo por porque pra
        quando que quem se sem ser seu sim so sobre sua suas tambem tem temos tenho ter toda todo todos tudo um uma vai
        vamos voce voces amanha ontem segunda terca quarta quinta sexta sabado domingo equipe gente""".split()
    ),
}
"""The commonest words of each language, in small letters without accents: none of them is a name by itself."""
KANA: Final = re.compile(r"[\u3041-\u30fe]")
WITHOUT_SPACES: Final = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff々〆ヶ"
"""Kana and Han: characters of scripts that put no spaces between words."""
_LEAST_SHARE: Final = 0.25


def languages_of(words: Iterable[str], text: str, hints: Iterable[str] = ()) -> tuple[str, ...]:
    """The languages of a text, all of those known where it does not tell.

    Args:
        words: Of the text, in small letters without accents.
        text: Itself, for kana.
        hints: Codes of languages that are spoken besides.
    """
    counts = dict.fromkeys(FUNCTION_WORDS, 0)
    for word in words:
        for language, function_words in FUNCTION_WORDS.items():
            if word in function_words:
                counts[language] += 1
    most = max(counts.values())
    found = [language for language, count in counts.items() if most and count > most * (1 - _LEAST_SHARE)]
    japanese = ["ja"] if KANA.search(text) else []
    told = [hint[:2].lower() for hint in hints if hint[:2].lower() in FUNCTION_WORDS and not most]
    return tuple(dict.fromkeys(found + told + japanese)) or tuple(FUNCTION_WORDS)
