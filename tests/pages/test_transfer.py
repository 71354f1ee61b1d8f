"""What went out comes in again as it was: chats, files, summaries, drafts and presets."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from asgiref.sync import sync_to_async

from chatsite.accounts.models import User
from conversations.generation.options import Options
from conversations.history.keyring import keyring
from conversations.models import (
    Attachment,
    Conversation,
    Folder,
    Message,
    SentAttachment,
    Summary,
)
from conversations.services import attachments, drafts, folders, presets
from tests.attachments import files
from tests.pages.transfer import answered, exported, imported

pytestmark = pytest.mark.django_db(transaction=True)


def _without_ids(document: dict[str, Any]) -> Any:
    """A document as it is but for its ids, which are named by their order."""
    text = json.dumps({**document, "exported": ""})
    names: dict[str, str] = {}
    pattern = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    return json.loads(re.sub(pattern, lambda found: names.setdefault(found[0], f"id {len(names)}"), text))


async def test_what_was_exported_comes_in_again_as_it_was(alice: User, bob: User) -> None:
    @sync_to_async
    def prepare() -> None:
        conversation = answered(alice)
        folder = folders.create(alice.pk, "Recipes")
        Conversation.objects.filter(pk=conversation.pk).update(folder=folder["id"], model="deepseek-flash")

    await prepare()
    _, first = await exported(alice, format="json")
    report = await sync_to_async(imported)(bob, first)
    assert (report["imported"], report["messages"], report["failed"]) == (1, 3, 0)
    _, second = await exported(bob, format="json")
    assert _without_ids(json.loads(second)) == _without_ids(json.loads(first))
    assert await Folder.objects.filter(user=bob).acount() == 1


def with_unsent(user: User) -> Conversation:
    """A conversation with a draft, another draft without one, and two presets."""
    conversation = answered(user)
    drafts.write(user.pk, conversation.pk, text="half a question", version=0)
    drafts.write(user.pk, None, text="something new", version=0)
    for name, model in (("Pirate", ""), ("Thorough", "deepseek-v4-pro")):
        content = presets.Content(name, f"Be {name}.", model, "high" if model else "", Options(temperature=0.5))
        presets.create(user, content, shared=False)
    return conversation


async def test_drafts_and_presets_go_out_and_come_in_again(alice: User, bob: User) -> None:
    conversation = await sync_to_async(with_unsent)(alice)
    _, first = await exported(alice, format="json")
    document = json.loads(first)
    assert (document["draft"], document["conversations"][0]["draft"]) == ("something new", "half a question")
    assert [(each["name"], each["model"], each["thinking"]) for each in document["presets"]] == [
        ("Pirate", "", ""),
        ("Thorough", "deepseek-v4-pro", "high"),
    ]
    report = await sync_to_async(imported)(bob, first)
    assert (report["imported"], report["presets"], report["presets_left_out"]) == (1, 2, 0)
    assert not report["draft_left_out"]
    _, second = await exported(bob, format="json")
    own = json.loads(second)
    assert [own[name] for name in ("draft", "presets")] == [document[name] for name in ("draft", "presets")]
    assert own["conversations"][0]["draft"] == "half a question"
    again = await sync_to_async(imported)(bob, first)
    assert (again["duplicates"], again["presets"], again["draft_left_out"]) == (1, 0, False)

    _, chosen = await exported(alice, format="json", conversation=str(conversation.pk))
    some = json.loads(chosen)
    assert "presets" not in some
    assert "draft" not in some
    assert some["conversations"][0]["draft"] == "half a question"


def test_what_has_no_place_is_left_out_and_told(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts.write(alice.pk, None, text="mine", version=0)
    good = {"name": "Good", "model": "no-longer-offered", "thinking": "max"}
    bad = [{"name": ""}, {"name": "Hot", "options": {"temperature": 9}}, {"name": "Odd", "options": {"odd": 1}}]
    file = {"format": "chatsite", "version": 1, "conversations": [], "draft": "theirs", "presets": [good, *bad]}
    report = imported(alice, file)
    assert (report["presets"], report["presets_left_out"], report["draft_left_out"]) == (1, 3, True)
    assert drafts.read(alice.pk, None)["text"] == "mine"
    (row,) = presets.own_rows(alice.pk)
    assert (row["name"], row["model"], row["thinking"]) == ("Good", "", "")
    monkeypatch.setattr(presets, "MOST", 1)
    more = imported(alice, file | {"presets": [good | {"instructions": "More."}, {"instructions": "no name"}]})
    assert (more["presets"], more["presets_left_out"], more["failed"]) == (0, 1, 1)


async def test_ones_own_export_is_recognised(alice: User) -> None:
    await sync_to_async(answered)(alice)
    _, content = await exported(alice, format="json")
    report = await sync_to_async(imported)(alice, content)
    assert (report["imported"], report["duplicates"]) == (0, 1)


def with_files(user: User) -> Conversation:
    """A conversation with a summary. The question and an edit of it have the same note; the edit has a picture, too."""
    conversation = answered(user)
    cipher = keyring().user(user.pk)
    now = datetime.now(UTC)
    question, first = Message.objects.filter(conversation=conversation).order_by("pk")[:2]
    edit = Message(conversation=conversation, role="user", created_at=now)
    edit.seal(cipher, text="And these?")
    edit.save()
    note = attachments.read(user.pk, "Käse [1] & Wein.txt", b"Brie goes with Riesling", conversation_id=conversation.pk)
    picture = attachments.read(user.pk, "cheese.png", files.image(), conversation_id=conversation.pk)
    for position, (message, attachment) in enumerate([(question, note), (edit, note), (edit, picture)]):
        attachment.sent_at = now
        attachment.save()
        SentAttachment.objects.create(message=message, attachment=attachment, position=position)
    summary = Summary(conversation=conversation, message=first, author="person", created_at=now, changed_at=now)
    summary.seal(cipher, text="They like cheese")
    summary.save()
    Conversation.objects.filter(pk=conversation.pk).update(leaf=first, model="deepseek-flash")
    return conversation


async def test_files_and_summaries_go_out_and_come_in_again(alice: User, bob: User) -> None:
    await sync_to_async(with_files)(alice)
    name, first = await exported(alice, format="json")
    assert ".zip" in name
    with zipfile.ZipFile(io.BytesIO(first)) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
        document = json.loads(packed.read("conversations.json"))
        (conversation,) = document["conversations"]
        (file,) = conversation["messages"][0]["attachments"]
        assert packed.read(file["file"]) == b"Brie goes with Riesling"
        assert len(names) == len(set(names)) == 3
        assert {info.compress_type for info in packed.infolist()} == {zipfile.ZIP_DEFLATED}
    assert [each["text"] for each in conversation["summaries"]] == ["They like cheese"]
    report = await sync_to_async(imported)(bob, first)
    assert (report["imported"], report["left_out"], report["failed"]) == (1, 0, 0)
    _, second = await exported(bob, format="json")
    with zipfile.ZipFile(io.BytesIO(second)) as packed:
        again = json.loads(packed.read("conversations.json"))
        contents = sorted(packed.read(name) for name in packed.namelist() if name.startswith("files/"))
    assert _without_ids(again) == _without_ids(document)
    assert contents == sorted([b"Brie goes with Riesling", files.image()])
    read = await sync_to_async(texts_for_the_model)(bob)
    assert read == ["Brie goes with Riesling", ""]
    assert (await sync_to_async(imported)(bob, first))["duplicates"] == 1
    assert await Attachment.objects.filter(user=bob).acount() == 2


def texts_for_the_model(user: User) -> list[str]:
    rows = Attachment.objects.filter(user=user, sent_at__isnull=False).order_by("pk")
    return [row.unseal(keyring().user(user.pk), "text") for row in rows]


async def test_files_that_are_not_there_or_not_allowed_are_left_out_and_counted(alice: User, bob: User) -> None:
    await sync_to_async(with_files)(alice)
    _, content = await exported(alice, format="json")
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        document = packed.read("conversations.json")
    alone = await sync_to_async(imported)(bob, document)
    assert (alone["imported"], alone["messages"], alone["left_out"]) == (1, 4, 2)
    changed = json.loads(document)
    changed["conversations"][0]["id"] = ""
    for message in changed["conversations"][0]["messages"]:
        for file in message["attachments"]:
            file["file"] = "conversations.json" if file["kind"] == "image" else "files/bad"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("conversations.json", json.dumps(changed))
        packed.writestr("files/bad", b"\x00\x01\x02\xff" * 100)
    report = await sync_to_async(imported)(bob, target.getvalue())
    # The JSON is a text, too; what is neither text nor anything else that can be read is not.
    assert (report["imported"], report["left_out"]) == (1, 1)


async def test_markdown_and_html_lead_to_the_files(alice: User) -> None:
    conversation = await sync_to_async(with_files)(alice)
    for format_, ending in (("markdown", "md"), ("html", "html")):
        name, content = await exported(alice, format=format_, conversation=str(conversation.pk))
        assert ".zip" in name
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            (text,) = [packed.read(name).decode() for name in packed.namelist() if name.endswith(f".{ending}")]
            (link,) = re.findall(r'files/[^)"]+', text)
            assert packed.read(unquote(link)) == b"Brie goes with Riesling"
        assert "They like cheese" in text
        assert r"Käse \[1\] \& Wein.txt" in text or "Käse [1] &amp; Wein.txt" in text


async def test_nobody_elses_files_are_exported(alice: User, charlie: User) -> None:
    await sync_to_async(with_files)(alice)
    await sync_to_async(answered)(charlie)
    name, content = await exported(charlie, format="json")
    assert ".json" in name
    assert b"Riesling" not in content
