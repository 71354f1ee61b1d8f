"""The context of an answer: what of its branch goes into the prompt, behind which summary, and whether it fits."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

from conversations.history.cipher import Cipher, Unreadable
from conversations.history.context import Measured, prompt_size
from conversations.history.prompt import Turn, prompt
from conversations.models import Conversation, FormerInstructions, Message
from conversations.services import enclosures
from conversations.services.access import Refused
from conversations.services.branches import Said, SummaryInForce
from conversations.services.enclosures import Reading
from conversations.services.models import prompt_budget
from conversations.services.policy import terms_for

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Context:
    """A branch as it goes to the upstream, without having been cut to anything."""

    turns: tuple[Turn, ...] = field(repr=False)
    """The prompt."""
    open: tuple[Turn, ...] = field(repr=False)
    """The messages behind the summary in force, those that are not sent included."""
    keys: tuple[UUID, ...] = field(repr=False)
    """The ids of those messages."""
    standing: SummaryInForce | None
    """The summary in force."""
    summary: str = field(repr=False)
    """Its text."""
    tokens: int
    """Size of the prompt."""


def context_of(
    conversation: Conversation,
    branch: Sequence[Said],
    cipher: Cipher,
    model: str,
    *,
    has_files: bool = True,
    began: datetime | None = None,
) -> Context:
    """The context of a branch as `branch_to` gives it, perhaps with a new message at its end. Queries are those of the
    files, and with `began` one more: of an answer that goes on, which keeps the chat's instructions of then. Raises
    `Refused` for what cannot be decrypted or read by `model`.
    """
    standing = branch[0].summary if branch else None
    messages = branch[1:] if standing and _is_told(branch) else branch
    try:
        summary = standing.unseal(cipher) if standing else ""
        reading = _reading(conversation, messages, cipher, model) if has_files and messages else Reading(model)
        turns = tuple(_turn(message, cipher, reading) for message in messages)
        instructions = instructions_of(conversation, cipher, began=began)
    except Unreadable as unreadable:
        logger.error("%s", unreadable)
        raise Refused(
            "unreadable",
            gettext(
                "A message of this conversation can no longer be decrypted, so it cannot be continued. "
                "Your text was kept; start a new chat with it, and tell your administrators."
            ),
        ) from None
    sent = tuple(prompt(turns, instructions=instructions, summary=summary))
    ahead = len(sent) - sum(turn.is_sent for turn in turns)
    tokens = prompt_size(sent, _measured(messages, turns, ahead, standing))
    keys = tuple(message.id for message in messages)
    return Context(turns=sent, open=turns, keys=keys, standing=standing, summary=summary, tokens=tokens)


def instructions_of(conversation: Conversation, cipher: Cipher, *, began: datetime | None = None) -> str:
    """What a conversation starts with: what its owner's policy says, then its own instructions: those that were in
    force when an answer `began`, or those of now. A policy holds as it is now. Raises `Unreadable`.
    """
    former = _former_instructions(conversation, began) if began else None
    own = former.unseal(cipher, "text") if former else conversation.unseal(cipher, "instructions").strip()
    return "\n\n".join(part for part in (terms_for(conversation.user_id).instructions, own) if part)


def _former_instructions(conversation: Conversation, at: datetime) -> FormerInstructions | None:
    rows = FormerInstructions.objects.filter(conversation=conversation, until__gt=at)
    return rows.order_by("until").first()


def check_fits(context: Context, model: str, thinking: str) -> None:
    """Raises `Refused` for a prompt that is beyond the budget: before anything is stored or sent."""
    budget = prompt_budget(model, thinking)
    if context.tokens <= budget:
        return
    alone = prompt_size(context.turns[-1:])
    if alone > budget * 0.9 or len(context.open) < 2:
        raise Refused(
            "message_too_large",
            gettext(
                "This message is too long for the model: about {tokens} tokens, and {most} fit. "
                "Nothing was sent and your text was kept. Shorten it, or send it in parts."
            ).format(tokens=f"{alone:,}", most=f"{budget:,}"),
        )
    raise Refused(
        "context_full",
        gettext(
            "With this message the chat would have about {tokens} tokens, and {most} fit. "
            "Nothing was sent and your text was kept. Have the older messages summarized, or start a new chat."
        ).format(tokens=f"{context.tokens:,}", most=f"{budget:,}"),
    )


def _is_told(branch: Sequence[Said]) -> bool:
    """Whether the summary of its first message tells all of that: not what an answer went on to say afterwards, and a
    question that is to be answered has to be there itself.
    """
    first = branch[0]
    if first.role == Message.Role.USER:
        return len(branch) > 1
    started, summary = first.attempt_started_at, first.summary
    return started is None or summary is None or started <= summary.changed_at


def _reading(conversation: Conversation, messages: Sequence[Said], cipher: Cipher, model: str) -> Reading:
    return enclosures.reading(conversation.pk, [message.id for message in messages], cipher, model)


def _turn(message: Said, cipher: Cipher, reading: Reading) -> Turn:
    reasoning, text = message.unseal(cipher)
    if message.role == Message.Role.USER:
        return reading.turn(message.id, text)
    return Turn("assistant", text, reasoning, withheld=message.finish_reason == "content_filter")


def _measured(
    messages: Sequence[Said], turns: Sequence[Turn], ahead: int, standing: SummaryInForce | None
) -> Measured | None:
    """The real usage of the last answer whose prompt began as this one does; `ahead` turns stand before `turns`."""
    sent = ahead + sum(turn.is_sent for turn in turns)
    for message, turn in zip(reversed(messages), reversed(turns), strict=True):
        if message.prompt_tokens and _tells(message, standing):
            said = (message.completion_tokens or 0) - (message.reasoning_tokens or 0) if turn.is_sent else 0
            return Measured(sent, message.prompt_tokens + max(0, said))
        sent -= turn.is_sent
    return None


def _tells(answer: Said, standing: SummaryInForce | None) -> bool:
    """Whether the usage is exact, and of a prompt with the same summary."""
    if answer.estimated or answer.created_at is None:
        return False
    return standing is None or answer.created_at > standing.changed_at
