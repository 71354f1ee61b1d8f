"""Exports over HTTP: everything that was asked for, nobody else's, and nothing that runs."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from chatsite.accounts.models import User
from conversations.history.keyring import keyring
from conversations.models import (
    Conversation,
    Message,
)
from tests.pages.test_views import conversation_of
from tests.pages.transfer import answered, exported

pytestmark = pytest.mark.django_db(transaction=True)


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
