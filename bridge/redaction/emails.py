"""E-mail addresses, written and spoken."""

from __future__ import annotations

import re
from typing import Final

from bridge.redaction.numerals import NUMBER_WORDS
from bridge.redaction.persons import plain
from bridge.redaction.sensitive import Span

_SIGN: Final = r"A-Za-z0-9_\u00c0-\u024f"
WRITTEN_EMAIL: Final = re.compile(
    rf"(?<![{_SIGN}.+])[{_SIGN}.+%-]{{1,64}}@[{_SIGN}-]{{1,63}}(?:\.[{_SIGN}-]{{1,63}}){{1,8}}"
)
DOTS: Final = frozenset(["dot", "punkt", "punto", "point", "ponto", "ドット", "どっと", "."])
ATS: Final = frozenset("""at aet ät arroba arobase arrobas アット アットマーク あっと klammeraffe""".split())
SURE_ATS: Final = ATS - {"at"}
"""Words for ``@`` that are nothing else."""
JOINTS: Final = frozenset(
    """dash hyphen minus underscore bindestrich unterstrich guion tiret hifen underline sublinhado plus traco ハイフン
        アンダーバー アンダースコア - _""".split()
)
"""Words for other signs within an address."""
SECOND: Final = frozenset(["bajo", "bas", "medio", "baixo"])
"""Second words of *guion bajo* and *tiret bas*."""
CUES: Final = frozenset(
    """email mail e emails address mailbox write send reach contact alias adresse anschreiben correo correu buzon
        escribe escribeme courriel ecris endereco escreve copia copy forward line drop inbox mailto gmail it s is my
        アドレス メール""".split()
)
"""Words near a spoken address."""
NO_LOCAL: Final = frozenset(
    """look looks works work worked meet meeting is was are be am stay live lives arrive start starts stop ends end
        found there here site page website them it that this us me him her you""".split()
)
"""What stands before *at* and is no mailbox, unless *dot* joins it."""
ROLES: Final = frozenset(
    """sales info support contact admin help office hello team jobs press billing service kontakt soporte ventas
        direccion""".split()
)
_EMAIL_WORD: Final = re.compile(
    r"[a-zA-Z0-9\u00c0-\u024f]+|[\u30a0-\u30ff]+|[\u3041-\u3096]+|@|(?<=[A-Za-z0-9])[._-](?=[A-Za-z0-9])"
)
_AT_SAID: Final = re.compile(
    "@|" + "|".join(rf"\b{word}" if word.isascii() else word for word in sorted(ATS)), re.I
)
_SIGNS: Final = DOTS | JOINTS
_NO_INITIAL: Final = frozenset("aeyoi")
"""Letters that are words."""
_MOST_NUMBERS: Final = 4
_TLD: Final = re.compile(
    r"[a-z]{2,3}|info|online|cloud|tech|shop|name|mobi|gmbh|berlin|koeln|studio|design|agency|software|コム|コドットジェーピー"
)
_SPELLED_GAP: Final = re.compile(r"[ \u00a0]{0,2}[\[(<]?|[\])>]?[ \u00a0]{0,2}")
_MOST_PIECES: Final = 12
_MOST_CUE_WORDS: Final = 7


def email_spans(text: str) -> list[Span]:
    """Where e-mail addresses stand."""
    found = [
        Span(match.start(), match.end(), "emails", match[0].casefold())
        for match in WRITTEN_EMAIL.finditer(text)
    ]
    return found + spoken_emails(text)


def spoken_emails(text: str) -> list[Span]:
    """Where addresses stand in words: *anna dot meyer at example dot com*, in each of the languages."""
    found: list[Span] = []
    if not _AT_SAID.search(text):
        return found
    words = list(_EMAIL_WORD.finditer(text))
    plains = [plain(word[0]) if word[0].isascii() or word[0] not in SURE_ATS else word[0] for word in words]
    for at, word in enumerate(plains):
        if not (word in ATS or words[at][0].casefold() in ATS or word == "@"):
            continue
        begin, end = _local_begin(text, words, plains, at), _domain_end(text, words, plains, at)
        if end and begin < at and (word in SURE_ATS or word == "@" or _is_mailbox(plains, begin, at)):
            start, stop = words[begin].start(), words[end].end()
            if not found or found[-1].end <= start:
                found.append(
                    Span(start, stop, "emails", "".join(_sign(entry) for entry in plains[begin : end + 1]))
                )
    return found


def _local_begin(text: str, words: list[re.Match[str]], plains: list[str], at: int) -> int:
    """The first word of what stands before *at*; that itself where nothing can."""
    begin = at - 1
    if begin < 0 or not _adjoins(text, words, at) or plains[begin] in _SIGNS:
        return at
    while begin > 0 and at - begin < _MOST_PIECES and _adjoins(text, words, begin):
        taken = _local_words(text, words, plains, begin, at)
        if not taken:
            break
        begin -= taken
    return begin


def _local_words(text: str, words: list[re.Match[str]], plains: list[str], begin: int, at: int) -> int:
    """How many words before the first one so far are of the address too."""
    before = plains[begin - 1]
    if begin > 2 and before in SECOND and plains[begin - 2] in JOINTS:
        return 3
    if begin > 1 and before in _SIGNS and _adjoins(text, words, begin - 1):
        return 2
    if begin > 1 and text[words[begin - 1].start() - 1] in "'’":
        return 0
    is_letter = len(before) == 1 and before.isascii() and before not in _NO_INITIAL
    is_spelled = is_letter and len(plains[begin]) == 1
    is_initial = is_letter and all(word in NUMBER_WORDS for word in plains[begin + 1 : at])
    is_number = plains[begin] in NUMBER_WORDS and before not in CUES and at - begin < _MOST_NUMBERS
    return int(is_spelled or is_initial or is_number)


def _domain_end(text: str, words: list[re.Match[str]], plains: list[str], at: int) -> int:
    """The last word of a domain behind *at*; 0 where there is none."""
    end, last = at + 1, 0
    while end < len(words) and end - at < _MOST_PIECES and _adjoins(text, words, end):
        joint = end + 1
        if (
            joint + 1 >= len(words)
            or not _adjoins(text, words, joint)
            or not _adjoins(text, words, joint + 1)
        ):
            break
        if plains[joint] in DOTS:
            if _TLD.fullmatch(plains[joint + 1]):
                last = joint + 1
        elif plains[joint] not in JOINTS:
            break
        end = joint + 1
    return last


def _is_mailbox(plains: list[str], begin: int, at: int) -> bool:
    if at - begin > 1 or plains[begin] in ROLES:
        return True
    if plains[begin] in NO_LOCAL:
        return False
    return any(word in CUES for word in plains[max(0, begin - _MOST_CUE_WORDS) : begin])


def _adjoins(text: str, words: list[re.Match[str]], at: int) -> bool:
    return _SPELLED_GAP.fullmatch(text, words[at - 1].end(), words[at].start()) is not None


def _sign(word: str) -> str:
    return "." if word in DOTS else "@" if word in ATS else "-" if word in JOINTS else word
