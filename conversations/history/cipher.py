"""Encryption of one text: zstd, then Tink AEAD (AES-256-GCM), bound to the place where the text lies.

Pure: no Django, no database. A sealed value is `AEAD(flag byte + payload, associated data = place)`, where the flag
says whether the payload is compressed. The empty text is sealed as empty bytes: that nothing was written is no secret,
and most rows have empty columns.
"""

from __future__ import annotations

import threading
from typing import Protocol

import zstandard

_RAW = b"\x00"
_ZSTD = b"\x01"
_COMPRESS_FROM = 96
"""Bytes of UTF-8 from which compression is tried; below, zstd's header costs more than it saves."""
_MAX_TEXT_BYTES = 256 * 1024 * 1024
"""Bound for decompression, so that a damaged row cannot take all memory."""

_local = threading.local()


class Aead(Protocol):
    """The part of Tink's AEAD primitive that is used here."""

    def encrypt(self, plaintext: bytes, associated_data: bytes) -> bytes: ...

    def decrypt(self, ciphertext: bytes, associated_data: bytes) -> bytes: ...


class Unreadable(Exception):
    """A sealed value does not open: other key, other row or damaged bytes. Carries the place and no content."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place} cannot be decrypted: it was sealed with another key or for another row, or is damaged"
        )
        self.place = place


class Cipher:
    """Seals and opens texts with one keyset. Safe to use from several threads."""

    __slots__ = ("_aead",)

    def __init__(self, aead: Aead) -> None:
        self._aead = aead

    def seal(self, text: str, place: str) -> bytes:
        """Ciphertext of `text`, which opens only for the same `place` (`table.column:row id`)."""
        # surrogatepass: a browser can send half of a surrogate pair, and no text is lost for that.
        return self.seal_bytes(text.encode("utf-8", "surrogatepass"), place)

    def seal_bytes(self, raw: bytes, place: str) -> bytes:
        """As `seal`, for what is no text."""
        if not raw:
            return b""
        plain = _RAW + raw
        if len(raw) >= _COMPRESS_FROM:
            packed = _compressor().compress(raw)
            if len(packed) < len(raw):
                plain = _ZSTD + packed
        return self._aead.encrypt(plain, place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """The text that was sealed for `place`. Raises `Unreadable`."""
        try:
            return self.open_bytes(sealed, place).decode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise Unreadable(place) from error

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """As `open`, for what was sealed by `seal_bytes`."""
        if not sealed:
            return b""
        try:
            plain = self._aead.decrypt(bytes(sealed), place.encode())
            payload = plain[1:]
            if plain[:1] == _ZSTD:
                payload = _decompressor().decompress(payload, max_output_size=_MAX_TEXT_BYTES)
            return payload
        except Exception as error:
            raise Unreadable(place) from error


def _compressor() -> zstandard.ZstdCompressor:
    """One for each thread: the library's objects must not be shared between threads."""
    compressor: zstandard.ZstdCompressor | None = getattr(_local, "compressor", None)
    if compressor is None:
        compressor = _local.compressor = zstandard.ZstdCompressor(level=3)
    return compressor


def _decompressor() -> zstandard.ZstdDecompressor:
    decompressor: zstandard.ZstdDecompressor | None = getattr(_local, "decompressor", None)
    if decompressor is None:
        decompressor = _local.decompressor = zstandard.ZstdDecompressor()
    return decompressor
