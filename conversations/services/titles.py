"""Titles, made by the model in the background after an answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BinaryField, UUIDField

from chatsite import database
from conversations.accounting import ledger
from conversations.deepseek import ChatMessage, ChatRequest, DeepSeekClient, UpstreamError
from conversations.generation import upstream
from conversations.generation.job import Job
from conversations.models import Conversation, Generation, UpstreamCall
from conversations.models.statements import Param, Select, Update, columns
from conversations.services.rows import conversation_row
from conversations.services.side_calls import SideCall

_set_title = Update(
    lambda: Conversation.objects.filter(
        pk=Param("conversation", UUIDField()), title_source=Conversation.TitleSource.NONE
    ),
    title=Param("title", BinaryField()),
    title_source=Conversation.TitleSource.MODEL,
)
_read = Select(
    lambda: Conversation.objects.filter(pk=Param("conversation", UUIDField())).values_list(*columns(Conversation))
)

logger = logging.getLogger(__name__)

_ASK = (
    "Write a title of at most six words for the conversation that follows, in its language. "
    "Answer with the title alone: no quotation marks, no full stop."
)
_EXCERPT = 2000
"""Characters of question and of answer that the title is made from."""
_MAX_TITLE = 100
MAX_TOKENS = 60
_MAX_PROMPT = 2_600
"""Tokens, for the longest excerpts in any script."""
_ASK_TOKENS = 100


@dataclass(frozen=True, kw_only=True)
class TitleMaker:
    """Makes titles with a cheap, non-thinking call."""

    client: DeepSeekClient
    model: str
    simulated: bool
    pseudonym_key: str = field(repr=False)

    @staticmethod
    def size(job: Job, ended: Generation) -> int:
        """Tokens of the request at most, about."""
        if ended.completion_tokens is None:
            return _MAX_PROMPT
        return min(_MAX_PROMPT, _ASK_TOKENS + job.prompt_tokens + ended.completion_tokens)

    async def make(self, job: Job, ended: Generation) -> dict[str, Any] | None:
        """Title the conversation of an answer when it has no title yet. Returns its new row, or None when there was
        nothing to do.

        A failure costs nothing but the title: the person's first words stay in its place, and the next answer tries
        again.
        """
        answer = ended.message.unseal(job.cipher, "text") if job.untitled else ""
        if not answer:
            return None
        question = next(turn.words or turn.text for turn in job.turns if turn.role == "user")
        excerpt = f"{question[:_EXCERPT]}\n\n---\n\n{answer[:_EXCERPT]}"
        call = SideCall(
            client=self.client,
            request=self._request(excerpt, job.user_id),
            user_id=job.user_id,
            purpose=UpstreamCall.Purpose.TITLE,
            simulated=self.simulated,
        )
        try:
            completion, rows = await call.make()
        except UpstreamError as error:
            logger.info("no title for conversation %s: %s", job.conversation_id, error.code)
            return None
        return await database.run(_store, job, clean(completion.text), rows)

    def _request(self, excerpt: str, user_id: UUID) -> ChatRequest:
        return ChatRequest(
            model=self.model,
            messages=[ChatMessage(role="system", content=_ASK), ChatMessage(role="user", content=excerpt)],
            # Without this the call pays for reasoning, and may come back empty.
            thinking="off",
            max_tokens=MAX_TOKENS,
            user_id=upstream.pseudonym(user_id, self.pseudonym_key),
        )


def clean(text: str) -> str:
    """A model's title as one line: without quotation marks, Markdown signs and full stop, at most 100 characters."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return " ".join(line.strip(" \t#*_`\"'“”„«».").split())[:_MAX_TITLE]


def _store(job: Job, title: str, calls: list[UpstreamCall]) -> dict[str, Any] | None:
    """Write title and ledger rows; a title that the person wrote meanwhile stays."""
    conversation = Conversation(pk=job.conversation_id)
    conversation.seal(job.cipher, title=title)
    with transaction.atomic():
        stored = bool(title) and _set_title.run(conversation=conversation.pk, title=conversation.title)
        ledger.record(calls)
        row = _read.first(conversation=conversation.pk) if stored else None
    return conversation_row(Conversation(*row), job.cipher) if row else None
