"""Zoom Record Sync through Langflow's own loader, against strict stand-ins for the systems."""

# ruff: noqa: RUF012 - components declare their inputs and outputs as plain class attributes
from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import replace
from datetime import date
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.components import contracts
from tests.components.contracts import SESSION
from tests.components.namespaces import names_of, patch_names
from tests.fakes.record_systems import TOKEN, USER, HubSpot, Jira, Notion, System, Zendesk, serve
from tests.fakes.waiting import cancelled_at, until

WHERE: dict[type[System], dict[str, Any]] = {
    Zendesk: {"preset": "Zendesk ticket", "base_url": "https://acme.zendesk.com", "user": f"{USER}/token"},
    Notion: {"preset": "Notion page", "parent": "98ad959b-2b6a-4774-80ee-00246fb0ea9b"},
    HubSpot: {"preset": "HubSpot note", "parent": "9001"},
    Jira: {"preset": "Jira issue", "base_url": "https://acme.atlassian.net/", "user": USER, "parent": "OPS"},
}


@pytest.fixture
def sync(component):
    """A Record Sync set up for a system as the editor does it: a preset chosen, then the fields filled in."""

    def make(system: System, news: Any, **inputs: Any) -> Any:
        from lfx.schema.data import Data

        filled_in = {"token": TOKEN, "time_zone": "UTC"} | WHERE[type(system)] | inputs
        fields = preset(component, filled_in["preset"])
        data = Data(data=news) if isinstance(news, dict) else news
        made = component("record_sync", news=data, **(fields | filled_in))
        made._transport = httpx.MockTransport(system)
        made._sleep = slept.append_and_go
        made._clock = lambda: slept.now
        return made

    slept = Sleeper()
    make.slept = slept
    return make


class Sleeper(list):
    """Notes down what would be waited, in seconds; the time is set by hand."""

    now = 0.0

    async def append_and_go(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


def preset(component: Any, name: str) -> dict[str, Any]:
    """What choosing a preset writes into the fields of a new node."""
    node = component("record_sync")
    config = {each.name: each.to_dict() for each in node.inputs}
    node.update_build_config(config, name, "preset")
    texts = [
        *(f"{step}_request" for step in ("create", "append", "update", "finish")),
        "record_id",
        "item_id",
    ]
    names = ["base_url", "kinds", "sign_in", "one_record_per", "record_name", "record_url", *texts]
    return {each: config[each]["value"] for each in names}


def insight(id_: str = "i-1", text: str = "the export is empty", **fields: Any) -> dict[str, Any]:
    return contracts.insight(id_, text, **({"kind": "problem"} | fields))


def news(*insights: dict[str, Any], **fields: Any) -> dict[str, Any]:
    meeting = {"uuid": "aB3=", "id": "812", "topic": "Acme call", "started_at": "2026-11-24T10:00:00Z"}
    return contracts.news(*insights, **({"route": "support", "meeting": meeting} | fields))


def final(*insights: dict[str, Any], **fields: Any) -> dict[str, Any]:
    summary = {"text": "We met.", "attendees": ["Dana", "Omar"]}
    return news(*insights, window=99, kind="final", summary=summary, open=list(insights)) | fields


def todo(id_: str = "i-1", text: str = "send the contract", **fields: Any) -> dict[str, Any]:
    return insight(id_, text, kind="action_item", **fields)


async def test_a_problem_becomes_a_ticket(sync):
    """It has a subject, a comment for agents only, our id, and the news carry its number and link."""
    zendesk = Zendesk()
    node = sync(zendesk, news(insight(answer={"text": "Clear the filter.", "source": "Exports"})))
    told = (await node.sync_records()).data

    [(number, ticket)] = zendesk.tickets.items()
    assert (ticket["subject"], ticket["external_id"]) == ("the export is empty", "zoom-i-1")
    assert ticket["comments"] == [
        "Problem from the Zoom meeting Acme call, 2026-11-24:\nthe export is empty\n"
        "Suggested answer: Clear the filter.\nSource: Exports"
    ]
    assert ticket["public"] is False
    link = f"https://acme.zendesk.com/agent/tickets/{number}"
    assert told["insights"][0]["record"] == {"name": f"Ticket #{number}", "url": link}
    assert node.status == "1 created, 0 updated, 0 there already"


async def test_a_ticket_is_in_the_language_of_the_news(sync):
    """What nobody said comes in it, the kind's name and the date's word too; or in the one that is chosen."""
    zendesk = Zendesk()
    said = {"owner": "Dana", "due": "Freitag", "answer": {"text": "Filter leeren.", "source": "Exporte"}}
    await sync(zendesk, news(insight(text="Export leer", **said), language="de")).sync_records()
    await sync(zendesk, news(insight("i-2"), window=2), language="Japanese").sync_records()

    german, japanese = zendesk.tickets.values()
    assert german["comments"] == [
        "Problem aus der Zoom-Besprechung Acme call, 2026-11-24:\nDana - Export leer (bis Freitag)\n"
        "Antwortvorschlag: Filter leeren.\nQuelle: Exporte"
    ]
    assert japanese["comments"] == ["Zoom会議「Acme call, 2026-11-24」の問題：\nthe export is empty"]


async def test_what_is_missing_is_known_by_its_steps(sync):
    """And not by words, in which somebody's name may have become a fuller one; it is told in the meeting's language."""
    notes = []
    for name in ("Anna", "Anna Meyer"):
        jira = Jira()
        jira.answers = [httpx.Response(503)] * 8
        ended = final(insight(owner=name), insights=[], language="es") | {"session_id": f"zoom-{name}"}
        notes.append((await sync(jira, ended, kinds=["problem"]).sync_records()).data["notes"][-1])

    assert notes[0]["text"].startswith("Jira issue: la reunión ha terminado")
    assert notes[0]["said"] == notes[1]["said"]


async def test_a_repeated_window_writes_nothing_twice(sync, message_store):
    """The same window, also after a restart, gets the same answer and sends nothing; so does an insight come again."""
    zendesk = Zendesk()
    sent = news(insight(), insight("i-2", "the login loops"))
    first = await sync(zendesk, sent).sync_records()
    await message_store()
    again = sync(zendesk, sent)

    assert (await again.sync_records()).data == first.data
    assert again.status == "0 created, 0 updated, 2 there already"
    await sync(zendesk, news(insight(), window=2)).sync_records()
    assert len(zendesk.requests) == len(zendesk.tickets) == 2


async def test_each_change_updates_the_ticket(sync):
    """A change goes to the ticket there is; back and forth are changes too, the same again is none."""
    zendesk = Zendesk()
    for window, text in enumerate(["is empty", "is empty for June", "is empty for June", "is empty"], 1):
        status = "new" if window == 1 else "changed"
        await sync(zendesk, news(insight(text=text, status=status), window=window)).sync_records()

    [ticket] = zendesk.tickets.values()
    assert ticket["subject"] == "is empty"
    assert len(ticket["comments"]) == 3
    assert ticket["comments"][1] == "Updated in the meeting:\nis empty for June"


@pytest.mark.parametrize("kind", ["Problems", "problem"])
async def test_other_kinds_pass_without_a_record(sync, kind):
    """Only the chosen kinds are written; the others stay in the news as they were."""
    zendesk = Zendesk()
    sent = news(insight(kind="decision"), insight("i-2"))
    told = (await sync(zendesk, sent, kinds=[kind]).sync_records()).data

    assert told["insights"][0] == sent["insights"][0]
    assert next(iter(zendesk.tickets.values()))["external_id"] == "zoom-i-2"
    assert len(zendesk.tickets) == 1


@pytest.mark.parametrize("missing", ["base_url", "user", "token"])
async def test_without_an_account_it_is_a_dry_run(sync, missing):
    """Nothing is sent nor remembered, the news pass, and the status says what to fill in."""
    zendesk = Zendesk()
    node = sync(zendesk, news(insight()), **{missing: " "})

    assert (await node.sync_records()).data == news(insight())
    assert (
        node.status
        == f"dry run, nothing was sent: fill in {missing.replace('_', ' ').title().replace('Url', 'URL')}; "
        "1 to create, 0 to bring up to date"
    )
    assert zendesk.requests == []
    await sync(zendesk, news(insight())).sync_records()
    assert len(zendesk.tickets) == 1


async def test_a_refused_record_is_sent_with_the_next_window(sync):
    """What a system did not take, and what was to follow it, is written when the next window comes."""
    jira = Jira(answers=[httpx.Response(401, json={})])
    kinds = {"kinds": ["problem"]}
    first = news(insight(), insight("i-2", "the login loops"))
    node = sync(jira, first, **kinds)
    await node.sync_records()
    assert "Create: HTTP 401. It does not accept the sign-in" in node.status
    assert jira.issues == {}
    assert len(jira.requests) == 1
    await sync(jira, news(insight("i-3", "no sound"), window=2), **kinds).sync_records()

    assert [issue["summary"] for issue in jira.issues.values()] == [
        "the export is empty",
        "the login loops",
        "no sound",
    ]
    again = sync(jira, first, **kinds)
    await again.sync_records()
    assert again.status == "0 created, 0 updated, 2 there already"


async def test_a_refused_update_is_sent_with_the_next_window(sync):
    """An update that was not taken comes later, once, in its newest form."""
    jira = Jira()
    kinds = {"kinds": ["problem"]}
    await sync(jira, news(insight()), **kinds).sync_records()
    jira.answers = [httpx.Response(403, json={})]
    refused = sync(jira, news(insight(text="all exports fail"), window=2), **kinds)
    await refused.sync_records()
    assert "Update: HTTP 403" in refused.status
    await sync(jira, news(window=3), **kinds).sync_records()
    await sync(jira, news(window=4), **kinds).sync_records()

    assert [issue["summary"] for issue in jira.issues.values()] == ["all exports fail"]
    assert len(jira.requests) == 3


async def test_what_waited_never_overtakes_what_is_newer(sync):
    """An update that was refused is forgotten once a newer one was taken."""
    jira = Jira()
    kinds = {"kinds": ["problem"]}
    await sync(jira, news(insight()), **kinds).sync_records()
    jira.answers = [httpx.Response(403, json={})]
    refused = sync(jira, news(insight(text="all exports fail"), window=2), **kinds)
    await refused.sync_records()
    assert "Update: HTTP 403" in refused.status
    await sync(jira, news(insight(text="only one export fails"), window=3), **kinds).sync_records()
    await sync(jira, news(window=4), **kinds).sync_records()

    assert [issue["summary"] for issue in jira.issues.values()] == ["only one export fails"]
    assert len(jira.requests) == 3


class Picky(Jira):
    """A site that never takes an issue of one summary."""

    refusal = 422

    def take(self, request: httpx.Request, body: Any) -> httpx.Response:
        if body["fields"]["summary"] == "the export is empty":
            return httpx.Response(self.refusal, json={})
        return super().take(request, body)


WHERE[Picky] = WHERE[Jira]


@pytest.mark.parametrize("refusal", [400, 403, 404, 409, 410, 422])
async def test_a_record_that_is_never_taken_keeps_no_other_from_it(sync, refusal):
    """The run goes on with the others and its news; people are told the same each time, which Chat Output says once."""
    jira = Picky()
    jira.refusal = refusal
    kinds = {"kinds": ["problem"]}
    first = news(insight(), insight("i-2", "the login loops"), insight("i-3", "no sound"))
    node = sync(jira, first, **kinds)
    told = (await node.sync_records()).data
    later = (await sync(jira, news(insight("i-4", "no picture"), window=2), **kinds).sync_records()).data

    written = [issue["summary"] for issue in jira.issues.values()]
    assert written == ["the login loops", "no sound", "no picture"]
    assert ["record" in each for each in told["insights"]] == [False, True, True]
    assert node.status.startswith(f"2 created, 0 updated, 0 there already. Create: HTTP {refusal}. ")
    [note] = told["notes"]
    assert note["text"].startswith(f"Jira issue: not everything is written. Create: HTTP {refusal}. ")
    assert later["notes"] == told["notes"]


async def test_each_kind_of_refusal_is_told_and_what_the_news_tell_stays(sync):
    """Two insights refused alike are one note; another step or answer is another, beside the notes there were."""
    jira = Jira()
    kinds = {"kinds": ["problem"]}
    await sync(jira, news(insight()), **kinds).sync_records()
    jira.answers = [httpx.Response(403, json={}), httpx.Response(422, json={}), httpx.Response(422, json={})]
    changed = insight(text="all exports fail", status="changed")
    budget = {"key": "budget", "text": "The budget is used up."}
    sent = news(changed, insight("i-2", "no sound"), insight("i-3", "no picture"), window=2, notes=[budget])
    node = sync(jira, sent, **kinds)
    told = (await node.sync_records()).data

    assert told["notes"][0] == budget
    assert [note["text"].partition("written. ")[2][:16] for note in told["notes"][1:]] == [
        "Update: HTTP 403",
        "Create: HTTP 422",
    ]
    assert len({note["key"] for note in told["notes"]}) == 3
    assert node.status.count("Create: HTTP 422") == 1


async def test_a_refused_to_do_does_not_keep_the_summary_from_the_page(sync):
    """The meeting's page is finished with all that Notion takes."""
    notion = Notion()
    await sync(notion, news(kind="start")).sync_records()
    notion.answers = [httpx.Response(400, json={"code": "validation_error"})]
    told = (await sync(notion, final(todo(), todo("i-2", "book a room"))).sync_records()).data

    assert notion.text("page-1")[:4] == [
        "heading_2: To do",
        "to_do: book a room",
        "heading_2: Summary",
        "paragraph: We met.",
    ]
    kinds_of_note = [note["key"].partition(":")[0] for note in told["notes"]]
    assert kinds_of_note == ["record", "record-fault", "record-missing"]
    assert told["notes"][-1]["text"].endswith(" it is:\n- Action item: send the contract")


async def test_a_system_that_is_out_of_order_does_not_keep_the_news(sync):
    """A refusal before it is told too; nothing more is sent, and the next window makes up for it."""
    jira = Jira(answers=[httpx.Response(422, json={}), httpx.Response(500, json={})])
    sent = news(*(insight(f"i-{n}", f"thing {n}") for n in range(4)))
    node = sync(jira, sent, kinds=["problem"])
    told = (await node.sync_records()).data
    assert re.search(
        r"Create: HTTP 422\. .* Create: the system failed, or a gateway before it \(HTTP 500\)", node.status
    )
    assert told == sent | {"notes": told["notes"]}
    assert len(told["notes"]) == len(jira.requests) == 2
    await sync(jira, news(window=2), kinds=["problem"]).sync_records()

    assert sorted(issue["summary"] for issue in jira.issues.values()) == ["thing 0", "thing 2", "thing 3"]


@pytest.mark.parametrize("refusal", [httpx.ConnectError("x"), httpx.Response(429), httpx.Response(503)])
async def test_an_outage_is_told_in_the_same_words_and_made_up_for(sync, refusal):
    """Each window's news go on with one note, however often it was tried; all is written when the system is back."""
    jira = Jira(answers=[refusal] * 8)
    kinds = {"kinds": ["problem"]}
    windows = [
        news(insight(f"i-{n}", f"thing {n}"), insight(f"j-{n}", f"matter {n}"), window=n) for n in (1, 2)
    ]
    notes = [(await sync(jira, window, **kinds).sync_records()).data["notes"] for window in windows]
    assert len(jira.requests) == 8
    assert len(notes[0]) == 1
    assert notes[0] == notes[1]
    assert notes[0][0]["text"].endswith("It is sent again with the next window.")
    told = (await sync(jira, news(window=3), **kinds).sync_records()).data

    assert told["notes"] == []
    written = sorted(issue["summary"] for issue in jira.issues.values())
    assert written == ["matter 1", "matter 2", "thing 1", "thing 2"]


async def test_the_final_news_name_what_is_missing(sync):
    """Whatever waits, is open or was never answered is named for people to write by hand; what is there is not."""
    kinds = {"kinds": ["problem"]}
    jira = Jira()
    await sync(jira, news(insight("i-1", "no sound")), **kinds).sync_records()
    jira.lost = 1
    await sync(jira, news(insight("i-2", "no picture"), window=2), **kinds).sync_records()
    jira.answers = [httpx.Response(503)] * 8
    await sync(jira, news(insight("i-3", "the login\nloops"), window=3), **kinds).sync_records()
    ended = final(
        insight("i-1", "no sound"), insight("i-2", "no picture"), insight("i-4", "it is slow"), insights=[]
    )
    ended["open"][0]["text"] = "no sound at all"
    node = sync(jira, ended, **kinds)
    told = (await node.sync_records()).data

    fault, missing = told["notes"]
    assert fault["text"].endswith("Create: the system takes nothing now (HTTP 503).")
    assert missing["text"].splitlines() == [
        "Jira issue: the meeting is over, and this is not written, or nobody knows whether it is:",
        "- Problem: no sound at all",
        "- Problem: no picture",
        "- Problem: it is slow",
        "- Problem: the login loops",
    ]
    assert "login" not in node.status
    again = (await sync(jira, ended, **kinds).sync_records()).data
    assert [note["text"].splitlines()[1:] for note in again["notes"]] == [
        ["- Problem: no sound at all", "- Problem: no picture"]
    ]


async def test_the_final_news_name_a_summary_that_is_missing(sync):
    """A page that could not be finished is told, also when the window comes again."""
    for outage in (httpx.Response(503), httpx.Response(500)):
        notion = Notion()
        parent = {"base_url": f"https://{outage.status_code}.example"}
        await sync(notion, news(kind="start"), **parent).sync_records()
        notion.answers = [outage] * 4
        told = (await sync(notion, final(), **parent).sync_records()).data

        assert told["notes"][-1]["text"].endswith(" it is:\n- Summary and attendees")
        notion.answers = []
        again = (await sync(notion, final(), **parent).sync_records()).data
        written = "heading_2: Summary" in notion.text("page-1")
        assert written == (outage.status_code == 503)
        assert again["notes"][-1]["key"].startswith("record" if written else "record-missing:")


async def test_what_another_run_is_about_to_write_is_not_missing(sync):
    """While a run of the same final window has a step under way, the other tells nothing of it."""
    jira = Jira()
    ended = final(insight())
    nodes = [sync(jira, ended, kinds=["problem"]) for _ in range(3)]
    for told in await asyncio.gather(*(node.sync_records() for node in nodes)):
        assert told.data["notes"] == []


@pytest.mark.parametrize("fault", ["timeout", 500, 502, 504, 520, 524])
async def test_what_may_have_arrived_is_not_sent_again(sync, fault):
    """Without an answer nobody knows: an issue is rather missing than there twice; no update goes to it either."""
    jira = Jira(lost=1) if fault == "timeout" else Jira(answers=[httpx.Response(fault)])
    kinds = {"kinds": ["problem"]}
    [note] = (await sync(jira, news(insight()), **kinds).sync_records()).data["notes"]
    assert note["text"].endswith("It may have been taken, so it is not sent again.")
    for window, text in enumerate(["the export is empty", "all exports fail"], 1):
        node = sync(jira, news(insight(text=text), window=window), **kinds)
        told = (await node.sync_records()).data

        assert node.status == "0 created, 0 updated, 0 there already, 1 perhaps written before"
        assert "record" not in told["insights"][0]
    assert len(jira.requests) == 1


async def test_with_an_idempotency_key_it_is_sent_again(sync):
    """Zendesk knows a request again: what may have arrived is sent again as it was, and then brought up to date."""
    zendesk = Zendesk(lost=1)
    [note] = (await sync(zendesk, news(insight())).sync_records()).data["notes"]
    assert note["text"].endswith("the system did not answer. It is sent again with the next window.")
    node = sync(zendesk, news(insight(text="all exports fail"), window=2))
    told = (await node.sync_records()).data

    [(number, ticket)] = zendesk.tickets.items()
    assert ticket["subject"] == "all exports fail"
    assert told["insights"][0]["record"]["name"] == f"Ticket #{number}"
    assert node.status == "1 created, 1 updated, 0 there already"


async def test_a_killed_langflow_leaves_a_claim(sync):
    """Where a run died between claim and answer, Zendesk is asked again and Jira is left alone."""
    for system, written in ((Zendesk(), 1), (Jira(), 0)):
        dying = sync(system, news(insight()), kinds=["problem"])
        asked = asyncio.Event()
        dying._transport = httpx.MockTransport(lambda _, asked=asked: hang(asked))
        await cancelled_at(asked, dying.sync_records())
        await sync(system, news(insight()), kinds=["problem"]).sync_records()

        assert len(system.tickets if isinstance(system, Zendesk) else system.issues) == written


async def hang(asked: asyncio.Event) -> httpx.Response:
    """Take a request and never answer."""
    asked.set()
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_dead_claim_is_forgotten_once_its_step_is_taken(sync):
    """The words of a killed run are in the ticket then; later windows do not take it back to them."""
    zendesk = Zendesk()
    await killed(sync(zendesk, news(insight())))
    for window, changed in enumerate([[insight()], [insight(text="all exports fail")], []], 1):
        await sync(zendesk, news(*changed, window=window)).sync_records()

    [ticket] = zendesk.tickets.values()
    assert ticket["subject"] == "all exports fail"
    assert len(zendesk.requests) == 2


async def test_a_dead_claim_is_forgotten_once_something_newer_is_written(sync, component):
    """An update of the user's own that may be sent again is not, where a later window's was taken."""
    zendesk = Zendesk()
    head, _, body = preset(component, "Zendesk ticket")["update_request"].partition("\n\n")
    own = {"update_request": f"{head}\nIdempotency-Key: {{{{insight_id}}}}-{{{{text}}}}\n\n{body}"}
    await sync(zendesk, news(insight()), **own).sync_records()
    await killed(sync(zendesk, news(insight(text="all exports fail"), window=2), **own))
    await sync(zendesk, news(insight(text="only June fails"), window=3), **own).sync_records()
    await sync(zendesk, news(window=4), **own).sync_records()

    [ticket] = zendesk.tickets.values()
    assert ticket["subject"] == "only June fails"
    assert len(zendesk.requests) == 2


async def test_a_dead_claim_beside_a_run_that_ended_well_is_forgotten(sync):
    """An old window's run that dies while a newer one makes the ticket does not take it back either."""
    zendesk = Zendesk()
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        asked.set()
        await may_answer.wait()
        return zendesk(request)

    node = sync(zendesk, news(insight(text="all exports fail"), window=2))
    node._transport = httpx.MockTransport(slow)
    run = asyncio.create_task(node.sync_records())
    await asked.wait()
    await killed(sync(zendesk, news(insight())))
    may_answer.set()
    await run
    await sync(zendesk, news(window=3)).sync_records()

    [ticket] = zendesk.tickets.values()
    assert ticket["subject"] == "all exports fail"
    assert len(zendesk.requests) == 1


async def test_an_update_that_may_have_arrived_is_not_sent_again(sync):
    """Neither when its window comes again nor with a later one; what is newer goes to the record as ever."""
    zendesk = Zendesk()
    changed = news(insight(text="all exports fail"), window=2)
    await sync(zendesk, news(insight())).sync_records()
    zendesk.lost = 1
    for window in (changed, changed, news(window=3), news(insight(text="only June fails"), window=4)):
        await sync(zendesk, window).sync_records()

    [ticket] = zendesk.tickets.values()
    assert ticket["subject"] == "only June fails"
    assert len(ticket["comments"]) == len(zendesk.requests) == 3


@pytest.mark.parametrize("claiming", [False, True])
async def test_a_run_cancelled_while_it_waits_leaves_its_step_to_others(sync, claiming, monkeypatch):
    """Between two attempts, or as it notes down what it is about to do: the issue is made by the next run."""
    from lfx.memory import astore_message

    jira = Jira(answers=[httpx.Response(201, json={"key": "OPS-7"}), httpx.Response(503)])
    waiting = asyncio.Event()
    cancelled = sync(jira, news(insight(), insight("i-2", "no sound")), kinds=["problem"])

    async def held(_: float) -> None:
        if len(jira.requests) == 2:
            waiting.set()
            await asyncio.Event().wait()

    async def slow(message: Any) -> Any:
        if len(jira.requests) == 1:
            waiting.set()
            await asyncio.sleep(0)
        return await astore_message(message)

    with monkeypatch.context() as patch:
        if claiming:
            patch_names(patch, cancelled, astore_message=slow)
        else:
            cancelled._sleep = held
        async with anyio.create_task_group() as group:  # whose cancellation comes again at every await
            group.start_soon(cancelled.sync_records)
            await waiting.wait()
            group.cancel_scope.cancel()

    async def nothing_is_claimed() -> bool:
        return not any(row["state"] == "claimed" for row in await rows_of())

    await until(nothing_is_claimed)
    jira.answers = []
    again = sync(jira, news(window=2), kinds=["problem"])
    await again.sync_records()
    assert again.status == "1 created, 0 updated, 0 there already"
    assert [issue["summary"] for issue in jira.issues.values()] == ["no sound"]


async def test_a_run_cancelled_behind_an_answer_knows_it(sync, monkeypatch):
    """What came of a step is noted down to its end: later runs find the issue that was made, and change it."""
    from lfx.memory import aupdate_messages

    jira = Jira()
    noting, may_go_on = asyncio.Event(), asyncio.Event()

    async def held(messages: list[Any]) -> None:
        noting.set()
        await may_go_on.wait()
        await aupdate_messages(messages)

    cancelled = sync(jira, news(insight()), kinds=["problem"])
    patch_names(monkeypatch, cancelled, aupdate_messages=held)
    run = asyncio.create_task(cancelled.sync_records())
    await noting.wait()
    run.cancel()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert [row["state"] for row in await rows_of()] == ["done"]
    told = await sync(
        jira, news(insight(text="all exports fail"), window=2), kinds=["problem"]
    ).sync_records()
    assert told.data["insights"][0]["record"]["name"] == "OPS-1"
    assert [issue["summary"] for issue in jira.issues.values()] == ["all exports fail"]


async def test_an_old_window_run_again_changes_nothing(sync):
    """What a window wrote is not written again by it after a newer one; the news carry the record all the same."""
    jira = Jira()
    kinds = {"kinds": ["problem"]}
    texts = ["is empty", "is empty for June", "is empty", "is gone"]
    sent = [news(insight(text=text), window=window) for window, text in enumerate(texts)]
    for window in [*sent, *sent]:
        node = sync(jira, window, **kinds)
        told = (await node.sync_records()).data
        assert told["insights"][0]["record"]["name"] == "OPS-1"

    assert node.status == "0 created, 0 updated, 1 there already"
    assert [issue["summary"] for issue in jira.issues.values()] == ["is gone"]
    assert len(jira.requests) == 4


async def test_what_a_dead_run_of_the_final_window_left_is_told(sync):
    """A claim that is older than a step can take is nobody's any more; a younger one may still be under way."""
    jira = Jira()
    ended = final(insight())
    await killed(sync(jira, ended, kinds=["problem"]))
    assert (await sync(jira, ended, kinds=["problem"]).sync_records()).data["notes"] == []
    await age_claims()
    [note] = (await sync(jira, ended, kinds=["problem"]).sync_records()).data["notes"]

    assert note["text"].endswith(" it is:\n- Problem: the export is empty")
    assert jira.issues == {}


@pytest.mark.parametrize("killed_first", [False, True])
@pytest.mark.parametrize("refusal", [503, 403])
async def test_what_zendesk_may_have_is_sent_again_as_it_was(sync, killed_first, refusal):
    """However often it changes meanwhile, the ticket is made of the words first sent, and has the newest in the end."""
    zendesk = Zendesk(lost=1)
    first = sync(zendesk, news(insight()))
    await (killed(first) if killed_first else first.sync_records())
    zendesk.lost = 0
    for window, texts in enumerate([["all exports fail"], ["only June fails"], []], 2):
        zendesk.answers = [httpx.Response(refusal)] * 4
        changed = [insight(text=text, status="changed") for text in texts]
        told = (await sync(zendesk, news(*changed, window=window)).sync_records()).data
        assert len(told["notes"]) == 1
    zendesk.answers = []
    node = sync(zendesk, news(window=5))
    told = (await node.sync_records()).data

    [ticket] = zendesk.tickets.values()
    assert told["notes"] == []
    assert node.status == "1 created, 1 updated, 0 there already"
    assert ticket["subject"] == "only June fails"
    assert "the export is empty" in ticket["comments"][0]
    await sync(zendesk, news(window=6)).sync_records()
    assert len(ticket["comments"]) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"language": "de"},
        {"meeting": {"uuid": "aB3=", "id": "812", "topic": "Renamed", "started_at": "2026-11-24T10:00:00Z"}},
        {"meeting": {"uuid": "aB3=", "topic": "Acme call", "timezone": "Asia/Tokyo"}},
    ],
)
async def test_what_is_sent_again_is_the_same_whatever_the_meeting_is_called_now(sync, changed):
    """Zendesk knows a request by all that stands in it: one in another language would be refused, and later written twice."""
    zendesk = Zendesk(lost=1)
    await sync(
        zendesk, news(insight(due="tomorrow")), preset="Zendesk task", kinds=["problem"]
    ).sync_records()
    node = sync(zendesk, news(window=2, **changed), preset="Zendesk task", kinds=["problem"])
    told = (await node.sync_records()).data

    first_sent, sent_again = [request.content for request in zendesk.requests]
    assert sent_again == first_sent
    assert (len(zendesk.tickets), told["notes"]) == (1, [])
    assert node.status == "1 created, 0 updated, 0 there already"


async def test_a_field_that_was_sent_is_sent_again(sync):
    """Although the system has said of another record meanwhile that it does not take it: that one may have had it."""
    zendesk = Zendesk(lost=1)
    head = "POST {{base_url}}/api/v2/tickets\nIdempotency-Key: {{insight_id}}\n\n"
    own = '{"ticket": {"subject": "{{title}}", "comment": {"html_body": "{{point|html}}"}, "tags": ["zoom"]}}'
    await sync(zendesk, news(insight()), create_request=head + own).sync_records()
    zendesk.lost = 0
    refusal = httpx.Response(422, json={"details": {"tags": [{"error": "InvalidValue"}]}})
    zendesk.answers = [httpx.Response(403), refusal]
    await sync(zendesk, news(insight("i-2"), window=2), create_request=head + own).sync_records()
    told = (await sync(zendesk, news(window=3), create_request=head + own).sync_records()).data

    tagged = {request.headers["idempotency-key"]: b"tags" in request.content for request in zendesk.requests}
    assert tagged == {"i-1": True, "i-2": False}
    assert (len(zendesk.tickets), told["notes"]) == (2, [])


async def test_a_title_is_what_a_quotation_says(sync):
    """And not the talk before it, which is in the comment."""
    zendesk = Zendesk()
    said = "Dana: “I'll ring them.” (before: Tom: “The printer has the wrong labels.”)"
    await sync(zendesk, news(insight(text=said))).sync_records()

    [ticket] = zendesk.tickets.values()
    assert ticket["subject"] == "Dana: “I'll ring them.”"
    assert "wrong labels" in str(ticket)


async def test_newer_words_wait_for_their_ticket(sync, monkeypatch):
    """Where a run ends as soon as the ticket is made of the words first sent, the next one brings the newest to it."""
    from lfx.memory import astore_message

    zendesk = Zendesk(lost=1)
    await sync(zendesk, news(insight())).sync_records()
    ending = asyncio.Event()

    async def held(message: Any) -> Any:
        if len(zendesk.requests) == 2:
            ending.set()
            await asyncio.sleep(0)
        return await astore_message(message)

    ended = sync(zendesk, news(insight(text="all exports fail"), window=2))
    with monkeypatch.context() as patch:
        patch_names(patch, ended, astore_message=held)
        await cancelled_at(ending, ended.sync_records())
    await sync(zendesk, news(window=3)).sync_records()
    await sync(zendesk, news(window=4)).sync_records()

    [ticket] = zendesk.tickets.values()
    assert ticket["subject"] == "all exports fail"
    assert len(zendesk.requests) == 3


async def test_a_run_makes_one_client_if_it_sends_something(sync, monkeypatch):
    """To make one stops the loop for a while; it is closed in the end, whatever became of the run."""
    made = []

    class Counted(httpx.AsyncClient):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            made.append(self)

    monkeypatch.setattr(httpx, "AsyncClient", Counted)
    jira = Jira()
    sent = news(insight(), insight("i-2", "no sound"))
    for _ in range(2):
        await sync(jira, sent, kinds=["problem"]).sync_records()
    assert len(made) == 1
    await killed(sync(jira, news(insight("i-3", "no picture"), window=2), kinds=["problem"]))

    assert [client.is_closed for client in made] == [True, True]


async def rows_of() -> list[dict[str, Any]]:
    """Read what Record Sync noted down of the meeting, oldest first."""
    return [json.loads(row.text) for row in await recorded()]


async def recorded() -> list[Any]:
    from lfx.memory import aget_messages

    return await aget_messages(session_id=f"{SESSION}:memory", order="ASC")


async def age_claims() -> None:
    """Make what is claimed as old as can be."""
    from lfx.memory import aupdate_messages

    for message in await recorded():
        message.text = json.dumps(json.loads(message.text) | {"at": 0})
        await aupdate_messages([message])


async def killed(node: Any) -> None:
    """Run a node until a request is under way, and no further."""
    asked = asyncio.Event()
    node._transport = httpx.MockTransport(lambda _: hang(asked))
    await cancelled_at(asked, node.sync_records())


async def test_the_final_window_makes_up_for_what_was_missed(sync):
    """An insight that the meeting still has open and that never got a record gets it at the end."""
    zendesk = Zendesk()
    await sync(zendesk, news(insight())).sync_records()
    told = (
        await sync(zendesk, final(insight(), insight("i-2", "the login loops"), insights=[])).sync_records()
    ).data

    assert [ticket["subject"] for ticket in zendesk.tickets.values()] == [
        "the export is empty",
        "the login loops",
    ]
    assert [each["record"]["name"] for each in told["open"]] == ["Ticket #35436", "Ticket #35437"]


@pytest.mark.parametrize(
    ("answers", "waits"),
    [
        ([httpx.Response(429, headers={"retry-after": "7"})], [0, 7]),
        ([httpx.Response(503), httpx.Response(409)], [0, 1, 2]),
        ([httpx.Response(408), httpx.Response(425)], [0, 1, 2]),
        ([httpx.ConnectError("x")], [0, 1]),
    ],
)
async def test_a_busy_system_is_asked_again(sync, answers, waits):
    """What it certainly did not take goes again, when it says or a little later each time."""
    jira = Jira(answers=list(answers))
    await sync(jira, news(insight()), kinds=["problem"]).sync_records()

    assert len(jira.issues) == 1
    assert sync.slept == waits


@pytest.mark.parametrize(
    ("answers", "waits"),
    [
        ([httpx.ConnectError("x")] * 4, [0, 1, 2, 4]),
        ([httpx.Response(503, headers={"retry-after": "14"})] * 4, [0, 14, 14]),
        ([httpx.Response(429, headers={"retry-after": "600"})], [0]),
    ],
)
async def test_patience_ends(sync, answers, waits):
    """Four attempts at most, and half a minute of waiting; a longer wait that is asked for is none."""
    jira = Jira(answers=list(answers))
    node = sync(jira, news(insight()), kinds=["problem"])
    await node.sync_records()

    assert sync.slept == waits
    assert jira.issues == {}
    assert re.search(r"Create: the system (cannot be reached|takes nothing now \(HTTP \d+\))\.", node.status)


async def test_patience_is_one_for_all_steps_of_a_run(sync):
    """A system that is busy for each step has its half a minute once; then a step has one attempt."""
    busy = httpx.Response(503, headers={"retry-after": "20"})
    taken = httpx.Response(201, json={"key": "OPS-1"})
    jira = Jira(answers=[busy, taken, busy])
    sent = news(insight(), insight("i-2", "no sound"), insight("i-3", "no picture"))
    node = sync(jira, sent, kinds=["problem"])
    await node.sync_records()

    assert sync.slept == [0, 20, 0]
    assert node.status.startswith(
        "1 created, 0 updated, 0 there already. Create: the system takes nothing now"
    )


async def test_time_without_a_connection_is_waiting_too(sync):
    """Attempts that themselves take ten seconds end the patience sooner."""

    class Far(Jira):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            sync.slept.now += 10
            return super().__call__(request)

    WHERE[Far] = WHERE[Jira]
    jira = Far(answers=[httpx.ConnectTimeout("x")] * 4)
    await sync(jira, news(insight()), kinds=["problem"]).sync_records()

    assert len(jira.requests) == 3


async def test_a_meeting_becomes_a_page(sync):
    """Made at the start with topic and date; to-dos come while people speak, change, and at the end the summary."""
    notion = Notion()
    start = news(kind="start", window=0)
    told = (await sync(notion, start).sync_records()).data
    assert told["notes"] == [{"key": "record", "text": "Notion page: https://www.notion.so/page-1"}]
    await sync(notion, news(todo(owner="Dana"), insight("i-9"))).sync_records()
    await sync(notion, news(todo("i-2", "book a room"), window=2)).sync_records()
    changed = todo(owner="Dana", due="Friday", status="changed")
    await sync(notion, news(changed, window=3)).sync_records()
    ended = final(changed, todo("i-2", "book a room"), insights=[])
    for _ in range(2):
        told = (await sync(notion, ended).sync_records()).data

    assert notion.pages["page-1"]["title"] == "Acme call, 2026-11-24"
    assert notion.text("page-1") == [
        "heading_2: To do",
        "to_do: Dana - send the contract (by Friday)",
        "to_do: book a room",
        "heading_2: Summary",
        "paragraph: We met.",
        "heading_2: Attendees",
        "paragraph: Dana, Omar",
    ]
    assert len(notion.pages) == 1
    assert [each for each in told["open"] if "record" in each] == []


async def test_the_context_of_a_start_window_makes_the_page_too(sync):
    """Before there are any news, the window itself is enough; what comes out is news of nothing."""
    notion = Notion()
    context = news(kind="start") | {"schema": "zoom-context/1", "participants": [], "new": [], "prompt": "…"}
    del context["insights"], context["summary"], context["notes"]
    told = (await sync(notion, context).sync_records()).data

    assert (told["schema"], told["kind"], told["insights"], told["summary"]) == (
        "zoom-news/1",
        "start",
        [],
        None,
    )
    assert len(notion.pages) == 1


async def test_a_page_is_made_when_it_is_first_needed(sync):
    """Without a start window the first to-do makes the page; a window with nothing for it does not."""
    notion = Notion()
    await sync(notion, news(insight())).sync_records()
    assert notion.requests == []
    await sync(notion, news(todo(), window=2)).sync_records()

    assert notion.text("page-1") == ["heading_2: To do", "to_do: send the contract"]


async def test_a_page_that_failed_is_made_later_with_all_that_waited(sync):
    """When Notion comes back, the page is made and nothing that was said meanwhile is missing."""
    notion = Notion(answers=[httpx.Response(401, json={"code": "unauthorized"})])
    told = (await sync(notion, news(todo(), todo("i-2", "book a room"))).sync_records()).data
    assert "Create: HTTP 401 (unauthorized)." in told["notes"][0]["text"]
    assert len(notion.requests) == 1
    await sync(notion, news(window=2)).sync_records()

    assert notion.text("page-1") == ["heading_2: To do", "to_do: send the contract", "to_do: book a room"]


async def test_a_page_that_may_be_there_is_told(sync):
    """Where nobody knows whether the page was made, none is made again, and people are told."""
    notion = Notion(lost=1)
    [note] = (await sync(notion, news(kind="start")).sync_records()).data["notes"]
    assert "It may have been taken" in note["text"]
    told = (await sync(notion, news(todo(), window=2)).sync_records()).data

    assert [note["key"] for note in told["notes"]] == ["record"]
    assert "Nobody knows whether this meeting's record was created" in told["notes"][0]["text"]
    assert len(notion.requests) == 1


@pytest.mark.parametrize("character", ["x", "ä", "👋"])
async def test_long_texts_fit_into_notion(sync, character):
    """A summary and a list of attendees of any length go in, in parts, and a long to-do is cut."""
    notion = Notion()
    attendees = [f"{character * 20} {n}" for n in range(300)]
    long = final(todo(text=character * 5000), summary={"text": character * 7000, "attendees": attendees})
    await sync(notion, long).sync_records()

    lines = notion.text("page-1")
    end = lines.index("heading_2: Attendees")
    summary = "".join(
        line.removeprefix("paragraph: ") for line in lines[lines.index("heading_2: Summary") + 1 : end]
    )
    assert summary == character * 7000
    assert " ".join(line.removeprefix("paragraph: ") for line in lines[end + 1 :]) == ", ".join(attendees)


async def test_a_summary_without_attendees_has_no_empty_block(sync):
    """A part of a request with nothing in it is left out, not sent empty."""
    notion = Notion()
    await sync(notion, final(summary={"text": "Nothing was said.", "attendees": []})).sync_records()

    assert notion.text("page-1")[1:] == [
        "heading_2: Summary",
        "paragraph: Nothing was said.",
        "heading_2: Attendees",
    ]


async def test_a_hubspot_note_is_html_that_nobody_can_speak(sync):
    """The note stands at the deal, and what was said in it is text, whatever it looks like."""
    hubspot = HubSpot()
    said = insight(text='<script>alert(1)</script> & "so on"', kind="objection")
    await sync(hubspot, news(said)).sync_records()
    await sync(
        hubspot, news(said | {"text": "too dear", "answer": {"text": "Half off.", "source": "P"}}, window=2)
    ).sync_records()

    first = json.loads(hubspot.requests[0].content)["properties"]["hs_note_body"]
    [note] = hubspot.notes.values()
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;so on&quot;</p>" in first
    assert "Answer" not in first
    assert note["hs_timestamp"] == "2026-11-24T10:00:00Z"
    assert note["hs_note_body"].endswith("<p>too dear</p>\n<p>Suggested answer: Half off.</p>")


async def test_what_was_sent_without_a_field_is_sent_again_without_it(sync):
    """The system has named the field, and may have taken what came then: that is what it knows."""
    zendesk = Zendesk(answers=[httpx.Response(422, json={"details": {"tags": [{"error": "InvalidValue"}]}})])
    zendesk.lost = 1
    await sync(zendesk, news(insight())).sync_records()
    told = (await sync(zendesk, news(window=2)).sync_records()).data

    refused, first_sent, sent_again = [request.content for request in zendesk.requests]
    assert sent_again == first_sent != refused
    assert (len(zendesk.tickets), told["notes"]) == (1, [])


async def test_a_step_that_is_sent_again_leaves_the_next_ones_own_words(sync):
    """A meeting's record that may be there is created as it was sent first, and finished with what is known now."""
    zendesk = Zendesk(lost=1)
    head = "POST {{base_url}}/api/v2/tickets\nIdempotency-Key: {{meeting_id}}-"
    own = '{"ticket": {"subject": "%s {{topic}}", "comment": {"html_body": "minutes\\n{{summary|html}}"}}}'
    custom = {
        "one_record_per": "meeting",
        "create_request": f"{head}create\n\n{own % 'Meeting'}",
        "append_request": "",
        "update_request": "",
        "finish_request": f"{head}finish\n\n{own % 'Minutes of'}",
    }
    await sync(zendesk, news(kind="start"), **custom).sync_records()
    await sync(zendesk, final(), **custom).sync_records()

    first_sent, sent_again, minutes = [request.content for request in zendesk.requests]
    assert sent_again == first_sent
    assert b"We met." in minutes
    assert [ticket["subject"].split()[0] for ticket in zendesk.tickets.values()] == ["Meeting", "Minutes"]


MARKUP = """[Click|https://evil.test] [~accountid:5b10] !https://evil.test/x.png! *b* {code}
**b** [a](javascript:1) ![](https://evil.test/x.png) @all <img src=x onerror=alert(1)> &lt; # 1"""


async def test_nobody_can_speak_markup(sync):
    """What looks like a link, a mention or a picture is text in a ticket's comment and in an issue's description."""
    tickets, tasks, jira = Zendesk(), Zendesk(), Jira()
    for window, words in enumerate(["x", MARKUP], start=1):
        said = news(insight(text=f"{words} y", answer={"text": words, "source": words}), window=window)
        await sync(tickets, said).sync_records()
        other = said | {"session_id": "zoom-other"}
        await sync(tasks, other, preset="Zendesk task", kinds=["problem"]).sync_records()
        await sync(jira, said, kinds=["problem"]).sync_records()

    [issue] = jira.issues.values()
    for zendesk in (tickets, tasks):
        [ticket] = zendesk.tickets.values()
        assert f"{MARKUP} y" in ticket["comments"][1]
    assert f"{MARKUP} y\nSuggested answer: {MARKUP}" in issue["description"]


async def test_a_jira_issue_has_a_date_and_a_link(sync):
    """Friday is a day of the calendar; without a day the field is not sent at all; the issue is named by its key."""
    jira = Jira()
    told = (
        await sync(jira, news(todo(owner="Dana", due="by Friday"), todo("i-2", "book a room"))).sync_records()
    ).data

    assert jira.issues["OPS-1"]["duedate"] == "2026-11-27"
    assert "duedate" not in jira.issues["OPS-2"]
    assert told["insights"][0]["record"] == {
        "name": "OPS-1",
        "url": "https://acme.atlassian.net/browse/OPS-1",
    }


async def test_a_zendesk_task_has_a_due_time(sync):
    """A follow-up is a ticket of type task, due on its day."""
    zendesk = Zendesk()
    call = insight(text="call again", kind="follow_up", due="next week")
    await sync(zendesk, news(call), preset="Zendesk task").sync_records()

    [ticket] = zendesk.tickets.values()
    assert (ticket["type"], ticket["due_at"]) == ("task", "2026-12-04T17:00:00Z")


@pytest.mark.parametrize(
    ("due", "day"),
    [
        ("Friday", "2026-11-27"),
        ("by Tuesday", "2026-12-01"),
        ("this Tuesday", "2026-11-24"),
        ("next Friday", "2026-12-04"),
        ("Wednesday next week", "2026-12-02"),
        ("next week on Wednesday", "2026-12-02"),
        ("thurs", "2026-11-26"),
        ("tomorrow morning", "2026-11-25"),
        ("the day after tomorrow", "2026-11-26"),
        ("tonight", "2026-11-24"),
        ("by end of day", "2026-11-24"),
        ("by the end of the week", "2026-11-27"),
        ("next week", "2026-12-04"),
        ("end of the month", "2026-11-30"),
        ("in two weeks", "2026-12-08"),
        ("within 3 days", "2026-11-27"),
        ("by 3 March", "2027-03-03"),
        ("3rd of December", "2026-12-03"),
        ("December 3rd, 2027", "2027-12-03"),
        ("Thursday, Dec 3", "2026-12-03"),
        ("by the 30th", "2026-11-30"),
        ("by the 3rd", "2026-12-03"),
        ("2026-12-24", "2026-12-24"),
        ("", ""),
        (None, ""),
        ("soon", ""),
        ("at 3 pm", ""),
        ("Monday or Tuesday", ""),
        ("after Friday", ""),
        ("31 February", ""),
        ("in a few days", ""),
        ("on Sundaes", ""),
        ("Fridays are bad, so in a month or so", ""),
    ],
)
async def test_due_words_become_a_day(sync, due, day):
    """Words that name one day, said on Tuesday 24 November 2026, become it; others name none, rather than a wrong one."""
    zendesk = Zendesk()
    await sync(zendesk, news(todo(due=due)), preset="Zendesk task").sync_records()

    [ticket] = zendesk.tickets.values()
    assert ticket.get("due_at", "")[:10] == day


async def test_nobody_can_speak_json(sync):
    """What was said stays a value, whatever quotation marks and braces it has; control characters go."""
    zendesk = Zendesk()
    said = 'x"}, "comment": {"public": true, "body": "{{token}} \\u0000 {{base_url}}\n\x1b[31m'
    await sync(zendesk, news(insight(text=said))).sync_records()

    [ticket] = zendesk.tickets.values()
    assert ticket["public"] is False
    assert said.replace("\x1b", "").strip() in ticket["comments"][0]
    assert "\n" not in ticket["subject"]


async def test_a_template_of_the_users_own(sync):
    """Address, headers and JSON are what the user writes; values in an address are quoted."""

    class Anything(System):
        def take(self, request: httpx.Request, body: Any) -> httpx.Response:
            return httpx.Response(200, json={"made": [{"key": 7}]})

    WHERE[Anything] = {"preset": "Custom"}
    hook = Anything()
    own = "POST {{base_url}}/m/{{text}}\nX-Meeting: {{meeting_id}} {{topic}}\n\n" + json.dumps(
        {"n": 1, "flag": True, "none": None, "list": ["{{owner}}", "{{kind}}"], "due": "{{due}}"}
    )
    fields = {
        "base_url": "https://hook.example/a",
        "create_request": own,
        "update_request": "",
        "sign_in": "Bearer token",
    }
    ids = {
        "record_id": "{{reply.made.0.key}}",
        "record_name": "No {{record_id}}",
        "record_url": "https://x/{{record_id}}",
    }
    told = (await sync(hook, news(insight(text="a/b?c=ä", owner=None)), **fields, **ids).sync_records()).data
    await sync(hook, news(insight(text="other"), window=2), **fields, **ids).sync_records()

    [request] = hook.requests
    assert str(request.url) == "https://hook.example/a/m/a%2Fb%3Fc%3D%C3%A4"
    assert request.headers["x-meeting"] == "812 Acme call"
    assert json.loads(request.content) == {"n": 1, "flag": True, "none": None, "list": ["problem"]}
    assert told["insights"][0]["record"] == {"name": "No 7", "url": "https://x/7"}


@pytest.mark.parametrize(
    ("request_text", "message"),
    [
        ("", "The Create request is empty"),
        ("https://x.example", "must begin with POST, PUT, PATCH"),
        ("GET https://x.example", "must begin with POST, PUT, PATCH"),
        ("POST https://x.example\nnot a header\n\n{}", "no header"),
        ('POST https://x.example\n\n{"a": 1,\n"b": {{text}}}', r"no JSON \(line 2 of the body\)"),
        ('POST https://x.example\n\n{"a": "{{speaker}}"}', r"uses \{\{speaker\}\}, which does not exist"),
        ("POST http://x.example\n\n{}", "must begin with https://"),
        ("POST ftp://127.0.0.1/x\n\n{}", "must begin with https://"),
        ("POST https://user:secret@x.example\n\n{}", "must begin with https://"),
        ("POST https://\n\n{}", "must begin with https://"),
    ],
)
async def test_a_wrong_template_says_what_is_wrong(sync, request_text, message):
    """Nothing is sent, and the error names the request and what to do."""
    zendesk = Zendesk()
    with pytest.raises(RuntimeError, match=message):
        await sync(zendesk, news(insight()), create_request=request_text).sync_records()

    assert zendesk.requests == []


async def test_an_id_that_is_not_there_is_an_error_once(sync):
    """The records are there and are not made again; people are told once which field to mend."""
    zendesk = Zendesk()
    wrong = {"record_id": "{{reply.issue.id}}"}
    sent = news(insight(), insight("i-2", "the login loops"))
    [note] = (await sync(zendesk, sent, **wrong).sync_records()).data["notes"]
    assert "Record Id does not find its id" in note["text"]

    assert (await sync(zendesk, sent, **wrong).sync_records()).data["notes"] == []
    assert len(zendesk.requests) == 2


@pytest.mark.parametrize("reply", [pytest.param("[" * 200_000, id="deep"), "[]", "", "<p>Welcome</p>"])
async def test_an_answer_without_an_id_is_told(sync, reply):
    """A system may answer anything, also what nobody can read: the record counts as written, without its id."""
    jira = Jira(answers=[httpx.Response(201, text=reply)])
    [note] = (await sync(jira, news(insight()), kinds=["problem"]).sync_records()).data["notes"]
    assert "Record Id does not find its id" in note["text"]


@pytest.mark.parametrize("which", [Zendesk, HubSpot, Jira])
async def test_a_record_without_an_id_is_not_looked_for_at_an_address_without_one(sync, which):
    """It cannot be brought up to date, and at its end the meeting says so."""
    system, kinds = which(answers=[httpx.Response(201)]), ["problem"]
    await sync(system, news(insight()), kinds=kinds).sync_records()
    later = insight(text="the import fails as well", status="changed")
    node = sync(system, news(later, window=2), kinds=kinds)
    assert (await node.sync_records()).data["notes"] == []
    assert node.status == "0 created, 0 updated, 0 there already, 1 not written for want of an id"

    [note] = (await sync(system, final(later), kinds=kinds).sync_records()).data["notes"]
    assert "the import fails as well" in note["text"]
    assert len(system.requests) == 1


async def test_nothing_is_written_below_a_page_without_an_id(sync):
    """The meeting names all that is not on its page."""
    notion = Notion(answers=[httpx.Response(200)])
    await sync(notion, news(todo())).sync_records()
    *_, note = (await sync(notion, final(todo())).sync_records()).data["notes"]
    assert "send the contract" in note["text"]
    assert "Summary and attendees" in note["text"]
    assert len(notion.requests) == 1


QUERY = """POST {{base_url}}/graphql

{"query": "mutation ($t: String!) { issueCreate(input: {title: $t}) { success } }", "variables": {"t": "{{title}}"}}"""


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": [{"message": "the export is empty", "extensions": {"type": "ratelimited"}}], "data": None},
        {"errors": [{"message": "the export is empty"}], "data": {"issueCreate": None}},
        {"errors": [{"message": "the export is empty"}]},
        {"error_code": "ComplexityException", "error_message": "the export is empty"},
    ],
)
async def test_errors_without_data_are_a_no_of_graphql(sync, answer):
    """Whatever the status is: it is told, without the answer's words, and sent again with the next window."""
    system = Jira(answers=[httpx.Response(200, json=answer)])
    custom = {"create_request": QUERY, "update_request": "", "record_id": "", "kinds": ["problem"]}
    [note] = (await sync(system, news(insight()), **custom).sync_records()).data["notes"]
    assert "Create: HTTP 200. Its answer tells of errors" in note["text"]
    assert "export" not in note["text"]

    system.answers = [httpx.Response(200, json={"data": {"issueCreate": {"success": True}}})]
    node = sync(system, news(window=2), **custom)
    await node.sync_records()
    assert node.status == "1 created, 0 updated, 0 there already"


@pytest.mark.parametrize(
    ("request_text", "answer"),
    [
        (QUERY, {"data": {"logNote": None}}),
        (QUERY, {"data": {"notes": []}}),
        ('POST {{base_url}}/search\n\n{"query": "{{title}}"}', {"id": "12", "ok": True}),
    ],
)
async def test_an_answer_without_errors_is_no_no(sync, request_text, answer):
    """A mutation may give nothing back, and others have a field of that name: nothing is written once more."""
    system = Jira(answers=[httpx.Response(200, json=answer)])
    custom = {"create_request": request_text, "update_request": "", "record_id": "", "kinds": ["problem"]}
    node = sync(system, news(insight()), **custom)
    assert (await node.sync_records()).data["notes"] == []
    assert node.status == "1 created, 0 updated, 0 there already"


async def test_errors_beside_a_record_are_none_of_it(sync):
    """A system of the other kind may tell of them in an answer that says yes, and GraphQL beside what was written."""
    told = {"errors": [{"message": "no such label"}]}
    for answer, custom in (
        (told, {}),
        (told | {"data": {"issueCreate": {"success": True}}}, {"create_request": QUERY}),
    ):
        system = Jira(answers=[httpx.Response(200, json=answer)])
        said = news(insight()) | {"session_id": f"zoom-{len(custom)}"}
        node = sync(system, said, kinds=["problem"], record_id="", **custom)
        await node.sync_records()
        assert node.status == "1 created, 0 updated, 0 there already"


async def test_a_refusal_that_nobody_can_read_is_one(sync):
    """However deep the reply is, its status counts."""
    jira = Jira(answers=[httpx.Response(422, text="[" * 200_000)])
    [note] = (await sync(jira, news(insight()), kinds=["problem"]).sync_records()).data["notes"]
    assert "Create: HTTP 422. It does not take the request" in note["text"]


async def test_half_a_character_does_not_stop_a_record(sync, message_store):
    """An emoji cut in two, as JSON can have it, is left out, and the rest remembered like any other text."""
    half = "the export \ud83d is empty"
    zendesk = Zendesk(answers=[httpx.Response(422, json={})])
    await sync(zendesk, news(insight(text=half, owner="D\udc00"))).sync_records()
    await message_store()
    node = sync(zendesk, news(window=2))
    await node.sync_records()

    assert [ticket["subject"] for ticket in zendesk.tickets.values()] == ["the export is empty"]
    assert node.status == "1 created, 0 updated, 0 there already"


@pytest.mark.parametrize(
    ("system", "inputs", "message"),
    [
        (Zendesk(), {"token": "wrong-token"}, r"HTTP 401\. It does not accept the sign-in"),
        (Notion(), {"parent": "other"}, r"HTTP 404 \(object_not_found\)\. .* Parent"),
        (HubSpot(), {"parent": "1"}, r"HTTP 404 \(OBJECT_NOT_FOUND\)"),
        (
            Zendesk(answers=[httpx.Response(302, headers={"location": "https://elsewhere.example"})]),
            {},
            r"HTTP 302\. It is at another address",
        ),
    ],
)
async def test_errors_tell_the_cause_and_no_secret(sync, system, inputs, message, caplog):
    """Step, status, the system's error code and field names and a hint; never the token, nor what was said."""
    caplog.set_level(logging.INFO)
    said = todo(text="Ms Secretive leaves", due="Friday")
    node = sync(system, news(said), **({"kinds": ["action_item"]} | inputs))
    [note] = (await node.sync_records()).data["notes"]

    assert re.search(message, note["text"])
    assert re.search(message, node.status)
    shown = f"{note} {node.status} {caplog.text}"
    assert "Secretive" not in shown
    assert TOKEN not in shown
    assert "wrong-token" not in shown
    assert len(system.requests) <= 1


async def test_a_token_that_cannot_be_one_is_an_error(sync):
    """The node is set up wrongly, and nothing is sent."""
    zendesk = Zendesk()
    with pytest.raises(RuntimeError, match="bare token"):
        await sync(zendesk, news(insight()), token="Bearer x").sync_records()
    assert zendesk.requests == []


def test_what_is_on_its_way_shows_no_secret(component):
    """Printed, as in a trace, it has neither token, key nor address nor anything said."""
    pure = vars(names_of(component("record_sync")))
    request = f"POST https://secret.example\nX-Key: {TOKEN}\n\n{{}}"
    layout = pure["Layout"](
        templates={"create": pure["parse_template"]("create", request)},
        ids={},
        shown={},
        per_meeting=False,
        kinds=[],
        zone=None,
    )
    system = pure["System"](
        settings={"base_url": ""},
        authorization=f"Bearer {TOKEN}",
        timeout=httpx.Timeout(1),
        transport=None,
        sleep=None,
        clock=None,
        is_last=False,
    )
    made = pure["Sync"](news(insight(text="Ms Secretive leaves")), layout, system)
    made.memory.waiting["i-1"] = insight(text="Ms Secretive leaves")
    shown = repr([layout, made, made.memory, vars(system)])
    assert "step='create'" in shown
    for secret in ("Secretive", TOKEN, "secret.example"):
        assert secret not in shown


async def test_addresses_are_not_logged(sync, caplog):
    """An address may be a secret or carry what was said, so httpx's log of requests does not show it."""
    caplog.set_level(logging.INFO)
    own = 'POST {{base_url}}/{{text}}\n\n{"ticket": {}}'
    node = sync(Zendesk(), news(insight()), create_request=own)
    await node.sync_records()

    assert "HTTP 404" in node.status
    assert "export" not in caplog.text


async def test_over_a_real_connection(sync):
    """Plain http is for this machine; the request is what the stand-in takes on a socket, too."""
    zendesk = Zendesk()
    async with serve(zendesk) as url:
        node = sync(zendesk, news(insight(text="Grüße 👋")), base_url=url)
        node._transport = None
        await node.sync_records()

    [ticket] = zendesk.tickets.values()
    assert ticket["subject"] == "Grüße 👋"


async def test_in_a_flow(component):
    """In a graph, where Langflow makes line breaks of the escaped ones in a field, the requests are what they were."""
    from lfx.custom import Component
    from lfx.graph import Graph
    from lfx.io import HandleInput, Output
    from lfx.schema.data import Data

    class Source(Component):
        outputs = [Output(name="news", display_name="News", method="give")]

        def give(self) -> Data:
            return Data(data=news(insight(answer={"text": "Clear the filter.", "source": "Exports"})))

    class Probe(Component):
        inputs = [HandleInput(name="news", display_name="News", input_types=["Data", "JSON"])]
        outputs = [Output(name="seen", display_name="Seen", method="see")]

        def see(self) -> Data:
            reached.append(self.news.data)
            return self.news

    reached: list[dict[str, Any]] = []
    zendesk = Zendesk()
    async with serve(zendesk) as url:
        graph = Graph()
        graph.add_component(Source(_id="source"))
        fields = {"base_url": url, "user": f"{USER}/token", "token": TOKEN}
        graph.add_component(component("record_sync", _id="sync", **fields))
        graph.add_component(Probe(_id="probe"))
        graph.add_component_edge("source", ("news", "news"), "sync")
        graph.add_component_edge("sync", ("synced", "news"), "probe")
        graph.prepare()
        async for _ in graph.async_start():
            await asyncio.sleep(0)

    [ticket] = zendesk.tickets.values()
    assert ticket["comments"][0].splitlines()[1:] == [
        "the export is empty",
        "Suggested answer: Clear the filter.",
        "Source: Exports",
    ]
    assert reached[0]["insights"][0]["record"]["url"] == f"{url}/agent/tickets/35436"


async def test_meetings_and_systems_are_apart(sync):
    """The same insight of another meeting, or for another account, is another record."""
    zendesk = Zendesk()
    await sync(zendesk, news(insight())).sync_records()
    await sync(zendesk, news(insight("i-2"), session_id="zoom-other")).sync_records()
    await sync(zendesk, news(insight("i-3")), base_url="https://other.zendesk.com").sync_records()
    await sync(zendesk, news(insight()), base_url="https://acme.zendesk.com/").sync_records()

    assert len(zendesk.requests) == 3


async def test_an_anonymous_run_writes_too(sync, anonymous_run):
    """Where Langflow keeps no messages, a run writes its records and the news carry them."""
    zendesk = Zendesk()
    told = (await sync(zendesk, news(insight())).sync_records()).data

    assert told["insights"][0]["record"]["name"] == "Ticket #35436"


def test_no_text_changes_the_form_of_a_request(component):
    """Whatever is said, the JSON has the template's names and other values, and no part is longer than it may be."""
    pure = vars(names_of(component("record_sync")))
    template = pure["parse_template"]("create", pure["ZENDESK_CREATE"])

    @given(said=st.text(), due=st.text() | st.none(), day=st.dates())
    def check(said: str, due: str | None, day: date) -> None:
        values = pure["values_of"](news(), insight(text=said, owner=said, due=due), None)
        filled = pure["fill_body"](template.body, values, {})
        assert filled["ticket"].keys() - {"subject"} == template.body["ticket"].keys() - {"subject"}
        assert filled["ticket"]["comment"].keys() == template.body["ticket"]["comment"].keys()
        assert filled["ticket"]["comment"]["public"] is False
        assert filled["ticket"]["tags"] == ["zoom"]
        assert len(values["title"].splitlines()) <= 1
        found = pure["due_date"](due, f"{day}T12:00:00Z", pure["zone_of"]("Asia/Kolkata"))
        assert found == "" or date.fromisoformat(found)

    @given(said=st.text(alphabet="ab \n👋é", max_size=200), size=st.integers(2, 50))
    def parts(said: str, size: int) -> None:
        cut = pure["cut"](said, replace(pure["CHARACTERS"], size=size))
        assert all(pure["CHARACTERS"].length(part) <= size for part in cut)
        assert "".join("".join(cut).split()) == "".join(said.split())

    check()
    parts()


@pytest.mark.parametrize("other", [{}, {"schema": "zoom-insights/1"}, "text"])
async def test_other_input_is_an_error(sync, other):
    """What is no news is refused with what to connect."""
    with pytest.raises(RuntimeError, match="Connect one of them"):
        await sync(Zendesk(), other).sync_records()


@pytest.mark.parametrize(
    "name", ["Zendesk ticket", "Zendesk task", "HubSpot note", "Notion page", "Jira issue", "Custom"]
)
def test_presets_fill_the_fields_and_show_what_is_used(component, name):
    """Choosing a system writes its requests, and Append and Finish are seen only where a meeting is one record."""
    node = component("record_sync")
    config = {each.name: each.to_dict() for each in node.inputs}
    config = node.update_build_config(config, name, "preset")

    assert config["create_request"]["value"].startswith("POST {{base_url}}")
    assert config["append_request"]["show"] == config["finish_request"]["show"] == (name == "Notion page")
    config = node.update_build_config(config, "meeting", "one_record_per")
    assert config["append_request"]["show"] is True


def test_a_new_node_is_the_first_preset(component):
    """What a node shows when it is dragged in is what choosing its system writes."""
    node = component("record_sync")
    config = {each.name: each.to_dict() for each in node.inputs}

    assert preset(component, config["preset"]["value"]) == {
        name: config[name]["value"] for name in preset(component, "Custom")
    }


def test_public_names(component):
    """Flows in use name these."""
    node = component("record_sync")

    assert (type(node).__name__, node.name) == ("ZoomRecordSync", "ZoomRecordSync")
    assert [(each.name, each.method) for each in node.outputs] == [("synced", "sync_records")]
    assert {each.name for each in node.inputs} == {
        "news", "preset", "base_url", "parent", "user", "token", "sign_in", "one_record_per", "kinds",
        "create_request", "append_request", "update_request", "finish_request", "record_id", "item_id",
        "record_name", "record_url", "language", "time_zone", "timeout_seconds",
    }  # fmt: skip
    assert next(each for each in node.inputs if each.name == "token").to_dict()["password"] is True


# What a system does not take


def dated(jira: Jira) -> list[bool]:
    """Whether each request had a due date."""
    return ["duedate" in json.loads(request.content)["fields"] for request in jira.requests]


async def test_a_field_that_the_system_does_not_have_is_left_out(sync):
    """The tasks that have a date are written too, without it; a note says which line can go, once."""
    jira = Jira(without=frozenset({"duedate"}))
    sent = news(todo(due="Friday"), todo("i-2", "call the bank"))
    told = (await sync(jira, sent).sync_records()).data

    assert len(jira.issues) == 2
    assert [one["record"]["name"] for one in told["insights"]] == ["OPS-1", "OPS-2"]
    assert [note["text"] for note in told["notes"]] == [
        'Jira issue: not everything is written. Create: it does not take "duedate", so that is left out. '
        "Take the line out of it."
    ]
    assert dated(jira) == [True, False, False]

    later = (await sync(jira, news(todo("i-3", "send it", due="Friday"), window=2)).sync_records()).data
    assert (len(jira.issues), dated(jira)[3:], later["notes"]) == (3, [False], [])


async def test_what_is_refused_without_the_field_too_names_the_line(sync):
    """A refusal that names a field of ours says what to take out of which request."""
    zendesk = Zendesk()
    zendesk.answers = [
        httpx.Response(422, json={"error": "RecordInvalid", "details": {"external_id": ["taken"]}}),
        httpx.Response(422, json={"error": "RecordInvalid", "details": {"subject": ["missing"]}}),
    ]
    told = (await sync(zendesk, news(insight())).sync_records()).data

    [note] = told["notes"]
    assert "Create: HTTP 422 (RecordInvalid, field external_id)" in note["text"]
    assert 'take the line "external_id" out of Create' in note["text"]


@pytest.mark.parametrize(
    ("address", "id_"),
    [
        (
            "https://www.notion.so/acme/Team-notes-98ad959b2b6a477480ee00246fb0ea9b?pvs=4",
            "98ad959b2b6a477480ee00246fb0ea9b",
        ),
        (
            "https://acme.notion.site/98ad959b-2b6a-4774-80ee-00246fb0ea9b",
            "98ad959b-2b6a-4774-80ee-00246fb0ea9b",
        ),
        ("https://acme.atlassian.net/jira/software/projects/OPS/boards/3", "OPS"),
        ("https://acme.atlassian.net/browse/OPS-17", "OPS"),
        ("https://app.hubspot.com/contacts/123/record/0-3/9001", "9001"),
        ("https://app-eu1.hubspot.com/contacts/123/deal/9001/", "9001"),
        ("OPS", "OPS"),
    ],
)
def test_a_parent_may_be_pasted_as_its_address(component, address, id_):
    """As the browser shows it; the id is what is sent."""
    assert names_of(component("record_sync")).parent_id(address) == id_


async def test_an_address_without_an_id_is_said(sync):
    """Before anything is sent."""
    notion = Notion()
    with pytest.raises(RuntimeError, match="Parent is an address"):
        await sync(notion, news(todo()), parent="https://www.notion.so/acme/Team").sync_records()


@pytest.mark.parametrize(
    ("meeting", "node", "due", "at"),
    [
        ("America/Los_Angeles", "", "by Friday", "2026-11-28T01:00:00Z"),
        ("", "America/Los_Angeles", "by Friday", "2026-11-28T01:00:00Z"),
        ("Asia/Tokyo", "America/Los_Angeles", "tomorrow", "2026-11-25T08:00:00Z"),
        ("", "", "by Friday", "2026-11-27T12:00:00Z"),
        ("", "", "tomorrow", None),
    ],
)
async def test_a_day_is_that_of_the_meetings_zone(sync, meeting, node, due, at):
    """The window's zone, else the node's; without either only a day that is sure."""
    zendesk = Zendesk()
    told = (
        contracts.MEETING
        | {"started_at": "2026-11-24T10:00:00Z"}
        | ({"timezone": meeting} if meeting else {})
    )
    sent = news(todo(due=due), meeting=told)
    await sync(zendesk, sent, preset="Zendesk task", time_zone=node).sync_records()

    [ticket] = zendesk.tickets.values()
    assert ticket.get("due_at") == at


@pytest.mark.parametrize("known_by", ["window", "session"])
async def test_nothing_is_written_in_a_rehearsal(sync, known_by):
    """The news go on as they came, and the log says why, and how much would have been written."""
    from lfx.memory import aget_messages

    zendesk = Zendesk()
    found = [insight("i-1"), insight("i-2", status="changed"), insight("i-3", kind="decision")]
    if known_by == "window":
        sent = news(*found, meeting=contracts.MEETING | {"rehearsal": True})
    else:
        sent = news(*found, session_id="zoom-rehearsal-1")
    node = sync(zendesk, sent)

    assert (await node.sync_records()).data == sent
    assert zendesk.tickets == {}
    assert [one.message for one in node._logs] == [
        "dry run, nothing was sent: it is a rehearsal; 1 to create, 1 to bring up to date"
    ]
    assert await aget_messages(session_id=f"{sent['session_id']}:memory") == []
