"""The site speaks the languages of its people: texts, direction, scripts, and what services say in other threads."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from chatsite import database
from chatsite.accounts import language
from chatsite.accounts.models import User
from conversations.deepseek.errors import RateLimited
from conversations.generation import failures
from tests.live.prepared import ROOT

CODES = [code for code, _ in settings.LANGUAGES]
TRANSLATED = [code for code in CODES if code != "en"]


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """A request of the test client leaves its language behind in the test's own thread."""
    yield
    translation.deactivate()


def test_every_text_is_translated_and_what_is_made_of_it_is_current() -> None:
    result = subprocess.run(["bin/translate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_browser_is_answered_in_its_language(client: Client, dana: User, code: str) -> None:
    answer = client.get("/accounts/login/", headers={"accept-language": f"{code},en;q=0.5"})
    page = answer.content.decode()
    direction = "rtl" if code == "ar" else "ltr"
    assert f'<html lang="{code}" dir="{direction}">' in page
    assert answer.headers["Content-Language"] == code
    assert "Accept-Language" in answer.headers["Vary"]
    with translation.override(code):
        assert f"<h1>{translation.gettext('Sign in')}</h1>" in page
    assert "<h1>Sign in</h1>" not in page


def test_a_language_chosen_in_this_browser_comes_before_what_it_asks_for(client: Client, dana: User) -> None:
    client.post("/language/", {"language": "ar"})
    page = client.get("/accounts/login/", headers={"accept-language": "de"}).content.decode()
    assert '<html lang="ar" dir="rtl">' in page


@pytest.mark.parametrize("code", CODES)
def test_scripts_get_the_texts_of_the_page_s_language(client: Client, alice: User, code: str) -> None:
    client.force_login(alice)
    page = client.get("/", headers={"accept-language": code}).content.decode()
    found = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', page)
    assert found is not None
    address = json.loads(found[1])["imports"]["#catalog"]
    assert address == f"/static/catalogs/{code}.js"
    assert f'<link rel="modulepreload" href="{address}">' in page
    assert (ROOT / "static" / "catalogs" / f"{code}.js").exists()


@pytest.mark.parametrize(
    ("cookies", "accepted", "expected"),
    [
        ({}, b"", "en"),
        ({}, b"de-AT,de;q=0.9", "de"),
        ({}, b"zh-CN", "zh-hans"),
        ({}, b"fr", "en"),
        ({"django_language": "ar"}, b"de", "ar"),
        ({"django_language": "xx"}, b"de", "de"),
    ],
)
def test_a_socket_speaks_as_its_page_does(cookies: dict[str, str], accepted: bytes, expected: str) -> None:
    scope = {"cookies": cookies, "headers": [(b"accept-language", accepted)], "user": None}
    assert language.of_scope(scope) == expected


async def test_services_speak_the_caller_s_language_on_their_threads() -> None:
    with translation.override("ar"):
        assert await database.run(translation.get_language) == "ar"
    with translation.override("de"):
        assert await database.run(translation.get_language) == "de"


@pytest.mark.parametrize("code", TRANSLATED)
def test_failures_are_told_in_the_language_and_name_who_failed(code: str) -> None:
    english = failures.describe(RateLimited.code, partial=False, upstream="Spare")
    with translation.override(code):
        told = failures.describe(RateLimited.code, partial=False, upstream="Spare")
    assert told is not None
    assert english is not None
    assert told["message"] != english["message"]
    assert "Spare" in told["message"]
    assert "DeepSeek" not in told["message"]


_NAMES = {"Chatsite", "UTC", "HTTP", "CSV"}
_WITHOUT_TEXT = re.compile(
    r"{#.*?#}|{% block (?:bodyclass|body_attributes) %}.*?{% endblock %}|{% comment.*?{% endcomment %}|"
    r"{% blocktranslate.*?{% endblocktranslate %}|<(script|style)\b.*?</\1>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r'\b(?:aria-label|placeholder|title|alt)="([^"{]*)"')
_TAGS = re.compile(r"{%.*?%}|{{.*?}}|<[^>]*>|&[a-z]+;", re.DOTALL)


# A frame of its own that nobody but the page looks at: its title is never shown.
_UNSEEN = {"diagram_frame.html"}
_PAGES = sorted(path for path in (ROOT / "templates").rglob("*.html") if path.name not in _UNSEEN)


@pytest.mark.parametrize("path", _PAGES, ids=lambda path: str(path.name))
def test_templates_say_nothing_that_is_not_marked(path: Path) -> None:
    source = _WITHOUT_TEXT.sub("", path.read_text())
    texts = [*_ATTRIBUTE.findall(source), *_TAGS.sub("\n", source).split("\n")]
    words = [text.strip(" \t:.,·|\u2013") for text in texts]
    assert [text for text in words if re.search("[A-Za-z]{2}", text) and text not in _NAMES] == []


_LITERAL = re.compile(
    r"""(gettext\(\s*|Error\(|import |from |@|\* .*|// .*|ngettext\([^)]*)?(["'`])([A-Z][a-z]+\b[^"'`]*)\2"""
)
_KEYS = re.compile(
    r"Key.*|Enter|Escape|Tab|Backspace|Delete|Home|End|Arrow(Up|Down|Left|Right)|Page(Up|Down)|Alt|Shift"
)


@pytest.mark.parametrize("path", sorted((ROOT / "static" / "js").rglob("*.js")), ids=lambda path: str(path.name))
def test_scripts_show_nothing_that_is_not_marked(path: Path) -> None:
    """Literals that begin like a sentence or a label; what is none of them is named here."""
    found = [text for marked, _, text in _LITERAL.findall(path.read_text()) if not marked]
    others = {"Content-Type", "Accept", "Chatsite", "Dockerfile", "Makefile"}
    assert [text for text in found if text not in others and not _KEYS.fullmatch(text)] == []
