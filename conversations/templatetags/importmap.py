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
}

LATER = {
    *("highlight.js", "katex", "#chat/attachment-preview.js", "#chat/protocol.js", "#chat/theme.js"),
    *("#chat/settings-dialog.js", "#chat/options-form.js", "#chat/preset-picker.js", "#chat/presets.js"),
    *("#chat/http.js",),
    *("#chat/highlighter.js", "#chat/diagram-frame.js"),
}
"""Modules that are imported on demand, or never: `protocol.js` holds types, `theme.js` is a classic script, and the
last two are for a worker and for a frame."""


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
def module_preloads() -> SafeString:
    """Links to all modules that the chat page imports at once, so that the browser fetches them side by side and not
    one level of imports after the other."""
    return mark_safe("\n  ".join(_preload_links(get_language() or settings.LANGUAGE_CODE)))  # noqa: S308 - joined from escaped parts


@lru_cache(maxsize=len(settings.LANGUAGES))
def _preload_links(language: str) -> list[str]:
    addresses = module_addresses(language)
    return [
        format_html('<link rel="modulepreload" href="{}">', addresses[name]) for name in addresses if name not in LATER
    ]
