"""What of a file goes into a prompt, and which files cannot be read."""

from __future__ import annotations

import io
import random
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from conversations.attachments.content import Content, Limits, Unreadable
from conversations.attachments.recognition import kind_of
from conversations.attachments.worker import read
from tests.attachments import files

LIMITS = Limits()
SCRIPT = "def greet():\n    return 'Grüße'\n"


def read_any(data: bytes, limits: Limits = LIMITS) -> Content:
    return read(kind_of(data), data, limits)


def fault(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(Unreadable) as unreadable:
        read_any(data, limits)
    return unreadable.value.fault


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_in_any_encoding(encoding: str) -> None:
    text = "Grüße aus Köln, für 5 Euro das Stück.\r\nÄpfel und Öl, süß und würzig.\r\n" * 3
    assert read_any(text.encode(encoding)).text == text.replace("\r\n", "\n").strip()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("我们今天讨论了这个项目的进展,大家都认为应该继续努力。" * 5, "gb18030"),
        ("Сегодня мы обсуждали ход проекта и решили продолжать работу." * 5, "cp1251"),
    ],
)
def test_other_scripts_are_told_apart(text: str, encoding: str) -> None:
    assert read_any(text.encode(encoding)).text == text


def test_a_late_letter_decides_the_encoding() -> None:
    text = "plain line of ASCII\n" * 20_000 + "Grüße aus Köln, für 5 Euro das Stück, süß und würzig.\n" * 3
    assert read_any(text.encode("cp1252"), Limits(characters=10**6)).text == text.strip()


def test_code_stays_as_it_is() -> None:
    content = read_any(SCRIPT.encode())
    assert (content.kind, content.text) == ("text", SCRIPT.strip())


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        content = read_any(text.encode("utf-8", "replace"))
    except Unreadable:
        return
    assert content.text
    content.text.encode()
    assert "\x00" not in content.text


@pytest.mark.parametrize("data", [b"", b"   \n\t ", bytes(range(256)) * 40, b"abc\x00def"])
def test_what_is_no_text(data: bytes) -> None:
    assert fault(data) in ("empty", "no_text", "not_text")


def test_pages_of_a_pdf_are_marked() -> None:
    content = read_any(files.pdf("First page", "", "Third page"))
    assert (content.kind, content.parts) == ("pdf", 3)
    assert content.text == "[page 1]\nFirst page\n\n[page 2]\n\n[page 3]\nThird page"


def test_a_pdf_without_text_says_so() -> None:
    assert fault(files.pdf("", "")) == "no_text"


def test_protected_pdfs() -> None:
    assert fault(files.locked_pdf("secret", password="open sesame")) == "encrypted"
    assert "readable" in read_any(files.locked_pdf("readable", password="", owner_password="x")).text


def test_a_broken_pdf() -> None:
    whole = files.pdf("Hello")
    assert fault(b"%PDF-1.7\nnothing of the kind") == "damaged"
    assert fault(whole[: len(whole) // 3]) in ("damaged", "no_text")


def test_a_document_keeps_its_order_and_headings() -> None:
    content = read_any(files.docx("Before.", "Between.", table=[["Name", "Age"], ["Ada", "36"]]))
    assert content.kind == "word"
    assert content.text.startswith("# Minutes")
    order = ["Before.", "Between.", "Name | Age", "Ada | 36", "after the table"]
    assert sorted(order, key=content.text.index) == order


def test_sheets_are_marked_and_written_as_csv() -> None:
    data = files.xlsx(
        Sales=[["Item", "Price", None], ["Tea, green", 3.5, None], [None, None], ["Sum", 7.0, True]],
        Dates=[[date(2026, 11, 21), datetime.fromisoformat("2026-11-21T10:30:00")]],
    )
    content = read_any(data)
    assert (content.kind, content.parts) == ("sheet", 2)
    assert content.text == (
        '[sheet Sales]\nItem,Price\n"Tea, green",3.5\nSum,7,TRUE\n\n[sheet Dates]\n2026-11-21,2026-11-21 10:30:00'
    )


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF"])
def test_images_are_encoded_anew(format_: str) -> None:
    content = read_any(files.image(format_))
    assert (content.kind, content.width, content.height) == ("image", 40, 20)
    with Image.open(io.BytesIO(content.picture)) as picture:
        assert f"image/{(picture.format or '').lower()}" == content.media_type


def test_what_an_image_says_beside_its_pixels_stays_behind() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Zanzibarquokka"
    exif[0x0112] = 6
    data = files.image("JPEG", exif=exif, comment=b"Zanzibarquokka")
    assert b"Zanzibarquokka" in data
    content = read_any(data)
    assert b"Zanzibarquokka" not in content.picture
    # Turned upright, as its metadata asked for.
    assert (content.width, content.height) == (20, 40)


def test_large_photographs_become_smaller() -> None:
    noise = Image.frombytes("RGB", (3000, 1500), random.Random(7).randbytes(3000 * 1500 * 3))
    stream = io.BytesIO()
    noise.save(stream, "PNG")
    content = read_any(stream.getvalue())
    assert (content.width, content.height, content.media_type) == (2048, 1024, "image/jpeg")
    assert len(content.picture) < 5 * 1024 * 1024


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old_office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"{\\rtf1 hello}", "rich_text"),
        (b"\x1f\x8b\x08" + b"\x00" * 50, "archive"),
        (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 50, "image_format"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "damaged"),
        (files.image()[:60], "damaged"),
        (files.with_part(files.docx("x"), "word/document.xml", b"<w:document"), "damaged"),
        (files.with_part(files.xlsx(A=[[1]]), "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"), "damaged"),
    ],
)
def test_faults_are_told_apart(data: bytes, expected: str) -> None:
    assert fault(data) == expected


def test_other_packed_files() -> None:
    empty = files.with_part(b"PK\x05\x06" + b"\x00" * 18, "notes.txt", b"hello")
    assert fault(empty) == "archive"
    assert fault(files.with_part(empty, "ppt/presentation.xml", b"<p/>")) == "presentation"
    assert fault(files.with_part(empty, "mimetype", b"application/vnd.oasis.opendocument.text")) == "open_document"


def test_the_name_of_a_type_inside_does_not_count() -> None:
    """A picture that calls itself text is a picture, and the other way round."""
    assert kind_of(files.image()) == "image"
    assert kind_of(b"<svg onload=alert(1)>") == "text"
    assert kind_of(b"<!DOCTYPE html><script>") == "text"


def test_too_much_is_refused_and_never_cut() -> None:
    small = Limits(characters=50, pages=2, cells=20, pixels=500)
    assert fault(b"x" * 51, small) == "too_much_text"
    assert fault(files.pdf("a" * 60), small) == "too_much_text"
    assert fault(files.pdf("a", "b", "c"), small) == "too_many_pages"
    assert fault(files.docx("word " * 20), small) == "too_much_text"
    assert fault(files.xlsx(A=[[1] * 30]), small) == "too_many_cells"
    assert fault(files.xlsx(A=[["x" * 60]]), small) == "too_much_text"
    assert fault(files.image(), small) == "too_many_pixels"
