"""Sampling settings and instructions: checked before anything is sent, used by the answer and by what follows it."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from chatsite import database
from chatsite.accounts.models import User
from conversations.generation.options import DEFAULT
from conversations.models import FormerInstructions, Generation, Message
from conversations.services.instructions import write
from conversations.simulator import Simulator
from tests.realtime.conftest import SocketOf
from tests.realtime.test_branches import command, cut_off
from tests.realtime.test_chat import stored

OPTIONS = {"temperature": 0.3, "max_tokens": 4000, "stop": ["END", "STOP"]}


async def test_settings_reach_the_upstream_and_stay_with_the_answer(
    tab: SocketOf, alice: User, simulator: Simulator
) -> None:
    page = await tab(alice)
    ack = await page.ask("Hello", options=OPTIONS)
    await page.finished(ack["answer"])
    body = simulator.calls[0].body
    assert {name: body[name] for name in OPTIONS} == OPTIONS
    row = (await stored(alice, ack["conversation"]))[ack["answer"]]
    assert json.loads(json.dumps(row))["generation"]["options"] == OPTIONS
    created = page.seen("conversation.changed")[0]["conversation"]
    assert created["options"] == OPTIONS
    generation = await Generation.objects.aget(pk=ack["answer"])
    assert b"END" not in bytes(generation.options)


async def test_another_answer_and_a_continuation_use_the_same_settings(
    tab: SocketOf, alice: User, simulator: Simulator
) -> None:
    page = await tab(alice)
    ack = await cut_off(page, simulator, options=OPTIONS)
    await command(page, "message.continue", message=ack["answer"])
    await page.finished(ack["answer"])
    continued = next(call.body for call in simulator.calls if call.body["messages"][-1].get("prefix"))
    assert continued["stop"] == OPTIONS["stop"]
    again = await command(page, "message.regenerate", message=ack["answer"])
    await page.finished(again["answer"])
    bodies = [call.body for call in simulator.calls if call.body.get("temperature") == 0.3]
    assert len(bodies) == 3
    other = await command(page, "message.regenerate", message=ack["answer"], options={}, model="deepseek-v4-pro")
    await page.finished(other["answer"])
    body = next(call.body for call in simulator.calls if call.body["model"] == "deepseek-v4-pro")
    assert "temperature" not in body


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": -1}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 400_000}, "max_tokens"),
        ({"frequency_penalty": 3}, "frequency_penalty"),
        ({"presence_penalty": -2.5}, "presence_penalty"),
        ({"stop": [""]}, "stop"),
        ({"stop": ["x"] * 17}, "stop"),
    ],
)
async def test_what_the_upstream_would_refuse_is_refused_here_with_its_name(
    tab: SocketOf, alice: User, options: dict[str, Any], field: str
) -> None:
    page = await tab(alice)
    error = await page.frame("error", id=await page.send("Hello", options=options))
    assert (error["code"], error["field"]) == ("invalid_option", field)
    assert "kept" in error["message"]
    assert await Message.objects.acount() == 0


@pytest.mark.parametrize("options", [{"temperature": "hot"}, {"seed": 1}, {"max_tokens": 1.5}, {"stop": ["x" * 501]}])
async def test_what_is_no_setting_is_no_command(tab: SocketOf, alice: User, options: dict[str, Any]) -> None:
    page = await tab(alice)
    error = await page.frame("error", id=await page.send("Hello", options=options))
    assert error["code"] == "bad_command"
    assert next(iter(options)) in error["message"]


async def test_an_answer_goes_on_with_the_instructions_it_began_with(
    tab: SocketOf, alice: User, simulator: Simulator
) -> None:
    page = await tab(alice)
    ack = await cut_off(page, simulator, instructions="Speak like a pirate.")
    chat = UUID(ack["conversation"])
    for text in ("Speak like a judge.", "Speak like a poet."):
        await database.run(partial(write, alice.pk, chat, instructions=text, options=DEFAULT))
    await command(page, "message.continue", message=ack["answer"])
    await page.finished(ack["answer"])
    continued = next(call.body for call in simulator.calls if call.body["messages"][-1].get("prefix"))
    assert continued["messages"][0]["content"] == "Speak like a pirate."
    again = await command(page, "message.regenerate", message=ack["answer"])
    await page.finished(again["answer"])
    assert simulator.calls[-1].body["messages"][0]["content"] == "Speak like a poet."
    former = [row async for row in FormerInstructions.objects.order_by("until")]
    assert [bytes(row.text) != b"" and b"pirate" not in bytes(row.text) for row in former] == [True, True]


async def test_json_mode_needs_its_word(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page = await tab(alice)
    error = await page.frame("error", id=await page.send("List three colours", options={"json_mode": True}))
    assert (error["code"], error["field"]) == ("json_word_missing", "json_mode")
    assert await Message.objects.acount() == 0
    ack = await page.ask("List three colours", options={"json_mode": True}, instructions="Answer in JSON.")
    await page.finished(ack["answer"])
    assert simulator.calls[0].body["response_format"] == {"type": "json_object"}


async def test_instructions_of_a_new_chat_come_first_and_stay(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page = await tab(alice)
    ack = await page.ask("Hello", instructions="  Speak like a pirate. ")
    await page.finished(ack["answer"])
    assert simulator.calls[0].body["messages"][0] == {"role": "system", "content": "Speak like a pirate."}
    assert page.seen("conversation.changed")[0]["conversation"]["instructions"] == "Speak like a pirate."
    more = await page.ask("More", conversation=ack["conversation"], parent=ack["answer"])
    await page.finished(more["answer"])
    body = next(call.body for call in simulator.calls if "More" in str(call.body))
    assert body["messages"][0]["content"] == "Speak like a pirate."
    command_id = await page.send("x", conversation=ack["conversation"], parent=more["answer"], instructions="No")
    assert (await page.frame("error", id=command_id))["code"] == "bad_command"


async def test_a_plain_message_sets_the_settings_back(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Hello", options=OPTIONS)
    await page.finished(ack["answer"])
    await page.ask("More", conversation=ack["conversation"], parent=ack["answer"])
    async with asyncio.timeout(5):
        while (await page.frame("conversation.changed"))["conversation"]["options"]:
            pass


async def test_instructions_that_are_too_long_are_refused(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    error = await page.frame("error", id=await page.send("Hello", instructions="x" * 20_001))
    assert (error["code"], error["field"]) == ("instructions_too_long", "instructions")
