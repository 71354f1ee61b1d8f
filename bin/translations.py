"""`bin/translate`: brings the translations (`chatsite/locale`, one .po a language and domain) in line with the marked
texts, and what is made of them, which is committed too: .mo files for Django, modules for the page's scripts
(`static/catalogs`).

Committed, since then a server needs no compiler, a checkout no build step, and no start can serve old texts; `--check`
(a test runs it) proves that they are current.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import set_up
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from marked_texts import DOMAINS, marked

LANGUAGES = {"de": "de", "zh_Hans": "zh-hans", "ar": "ar"}
"""Name of the folder, and the language's name in Django's settings. The source is English."""

_LOCALE = set_up.ROOT / "chatsite" / "locale"
_CATALOGS = set_up.ROOT / "static" / "catalogs"
_PLURAL_FORMS = {"de": ["one", "other"], "zh_Hans": ["other"], "ar": ["zero", "one", "two", "few", "many", "other"]}
"""CLDR's names of the plural forms in the order of the .po files."""
_PLURAL_RULES = {
    "de": "nplurals=2; plural=(n != 1);",
    "zh_Hans": "nplurals=1; plural=0;",
    # Django's; Babel's own puts two of the forms in another order.
    "ar": (
        "nplurals=6; "
        "plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5;"
    ),
}
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""Goes into no .po; a .mo would else be another one every minute."""

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|</?[a-z][^>]*>|DeepSeek|Chatsite")
"""What stays as it is; "DeepSeek" is replaced by the name of a fallback."""


def main(arguments: Sequence[str]) -> int:
    """Returns the exit status: 1 when a language lacks something."""
    parser = argparse.ArgumentParser(prog="bin/translate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, only say what is missing or not current")
    check = parser.parse_args(arguments).check
    complaints: list[str] = []
    for domain in DOMAINS:
        sources = marked(domain)
        for folder in LANGUAGES:
            complaints += list(_renew(folder, domain, sources, check=check))
    print("\n".join(complaints) or "bin/translate: every text is there in every language")
    return 1 if complaints else 0


def _renew(folder: str, domain: str, sources: Catalog, *, check: bool) -> Iterator[str]:
    """Bring one .po and what is made of it up to date. Yields what a person has to do."""
    path = _LOCALE / folder / "LC_MESSAGES" / f"{domain}.po"
    catalog = _read(path, folder, domain)
    catalog.update(sources, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.creation_date = catalog.revision_date = _NO_DATE
    yield from (f"{path.relative_to(set_up.ROOT)}: {complaint}" for complaint in _complaints(catalog))
    for file, content in _files(path, folder, domain, catalog):
        if file.exists() and file.read_bytes() == content:
            continue
        if check:
            yield f"{file.relative_to(set_up.ROOT)}: is not current; run bin/translate"
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def _read(path: Path, folder: str, domain: str) -> Catalog:
    source = path.read_bytes() if path.exists() else _header(folder)
    return read_po(io.BytesIO(source), locale=folder, domain=domain)


def _header(folder: str) -> bytes:
    return (
        f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: {folder}\\n"\n'
        f'"Plural-Forms: {_PLURAL_RULES[folder]}\\n"\n\n'
    ).encode()


def _files(path: Path, folder: str, domain: str, catalog: Catalog) -> Iterator[tuple[Path, bytes]]:
    yield path, _po(folder, catalog)
    if domain == "djangojs":
        yield _CATALOGS / f"{LANGUAGES[folder]}.js", _module(folder, catalog).encode()
    else:
        compiled = io.BytesIO()
        write_mo(compiled, catalog)
        yield path.with_suffix(".mo"), compiled.getvalue()


def _po(folder: str, catalog: Catalog) -> bytes:
    """Sorted by text and without dates and line numbers: a change shows what was changed and nothing else."""
    written = io.BytesIO()
    write_po(written, catalog, width=120, include_lineno=False, omit_header=True, sort_output=True)
    return _header(folder) + written.getvalue()


def _module(folder: str, catalog: Catalog) -> str:
    """The scripts' texts as a module: hashed, cached for ever, and fetched beside the scripts that need it."""
    texts = {str(_key(message)): _value(message) for message in _sorted(catalog) if _is_translated(message)}
    return (
        "// Made by bin/translate.\n"
        f'export const language = "{folder.replace("_", "-")}";\n'
        f"export const pluralForms = {json.dumps(_PLURAL_FORMS[folder])};\n"
        "/** @type {Record<string, string | string[]>} */\n"
        f"export const texts = {json.dumps(texts, ensure_ascii=False, indent=1)};\n"
    )


def _complaints(catalog: Catalog) -> Iterator[str]:
    for message in _sorted(catalog):
        texts = [message.id] if isinstance(message.id, str) else list(message.id)
        if not _is_translated(message):
            yield f"no translation of {texts[0]!r}"
        elif message.fuzzy:
            yield f"fuzzy: {texts[0]!r}"
        else:
            yield from _broken(message, texts)


def _broken(message: Message, texts: list[str]) -> Iterator[str]:
    """A translation has the placeholders and tags of the text; one for a certain number may leave the number out."""
    value = _value(message)
    translations = [value] if isinstance(value, str) else value
    plural = len(texts) > 1
    wanted = set(_PLACEHOLDER.findall(texts[-1]))
    for translation in translations:
        found = set(_PLACEHOLDER.findall(translation))
        lost = {each for each in wanted - found if not (plural and _is_number(each))}
        if found - wanted or lost:
            yield f"placeholders differ in {translation!r}"
        if '"' in translation and '"' not in texts[0]:
            yield f"a straight quotation mark would end an attribute: {translation!r}"
        if texts[0][:1].isspace() != translation[:1].isspace() or texts[0][-1:].isspace() != translation[-1:].isspace():
            yield f"begins or ends with other white space: {translation!r}"


def _is_number(placeholder: str) -> bool:
    return placeholder in ("{n}", "%d") or placeholder.startswith(("%(n", "%(count"))


def _is_translated(message: Message) -> bool:
    value = _value(message)
    return bool(value) and all(value)


def _sorted(catalog: Catalog) -> list[Message]:
    return sorted(
        (message for message in catalog if message.id), key=lambda message: (_key(message), message.context or "")
    )


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _value(message: Message) -> str | list[str]:
    """One text, or one for each plural form."""
    return message.string if isinstance(message.string, str) else list(message.string or ())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
