"""What a question reads of its chat: its own branch, from the summary in force on, in as many statements as ever."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.history.keyring import keyring
from conversations.models import Conversation, Generation, Message, Summary
from conversations.services import answers, replies
from conversations.services.access import NotFound, Refused, locked_conversation
from conversations.services.branches import branch_to
from tests.pages.test_views import conversation_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def messages_of(conversation: Conversation) -> list[Message]:
    return list(Message.objects.filter(conversation=conversation).order_by("pk"))


def summarize(conversation: Conversation, message: Message) -> Summary:
    now = datetime.now(UTC)
    row = Summary(id=uuid7(), conversation=conversation, message=message, created_at=now, changed_at=now)
    row.seal(keyring().user(conversation.user_id), text=f"up to {message.pk}")
    row.save()
    return row


def answered(user: User, message: Message, **more: Any) -> Generation:
    row = Generation(message=message, user=user, command=uuid4(), model="deepseek-flash", thinking="off", **more)
    row.created_at = datetime.now(UTC)
    row.save()
    return row


def ask(conversation: Conversation, parent: Message) -> replies.Reply:
    return replies.send(
        user_id=conversation.user_id,
        command=uuid4(),
        owner="test",
        conversation_id=conversation.pk,
        parent_id=parent.pk,
        text="go on",
        model="deepseek-flash",
        thinking="off",
    )


def test_a_branch_is_the_path_from_the_root(alice: User) -> None:
    conversation = conversation_of(alice, messages=4)
    first, second, third, fourth = messages_of(conversation)
    beside = Message.objects.create(id=uuid7(), conversation=conversation, parent=second, role="user", created_at=NOW)
    cipher = keyring().user(alice.pk)
    assert [said.id for said in branch_to(conversation, fourth.pk)] == [first.pk, second.pk, third.pk, fourth.pk]
    assert [said.id for said in branch_to(conversation, beside.pk)] == [first.pk, second.pk, beside.pk]
    said = branch_to(conversation, first.pk)[0]
    assert said.unseal(cipher) == ("", first.unseal(cipher, "text"))
    assert (said.status, said.summary, said.parent_id, said.is_running) == (None, None, None, False)
    assert branch_to(conversation, None) == []


def test_it_knows_what_became_of_an_answer(alice: User) -> None:
    conversation = conversation_of(alice, messages=2)
    _, answer = messages_of(conversation)
    row = answered(alice, answer, status="failed", finish_reason="content_filter", prompt_tokens=7, estimated=True)
    *_, said = branch_to(conversation, answer.pk)
    assert (said.status, said.finish_reason, said.prompt_tokens, said.completion_tokens) == (
        "failed",
        "content_filter",
        7,
        None,
    )
    assert (said.estimated, said.created_at, said.is_running) == (True, row.created_at, False)


def test_it_begins_with_the_last_message_that_has_a_summary(alice: User) -> None:
    conversation = conversation_of(alice, messages=6)
    messages = messages_of(conversation)
    for covered in (1, 3):
        summarize(conversation, messages[covered])
    branch = branch_to(conversation, messages[5].pk)
    assert [said.id for said in branch] == [message.pk for message in messages[3:]]
    summary = branch[0].summary
    assert summary is not None
    assert summary.unseal(keyring().user(alice.pk)) == f"up to {messages[3].pk}"
    assert not any(said.summary for said in branch[1:])
    assert [said.id for said in branch_to(conversation, messages[3].pk)] == [messages[3].pk]
    assert [said.id for said in branch_to(conversation, messages[2].pk)] == [messages[1].pk, messages[2].pk]


def test_another_conversation_has_no_such_branch(alice: User) -> None:
    conversation, other = conversation_of(alice), conversation_of(alice)
    for leaf in (other.leaf_id, uuid4()):
        with pytest.raises(NotFound):
            branch_to(conversation, leaf)


def test_a_question_takes_as_many_statements_in_a_long_chat(alice: User) -> None:
    counts = []
    for messages in (2, 2, 60):
        conversation = conversation_of(alice, messages=messages)
        with CaptureQueriesContext(connection) as queries:
            reply = ask(conversation, messages_of(conversation)[-1])
        assert reply.job is not None
        assert len(reply.job.turns) == messages + 1
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_nobody_writes_below_an_answer_that_runs(alice: User) -> None:
    conversation = conversation_of(alice)
    answered(alice, messages_of(conversation)[-1], status="running")
    with pytest.raises(Refused, match="still being written"):
        ask(conversation, messages_of(conversation)[-1])


def test_also_not_when_that_has_a_summary(alice: User) -> None:
    """A continued answer may have been summarized before."""
    conversation = conversation_of(alice)
    *_, answer = messages_of(conversation)
    answered(alice, answer, status="running")
    summarize(conversation, answer)
    with pytest.raises(Refused, match="still being written"):
        ask(conversation, answer)


def prompt_of(reply: replies.Reply) -> list[str]:
    assert reply.job is not None
    return [turn.text for turn in reply.job.turns]


def again(user: User, answer: Message) -> replies.Reply:
    return answers.regenerate(user_id=user.pk, command=uuid4(), owner="test", message_id=answer.pk)


def test_try_again_and_edit_read_what_is_above_alone(alice: User) -> None:
    conversation = conversation_of(alice, messages=6)
    messages = messages_of(conversation)
    for answer in messages[1::2]:
        answered(alice, answer, status="complete")
    summary = summarize(conversation, messages[3])
    told, *said = prompt_of(again(alice, messages[5]))
    assert told.endswith(f"up to {summary.message_id}")
    assert said == [messages[4].unseal(keyring().user(alice.pk), "text")]
    assert [text.split(" <")[0] for text in prompt_of(again(alice, messages[3]))] == ["text 0", "text 1", "text 2"]
    edited = replies.edit(
        user_id=alice.pk,
        command=uuid4(),
        owner="test",
        message_id=messages[4].pk,
        text="anew",
        model="deepseek-flash",
        thinking="off",
    )
    assert prompt_of(edited) == [told, "anew"]


def test_a_question_is_sent_even_if_it_has_a_summary(alice: User) -> None:
    conversation = conversation_of(alice, messages=2)
    question, answer = messages_of(conversation)
    answered(alice, answer, status="complete")
    summarize(conversation, question)
    told, asked = prompt_of(again(alice, answer))
    assert told.endswith(f"up to {question.pk}")
    assert asked.startswith("text 0")


def test_an_answer_that_went_on_after_its_summary_is_sent_as_a_whole(alice: User) -> None:
    conversation = conversation_of(alice, messages=2)
    _, answer = messages_of(conversation)
    generation = answered(alice, answer, status="interrupted")
    summarize(conversation, answer)
    assert len(prompt_of(ask(conversation, answer))) == 2
    Message.objects.exclude(pk__in=[answer.pk, answer.parent_id]).delete()
    Generation.objects.filter(pk=generation.pk).update(attempt_started_at=datetime.now(UTC))
    told, went_on, asked = prompt_of(ask(conversation, answer))
    assert told.endswith(f"up to {answer.pk}")
    assert went_on.startswith("text 1")
    assert asked == "go on"


@pytest.mark.django_db(transaction=True)
def test_a_lock_wants_a_transaction(alice: User) -> None:
    conversation = conversation_of(alice)
    for _ in range(2):  # before and after the statement was compiled
        with pytest.raises(TransactionManagementError):
            locked_conversation(alice.pk, conversation.pk)
        with transaction.atomic():
            assert locked_conversation(alice.pk, conversation.pk) == conversation


def test_a_conversation_remembers_what_was_asked_last(alice: User) -> None:
    conversation = conversation_of(alice)
    before = conversation.updated_at
    reply = ask(conversation, messages_of(conversation)[-1])
    conversation.refresh_from_db()
    assert conversation.leaf_id == reply.answer_id
    assert conversation.updated_at > before
    assert conversation.title  # the other columns stay
