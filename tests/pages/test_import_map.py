"""The import map: every module that one of ours imports has an address, and the element carries the request's nonce."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import RequestFactory

from chatsite.assets import HashedStorage
from conversations.templatetags.importmap import LATER, READING, VENDOR, module_addresses

SCRIPTS = settings.BASE_DIR / "static" / "js"
IMPORT = re.compile(r"""(?:^import .*?from |^} from |^import |\bimport\()"([^"]+)\"""", re.MULTILINE)

STATIC_IMPORT = re.compile(r"""(?:^import .*?from |^} from |^import )"([^"]+)\"""", re.MULTILINE)


def imported() -> set[str]:
    return {name for path in SCRIPTS.rglob("*.js") for name in IMPORT.findall(path.read_text())}


def test_every_imported_module_has_an_address() -> None:
    assert imported() <= set(module_addresses())


def test_modules_import_by_bare_names_alone() -> None:
    assert [name for name in imported() if name.startswith((".", "/", "http"))] == []


@pytest.mark.parametrize("path", VENDOR.values())
def test_third_party_modules_are_found(path: str) -> None:
    from django.contrib.staticfiles import finders

    assert finders.find(path) is not None


def test_import_map_carries_the_nonce_and_is_json() -> None:
    request = RequestFactory().get("/")
    request.csp_nonce = "n&once"  # type: ignore[attr-defined]
    html = Template("{% load importmap %}{% import_map %}").render(Context({"request": request}))
    found = re.fullmatch(r'<script type="importmap" nonce="n&amp;once">(.*)</script>', html)
    assert found is not None
    assert "<" not in found[1]
    assert json.loads(found[1]) == {"imports": module_addresses("en")}


def at_once(module: str, seen: set[str] | None = None) -> set[str]:
    """What a module imports before it runs, itself and what those import included."""
    seen = set() if seen is None else seen
    if module not in seen:
        seen.add(module)
        if module.startswith("#chat/"):
            text = (SCRIPTS / module.removeprefix("#chat/")).read_text()
            for name in STATIC_IMPORT.findall(text):
                at_once(name, seen)
    return seen


@pytest.mark.parametrize("page", ["", "{}", "conversation"])
def test_what_a_page_imports_at_once_is_preloaded_and_nothing_else(page: str) -> None:
    html = Template("{% load importmap %}{% module_preloads page %}").render(Context({"page": page}))
    addresses = module_addresses()
    wanted = at_once("#chat/start.js") | at_once("#chat/early.js") | {"#catalog"}
    if page:
        wanted |= at_once("#chat/rich-text.js")
    assert {
        name for name, address in addresses.items() if f'<link rel="modulepreload" href="{address}">' in html
    } == wanted


def test_every_module_has_one_place() -> None:
    assert not READING & LATER
    assert set(module_addresses()) >= READING | LATER


def test_storage_names_files_plainly_as_long_as_none_was_collected() -> None:
    assert HashedStorage().stored_name("js/start.js") == "js/start.js"


def test_storage_knows_no_file_that_was_not_collected() -> None:
    storage = HashedStorage()
    storage.hashed_files = {"js/start.js": "js/start.0123456789ab.js"}
    assert storage.stored_name("js/start.js") == "js/start.0123456789ab.js"
    with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
        storage.stored_name("js/other.js")
