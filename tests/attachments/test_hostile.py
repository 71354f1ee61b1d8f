"""Files that want to do harm: they are refused, and cost a bounded time and memory of a process of their own."""

from __future__ import annotations

import io
import socket
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from conversations.attachments.content import Limits, Unreadable
from conversations.attachments.reader import Busy, FileReader
from tests.attachments import files

READER = FileReader()
LIMITS = Limits()
DOCUMENT = "word/document.xml"
SHEET = "xl/worksheets/sheet1.xml"


def fault(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(Unreadable) as unreadable:
        READER.read(data, limits)
    return unreadable.value.fault


def test_a_harmless_file_goes_through_the_process() -> None:
    assert READER.read("Grüße".encode(), LIMITS).text == "Grüße"
    assert READER.read("我们今天讨论了这个项目的进展。".encode("gb18030") * 9, LIMITS).text.startswith("我们今天")
    assert READER.read(files.pdf("Hello"), LIMITS).text == "[page 1]\nHello"
    assert "readable" in READER.read(files.locked_pdf("readable", password="", owner_password="x"), LIMITS).text
    assert "Tea" in READER.read(files.docx("Tea", table=[["a"]]), LIMITS).text
    assert "Tea" in READER.read(files.xlsx(A=[["Tea"]]), LIMITS).text
    for format_ in ("PNG", "JPEG", "WEBP", "GIF"):
        assert READER.read(files.image(format_), LIMITS).picture
    exif = Image.Exif()
    exif[0x0112] = 6
    assert READER.read(files.image("JPEG", exif=exif), LIMITS).height == 40


def test_a_zip_bomb() -> None:
    stream = io.BytesIO(files.xlsx(A=[[1]]))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as package:
        for number in range(3):
            package.writestr(f"xl/media/{number}.bin", bytes(8 * 1024 * 1024))
    assert len(stream.getvalue()) < 64 * 1024
    assert fault(stream.getvalue(), Limits(unpacked_bytes=16 * 1024 * 1024)) == "unpacks_too_large"


def test_a_part_that_lies_about_its_size() -> None:
    data = files.with_part(files.xlsx(A=[[1]]), "xl/big.bin", b"\x00" * 1_000_000)
    directory = data.rindex(b"PK\x01\x02")
    lie = data[: directory + 24] + struct.pack("<I", 10) + data[directory + 28 :]
    assert fault(lie) == "damaged"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize(("make", "name"), [(files.docx, DOCUMENT), (lambda: files.xlsx(A=[["x"]]), SHEET)])
def test_entities_of_xml(make: object, name: str, encoding: str) -> None:
    package: bytes = make()  # type: ignore[operator]
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "lol"><!ENTITY f SYSTEM "file:///etc/passwd">{laughs}]>'
    part = (text + "<d>&l9;&f;</d>").encode(encoding)
    assert fault(files.with_part(package, name, part)) == "damaged"


def test_a_declaration_behind_a_long_comment() -> None:
    part = b"<!-- " + b"x" * 262_140 + b" --><!DOCTYPE d><d/>"
    assert fault(files.with_part(files.docx(), DOCUMENT, part)) == "damaged"


def test_tables_inside_of_tables_without_end() -> None:
    package = files.docx("x")
    start, _, end = files.part_of(package, DOCUMENT).decode().partition("<w:body>")
    deep = "<w:tbl><w:tr><w:tc>" * 80 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 80
    assert READER.read(files.with_part(package, DOCUMENT, (f"{start}<w:body>{deep}{end}").encode()), LIMITS).text
    deep = "<w:tbl><w:tr><w:tc>" * 200_000
    assert fault(files.with_part(package, DOCUMENT, (f"{start}<w:body>{deep}").encode())) == "damaged"


def test_a_sheet_that_pretends_to_be_endless() -> None:
    package = files.xlsx(A=[["x"]])
    sheet = files.part_of(package, SHEET).decode()
    vast = sheet.replace('ref="A1"', 'ref="A1:XFD1048576"')
    assert vast != sheet
    assert READER.read(files.with_part(package, SHEET, vast.encode()), LIMITS).text.endswith("x")
    head, rest = sheet.split("<sheetData>")
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"></c></row>' for n in range(1, 200))
    many = f"{head}<sheetData>{rows}</sheetData>{rest.partition('</sheetData>')[2]}"
    assert fault(files.with_part(package, SHEET, many.encode())) == "too_many_cells"


def test_an_image_that_unpacks_to_gigabytes() -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00" * 1_000_000))
    assert fault(png + chunk(b"IEND", b"")) == "too_many_pixels"


def test_a_pdf_whose_pages_contain_themselves() -> None:
    looped = files.pdf("Hello").replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")
    assert fault(looped) in ("damaged", "too_much_work", "no_text")


def test_a_pdf_that_nests_without_end() -> None:
    deep = files.pdf("Hello").replace(b"/MediaBox [0 0 612 792]", b"/MediaBox " + b"[" * 100_000 + b"]" * 100_000)
    try:
        READER.read(deep, LIMITS)
    except Unreadable as unreadable:
        assert unreadable.fault in ("damaged", "too_much_work", "no_text")  # noqa: PT017 - either is right


def test_a_pdf_stream_that_unpacks_to_gigabytes() -> None:
    packed = zlib.compress(b"BT (x) Tj ET\n" * 20_000_000, 9)
    body = files.pdf("Hello")
    start, _, end = body.partition(b"5 0 obj\n")
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream\nendobj\n" % (len(packed), packed)
    assert fault(start + b"5 0 obj\n" + stream + end.partition(b"endobj\n")[2]) in (
        "unpacks_too_large",
        "too_much_work",
        "damaged",
        "no_text",
    )


def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(Unreadable, match="too_much_work"):
        FileReader(patience=0.01).read(files.pdf("Hello"), LIMITS)


def test_only_some_are_read_at_once() -> None:
    reader = FileReader(at_once=1, wait=0)
    held, release = threading.Event(), threading.Event()

    def hold(data: bytes, limits: Limits) -> bytes:
        held.set()
        release.wait(20)
        return FileReader._ask_worker(reader, data, limits)

    reader._ask_worker = hold  # type: ignore[method-assign]
    first = threading.Thread(target=reader.read, args=(b"hello", LIMITS))
    first.start()
    assert held.wait(20)
    with pytest.raises(Busy):
        reader.read(b"hello", LIMITS)
    release.set()
    first.join()
    assert reader.read(b"hello", LIMITS).text == "hello"


ROOT = str(Path(__file__).resolve().parents[2])
CONFINED = f"""
import sys; sys.path.insert(0, {ROOT!r})
from conversations.attachments.confinement import confine
import socket, os
confine("text")
def tried(work):
    try:
        work()
        return "done"
    except (OSError, MemoryError) as error:
        return type(error).__name__
print(tried(lambda: open("/etc/hostname")), tried(lambda: socket.create_connection(("127.0.0.1", int(sys.argv[1])))),
    tried(lambda: b"x" * (3 << 30)), tried(lambda: os.pipe()))
"""


def test_whoever_takes_a_parser_over_reaches_no_file_and_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        ran = subprocess.run(
            [sys.executable, "-I", "-c", CONFINED, port], capture_output=True, text=True, check=True, env={}
        )
    assert ran.stdout.split() == ["OSError", "OSError", "MemoryError", "OSError"]


def test_the_process_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is started with an empty environment, whatever the server's holds."""
    monkeypatch.setenv("HISTORY_KEYSET", "secret")
    started: list[dict[str, object]] = []
    real = subprocess.Popen

    class Watched(real):  # type: ignore[misc,valid-type]
        def __init__(self, *arguments: object, **options: object) -> None:
            started.append(options)
            super().__init__(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    assert READER.read(b"hello", LIMITS).text == "hello"
    assert [options["env"] for options in started] == [{}]
