"""Branches over the socket: edits, other answers, the branch that is shown, answers that go on where they stopped."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from chatsite import database
from chatsite.accounts.models import User
from conversations.models import Checkpoint, Continuation, Generation, UpstreamCall
from conversations.services import attachments, opening
from conversations.simulator import Simulator
from tests.realtime.conftest import SocketOf
from tests.realtime.tab import Tab
from tests.realtime.test_chat import stored

QUESTION = "Tell me about sourdough"


async def command(page: Tab, type_: str, **fields: Any) -> dict[str, Any]:
    """Do a command that has an id, and wait for its acknowledgement."""
    command_id = fields.pop("id", None) or str(uuid4())
    await page.say(type_, id=command_id, **fields)
    return await page.frame("ack", id=command_id)


async def refusal(page: Tab, type_: str, **fields: Any) -> dict[str, Any]:
    command_id = str(uuid4())
    await page.say(type_, id=command_id, **fields)
    return await page.frame("error", id=command_id)


async def cut_off(page: Tab, simulator: Simulator, text: str = QUESTION, **more: Any) -> dict[str, Any]:
    """Ask, and get half of an answer that hit the length limit. The next answer is an ordinary one."""
    simulator.scenario = "length"
    ack = await page.ask(text, **more)
    finished = await page.finished(ack["answer"])
    assert finished["finish_reason"] == "length"
    simulator.scenario = "normal"
    return ack


async def whole_answer(page: Tab, text: str = QUESTION, **more: Any) -> str:
    ack = await page.ask(text, **more)
    await page.finished(ack["answer"])
    return page.texts[ack["answer"]]


async def test_an_edit_is_an_alternative_with_its_own_answer(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page = await tab(alice)
    first = await page.ask("Hello")
    await page.finished(first["answer"])
    second = await page.ask("And now?", conversation=first["conversation"], parent=first["answer"])
    await page.finished(second["answer"])
    edited = await command(
        page, "message.edit", message=second["message"], text="Rather this", model="deepseek-v4-pro", thinking="low"
    )
    await page.finished(edited["answer"])
    rows = await stored(alice, first["conversation"])
    assert rows[edited["message"]]["parent"] == rows[second["message"]]["parent"] == first["answer"]
    assert rows[edited["message"]]["text"] == "Rather this"
    assert rows[second["answer"]]["text"] == page.texts[second["answer"]]
    generation = rows[edited["answer"]]["generation"]
    assert (generation["model"], generation["thinking"]) == ("deepseek-v4-pro", "low")
    body = next(call.body for call in simulator.calls if "Rather this" in str(call.body))
    assert "And now?" not in str(body)


async def test_the_first_message_can_be_edited(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    first = await page.ask("Hello")
    await page.finished(first["answer"])
    fields = {"text": "Good day", "model": "deepseek-flash", "thinking": "off"}
    edited = await command(page, "message.edit", message=first["message"], **fields)
    await page.finished(edited["answer"])
    rows = await stored(alice, first["conversation"])
    assert rows[edited["message"]]["parent"] is None
    refused = await refusal(page, "message.edit", message=first["answer"], **fields)
    assert refused["code"] == "not_a_question"


async def test_an_edit_keeps_the_files_of_the_message(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page = await tab(alice)
    file = await database.run(attachments.keep, alice.pk, "notes.txt", b"Tea at five.", conversation_id=None)
    first = await page.ask("When is tea?", attachments=[file["id"]])
    await page.finished(first["answer"])
    fields = {"message": first["message"], "model": "deepseek-flash", "thinking": "off"}
    edited = await command(page, "message.edit", text="When is coffee?", **fields)
    await page.finished(edited["answer"])
    bare = await command(page, "message.edit", text="When is cocoa?", attachments=[], **fields)
    await page.finished(bare["answer"])
    rows = await stored(alice, first["conversation"])
    assert rows[edited["message"]]["attachments"] == rows[first["message"]]["attachments"] == [file]
    assert rows[bare["message"]]["attachments"] == []
    body = next(call.body for call in simulator.calls if "coffee" in str(call.body))
    assert "Tea at five." in str(body)


async def test_the_selected_branch_is_kept_and_shown_in_other_tabs(tab: SocketOf, alice: User) -> None:
    page, other = await tab(alice), await tab(alice)
    first = await page.ask("Hello")
    await page.finished(first["answer"])
    again = await command(page, "message.regenerate", message=first["answer"])
    await page.finished(again["answer"])
    await other.say("conversation.open", conversation=first["conversation"])
    assert (await other.frame("conversation.changed"))["conversation"]["leaf"] is not None
    before = (await database.run(opening.read, alice.pk, first["conversation"]))["conversation"]
    await command(page, "conversation.select", conversation=first["conversation"], leaf=first["answer"])
    async with asyncio.timeout(5):
        while (await other.frame("conversation.changed"))["conversation"]["leaf"] != first["answer"]:
            pass
    after = (await database.run(opening.read, alice.pk, first["conversation"]))["conversation"]
    assert (before["leaf"], after["leaf"]) == (again["answer"], first["answer"])
    assert after["updated"] == before["updated"]


async def test_only_a_message_of_the_same_conversation_is_selected(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    first, second = await page.ask("Hello"), await page.ask("Another chat")
    refused = await refusal(page, "conversation.select", conversation=first["conversation"], leaf=second["answer"])
    assert refused["code"] == "not_found"


async def test_an_answer_that_hit_the_limit_goes_on_where_it_stopped(
    tab: SocketOf, alice: User, simulator: Simulator
) -> None:
    page, other = await tab(alice), await tab(alice)
    whole = await whole_answer(page)
    ack = await cut_off(page, simulator)
    half = page.texts[ack["answer"]]
    assert whole.startswith(half)
    assert half != whole
    await other.say("conversation.open", conversation=ack["conversation"], newest=ack["answer"])
    continued = await command(page, "message.continue", message=ack["answer"])
    assert (continued["answer"], continued["message"]) == (ack["answer"], ack["message"])
    finished = await page.finished(ack["answer"])
    assert (finished["status"], finished["finish_reason"], finished["attempt"]) == ("complete", "stop", 2)
    await other.finished(ack["answer"])
    rows = await stored(alice, ack["conversation"])
    assert rows[ack["answer"]]["text"] == page.texts[ack["answer"]] == other.texts[ack["answer"]] == whole
    asked = [call.body["messages"][-1] for call in simulator.calls]
    assert [turn["content"] for turn in asked if turn.get("prefix")] == [half]


async def test_figures_are_sums_over_both_parts(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page = await tab(alice)
    ack = await cut_off(page, simulator)
    first = page.seen("generation.finished")[-1]
    await command(page, "message.continue", message=ack["answer"])
    finished = await page.finished(ack["answer"])
    calls = [call async for call in UpstreamCall.objects.filter(generation_ref=ack["answer"])]
    assert sorted(call.attempt for call in calls) == [1, 2]
    assert finished["usage"]["completion"] == sum(call.output_tokens for call in calls)
    assert finished["usage"]["completion"] > first["usage"]["completion"]
    assert finished["duration_ms"] >= first["duration_ms"]
    generation = (await stored(alice, ack["conversation"]))[ack["answer"]]["generation"]
    assert (generation["usage"], generation["cost"]) == (finished["usage"], finished["cost"])


async def test_the_same_continuation_twice_is_done_once(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page = await tab(alice)
    ack = await cut_off(page, simulator)
    command_id = str(uuid4())
    first = await command(page, "message.continue", id=command_id, message=ack["answer"])
    await page.finished(ack["answer"])
    assert await command(page, "message.continue", id=command_id, message=ack["answer"]) == first
    assert await Continuation.objects.acount() == 1
    assert (await Generation.objects.aget(pk=ack["answer"])).attempt == 2


async def test_two_tabs_continue_at_once_and_one_of_them_does(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    tabs = [await tab(alice), await tab(alice)]
    ack = await cut_off(tabs[0], simulator)
    for page in tabs:
        await page.say("message.continue", id=str(uuid4()), message=ack["answer"])
    await tabs[0].finished(ack["answer"])
    assert await Continuation.objects.acount() == 1


async def test_a_stopped_answer_goes_on(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    simulator.speed = 50
    page = await tab(alice)
    ack = await page.ask("count to 80")
    for _ in range(3):
        await page.frame("generation.delta")
    await page.say("generation.stop", message=ack["answer"])
    await page.finished(ack["answer"])
    stopped_at = page.texts[ack["answer"]]
    simulator.speed = 400
    await command(page, "message.continue", message=ack["answer"])
    finished = await page.finished(ack["answer"])
    assert finished["status"] == "complete"
    text = page.texts[ack["answer"]]
    assert text.startswith(stopped_at)
    assert ", ".join(str(number) for number in range(1, 81)) in " ".join(text.split())


async def test_a_continuation_is_stopped_and_reloaded_in_the_middle(
    tab: SocketOf, alice: User, simulator: Simulator
) -> None:
    simulator.scenario = "length"
    page = await tab(alice)
    ack = await page.ask("count to 400")
    await page.finished(ack["answer"])
    half = page.texts[ack["answer"]]
    simulator.scenario, simulator.speed = "normal", 50
    await command(page, "message.continue", message=ack["answer"])
    async with asyncio.timeout(10):
        while not await Checkpoint.objects.filter(generation=ack["answer"]).aexists():
            await asyncio.sleep(0.02)
    row = (await stored(alice, ack["conversation"]))[ack["answer"]]
    assert row["text"].startswith(half)
    assert len(row["text"]) > len(half)
    assert row["generation"]["status"] == "running"
    await page.say("generation.stop", message=ack["answer"])
    assert (await page.finished(ack["answer"]))["status"] == "stopped"
    kept = (await stored(alice, ack["conversation"]))[ack["answer"]]["text"]
    assert kept == page.texts[ack["answer"]]
    assert kept.startswith(row["text"])


async def test_a_continuation_that_fails_keeps_the_text(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page = await tab(alice)
    ack = await cut_off(page, simulator)
    half = page.texts[ack["answer"]]
    simulator.scenario = "wrong-key"
    await command(page, "message.continue", message=ack["answer"])
    finished = await page.finished(ack["answer"])
    assert (finished["status"], finished["error"]["code"]) == ("failed", "authentication")
    assert "kept" in finished["error"]["message"]
    assert (await stored(alice, ack["conversation"]))[ack["answer"]]["text"] == half
    simulator.scenario = "normal"
    await command(page, "message.continue", message=ack["answer"])
    assert (await page.finished(ack["answer"]))["status"] == "complete"
    assert page.texts[ack["answer"]].startswith(half)


async def test_a_continuation_that_finds_nothing_to_add_completes(
    tab: SocketOf, alice: User, simulator: Simulator
) -> None:
    page = await tab(alice)
    ack = await cut_off(page, simulator)
    half = page.texts[ack["answer"]]
    simulator.scenario = "empty"
    await command(page, "message.continue", message=ack["answer"])
    finished = await page.finished(ack["answer"])
    assert (finished["status"], finished["error"]) == ("complete", None)
    assert (await stored(alice, ack["conversation"]))[ack["answer"]]["text"] == half


async def test_thinking_stays_with_its_answer(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page = await tab(alice)
    ack = await cut_off(page, simulator, thinking="high")
    before = (await stored(alice, ack["conversation"]))[ack["answer"]]
    await command(page, "message.continue", message=ack["answer"])
    await page.finished(ack["answer"])
    after = (await stored(alice, ack["conversation"]))[ack["answer"]]
    assert after["reasoning"] == before["reasoning"] != ""
    assert after["generation"]["reasoning_ms"] == before["generation"]["reasoning_ms"]
    assert after["text"].startswith(before["text"])


async def test_what_ended_by_itself_or_was_answered_is_not_continued(
    tab: SocketOf, alice: User, simulator: Simulator, charlie: User
) -> None:
    page = await tab(alice)
    whole = await page.ask("Hello")
    await page.finished(whole["answer"])
    assert (await refusal(page, "message.continue", message=whole["answer"]))["code"] == "answer_whole"
    assert (await refusal(page, "message.continue", message=whole["message"]))["code"] == "not_an_answer"
    cut = await cut_off(page, simulator)
    stranger = await tab(charlie)
    assert (await refusal(stranger, "message.continue", message=cut["answer"]))["code"] == "not_found"
    after = await page.ask("Go on", conversation=cut["conversation"], parent=cut["answer"])
    await page.finished(after["answer"])
    assert (await refusal(page, "message.continue", message=cut["answer"]))["code"] == "answered_already"


async def test_a_page_that_was_away_learns_of_a_continuation(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page = await tab(alice)
    ack = await cut_off(page, simulator)
    await command(page, "message.continue", message=ack["answer"])
    await page.finished(ack["answer"])
    again = await tab(alice)
    seen = {ack["answer"]: [1, 3]}
    await again.say("conversation.open", conversation=ack["conversation"], newest=ack["answer"], seen=seen)
    finished = await again.finished(ack["answer"])
    assert (finished["attempt"], finished["text"]) == (2, page.texts[ack["answer"]])
