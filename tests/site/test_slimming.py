"""Scripts without comments and idle space are the same scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from chatsite.slimming import NotUnderstood, slim

VENDORED = ("vendor/dompurify/purify.es.mjs", "vendor/markdown-it/markdown-it.esm.min.mjs")
MODULES = sorted((settings.BASE_DIR / "static").rglob("*.js"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("// gone\nlet a = 1; // gone, too\n", "\nlet a=1;\n"),
        ("/** gone\n * @param {string} a\n */\n  f( a );", "\n\n\nf(a);"),
        ("/*! kept */ a", "/*! kept */ a"),
        ("const a = 'it // stays /* and this */';", "const a='it // stays /* and this */';"),
        ('"a \\" // b"', '"a \\" // b"'),
        ("a / b / c // gone", "a / b / c"),
        ("(a) / 2 / [1] / x", "(a)/ 2 /[1]/ x"),
        ("return /[/*'\"`]\\/ /g.test(a  ?  b : c)", "return /[/*'\"`]\\/ /g.test(a?b:c)"),
        ("a = /  \\/\\/ /u", "a=/  \\/\\/ /u"),
        ("a + +b - -c", "a + +b - -c"),
        (
            "`two  ${ a  ?  `in // ner ${ {b : 1}.b }` : '}' }  spaces\n  // stay`",
            "`two  ${a?`in // ner ${{b:1}.b}`:'}'}  spaces\n  // stay`",
        ),
        ("`\\`  \\${  $  a`", "`\\`  \\${  $  a`"),
        ("return /** @type {A} */ (b)", "return(b)"),
        ("a /* b */ c", "a c"),
        ("#private  =  $(a)", "#private=$(a)"),
        ("case  'x' :", "case 'x':"),
    ],
)
def test_pieces(source: str, expected: str) -> None:
    assert slim(source) == expected


@pytest.mark.parametrize("source", ["'open", "`open", "`open ${a", "\\"])
def test_what_is_no_script_is_not_passed_on(source: str) -> None:
    with pytest.raises(NotUnderstood):
        slim(source)


def test_lines_keep_their_numbers_and_twice_is_as_once() -> None:
    vendored = [
        finders.find(f"vendor/{name}") for name in ("dompurify/purify.es.mjs", "markdown-it/markdown-it.esm.min.mjs")
    ]
    for path in [*MODULES, *map(Path, map(str, vendored))]:
        source = path.read_text()
        made = slim(source)
        assert made.count("\n") == source.count("\n"), path
        assert slim(made) == made, path
        assert len(made) <= len(source), path


def test_licences_stay() -> None:
    assert "@license DOMPurify" in slim(Path(str(finders.find(VENDORED[0]))).read_text())
