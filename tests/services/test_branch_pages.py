"""Branches page by page: the right messages in their order, their alternatives, and what they cost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.history.keyring import keyring
from conversations.models import Conversation, Message, paths
from conversations.services import opening
from conversations.services.access import NotFound
from conversations.services.branch_pages import PAGE, branch_page
from tests.pages.test_views import conversation_of

pytestmark = pytest.mark.django_db


def say(conversation: Conversation, parent: Message | None, text: str) -> Message:
    """A message below another one."""
    role = Message.Role.USER if parent is None or parent.role == Message.Role.ASSISTANT else Message.Role.ASSISTANT
    row = Message(id=uuid7(), conversation=conversation, parent=parent, role=role, created_at=datetime.now(UTC))
    row.seal(keyring().user(conversation.user_id), text=text)
    row.save()
    return row


def branch_of(conversation: Conversation) -> list[Message]:
    return list(Message.objects.filter(conversation=conversation).order_by("pk"))


def ids(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["messages"]]


def keys(messages: list[Message]) -> list[str]:
    return [str(message.pk) for message in messages]


def test_a_conversation_begins_with_its_last_page(alice: User) -> None:
    conversation = conversation_of(alice, messages=PAGE + 5)
    branch = branch_of(conversation)
    content = opening.read(alice.pk, conversation.pk)
    assert ids(content) == keys(branch[5:])
    assert content["newest"] == str(branch[-1].pk)
    assert all("alternatives" not in row for row in content["messages"])


def test_pages_join_to_the_whole_branch(alice: User) -> None:
    conversation = conversation_of(alice, messages=2 * PAGE + 3)
    branch = branch_of(conversation)
    found: list[str] = []
    end: UUID | None = branch[-1].pk
    while end is not None:
        rows = branch_page(alice.pk, conversation.pk, end=end)["messages"]
        found = [row["id"] for row in rows] + found
        end = UUID(rows[0]["parent"]) if rows[0]["parent"] else None
    assert found == keys(branch)


def test_the_selected_branch_and_not_the_newest_is_shown_with_its_alternatives(alice: User) -> None:
    conversation = conversation_of(alice, messages=4)
    first, answer, *_ = branch_of(conversation)
    other_root = say(conversation, None, "other root")
    other_answer = say(conversation, first, "other answer")
    content = opening.read(alice.pk, conversation.pk)
    rows = {row["id"]: row for row in content["messages"]}
    assert len(rows) == 4
    assert rows[str(first.pk)]["alternatives"] == keys([first, other_root])
    assert rows[str(answer.pk)]["alternatives"] == keys([answer, other_answer])
    assert [("alternatives" in row) for row in content["messages"]] == [True, True, False, False]
    assert content["newest"] == str(other_answer.pk)


def test_a_page_through_a_message_goes_on_to_the_newest_end_and_reaches_up(alice: User) -> None:
    conversation = conversation_of(alice, messages=2)
    root, answer = branch_of(conversation)
    question = say(conversation, answer, "below")
    older, newer = say(conversation, question, "older"), say(conversation, question, "newer")
    last = newer
    for number in range(PAGE + 10):
        last = say(conversation, last, str(number))
    say(conversation, older, "beside, and newest of all")
    page = branch_page(alice.pk, conversation.pk, end=question.pk, through=True)
    assert ids(page)[-1] == str(last.pk)
    assert len(ids(page)) == PAGE
    whole = branch_page(alice.pk, conversation.pk, end=question.pk, through=True, reach=question.pk)
    assert ids(whole)[:3] == keys([root, answer, question])
    assert ids(whole)[-1] == str(last.pk)


def test_a_page_reaches_only_what_is_above(alice: User) -> None:
    conversation = conversation_of(alice, messages=PAGE * 2)
    branch = branch_of(conversation)
    beside = say(conversation, branch[0], "beside")
    for reach in (beside.pk, uuid4()):
        assert ids(branch_page(alice.pk, conversation.pk, end=branch[-1].pk, reach=reach)) == keys(branch[PAGE:])
    far = ids(branch_page(alice.pk, conversation.pk, end=branch[-1].pk, reach=branch[20].pk))
    assert far == keys(branch[10:])


def test_messages_of_other_conversations_are_not_there(alice: User, charlie: User) -> None:
    own, other = conversation_of(alice), conversation_of(alice, "Other")
    foreign = branch_of(other)[-1].pk
    for through in (False, True):
        with pytest.raises(NotFound):
            branch_page(alice.pk, own.pk, end=foreign, through=through)
        with pytest.raises(NotFound):
            branch_page(charlie.pk, own.pk, end=branch_of(own)[-1].pk, through=through)
    assert paths.length(own.pk, foreign, foreign) is None


def test_an_empty_conversation_has_an_empty_page(alice: User) -> None:
    content = opening.read(alice.pk, conversation_of(alice, messages=0).pk)
    assert (content["messages"], content["newest"]) == ([], None)


@pytest.mark.parametrize("messages", [4, 3 * PAGE])
def test_a_page_takes_the_same_queries_however_long_the_branch_is(
    alice: User, django_assert_max_num_queries: Any, messages: int
) -> None:
    conversation = conversation_of(alice, messages=messages)
    branch = branch_of(conversation)
    # One more than promised: the key ring keeps a cipher after the commit only, which a test never gets to.
    with django_assert_max_num_queries(8):
        branch_page(alice.pk, conversation.pk, end=branch[1].pk, through=True, reach=branch[0].pk)
