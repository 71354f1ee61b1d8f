"""Policy: what applies to whom, and what it does to questions, models, files and prompts."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.generation.options import Options
from conversations.history.keyring import keyring
from conversations.models import Policy
from conversations.services import policy, preferences
from conversations.services.access import Refused
from conversations.services.attachment_policy import policy_for
from conversations.services.attachments import keep, waiting
from conversations.services.policy import NONE, Terms, combined
from conversations.services.policy_summary import summary
from tests.services.spending import ask

pytestmark = pytest.mark.django_db


def stored(group: Group | None = None, *, instructions: str = "", **fields: Any) -> Policy:
    row = Policy(id=uuid7(), group=group, **fields)
    row.seal(keyring().organization(), instructions=instructions)
    row.save()
    policy.forget()
    return row


@pytest.fixture
def legal(alice: User) -> Group:
    """Alice's group."""
    group = Group.objects.create(name="Legal")
    alice.groups.add(group)
    return group


def test_a_groups_word_stands_in_the_place_of_the_sites() -> None:
    site = Terms(instructions="one", models=("a",), default_model="a", longest_output=100, attachment_megabytes=5)
    first = Terms(instructions="two", models=("b",), default_model="b", longest_output=50)
    second = Terms(models=("c", "b"), attachment_kinds=(), default_model="c")
    assert combined(site, []) == site
    assert combined(NONE, [first]) == first
    assert combined(site, [first, second]) == Terms(
        instructions="one\n\ntwo",
        models=("b", "c"),
        default_model="b",
        longest_output=50,
        attachment_kinds=(),
        attachment_megabytes=5,
    )


def test_there_is_one_policy_of_the_site(alice: User, legal: Group) -> None:
    stored()
    stored(legal)
    for group in (None, legal):
        with pytest.raises(IntegrityError), transaction.atomic():
            stored(group)


def test_instructions_come_first_and_are_sealed(alice: User, bob: User, legal: Group) -> None:
    row = stored(instructions="Be brief.")
    stored(legal, instructions="You help lawyers.")
    assert b"brief" not in bytes(row.instructions)
    prompt = ask(alice, instructions="Speak German.").turns
    assert prompt[0].role == "system"
    assert prompt[0].text == "Be brief.\n\nYou help lawyers.\n\nSpeak German."
    assert ask(bob).turns[0].text == "Be brief."
    assert "Be brief" not in repr(policy.terms_for(bob.pk))


def test_without_a_policy_a_prompt_has_no_instructions(alice: User) -> None:
    assert [turn.role for turn in ask(alice).turns] == ["user"]


def test_only_allowed_models_and_levels(alice: User, bob: User, legal: Group) -> None:
    stored(allowed_models=["deepseek-flash"], allowed_thinking=["off", "low"])
    stored(legal, allowed_models=["deepseek-v4-pro", "deepseek-flash"], default_model="deepseek-v4-pro")
    ask(alice, model="deepseek-v4-pro")
    with pytest.raises(Refused, match="choose one of: DeepSeek Flash") as refused:
        ask(bob, model="deepseek-v4-pro")
    assert refused.value.code == "model_not_allowed"
    with pytest.raises(Refused) as refused:
        ask(bob, thinking="max")
    assert refused.value.code == "thinking_not_allowed"
    assert [model.id for model in policy.offered(bob.pk)] == ["deepseek-flash"]
    assert policy.offered(bob.pk)[0].thinking == ("off", "low")
    assert policy.default_model(alice) == "deepseek-v4-pro"
    assert [value for value, _ in preferences.choices(bob)["default_model"]] == ["", "deepseek-flash"]
    assert [value for value, _ in preferences.choices(bob)["default_thinking"]] == ["", "off", "low"]


def test_a_persons_own_choice_comes_before_the_policys_as_long_as_it_is_allowed(alice: User) -> None:
    alice.default_model, alice.default_thinking = "deepseek-v4-pro", "max"
    stored(default_model="deepseek-flash", default_thinking="high")
    assert (policy.default_model(alice), policy.default_thinking(alice)) == ("deepseek-v4-pro", "max")
    Policy.objects.update(allowed_models=["deepseek-flash"], allowed_thinking=["low", "high"])
    policy.forget()
    assert (policy.default_model(alice), policy.default_thinking(alice)) == ("deepseek-flash", "high")
    alice.default_thinking = ""
    Policy.objects.update(default_thinking="")
    policy.forget()
    assert policy.default_thinking(alice) == "low"


def test_models_that_are_no_more_lock_nobody_out(alice: User) -> None:
    stored(allowed_models=["deepseek-of-old"], allowed_thinking=["deep"])
    assert len(policy.offered(alice.pk)) == 2
    ask(alice)


@pytest.mark.parametrize(
    ("longest", "asked", "sent"), [(500, None, 500), (500, 300, 300), (500, 900, 500), (20_000, None, 8_192)]
)
def test_the_longest_answer(alice: User, longest: int, asked: int | None, sent: int) -> None:
    stored(longest_output=longest)
    assert ask(alice, options=Options(max_tokens=asked)).output_limit == sent


def test_files_by_kind_and_size(alice: User, bob: User, legal: Group) -> None:
    stored(attachment_kinds=["pdf"], attachment_megabytes=1)
    stored(legal, attachment_kinds=["text", "pdf"], attachment_megabytes=500)
    assert policy_for(alice.pk).kinds == ("text", "pdf")
    assert policy_for(alice.pk).megabytes == 20
    assert policy_for(bob.pk).kinds == ("pdf",)
    keep(alice.pk, "a.txt", b"hello", conversation_id=None)
    with pytest.raises(Refused, match="switched off here"):
        keep(bob.pk, "a.txt", b"hello", conversation_id=None)
    with pytest.raises(Refused, match="larger than 1 MB"):
        keep(bob.pk, "a.txt", b"x" * 2_000_000, conversation_id=None)


def test_a_file_that_waited_while_the_policy_changed(alice: User) -> None:
    file = UUID(keep(alice.pk, "a.txt", b"hello", conversation_id=None)["id"])
    stored(attachment_kinds=["pdf"])
    with pytest.raises(Refused, match="switched off here"):
        ask(alice, attachments=[file])
    assert waiting(alice.pk, None)


def test_people_see_what_applies_to_them(alice: User, bob: User, legal: Group) -> None:
    assert summary(alice) is None
    stored(legal, instructions="Quote your sources.", allowed_thinking=["off"], attachment_kinds=[])
    found = summary(alice)
    assert found is not None
    assert found.instructions == "Quote your sources."
    assert (found.thinking, found.default_thinking, found.attachments) == (["Off"], "Off", [])
    assert summary(bob) is None


def test_nobody_is_in_a_group_by_an_old_word_for_long(alice: User, legal: Group) -> None:
    stored(legal, longest_output=400)
    assert policy.terms_for(alice.pk).longest_output == 400
    alice.groups.clear()
    policy.forget()
    assert policy.terms_for(alice.pk) == NONE
    assert policy.terms_for(uuid4()) == NONE
