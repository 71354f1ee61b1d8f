"""`{% import_map %}`: which address each JavaScript module has today.

Modules import each other by bare names (`#chat/socket.js`), so that a module's content, and with it its hashed address,
does not change when only a module that it imports did.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

VENDOR = {
    "markdown-it": "vendor/markdown-it/markdown-it.esm.min.mjs",
    "dompurify": "vendor/dompurify/purify.es.mjs",
    "highlight.js": "vendor/highlight/highlight.min.js",
    "katex": "vendor/katex/katex.mjs",
    "uplot": "vendor/uplot/uPlot.esm.js",
}

READING = {
    *("markdown-it", "dompurify"),
    *(
        f"#chat/{name}.js"
        for name in (
            *("blocks", "code", "diagram", "drawing", "highlighting", "line-syntax", "markdown", "math", "math-syntax"),
            *("mending", "nearness", "patching", "rich-text", "sanitize", "table", "table-syntax", "theme-colours"),
        )
    ),
}
"""Modules that format a text: the chat page imports them when there is one."""

LATER = {
    *("highlight.js", "katex", "uplot"),
    *(
        f"#chat/{name}.js"
        for name in (
            *("attachment-preview", "json-view", "protocol", "theme"),
            *("settings-dialog", "options-form", "preset-picker", "presets"),
            *("later", "keeping-order", "order", "order-actions", "order-dialogs", "undo", "dragging", "search-field"),
            *("selection", "reading-actions", "csv", "download", "file-names", "selection-copy", "markdown-of"),
            *("shortcuts", "summaries", "summary-view", "whole-branch"),
            *("settings-page", "import-file", "chart", "chart-data", "chart-words", "report-page", "live-figures"),
            *("highlighter", "diagram-frame"),
        )
    ),
}
"""Modules that are imported on demand, by another page, or never: `protocol.js` holds types, `theme.js` is a classic
script, and the last two are for a worker and for a frame."""


def _own_modules() -> dict[str, str]:
    root = settings.BASE_DIR / "static" / "js"
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.js"))
    return {f"#chat/{name}": f"js/{name}" for name in names}


def module_addresses(language: str = "en") -> dict[str, str]:
    """Bare module name to the address of its file, for all of our own modules and the packages they use. `#catalog`
    is the one with the scripts' texts in a language of the site.
    """
    modules = _own_modules() | VENDOR | {"#catalog": f"catalogs/{language}.js"}
    return {name: staticfiles_storage.url(path) for name, path in modules.items()}


@lru_cache(maxsize=len(settings.LANGUAGES))
def _encoded(language: str) -> str:
    # "<" would let an address end the script element.
    return json.dumps({"imports": module_addresses(language)}, separators=(",", ":")).replace("<", "\\u003c")


@register.simple_tag(takes_context=True)
def import_map(context: template.Context) -> SafeString:
    """The import map as a script element with the request's nonce. Built once a process: files change by a restart."""
    request: Any = context.get("request")
    content = mark_safe(_encoded(get_language() or settings.LANGUAGE_CODE))  # noqa: S308 - our own file names, "<" escaped above
    return format_html('<script type="importmap" nonce="{}">{}</script>', getattr(request, "csp_nonce", ""), content)


@register.simple_tag
def module_preloads(conversation: object = None) -> SafeString:
    """Links to all modules that the chat page imports at once, so that the browser fetches them side by side and not
    one level of imports after the other. With a conversation on the page, also to those that format its texts.
    """
    links = _preload_links(get_language() or settings.LANGUAGE_CODE, reads=bool(conversation))
    return mark_safe("\n  ".join(links))  # noqa: S308 - joined from escaped parts


@lru_cache(maxsize=2 * len(settings.LANGUAGES))
def _preload_links(language: str, *, reads: bool) -> list[str]:
    addresses = module_addresses(language)
    needless = LATER if reads else LATER | READING
    return [
        format_html('<link rel="modulepreload" href="{}">', addresses[name])
        for name in addresses
        if name not in needless
    ]
