"""What a process that reads a hostile file may still do: compute, for a while, in some memory."""

from __future__ import annotations

import codecs
import encodings.aliases
import pkgutil
import resource
from importlib import import_module

from conversations.attachments.content import Kind

CPU_SECONDS = 30
MEMORY = 1536 * 1024 * 1024
"""Bytes of address space; a 60-megapixel image takes a third of it."""

_LIBRARIES: dict[Kind, tuple[str, ...]] = {
    "text": ("charset_normalizer",),
    "pdf": ("pypdf", "cryptography.hazmat.primitives.ciphers"),
    "word": ("docx",),
    "sheet": ("openpyxl",),
    "image": (
        *(f"PIL.{part}" for part in ("ImageChops", "ImageColor", "ImageFile", "ImagePalette", "TiffImagePlugin")),
        "copy",
        "tempfile",
    ),
}
"""Packages and modules of which parts are loaded only when something needs them."""
_READERS: dict[Kind, str] = {"text": "plain_text", "pdf": "pdf", "word": "word", "sheet": "workbook", "image": "image"}


def confine(kind: Kind) -> None:
    """Load what reading this kind takes, then give up for good: opening files and sockets, starting processes, writing
    files, more memory and more time. Works without any privilege.
    """
    import_module(f"conversations.attachments.{_READERS[kind]}")
    for library in _LIBRARIES[kind]:
        _load_whole(library)
    _load_codecs()
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        # No new descriptor: neither file nor socket. Those that are open (the pipes) stay.
        (resource.RLIMIT_NOFILE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))


def _load_whole(library: str) -> None:
    package = import_module(library)
    inside = getattr(package, "__path__", [])
    for module in pkgutil.walk_packages(inside, f"{library}.", onerror=lambda name: None):
        try:
            import_module(module.name)
        except ImportError:
            # A part for which an optional package is missing.
            continue


def _load_codecs() -> None:
    """Python loads an encoding from its file when somebody asks for it first."""
    for name in {*encodings.aliases.aliases.values(), "utf_8_sig", "charmap", "raw_unicode_escape"}:
        try:
            codecs.lookup(name)
        except LookupError:
            # Those of other systems (mbcs).
            continue
