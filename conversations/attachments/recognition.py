"""What a file is, by its content: neither its name nor what a browser says about it counts."""

from __future__ import annotations

import io
import zipfile

from conversations.attachments.content import Fault, Kind, Unreadable

_PDF_WITHIN = 1024
"""Bytes in which readers look for the mark of a PDF, as the first ones can be anything."""
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_OTHER_PICTURES = (b"BM", b"II*\x00", b"MM\x00*", b"\x00\x00\x01\x00", b"8BPS")
_ISO_MEDIA = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif", b"ftypheif")
_ARCHIVES = (b"\x1f\x8b", b"BZh", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")

_MAIN_PARTS: dict[str, Kind] = {"word/document.xml": "word", "xl/workbook.xml": "sheet"}
_OTHER_PACKAGES: dict[str, Fault] = {
    "ppt/presentation.xml": "presentation",
    "mimetype": "open_document",
    "content.xml": "open_document",
}


def kind_of(data: bytes) -> Kind:
    """The kind of a file that may be readable; whether it is, its own reader finds out. Raises `Unreadable`."""
    if not data:
        raise Unreadable("empty")
    if data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return "image"
    if data[4:12] in _ISO_MEDIA:
        raise Unreadable("image_format")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packed(data)
    if data.startswith(_OLE):
        raise Unreadable("encrypted" if _ENCRYPTED_PACKAGE in data else "old_office")
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return "pdf"
    if data.startswith(b"{\\rtf"):
        raise Unreadable("rich_text")
    if data.startswith(_ARCHIVES):
        raise Unreadable("archive")
    if data.startswith(_OTHER_PICTURES) and b"\x00" in data[:_PDF_WITHIN]:
        raise Unreadable("image_format")
    return "text"


def _packed(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        raise Unreadable("damaged") from None
    for name, kind in _MAIN_PARTS.items():
        if name in names:
            return kind
    for name, fault in _OTHER_PACKAGES.items():
        if name in names:
            raise Unreadable(fault)
    raise Unreadable("archive")
