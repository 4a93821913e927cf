"""Telephone, card and bank numbers among the digits of a text."""

from __future__ import annotations

import itertools
import re
from typing import Final

from bridge.redaction.numerals import NUMBER_WORDS, Digits, digit_runs
from bridge.redaction.packages import needed_package
from bridge.redaction.persons import plain
from bridge.redaction.sensitive import Span

REGIONS: Final = {
    "en": ("US", "GB", "IN", "AU"),
    "de": ("DE", "AT", "CH"),
    "es": ("ES", "MX", "AR", "CO"),
    "fr": ("FR", "BE", "CH", "CA"),
    "pt": ("BR", "PT"),
    "ja": ("JP",),
}
"""Where numbers without a country's code are looked for, by language."""
PHONE_BEFORE: Final = re.compile(
    r"\b(?:phone|telephone|tel|call(?:ing)?|cell|mobile|dial|ring|text|fax|hotline|extension|whatsapp|reach (?:me|him|her|us)|my number"
    r"|his number|her number|our number|direct line|landline|telefon\w*|handy\w*|mobil\w*|anruf\w*|ruf|rufe|rufnummer|durchwahl|erreichbar|wähl\w*|"
    r"(?:die|meine|seine|ihre) nummer|tel[eé]fono|celular|m[oó]vil|ll[aá]ma\w*|marca|whats|(?:mi|el|su) n[uú]mero|t[eé]l[eé]phone|portable|appel\w*|rappel\w*|"
    r"joindre|num[eé]ro|standard|telefone|celular|telem[oó]vel|lig(?:a|ue|ar)|meu n[uú]mero|o n[uú]mero)\b"
    r"|電話|番号|携帯|連絡先|内線",
    re.I,
)
"""Words before a telephone number."""
NO_PHONE_BEFORE: Final = re.compile(
    r"\b(?:ticket|issue|order|invoice|room|version|build|release|error|code|id|pr|port|page|line|row|chapter|article|case|bug|job|run|"
    r"commit|model|serial|sku|amount|price|total|bestell\w*|rechnung\w*|raum|vorgang\w*|auftrag\w*|version|seite|pedido|factura|sala|versi[oó]n|"
    r"commande|facture|salle|fatura|sala|vers[aã]o|chamado|account|routing|iban|konto\w*|cuenta|compte|conta|card|karte|tarjeta|carte|cart[aã]o|tracking|reference)"
    r"(?:\s+(?:number|nummer|no|id|code|n[uú]mero|num[eé]ro|is|ist|es|est|é|the|number is|nummer ist))*\s*[#:№]?\s*$"
    r"|(?:注文番号|チケット|会議室|バージョン|請求書|口座|カード)\S{0,3}\s*$|[#$€£¥]\s*$",
    re.I,
)
"""Words right before a number that is something else."""
ACCOUNT_BEFORE: Final = re.compile(
    r"\b(?:account(?: number| no)?|acct|konto(?:nummer)?|cuenta(?: bancaria)?|n[uú]mero de cuenta|compte|conta(?: corrente)?|bank(?: account)?|"
    r"routing(?: number)?|aba|sort code|bankleitzahl|blz|ag[eê]ncia|clabe)\b(?:[\s:]+(?:number|nummer|n[uú]mero|num[eé]ro|no|is|ist|es|est|é|de|the))*[\s:]*$"
    r"|口座(?:番号)?[はが:：\s]{0,2}$",
    re.I,
)
"""Words right before the number of a bank account."""
DATE: Final = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2}")
AMOUNT: Final = re.compile(r"\d{1,3}(?:[., \u00a0]\d{3})+(?:[.,]\d{1,2})?|\d+[.,]\d{1,2}")
VERSION: Final = re.compile(r"v?\d{1,4}(?:\.\d{1,6}){2,3}")
UNIT_BEHIND: Final = re.compile(
    r"\s*(?:[$€£¥%]|(?:dollars?|euros?|pounds?|yen|percent|prozent|por ?ciento|reais|pesos|rows?|users?|events?|seats?|units?|records?|requests?|"
    r"people|customers?|minutes?|hours?|stück|zeilen|nutzer|kunden|unidades|lignes|linhas|clientes?|ms|kb|mb|gb)\b|円|件|名|人|行)",
    re.I,
)
IBAN_BEGIN: Final = re.compile(r"(?<![A-Za-z0-9])([A-Za-z])[ -]?([A-Za-z])[ -]?(?=\d|[^\W\d_]{3,})")
_IBAN_PIECE: Final = re.compile(r"[ \u00a0.-]{0,2}(?:(\d)|([^\W\d_]+))")
_SHORTEST_CARD, _LONGEST_CARD = 13, 19
_SHORTEST_PHONE, _LONGEST_PHONE = 7, 15
_FEWEST_IBAN_DIGITS: Final = 8
_LOOK_BACK: Final = 60


class Numbers:
    """Finds numbers of the kinds that are wanted in one text.

    Args:
        text: To look in.
        languages: In which it is; they tell of which countries telephone numbers may be.
        kinds: Of ``cards``, ``accounts`` and ``phones`` those that are wanted.

    Raises:
        RedactionError: A package is not installed.
    """

    def __init__(self, text: str, languages: tuple[str, ...], kinds: tuple[str, ...]) -> None:
        self.text = text
        self.kinds = kinds
        self.regions = tuple(
            dict.fromkeys(region for language in languages for region in REGIONS.get(language, ()))
        )

    def spans(self) -> list[Span]:
        """Where numbers stand; accounts before cards before telephone numbers, where two could be."""
        runs = digit_runs(self.text)
        has_iban = "accounts" in self.kinds and sum(len(run.digits) for run in runs) >= _FEWEST_IBAN_DIGITS
        found = self._ibans() if has_iban else []
        for run in runs:
            if len(run.digits) < 6 or any(span.start < run.end and run.begin < span.end for span in found):
                continue
            found += self._of_run(run)
        return found

    def _of_run(self, run: Digits) -> list[Span]:
        before = self.text[max(0, run.begin - _LOOK_BACK) : run.begin]
        if "cards" in self.kinds:
            card = self._card(run)
            if card:
                return [card]
        if "accounts" in self.kinds and ACCOUNT_BEFORE.search(before) and len(run.digits) <= 24:
            return [Span(run.begin, run.end, "accounts", run.digits)]
        if "phones" in self.kinds and self._is_phone(run, before):
            return [Span(run.begin, run.end, "phones", run.digits.lstrip("0"))]
        return []

    # -----------------------------------------------------------------------------------------------------------------
    # Cards and accounts
    # -----------------------------------------------------------------------------------------------------------------

    def _card(self, run: Digits) -> Span | None:
        """The longest stretch of whole figures that is a card's number."""
        luhn = needed_package("stdnum.luhn", "python-stdnum")
        begins = [at for at in range(len(run.digits)) if _is_edge(run, at)]
        for begin in begins:
            for length in range(_LONGEST_CARD, _SHORTEST_CARD - 1, -1):
                end = begin + length
                number = run.digits[begin:end]
                if len(number) < length or (end < len(run.digits) and not _is_edge(run, end)):
                    continue
                if number[0] in "3456" and len(set(number)) > 1 and luhn.is_valid(number):
                    start = run.begin if begin == 0 else run.places[begin][0]
                    return Span(start, run.places[end - 1][1], "cards", number)
        return None

    def _ibans(self) -> list[Span]:
        iban = needed_package("stdnum.iban", "python-stdnum")
        found: list[Span] = []
        for match in IBAN_BEGIN.finditer(self.text):
            if found and match.start() < found[-1].end:
                continue
            number, ends = (match[1] + match[2]).upper(), [0, 0]
            number, ends = self._iban_text(match.end(), number, ends)
            lengths = range(len(number), 14, -1)
            length = next((at for at in lengths if _is_mod_97(number[:at]) and iban.is_valid(number[:at])), 0)
            if length:
                found.append(Span(match.start(), ends[length - 1], "accounts", number[:length]))
        return found

    def _iban_text(self, at: int, number: str, ends: list[int]) -> tuple[str, list[int]]:
        """Letters and digits from a place on, as far as an account's number may go, and where each ends."""
        while len(number) < 34:
            piece = _IBAN_PIECE.match(self.text, at)
            if piece is None:
                break
            word = piece[2]
            value = NUMBER_WORDS.get(plain(word)) if word and len(word) > 1 else None
            digits = piece[1] or (
                str(value) if value is not None else word.upper() if word.isascii() and len(word) <= 4 else ""
            )
            if not digits or (len(number) < 4 and not digits.isdigit()):
                break
            number += digits
            ends += [piece.end()] * len(digits)
            at = piece.end()
        return number, ends

    # -----------------------------------------------------------------------------------------------------------------
    # Telephone numbers
    # -----------------------------------------------------------------------------------------------------------------

    def _is_phone(self, run: Digits, before: str) -> bool:
        count = len(run.digits)
        if not _SHORTEST_PHONE - 1 <= count <= _LONGEST_PHONE or NO_PHONE_BEFORE.search(before):
            return False
        if run.has_plus:
            return count >= _SHORTEST_PHONE
        if UNIT_BEHIND.match(self.text, run.end):
            return False
        is_called = PHONE_BEFORE.search(before) is not None
        if run.is_spoken:
            return self._is_spoken_phone(run, is_called)
        written = self.text[run.begin : run.end].strip("()")
        if DATE.fullmatch(written) or VERSION.fullmatch(written) or re.search(r"\d{4}-\d{2}-\d{2}", written):
            return False
        if self._is_part_of_word(run):
            return False
        if is_called:
            return not AMOUNT.fullmatch(written) or (" " in written and count >= _SHORTEST_PHONE)
        if AMOUNT.fullmatch(written):
            return False
        return self._is_valid(run.digits, is_formatted=run.pieces > 1)

    def _is_spoken_phone(self, run: Digits, is_called: bool) -> bool:
        """Digits that are told one by one or in pairs: nobody tells an amount so."""
        count = len(run.digits)
        is_fraction = _POINT_BEFORE.search(self.text, max(0, run.begin - 12), run.begin) is not None
        if is_fraction or (count == run.pieces and _counts_up(run.digits)):
            return False
        return count >= _SHORTEST_PHONE and (is_called or count >= 8)

    def _is_part_of_word(self, run: Digits) -> bool:
        before, behind = self.text[run.begin - 1 : run.begin], self.text[run.end : run.end + 1]
        return (
            before in tuple("-_./:#=@")
            or (before.isalnum() and before.isascii())
            or (behind.isascii() and behind.isalpha())
            or behind == "_"
        )

    def _is_valid(self, digits: str, *, is_formatted: bool) -> bool:
        """Whether it is a number of one of the countries as people there write it: with a 0 before, or grouped."""
        phonenumbers = needed_package("phonenumbers", "phonenumbers")
        for region in self.regions:
            has_trunk = digits.startswith("0") and not digits.startswith("00")
            if not has_trunk and (not is_formatted or len(digits) < 9):
                continue
            if not has_trunk and region in _ALWAYS_TRUNK:
                continue
            if has_trunk and len(digits) < 9:
                continue
            try:
                number = phonenumbers.parse(digits, region)
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_valid_number_for_region(number, region):
                return True
        return False


_POINT_BEFORE: Final = re.compile(r"\b(?:point|comma|komma|coma|virgule|vírgula|ponto|punto)\s*\Z", re.I)
_ALWAYS_TRUNK: Final = frozenset("""DE AT CH GB FR BE JP AU IN""".split())
"""Countries whose numbers begin with a 0 within the country."""


def _is_mod_97(number: str) -> bool:
    """Whether an account's check digits are right (ISO 13616), before its country's rules are asked."""
    return int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1


def _counts_up(digits: str) -> bool:
    return (
        all(int(after) - int(before) == 1 for before, after in itertools.pairwise(digits))
        and digits[0] in "01"
    )


def _is_edge(run: Digits, at: int) -> bool:
    """Whether a figure or word begins with this digit."""
    return at == 0 or (
        run.places[at] != run.places[at - 1]
        and (run.places[at][0] > run.places[at - 1][1] or run.places[at][1] - run.places[at][0] > 1)
    )
