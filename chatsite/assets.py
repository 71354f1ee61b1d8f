"""Where static files are kept: under names that carry a hash of their content, compressed, so that browsers may keep
them for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

from chatsite.slimming import slim

_HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
_AT_ONCE = ("/vendor/markdown-it/", "/vendor/dompurify/")
_SLIMMED = ("js/*.js", "catalogs/*.js", "vendor/dompurify/purify.es.mjs", "vendor/markdown-it/*.mjs")
"""Our modules, and third-party ones that are published with comments or indentation."""


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashes names and rewrites the addresses inside our own style sheets, and nothing else inside any file.

    Django also rewrites those of third-party style sheets and `sourceMappingURL` comments, and fails when one names a
    file that is not there; we collect neither maps nor fonts, for no page loads them. Imports between our own modules
    go by bare names (see `conversations.templatetags.importmap`), hence `.js` and `.mjs` files alike need no rewriting.
    They only lose their comments.
    """

    patterns = (
        (
            "css/*.css",
            (
                r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",
                (r"""(?P<matched>@import\s*["']\s*(?P<url>.*?)["'])""", """@import url("%(url)s")"""),
            ),
        ),
    )

    def post_process(
        self, paths: dict[str, tuple[Storage, str]], dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str | None, object]]:
        """What is hashed and compressed of a script is its slim form."""
        slimmed = {
            name: (_Slimming(storage), path) if any(fnmatch(name, pattern) for pattern in _SLIMMED) else (storage, path)
            for name, (storage, path) in paths.items()
        }
        yield from super().post_process(slimmed, dry_run=dry_run, **options)

    def create_compressor(self, **options: Any) -> Compressor:
        return _Compressing(**options)

    def stored_name(self, name: str) -> str:
        """The hashed name; the plain one as long as no file at all was collected (tests render pages without that)."""
        if not self.hashed_files:
            return name
        return str(super().stored_name(name))


class _Compressing(Compressor):  # type: ignore[misc]
    """What pages load at once is compressed by Brotli, which takes its time; what they load on need, by gzip alone.

    Plain names are asked for by Mermaid's pieces only, which import each other by them.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._quick = Compressor(**options, use_brotli=False)

    def compress(self, path: str) -> list[str]:
        if "/vendor/mermaid/" not in path and not _HASHED.search(path):
            return []
        on_need = "/vendor/" in path and not any(name in path for name in _AT_ONCE)
        return list(self._quick.compress(path) if on_need else super().compress(path))


class _Slimming:
    """Reads scripts from where they are collected from, without what browsers do not need."""

    def __init__(self, source: Storage) -> None:
        self._source = source

    def open(self, path: str) -> File[bytes]:
        with self._source.open(path) as file:
            return ContentFile(slim(file.read().decode()).encode())
