"""What a person does with an answer: ask for another one, stop it, let it go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext

from conversations.generation.lifecycle import ENDS
from conversations.generation.options import Options
from conversations.history.cipher import Cipher
from conversations.history.keyring import keyring
from conversations.models import Continuation, Conversation, Generation, Message
from conversations.services import budgets
from conversations.services.access import Refused, locked_conversation, message_of
from conversations.services.branches import branch_to
from conversations.services.conversations import generation_of
from conversations.services.options import check_options
from conversations.services.policy import check_choice
from conversations.services.replies import Question, Reply, ask, job_of, once, options_of
from conversations.services.rows import conversation_row, message_row
from conversations.services.standing import check_may_ask


def regenerate(
    *,
    user_id: UUID,
    command: UUID,
    owner: str,
    message_id: UUID,
    model: str | None = None,
    thinking: str | None = None,
    options: Options | None = None,
) -> Reply:
    """A new alternative beside an answer ("Try again"), with the settings of that answer where none are given.

    Raises `Refused`, `NotFound`.
    """
    cipher = keyring().user(user_id)
    if options is not None:
        check_options(options)

    def write() -> Reply:
        conversation, answer, generation = _locked_answer(user_id, message_id)
        question = Question(
            command,
            owner,
            model or generation.model,
            thinking or generation.thinking,
            options_of(generation, cipher) if options is None else options,
            datetime.now(UTC),
            cipher,
        )
        check_may_ask(user_id, question.model)
        check_choice(user_id, question.model, question.thinking)
        return ask(conversation, branch_to(conversation, answer.parent_id), question, new=[])

    return once(user_id, command, write)


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


def resume(*, user_id: UUID, command: UUID, owner: str, message_id: UUID) -> Reply:
    """Let an answer that ended early go on where it stopped ("Continue"): the next attempt of the same generation.

    The text so far stays in its message, so that a continuation that fails loses none of it. Raises `Refused`,
    `NotFound`.
    """
    earlier = _earlier(user_id, command)
    if earlier is not None:
        return earlier
    try:
        with transaction.atomic():
            return _resume(user_id, command, owner, message_id)
    except IntegrityError:
        earlier = _earlier(user_id, command)
        if earlier is None:
            raise
        return earlier


def _resume(user_id: UUID, command: UUID, owner: str, message_id: UUID) -> Reply:
    conversation, answer, generation = _locked_answer(user_id, message_id)
    _check_open_end(answer, generation)
    check_may_ask(user_id, generation.model)
    check_choice(user_id, generation.model, generation.thinking)
    _begin_next_attempt(generation, owner)
    Continuation.objects.create(user_id=user_id, command=command, generation=generation, attempt=generation.attempt)
    conversation.leaf_id, conversation.updated_at = answer.pk, datetime.now(UTC)
    conversation.save(update_fields=["leaf", "updated_at"])
    return _continued(conversation, answer, generation, keyring().user(user_id))


def _continued(conversation: Conversation, answer: Message, generation: Generation, cipher: Cipher) -> Reply:
    row = message_row(answer, generation, cipher)
    job = job_of(
        generation,
        conversation,
        branch_to(conversation, answer.parent_id),
        cipher,
        text=answer.unseal(cipher, "text"),
        reasoning=answer.unseal(cipher, "reasoning"),
    )
    job = budgets.limited(job)
    if job.output_limit != generation.output_limit:
        Generation.objects.filter(pk=generation.pk).update(output_limit=job.output_limit)
    return Reply(
        conversation_id=conversation.pk,
        message_id=answer.parent_id,
        answer_id=answer.pk,
        job=job,
        conversation=conversation_row(conversation, cipher),
        messages=[row],
    )


def _check_open_end(answer: Message, generation: Generation) -> None:
    """Raises `Refused` unless the answer ended early, with text, and nothing was built on it."""
    whole = generation.status == Generation.Status.COMPLETE and generation.finish_reason != "length"
    if whole or generation.finish_reason == "content_filter":
        raise Refused("answer_whole", gettext("This answer came to its own end. Nothing was changed."))
    if not answer.text:
        raise Refused("nothing_to_continue", gettext("There is no text yet to go on from. Try again instead."))
    if Message.objects.filter(parent=answer).exists():
        raise Refused(
            "answered_already",
            gettext(
                "The conversation has gone on from this answer. Ask for another answer instead; nothing was changed."
            ),
        )


def _begin_next_attempt(generation: Generation, owner: str) -> None:
    """Make `owner` the owner of the next attempt. Raises `Refused` when the answer runs already."""
    attempt, now = generation.attempt + 1, datetime.now(UTC)
    begun = Generation.objects.filter(pk=generation.pk, attempt=generation.attempt, status__in=ENDS).update(
        status=Generation.Status.RUNNING,
        attempt=attempt,
        owner=owner,
        takeovers=0,
        seq=0,
        finish_reason="",
        error_code="",
        stop_requested_at=None,
        ended_at=None,
        attempt_started_at=now,
        lease_until=Now() + timedelta(seconds=settings.ENVIRONMENT.lease),
    )
    if not begun:
        raise _running()
    generation.status, generation.attempt, generation.seq = Generation.Status.RUNNING, attempt, 0
    generation.finish_reason = generation.error_code = ""


def _locked_answer(user_id: UUID, message_id: UUID) -> tuple[Conversation, Message, Generation]:
    """An answer that has ended, with its conversation locked. Raises `Refused`, `NotFound`."""
    found = message_of(user_id, message_id)
    conversation = locked_conversation(user_id, found.conversation_id)
    # Read again under the lock: it may have been deleted meanwhile.
    answer = message_of(user_id, message_id)
    generation = generation_of(answer)
    if generation is None or answer.parent_id is None:
        raise Refused(
            "not_an_answer", gettext("Only an answer can be asked for again or continued. Nothing was changed.")
        )
    if generation.status in Generation.UNFINISHED:
        raise _running()
    return conversation, answer, generation


def _running() -> Refused:
    return Refused("answer_running", gettext("This answer is still being written. Stop it first."))


def _earlier(user_id: UUID, command: UUID) -> Reply | None:
    """What the same command did before, if it did."""
    found = (
        Continuation.objects.filter(user_id=user_id, command=command)
        .values_list("generation_id", "generation__message__conversation_id", "generation__message__parent_id")
        .first()
    )
    if found is None:
        return None
    answer_id, conversation_id, message_id = found
    return Reply(conversation_id=conversation_id, message_id=message_id, answer_id=answer_id)
