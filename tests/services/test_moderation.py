"""The review queue, the repeat rule and the automatic pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.models import Alert, Pause, ReviewCase, WatchRules
from conversations.services import moderation
from tests.admin.chats import call, record

pytestmark = pytest.mark.django_db


def filtered(user: User, number: int = 1, *, hours_ago: float = 0.1, **columns: object) -> None:
    started = datetime.now(UTC) - timedelta(hours=hours_ago)
    ended = {"finish_reason": "content_filter", "error_code": "content_filter"}
    record(*(call(user.pk, **{"started_at": started, **ended, **columns}) for _ in range(number)))


def rules(**changed: object) -> None:
    WatchRules.objects.update_or_create(pk=1, defaults=changed)


def open_kinds() -> set[str]:
    return set(Alert.objects.filter(recovered_at=None).values_list("kind", flat=True))


def test_each_filtered_or_refused_answer_is_a_case_once(alice: User) -> None:
    filtered(alice)
    filtered(alice, finish_reason="", error_code="moderation", http_status=400)
    filtered(alice, finish_reason="length", error_code="")
    filtered(alice, purpose="title")
    record(call(alice.pk))

    moderation.collect()
    moderation.collect()
    filtered(alice)
    moderation.collect()

    assert sorted(ReviewCase.objects.values_list("end", flat=True)) == [
        "content_filter",
        "content_filter",
        "moderation",
    ]
    assert set(ReviewCase.objects.values_list("state", "user_ref")) == {("open", alice.pk)}


def test_the_queue_does_not_begin_in_the_distant_past(alice: User) -> None:
    filtered(alice, hours_ago=24 * 40)
    filtered(alice, hours_ago=24 * 20)

    moderation.collect()

    assert ReviewCase.objects.count() == 1


def test_a_moderator_decides_with_a_sealed_note(alice: User, dana: User) -> None:
    filtered(alice)
    moderation.collect()
    (case,) = ReviewCase.objects.all()

    moderation.review(case, dana, ReviewCase.State.REVIEWED, "walrus: a false alarm")
    case.refresh_from_db()

    assert (case.state, case.reviewer) == ("reviewed", dana)
    assert case.reviewed_at is not None
    assert b"walrus" not in bytes(case.note)
    assert moderation.note_of(case) == "walrus: a false alarm"
    moderation.review(case, dana, ReviewCase.State.OPEN)
    assert case.reviewer is None
    assert moderation.note_of(case) == "walrus: a false alarm"


def test_repetition_warns_once_and_is_over_when_cases_are_dismissed(alice: User, bob: User, dana: User) -> None:
    filtered(alice, 3)
    filtered(bob, 2)
    moderation.collect()
    moderation.collect()

    (alert,) = Alert.objects.all()
    assert (alert.kind, alert.key, alert.facts["events"]) == ("repeated_moderation", str(alice.pk), 3)
    assert "alice" not in str(alert.facts)
    for case in ReviewCase.objects.filter(user_ref=alice.pk):
        moderation.review(case, dana, ReviewCase.State.DISMISSED)
    moderation.collect()
    assert open_kinds() == set()


def test_nobody_is_paused_unless_a_rule_says_so(alice: User) -> None:
    filtered(alice, 20)
    moderation.collect()

    assert not Pause.objects.exists()


def test_a_pause_by_rule_its_end_and_the_next_one(alice: User) -> None:
    rules(pause_events=4, pause_hours=12)
    filtered(alice, 3)
    moderation.collect()
    assert not Pause.objects.exists()

    filtered(alice)
    moderation.collect()
    moderation.collect()
    (pause,) = Pause.in_force()
    assert (pause.user, pause.by_rule) == (alice, True)
    assert timedelta(hours=11) < pause.until - datetime.now(UTC) < timedelta(hours=13)
    assert open_kinds() == {"repeated_moderation", "paused"}

    assert moderation.lift(pause)
    assert not moderation.lift(pause)
    moderation.collect()
    assert not Pause.in_force().exists()
    assert open_kinds() == {"repeated_moderation"}

    filtered(alice, 4, hours_ago=-0.01)
    moderation.collect()
    assert Pause.in_force().count() == 1


def test_a_pause_that_ran_out_is_over(alice: User) -> None:
    rules(pause_events=2)
    filtered(alice, 2)
    moderation.collect()
    Pause.objects.update(until=datetime.now(UTC) - timedelta(seconds=1))
    moderation.collect()

    assert "paused" not in open_kinds()


def test_people_who_are_gone_are_counted_and_not_paused() -> None:
    rules(pause_events=2)
    ended = {"finish_reason": "content_filter", "error_code": "content_filter"}
    gone = uuid7()
    record(call(gone, **ended), call(gone, **ended), call(gone, **ended))

    moderation.collect()

    assert open_kinds() == {"repeated_moderation"}
    assert not Pause.objects.exists()
