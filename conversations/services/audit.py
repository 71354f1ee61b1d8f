"""The audit log: adding an entry, and proving that none was changed, removed or slipped in.

An entry's hash is SHA-256 over its columns and the hash before it. Whoever can write to the database can compute a
whole new chain; so every head also goes to the server's log, and `verify` takes a head that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone

from chatsite.accounts.acting import Actor, actor_of
from conversations.models import AuditEntry, AuditHead

logger = logging.getLogger(__name__)

ADDED: Final = "added"
CHANGED: Final = "changed"
DELETED: Final = "deleted"
HIDDEN: Final = "(hidden)"
"""Stands for a text, a key or a password: the log says that it changed and not to what."""

_SECRETS: Final = ("password", "token", "token_hash", "secret", "key", "data", "webhook_url")
_FIRST: Final = "0" * 64
_LONGEST: Final = 500
"""Characters of one value."""
_CHUNK: Final = 1000


def record(
    who: HttpRequest | Actor | str,
    action: str,
    subject: models.Model | str,
    old: Mapping[str, object] | None = None,
    new: Mapping[str, object] | None = None,
) -> AuditEntry | None:
    """Add an entry in the transaction of the change: `action` is a verb in the past tense (`ADDED`, "lifted").

    `who`: the administrator's request, or what else acts ("command line"). `subject`: the row, or a word for what is no
    row. `old` and `new`: columns before and after; equal ones are left out, and of a row's texts and secrets only that
    they changed is kept. None, and no entry, for `CHANGED` without a difference.
    """
    changes = _differences(old or {}, new or {}, hidden_columns(subject))
    if action == CHANGED and not changes:
        return None
    actor = who if isinstance(who, Actor) else actor_of(who) if isinstance(who, HttpRequest) else Actor(who)
    entry = AuditEntry(
        at=timezone.now(),
        actor_ref=actor.ref,
        actor=actor.name[:254],
        address=actor.address[:64],
        action=action,
        kind=_kind(subject),
        subject_ref=str(subject.pk) if isinstance(subject, models.Model) else "",
        subject=_clean(str(subject))[:254],
        changes=json.dumps(changes, ensure_ascii=False, sort_keys=True),
    )
    _append(entry)
    return entry


def columns_of(row: models.Model) -> dict[str, object]:
    """A row's columns as `record` takes them."""
    return {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields}


def hidden_columns(subject: models.Model | str) -> set[str]:
    """The columns whose values the log must not hold: ciphertext, keys, passwords, and what the model names as
    `audit_hidden`.
    """
    if isinstance(subject, str):
        return set(_SECRETS)
    sealed = {field.name for field in subject._meta.concrete_fields if isinstance(field, models.BinaryField)}
    return sealed | set(_SECRETS) | set(getattr(subject, "audit_hidden", ()))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look through the whole chain found."""

    entries: int
    """How many are in order, from the first."""
    head: str
    """The hash of the last of them."""
    fault: str = ""
    """What is wrong with the next one; empty when all are in order."""


def verify(noted: Mapping[int, str] | None = None) -> Verdict:
    """Follow the chain from the first entry to the head. `noted`: hashes that were written down, by entry number."""
    expected, count, seen = _FIRST, 0, -1
    wanted = dict(noted or {})
    while seen != count:
        # Until nothing was added since the head was read: administrators may be at work.
        head, seen = AuditHead.objects.filter(pk=1).first() or AuditHead(), count
        for entry in AuditEntry.objects.filter(number__gt=seen).order_by("number").iterator(chunk_size=_CHUNK):
            fault = _fault(entry, count + 1, expected, wanted.pop(entry.number, entry.hash))
            if fault:
                return Verdict(count, expected, fault)
            expected, count = entry.hash, entry.number
    if (head.number, head.hash) != (count, expected):
        return Verdict(count, expected, f"The log ends with entry {count}, and its head says {head.number}.")
    if wanted:
        return Verdict(count, expected, f"Entry {min(wanted)}, which was noted, is missing.")
    return Verdict(count, expected)


def _fault(entry: AuditEntry, number: int, previous: str, noted: str) -> str:
    if entry.number != number:
        return f"Entry {number} is missing."
    if entry.previous != previous:
        return f"Entry {number} does not follow the one before it."
    if entry.hash != _hash(entry):
        return f"Entry {number} was changed."
    return "" if entry.hash == noted else f"Entry {number} is not the one that was noted."


def _append(entry: AuditEntry) -> None:
    with transaction.atomic():
        AuditHead.objects.get_or_create(pk=1)
        head = AuditHead.objects.select_for_update().get(pk=1)
        entry.number, entry.previous = head.number + 1, head.hash
        entry.hash = _hash(entry)
        entry.save()
        head.number, head.hash = entry.number, entry.hash
        head.save(update_fields=["number", "hash"])
        transaction.on_commit(lambda: logger.info("Audit log: entry %d has hash %s.", entry.number, entry.hash))


def _hash(entry: AuditEntry) -> str:
    content = [
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        str(entry.actor_ref or ""),
        entry.actor,
        entry.address,
        entry.action,
        entry.kind,
        entry.subject_ref,
        entry.subject,
        entry.changes,
        entry.previous,
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _kind(subject: models.Model | str) -> str:
    return subject._meta.label_lower if isinstance(subject, models.Model) else "site"


def _differences(old: Mapping[str, object], new: Mapping[str, object], hidden: set[str]) -> dict[str, list[str | None]]:
    changed = {name: (old.get(name), new.get(name)) for name in {*old, *new} if old.get(name) != new.get(name)}
    return {
        name: [_shown(before, name in hidden), _shown(after, name in hidden)]
        for name, (before, after) in changed.items()
    }


def _shown(value: object, hidden: bool) -> str | None:
    if value is None or value == "":
        return None
    return HIDDEN if hidden else _clean(_text(value))


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, str):
        return value[:_LONGEST]
    # All of them, however many: who was given which rights.
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview | Mapping):
        return ", ".join(sorted(map(_text, value)))
    return HIDDEN if isinstance(value, bytes | bytearray | memoryview) else str(value)[:_LONGEST]


def _clean(text: str) -> str:
    """PostgreSQL stores no NUL, and a lone surrogate has no bytes to hash."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
