"""Chatting over the socket, against the simulator over TCP: what is shown is what is stored."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from chatsite import database
from chatsite.accounts.models import User
from conversations.models import Checkpoint, Generation, Message, UpstreamCall, UsageDay
from conversations.services import listing, opening
from conversations.services.process import ServerProcess
from conversations.simulator import Simulator
from tests.realtime.conftest import SocketOf


async def stored(user: User, conversation: str) -> dict[str, dict[str, Any]]:
    """The rows of a conversation's messages by id, those of all branches, as they are read from the database."""
    found = await database.run(opening.opening, user.pk, UUID(conversation), newest=None, seen=frozenset())
    return {row["id"]: row for row in found.created}


async def test_an_answer_is_streamed_and_stored(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Tell me about sourdough")
    finished = await page.finished(ack["answer"])
    assert finished["status"] == "complete"
    assert finished["seq"] == page.seqs[ack["answer"]]
    rows = await stored(alice, ack["conversation"])
    assert rows[ack["message"]]["text"] == "Tell me about sourdough"
    assert rows[ack["answer"]]["text"] == page.texts[ack["answer"]]
    assert rows[ack["answer"]]["parent"] == ack["message"]
    assert len(page.texts[ack["answer"]]) > 100


async def test_rows_come_before_frames_and_the_end_comes_last(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Hello")
    await page.finished(ack["answer"])
    types = [frame["type"] for frame in page.frames]
    assert types[:5] == ["hello", "ack", "conversation.changed", "message.created", "message.created"]
    assert types[-1] == "generation.finished"
    assert set(types[5:-1]) <= {"generation.delta", "generation.snapshot"}


async def test_a_thinking_model_sends_reasoning_apart(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Why is the sky blue?", thinking="high")
    finished = await page.finished(ack["answer"])
    rows = await stored(alice, ack["conversation"])
    assert page.reasonings[ack["answer"]]
    assert rows[ack["answer"]]["reasoning"] == page.reasonings[ack["answer"]]
    assert finished["reasoning_ms"] is not None


async def test_usage_and_cost_are_recorded_once(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Hello")
    finished = await page.finished(ack["answer"])
    call = await UpstreamCall.objects.aget(purpose="answer")
    assert finished["usage"]["completion"] == call.output_tokens > 0
    assert finished["usage"]["prompt"] == call.cache_hit_tokens + call.cache_miss_tokens
    assert call.user_ref == alice.pk
    assert call.cost is not None
    assert call.cost > 0
    assert call.http_status == 200
    assert call.finish_reason == "stop"
    await page.frame("conversation.changed")
    days = [day async for day in UsageDay.objects.all()]
    assert sum(day.calls for day in days) == await UpstreamCall.objects.acount() == 2
    assert await Checkpoint.objects.acount() == 0


async def test_the_model_makes_a_title(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Tell me about sourdough")
    await page.finished(ack["answer"])
    changed = await page.frame("conversation.changed")
    assert changed["conversation"]["title"]
    assert changed["conversation"]["title"] != "Tell me about sourdough"


async def test_a_title_that_the_person_wrote_stays(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Tell me about sourdough")
    await page.say("conversation.rename", id=str(uuid4()), conversation=ack["conversation"], title=" My  bread ")
    changed = await page.frame("conversation.changed")
    if changed["conversation"]["title"] != "My bread":
        changed = await page.frame("conversation.changed")
    await page.finished(ack["answer"])
    assert await page.silent(0.5)
    row = (await database.run(listing.list_page, alice.pk))["conversations"][0]
    assert row["title"] == "My bread"


async def test_stop_keeps_the_text_and_closes_the_upstream(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    simulator.speed = 20
    page = await tab(alice)
    ack = await page.ask("count to 500")
    for _ in range(3):
        await page.frame("generation.delta")
    await page.say("generation.stop", message=ack["answer"])
    finished = await asyncio.wait_for(page.finished(ack["answer"]), 1)
    assert finished["status"] == "stopped"
    assert finished["usage"]["estimated"] is True
    rows = await stored(alice, ack["conversation"])
    assert rows[ack["answer"]]["text"] == page.texts[ack["answer"]] != ""
    await asyncio.wait_for(simulator.idle(), 1)
    assert simulator.calls[0].disconnected


async def test_stop_before_the_first_token(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    simulator.first_token = 30
    page = await tab(alice)
    ack = await page.ask("Hello")
    await page.say("generation.stop", message=ack["answer"])
    finished = await asyncio.wait_for(page.finished(ack["answer"]), 1)
    assert finished["status"] == "stopped"
    assert (await stored(alice, ack["conversation"]))[ack["answer"]]["text"] == ""


async def test_the_socket_goes_and_the_answer_goes_on(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    simulator.speed = 100
    page = await tab(alice)
    ack = await page.ask("count to 60")
    await page.frame("generation.delta")
    shown = page.texts[ack["answer"]]
    await page.close()
    again = await tab(alice)
    await again.say("conversation.open", conversation=ack["conversation"], newest=ack["answer"])
    snapshot = await again.frame("generation.snapshot")
    assert snapshot["text"].startswith(shown)
    finished = await again.finished(ack["answer"])
    assert finished["status"] == "complete"
    assert (await stored(alice, ack["conversation"]))[ack["answer"]]["text"] == again.texts[ack["answer"]]


async def test_only_what_was_missed_is_sent_again(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    simulator.speed = 100
    page = await tab(alice)
    ack = await page.ask("count to 60")
    await page.frame("generation.delta")
    answer = ack["answer"]
    await page.say("conversation.close")
    await asyncio.sleep(0.2)
    seen = {answer: [1, page.seqs[answer]]}
    await page.say("conversation.open", conversation=ack["conversation"], newest=answer, seen=seen)
    await page.finished(answer)
    assert not page.seen("generation.snapshot")
    assert (await stored(alice, ack["conversation"]))[answer]["text"] == page.texts[answer]


async def test_an_answer_that_ended_meanwhile_comes_whole(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Hello")
    await page.finished(ack["answer"])
    again = await tab(alice)
    seen = {ack["answer"]: [1, 2]}
    await again.say("conversation.open", conversation=ack["conversation"], newest=ack["answer"], seen=seen)
    finished = await again.finished(ack["answer"])
    assert finished["text"] == page.texts[ack["answer"]]


async def test_a_second_tab_learns_of_everything(tab: SocketOf, alice: User, bob: User) -> None:
    first, second, stranger = await tab(alice), await tab(alice), await tab(bob)
    ack = await first.ask("Hello")
    await second.frame("conversation.changed")
    await second.say("conversation.open", conversation=ack["conversation"])
    await first.finished(ack["answer"])
    await second.finished(ack["answer"])
    third = await second.ask("And now?", conversation=ack["conversation"], parent=ack["answer"])
    created = await first.frame("message.created")
    assert created["message"]["text"] == "And now?"
    await first.finished(third["answer"])
    await second.finished(third["answer"])
    assert first.texts[third["answer"]] == second.texts[third["answer"]] != ""
    await first.say("conversation.delete", id=str(uuid4()), conversation=ack["conversation"])
    await second.frame("conversation.deleted", conversation=ack["conversation"])
    assert await stranger.silent()


async def test_the_same_command_twice_is_done_once(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    command = await page.send("Hello")
    first = await page.frame("ack", id=command)
    await page.send("Hello", id=command)
    assert await page.frame("ack", id=command) == first
    await page.finished(first["answer"])
    assert await Message.objects.acount() == 2
    assert await Generation.objects.acount() == 1


async def test_the_same_command_in_two_tabs_at_once_is_done_once(tab: SocketOf, alice: User) -> None:
    tabs = [await tab(alice), await tab(alice)]
    command = str(uuid4())
    await asyncio.gather(*(page.send("Hello", id=command) for page in tabs))
    acks = [await page.frame("ack", id=command) for page in tabs]
    assert acks[0] == acks[1]
    assert await Generation.objects.acount() == 1


async def test_a_failed_answer_says_why_and_can_be_asked_for_again(
    tab: SocketOf, alice: User, simulator: Simulator
) -> None:
    simulator.scenario = "wrong-key"
    page = await tab(alice)
    ack = await page.ask("Hello")
    finished = await page.finished(ack["answer"])
    assert finished["status"] == "failed"
    assert finished["error"]["code"] == "authentication"
    assert finished["error"]["message"]
    assert (await UpstreamCall.objects.aget()).error_code == "authentication"
    simulator.scenario = "normal"
    command = str(uuid4())
    await page.say("message.regenerate", id=command, message=ack["answer"])
    again = await page.frame("ack", id=command)
    assert again["answer"] != ack["answer"]
    assert again["message"] == ack["message"]
    assert (await page.finished(again["answer"]))["status"] == "complete"


async def test_only_the_branch_goes_to_the_upstream(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page = await tab(alice)
    first = await page.ask("Hello")
    await page.finished(first["answer"])
    await page.ask("A side road", conversation=first["conversation"], parent=first["answer"])
    second = await page.ask("The main road", conversation=first["conversation"], parent=first["answer"])
    await page.finished(second["answer"])
    body = next(call.body for call in simulator.calls if "The main road" in str(call.body))
    assert [message["content"] for message in body["messages"]][::2] == ["Hello", "The main road"]
    assert "A side road" not in str(body)
    assert "alice" not in str(body)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"text": "   "}, "text_empty"),
        ({"text": "x" * 200_001}, "text_too_long"),
        ({"text": "Hello", "model": "gpt"}, "unknown_model"),
        ({"text": "Hello", "thinking": "ultra"}, "unknown_thinking"),
        ({"text": "Hello", "conversation": str(uuid4())}, "not_found"),
        ({"text": "Hello", "parent": str(uuid4())}, "not_found"),
        ({"text": "Hello", "model": 3}, "bad_command"),
        ({"text": "Hello", "options": {"seed": 1}}, "bad_command"),
    ],
)
async def test_what_cannot_be_sent_is_refused_with_a_reason(
    tab: SocketOf, alice: User, fields: dict[str, Any], code: str
) -> None:
    page = await tab(alice)
    command = await page.send(**fields)
    error = await page.frame("error", id=command)
    assert error["code"] == code
    assert error["message"]
    assert await Message.objects.acount() == 0


async def test_a_message_while_the_answer_runs_is_refused(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    simulator.speed = 20
    page = await tab(alice)
    ack = await page.ask("count to 100")
    command = await page.send("More", conversation=ack["conversation"], parent=ack["answer"])
    assert (await page.frame("error", id=command))["code"] == "answer_running"
    command = str(uuid4())
    await page.say("message.regenerate", id=command, message=ack["answer"])
    assert (await page.frame("error", id=command))["code"] == "answer_running"


async def test_strangers_find_nothing(tab: SocketOf, alice: User, charlie: User) -> None:
    page, stranger = await tab(alice), await tab(charlie)
    ack = await page.ask("Hello")
    await page.finished(ack["answer"])
    theirs = {"conversation": ack["conversation"]}
    for type_, fields in (
        ("conversation.open", theirs),
        ("conversation.rename", theirs | {"title": "Mine"}),
        ("conversation.delete", theirs),
        ("message.regenerate", {"message": ack["answer"]}),
        ("generation.stop", {"message": ack["answer"]}),
        (
            "message.send",
            theirs | {"parent": ack["answer"], "text": "x", "model": "deepseek-flash", "thinking": "off"},
        ),
    ):
        await stranger.say(type_, id=str(uuid4()), **fields)
        assert (await stranger.frame("error"))["code"] == "not_found", type_
    assert await Message.objects.acount() == 2


async def test_garbage_is_answered_and_the_socket_lives(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    for garbage in (
        "{",
        "[]",
        "null",
        '{"type":"nonsense"}',
        '{"type":"message.send","id":7}',
        '"\\ud800"',
        "\x00",
        json.dumps({"type": "conversation.open", "conversation": str(uuid4()), "seen": {str(uuid4()): [1, 10**30]}}),
    ):
        await page.communicator.send_to(text_data=garbage)
        assert (await page.frame("error"))["code"] == "bad_command"
    await page.communicator.send_input({"type": "websocket.receive", "text": ""})
    assert (await page.frame("error"))["code"] == "bad_command"
    await page.communicator.send_to(bytes_data=b"\x00\xff")
    assert (await page.frame("error"))["code"] == "bad_command"
    await page.communicator.send_to(text_data="[" * 100_000)
    assert (await page.frame("error"))["code"] == "bad_command"
    await page.say("ping")
    await page.frame("pong")


async def test_half_an_emoji_is_replaced_and_the_rest_kept(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("before \ud83d after")
    await page.finished(ack["answer"])
    assert (await stored(alice, ack["conversation"]))[ack["message"]]["text"] == "before \ufffd after"


async def test_a_damaged_row_hides_no_other(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Hello")
    await page.finished(ack["answer"])
    await Message.objects.filter(pk=ack["message"]).aupdate(text=b"damaged")
    rows = await stored(alice, ack["conversation"])
    assert "cannot be decrypted" in rows[ack["message"]]["text"]
    assert rows[ack["answer"]]["text"] == page.texts[ack["answer"]]
    command = await page.send("More", conversation=ack["conversation"], parent=ack["answer"])
    assert (await page.frame("error", id=command))["code"] == "unreadable"


async def test_opening_what_is_gone_does_not_close_what_was_opened_after(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("count to 60")
    gone = str(uuid4())
    await page.say("conversation.open", conversation=gone)
    await page.say("conversation.open", conversation=ack["conversation"], newest=ack["answer"])
    await page.frame("error")
    assert (await page.finished(ack["answer"]))["status"] == "complete"


async def test_deleting_stops_what_runs(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    simulator.speed = 20
    page = await tab(alice)
    ack = await page.ask("count to 500")
    await page.frame("generation.delta")
    await page.say("conversation.delete", id=str(uuid4()), conversation=ack["conversation"])
    await page.frame("conversation.deleted")
    await asyncio.wait_for(simulator.idle(), 2)
    assert await Message.objects.acount() == 0
    # The call reached the upstream and stays in the ledger.
    for _ in range(50):
        if await UpstreamCall.objects.aexists():
            break
        await asyncio.sleep(0.05)
    assert (await UpstreamCall.objects.aget()).estimated


async def test_many_chats_at_once_are_all_written(tab: SocketOf, alice: User, server: ServerProcess) -> None:
    pages = [await tab(alice) for _ in range(20)]
    acks = await asyncio.gather(*(page.ask(f"Hello {number}") for number, page in enumerate(pages)))
    for page, ack in zip(pages, acks, strict=True):
        assert (await page.finished(ack["answer"]))["status"] == "complete"
    assert await Generation.objects.filter(status="complete").acount() == 20
