"""Titles, made by the model in the background after the first answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from chatsite import database
from conversations.accounting import ledger
from conversations.deepseek import CallRecord, ChatMessage, ChatRequest, DeepSeekClient, UpstreamError
from conversations.generation import upstream
from conversations.history.keyring import keyring
from conversations.models import Conversation, Message, UpstreamCall
from conversations.services.rows import conversation_row

logger = logging.getLogger(__name__)

_ASK = (
    "Write a title of at most six words for the conversation that follows, in its language. "
    "Answer with the title alone: no quotation marks, no full stop."
)
_EXCERPT = 2000
"""Characters of question and of answer that the title is made from."""
_MAX_TITLE = 100
_MAX_TOKENS = 60


@dataclass(frozen=True, kw_only=True)
class TitleMaker:
    """Makes titles with a cheap, non-thinking call."""

    client: DeepSeekClient
    model: str
    simulated: bool
    pseudonym_key: str = field(repr=False)

    async def make(self, user_id: UUID, answer_id: UUID) -> dict[str, Any] | None:
        """Title the conversation of a first answer. Returns its new row, or None when there was nothing to do.

        A failure costs nothing but the title: the person's first words stay in its place.
        """
        opening = await database.run(_opening, user_id, answer_id)
        if opening is None:
            return None
        try:
            completion = await self.client.complete(self._request(opening, user_id))
        except UpstreamError as error:
            logger.info("no title for conversation %s: %s", opening.conversation_id, error.code)
            await database.run(ledger.record, self._rows(error.calls, user_id))
            return None
        rows = self._rows(completion.calls, user_id, sent=opening.question + opening.answer, received=completion.text)
        return await database.run(_store, user_id, opening.conversation_id, clean(completion.text), rows)

    def _request(self, opening: _Opening, user_id: UUID) -> ChatRequest:
        return ChatRequest(
            model=self.model,
            messages=[
                ChatMessage(role="system", content=_ASK),
                ChatMessage(role="user", content=f"{opening.question}\n\n---\n\n{opening.answer}"),
            ],
            # Without this the call pays for reasoning, and may come back empty.
            thinking="off",
            max_tokens=_MAX_TOKENS,
            user_id=upstream.pseudonym(user_id, self.pseudonym_key),
        )

    def _rows(
        self, calls: list[CallRecord], user_id: UUID, *, sent: str = "", received: str = ""
    ) -> list[UpstreamCall]:
        return [
            upstream.ledger_row(
                call,
                user_id=user_id,
                purpose=UpstreamCall.Purpose.TITLE,
                model=self.model,
                simulated=self.simulated,
                sent=sent,
                received=received,
            )
            for call in calls
        ]


@dataclass(frozen=True)
class _Opening:
    conversation_id: UUID
    question: str = field(repr=False)
    answer: str = field(repr=False)


def clean(text: str) -> str:
    """A model's title as one line: without quotation marks, Markdown signs and full stop, at most 100 characters."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return " ".join(line.strip(" \t#*_`\"'“”„«».").split())[:_MAX_TITLE]


def _opening(user_id: UUID, answer_id: UUID) -> _Opening | None:
    """Question and answer, when the answer is the first one of a conversation that has no title yet."""
    answer = (
        Message.objects.select_related("conversation", "parent")
        .filter(pk=answer_id, conversation__user_id=user_id, parent__parent__isnull=True)
        .filter(conversation__title_source=Conversation.TitleSource.NONE)
        .first()
    )
    if answer is None or answer.parent is None or not answer.text:
        return None
    cipher = keyring().user(user_id)
    return _Opening(
        answer.conversation_id,
        answer.parent.unseal(cipher, "text")[:_EXCERPT],
        answer.unseal(cipher, "text")[:_EXCERPT],
    )


def _store(user_id: UUID, conversation_id: UUID, title: str, calls: list[UpstreamCall]) -> dict[str, Any] | None:
    """Write title and ledger rows; a title that the person wrote meanwhile stays."""
    with transaction.atomic():
        ledger.record(calls)
        if not title:
            return None
        conversation = (
            Conversation.objects.select_for_update()
            .filter(pk=conversation_id, title_source=Conversation.TitleSource.NONE)
            .first()
        )
        if conversation is None:
            return None
        cipher = keyring().user(user_id)
        conversation.seal(cipher, title=title)
        conversation.title_source = Conversation.TitleSource.MODEL
        conversation.save(update_fields=["title", "title_source"])
        return conversation_row(conversation, cipher)
