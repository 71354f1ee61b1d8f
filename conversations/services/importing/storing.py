"""Imported conversations into the database: each whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from uuid_utils.compat import uuid7

from chatsite.accounts.models import User
from conversations.generation.options import Options
from conversations.history.cipher import Cipher
from conversations.history.keyring import keyring
from conversations.models import Attachment, Conversation, Draft, Folder, Generation, Message, SentAttachment, Summary
from conversations.services import announcements, drafts, folders, listing, presets
from conversations.services.access import Refused
from conversations.services.conversations import MAX_TITLE
from conversations.services.importing import upload
from conversations.services.importing.document import (
    ImportedConversation,
    ImportedDraft,
    ImportedMessage,
    ImportedPreset,
    Unacceptable,
)
from conversations.services.importing.files import FileRoom
from conversations.services.importing.report import Report
from conversations.services.models import MODELS
from conversations.services.options import check_options
from conversations.services.summaries import Outdated

_BATCH = 500
_PROVISIONAL_TITLE = 60
_at_work = threading.Lock()


class _Duplicate(Exception):
    """The conversation is here already."""


def import_file(user: User, data: bytes, *, default_model: str) -> Report:
    """Import what can be imported and report on the rest. Raises `Refused` when the file as a whole is no export.

    One at a time in a process: a file is in memory as a whole.
    """
    if not _at_work.acquire(blocking=False):
        raise Refused("busy", _("Another import is running. Nothing was imported; try again in a minute."))
    try:
        return Import(user, default_model).run(data)
    finally:
        _at_work.release()


class Import:
    """One import of one person."""

    def __init__(self, user: User, default_model: str) -> None:
        self._user = user
        self._user_id = user.pk
        self._default_model = default_model
        self._cipher: Cipher = keyring().user(user.pk)
        self._report = Report()
        self._files = FileRoom(user.pk)
        self._presets = [_preset(row) for row in presets.own_rows(user.pk)]
        self._read_folders()

    def _read_folders(self) -> None:
        self._folders = {row["name"]: UUID(row["id"]) for row in folders.rows(self._user_id)}

    def run(self, data: bytes) -> Report:
        try:
            for number, read in enumerate(upload.contents(data), 1):
                self._one(number, read)
        except Unacceptable as unacceptable:
            if self._report.imported:
                # The file broke off after some of it had come in; that stays, and the report says where it ended.
                self._report.skip(self._report.imported + self._report.failed + 1, "", _told(unacceptable))
            else:
                raise Refused("not_an_export", f"{_told(unacceptable)} {_('Nothing was imported.')}") from None
        if self._report.imported:
            announcements.list_changed(self._user_id)
        return self._report

    def _one(self, number: int, read: upload.Read) -> None:
        title = ""
        try:
            match found := read():
                case ImportedPreset():
                    self._store_preset(found)
                case ImportedDraft():
                    self._store_draft(found)
                case ImportedConversation():
                    title = found.title
                    self._store(found)
                    self._report.imported += 1
                    self._report.messages += len(found.messages)
        except _Duplicate:
            self._report.duplicates += 1
        except Unacceptable as unacceptable:
            self._report.skip(number, title, _told(unacceptable))

    def _store_preset(self, found: ImportedPreset) -> None:
        """Unless there is the same here already. What is chosen in it need not be offered here."""
        model = found.model if any(each.id == found.model for each in MODELS) else ""
        try:
            row = {"name": found.name, "instructions": found.instructions, "options": found.options}
            content = _preset(row | {"model": model, "thinking": (found.thinking or "off") if model else ""})
            if content not in self._presets:
                presets.create(self._user, content, shared=False)
                self._presets.append(content)
                self._report.presets += 1
        except (msgspec.ValidationError, Refused):
            self._report.presets_left_out += 1

    def _store_draft(self, found: ImportedDraft) -> None:
        here = drafts.read(self._user_id, None)
        if here["text"] not in ("", found.text):
            self._report.draft_left_out = True
            return
        try:
            drafts.write(self._user_id, None, text=found.text, version=here["version"])
        except (Outdated, Refused):
            self._report.draft_left_out = True

    def _store(self, found: ImportedConversation) -> None:
        if not found.messages:
            raise Unacceptable(gettext_noop("it has no messages"))
        origin = self._origin(found)
        row = self._row(found, origin)
        if self._is_here(found, origin):
            # Before its files are read, which takes a while.
            raise _Duplicate
        messages, generations, ids = self._messages(found, row)
        files = self._files.of(found, row, ids)
        try:
            with transaction.atomic():
                if self._is_here(found, origin):
                    raise _Duplicate
                row.folder_id = self._folder(found.folder)
                row.save(force_insert=True)
                Message.objects.bulk_create(messages, _BATCH)
                Generation.objects.bulk_create(generations, _BATCH)
                Attachment.objects.bulk_create(files.attachments, 1)
                SentAttachment.objects.bulk_create(files.sent, _BATCH)
                Summary.objects.bulk_create(self._summaries(found, row, ids), _BATCH)
                if found.draft:
                    self._draft(found, row).save(force_insert=True)
                leaf = ids.get(found.leaf or "", messages[-1].pk)
                Conversation.objects.filter(pk=row.pk).update(leaf=leaf)
        except IntegrityError:
            # The same file is being imported by another process. A folder that was made is unmade.
            self._read_folders()
            raise _Duplicate from None
        self._report.left_out += files.left_out

    def _row(self, found: ImportedConversation, origin: str) -> Conversation:
        now = datetime.now(UTC)
        times = [message.created for message in found.messages if message.created]
        created = found.created or min(times, default=now)
        updated = max(found.updated or max(times, default=created), created)
        is_offered = any(model.id == found.model for model in MODELS)
        row = Conversation(
            user_id=self._user_id,
            title_source=Conversation.TitleSource.PERSON,
            model=found.model if is_offered else self._default_model,
            thinking=found.thinking or "off",
            created_at=created,
            updated_at=updated,
            pinned_at=now if found.pinned and not found.archived and self._has_room_for_pin() else None,
            archived_at=now if found.archived else None,
            origin=origin,
        )
        options = _options(found.options)
        row.seal(self._cipher, title=_title(found), instructions=found.instructions, options=options)
        return row

    def _messages(
        self, found: ImportedConversation, row: Conversation
    ) -> tuple[list[Message], list[Generation], dict[str, UUID]]:
        # Keys in the order of the messages: the page takes the greatest for the newest.
        ids = {message.key: uuid7() for message in found.messages}
        messages: list[Message] = []
        generations: list[Generation] = []
        before = row.created_at
        for each in found.messages:
            before = each.created or before
            message = Message(
                id=ids[each.key],
                conversation=row,
                parent_id=ids[each.parent] if each.parent is not None else None,
                role=each.role,
                created_at=before,
            )
            message.seal(self._cipher, text=each.text, reasoning=each.reasoning)
            messages.append(message)
            if each.role == Message.Role.ASSISTANT:
                generations.append(self._generation(message, each))
        return messages, generations, ids

    def _generation(self, message: Message, found: ImportedMessage) -> Generation:
        """How an answer came about, as far as the file tells; it is at its end, and in no ledger."""
        figures = {"status": Generation.Status.COMPLETE, "thinking": "off", "finish_reason": "stop"} | found.figures
        generation = Generation(
            message=message,
            user_id=self._user_id,
            command=uuid4(),
            model=_plain(found.model)[:100],
            created_at=message.created_at,
            attempt_started_at=message.created_at,
            ended_at=message.created_at,
            **{name: _plain(value) if isinstance(value, str) else value for name, value in figures.items()},
        )
        generation.seal(self._cipher, options=_options(found.options))
        return generation

    def _summaries(self, found: ImportedConversation, row: Conversation, ids: dict[str, UUID]) -> Iterator[Summary]:
        for each in found.summaries:
            created = each.created or row.updated_at
            summary = Summary(
                conversation=row,
                message_id=ids[each.message],
                author=each.author,
                created_at=created,
                changed_at=each.changed or created,
            )
            summary.seal(self._cipher, text=each.text)
            yield summary

    def _draft(self, found: ImportedConversation, row: Conversation) -> Draft:
        draft = Draft(id=uuid7(), user_id=self._user_id, conversation=row, changed_at=datetime.now(UTC))
        draft.seal(self._cipher, text=found.draft)
        return draft

    def _origin(self, found: ImportedConversation) -> str:
        """A keyed hash: the table tells nobody what was where before."""
        value = f"{self._user_id}:{found.fingerprint()}"
        return salted_hmac("chatsite.import", value, algorithm="sha256").hexdigest()

    def _is_here(self, found: ImportedConversation, origin: str) -> bool:
        present = listing.present(self._user_id)
        if found.source == "chatsite" and (own := _uuid(found.key)) and present.filter(pk=own).exists():
            return True
        return present.filter(origin=origin).exists()

    def _has_room_for_pin(self) -> bool:
        return listing.present(self._user_id).filter(pinned_at__isnull=False).count() < listing.MOST_PINNED

    def _folder(self, name: str) -> UUID | None:
        """The folder of that name, made where there is none (any more) and room for one. In the transaction."""
        name = " ".join(name.split())[: folders.MAX_NAME]
        if not name:
            return None
        known = self._folders.get(name)
        if known is None or not Folder.objects.select_for_update().filter(pk=known).first():
            if len(self._folders) >= folders.MOST:
                return None
            folder = Folder(user_id=self._user_id)
            folder.seal(self._cipher, name=name)
            folder.save(force_insert=True)
            self._folders[name] = folder.pk
        return self._folders[name]


def _told(unacceptable: Unacceptable) -> str:
    """What is wrong, in the language of the person."""
    advice = _(unacceptable.advice) if unacceptable.advice else ""
    return f"{_(unacceptable.text) % unacceptable.values} {advice}".strip()


def _preset(row: dict[str, Any]) -> presets.Content:
    """As its row and its export tell it. Raises `msgspec.ValidationError`."""
    return presets.Content(
        name=" ".join(row["name"].split()),
        instructions=row["instructions"].strip(),
        model=row["model"],
        thinking=row["thinking"],
        options=msgspec.convert(row["options"], Options),
    )


def _title(found: ImportedConversation) -> str:
    title = " ".join(found.title.split())[:MAX_TITLE]
    first = next((message.text for message in found.messages if message.role == "user"), "")
    return title or " ".join(first.split())[:_PROVISIONAL_TITLE]


def _options(found: dict[str, Any]) -> str:
    """Sampling settings as they are stored. Raises `Unacceptable` for such that no prompt could have."""
    try:
        options = msgspec.convert(found, Options)
        check_options(options)
    except (msgspec.ValidationError, Refused) as error:
        text = gettext_noop("its sampling settings are not valid: %(problem)s")
        raise Unacceptable(text, problem=error) from None
    return options.encode()


def _plain(text: str) -> str:
    """For a column that is not sealed: PostgreSQL takes no NUL."""
    return text.replace("\0", "")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
