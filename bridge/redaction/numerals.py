"""Digits as they are written and spoken: runs of them in a text, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bridge.redaction.persons import plain

UNITS: Final = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "de": "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve",
    "fr": "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "pt": "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove",
}
"""From 0 on."""
TENS: Final = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "fr": "vingt trente quarante cinquante soixante septante huitante nonante",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
}
"""From 20 on."""
OTHER_WORDS: Final = {
    "oh": 0, "o": 0, "zwo": 2, "ein": 1, "une": 1, "uma": 1, "duas": 2, "meia": 6, "quatorze": 14, "dezasseis": 16, "dezassete": 17,
    "dezanove": 19, "fuenf": 5, "zwoelf": 12, "dreißig": 30, "octante": 80, "nought": 0, "niner": 9,
}  # fmt: skip
_SPANISH_TWENTIES: Final = (
    "veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"
)
TIMES: Final = {
    "double": 2,
    "triple": 3,
    "treble": 3,
    "doppel": 2,
    "doppelt": 2,
    "doble": 2,
    "dreifach": 3,
    "duplo": 2,
}
"""Words that repeat the digit behind them."""
ANDS: Final = frozenset(["y", "e", "et", "und"])
"""What joins tens and units."""
WHOLE_HUNDREDS: Final = {
    word: value
    for words in (
        "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos",
        "cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos",
    )
    for value, word in enumerate(words.split(), 1)
}
"""Words for hundreds, with their first digit."""
HUNDREDS: Final = frozenset(["hundred", "hundert"])
"""Behind a digit that is told by itself, two noughts."""
FILLERS: Final = frozenset(
    "then dash uh space strich dann ah eh guion luego tiret puis euh traco depois hifen の".split()
)
"""What people say between the digits of one number."""
PLUS: Final = frozenset(["plus", "mas", "mais"])
JAPANESE_DIGITS: Final = {
    "〇": "0", "零": "0", "一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9",
    "ゼロ": "0", "レイ": "0", "マル": "0", "イチ": "1", "ニー": "2", "ニ": "2", "サン": "3", "ヨン": "4", "ヨ": "4", "シ": "4", "ゴー": "5", "ゴ": "5",
    "ロク": "6", "ナナ": "7", "シチ": "7", "ハチ": "8", "キュー": "9", "キュウ": "9", "ク": "9",
    "ぜろ": "0", "れい": "0", "まる": "0", "いち": "1", "にー": "2", "に": "2", "さん": "3", "よん": "4", "ごー": "5", "ご": "5", "ろく": "6", "なな": "7",
    "はち": "8", "きゅう": "9", "きゅー": "9", "の": "",
}  # fmt: skip
_JAPANESE: Final = "|".join(sorted(JAPANESE_DIGITS, key=len, reverse=True))
_JAPANESE_RUN: Final = re.compile(rf"(?:(?:{_JAPANESE})[ 、-]?){{7,60}}")
_JAPANESE_DIGIT: Final = re.compile(_JAPANESE)
_TOKEN: Final = re.compile(r"\d+|[^\W\d_]+")
_LONGEST_RUN: Final = 200
"""Digits after which a run ends, and another begins."""
_MOST_GAP: Final = re.compile(r"[ \u00a0]{0,2}[-–.,/()+]{0,2}[ \u00a0]{0,2}")


def _table() -> dict[str, int]:
    table = dict(OTHER_WORDS)
    for words in UNITS.values():
        table.update({word: value for value, word in enumerate(words.split())})
    for words in TENS.values():
        table.update({word: value for value, word in zip(range(20, 100, 10), words.split(), strict=True)})
    table.update({word: value for value, word in enumerate(_SPANISH_TWENTIES.split(), 21)})
    units = ["", "ein", *UNITS["de"].split()[2:10]]
    for value, word in zip(range(20, 100, 10), TENS["de"].split(), strict=True):
        table.update({f"{units[unit]}und{word}": value + unit for unit in range(1, 10)})
    return table


NUMBER_WORDS: Final = _table()
"""What each number word below a hundred is worth, small and without accents."""


@dataclass
class Digits:
    """A run of digits without other words between them."""

    digits: str
    places: list[tuple[int, int]]
    """For each digit, where the word or figure stands in the text that it is of."""
    is_spoken: bool
    """Whether some of it is words."""
    has_plus: bool = False
    """Whether a ``+`` or *plus* stands before it."""
    begin: int = 0
    """Where it begins, with its plus."""
    pieces: int = 0
    """Of how many figures or words it is made."""

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.places[-1][1]


def digit_runs(text: str) -> list[Digits]:
    """Every run of digits of a text, written and spoken, by place."""
    runs: list[Digits] = []
    tokens = list(_TOKEN.finditer(text))
    at = 0
    while at < len(tokens):
        word = tokens[at][0]
        if not word.isdigit() and not _is_number_word(plain(word)):
            at += 1
            continue
        run, at = _run(text, tokens, at)
        if run:
            runs.append(run)
    return runs + japanese_runs(text)


def _is_number_word(name: str) -> bool:
    return name in NUMBER_WORDS or name in TIMES or name in WHOLE_HUNDREDS


def _run(text: str, tokens: list[re.Match[str]], at: int) -> tuple[Digits | None, int]:
    """The run that begins at a token, and the token behind it."""
    run = Digits("", [], is_spoken=False)
    begun = at
    while at < len(tokens) and len(run.digits) < _LONGEST_RUN:
        if run.digits and not _MOST_GAP.fullmatch(text, tokens[at - 1].end(), tokens[at].start()):
            break
        if len(run.digits) > 1 and plain(tokens[at][0]) in FILLERS and at + 1 < len(tokens):
            at += 1
        taken = _taken(text, tokens, at)
        if taken is None:
            break
        digits, count, is_spoken = taken
        start, end = tokens[at].start(), tokens[at + count - 1].end()
        if tokens[at][0].isdigit():
            run.places += [(start + place, start + place + 1) for place in range(len(digits))]
        else:
            run.places += [(start, end)] * len(digits)
        run.digits += digits
        run.is_spoken |= is_spoken
        run.pieces += 1
        at += count
    if not run.digits:
        return None, begun + 1
    run.begin = run.places[0][0]
    _take_plus(text, tokens, begun, run)
    return run, at


def _take_plus(text: str, tokens: list[re.Match[str]], begun: int, run: Digits) -> None:
    before = text[max(0, run.begin - 2) : run.begin]
    if before.rstrip().endswith("+"):
        run.has_plus, run.begin = True, text.rindex("+", 0, run.begin)
    elif begun and plain(tokens[begun - 1][0]) in PLUS and text[tokens[begun - 1].end() : run.begin] == " ":
        run.has_plus, run.begin = True, tokens[begun - 1].start()
    elif before.endswith("("):
        run.begin -= 1


def _taken(text: str, tokens: list[re.Match[str]], at: int) -> tuple[str, int, bool] | None:
    """The digits that begin at a token, how many tokens they take, and whether they are spoken."""
    word = tokens[at][0]
    if word.isdigit():
        return ("".join(str(int(digit)) for digit in word), 1, False) if word.isdecimal() else None
    name = plain(word)
    if name in TIMES and at + 1 < len(tokens):
        value = _value(tokens[at + 1][0])
        is_digit = value is not None and value < 10
        return (str(value) * TIMES[name], 2, True) if is_digit else None
    if name in WHOLE_HUNDREDS:
        return _hundreds(text, tokens, at, WHOLE_HUNDREDS[name])
    value = _value(word)
    if value is None:
        return None
    if value >= 20 and value % 10 == 0:
        return _tens(text, tokens, at, value)
    if value < 10 and at + 1 < len(tokens) and plain(tokens[at + 1][0]) in HUNDREDS:
        return f"{value}00", 2, True
    return str(value), 1, True


def _tens(text: str, tokens: list[re.Match[str]], at: int, value: int) -> tuple[str, int, bool]:
    """Tens with the units behind them, as *thirty four*, *treinta y cuatro*, *soixante-dix-huit*, *quatre-vingt*."""
    count = 1
    if at + 2 < len(tokens) and plain(tokens[at + 1][0]) in ANDS and _below(tokens[at + 2][0], value):
        count = 2
    if at + count < len(tokens) and _near(text, tokens, at + count) and _below(tokens[at + count][0], value):
        unit = _value(tokens[at + count][0]) or 0
        count += 1
        if (
            unit == 10
            and at + count < len(tokens)
            and _near(text, tokens, at + count)
            and _below(tokens[at + count][0], 0)
        ):
            unit += _value(tokens[at + count][0]) or 0
            count += 1
        return str(value + unit), count, True
    return str(value), 1, True


def _hundreds(text: str, tokens: list[re.Match[str]], at: int, digit: int) -> tuple[str, int, bool]:
    """A word for hundreds with what stands behind it, as *seiscientos doce*."""
    joint = at + 2 if at + 2 < len(tokens) and plain(tokens[at + 1][0]) in ANDS else at + 1
    if joint < len(tokens) and _near(text, tokens, joint) and _value(tokens[joint][0]):
        rest = _taken(text, tokens, joint)
        if rest and len(rest[0]) < 3:
            return f"{digit}{rest[0]:0>2}", joint - at + rest[1], True
    return f"{digit}00", 1, True


def _near(text: str, tokens: list[re.Match[str]], at: int) -> bool:
    return text[tokens[at - 1].end() : tokens[at].start()] in (" ", "-")


def _below(word: str, tens: int) -> bool:
    value = _value(word)
    return value is not None and 0 < value < (20 if tens == 60 else 10)


def _value(word: str) -> int | None:
    return None if word.isdigit() else NUMBER_WORDS.get(plain(word))


def japanese_runs(text: str) -> list[Digits]:
    """Digits that are spoken one by one in Japanese, seven or more of them."""
    runs = []
    for match in _JAPANESE_RUN.finditer(text):
        digits, places = "", []
        for word in _JAPANESE_DIGIT.finditer(text, match.start(), match.end()):
            digit = JAPANESE_DIGITS[word[0]]
            if digit:
                digits += digit
                places.append(word.span())
        if len(digits) >= 7:
            runs.append(Digits(digits, places, is_spoken=True, begin=places[0][0], pieces=len(digits)))
    return runs
