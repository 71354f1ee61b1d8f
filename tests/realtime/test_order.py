"""Order is live: what one tab deletes, restores or arranges is seen in all tabs; running answers are stopped."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone

from chatsite.accounts.models import User
from conversations.models import Conversation, Generation, Message
from conversations.realtime.consumer import SIGNED_OUT
from conversations.services.process import ServerProcess
from tests.cast import PASSWORD
from tests.realtime.conftest import SocketOf


@sync_to_async
def post(user: User, address: str, **body: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.post(address, body, content_type="application/json").json()


async def test_a_deletion_stops_the_answer_and_is_seen_everywhere(tab: SocketOf, alice: User, bob: User) -> None:
    page, other, stranger = await tab(alice), await tab(alice), await tab(bob)
    ack = await page.ask("count to 900")
    await page.frame("generation.delta", message=ack["answer"])
    await post(alice, "/conversations/delete/", conversations=[ack["conversation"]])
    for each in (page, other):
        gone = await each.frame("conversations.deleted")
        assert gone["conversations"] == [ack["conversation"]]
    ended = await page.finished(ack["answer"])
    assert ended["status"] == "stopped"
    assert await stranger.silent()


async def test_an_undo_brings_back_what_was_written(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("count to 900")
    await page.frame("generation.delta", message=ack["answer"])
    await post(alice, "/conversations/delete/", conversations=[ack["conversation"]])
    await page.finished(ack["answer"])
    await post(alice, "/conversations/restore/", conversations=[ack["conversation"]])
    back = await page.frame("conversation.changed", type="conversation.changed")
    while back["conversation"]["id"] != ack["conversation"]:
        back = await page.frame("conversation.changed")
    answer = await Message.objects.select_related("generation").aget(pk=ack["answer"])
    assert answer.text
    assert answer.generation.status == Generation.Status.STOPPED


async def test_nothing_can_be_sent_to_what_was_deleted(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Hello")
    await page.finished(ack["answer"])
    await post(alice, "/conversations/delete/", conversations=[ack["conversation"]])
    command = await page.send("And?", conversation=ack["conversation"], parent=ack["answer"])
    assert (await page.frame("error", id=command))["code"] == "not_found"
    await page.say("conversation.open", conversation=ack["conversation"])
    assert (await page.frame("error", code="not_found"))["id"] is None


async def test_the_server_empties_the_trash_by_itself(tab: SocketOf, server: ServerProcess, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Hello")
    await page.finished(ack["answer"])
    await post(alice, "/conversations/delete/", conversations=[ack["conversation"]])
    assert await Conversation.objects.filter(pk=ack["conversation"]).aexists()
    await Conversation.objects.filter(pk=ack["conversation"]).aupdate(trashed_at=timezone.now() - timedelta(minutes=1))
    server.trash.wake()
    while await Conversation.objects.filter(pk=ack["conversation"]).aexists():
        await asyncio.sleep(0.02)


async def test_arrangements_folders_and_preferences_are_seen_in_other_tabs(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    ack = await page.ask("Hello")
    await page.finished(ack["answer"])
    await post(alice, "/folders/", name="Recipes")
    await page.frame("list.changed")
    await post(alice, "/conversations/arrange/", conversations=[ack["conversation"]], pinned=True)
    changed = await page.frame("conversation.changed")
    while not changed["conversation"]["pinned"]:
        changed = await page.frame("conversation.changed")

    @sync_to_async
    def choose() -> None:
        client = Client()
        client.force_login(alice)
        client.patch("/settings/preferences/", {"theme": "dark"}, content_type="application/json")

    await choose()
    assert (await page.frame("preferences.changed"))["preferences"]["theme"] == "dark"


async def test_an_ended_sign_in_closes_its_sockets_and_no_others(tab: SocketOf, alice: User) -> None:
    elsewhere = await tab(alice)

    @sync_to_async
    def end_others() -> None:
        client = Client(HTTP_USER_AGENT="Firefox/1 Linux")
        client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
        client.post("/settings/sessions/end-others/")

    await end_others()
    closed = await elsewhere.communicator.receive_output(timeout=10)
    assert (closed["type"], closed["code"]) == ("websocket.close", SIGNED_OUT)
