"""Addresses: of a street with its house number, of a machine, and of a page that tells of a person or a session."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from bridge.redaction.sensitive import Span

_WORD: Final = r"[^\W\d_][\w'’.-]{0,30}"
STREETS: Final = (
    re.compile(
        rf"\b\d{{1,5}}[A-Za-z]?,? (?:(?!(?:at|in|on|for|of|and|the|people|days?|hours?|minutes?|weeks?)\b){_WORD} ){{1,3}}?"
        r"(?:street|avenue|road|boulevard|lane|drive|crescent|terrace|highway|parkway|mews|st|ave|rd|blvd|dr)\b\.?(?! \d+ )",
        re.I,
    ),
    re.compile(
        r"\b[^\W\d_]{3,30}(?:straße|strasse|str\.|allee|gasse|damm|ufer|chaussee) ?\d{1,4} ?(?:[a-h]\b)?",
        re.I,
    ),
    re.compile(
        r"\b(?!arbeitsplatz|parkplatz|umweg|spielplatz|sitzplatz|stellplatz|hinweg|rückweg|beitrag)[^\W\d_]{3,30}(?:platz|weg|ring) \d{1,4}(?:[a-h]\b)?"
        r"(?! (?:uhr|stunden|minuten|tage|euro|prozent))",
        re.I,
    ),
    re.compile(
        rf"\b(?:am|an der|auf der|alte|neue|große|kleine) {_WORD}(?:straße|strasse|platz|weg|allee|markt|ring) \d{{1,4}}(?:[a-h]\b)?",
        re.I,
    ),
    re.compile(
        rf"\b(?:calle|avenida|avda\.?|plaza|paseo|carrera|camino|calzada|ronda|rua|travessa|praça|alameda|estrada|largo)"
        rf"(?: {_WORD}){{1,6}}?,? (?:número |nº ?|n\.? ?)?\d{{1,5}}(?! (?:de|horas?|minutos?|dias?|días?)\b)",
        re.I,
    ),
    re.compile(
        r"\b\d{1,4},? ?(?:bis |ter )?(?:rue|avenue|boulevard|place|chemin|allée|impasse|quai|cours)"
        rf"(?: (?:de la|de l['’]|des|du|de|d['’]|le|la|les))?(?: (?!(?:à|dans|en|pour|et|est)\b){_WORD}){{1,2}}",
        re.I,
    ),
    re.compile(r"〒?\d{3}-\d{4}(?!-?\d)(?=\s?[\u3400-\u9fff]{2,3}?[都道府県市])|〒\d{3}-\d{4}"),
    re.compile(
        r"[\u3400-\u9fffァ-ヶ]{1,10}[町村区市](?:[\u3400-\u9fffァ-ヶ]{0,8})\d{1,3}(?:丁目|-\d{1,3}-\d{1,3})(?:\d{1,3}番地?)?(?:の?\d{1,3}号?)?"
    ),
)
"""A street with its house number, as people write it in each of the languages; a street alone is none."""
URL: Final = re.compile(r"\bhttps?://[^\s<>\"'，。、」）]{1,2000}", re.I)
_TELLS: Final = re.compile(r"[?#]\S|//[^/?#]*@|/(?:~|users?/|u/|profile/|@|in/|account/)", re.I)
_IP4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IP6: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{0,45}:[0-9A-Fa-f:]{0,45}(?:\.\d{1,3}){0,3}(?![\w:])")
_VERSION_BEFORE: Final = re.compile(r"(?:version|versión|versão|release|build|バージョン|\bv)\s*$", re.I)
_LONGEST_LOOK: Final = 20


def address_spans(text: str) -> list[Span]:
    """Where addresses stand."""
    found = [
        Span(match.start(), match.end(), "addresses", "")
        for street in STREETS
        for match in street.finditer(text)
    ]
    for match in URL.finditer(text):
        address = match[0].rstrip(".,;:!?)")
        if _TELLS.search(address):
            found.append(Span(match.start(), match.start() + len(address), "addresses", ""))
    for match in [*_IP4.finditer(text), *_IP6.finditer(text)]:
        before = text[max(0, match.start() - _LONGEST_LOOK) : match.start()]
        if _is_ip(match[0]) and not _VERSION_BEFORE.search(before):
            found.append(Span(match.start(), match.end(), "addresses", ""))
    return found


def _is_ip(text: str) -> bool:
    if ":" in text and text.count(":") < 2:
        return False
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.version == 4 or len(text) > 5
