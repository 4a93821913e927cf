"""Addresses: of a street with its house number, of a machine, and of a page that tells of a person or a session."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from bridge.redaction.numerals import NUMBER_WORDS
from bridge.redaction.sensitive import Span

_ACCENTS: Final = str.maketrans(
    "áàâãåéèêëíìîïóòôõúùûçñÁÀÂÃÅÉÈÊËÍÌÎÏÓÒÔÕÚÙÛÇÑäöüÄÖÜß",
    "aaaaaeeeeiiiioooouuucnAAAAAEEEEIIIIOOOOUUUCNaouAOUs",
)
"""So that patterns and number words need no accents; each letter stays one letter."""
_NUMBER_WORD: Final = "|".join(
    sorted((word for word in NUMBER_WORDS if len(word) > 2), key=len, reverse=True)
)
_HOUSE: Final = (
    rf"(?:\d{{1,5}} ?(?:[a-h]\b)?|(?:{_NUMBER_WORD})(?:(?: y | e |[ -])(?:{_NUMBER_WORD})){{0,3}}\b)"
)
_STREET_WORD: Final = r"[^\W\d_][\w'’.-]{0,30}"
_NO_STREET: Final = r"(?:at|in|on|for|of|and|the|people|days?|hours?|minutes?|weeks?|main|way|ways|to|more|new|other|different)\b"
STREETS: Final = (
    re.compile(
        rf"\b{_HOUSE},? ?(?:(?!{_NO_STREET}){_STREET_WORD} ){{1,3}}?"
        r"(?:street|avenue|road|boulevard|lane|drive|crescent|terrace|highway|parkway|mews|court|st|ave|rd|blvd|dr)\b\.?",
        re.I,
    ),
    re.compile(rf"\b[^\W\d_]{{3,30}}(?:strasse|strase|str\.|allee|gasse|damm|ufer|chaussee) ?{_HOUSE}", re.I),
    re.compile(
        r"\b(?!arbeitsplatz|parkplatz|umweg|spielplatz|sitzplatz|stellplatz|hinweg|ruckweg)[^\W\d_]{3,30}(?:platz|weg|ring) "
        rf"{_HOUSE}(?! (?:uhr|stunden|minuten|tage|euro|prozent)\b)",
        re.I,
    ),
    re.compile(
        rf"\b(?:am|an der|auf der|alte|neue|grose|kleine) (?:{_STREET_WORD}(?:strase|strasse|platz|weg|allee|markt|ring|berg)|markt) \d{{1,4}}(?:[a-h]\b)?",
        re.I,
    ),
    re.compile(
        rf"\b(?:calle|avenida|avda\.?|plaza|paseo|carrera|camino|calzada|ronda|rua|travessa|praca|alameda|estrada|largo)"
        rf"(?: {_STREET_WORD}){{1,6}}?,? (?:numero |n\.? ?)?{_HOUSE}(?! (?:de|horas?|minutos?|dias?)\b)",
        re.I,
    ),
    re.compile(
        rf"\b{_HOUSE},? ?(?:bis |ter )?(?:rue|avenue|boulevard|place|chemin|allee|impasse|quai|cours)"
        rf"(?: (?:de la|de l['’]|des|du|de|d['’]|le|la|les))?(?: (?!(?:a|dans|en|pour|et|est)\b){_STREET_WORD}){{1,2}}",
        re.I,
    ),
    re.compile(r"〒\d{3}-\d{4}|\b\d{3}-\d{4}(?=\s?[\u3400-\u9fff]{2,3}?[都道府県市])"),
    re.compile(
        r"[\u3400-\u9fffァ-ヶ]{1,12}[町村区市][\u3400-\u9fffァ-ヶ]{0,8}\d{1,3}(?:丁目|-\d{1,3}(?:-\d{1,3})?)(?:\d{1,3}番地?)?(?:の?\d{1,3}号?)?"
    ),
)
"""A street with its house number, as people write it in each of the languages; a street alone is none."""
_STREET_CALLED: Final = re.compile(
    r"street|avenue|\broad\b|boulevard|\blane\b|\bdrive\b|crescent|terrace|highway|parkway|\bmews\b|\bcourt\b|\b(?:st|ave|rd|blvd|dr)\b|stras|str\.|"
    r"allee|gasse|damm|ufer|chaussee|platz|weg|ring\b|markt|berg\b|calle|avenida|avda|plaza|paseo|carrera|camino|calzada|ronda|\brua\b|travessa|praca|"
    r"alameda|estrada|largo|\brue\b|\bplace\b|chemin|impasse|\bquai\b|\bcours\b|〒|[都道府県市町村区]",
    re.I,
)
_DIGIT: Final = re.compile(r"\d")
_CALLED_IN_WORDS: Final = (
    "street avenue road boulevard lane drive crescent terrace highway parkway court stras allee gasse platz weg calle avenida plaza paseo "
    "carrera camino rua travessa praca alameda estrada rue place chemin impasse quai"
).split()
"""Those of them that people say; a text without one and without a digit holds no street."""
_LONGEST_STREET: Final = 90
"""Characters that a street's name and number may take before or behind the word that it is called by."""
URL: Final = re.compile(r"\bhttps?://[^\s<>\"'，。、」）]{1,2000}", re.I)
_TELLS: Final = re.compile(r"[?#]\S|//[^/?#]*@|/(?:~|users?/|u/|profile/|@|in/|account/)", re.I)
_IP4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IP6: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?![\w:])")
_MAC: Final = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w:-])")
_VERSION_BEFORE: Final = re.compile(r"(?:version|versión|versão|release|build|バージョン|\bv)\s*$", re.I)
_LONGEST_LOOK: Final = 20


def address_spans(text: str) -> list[Span]:
    """Where addresses stand."""
    found = street_spans(text.translate(_ACCENTS))
    for match in URL.finditer(text):
        address = match[0].rstrip(".,;:!?)")
        if _TELLS.search(address):
            found.append(Span(match.start(), match.start() + len(address), "addresses", ""))
    found += [Span(match.start(), match.end(), "addresses", "") for match in _MAC.finditer(text)]
    for match in [*_IP4.finditer(text), *_IP6.finditer(text)]:
        before = text[max(0, match.start() - _LONGEST_LOOK) : match.start()]
        if _is_ip(match[0]) and not _VERSION_BEFORE.search(before):
            found.append(Span(match.start(), match.end(), "addresses", ""))
    return found


def street_spans(flat: str) -> list[Span]:
    """Where streets with house numbers stand in a text without accents: near a word that streets are called by."""
    found: list[Span] = []
    small = flat.lower()
    if not _DIGIT.search(small) and not any(called in small for called in _CALLED_IN_WORDS):
        return found
    begin = end = 0
    for called in _STREET_CALLED.finditer(flat):
        if called.start() < end - _LONGEST_STREET and called.end() < end:
            continue
        begin, end = (
            max(end - _LONGEST_STREET, called.start() - _LONGEST_STREET, 0),
            called.end() + 2 * _LONGEST_STREET,
        )
        for street in STREETS:
            found += [
                Span(match.start(), match.end() - (match[0][-1] == " "), "addresses", "")
                for match in street.finditer(flat, begin, end)
            ]
    return found


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.version == 4 or len(text) > 5
