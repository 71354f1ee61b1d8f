"""Attachments over HTTP: for their owner alone, sealed, refused with a reason, and given back as they were."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chatsite.accounts.models import User
from conversations.models import Attachment, Conversation
from conversations.services import attachments
from tests.attachments import files
from tests.pages.test_views import conversation_of

pytestmark = pytest.mark.django_db
MARK = "Zanzibarquokka"


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def upload(client: Client, data: bytes, name: str = "notes.txt", conversation: object = "") -> Any:
    fields = {"file": SimpleUploadedFile(name, data, "text/plain"), "conversation": str(conversation)}
    return client.post("/attachments/", fields)


def kept(client: Client, data: bytes = b"hello", name: str = "notes.txt", conversation: object = "") -> dict[str, Any]:
    response = upload(client, data, name, conversation)
    assert response.status_code == 201, response.content
    row: dict[str, Any] = response.json()
    return row


def test_a_file_is_read_and_given_back_as_it_was(as_alice: Client) -> None:
    data = files.pdf("Hello", "World")
    row = kept(as_alice, data, "Käse & Wein.pdf")
    assert (row["name"], row["kind"], row["parts"], row["size"]) == ("Käse & Wein.pdf", "pdf", 2, len(data))
    assert row["tokens"] > 5
    response = as_alice.get(f"/attachments/{row['id']}/")
    assert response.content == data
    assert response["Content-Disposition"].startswith("attachment;")
    assert "filename*=utf-8''K%C3%A4se" in response["Content-Disposition"]
    assert response["Content-Type"] == "application/octet-stream"
    text = as_alice.get(f"/attachments/{row['id']}/text/").json()
    assert text == row | {"text": "[page 1]\nHello\n\n[page 2]\nWorld"}


def test_what_a_file_holds_cannot_act(as_alice: Client) -> None:
    row = kept(as_alice, b"<script>alert(1)</script>", "page.html")
    image = kept(as_alice, files.image(), "x.svg")
    for address in (f"/attachments/{row['id']}/", f"/attachments/{image['id']}/picture/"):
        response = as_alice.get(address)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]
        assert "script-src" not in response["Content-Security-Policy"]
        assert "no-store" in response["Cache-Control"]
    assert as_alice.get(f"/attachments/{image['id']}/picture/")["Content-Type"] == "image/png"
    assert as_alice.get(f"/attachments/{row['id']}/picture/").status_code == 404


def test_what_cannot_be_decrypted_is_refused_in_words(as_alice: Client) -> None:
    image, note = kept(as_alice, files.image(), "x.png"), kept(as_alice)
    Attachment.objects.update(original=b"damaged", picture=b"damaged", text=b"damaged")
    for address in (f"/attachments/{note['id']}/", f"/attachments/{image['id']}/picture/"):
        response = as_alice.get(address)
        assert response.status_code == 422
        assert "can no longer be decrypted" in response.content.decode()
    told = as_alice.get(f"/attachments/{note['id']}/text/")
    assert told.status_code == 422
    assert "attach the file again" in told.json()["error"]


def test_names_and_contents_are_sealed(as_alice: Client) -> None:
    for data in (f"{MARK} is a word".encode(), files.pdf(MARK), files.docx(MARK), files.xlsx(A=[[MARK]])):
        kept(as_alice, data, f"{MARK}.txt")
    kept(as_alice, files.image(comment=MARK.encode(), format_="JPEG"), f"{MARK}.jpg")
    stored = b"".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for row in Attachment.objects.values_list()
        for value in row
    )
    assert MARK.encode() not in stored
    # A sealed value is bound to its row and column.
    first, second = Attachment.objects.all()[:2]
    assert bytes(first.name) != bytes(second.name)


def test_nobody_else_finds_it(as_alice: Client, charlie: User) -> None:
    row = kept(as_alice, files.image(), "x.png")
    conversation = conversation_of(User.objects.get(email="alice@example.org"))
    stranger = Client()
    stranger.force_login(charlie)
    for client, status in ((stranger, 404), (Client(), 302)):
        for part in ("", "text/", "picture/"):
            assert client.get(f"/attachments/{row['id']}/{part}").status_code == status
        assert client.delete(f"/attachments/{row['id']}/").status_code == status
        assert upload(client, b"hello", conversation=conversation.pk).status_code == status
    assert stranger.get("/attachments/").json() == {"attachments": []}
    assert as_alice.get(f"/attachments/{uuid4()}/").status_code == 404
    assert Attachment.objects.filter(pk=row["id"]).exists()


def test_what_waits_is_found_again_and_can_be_taken_back(as_alice: Client, alice: User) -> None:
    conversation = conversation_of(alice)
    here, new = kept(as_alice, conversation=conversation.pk), kept(as_alice)
    assert as_alice.get("/attachments/", {"conversation": str(conversation.pk)}).json() == {"attachments": [here]}
    assert as_alice.get("/attachments/").json() == {"attachments": [new]}
    assert as_alice.delete(f"/attachments/{new['id']}/").status_code == 204
    assert as_alice.delete(f"/attachments/{new['id']}/").status_code == 404
    assert as_alice.get("/attachments/").json() == {"attachments": []}


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "file_empty", "empty"),
        (b"\x00\x01\x02" * 99, "file_not_text", "PDF or text"),
        (files.locked_pdf("x", password="y"), "file_encrypted", "password"),
        (files.pdf(""), "file_no_text", "scan"),
        (b"%PDF-1.4 nothing", "file_damaged", "damaged"),
        (b"PK\x05\x06" + b"\x00" * 18, "file_archive", "Unpack"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_reason(
    as_alice: Client, data: bytes, code: str, words: str
) -> None:
    response = upload(as_alice, data, "it.pdf")
    assert response.status_code == 422
    assert response.json()["code"] == code
    assert response.json()["error"].startswith("“it.pdf” was not attached.")
    assert words in response.json()["error"]
    assert not Attachment.objects.exists()


def test_limits_come_from_the_settings(as_alice: Client, settings: Any) -> None:
    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT, max_attachment_megabytes=1, max_attachment_characters=1000
    )
    large = upload(as_alice, b"x" * (1024 * 1024 + 1))
    assert (large.status_code, large.json()["code"]) == (422, "file_too_large")
    assert "1 MB" in large.json()["error"]
    long = upload(as_alice, b"x" * 1001)
    assert long.json()["code"] == "file_too_much_text"
    assert "1,000" in long.json()["error"]


def test_only_so_many_wait(as_alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MOST_WAITING", 1)
    kept(as_alice)
    assert upload(as_alice, b"hello").json()["code"] == "too_many_files"


@pytest.mark.parametrize("fields", [{}, {"file": "text"}, {"conversation": "x"}])
def test_a_bad_request_is_answered_with_400(as_alice: Client, fields: dict[str, str]) -> None:
    assert as_alice.post("/attachments/", fields).status_code == 400


def test_foreign_pages_upload_nothing(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert upload(client, b"hello").status_code == 403


def test_names_are_one_harmless_line() -> None:
    assert attachments.clean_name("../../etc/passwd") == "passwd"
    assert attachments.clean_name("C:\\docs\\a b\n.txt") == "a b .txt"
    assert attachments.clean_name("invoice\u202efdp.exe\x00") == "invoicefdp.exe"
    assert attachments.clean_name("...") == "file"
    long = attachments.clean_name("x" * 300 + ".pdf")
    assert len(long) <= 150
    assert long.endswith("….pdf")


def test_what_waits_too_long_is_cleared_away(as_alice: Client, alice: User) -> None:
    old, sent, new = (UUID(kept(as_alice)["id"]) for _ in range(3))
    Attachment.objects.filter(pk__in=[old, sent]).update(created_at=datetime.now(UTC) - timedelta(hours=25))
    Attachment.objects.filter(pk=sent).update(sent_at=datetime.now(UTC))
    attachments.remove_forgotten()
    assert {row.pk for row in Attachment.objects.all()} == {sent, new}


def test_deleted_with_the_conversation_and_with_the_person(as_alice: Client, alice: User) -> None:
    conversation = conversation_of(alice)
    kept(as_alice, conversation=conversation.pk)
    kept(as_alice)
    Conversation.objects.get(pk=conversation.pk).delete()
    assert Attachment.objects.count() == 1
    alice.delete()
    assert not Attachment.objects.exists()
