"""Where static files are kept: under names that carry a hash of their content, compressed, so that browsers may keep
them for ever."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashes names and rewrites the addresses inside our own style sheets, and nothing else inside any file.

    Django also rewrites those of third-party style sheets and `sourceMappingURL` comments, and fails when one names a
    file that is not there; we collect neither maps nor fonts, for no page loads them. Imports between our own modules
    go by bare names (see `conversations.templatetags.importmap`), hence `.js` and `.mjs` files alike need no rewriting.
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

    def stored_name(self, name: str) -> str:
        """The hashed name; the plain one as long as no file at all was collected (tests render pages without that)."""
        if not self.hashed_files:
            return name
        return str(super().stored_name(name))
