"""Calls beside the answers: titles and summaries. Whatever becomes of one, what was sent is in the ledger."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from chatsite import database
from conversations.accounting import ledger
from conversations.deepseek import CallRecord, ChatRequest, Completion, DeepSeekClient, UpstreamError
from conversations.generation import upstream
from conversations.models import UpstreamCall


@dataclass(frozen=True, kw_only=True)
class SideCall:
    """One question on a person's behalf. `purpose` is one of `UpstreamCall.Purpose`."""

    client: DeepSeekClient
    request: ChatRequest
    user_id: UUID
    purpose: str
    simulated: bool

    async def make(self) -> tuple[Completion, list[UpstreamCall]]:
        """The answer, and the unsaved ledger rows of its calls: they are stored with what becomes of it.

        Without an answer the rows are stored here. Raises `UpstreamError`; a process that ends cancels it.
        """
        calls: list[CallRecord] = []
        try:
            completion = await self.client.complete(self.request, calls)
        except (UpstreamError, asyncio.CancelledError):
            if calls:
                await database.run(ledger.record, self._rows(calls, ""))
            raise
        return completion, self._rows(calls, completion.text)

    def _rows(self, calls: list[CallRecord], received: str) -> list[UpstreamCall]:
        unknown = any(call.usage is None for call in calls)
        sent = upstream.sent_with(self.request) if unknown else 0
        return [
            upstream.ledger_row(
                call,
                user_id=self.user_id,
                purpose=self.purpose,
                model=self.request.model,
                simulated=self.simulated,
                sent=sent,
                received=received,
            )
            for call in calls
        ]
