"""Exports and imports over HTTP: what went out comes in again; nobody else's, nothing hostile, nothing half."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from chatsite.accounts.models import User
from conversations.generation.options import Options
from conversations.history.keyring import keyring
from conversations.models import (
    Attachment,
    Conversation,
    Folder,
    Generation,
    Message,
    SentAttachment,
    Summary,
    UpstreamCall,
    UsageDay,
)
from conversations.services import attachments, drafts, folders, presets
from conversations.services.importing import storing
from tests.attachments import files
from tests.pages.test_views import conversation_of
from tests.services.importing.samples import chatgpt, open_webui

_FUTURE = b'{"format":"chatsite","version":9,"conversations":[]}'

pytestmark = pytest.mark.django_db(transaction=True)


async def exported(user: User, **query: Any) -> tuple[str, bytes]:
    """File name and content of a download."""
    client = AsyncClient()
    await client.aforce_login(user)
    response = await client.get("/conversations/export/", query)
    assert response.status_code == 200
    content = b"".join([piece async for piece in response])  # type: ignore[attr-defined]
    return response["Content-Disposition"], content


def imported(user: User, data: Any) -> dict[str, Any]:
    client = Client()
    client.force_login(user)
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    response = client.post("/conversations/import/", raw, content_type="application/octet-stream")
    return {"status": response.status_code, **response.json()}


def answered(user: User, title: str = "Soup") -> Conversation:
    """A conversation whose answer has figures, with an alternative beside it."""
    conversation = conversation_of(user, title, messages=2)
    cipher = keyring().user(user.pk)
    question = Message.objects.get(conversation=conversation, role="user")
    now = datetime.now(UTC)
    other = Message(conversation=conversation, parent=question, role="assistant", created_at=now)
    other.seal(cipher, text="**Another** one", reasoning="Hm")
    other.save()
    for answer in Message.objects.filter(conversation=conversation, role="assistant"):
        Generation.objects.create(
            message=answer,
            user=user,
            command=uuid4(),
            status="stopped",
            model="deepseek-v4-pro",
            thinking="high",
            created_at=now,
            finish_reason="length",
            prompt_tokens=10,
            cached_tokens=4,
            completion_tokens=7,
            reasoning_tokens=2,
            cost=Decimal("0.000054"),
            currency="USD",
            duration_ms=900,
        )
    conversation.seal(cipher, instructions="Be brief", options='{"temperature":0.5}')
    conversation.save()
    return conversation


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


async def test_json_has_everything(alice: User) -> None:
    await sync_to_async(answered)(alice)
    name, content = await exported(alice, format="json")
    assert name.startswith("attachment")
    document = json.loads(content)
    assert (document["format"], document["version"]) == ("chatsite", 1)
    (conversation,) = document["conversations"]
    assert (conversation["instructions"], conversation["options"]) == ("Be brief", {"temperature": 0.5})
    assert [message["role"] for message in conversation["messages"]] == ["user", "assistant", "assistant"]
    last = conversation["messages"][-1]
    assert (last["text"], last["reasoning"]) == ("**Another** one", "Hm")
    assert last["generation"]["usage"] == {
        "prompt": 10,
        "cached": 4,
        "completion": 7,
        "reasoning": 2,
        "estimated": False,
    }
    assert last["generation"]["cost"]["amount"] == "0.000054"


async def test_long_conversations_are_read_in_pieces_without_a_gap(alice: User) -> None:
    conversation = await sync_to_async(conversation_of)(alice, messages=257)
    _, content = await exported(alice, format="json", conversation=str(conversation.pk))
    (found,) = json.loads(content)["conversations"]
    assert [message["text"].split()[1] for message in found["messages"]] == [str(n) for n in range(257)]
    _, text = await exported(alice, format="markdown", conversation=str(conversation.pk))
    assert re.findall(rb"text (\d+)", text) == [str(n).encode() for n in range(257)]


async def test_several_become_a_zip_with_names_that_every_system_takes(alice: User) -> None:
    for title in ("../../etc/passwd", "a:b*c?", "\u202etxt.exe", "", "番茄"):
        await sync_to_async(conversation_of)(alice, title, messages=2)
    for format_ in ("markdown", "html"):
        name, content = await exported(alice, format=format_)
        assert ".zip" in name
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
        assert len(names) == 5
        assert not [name for name in names if re.search(r'[/\\:*?"<>|\u202e]|\.\.', name)]


async def test_html_runs_and_loads_nothing(alice: User) -> None:
    hostile = (
        "<script>alert(1)</script> ![x](https://evil.example/p.png) [x](javascript:alert(1)) <img src=x onerror=a>"
    )

    @sync_to_async
    def prepare() -> Conversation:
        conversation = conversation_of(alice, f"</title>{hostile}", messages=2)
        for message in Message.objects.filter(conversation=conversation):
            message.seal(keyring().user(alice.pk), text=hostile, reasoning=hostile)
            message.save()
        return conversation

    conversation = await prepare()
    _, content = await exported(alice, format="html", conversation=str(conversation.pk))
    page = content.decode()
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|img|iframe|link|object|form)\b", page)
    assert not re.search(r"<[^>]+\s(on\w+|src)=", page)
    assert 'href="javascript' not in page


@pytest.mark.parametrize("format_", ["json", "markdown", "html"])
async def test_nobody_elses_are_exported(alice: User, charlie: User, format_: str) -> None:
    conversation = await sync_to_async(conversation_of)(alice, "Secret soup")
    client = AsyncClient()
    await client.aforce_login(charlie)
    answer = await client.get("/conversations/export/", {"format": format_, "conversation": str(conversation.pk)})
    assert answer.status_code == 404
    _, content = await exported(charlie, format=format_)
    assert b"Secret" not in content


async def test_a_bad_question_is_answered_with_400(alice: User) -> None:
    client = AsyncClient()
    await client.aforce_login(alice)
    for query in ({}, {"format": "exe"}, {"format": "json", "conversation": "x"}):
        assert (await client.get("/conversations/export/", query)).status_code == 400
    anonymous = await AsyncClient().get("/conversations/export/", {"format": "json"})
    assert anonymous.status_code == 302


def test_the_same_file_twice_is_imported_once(alice: User) -> None:
    data = [chatgpt(), open_webui(), chatgpt(conversation_id=None, title="No id")]
    assert imported(alice, data)["imported"] == 3
    again = imported(alice, data)
    assert (again["imported"], again["duplicates"]) == (0, 3)
    assert Conversation.objects.count() == 3


def test_what_was_deleted_can_be_imported_again(client: Client, alice: User) -> None:
    imported(alice, [chatgpt()])
    first = Conversation.objects.get()
    client.force_login(alice)
    chosen = {"conversations": [str(first.pk)]}
    client.post("/conversations/delete/", chosen, content_type="application/json")
    assert imported(alice, [chatgpt()])["imported"] == 1
    restored = client.post("/conversations/restore/", chosen, content_type="application/json")
    assert restored.status_code == 200
    assert imported(alice, [chatgpt()])["duplicates"] == 1


async def test_ones_own_export_is_recognised(alice: User) -> None:
    await sync_to_async(answered)(alice)
    _, content = await exported(alice, format="json")
    report = await sync_to_async(imported)(alice, content)
    assert (report["imported"], report["duplicates"]) == (0, 1)


def test_an_imported_chat_is_whole_sealed_and_of_its_time(client: Client, alice: User) -> None:
    imported(alice, [chatgpt()])
    row = Conversation.objects.get()
    assert row.created_at.year == 2025
    assert b"Sourdough" not in bytes(row.title)
    assert "chatgpt-1" not in row.origin
    client.force_login(alice)
    data = client.get(f"/c/{row.pk}/messages/").json()
    # The branch, whose answer has an alternative.
    assert [message["text"] for message in data["messages"]] == ["How do I start?", "With rye flour."]
    assert len(data["messages"][1]["alternatives"]) == 2
    assert data["conversation"]["leaf"] == data["messages"][-1]["id"]
    assert data["conversation"]["model"] == "deepseek-flash"
    assert data["messages"][1]["generation"]["model"] == "gpt-4o"
    assert data["messages"][1]["created"].startswith("2025-10-09")
    assert [UUID(message["id"]) for message in data["messages"]] == sorted(UUID(m["id"]) for m in data["messages"])


def test_what_is_wrong_is_named_and_the_rest_comes_in(alice: User) -> None:
    report = imported(
        alice, [chatgpt(), {"mapping": {"a": 7}, "title": "Bad"}, chatgpt(mapping={}, conversation_id="e")]
    )
    assert (report["imported"], report["failed"]) == (1, 2)
    assert [skipped["number"] for skipped in report["skipped"]] == [2, 3]
    assert "$.mapping" in report["skipped"][0]["reason"]
    assert "no messages" in report["skipped"][1]["reason"]
    assert Conversation.objects.count() == 1


def test_signs_that_no_column_takes_spoil_no_import(alice: User) -> None:
    """PostgreSQL takes no NUL in texts; models and the ends of answers are such."""
    chat = chatgpt(conversation_id="nul")
    for node in chat["mapping"].values():
        if node["message"] and "metadata" in node["message"]:
            node["message"]["metadata"]["model_slug"] = "gpt\0-4o"
    cost = {"amount": "1", "currency": "U\0D"}
    generation = {"model": "m\0", "finish_reason": "\0", "error": "e\0", "status": "failed", "cost": cost}
    messages = [
        {"id": "a", "role": "user", "text": "\0"},
        {"id": "b", "parent": "a", "role": "assistant", "text": "x", "generation": generation},
    ]
    own = {
        "format": "chatsite",
        "version": 1,
        "conversations": [{"id": "x", "title": "a\0", "messages": messages}],
    }
    assert imported(alice, [chat])["imported"] == 1
    assert imported(alice, own)["imported"] == 1
    assert {row.model for row in Generation.objects.all()} == {"gpt-4o", "m"}


def test_a_folder_that_is_deleted_meanwhile_is_made_again(alice: User) -> None:
    chats = [
        {"id": key, "title": key, "folder": "f", "messages": [{"id": "a", "role": "user", "text": "x"}]} for key in "xy"
    ]
    known = {"id": "f", "name": "Recipes"}
    data = {"format": "chatsite", "version": 1, "folders": [known], "conversations": chats}
    folder = folders.create(alice.pk, "Recipes")
    running = storing.Import(alice, "deepseek-flash")
    folders.delete(alice.pk, UUID(folder["id"]))
    report = running.run(json.dumps(data).encode())
    assert (report.imported, report.duplicates) == (2, 0)
    assert set(Conversation.objects.values_list("folder_id", flat=True)) == {Folder.objects.get().pk}


def test_a_damaged_zip_is_refused(alice: User) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("conversations.json", json.dumps([chatgpt()]))
    data = bytearray(target.getvalue())
    data[60:70] = b"\xff" * 10
    report = imported(alice, bytes(data))
    assert (report["status"], report["code"]) == (400, "not_an_export")
    assert "damaged" in report["error"]


@pytest.mark.parametrize("data", [b"", b"hello", b"[", b"PK\x03\x04", _FUTURE])
def test_nothing_is_imported_from_what_is_no_export(alice: User, data: bytes) -> None:
    report = imported(alice, data)
    assert report["status"] == 400
    assert "Nothing was imported" in report["error"]
    assert not Conversation.objects.exists()


def test_a_file_that_is_too_large_is_refused(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conversations.pages.imports.MOST_BYTES", 1000)
    report = imported(alice, b"[" + b" " * 2000 + b"]")
    assert (report["status"], report["code"]) == (400, "too_large")


def test_imported_answers_cost_nothing_in_the_ledger(alice: User) -> None:
    imported(alice, [chatgpt()])
    assert not UpstreamCall.objects.exists()
    assert not UsageDay.objects.exists()


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
