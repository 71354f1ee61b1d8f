"""Replies: a message comes in, an answer is asked for. One transaction each; the engine is started by the caller
after it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import DurationField, UUIDField
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from conversations.deepseek import Thinking
from conversations.generation.job import Job
from conversations.history.cipher import Cipher, Unreadable
from conversations.history.keyring import keyring
from conversations.history.prompt import Turn, prompt
from conversations.models import Conversation, Generation, Message
from conversations.models.statements import Insert, Param, Select
from conversations.services import enclosures
from conversations.services.access import NotFound, Refused, conversation_of, message_of
from conversations.services.conversations import generation_of
from conversations.services.enclosures import Reading
from conversations.services.models import check_model
from conversations.services.rows import conversation_row, message_row

logger = logging.getLogger(__name__)

_find_earlier = Select(
    lambda: Generation.objects.filter(
        user_id=Param("user", UUIDField()), command=Param("command", UUIDField())
    ).values_list("message_id", "message__conversation_id", "message__parent_id")
)
_insert_conversation = Insert(Conversation)
_insert_messages = Insert(Message)
_insert_generation = Insert(Generation, lease_until=Now() + Param("lease", DurationField()))

_PROVISIONAL_TITLE = 60
"""Characters of the first message that serve as title until the model has made one."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a command wrote. `job` is None when the command had been done before: nothing is to be started."""

    conversation_id: UUID
    message_id: UUID | None
    answer_id: UUID
    job: Job | None = field(default=None, repr=False)
    conversation: dict[str, Any] | None = field(default=None, repr=False)
    messages: list[dict[str, Any]] = field(default_factory=list, repr=False)
    """Rows of what is new, to be announced."""


def send(
    *,
    user_id: UUID,
    command: UUID,
    owner: str,
    conversation_id: UUID | None,
    parent_id: UUID | None,
    text: str,
    model: str,
    thinking: str,
    attachments: Sequence[UUID] = (),
) -> Reply:
    """A person writes: user message, empty answer and generation, all or nothing. Raises `Refused`, `NotFound`."""
    _check_text(text, alone=not attachments)
    check_model(model, thinking)
    question = _Question(command, owner, model, thinking, datetime.now(UTC), keyring().user(user_id))

    def write() -> Reply:
        if conversation_id is None:
            conversation = _new_conversation(user_id, text, question)
        else:
            conversation = conversation_of(user_id, conversation_id, lock=True)
        branch = branch_to(conversation, parent_id)
        if branch and _is_running(branch[-1]):
            raise Refused(
                "answer_running",
                "The last answer is still being written. Stop it or wait for its end; your text was kept.",
            )
        message = Message(
            id=uuid7(), conversation=conversation, parent_id=parent_id, role=Message.Role.USER, created_at=question.now
        )
        message.seal(question.cipher, text=text)
        files = enclosures.enclose(message, user_id, attachments, question.cipher) if attachments else []
        if files and not branch and not text.strip():
            conversation.seal(question.cipher, title=provisional_title(files[0]["name"]))
        return _ask(conversation, [*branch, message], question, new=[message], files=files)

    return _once(user_id, command, write)


def regenerate(
    *, user_id: UUID, command: UUID, owner: str, message_id: UUID, model: str | None = None, thinking: str | None = None
) -> Reply:
    """A new alternative beside an answer ("Try again"). Raises `Refused`, `NotFound`."""
    cipher = keyring().user(user_id)

    def write() -> Reply:
        found = message_of(user_id, message_id)
        conversation = conversation_of(user_id, found.conversation_id, lock=True)
        # Read again under the lock: it may have been deleted meanwhile.
        answer = message_of(user_id, message_id)
        generation = generation_of(answer)
        if generation is None or answer.parent_id is None:
            raise Refused("not_an_answer", "Only an answer can be asked for again. Nothing was changed.")
        if generation.status in Generation.UNFINISHED:
            raise Refused("answer_running", "This answer is still being written. Stop it first.")
        question = _Question(
            command, owner, model or generation.model, thinking or generation.thinking, datetime.now(UTC), cipher
        )
        check_model(question.model, question.thinking)
        return _ask(conversation, branch_to(conversation, answer.parent_id), question, new=[])

    return _once(user_id, command, write)


def request_stop(user_id: UUID, message_id: UUID) -> str:
    """Write down that an answer is to be stopped. Returns the channel of its owner ("" when it has ended already).

    The fact comes first: should the message to the owner get lost, the owner reads it with its next renewal.
    """
    answer = message_of(user_id, message_id)
    stopped = Generation.objects.filter(
        pk=answer.pk, status__in=Generation.UNFINISHED, stop_requested_at__isnull=True
    ).update(stop_requested_at=Now())
    generation = generation_of(answer)
    return generation.owner if generation is not None and (stopped or generation.stop_requested_at) else ""


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
            "A message of this conversation can no longer be decrypted, so it cannot be continued. "
            "Your text was kept; start a new chat with it, and tell your administrators.",
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


def branch_to(conversation: Conversation, leaf_id: UUID | None) -> list[Message]:
    """The path from the root to `leaf_id`, that included. Raises `NotFound` when it is not in this conversation."""
    if leaf_id is None:
        return []
    rows = {row.pk: row for row in Message.objects.filter(conversation=conversation).select_related("generation")}
    branch: list[Message] = []
    step: UUID | None = leaf_id
    while step is not None:
        if step not in rows:
            raise NotFound
        branch.append(rows[step])
        step = rows[step].parent_id
    return branch[::-1]


@dataclass(frozen=True, slots=True)
class _Question:
    """What all rows of one command share."""

    command: UUID
    owner: str
    model: str
    thinking: str
    now: datetime
    cipher: Cipher


def _once(user_id: UUID, command: UUID, write: Callable[[], Reply]) -> Reply:
    """Do `write` in a transaction, unless the same command was done before or is done by somebody else meanwhile."""
    earlier = _earlier(user_id, command)
    if earlier is not None:
        return earlier
    try:
        with transaction.atomic():
            return write()
    except IntegrityError:
        earlier = _earlier(user_id, command)
        if earlier is None:
            raise
        return earlier


def _check_text(text: str, *, alone: bool) -> None:
    """`alone`: without files, which say something by themselves."""
    if alone and not text.strip():
        raise Refused("text_empty", "There is nothing to send yet.")
    most = settings.ENVIRONMENT.max_message_characters
    if len(text) > most:
        raise Refused(
            "text_too_long",
            f"This message has {len(text):,} characters; {most:,} are allowed. It was not sent; shorten it.",
        )


def _earlier(user_id: UUID, command: UUID) -> Reply | None:
    """What the same command did before, if it did."""
    found = _find_earlier.first(user=user_id, command=command)
    if found is None:
        return None
    answer_id, conversation_id, message_id = found
    return Reply(conversation_id=conversation_id, message_id=message_id, answer_id=answer_id)


def _new_conversation(user_id: UUID, text: str, question: _Question) -> Conversation:
    """Unsaved: it is stored together with its first messages."""
    conversation = Conversation(id=uuid7(), user_id=user_id, created_at=question.now)
    conversation.seal(question.cipher, title=provisional_title(text))
    return conversation


def provisional_title(text: str) -> str:
    """The first words of a message, cut at a word's end."""
    line = " ".join(text.split())
    if len(line) <= _PROVISIONAL_TITLE:
        return line
    return line[:_PROVISIONAL_TITLE].rsplit(" ", 1)[0] + "…"


def _is_running(message: Message) -> bool:
    generation = generation_of(message)
    return generation is not None and generation.status in Generation.UNFINISHED


def _ask(
    conversation: Conversation,
    branch: list[Message],
    question: _Question,
    *,
    new: list[Message],
    files: Sequence[dict[str, Any]] = (),
) -> Reply:
    """Write what is `new`, and below the last message of `branch` the empty answer and its generation; select it.
    `files` are rows of the attachments of what is new.
    """
    cipher = question.cipher
    answer = Message(
        id=uuid7(),
        conversation=conversation,
        parent=branch[-1],
        role=Message.Role.ASSISTANT,
        created_at=question.now,
    )
    conversation.leaf_id, conversation.updated_at = answer.pk, question.now
    conversation.model, conversation.thinking = question.model, question.thinking
    if conversation._state.adding:
        _insert_conversation.run([conversation])
    _insert_messages.run([*new, answer])
    generation = _generation(answer, conversation.user_id, question)
    _insert_generation.run([generation], lease=timedelta(seconds=settings.ENVIRONMENT.lease))
    if not conversation._state.adding:
        conversation.save(update_fields=["leaf", "updated_at", "model", "thinking"])
    return Reply(
        conversation_id=conversation.pk,
        message_id=branch[-1].pk,
        answer_id=answer.pk,
        job=job_of(generation, conversation, branch, cipher, has_files=bool(files) or not conversation._state.adding),
        conversation=conversation_row(conversation, cipher),
        messages=[
            *(message_row(row, None, cipher, attachments=files) for row in new),
            message_row(answer, generation, cipher),
        ],
    )


def _generation(answer: Message, user_id: UUID, question: _Question) -> Generation:
    return Generation(
        message=answer,
        user_id=user_id,
        command=question.command,
        status=Generation.Status.RUNNING,
        model=question.model,
        thinking=question.thinking,
        owner=question.owner,
        created_at=question.now,
    )


def job_of(
    generation: Generation,
    conversation: Conversation,
    branch: list[Message],
    cipher: Cipher,
    *,
    text: str = "",
    reasoning: str = "",
    has_files: bool = True,
) -> Job:
    """The job of a generation's current attempt; `text` and `reasoning` are what earlier attempts produced.
    `has_files`: False for a conversation in which none were sent, so that nobody looks for them.
    """
    return Job(
        message_id=generation.pk,
        conversation_id=conversation.pk,
        user_id=conversation.user_id,
        attempt=generation.attempt,
        model=generation.model,
        thinking=cast("Thinking", generation.thinking),
        turns=turns_of(conversation, branch, cipher, generation.model, has_files=has_files),
        cipher=cipher,
        created_at=generation.created_at,
        untitled=conversation.title_source == Conversation.TitleSource.NONE,
        text=text,
        reasoning=reasoning,
    )
