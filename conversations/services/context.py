"""The context of an answer: what of its branch goes into the prompt, behind which summary, and whether it fits."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import UUIDField
from django.utils.translation import gettext

from conversations.history.cipher import Cipher, Unreadable
from conversations.history.context import Measured, prompt_size
from conversations.history.prompt import Turn, prompt
from conversations.models import Conversation, FormerInstructions, Generation, Message, Summary
from conversations.models.statements import Param, Select
from conversations.services import enclosures
from conversations.services.access import Refused
from conversations.services.conversations import generation_of
from conversations.services.enclosures import Reading
from conversations.services.models import prompt_budget
from conversations.services.policy import terms_for

logger = logging.getLogger(__name__)

_find_summaries = Select(
    lambda: Summary.objects.filter(conversation_id=Param("conversation", UUIDField())).values_list(
        "pk", "message_id", "text", "version", "changed_at"
    )
)


@dataclass(frozen=True, slots=True)
class Standing:
    """The summary in force on a branch; `covered` messages are in it."""

    id: UUID
    message_id: UUID
    version: int
    changed_at: datetime
    text: str = field(repr=False)
    covered: int


@dataclass(frozen=True, slots=True)
class Context:
    """A branch as it goes to the upstream, without having been cut to anything."""

    turns: tuple[Turn, ...] = field(repr=False)
    """The prompt."""
    open: tuple[Turn, ...] = field(repr=False)
    """The messages behind the summary in force, those that are not sent included."""
    standing: Standing | None
    tokens: int
    """Size of the prompt."""


def context_of(
    conversation: Conversation,
    branch: list[Message],
    cipher: Cipher,
    model: str,
    *,
    has_files: bool = True,
    began: datetime | None = None,
) -> Context:
    """The context of a branch of messages (selected with their generations), oldest first. One query and those of the
    files, none for a first message without files. `began`: of an answer that goes on; it keeps the chat's instructions
    of then. Raises `Refused` for what cannot be decrypted or read by `model`.
    """
    try:
        standing = _in_force(conversation, branch, cipher) if len(branch) > 1 else None
        messages = branch[standing.covered :] if standing else branch
        reading = enclosures.reading(messages, cipher, model) if has_files and messages else Reading(model)
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
    sent = tuple(prompt(turns, instructions=instructions, summary=standing.text if standing else ""))
    ahead = len(sent) - sum(turn.is_sent for turn in turns)
    measured = _measured(messages, turns, ahead, standing)
    return Context(turns=sent, open=turns, standing=standing, tokens=prompt_size(sent, measured))


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


def _in_force(conversation: Conversation, branch: Sequence[Message], cipher: Cipher) -> Standing | None:
    """The summary that stands furthest down the branch."""
    rows = {row[1]: row for row in _find_summaries.rows(conversation=conversation.pk)}
    if not rows:
        return None
    for covered in range(len(branch), 0, -1):
        found = rows.get(branch[covered - 1].pk)
        if found is not None:
            key, message_id, sealed, version, changed_at = found
            text = Summary(pk=key, text=sealed).unseal(cipher, "text")
            return Standing(key, message_id, version, changed_at, text, covered)
    return None


def _turn(message: Message, cipher: Cipher, reading: Reading) -> Turn:
    if message.role == Message.Role.USER:
        return reading.turn(message, message.unseal(cipher, "text"))
    generation = generation_of(message)
    return Turn(
        "assistant",
        message.unseal(cipher, "text"),
        message.unseal(cipher, "reasoning"),
        withheld=generation is not None and generation.finish_reason == "content_filter",
    )


def _measured(
    messages: Sequence[Message], turns: Sequence[Turn], ahead: int, standing: Standing | None
) -> Measured | None:
    """The real usage of the last answer whose prompt began as this one does; `ahead` turns stand before `turns`."""
    sent = ahead + sum(turn.is_sent for turn in turns)
    for message, turn in zip(reversed(messages), reversed(turns), strict=True):
        generation = generation_of(message)
        if generation is not None and _tells(generation, standing):
            said = (generation.completion_tokens or 0) - (generation.reasoning_tokens or 0) if turn.is_sent else 0
            return Measured(sent, (generation.prompt_tokens or 0) + max(0, said))
        sent -= turn.is_sent
    return None


def _tells(generation: Generation, standing: Standing | None) -> bool:
    """Whether the usage is exact, and of a prompt with the same summary."""
    if generation.estimated or not generation.prompt_tokens:
        return False
    return standing is None or generation.created_at > standing.changed_at
