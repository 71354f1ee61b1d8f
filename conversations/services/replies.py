"""Replies: a message comes in, an answer is asked for. One transaction each; the engine is started by the caller
after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import BinaryField, CharField, DateTimeField, DurationField, UUIDField
from django.db.models.functions import Now
from django.utils.translation import get_language, gettext
from uuid_utils.compat import uuid7

from conversations.deepseek import Thinking
from conversations.generation import options as options_format
from conversations.generation.job import Job
from conversations.generation.options import DEFAULT, Options
from conversations.history.cipher import Cipher
from conversations.history.keyring import keyring
from conversations.models import Conversation, Generation, Message
from conversations.models.statements import Insert, Param, Select, Update
from conversations.services import budgets, enclosures
from conversations.services.access import Refused, locked_conversation, message_of
from conversations.services.branches import Said, branch_to
from conversations.services.context import check_fits, context_of
from conversations.services.instructions import check_instructions
from conversations.services.options import check_options, check_prompt
from conversations.services.policy import check_choice
from conversations.services.rows import conversation_row, message_row
from conversations.services.standing import check_may_ask

_find_earlier = Select(
    lambda: Generation.objects.filter(
        user_id=Param("user", UUIDField()), command=Param("command", UUIDField())
    ).values_list("message_id", "message__conversation_id", "message__parent_id")
)
_insert_conversation = Insert(Conversation)
_update_conversation = Update(
    lambda: Conversation.objects.filter(pk=Param("id", UUIDField())),
    leaf_id=Param("leaf_id", UUIDField()),
    updated_at=Param("updated_at", DateTimeField()),
    model=Param("model", CharField()),
    thinking=Param("thinking", CharField()),
    options=Param("options", BinaryField()),
)
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
    options: Options = DEFAULT,
    instructions: str = "",
    attachments: Sequence[UUID] = (),
) -> Reply:
    """A person writes: user message, empty answer and generation, all or nothing. Raises `Refused`, `NotFound`.

    `instructions` are a new conversation's.
    """
    _check_text(text, alone=not attachments)
    check_options(options)
    check_instructions(instructions)
    question = Question(command, owner, model, thinking, options, datetime.now(UTC), keyring().user(user_id))

    def write() -> Reply:
        check_may_ask(user_id, model)
        check_choice(user_id, model, thinking)
        if conversation_id is None:
            conversation = _new_conversation(user_id, text, instructions, question)
        else:
            conversation = locked_conversation(user_id, conversation_id)
        return _say(conversation, branch_to(conversation, parent_id), text, attachments, question)

    return once(user_id, command, write)


def edit(
    *,
    user_id: UUID,
    command: UUID,
    owner: str,
    message_id: UUID,
    text: str,
    model: str,
    thinking: str,
    options: Options = DEFAULT,
    attachments: Sequence[UUID] | None = None,
) -> Reply:
    """A person writes a message anew: an alternative beside it, with an answer of its own. The old one stays with all
    that followed it. Without `attachments` it has the old one's. Raises `Refused`, `NotFound`.
    """
    check_options(options)
    question = Question(command, owner, model, thinking, options, datetime.now(UTC), keyring().user(user_id))

    def write() -> Reply:
        check_may_ask(user_id, model)
        check_choice(user_id, model, thinking)
        found = message_of(user_id, message_id)
        conversation = locked_conversation(user_id, found.conversation_id)
        # Read again under the lock: it may have been deleted meanwhile.
        message = message_of(user_id, message_id)
        if message.role != Message.Role.USER:
            raise Refused("not_a_question", gettext("Only a message of your own can be edited. Nothing was changed."))
        files = enclosures.sent_with(message_id) if attachments is None else attachments
        _check_text(text, alone=not files)
        return _say(conversation, branch_to(conversation, message.parent_id), text, files, question)

    return once(user_id, command, write)


@dataclass(frozen=True, slots=True)
class Question:
    """What all rows of one command share."""

    command: UUID
    owner: str
    model: str
    thinking: str
    options: Options
    now: datetime
    cipher: Cipher


def once(user_id: UUID, command: UUID, write: Callable[[], Reply]) -> Reply:
    """Do `write` in a transaction, unless the same command was done before or is done by somebody else meanwhile.

    Hardly ever was it, so that this is looked up only when the command is refused: by the database, or by a rule that
    what it did before, or somebody else since, has changed (an answer runs, a file was taken, the balance is gone).
    """
    try:
        with transaction.atomic():
            return write()
    except (IntegrityError, Refused):
        earlier = _earlier(user_id, command)
        if earlier is None:
            raise
        return earlier


def _say(
    conversation: Conversation, branch: list[Said], text: str, attachments: Sequence[UUID], question: Question
) -> Reply:
    """A new message of the person below `branch`, and the answer to it."""
    if branch and branch[-1].is_running:
        raise Refused(
            "answer_running",
            gettext("The last answer is still being written. Stop it or wait for its end; your text was kept."),
        )
    message = Message(
        id=uuid7(),
        conversation=conversation,
        parent_id=branch[-1].id if branch else None,
        role=Message.Role.USER,
        created_at=question.now,
    )
    message.seal(question.cipher, text=text)
    files = enclosures.enclose(message, conversation.user_id, attachments, question.cipher) if attachments else []
    if files and conversation._state.adding and not text.strip():
        conversation.seal(question.cipher, title=provisional_title(files[0]["name"]))
    return ask(conversation, [*branch, Said.by_person(message)], question, new=[message], files=files)


def _check_text(text: str, *, alone: bool) -> None:
    """`alone`: without files, which say something by themselves."""
    if alone and not text.strip():
        raise Refused("text_empty", gettext("There is nothing to send yet."))
    most = settings.ENVIRONMENT.max_message_characters
    if len(text) > most:
        raise Refused(
            "text_too_long",
            gettext("This message has {length} characters; {most} are allowed. It was not sent; shorten it.").format(
                length=f"{len(text):,}", most=f"{most:,}"
            ),
        )


def _earlier(user_id: UUID, command: UUID) -> Reply | None:
    """What the same command did before, if it did."""
    found = _find_earlier.first(user=user_id, command=command)
    if found is None:
        return None
    answer_id, conversation_id, message_id = found
    return Reply(conversation_id=conversation_id, message_id=message_id, answer_id=answer_id)


def _new_conversation(user_id: UUID, text: str, instructions: str, question: Question) -> Conversation:
    """Unsaved: it is stored together with its first messages."""
    conversation = Conversation(id=uuid7(), user_id=user_id, created_at=question.now)
    conversation.seal(question.cipher, title=provisional_title(text), instructions=instructions.strip())
    return conversation


def provisional_title(text: str) -> str:
    """The first words of a message, cut at a word's end."""
    line = " ".join(text.split())
    if len(line) <= _PROVISIONAL_TITLE:
        return line
    return line[:_PROVISIONAL_TITLE].rsplit(" ", 1)[0] + "…"


def ask(
    conversation: Conversation,
    branch: list[Said],
    question: Question,
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
        parent_id=branch[-1].id,
        role=Message.Role.ASSISTANT,
        created_at=question.now,
    )
    conversation.leaf_id, conversation.updated_at = answer.pk, question.now
    conversation.model, conversation.thinking = question.model, question.thinking
    conversation.seal(cipher, options=question.options.encode())
    if conversation._state.adding:
        _insert_conversation.run([conversation])
    _insert_messages.run([*new, answer])
    generation = _generation(answer, conversation.user_id, question)
    if not conversation._state.adding:
        _update_conversation.run(**vars(conversation))
    has_files = bool(files) or not conversation._state.adding
    job = job_of(generation, conversation, branch, cipher, has_files=has_files, must_fit=True)
    check_prompt(job)
    # Last: whoever else asks waits for the budgets that this locks.
    job = budgets.limited(job)
    generation.output_limit = job.output_limit
    _insert_generation.run([generation], lease=timedelta(seconds=settings.ENVIRONMENT.lease))
    return Reply(
        conversation_id=conversation.pk,
        message_id=branch[-1].id,
        answer_id=answer.pk,
        job=job,
        conversation=conversation_row(conversation, cipher),
        messages=[
            *(message_row(row, None, cipher, attachments=files) for row in new),
            message_row(answer, generation, cipher),
        ],
    )


def _generation(answer: Message, user_id: UUID, question: Question) -> Generation:
    generation = Generation(
        message=answer,
        user_id=user_id,
        command=question.command,
        status=Generation.Status.RUNNING,
        model=question.model,
        thinking=question.thinking,
        owner=question.owner,
        created_at=question.now,
    )
    generation.seal(question.cipher, options=question.options.encode())
    return generation


def job_of(
    generation: Generation,
    conversation: Conversation,
    branch: list[Said],
    cipher: Cipher,
    *,
    text: str = "",
    reasoning: str = "",
    has_files: bool = True,
    must_fit: bool = False,
    language: str = "",
) -> Job:
    """The job of a generation's current attempt; `text` and `reasoning` are what earlier attempts produced.
    `has_files`: False for a conversation in which none were sent, so that nobody looks for them. `language`: the
    person's, where it is not the one that is active.

    Raises `Refused` when a message cannot be decrypted and, with `must_fit`, for a prompt beyond the budget.
    """
    # A later attempt goes on with what the first one began with.
    began = generation.created_at if generation.attempt > 1 else None
    context = context_of(conversation, branch, cipher, generation.model, has_files=has_files, began=began)
    if must_fit:
        check_fits(context, generation.model, generation.thinking)
    return Job(
        message_id=generation.pk,
        conversation_id=conversation.pk,
        user_id=conversation.user_id,
        attempt=generation.attempt,
        model=generation.model,
        thinking=cast("Thinking", generation.thinking),
        turns=context.turns,
        cipher=cipher,
        created_at=generation.created_at,
        language=language or get_language() or settings.LANGUAGE_CODE,
        untitled=conversation.title_source == Conversation.TitleSource.NONE,
        text=text,
        reasoning=reasoning,
        options=options_of(generation, cipher),
        prompt_tokens=context.tokens,
        output_limit=generation.output_limit,
        duration_ms=generation.duration_ms or 0,
        reasoning_ms=generation.reasoning_ms,
    )


def options_of(generation: Generation, cipher: Cipher) -> Options:
    """The sampling settings of a generation."""
    return options_format.decode(generation.unseal(cipher, "options"))
