"""Which texts of the sources are marked for translation. GNU gettext is not needed: Babel reads Python and JavaScript,
Django itself turns its templates into something that looks like Python.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import set_up
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

_FOLDERS = {
    "django": (("chatsite", "*.py"), ("conversations", "*.py"), ("templates", "*.html"), ("templates", "*.txt")),
    "djangojs": (("static/js", "*.js"),),
}
DOMAINS = tuple(_FOLDERS)

_KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}

_CLIENT = "conversations/deepseek/"
_CLIENT_TEXTS = ("happened", "next_step", "brief", "KEPT_TEXT", "KEPT_QUESTION")
"""The API client knows nothing of Django: its texts for people are plain constants of these names, and whoever shows
them translates them (`conversations.generation.failures`)."""

Text = tuple[str, str | tuple[str, str], str | None]
"""Where it stands, the text (singular and plural where a number decides), its context."""


def marked(domain: str, root: Path = set_up.ROOT) -> Catalog:
    """The texts of a domain: "django" for Python and templates, "djangojs" for the page's scripts."""
    catalog = Catalog(domain=domain)
    for folder, pattern in _FOLDERS[domain]:
        for path in sorted((root / folder).rglob(pattern)):
            name = path.relative_to(root).as_posix()
            for place, text, context in _texts(name, path.read_bytes()):
                flags = ["python-format"] if domain == "django" and _has_percent(text) else []
                catalog.add(text, locations=[(place, 1)], context=context, flags=flags)
    return catalog


def _texts(name: str, source: bytes) -> Iterator[Text]:
    if name.endswith(".js"):
        yield from _extracted("javascript", name, source)
    elif not name.endswith(".py"):
        yield from _extracted("python", name, _as_python(source, name))
    else:
        yield from _extracted("python", name, source)
        if name.startswith(_CLIENT):
            yield from ((name, text, None) for text in _client_texts(source))


def _extracted(method: str, name: str, source: bytes) -> Iterator[Text]:
    for _line, text, _comments, context in extract(method, io.BytesIO(source), _KEYWORDS):
        if text:
            yield name, tuple(text[:2]) if isinstance(text, tuple) else text, context  # type: ignore[misc]


def _as_python(template: bytes, name: str) -> bytes:
    """One line: what was markup is blanked out, and its indentation would not be Python's."""
    if not settings.configured:
        settings.configure()
    return " ".join(templatize(template.decode(), origin=name).split("\n")).strip().encode()


def _client_texts(source: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        value = node.value.value if isinstance(node.value, ast.Constant) else None
        if isinstance(value, str) and value and not set(names).isdisjoint(_CLIENT_TEXTS):
            yield value


def _has_percent(text: str | tuple[str, str]) -> bool:
    return "%(" in (text if isinstance(text, str) else " ".join(text))
