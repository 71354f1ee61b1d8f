"""The prompt of a branch, from what is stored."""

from __future__ import annotations

import logging

from django.utils.translation import gettext

from conversations.history.cipher import Cipher, Unreadable
from conversations.history.prompt import Turn, prompt
from conversations.models import Conversation, Message
from conversations.services import enclosures
from conversations.services.access import Refused
from conversations.services.conversations import generation_of
from conversations.services.enclosures import Reading

logger = logging.getLogger(__name__)


def turns_of(
    conversation: Conversation, branch: list[Message], cipher: Cipher, model: str, *, has_files: bool = True
) -> tuple[Turn, ...]:
    """The prompt of a branch of messages (selected with their generations), oldest first. Raises `Refused`."""
    try:
        reading = enclosures.reading(branch, cipher, model) if has_files else Reading(model)
        turns = [_turn(message, cipher, reading) for message in branch]
        instructions = conversation.unseal(cipher, "instructions")
    except Unreadable as unreadable:
        logger.error("%s", unreadable)
        raise Refused(
            "unreadable",
            gettext(
                "A message of this conversation can no longer be decrypted, so it cannot be continued. "
                "Your text was kept; start a new chat with it, and tell your administrators."
            ),
        ) from None
    return tuple(prompt(turns, instructions=instructions))


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
