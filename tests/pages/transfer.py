"""What goes out and comes in over HTTP, for the tests of both."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.test import AsyncClient, Client

from chatsite.accounts.models import User
from conversations.history.keyring import keyring
from conversations.models import (
    Conversation,
    Generation,
    Message,
)
from tests.pages.test_views import conversation_of


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
