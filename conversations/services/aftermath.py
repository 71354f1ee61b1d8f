"""What an answer's end leaves to be done in the background: a title, and a summary when the conversation grows long."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

from chatsite.environment import Environment
from conversations.deepseek import DeepSeekClient
from conversations.generation.job import Job
from conversations.models import Generation
from conversations.services import budgets
from conversations.services.access import Refused
from conversations.services.notices import Notice, Notices
from conversations.services.summary_maker import SummaryMaker, Unsummarized
from conversations.services.titles import MAX_TOKENS, TitleMaker


class Aftermath:
    """Makes titles and summaries, and tells the person's pages of them."""

    def __init__(self, environment: Environment, client: DeepSeekClient, notices: Notices) -> None:
        self._notices = notices
        self._summarizing: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        simulated, key = environment.demo, environment.secret_key
        self._titles = TitleMaker(client=client, model=environment.title_model, simulated=simulated, pseudonym_key=key)
        self._summaries = SummaryMaker(client=client, simulated=simulated, pseudonym_key=key)

    def is_needed(self, job: Job, ended: Generation) -> bool:
        """Whether there is anything to be done. Looks into no database."""
        return job.untitled or self._summaries.is_due(job, ended)

    async def work(self, job: Job, ended: Generation) -> None:
        """Do what is needed. A failure costs nothing: the next answer tries again."""
        if job.untitled:
            row = await self._title(job, ended)
            if row is not None:
                await self._notices.publish(job.user_id, Notice({"type": "conversation.changed", "conversation": row}))
        if self._summaries.is_due(job, ended):
            await self.summarize(job.user_id, job.conversation_id, job.message_id, job.model, job.thinking)

    async def _title(self, job: Job, ended: Generation) -> dict[str, Any] | None:
        try:
            async with budgets.held(job.user_id, self._titles.model, self._titles.size(job, ended), MAX_TOKENS):
                return await self._titles.make(job, ended)
        except Refused:
            # The person's first words stay in its place.
            return None

    async def summarize(
        self, user_id: UUID, conversation_id: UUID, leaf_id: UUID, model: str, thinking: str, room: int = 0
    ) -> None:
        """Summarize a branch: `summary.begun` and `summary.changed` for each summary, `summary.ended` in any case.

        One after the other of a conversation: of several that were asked for at once, the first one is paid, and the
        others find it made.
        """
        async with self._summarizing.setdefault(conversation_id, asyncio.Lock()):
            await self._summarize(user_id, conversation_id, leaf_id, model, thinking, room)

    async def _summarize(
        self, user_id: UUID, conversation_id: UUID, leaf_id: UUID, model: str, thinking: str, room: int
    ) -> None:
        follow = str(conversation_id)
        error = None
        try:
            async for row in self._summaries.make(user_id, conversation_id, leaf_id, model, thinking, room):
                frame = {"type": "summary.changed", "summary": row} if row else {"type": "summary.begun", **_of(follow)}
                await self._notices.publish(user_id, Notice(frame, follow=follow))
        except Unsummarized as failure:
            error = str(failure)
        ended = {"type": "summary.ended", **_of(follow), "error": error}
        await self._notices.publish(user_id, Notice(ended, follow=follow))


def _of(conversation: str) -> dict[str, Any]:
    return {"conversation": conversation}
