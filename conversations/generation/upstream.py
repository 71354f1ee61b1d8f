"""The border between the engine and the client: jobs become requests, call records become ledger rows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from itertools import chain
from uuid import UUID, uuid5

from conversations.deepseek import CallRecord, ChatMessage, ChatRequest, ImagePart, ImageUrl, TextPart, estimate_tokens
from conversations.deepseek.tokens import IMAGE
from conversations.generation.job import Job
from conversations.history.prompt import Picture, Turn
from conversations.models import UpstreamCall

_LABEL = re.compile(r"[A-Za-z0-9_.:/@+-]*")


def pseudonym(user_id: UUID, key: str) -> str:
    """The `user_id` that the upstream sees: stable for a person and a site key, and worth nothing elsewhere."""
    return hmac.new(key.encode(), f"upstream-user:{user_id}".encode(), hashlib.sha256).hexdigest()[:32]


def request_of(job: Job, *, user: str) -> ChatRequest:
    """The request of a job. With text so far the answer is continued from exactly there by prefix completion."""
    messages = [message_of(turn) for turn in job.turns]
    if job.text:
        messages.append(
            ChatMessage(role="assistant", content=job.text, reasoning_content=job.reasoning or None, prefix=True)
        )
    fields = job.options.fields()
    if job.output_limit is not None:
        fields["max_tokens"] = min(job.output_limit, job.options.max_tokens or job.output_limit)
    return ChatRequest(model=job.model, messages=messages, thinking=job.thinking, user_id=user, **fields)


def message_of(turn: Turn) -> ChatMessage:
    """A turn as the client sends it."""
    if turn.pictures:
        images = [ImagePart(ImageUrl(_data_url(picture))) for picture in turn.pictures]
        return ChatMessage(role=turn.role, content=[*images, TextPart(turn.text)])
    return ChatMessage(role=turn.role, content=turn.text, reasoning_content=turn.reasoning or None)


def _data_url(picture: Picture) -> str:
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"


def label(text: str | None, most: int) -> str:
    """A name that the upstream gave (a model, a finish reason), as it may be stored and shown: letters, digits and
    signs of identifiers, at most `most` of them.

    An upstream can put anything there, text of the conversation and NUL included; a column refuses the one, and the
    ledger holds none of the other.
    """
    text = text or ""
    return text if len(text) <= most and _LABEL.fullmatch(text) else "unreadable" if text else ""


def sent_by(job: Job) -> int:
    """About how many tokens a job sends, for estimates of what it costs."""
    texts = [turn.text for turn in job.turns]
    if job.text:
        texts += [job.text, job.reasoning]
    return estimate_tokens("".join(texts)) + IMAGE * sum(len(turn.pictures) for turn in job.turns)


def sent_with(request: ChatRequest) -> int:
    """The same of a request."""
    contents = (message.content for message in request.messages)
    parts = [*chain.from_iterable([TextPart(each)] if isinstance(each, str) else each for each in contents)]
    text = "".join(part.text for part in parts if isinstance(part, TextPart))
    return estimate_tokens(text) + IMAGE * sum(isinstance(part, ImagePart) for part in parts)


def ledger_row(
    record: CallRecord,
    *,
    user_id: UUID,
    purpose: str,
    model: str,
    simulated: bool,
    generation: UUID | None = None,
    attempt: int = 1,
    sent: int = 0,
    received: str = "",
) -> UpstreamCall:
    """An unsaved ledger row of one HTTP call.

    Without a usage from the upstream (stopped, cut) the tokens are an estimate: those `sent`, all of them as new input,
    and those of the text `received`; the row says so. That goes for calls which brought a token, and for those which
    this side hung up on; any other call that was refused or never brought a token is not billed and counts none.
    """
    row = UpstreamCall(
        user_ref=user_id,
        generation_ref=generation,
        attempt=attempt,
        number=record.number,
        purpose=purpose,
        upstream=record.upstream,
        model_asked=model,
        model_served=label(record.model, 100),
        trace_id=label(record.trace_id or record.upstream_id, 200),
        queued_at=record.queued_at,
        started_at=record.started_at,
        first_token_at=record.first_token_at,
        ended_at=record.ended_at or record.started_at,
        http_status=record.status,
        finish_reason=label(record.finish_reason, 64) or ("stopped" if record.closed_early else ""),
        error_code=record.error.code if record.error else "",
        simulated=simulated,
    )
    if generation is not None:
        # The same call recorded twice is one row.
        row.id = uuid5(generation, f"{attempt}:{record.number}")
    _put_tokens(row, record, sent, received)
    return row


def _put_tokens(row: UpstreamCall, record: CallRecord, sent: int, received: str) -> None:
    usage = record.usage
    if usage is not None:
        row.cache_hit_tokens, row.cache_miss_tokens = usage.cache_hit_tokens, usage.cache_miss_tokens
        row.output_tokens, row.reasoning_tokens = usage.completion_tokens, usage.reasoning_tokens
    elif record.first_token_at is not None or record.closed_early:
        # The upstream documents neither whether it stops nor whether it bills what nobody reads any more.
        row.cache_miss_tokens, row.output_tokens = sent, estimate_tokens(received)
        row.estimated = True
