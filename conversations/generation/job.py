"""What the engine is asked to produce."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from conversations.deepseek import Thinking
from conversations.generation.options import DEFAULT, Options
from conversations.history.cipher import Cipher
from conversations.history.prompt import Turn


@dataclass(frozen=True, kw_only=True)
class Job:
    """One attempt of one generation, with all that it takes to run it without another look into the database."""

    message_id: UUID
    conversation_id: UUID
    user_id: UUID
    attempt: int
    model: str
    thinking: Thinking
    turns: tuple[Turn, ...] = field(repr=False)
    cipher: Cipher = field(repr=False)
    """The user's, for checkpoints and the final text."""
    created_at: datetime
    untitled: bool = False
    """Whether the conversation has no title yet."""
    text: str = field(default="", repr=False)
    """What earlier attempts produced: the answer goes on from there."""
    reasoning: str = field(default="", repr=False)
    language: str = "en"
    """The person's, for what they are told about the answer: the name of one of the site's languages."""
    options: Options = field(default=DEFAULT, repr=False)
    prompt_tokens: int = 0
    """Size of the prompt, mostly an estimate."""
    output_limit: int | None = None
    """Tokens that policy and budgets leave to this attempt."""
    duration_ms: int = 0
    """What the answer took before it ended for the first time and was continued."""
    reasoning_ms: int | None = None
