"""The audit log: what an entry says, and how a changed, missing or foreign one is found."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from chatsite.accounts.acting import Actor
from chatsite.accounts.models import User
from conversations.models import AuditEntry, AuditHead
from conversations.models.audit import AppendOnly
from conversations.services import audit

COMMAND = "command line"


def entries(number: int) -> None:
    for each in range(number):
        audit.record(COMMAND, "repriced", f"part {each}", {"cost": Decimal(each)}, {"cost": Decimal(each + 1)})


def tamper(statement: str) -> None:
    """As somebody with access to the database would."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_entry_says_who_from_where_what_old_and_new(alice: User, dana: User) -> None:
    actor = Actor(dana.email, dana.pk, "192.0.2.7")

    entry = audit.record(actor, audit.CHANGED, alice, {"name": "Alice", "email": "a@x"}, {"name": "Al", "email": "a@x"})

    assert entry is not None
    assert (entry.number, entry.actor, entry.actor_ref, entry.address) == (1, dana.email, dana.pk, "192.0.2.7")
    assert (entry.kind, entry.subject_ref, entry.subject) == ("accounts.user", str(alice.pk), alice.email)
    assert json.loads(entry.changes) == {"name": ["Alice", "Al"]}


def test_a_secret_changes_without_being_told(alice: User) -> None:
    entry = audit.record(COMMAND, audit.CHANGED, alice, {"password": "old hash"}, {"password": "new hash"})

    assert entry is not None
    assert json.loads(entry.changes) == {"password": [audit.HIDDEN, audit.HIDDEN]}


def test_no_difference_is_no_entry(alice: User) -> None:
    assert audit.record(COMMAND, audit.CHANGED, alice, {"name": "A"}, {"name": "A"}) is None
    assert not AuditEntry.objects.exists()


@pytest.mark.usefixtures("db")
def test_entries_cannot_be_changed_or_removed() -> None:
    entries(1)
    entry = AuditEntry.objects.get()

    for attempt in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(AppendOnly):
            attempt()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(actor="nobody")


@pytest.mark.usefixtures("db")
def test_a_sound_chain_is_proven() -> None:
    entries(3)
    noted = AuditEntry.objects.get(number=2).hash
    out = StringIO()

    call_command("verify_audit", "--noted", f"2:{noted}", stdout=out)

    assert "3 entries are in order" in out.getvalue()


@pytest.mark.usefixtures("db")
def test_an_entry_that_is_added_meanwhile_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    entries(2)
    look = audit._fault

    def look_while_somebody_works(entry: AuditEntry, number: int, *rest: str) -> str:
        if number == 2:
            entries(1)
        return look(entry, number, *rest)

    monkeypatch.setattr(audit, "_fault", look_while_somebody_works)
    verdict = audit.verify()
    assert (verdict.entries, verdict.fault) == (3, "")


@pytest.mark.usefixtures("db")
def test_an_empty_log_is_in_order() -> None:
    assert audit.verify() == audit.Verdict(0, "0" * 64)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE conversations_auditentry SET actor = 'somebody else' WHERE number = 2", "Entry 2 was changed."),
        ("UPDATE conversations_auditentry SET changes = '{}' WHERE number = 1", "Entry 1 was changed."),
        ("DELETE FROM conversations_auditentry WHERE number = 2", "Entry 2 is missing."),
        ("DELETE FROM conversations_auditentry WHERE number = 3", "The log ends with entry 2, and its head says 3."),
        ("UPDATE conversations_auditentry SET number = number + 10 WHERE number = 3", "Entry 3 is missing."),
        ("DELETE FROM conversations_audithead", "The log ends with entry 3, and its head says 0."),
    ],
)
def test_tampering_is_found(statement: str, fault: str) -> None:
    entries(3)
    tamper(statement)

    assert audit.verify().fault == fault
    with pytest.raises(CommandError, match=fault):
        call_command("verify_audit")


@pytest.mark.usefixtures("db")
def test_a_chain_that_was_computed_anew_is_found_by_a_noted_head() -> None:
    entries(2)
    noted = AuditEntry.objects.get(number=2).hash
    tamper("DELETE FROM conversations_auditentry")
    tamper("DELETE FROM conversations_audithead")
    entries(1)

    assert not audit.verify().fault
    assert audit.verify({2: noted}).fault == "Entry 2, which was noted, is missing."
    entries(1)
    assert audit.verify({2: noted}).fault == "Entry 2 is not the one that was noted."


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("noted", ["2", "x:y", "1:abc"])
def test_a_note_is_a_number_and_a_hash(noted: str) -> None:
    with pytest.raises(CommandError, match="NUMBER:HASH"):
        call_command("verify_audit", "--noted", noted)


@pytest.mark.django_db(transaction=True)
def test_entries_of_several_threads_make_one_chain() -> None:
    def write() -> None:
        try:
            entries(5)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert audit.verify() == audit.Verdict(20, AuditHead.objects.get().hash)


@given(st.dictionaries(st.text(min_size=1), st.one_of(st.none(), st.text(), st.integers(), st.binary()), max_size=4))
def test_any_value_can_be_kept(values: dict[str, object]) -> None:
    changes = audit._differences({}, values, set())

    json.dumps(changes, ensure_ascii=False)
    assert all("\0" not in (new or "") for _, new in changes.values())
