"""The forms of transcript files, and which of them a file is. Pure.

A file's ending tells what it may be; which of those it is, is told by how much of it each one explains.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.simulator.files.account import unaccounted
from bridge.simulator.files.captions import count_cues, read_captions
from bridge.simulator.files.exported import read_exported
from bridge.simulator.files.jsonl import read_jsonl
from bridge.simulator.files.plain import count_named, is_meet, read_plain, without_bold
from bridge.simulator.files.rows import UnreadableError
from bridge.simulator.files.turns import MARKED, count_marks, read_marked

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.simulator.files.rows import Parsed

TEXT: Final = frozenset({".txt", ".md"})
_WIDE = re.compile(r"[^\S\n]{3,}")
"""Blanks that say no more than two do, and in which every pattern would look for its own end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way in which a transcript is written."""

    name: str
    """As people are told."""
    suffixes: frozenset[str]
    explains: Callable[[str], int]
    """How many turns of a file's text it finds."""
    read: Callable[[str], Parsed]
    accounted: bool = True
    """Whether every letter of the file must come out again; JSON has keys and escapes."""
    entities: bool = False
    """Whether ``&amp;`` is an ampersand in it."""


def _always(_: str) -> int:
    return 1


def _captions(name: str, *suffixes: str) -> Form:
    return Form(
        name=name,
        suffixes=frozenset(suffixes),
        explains=_always if suffixes[0] not in TEXT else lambda text: count_cues(text.split("\n")),
        read=read_captions,
        entities=True,
    )


FORMS: Final = (
    Form(
        name="JSON lines", suffixes=frozenset({".jsonl"}), explains=_always, read=read_jsonl, accounted=False
    ),
    Form(
        name="a meeting exported as JSON",
        suffixes=frozenset({".json"}),
        explains=_always,
        read=read_exported,
        accounted=False,
    ),
    _captions("WebVTT captions", ".vtt"),
    _captions("SubRip captions", ".srt"),
    _captions("SBV captions", ".sbv"),
    _captions("captions", ".txt", ".md"),
    *(
        Form(
            name=form.name,
            suffixes=TEXT,
            explains=lambda text, form=form: count_marks(form, text.split("\n")),  # type: ignore[misc]
            read=functools.partial(read_marked, form),
        )
        for form in MARKED
    ),
    Form(
        name="a Google Meet transcript",
        suffixes=TEXT,
        explains=lambda text: count_named(text) if is_meet(text) else 0,
        read=read_plain,
    ),
    Form(name='lines of "Name: words"', suffixes=TEXT, explains=count_named, read=read_plain),
    Form(name="text that names nobody", suffixes=TEXT, explains=lambda _: 0, read=read_plain),
)
"""Where two explain as much, the one that stands first is taken."""
SUFFIXES: Final = tuple(sorted({suffix for form in FORMS for suffix in form.suffixes}))


def parse(content: str, suffix: str) -> tuple[Form, Parsed]:
    """The form of a file's text, and what it reads out of it. ``suffix`` is one of :data:`SUFFIXES`.

    Raises:
        UnreadableError: A line is not what the form allows, or letters would be lost.
    """
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    content = _WIDE.sub(lambda blanks: "\t" if "\t" in blanks[0] else "  ", content)
    if suffix in TEXT:
        content = without_bold(content)
    forms = [form for form in FORMS if suffix in form.suffixes]
    explained = {form.name: form.explains(content) for form in forms}
    form = max(forms, key=lambda each: explained[each.name])
    if not explained[form.name]:
        form = forms[-1]
    parsed = form.read(content)
    if form.accounted and (letters := unaccounted(content, parsed, entities=form.entities)):
        raise UnreadableError(0, f"read as {form.name}, {letters} of its letters would be lost or doubled")
    return form, parsed
