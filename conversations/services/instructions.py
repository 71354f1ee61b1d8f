"""Settings of one conversation: its instructions (system prompt), and what its next message starts from."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from conversations.generation.options import Options
from conversations.history.cipher import Cipher, Unreadable
from conversations.history.keyring import keyring
from conversations.models import Conversation, FormerInstructions
from conversations.services.access import Refused, locked_conversation
from conversations.services.options import check_options
from conversations.services.rows import conversation_row

logger = logging.getLogger(__name__)

MAX_INSTRUCTIONS = 20_000
"""Characters. They go along with every question."""


def check_instructions(text: str) -> None:
    """Raises `Refused` for instructions that are too long."""
    if len(text) > MAX_INSTRUCTIONS:
        raise Refused(
            "instructions_too_long",
            gettext(
                "Instructions have at most %(most)s characters; these have %(count)s. Nothing was saved; shorten them."
            )
            % {"most": f"{MAX_INSTRUCTIONS:,}", "count": f"{len(text):,}"},
            field="instructions",
        )


def write(user_id: UUID, conversation_id: UUID, *, instructions: str, options: Options) -> dict[str, Any]:
    """Set a conversation's instructions and sampling settings, from its next answer on. Returns its row.

    Answers that have begun keep what they began with, also when they are continued. Raises `Refused`, `NotFound`.
    """
    check_instructions(instructions)
    check_options(options)
    cipher = keyring().user(user_id)
    with transaction.atomic():
        conversation = locked_conversation(user_id, conversation_id)
        _keep_former(conversation, instructions.strip(), cipher)
        conversation.seal(cipher, instructions=instructions.strip(), options=options.encode())
        conversation.save(update_fields=["instructions", "options"])
    return conversation_row(conversation, cipher)


def _keep_former(conversation: Conversation, new: str, cipher: Cipher) -> None:
    """What `new` instructions take the place of, for the answers that began with it."""
    try:
        old = conversation.unseal(cipher, "instructions")
    except Unreadable as unreadable:
        # New ones are how a person gets on with such a chat.
        logger.error("%s", unreadable)
        return
    if old != new:
        former = FormerInstructions(conversation=conversation, until=datetime.now(UTC))
        former.seal(cipher, text=old)
        former.save(force_insert=True)
