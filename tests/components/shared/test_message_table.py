"""What components keep between their runs, in Langflow's own database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.components.contracts import SESSION


@pytest.fixture
def table(piece: Any) -> Any:
    return piece("message_table")


@pytest.fixture
def rows(table: Any) -> Any:
    return table.Rows(SESSION, "zoom-test:route")


async def test_rows_come_back_as_they_were(rows, table):
    """Content of any JSON, by name or all, oldest first; the newest first where only those are wanted."""
    for name, content in [("w1", {"a": "é 🤖"}), ("w2", [1, None]), ("w1", "again")]:
        await rows.add(name, content)

    assert [(row.name, row.content) for row in await rows.all()] == [
        ("w1", {"a": "é 🤖"}),
        ("w2", [1, None]),
        ("w1", "again"),
    ]
    assert [row.content for row in await rows.all("w1")] == [{"a": "é 🤖"}, "again"]
    assert [row.content for row in await rows.newest(2)] == ["again", [1, None]]
    assert (await rows.first("w1")).content == {"a": "é 🤖"}
    assert await rows.first("w3") is None
    assert await table.Rows(SESSION, "zoom-test:other").all() == []
    assert await table.Rows("zoom-other", "zoom-test:route").all() == []


async def test_a_row_can_be_written_anew_and_taken_away(rows):
    """Twice taking away is once."""
    row = await rows.add("w1", {"state": "claimed"})
    await rows.change(row, {"state": "done"})
    [kept] = await rows.all()
    assert (kept.content, kept.id) == ({"state": "done"}, row.id)

    await rows.remove(kept)
    await rows.remove(row)

    assert await rows.all() == []


async def test_the_meetings_own_session_has_none_of_it(rows):
    """Neither the Playground's chat nor a model's chat memory reads what components keep."""
    from lfx.memory import aget_messages

    await rows.add("w1", {"raw": "window"})

    assert await aget_messages(session_id=SESSION) == []


async def test_a_run_that_may_keep_nothing_keeps_nothing(rows, anonymous_run):
    """A row can be made, changed and taken away without anything being there."""
    row = await rows.add("w1", 1)
    await rows.change(row, 2)
    await rows.remove(row)

    assert (row.id, await rows.all()) == ("", [])


@pytest.mark.parametrize("method", ["add", "change", "remove"])
async def test_a_cancelled_run_ends_after_what_it_writes(rows, table, monkeypatch, method):
    """Whoever cleans up behind it finds the row written, not about to be; cancelled twice as well."""
    row = await rows.add("w1", "before")
    begun, go_on = asyncio.Event(), asyncio.Event()

    def slow(do: Any) -> Any:
        async def slowly(*arguments: Any) -> Any:
            begun.set()
            await go_on.wait()
            return await do(*arguments)

        return slowly

    for name in ("astore_message", "aupdate_messages", "delete_message"):
        monkeypatch.setattr(table, name, slow(getattr(table, name)))
    work = {
        "add": lambda: rows.add("w2", "new"),
        "change": lambda: rows.change(row, "after"),
        "remove": lambda: rows.remove(row),
    }[method]

    run = asyncio.ensure_future(work())
    await begun.wait()
    for _ in range(2):
        run.cancel()
        await asyncio.sleep(0)
    assert not run.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await run

    left = {"add": ["before", "new"], "change": ["after"], "remove": []}[method]
    assert [one.content for one in await rows.all()] == left
