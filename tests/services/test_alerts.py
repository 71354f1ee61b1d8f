"""Alerts: told once, told to the right people, and told again until it arrives."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from django.contrib.auth.models import Permission
from django.core import mail

from chatsite import database
from chatsite.accounts.models import User
from conversations.models import Alert, AlertDelivery
from conversations.services import alert_sender, alerts, webhook
from conversations.services.alert_kinds import KINDS
from conversations.services.alert_letter import Letter, sentence_of, subject_of
from conversations.services.alert_sender import AlertSender
from tests.services.hook import Hook

FACTS: dict[str, alerts.Fact] = {"upstream": "deepseek"}


@pytest.fixture
def mails(settings: Any) -> None:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, email_url="smtp://mail.example.org")


@pytest_asyncio.fixture
async def hook(settings: Any) -> AsyncIterator[Hook]:
    async with Hook() as hook:
        settings.ENVIRONMENT = dataclasses.replace(
            settings.ENVIRONMENT, alert_webhook_url=hook.url, alert_webhook_secret="walrus"
        )
        yield hook


@pytest_asyncio.fixture
async def sender(settings: Any, transactional_db: None) -> AsyncIterator[AlertSender]:
    """One that sends, with the settings at the time of its start."""
    sender = AlertSender(settings.ENVIRONMENT)
    task = asyncio.create_task(sender.send())
    await asyncio.sleep(0)
    yield sender
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until_sent(number: int) -> None:
    def sent() -> int:
        return AlertDelivery.objects.filter(sent_at__isnull=False).count()

    async with asyncio.timeout(10):
        while await database.run(sent) < number:
            await asyncio.sleep(0.02)


@pytest.mark.django_db
def test_the_same_is_news_once_and_again_after_recovery() -> None:
    assert alerts.raised("balance_exhausted", "deepseek", FACTS)
    assert not alerts.raised("balance_exhausted", "deepseek", FACTS)
    assert alerts.raised("balance_exhausted", "spare", FACTS)
    assert alerts.open_keys("balance_exhausted").keys() == {"deepseek", "spare"}

    assert alerts.recovered("balance_exhausted", "deepseek")
    assert not alerts.recovered("balance_exhausted", "deepseek")
    assert alerts.raised("balance_exhausted", "deepseek", FACTS)
    assert Alert.objects.count() == 3


@pytest.mark.django_db
def test_a_kind_without_words_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        alerts.raised("weather", "here", {})


@pytest.mark.django_db(transaction=True)
async def test_of_many_at_once_one_is_news() -> None:
    said = await asyncio.gather(*(database.run(alerts.raised, "failures", "deepseek", FACTS) for _ in range(20)))

    assert sum(said) == 1


@pytest.mark.usefixtures("mails")
def test_mail_goes_to_those_who_may_see_the_page_and_want_to_know(dana: User, alice: User, bob: User) -> None:
    receive = Permission.objects.get(codename="receive_alerts")
    bob.user_permissions.set([receive, Permission.objects.get(codename="view_reviewcase")])
    alice.user_permissions.set([Permission.objects.get(codename="view_balancereading")])

    alerts.raised("balance_exhausted", "deepseek", FACTS)
    alerts.raised("repeated_moderation", "someone", {"person": "someone", "events": 3, "days": 7})

    told = {(each.alert.kind, each.user) for each in AlertDelivery.objects.select_related("alert", "user")}
    assert told == {("balance_exhausted", dana), ("repeated_moderation", dana), ("repeated_moderation", bob)}


@pytest.mark.django_db
def test_without_ways_nothing_waits_to_be_sent(dana: User) -> None:
    alerts.raised("balance_exhausted", "deepseek", FACTS)

    assert not AlertDelivery.objects.exists()


@pytest.mark.usefixtures("mails")
async def test_mails_leave_after_the_commit_in_the_readers_language(
    sender: AlertSender, transactional_db: None, dana: User
) -> None:
    await database.run(User.objects.filter(pk=dana.pk).update, language="de")
    await database.run(alerts.raised, "balance_exhausted", "deepseek", FACTS)
    await until_sent(1)
    await database.run(alerts.recovered, "balance_exhausted", "deepseek")
    await until_sent(2)

    first, second = mail.outbox
    assert first.to == second.to == ["dana@example.org"]
    assert "DeepSeek" in first.subject
    assert "used up" not in first.subject
    assert "/admin/balance/" in first.body
    assert first.subject.removeprefix("Chatsite: ") in second.subject


async def test_the_webhook_gets_signed_news_once(hook: Hook, sender: AlertSender, transactional_db: None) -> None:
    for _ in range(3):
        await database.run(alerts.raised, "balance_exhausted", "deepseek", FACTS)
    await database.run(alerts.recovered, "balance_exhausted", "deepseek")

    assert await hook.until(2) == [("balance_exhausted", "raised"), ("balance_exhausted", "recovered")]
    await until_sent(2)
    assert len(hook.got) == 2
    assert hook.got[0]["facts"] == FACTS
    assert hook.got[0]["text"].startswith("The balance at DeepSeek is used up")
    assert hook.headers[0]["X-Chatsite-Signature"] == webhook.signature("walrus", hook.bodies[0])
    assert hook.headers[0]["X-Chatsite-Delivery"] == hook.got[0]["id"]


async def test_what_the_webhook_refuses_is_sent_again(
    hook: Hook, sender: AlertSender, transactional_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    hook._answers += [500, 302]
    await database.run(alerts.raised, "failures", "deepseek", FACTS)
    for number in (1, 2):
        await hook.until(number)
        waiting = AlertDelivery.objects.filter(tries=number, due_at__gt=datetime.now(UTC))
        async with asyncio.timeout(10):
            while not await database.run(waiting.update, due_at=datetime.now(UTC) - timedelta(seconds=1)):
                await asyncio.sleep(0.02)
        sender._woken.set()

    await hook.until(3)
    await until_sent(1)
    assert "status 500" in caplog.text
    assert hook.url not in caplog.text


@pytest.mark.django_db
def test_after_the_last_try_it_is_given_up(settings: Any) -> None:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, alert_webhook_url="http://127.0.0.1:9/")
    alerts.raised("failures", "deepseek", FACTS)
    tries = 0
    while alert_sender.claim() is not None:
        tries += 1
        assert alert_sender.claim() is None
        AlertDelivery.objects.filter(due_at__isnull=False).update(due_at=datetime.now(UTC))

    assert tries == len(alert_sender.DELAYS) + 1


def test_a_dead_webhook_says_so_without_its_address() -> None:
    letter = Letter(
        id="1", news="raised", kind="failures", key="x", at=datetime.now(UTC), facts={}, subject="s", body="b"
    )
    with pytest.raises(webhook.NotDelivered) as caught:
        webhook.post("http://127.0.0.1:9/secret", "", letter)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_texts_get_by_without_their_facts(kind: str) -> None:
    alert = Alert(kind=kind, key="x", facts={})
    assert "{" not in subject_of(alert) + sentence_of(alert) + sentence_of(alert, over=True)


def test_a_subject_is_one_line() -> None:
    alert = Alert(kind="budget", key="1", facts={"budget": "each person in Sales\r\nBcc: x@example.org"})
    assert subject_of(alert).splitlines() == [subject_of(alert)]
