"""What an answer's end leaves to be done in the background: a title, and a summary when the conversation grows long."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chatsite.environment import Environment
from conversations.deepseek import DeepSeekClient
from conversations.generation.job import Job
from conversations.models import Generation
from conversations.services.notices import Notice, Notices
from conversations.services.summary_maker import SummaryMaker, Unsummarized
from conversations.services.titles import TitleMaker


class Aftermath:
    """Makes titles and summaries, and tells the person's pages of them."""

    def __init__(self, environment: Environment, client: DeepSeekClient, notices: Notices) -> None:
        self._notices = notices
        simulated, key = environment.demo, environment.secret_key
        self._titles = TitleMaker(client=client, model=environment.title_model, simulated=simulated, pseudonym_key=key)
        self._summaries = SummaryMaker(client=client, simulated=simulated, pseudonym_key=key)

    def is_needed(self, job: Job, ended: Generation) -> bool:
        """Whether there is anything to be done. Looks into no database."""
        return job.untitled or self._summaries.is_due(job, ended)

    async def work(self, job: Job, ended: Generation) -> None:
        """Do what is needed. A failure costs nothing: the next answer tries again."""
        if job.untitled:
            row = await self._titles.make(job, ended)
            if row is not None:
                await self._notices.publish(job.user_id, Notice({"type": "conversation.changed", "conversation": row}))
        if self._summaries.is_due(job, ended):
            await self.summarize(job.user_id, job.conversation_id, job.message_id, job.model, job.thinking)

    async def summarize(
        self, user_id: UUID, conversation_id: UUID, leaf_id: UUID, model: str, thinking: str, room: int = 0
    ) -> None:
        """Summarize a branch: `summary.begun` and `summary.changed` for each summary, `summary.ended` in any case."""
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
