"""Packed documents (DOCX, XLSX): what is checked before a library may unpack them."""

from __future__ import annotations

import io
import zipfile
import zlib

from conversations.attachments.content import Limits, Unreadable

_MOST_PARTS = 5000
_BLOCK = 256 * 1024
_ENCRYPTED = 0x1
# A document type declaration is what entity bombs and references to other files need. No office program writes one.
_DECLARATIONS = tuple(
    declaration.encode(encoding)
    for declaration in ("<!DOCTYPE", "<!ENTITY")
    for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)
_OVERLAP = max(map(len, _DECLARATIONS))


def check_package(data: bytes, limits: Limits) -> None:
    """Unpack every part once, by blocks, and keep none. Raises `Unreadable` for a bomb, for parts that are encrypted or
    damaged, and for XML with a document type.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            if len(parts) > _MOST_PARTS:
                raise Unreadable("unpacks_too_large")
            left = limits.unpacked_bytes
            for part in parts:
                left = _check_part(package, part, left)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError):
        raise Unreadable("damaged") from None


def _check_part(package: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """How many bytes the parts after this one may have together."""
    if part.flag_bits & _ENCRYPTED:
        raise Unreadable("encrypted")
    if part.file_size > left:
        raise Unreadable("unpacks_too_large")
    tail = b""
    with package.open(part) as stream:
        while block := stream.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise Unreadable("unpacks_too_large")
            if any(declaration in tail + block for declaration in _DECLARATIONS):
                raise Unreadable("damaged")
            tail = block[-_OVERLAP:]
    return left
