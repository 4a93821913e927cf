"""Transcripts as people paste them, of any product's form: who said what, or that it names nobody."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CLOCK: Final = r"(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?(?: ?[AaPp]\.?[Mm]\.?)?"
PARTS_OF_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,]\d{1,3})?(?: ?([AaPp])\.?[Mm])?")
"""Hours, minutes and seconds, or minutes and seconds; with a half of the day hours and minutes."""
DATE: Final = r"(?:\d{1,4}[./-]\d{1,2}[./-](?:\d{1,4})?,?)"
STAMP: Final = rf"(?:{DATE}\s+)?{CLOCK}"
BRACKETED: Final = rf"[\[(]\s*{STAMP}\s*[\])]"
BEFORE_A_NAME: Final = r"(?:\([^()\n]{1,20}\)\s?|\[(?=[^\d\]])[^\[\]\n]{1,20}\]\s?|[^\w\s:：<>\[\](){}*_#\"'“”‘’.,;!?/\\|+=~`•–—-]{1,8}\s?)?"
"""A pronoun, a department or an emoji, with which people begin what they are called."""
NAME: Final = BEFORE_A_NAME + r"[^\W_][^:：\n<>\[\]]{0,59}?(?:\s*\[(?=[^\d\]])[^\[\]\n]{1,40}\])?"
"""What may be one, with a company or a role in brackets behind it."""
CUE: Final = re.compile(
    rf"\s*\[?{CLOCK}\]?\s*(?:-->|,|-)\s*\[?{CLOCK}\]?(?:\s+(?:[a-z]+:\S+|[XY]\d:\d+))*\s*"
)
"""A line of two times: above a caption of .vtt (with where it stands), .srt or .sbv."""
CUE_AND_WORDS: Final = re.compile(rf"\s*\[?{CLOCK}\]?\s*(?:-->|-)\s*\[?{CLOCK}\]?[:|]?\s+(?=\S)")
"""The same with the caption behind it: Whisper."""
WEBEX: Final = re.compile(r'\s*\d+\s+"([^"<>]{1,100})"\s*\([\d\s]*\)\s*')
"""The identifier of a caption that has the name in it."""
VOICE: Final = re.compile(r"<v(?:\.[\w.]{1,50})?\s+([^<>]{1,100})>", re.IGNORECASE)
TAG: Final = re.compile(
    r"</?(?:v|c|i|b|u|s|lang|ruby|rt|font)(?:[.\s][^<>]{0,200})?>|<\d[\d:.]{0,20}>", re.IGNORECASE
)
"""Tags of captions; other angle brackets are words."""
COMMENT: Final = re.compile(r"\s*(?:WEBVTT\b.*|NOTE(?:\s.*)?|STYLE|REGION|Kind:.*|Language:.*)")
"""In captions alone; elsewhere "Note that …" is said."""
NOISE: Final = re.compile(
    r"\s*(?:-{3,}|={3,}|\*{3,}|#{1,6} .*|Transcribed by https?:.*|Meeting ended (?:after|at) .*|"
    r"Transcript|Transkript|Transcription|Transcripción|Attendees|Participants|Teilnehmer|Recording|This editable transcript .*|Dieses bearbeitbare Transkript .*|Meeting title:.*|Date:.*|Duration:.*|.* - Transcript|.*(?:started|stopped) transcription|.*hat die Transkription (?:gestartet|beendet)|.* a (?:démarré|arrêté) la transcription|.* (?:inició|detuvo) la transcripción|(?:Reacted to|Removed a .{1,20} reaction from|Replying to) [\x22“].*)\s*",
    re.IGNORECASE,
)
SPELT: Final = r"(?:\d+ ?(?:hours?|minutes?|seconds?|Stunden?|Minuten?|Sekunden?|heures?|secondes?|horas?|minutos?|segundos?|時間|分|秒) ?)+"
"""A time in words, as Teams writes it in each language for those who listen to the page."""
TIME_ALONE: Final = re.compile(rf"\s*(?:{BRACKETED}|{STAMP}|{SPELT}(?:{CLOCK})?)\s*")
STAMPED: Final = re.compile(rf"\s*(?:[-*>•]\s+)?(?:{BRACKETED}|{DATE}\s+{CLOCK})\s*[-–—|:]?\s*(?=\S)")
"""The time in front of a line, where brackets or a date tell that it is one."""
BARE_STAMP: Final = re.compile(rf"\s*(?:[-*>•]\s+)?{CLOCK}\s*[-–—|]?\s+(?=\S)")
"""The same without: it may be what somebody says ("10:30 works")."""
CHAT: Final = re.compile(
    rf"\s*{STAMP}\s+(?:From|Von|De|Da|Van|От)\s+(?P<name>{NAME})(?:\s+(?:to|an|à|a|para|aan|для)\s+[^:\n]{{1,100}})?\s*:\s*(?P<words>.*)",
    re.IGNORECASE,
)
"""Zoom's saved chat; the words stand on the same line or below."""
CAPTION: Final = re.compile(rf"\s*\[(?P<name>{NAME})\]\s+{CLOCK}\s*")
"""Zoom's saved captions: a line that names who says the next ones."""
NAME_AND_TIME: Final = re.compile(
    rf"\s*(?:\*\*|__)?(?P<name>{NAME})(?:\*\*|__)?(?P<gap>  ?|\t|\s*[|·•–—-] ?| (?=[\[(]))[\[(]{{0,2}}{STAMP}[\])]{{0,2}}:?\s*"
)
"""The same of Otter and Teams."""
TIME_AND_NAME: Final = re.compile(rf"\s*(?:{BRACKETED}|{STAMP})\s*[-–—|]?\s+(?P<name>{NAME})\s*")
"""The same with the time first: Teams' chat, Fathom, Gong."""
NAME_ABOVE_TIME: Final = re.compile(r"\s*(?P<name>[^\W\d_][^:：\n<>\[\]?!;…*#]{1,59})\s*")
"""A name alone, where the next line is a time: Teams' stream."""
SAID_BY: Final = re.compile(
    rf"\s*(?:[-*>•]\s+)?(?:(?:{BRACKETED}|{STAMP})\s*[-–—|]?\s*)?(?:\*\*|__)?(?P<name>{NAME})(?:\s*{BRACKETED})?\s*"
    r"(?::\s*(?:\*\*|__)(?:\s+|$)|(?:\*\*|__)\s*:(?:\s+|$)|:(?:\s+|$)|：\s*)(?P<words>.*)"
)
"""``Name: words``, in Markdown, with a time before or behind the name, or without; also with a wide colon."""
LABELS: Final = frozenset(
    "action item,action items,action,actions,todo,to-do,to do,task,tasks,decision,decisions,decided,note,notes,question,questions,"
    "open question,open questions,agenda,topic,summary,next steps,risk,risks,date,subject,re,attendees,participants,p.s,"
    "aufgabe,aufgaben,entscheidung,entscheidungen,offene frage,offene fragen,notiz,notizen,transkript,teilnehmer,datum,acción,acciones,tarea,tareas,decisión,"
    "decisiones,pregunta,preguntas,nota,notas,décision,décisions,tâche,tâches,question ouverte,transcription,transcripción,tarefa,tarefas,decisão,decisões,"
    "pergunta,perguntas,決定事項,アクションアイテム,未解決の質問,メモ".split(",")
)
"""What stands before a colon and is nobody."""
NOT_IN_NAMES: Final = re.compile(
    r"\b(?:is|are|was|were|the|this|that|these|those|so|if|we|you|I|it|they|and|but|what|how|why|when|where|to|remember|question|plan|thing|think|point|here|there|my|our|meeting)\b",
    re.IGNORECASE,
)
"""Words that stand in a sentence and in no name, unless each word has a capital ("Meeting Room 4")."""
PARTICLES: Final = frozenset(
    "af al bin da das de del della den der di do dos du e el la le of ten ter und van vom von y zu zur".split()
)
"""Small words inside of names."""
IN_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）")
UNSEEN: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Marks of direction, and the mark at the beginning of a file."""
ENDS: Final = ".?!…。？！"
"""Marks that end a sentence."""
MOST_NAME_WORDS: Final = 5
MOST_PROPER_WORDS: Final = 8
NAMED: Final = 0.5
"""Share of a text's lines that begin with a name, from which a name before a colon is one even if it comes once."""


@dataclass(frozen=True)
class Pasted:
    """What somebody says in a pasted text."""

    speaker: str
    """Empty where the text names nobody."""
    words: str


def read_pasted(text: str) -> list[Pasted]:
    """Read a transcript of any form: what each says in turn, without times, numbers, tags and headings.

    A text is judged as a whole: a word before a colon is a name where most lines begin with one, or where names come
    again. A text that names nobody is what one says whose name nobody knows: its lines, joined.
    """
    text = unicodedata.normalize("NFC", UNSEEN.sub("", text))
    lines = [re.sub(r"\s{3,}", "  ", line) for line in text.splitlines()]
    if any(CUE.fullmatch(line) for line in lines) or sum(map(has_cue, lines)) > len(lines) / 2:
        lines = without_cues(lines)
    if said := by_voices(lines):
        return joined(said)
    by_head, by_colon = by_heads(lines), by_colons(lines)
    if said := by_head[1] if by_head[0] >= by_colon[0] else by_colon[1]:
        return joined(said)
    words = " ".join(plain(line) for line in without_times(lines) if not is_noise(line))
    return [Pasted("", words)] if words else []


def has_cue(line: str) -> bool:
    """Whether a line has two times and words behind them."""
    return CUE_AND_WORDS.match(line) is not None


def without_cues(lines: Sequence[str]) -> list[str]:
    """What captions say: without times, identifiers and comments; a name in an identifier becomes a voice."""
    spoken: list[str] = []
    voice = ""
    for at, line in enumerate(lines):
        below = lines[at + 1] if at + 1 < len(lines) else ""
        if CUE.fullmatch(line) or COMMENT.fullmatch(line):
            continue
        if (cue := CUE_AND_WORDS.match(line)) and not CUE.fullmatch(line):
            spoken.append(html.unescape(line[cue.end() :]))
            continue
        if CUE.fullmatch(below) and (named := WEBEX.fullmatch(line)):
            voice = f"<v {named[1]}>"
        elif CUE.fullmatch(below) and (
            re.fullmatch(r"\s*\d+\s*", line)
            or (re.fullmatch(r"\s*\S+\s*", line) and not before(lines, at).strip())
        ):
            continue
        else:
            spoken.append(voice + html.unescape(line) if line.strip() else line)
            voice = "" if line.strip() else voice
    return spoken


def before(lines: Sequence[str], at: int) -> str:
    """The line above one; empty above the first."""
    return lines[at - 1] if at else ""


def by_voices(lines: Sequence[str]) -> list[Pasted]:
    """Captions with voice tags; nothing where there are none."""
    said: list[Pasted] = []
    for line in lines:
        start, *voices = VOICE.split(line)
        if said and not is_noise(start):
            said.append(Pasted(said[-1].speaker, plain(start)))
        said += [
            Pasted(unmarked(name), plain(words))
            for name, words in zip(voices[::2], voices[1::2], strict=True)
        ]
    return said


@dataclass(frozen=True)
class Head:
    """A line that names who says the next ones."""

    name: str
    words: str = ""
    """What stands behind it on the same line."""
    sure: bool = False
    """Whether it cannot be anything else: its form is a product's alone, or name and time stand apart, as they do in no
    sentence ("Lunch at 12:30")."""
    time_first: bool = False
    """Whether it may be a point of an agenda as well ("10:30 Budget")."""
    second: int = 0
    """Its time."""


def by_heads(lines: Sequence[str]) -> tuple[int, list[Pasted]]:
    """A line with the name and a time, or a name above a time, and the words below; and how many such lines there are."""
    heads = head_lines(lines)
    said: list[Pasted] = []
    speaker = ""
    for at, line in enumerate(lines):
        if head := heads.get(at):
            speaker = head.name
            said += [Pasted(speaker, plain(head.words))] if head.words else []
        elif speaker and not is_noise(line) and not repeats(line, speaker):
            said.append(Pasted(speaker, plain(line)))
    return len(heads), said


def head_lines(lines: Sequence[str]) -> dict[int, Head]:
    """The lines that name a speaker, by position: in the light of all others, as a sentence may end in a time too."""
    found = {at: head for at in range(len(lines)) if (head := head_of(lines, at))}
    counts = Counter(head.name for head in found.values())
    if not any(head.time_first and counts[head.name] > 1 for head in found.values()):
        found = {at: head for at, head in found.items() if not head.time_first}
    apart = {at for at in found if not before(lines, at).strip() and "".join(lines[at + 1 : at + 2]).strip()}
    mostly_apart = len(apart) > len(found) / 2
    known = {
        at: head
        for at, head in found.items()
        if head.sure
        or counts[head.name] > 1
        or (mostly_apart and at in apart and (is_proper(head.name) or len(apart) > 2))
        or (not mostly_apart and is_proper(head.name))
    }
    return {at: head for at, head in found.items() if at in known or is_in_order(at, head, known)}


def is_in_order(at: int, head: Head, known: Mapping[int, Head]) -> bool:
    """Whether a line's time is one between those of the heads around it, as that of a name in small letters is."""
    above = max((each for each in known if each < at), default=None)
    below = min((each for each in known if each > at), default=None)
    after_above = above is None or known[above].second <= head.second
    return below is not None and after_above and head.second <= known[below].second


def second_of(line: str) -> int:
    """The last time of a line, in seconds: of the day, or from the meeting's beginning; 0 without one."""
    times = PARTS_OF_CLOCK.findall(line)
    if not times:
        return 0
    *parts, half = times[-1]
    hours, minutes, seconds = (int(part or 0) for part in parts)
    if half and not parts[0]:
        hours, minutes, seconds = minutes, seconds, 0
    if half:
        hours = hours % 12 + 12 * (half in "Pp")
    return 3600 * hours + 60 * minutes + seconds


def head_of(lines: Sequence[str], at: int) -> Head | None:
    """What a line by its look may be, before those of the whole text are known."""
    line, below = lines[at], "".join(lines[at + 1 : at + 2])
    if match := CHAT.fullmatch(line) or CAPTION.fullmatch(line):
        return Head(unmarked(match["name"]), match.groupdict().get("words") or "", sure=True)
    match, time_first, stamp = NAME_AND_TIME.fullmatch(line), False, line
    sure = match is not None and (match["gap"] != " " or line[match.end("gap")] in "[(")
    if match is None and is_noise(line):
        return None
    if match is None and TIME_ALONE.fullmatch(below) and ":" in below:
        match, sure, stamp = NAME_ABOVE_TIME.fullmatch(line), True, below
    if match is None and below.strip() and not TIME_ALONE.match(below):
        match, time_first = TIME_AND_NAME.fullmatch(line), True
        if match and not is_proper(match["name"]):
            return None
    if match is None or not may_be_name(match["name"]):
        return None
    return Head(unmarked(match["name"]), sure=sure, time_first=time_first, second=second_of(stamp))


def repeats(line: str, speaker: str) -> bool:
    """Whether a line is the speaker and a time once more, as Teams' page has it for screen readers."""
    return line.strip().startswith(speaker) and TIME_ALONE.fullmatch(line.strip()[len(speaker) :]) is not None


def by_colons(lines: Sequence[str]) -> tuple[int, list[Pasted]]:
    """Lines ``Name: words``, and how many there are; one without a name belongs to the one above.

    A line that another begins than the names do (a label, or a date without a name: what a product tells) is nobody's.
    """
    spoken = [line for line in lines if not is_noise(line)]
    matches = [SAID_BY.fullmatch(line) for line in spoken]
    names = Counter(unmarked(match["name"]) for match in matches if match and may_be_name(match["name"]))
    if names.total() < len(spoken):
        names = Counter({name: count for name, count in names.items() if count > 1 or "," not in name})
    first = next((at for at, match in enumerate(matches) if match and unmarked(match["name"]) in names), None)
    mostly = names.total() >= NAMED * len(spoken)
    if first is None or not (mostly or max(names.values()) > 1) or (first > 0 and not mostly):
        return 0, []
    dated = re.compile(rf"\s*\[?{DATE}\s+{CLOCK}")
    said: list[Pasted] = []
    for line, match in zip(spoken[first:], matches[first:], strict=True):
        name = unmarked(match["name"]) if match else ""
        if match and name in names and (mostly or names[name] > 1):
            said.append(Pasted(name, plain(match["words"])))
        elif said:
            nobody = dated.match(line) or name.casefold() in LABELS
            said.append(Pasted("" if nobody else said[-1].speaker, plain(line)))
    return names.total(), said


def may_be_name(text: str) -> bool:
    """Whether this can be what somebody, or a room, is called."""
    name = unmarked(text)
    words = IN_BRACKETS.sub(" ", name).split()
    proper = is_proper(name)
    return (
        0 < len(words) <= (MOST_PROPER_WORDS if proper else MOST_NAME_WORDS)
        and re.sub(r"^\W+", "", name.casefold()) not in LABELS
        and (not NOT_IN_NAMES.search(" ".join(words)) or (proper and len(words) > 1) or name == "You")
        and not re.search(r"[?!;]|https?$", name)
        and not (name.endswith(".") and not (proper and len(words[-1]) <= 4))
        and ("," not in name or (proper and len(words) <= 4))
        and re.search(r"[^\W\d_]", name) is not None
        and not words[0].casefold().startswith("to-do")
    )


def is_proper(name: str) -> bool:
    """Whether it is written as names are: no word begins small, but for those inside of names."""
    words = re.findall(r"[^\W_]\w*", IN_BRACKETS.sub(" ", unmarked(name)).replace("'", "").replace("’", ""))
    return bool(words) and not any(
        word[0].islower() and (not at or word not in PARTICLES) for at, word in enumerate(words)
    )


def is_noise(line: str) -> bool:
    """Whether a line says nothing: empty, a time, a heading."""
    return not line.strip() or TIME_ALONE.fullmatch(line) is not None or NOISE.fullmatch(line) is not None


def without_times(lines: Sequence[str]) -> list[str]:
    """Lines without the times that most of them begin with."""
    stamped = sum(BARE_STAMP.match(line) is not None for line in lines)
    return (
        [line[match.end() :] if (match := BARE_STAMP.match(line)) else line for line in lines]
        if stamped > len(lines) / 2 and stamped > 1
        else list(lines)
    )


def joined(said: Sequence[Pasted]) -> list[Pasted]:
    """What one says in several lines, as one, up to where another speaks; lines that end a sentence stay apart."""
    found: list[tuple[str, list[str]]] = []
    for one in said:
        if not one.words:
            continue
        if found and found[-1][0] == one.speaker and found[-1][1][-1][-1] not in ENDS:
            found[-1][1].append(one.words)
        else:
            found.append((one.speaker, [one.words]))
    return [Pasted(speaker, " ".join(words)) for speaker, words in found]


def plain(text: str) -> str:
    """Words without tags, emphasis and a leading time."""
    text = STAMPED.sub("", TAG.sub(" ", text), count=1) if STAMPED.match(text) else TAG.sub(" ", text)
    return unmarked(re.sub(r"(\*\*|__)(?=\S)(.+?)\1", r"\2", text))


def unmarked(text: str) -> str:
    """Text on one line, without marks of emphasis around it."""
    return " ".join(text.split()).strip("*_ ")
