"""Times, lengths and numbers as people read them, and texts of others made fit to be shown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from bridge.text import storable
from bridge.times import moment

if TYPE_CHECKING:
    from bridge.domain import Usage
    from bridge.flow.usage import Total

SHORT: Final = 600
"""Characters that a text may have to be shown whole at once."""
LONG: Final = 20_000
"""Characters that a page holds of one text; the whole is behind a link."""
ANSWER: Final = 4_000
"""Characters that a page holds of what a flow answered, of which it has hundreds; the whole is behind a link."""
MINUTES: Final = 14
"""Lines of minutes that are shown at once."""
MOST_MINUTES: Final = 200
"""Lines of minutes that a page holds; the whole is behind a link."""

_HIDDEN: Final[dict[int, str | None]] = {
    **dict.fromkeys(each for each in [*range(0x20), *range(0x7F, 0xA0)] if each not in (0x09, 0x0A)),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)]),
    0x2028: "\n",
    0x2029: "\n",
}


def shown(text: str) -> str:
    """A text of several lines without what a screen would obey: control characters, and turns of direction."""
    return text if text.isprintable() else storable(text).translate(_HIDDEN)


def offset(ms: int) -> str:
    """A place in a meeting: ``4:05``, ``1:04:05``."""
    seconds = max(0, ms) // 1000
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else f"{minutes}:{seconds % 60:02d}"


def length(ms: int) -> str:
    """How long something took, in words: ``8 s``, ``2 min 5 s``, ``1 h 4 min``."""
    if 0 < ms < 1000:
        return "under 1 s"
    seconds = round(max(0, ms) / 1000)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what it counts: ``1 word``, ``1,204 words``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def money(micros: int) -> str:
    """Millionths of a US dollar: ``$0.0042``, ``$1.20``; to the cent from a dollar on."""
    if 0 < micros < 50:
        return "under $0.0001"
    usd = micros / 1_000_000
    return f"${usd:,.2f}" if usd >= 1 or not micros else f"${usd:.4f}"


def took(usage: Usage | None) -> str:
    """What models took: ``1,204 tokens in, 96 out, $0.0123``; what is not known is said to be so."""
    if usage is None:
        return "tokens not known"
    cost = "cost not known" if usage.cost_micros < 0 else money(usage.cost_micros)
    return f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out, {cost}"


def not_told(whole: Total) -> list[str]:
    """What a sum leaves out, as nobody told it."""
    notes = []
    if whole.usage is not None and whole.unknown:
        notes.append(f"not known of {counted(whole.unknown, 'run')}")
    if whole.usage is not None and whole.usage.cost_micros >= 0 and whole.unpriced:
        notes.append(f"cost not known of {counted(whole.unpriced, 'run')}")
    return notes


def clock(ms: int) -> str:
    """A time of day: ``10:00 UTC``."""
    return moment(ms).strftime("%H:%M UTC")


def day(ms: int) -> str:
    """A day: ``Saturday, 22 November 2025``."""
    at = moment(ms)
    return f"{at:%A}, {at.day} {at:%B %Y}"


def quoted(text: str) -> str:
    """An id as a part of an address."""
    return quote(storable(text), safe="")
