"""Make the pictures in ``docs/images`` anew, all or those that are named: ``python docs/pictures.py [NAME …]``.

A Langflow with our components in its side bar is started as its own docs say, with a password; in a real Chromium
everything is done by hand that the pages tell people to do, and a picture of the part that matters is taken. Needs the
development environment and Chromium. Look at each picture before it is committed.
"""

from __future__ import annotations

import asyncio
import io
import secrets
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image
from playwright.async_api import Page, async_playwright, expect

ROOT: Final = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from bridge.publish import graph  # noqa: E402
from bridge.publish.library import load_examples, load_flows, shipped  # noqa: E402
from bridge.publish.server import FlowServer  # noqa: E402
from bridge.store.store import open_store  # noqa: E402
from tests.admin.shelf import TOKEN, archive_served  # noqa: E402
from tests.browser.conftest import CHROMIUM, FLAGS, PATIENCE_MS, api_of, node, see  # noqa: E402
from tests.langflow_fixture import unaware_server  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import httpx
    from playwright.async_api import FloatRect, Locator

    from bridge.demo.langflow import LangflowServer

IMAGES: Final = ROOT / "docs" / "images"
MOST_BYTES: Final = 200_000
MARGIN: Final = 16
COLORS: Final = 256
BOX: Final = ".react-flow__node"
FLOWS: Final = [*load_flows(), *load_examples()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """Langflow's editor in a browser."""

    page: Page
    server: LangflowServer
    client: httpx.AsyncClient

    async def open(self, stem: str) -> None:
        """Open a flow of ours as it is after a first push, with nothing over the canvas."""
        [flow] = [flow for flow in FLOWS if flow.path.stem == stem]
        await self.client.delete(f"/api/v1/flows/{flow.id}")
        pusher = FlowServer(self.client)
        await pusher.push(flow, project=await pusher.project())
        await see(self.page, self.server, flow.id, nodes=len(list(graph.components(flow.data))))
        await expect(self.page.locator(".react-flow__edge")).to_have_count(len(flow.data["edges"]))
        assistant = self.page.get_by_text("Try the new Langflow Assistant!")
        if await assistant.count():
            await assistant.locator("xpath=preceding::button[1]").click()
        await self.page.wait_for_load_state("networkidle")

    async def add(self, title: str, x: float, y: float) -> Locator:
        """Look a component up in the side bar and drag it to a place on the page."""
        search = self.page.get_by_test_id("sidebar-search-input")
        await search.fill(title)
        pane = self.page.locator(".react-flow__pane")
        corner = await box_of(pane)
        found = self.page.locator(f"[data-testid$='_{title.lower()}_draggable']").first
        await found.drag_to(pane, target_position={"x": x - corner["x"], "y": y - corner["y"]})
        added = node(self.page, title)
        await expect(added).to_have_count(1)
        await search.fill("")
        return added

    async def take(self, name: str, *parts: Locator, margin: int = MARGIN) -> None:
        """Take a picture of what these parts of the page cover."""
        rects = [await box_of(part) for locator in parts for part in await locator.all()]
        left, top = (min(rect[side] for rect in rects) - margin for side in ("x", "y"))
        right = max(rect["x"] + rect["width"] for rect in rects) + margin
        bottom = max(rect["y"] + rect["height"] for rect in rects) + margin
        size = self.page.viewport_size or {"width": 0, "height": 0}
        clip: FloatRect = {"x": max(left, 0), "y": max(top, 0), "width": 0, "height": 0}
        clip["width"] = min(right, size["width"]) - clip["x"]
        clip["height"] = min(bottom, size["height"]) - clip["y"]
        save(name, await self.page.screenshot(clip=clip))


async def box_of(part: Locator) -> FloatRect:
    """Where a part of the page is."""
    rect = await part.bounding_box()
    if rect is None:
        raise RuntimeError(f"{part} is not to be seen")
    return rect


def save(name: str, picture: bytes) -> None:
    """Write a picture, with fewer colours where it would be too large for a page."""
    made = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.save(made, "PNG", optimize=True)
    if len(made.getvalue()) > MOST_BYTES:
        made = io.BytesIO()
        image.quantize(COLORS, dither=Image.Dither.NONE).save(made, "PNG", optimize=True)
    if len(made.getvalue()) > MOST_BYTES:
        raise RuntimeError(f"{name} has {len(made.getvalue())} bytes")
    (IMAGES / f"{name}.png").write_bytes(made.getvalue())
    sys.stdout.write(f"{name}.png {len(made.getvalue())}\n")


def port(page: Page, title: str, name: str, side: str) -> Locator:
    """The port of a component's input (``side`` left) or output (right)."""
    return node(page, title).first.locator(
        f"[data-testid^='handle-'][data-testid$='-shownode-{name}-{side}']"
    )


async def whole_flow(editor: Editor, stem: str) -> None:
    """A flow as it opens."""
    await editor.open(stem)
    await editor.take(stem, editor.page.locator(BOX))


async def side_bar(editor: Editor) -> None:
    """Our components in the side bar."""
    await editor.page.set_viewport_size({"width": 1600, "height": 1140})
    await editor.open("action_items")
    await editor.page.get_by_test_id("disclosure-zoom").click()
    listed = editor.page.locator("[data-testid^='zoom_'][data-testid$='_draggable']")
    await expect(listed).to_have_count(15)
    await editor.take("side_bar", editor.page.get_by_test_id("disclosure-utilities"), listed, margin=12)
    await editor.page.set_viewport_size({"width": 1600, "height": 900})


async def playground(editor: Editor) -> None:
    """A line that somebody types, and its answer."""
    await editor.open("action_items")
    await editor.page.get_by_test_id("playground-btn-flow-io").click()
    await editor.page.get_by_test_id("input-chat-playground").fill(
        "Dana: I'll send the report to Ravi by Friday."
    )
    await editor.page.keyboard.press("Enter")
    messages = editor.page.get_by_test_id("div-chat-message")
    await expect(messages.filter(has_text="Action item")).to_contain_text("by Friday")
    await editor.take("playground", messages, margin=24)


async def another_model(editor: Editor) -> None:
    """Language Model, dragged in, takes the place of Zoom Claude."""
    page = editor.page
    await editor.open("action_items")
    await node(page, "Zoom Claude").get_by_test_id("title-Zoom Claude").click()
    await page.keyboard.press("Delete")
    await expect(node(page, "Zoom Claude")).to_have_count(0)
    below = await box_of(node(page, "Zoom Context Buffer"))
    model = await editor.add("Language Model", below["x"], below["y"] + below["height"] + 40)
    await model.locator("[data-testid^='dropdown-output-']").click()
    await page.locator("[data-testid^='dropdown-item-output-'][data-testid*='language model']").click()
    await port(page, "Language Model", "language model", "right").drag_to(
        port(page, "Zoom Meeting Insights", "model", "left")
    )
    await expect(page.locator(".react-flow__edge")).to_have_count(6)
    await page.locator(".react-flow__pane").click(position={"x": 900, "y": 780})
    await editor.take(
        "another_model",
        *(node(page, name) for name in ("Zoom Context Buffer", "Language Model", "Zoom Meeting Insights")),
    )


async def own_words(editor: Editor) -> None:
    """Instructions in one's own words, kinds chosen in words, and a language."""
    page = editor.page
    await editor.open("action_items")
    insights = node(page, "Zoom Meeting Insights")
    await insights.get_by_test_id("title-Zoom Meeting Insights").click()
    await page.get_by_test_id("parameters-button").click()
    panel = page.get_by_test_id("inspector-param-language")
    await panel.get_by_text("Add", exact=True).click()
    await insights.get_by_test_id("title-language").wait_for()
    await insights.get_by_test_id("textarea_str_instructions").fill("Only note what concerns money.")
    await insights.get_by_test_id("multiselect_str_kinds").click()
    await page.get_by_role("option", name="Risks").wait_for()
    await editor.take(
        "own_words",
        insights,
        page.get_by_role("listbox"),
        page.get_by_test_id("inspector-param-kinds"),
        panel,
    )


async def news_text(editor: Editor) -> None:
    """Zoom News Text between the Ledger and a component that takes a message."""
    page = editor.page
    await editor.open("action_items")
    ledger = await box_of(node(page, "Zoom Insight Ledger"))
    await node(page, "Zoom Chat Output").get_by_test_id("title-Zoom Chat Output").click()
    await page.keyboard.press("Delete")
    await expect(node(page, "Zoom Chat Output")).to_have_count(0)
    row = ledger["y"] + ledger["height"] + 60
    said = await editor.add("Zoom News Text", ledger["x"], row)
    slack = await editor.add("Slack: Post Message (as app)", ledger["x"] + 240, row)
    await port(page, "Zoom Insight Ledger", "news", "right").drag_to(
        port(page, "Zoom News Text", "news", "left")
    )
    await port(page, "Zoom News Text", "text", "right").drag_to(
        port(page, "Slack: Post Message (as app)", "text", "left")
    )
    await expect(page.locator(".react-flow__edge")).to_have_count(6)
    await page.locator(".react-flow__pane").click(position={"x": 500, "y": 780})
    await editor.take("news_text", node(page, "Zoom Insight Ledger"), said, slack)


async def redactor(editor: Editor) -> None:
    """Zoom Redactor between Chat Input and Zoom Context Buffer."""
    page = editor.page
    await editor.open("action_items")
    chat = await box_of(node(page, "Chat Input"))
    for part in (".react-flow__edge", ".react-flow__node-noteNode:has-text('Optional')"):
        count = await page.locator(part).count()
        await page.locator(part).first.click(force=True)
        await page.keyboard.press("Delete")
        await expect(page.locator(part)).to_have_count(count - 1)
    added = await editor.add("Zoom Redactor", chat["x"], chat["y"] + chat["height"] + 40)
    await port(page, "Chat Input", "chat message", "right").drag_to(
        port(page, "Zoom Redactor", "message", "left")
    )
    await port(page, "Zoom Redactor", "redacted", "right").drag_to(
        port(page, "Zoom Context Buffer", "message", "left")
    )
    await expect(page.locator(".react-flow__edge")).to_have_count(7)
    await page.locator(".react-flow__pane").click(position={"x": 900, "y": 780})
    await editor.take("redactor", node(page, "Chat Input"), added, node(page, "Zoom Context Buffer"))


async def agent_tools(editor: Editor) -> None:
    """The Agent, its tools and what is wired to them."""
    await editor.open("agent")
    names = ("Zoom Context Buffer", "Zoom Meeting Answer", "Agent")
    await editor.take("agent_tools", *(node(editor.page, name) for name in names))


async def mcp_server(editor: Editor) -> None:
    """The bridge's archive is added as a server in MCP Tools."""
    page = editor.page
    async with (
        open_store("memory://") as store,
        archive_served(store, Path(tempfile.gettempdir()), port=8081) as url,
    ):
        await editor.open("agent")
        tools = node(page, "MCP Tools")
        add = page.get_by_text("Add MCP Server")
        for _ in range(10):  # a node that is still being drawn takes the first click for itself
            if await add.count():
                break
            await tools.get_by_test_id("mcp-server-dropdown").click()
            await page.wait_for_timeout(1_000)
        await add.click()
        await page.get_by_test_id("http-tab").click()
        await page.get_by_test_id("http-name-input").fill("meetings")
        await page.get_by_test_id("http-url-input").fill(url)
        await page.get_by_test_id("http-headers-key-0").fill("Authorization")
        await page.get_by_test_id("popover-anchor-http-headers-value-0").fill(f"Bearer {TOKEN}")
        dialog = page.get_by_role("dialog").filter(has=page.get_by_test_id("http-name-input"))
        await editor.take("mcp_server", dialog, margin=0)


async def own_prompt(editor: Editor) -> None:
    """The prompt of a flow of one's own, opened."""
    page = editor.page
    await editor.open("own_model")
    await node(page, "Prompt Template").get_by_test_id("button_open_prompt_modal").click()
    await page.get_by_role("dialog").wait_for()
    await editor.take("own_prompt", page.get_by_role("dialog"), margin=0)


PICTURES: Final[dict[str, Callable[[Editor], Awaitable[None]]]] = {
    **{flow.path.stem: (lambda editor, stem=flow.path.stem: whole_flow(editor, stem)) for flow in FLOWS},
    "side_bar": side_bar,
    "playground": playground,
    "another_model": another_model,
    "own_words": own_words,
    "agent_tools": agent_tools,
    "news_text": news_text,
    "redactor": redactor,
    "own_prompt": own_prompt,
    "mcp_server": mcp_server,
}  # fmt: skip


async def make(names: Sequence[str], server: LangflowServer) -> None:
    """Make pictures with a Langflow that runs."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright, api_of(server) as client:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1600, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        for name in names:
            await PICTURES[name](Editor(page=page, server=server, client=client))
        await browser.close()


async def main(names: Sequence[str]) -> None:
    """Start a Langflow, make the pictures, end it."""
    if unknown := set(names) - set(PICTURES):
        raise SystemExit(
            f"There is no picture {', '.join(sorted(unknown))}; there are {', '.join(PICTURES)}."
        )
    with tempfile.TemporaryDirectory() as directory:
        place = str(shipped("components"))
        password = secrets.token_urlsafe(12)
        async with unaware_server(
            Path(directory),
            password=password,
            LANGFLOW_COMPONENTS_PATH=place,
            LANGFLOW_SSRF_ALLOWED_HOSTS="127.0.0.1",
        ) as server:
            await make(names or list(PICTURES), server)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
