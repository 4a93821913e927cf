"""What was found in a meeting, who spoke how much and what of, for people: no imitation of minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from components.zoom.shared.findings import Finding
from components.zoom.shared.remarks import remarks_in
from components.zoom.shared.rules import TALK_WORDS
from components.zoom.shared.speech import key_of, names_of
from components.zoom.shared.words import STOP_WORDS, count_words, stem, words_of

MOST_LISTED: Final = 12
"""Entries under one heading; the later ones, where there are more."""
MOST_SUBJECTS: Final = 6
MOST_SPEAKERS: Final = 6
LEAST_TIMES: Final = 3
"""How often a subject is named before it is one."""


def highlights(
    found: Sequence[Finding],
    said: Sequence[dict[str, Any]],
    begun_ms: int | None,
    most_words: int = 0,
    *,
    language: str = "en",
) -> str:
    """Write Markdown of what was found, what was named often, and how much everybody spoke.

    With ``most_words`` the newest findings alone, as many as have that many words together.
    """
    remarks, parts = remarks_in(language), []
    headings = {"decision": remarks.decided, "action_item": remarks.to_do, "question": remarks.still_open}
    chosen = newest_of(found, begun_ms, most_words) if most_words else list(found)
    for kind, heading in headings.items():
        of_kind = [finding for finding in chosen if finding.kind == kind]
        if of_kind:
            left_out = len([finding for finding in found if finding.kind == kind]) - len(
                of_kind[-MOST_LISTED:]
            )
            more = [f"- {remarks.more.format(count=left_out)}"] if left_out else []
            lines = [entry(finding, begun_ms) for finding in of_kind[-MOST_LISTED:]]
            parts.append("\n".join([f"**{heading}**", "", *more, *lines]))
    if not found:
        parts.append(remarks.nothing_found)
    if names := subjects(said):
        parts.append(f"**{remarks.named_often}:** {', '.join(names)}")
    if shares := spoken_shares(said):
        parts.append(f"**{remarks.who_spoke}:** {', '.join(f'{name} {share} %' for name, share in shares)}")
    return "\n\n".join(parts)


def newest_of(found: Sequence[Finding], begun_ms: int | None, most_words: int) -> list[Finding]:
    """The newest findings that have at most so many words together, but at least one."""
    kept: list[Finding] = []
    for finding in reversed(found):
        if count_words(entry(finding, begun_ms)) > most_words:
            finding = replace(
                finding, before=()
            )  # the point alone, where there is no room for what led to it
        most_words -= count_words(entry(finding, begun_ms))
        if most_words < 0 and kept:
            break
        kept.append(finding)
    return kept[::-1]


def entry(finding: Finding, begun_ms: int | None) -> str:
    """A finding as an entry of a list: whose it is where the quote does not begin with them, the quote, and by when."""
    text = finding.text(begun_ms)
    owner = f"{finding.owner} - " if finding.owner and not text.startswith(finding.owner) else ""
    due = f" ({finding.due})" if finding.due and finding.due.casefold() not in text.casefold() else ""
    return f"- {owner}{text}{due}"


def spoken_shares(said: Sequence[dict[str, Any]]) -> list[tuple[str, int]]:
    """Who spoke what share of the words, in per cent, most first; speakers without a name are left out."""
    names = names_of(said)
    words: Counter[str] = Counter()
    for one in said:
        words[key_of(one)] += count_words(one["text"])
    total = words.total() or 1
    shares = [(names[key], round(100 * count / total)) for key, count in words.most_common(MOST_SPEAKERS)]
    return [(name, share) for name, share in shares if name and share]


def subjects(said: Sequence[dict[str, Any]]) -> list[str]:
    """What people named most often, in their words: two words that stand together before single ones."""
    names = {word for one in said for word in words_of(one["speaker"])}
    pairs: Counter[tuple[str, ...]] = Counter()
    single: Counter[tuple[str, ...]] = Counter()
    shown: dict[tuple[str, ...], Counter[str]] = {}
    for one in said:
        before = ""
        for word in words_of(one["text"]):
            tells = (
                len(word) > 2
                and word.isalpha()
                and word not in STOP_WORDS | TALK_WORDS | names
                and not word.endswith("ly")
            )
            if tells:
                forms = [
                    ((stem(word),), word),
                    *([((stem(before), stem(word)), f"{before} {word}")] if before else []),
                ]
                for key, form in forms:
                    (single if len(key) == 1 else pairs)[key] += 1
                    shown.setdefault(key, Counter())[form] += 1
            before = word if tells else ""
    often = [key for key, times in pairs.most_common() if times >= LEAST_TIMES and key[0] != key[1]][
        :MOST_SUBJECTS
    ]
    held = {part for key in often for part in key}
    often += [key for key, times in single.most_common() if times > LEAST_TIMES and key[0] not in held][
        : MOST_SUBJECTS - len(often)
    ]
    return [shown[key].most_common(1)[0][0] for key in often]
