"""Files are sent with a message: what reaches the upstream, what is stored, and what is refused."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from chatsite import database
from chatsite.accounts.models import User
from conversations.models import Attachment, Message, SentAttachment
from conversations.services import attachments, enclosures, opening
from conversations.services.access import NotFound
from conversations.simulator import Simulator
from tests.attachments import files
from tests.realtime.conftest import SocketOf

NOTES = "[file name]: notes.txt\n[file content begin]\nTea at five.\n[file content end]"


async def kept(user: User, data: bytes = b"Tea at five.", name: str = "notes.txt") -> dict[str, Any]:
    return await database.run(attachments.keep, user.pk, name, data, conversation_id=None)


async def stored(user: User, conversation: str) -> dict[str, dict[str, Any]]:
    found = await database.run(opening.opening, user.pk, UUID(conversation), newest=None, seen=frozenset())
    return {row["id"]: row for row in found.created}


def asked(simulator: Simulator) -> list[list[dict[str, Any]]]:
    """The messages of each answer's call; titles are asked for with a system message."""
    bodies = [call.body["messages"] for call in simulator.calls]
    return [messages for messages in bodies if messages[0]["role"] != "system"]


async def test_text_goes_before_the_question_and_stays_the_same(
    tab: SocketOf, alice: User, simulator: Simulator
) -> None:
    page, row = await tab(alice), await kept(alice)
    ack = await page.ask("When is tea?", attachments=[row["id"]])
    await page.finished(ack["answer"])
    second = await page.ask("And coffee?", conversation=ack["conversation"], parent=ack["answer"])
    await page.finished(second["answer"])
    first_call, second_call = asked(simulator)
    assert first_call == [{"role": "user", "content": f"{NOTES}\nWhen is tea?"}]
    assert second_call[0] == first_call[0]
    rows = await stored(alice, ack["conversation"])
    assert rows[ack["message"]]["attachments"] == [row]
    assert rows[ack["message"]]["text"] == "When is tea?"
    assert rows[second["message"]]["attachments"] == []


async def test_the_row_that_is_announced_names_the_files(tab: SocketOf, alice: User) -> None:
    page, row = await tab(alice), await kept(alice)
    await page.ask("When is tea?", attachments=[row["id"]])
    assert (await page.frame("message.created"))["message"]["attachments"] == [row]


async def test_the_title_is_made_from_what_was_asked(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page, row = await tab(alice), await kept(alice)
    ack = await page.ask("When is tea?", attachments=[row["id"]])
    await page.finished(ack["answer"])
    await page.frame("conversation.changed")
    excerpt = next(call.body["messages"][1]["content"] for call in simulator.calls if len(call.body["messages"]) == 2)
    assert excerpt.startswith("When is tea?\n")
    assert "five" not in excerpt.partition("---")[0]


async def test_a_file_speaks_for_itself(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page, row = await tab(alice), await kept(alice)
    ack = await page.ask("", attachments=[row["id"]])
    changed = await page.frame("conversation.changed")
    assert changed["conversation"]["title"] == "notes.txt"
    await page.finished(ack["answer"])
    assert asked(simulator) == [[{"role": "user", "content": NOTES}]]


async def test_images_go_as_images(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page, row = await tab(alice), await kept(alice, files.image(), "view.png")
    ack = await page.ask("What is this?", attachments=[row["id"]])
    await page.finished(ack["answer"])
    ((message,),) = asked(simulator)
    image, text = message["content"]
    assert image["image_url"]["url"].startswith("data:image/png;base64,")
    assert text == {"type": "text", "text": "[image]: view.png\nWhat is this?"}


async def test_a_model_that_cannot_see_is_not_asked(tab: SocketOf, alice: User, simulator: Simulator) -> None:
    page, row = await tab(alice), await kept(alice, files.image(), "view.png")
    command = await page.send("What is this?", attachments=[row["id"]], model="deepseek-v4-pro")
    error = await page.frame("error", id=command)
    assert error["code"] == "model_reads_no_images"
    assert not simulator.calls
    assert not await Message.objects.aexists()
    # The file still waits: with a model that sees, the same is sent.
    ack = await page.ask("What is this?", attachments=[row["id"]])
    await page.finished(ack["answer"])
    follow = {"conversation": ack["conversation"], "parent": ack["answer"]}
    second = await page.ask("And in short?", model="deepseek-v4-pro", **follow)
    await page.finished(second["answer"])
    content = asked(simulator)[-1][0]["content"]
    assert content == "[image]: view.png (it cannot be shown to this model)\nWhat is this?"


async def test_only_own_and_unsent_files_are_taken(tab: SocketOf, alice: User, bob: User) -> None:
    page, foreign, own = await tab(alice), await kept(bob), await kept(alice)
    for ids in ([foreign["id"]], [str(uuid4())], [own["id"], own["id"]], [own["id"], foreign["id"]]):
        command = await page.send("Hello", attachments=ids)
        assert (await page.frame("error", id=command))["code"] == "attachment_gone"
    assert not await SentAttachment.objects.aexists()
    ack = await page.ask("Hello", attachments=[own["id"]])
    await page.finished(ack["answer"])
    # Sent once, it belongs to its conversation: to be used there again, and nowhere else.
    command = await page.send("Hello", attachments=[own["id"]])
    assert (await page.frame("error", id=command))["code"] == "attachment_gone"
    again = await page.ask("Hello again", conversation=ack["conversation"], attachments=[own["id"]])
    await page.finished(again["answer"])
    rows = await stored(alice, ack["conversation"])
    assert rows[again["message"]]["attachments"] == rows[ack["message"]]["attachments"] == [own]


async def test_too_many_files(tab: SocketOf, alice: User) -> None:
    page = await tab(alice)
    command = await page.send("Hello", attachments=[str(uuid4()) for _ in range(11)])
    assert (await page.frame("error", id=command))["code"] == "too_many_attachments"


async def test_more_pictures_than_a_request_holds(tab: SocketOf, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enclosures, "MOST_PICTURE_BYTES", 10)
    page, row = await tab(alice), await kept(alice, files.image(), "view.png")
    command = await page.send("Hello", attachments=[row["id"]])
    assert (await page.frame("error", id=command))["code"] == "too_many_images"


async def test_deleting_the_conversation_removes_its_files(tab: SocketOf, alice: User) -> None:
    page, row = await tab(alice), await kept(alice)
    ack = await page.ask("Hello", attachments=[row["id"]])
    await page.finished(ack["answer"])
    command = str(uuid4())
    await page.say("conversation.delete", id=command, conversation=ack["conversation"])
    await page.frame("ack", id=command)
    assert not await Attachment.objects.aexists()


async def test_taken_back_is_not_what_was_sent(tab: SocketOf, alice: User) -> None:
    page, row = await tab(alice), await kept(alice)
    ack = await page.ask("Hello", attachments=[row["id"]])
    await page.finished(ack["answer"])
    with pytest.raises(NotFound):
        await database.run(attachments.remove, alice.pk, UUID(row["id"]))
    assert await Attachment.objects.acount() == 1
