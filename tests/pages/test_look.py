from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.domain import Product
from bridge.pages.look import package_look, title_of
from bridge.pages.person import COLOURS
from bridge.pages.row import AGAIN_MS
from bridge.pages.sights import Sights
from bridge.pages.static import FOLDER
from tests.pages.stage import Windows, insight, news, stream, whole_meeting

if TYPE_CHECKING:
    from bridge.store.store import Store

ROOT = Path(FOLDER).parents[1]
TEMPLATES = sorted([*ROOT.glob("pages/templates/*.html"), *ROOT.glob("panel/templates/*.html")])
CSS = (FOLDER / "pages.css").read_text()


def palette(scheme: str) -> dict[str, str]:
    """The colours of a scheme by their names."""
    light, dark = CSS.split("@media (prefers-color-scheme: dark)")[:2]
    block = light if scheme == "light" else dark.split("\n}\n")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    """As WCAG 2.2 has it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


WHOS = [f"who-{n}" for n in range(COLOURS)]
PAIRS = [
    *((who, ground) for ground in ("card", "mark") for who in WHOS),
    *(
        (ink, ground)
        for ground in ("card", "ground")
        for ink in ("ink", "soft", "accent", "good", "warn", "bad")
    ),
    *((ink, "warn-wash") for ink in ("ink", "soft", "warn")),
    *((ink, "mark") for ink in ("ink", "soft")),
    ("accent-ink", "accent"),
    ("accent", "accent-wash"),
    ("card", "bad"),
]
"""Every colour of a text, on everything that it stands on."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme: str) -> None:
    """Every text can be read, in light and in dark: WCAG AA asks for 4.5 to 1."""
    colours = palette(scheme)
    found = {(ink, ground): contrast(colours[ink], colours[ground]) for ink, ground in PAIRS}
    assert {pair: ratio for pair, ratio in found.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_need_nothing_that_the_policy_forbids(template: Path) -> None:
    """No style, script or handler in the page itself, and no address outside."""
    text = re.sub(r"\{#.*?#\}", "", template.read_text(), flags=re.DOTALL)
    assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:|https?://|hx-on|hx-vals", text)
    assert [each for each in re.findall(r"<script([^>]*)>", text) if "src=" not in each] == []
    safe = set(re.findall(r"\{\{ ([^}]+?) \| safe \}\}", text))
    assert all(each in ("rows", "html", "part") or each.startswith("pieces.pop(") for each in safe), (
        "only what templates made"
    )


def test_the_style_sheet_stays_at_home() -> None:
    """It loads nothing, and has every person's colour."""
    assert "url(" not in CSS
    assert "@import" not in CSS
    for n in range(COLOURS):
        assert f".who-{n} {{ --who: var(--who-{n}); }}" in CSS


def test_script_and_rows_agree() -> None:
    """Who goes on needs no heading, whether the server or the script has put the row there."""
    assert f"AGAIN_MS = {AGAIN_MS};" in (FOLDER / "pages.js").read_text()


def test_files_of_others_are_named() -> None:
    """Each has its version and its licence beside it."""
    told = (FOLDER / "README.md").read_text()
    for path in FOLDER.iterdir():
        assert f"`{path.name}`" in told or path.name == "README.md"
    assert 'version:"2.0.11"' in (FOLDER / "htmx.min.js").read_text()
    assert "| 2.0.11 |" in told


def test_titles() -> None:
    """A meeting is called by its topic, else by its number, else by what it is."""
    assert title_of(stream(topic=" Weekly\n planning\u202e ")) == "Weekly planning"
    assert title_of(stream(topic="", meeting_id="812")) == "Meeting 812"
    assert (
        title_of(stream(topic="", meeting_id="", product=Product.CONTACT_CENTER))
        == "A contact center without a topic"
    )


def test_it_is_made_once() -> None:
    """Templates are compiled once in a process, however many bridges it has."""
    assert package_look() is package_look()


async def test_what_stays_as_it_is_is_not_made_again(store: Store) -> None:
    """A long meeting has a thousand findings and runs, of which a look changes one or none."""
    _, templates = await asyncio.to_thread(package_look)  # which reads files, in a bridge too
    await whole_meeting(store)
    windows = Windows(store, seq=4)
    sights = Sights(store)
    first = await sights.find("s")
    assert first is not None
    before = templates.pieces(first)
    await windows.done("", news(insight(1, "action_item", "Fix the date import", 12)))
    then = await sights.find("s")
    assert then is not None
    after = templates.pieces(then)
    named = [name for name in after if name.startswith(("found-", "run-"))]
    made = [name for name in named if after[name] is not before.get(name)]
    assert len(named) == 10
    assert len(made) == 2, "the finding that changed and the new run"
    assert "Fix the date import<" in after[made[0]]


async def test_what_is_shown_no_more_is_not_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that is behind the newest ones goes from memory with the next look."""
    monkeypatch.setattr("bridge.pages.finding.MOST_RUNS", 2)
    _, templates = await asyncio.to_thread(package_look)  # which reads files, in a bridge too
    await whole_meeting(store)
    windows = Windows(store, seq=4)
    sights = Sights(store)
    for _ in range(3):
        await windows.done("", news())
        sight = await sights.find("s")
        assert sight is not None
        found = templates.pieces(sight)
        assert sight.rendered.keys() <= found.keys()
    assert sum(name.startswith("run-") for name in sight.rendered) < len(sight.runs)
