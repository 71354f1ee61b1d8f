"""The setting FALLBACK_UPSTREAMS: other servers that answer when DeepSeek does not, as a JSON list of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")
_FIELDS = {"name", "base_url", "key", "models", "limits", "wire", "deepseek", "think_tags"}
WIRES = ("openai", "anthropic")
THINK_TAGS = ("none", "tagged", "opened")
ADDRESS = "an http:// or https:// address without password, query and fragment"
_MOST = 100_000


class FallbackMistake(ValueError):
    """What is wrong and what is allowed; it quotes no key."""


@dataclass(frozen=True, kw_only=True)
class FallbackUpstream:
    """One of them; the fields are those of the setting, told in `docs/upstreams.md`."""

    name: str
    base_url: str
    key: str = field(repr=False)
    models: Mapping[str, str]
    limits: Mapping[str, int]
    wire: str
    is_deepseek: bool
    think_tags: str


def is_address(value: str) -> bool:
    """Whether `value` can be the base address of an upstream: ADDRESS. A password in it would end up in logs."""
    try:
        parts = urlsplit(value)
        usable = bool(parts.hostname) and parts.port != 0 and parts.username is None
    except ValueError:
        return False
    return usable and parts.scheme in ("http", "https") and not (parts.query or parts.fragment)


def is_key(value: str) -> bool:
    """Whether `value` fits into a header."""
    return value.isascii() and value.isprintable()


def read_fallbacks(text: str) -> tuple[FallbackUpstream, ...]:
    """The upstreams in their order; none for an empty text. Raises FallbackMistake."""
    if not text:
        return ()
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        raise FallbackMistake("must be JSON: a list of objects.") from None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise FallbackMistake("must be a JSON list of objects.")
    upstreams = tuple(_upstream(number, each) for number, each in enumerate(listed, start=1))
    names = ["deepseek", *(each.name.lower() for each in upstreams)]
    if len(set(names)) != len(names):
        raise FallbackMistake("each upstream needs a name of its own, other than “deepseek”.")
    return upstreams


def _upstream(number: int, given: dict[str, Any]) -> FallbackUpstream:
    said = _Said(number, given)
    unknown = sorted(set(given) - _FIELDS)
    if unknown:
        # Quoted with care: a key could stand in the wrong place.
        raise said.mistake("fields", f"{', '.join(sorted(_FIELDS))}; {len(unknown)} of its fields are none of these")
    base_url = said.address("base_url")
    return FallbackUpstream(
        name=said.name("name"),
        base_url=base_url,
        key=said.key("key"),
        models=said.models("models"),
        limits=said.limits("limits"),
        wire=said.one_of("wire", WIRES),
        is_deepseek=said.boolean("deepseek", default=_is_deepseek(base_url)),
        think_tags=said.one_of("think_tags", THINK_TAGS),
    )


class _Said:
    """The fields of one upstream; complaints name its number and the field."""

    def __init__(self, number: int, given: dict[str, Any]) -> None:
        self._number = number
        self._given = given

    def mistake(self, name: str, allowed: str) -> FallbackMistake:
        return FallbackMistake(f"upstream {self._number}: “{name}” must be {allowed}.")

    def name(self, name: str) -> str:
        value = self._given.get(name)
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise self.mistake(name, "1 to 40 letters, digits, spaces and ._-")
        return value

    def address(self, name: str) -> str:
        value = self._given.get(name)
        if not isinstance(value, str) or not is_address(value):
            raise self.mistake(name, ADDRESS)
        return value

    def key(self, name: str) -> str:
        value = self._given.get(name, "")
        if not isinstance(value, str) or not is_key(value):
            raise self.mistake(name, "a text of printable ASCII characters, or left out")
        return value.strip()

    def models(self, name: str) -> Mapping[str, str]:
        value = self._given.get(name)
        if (
            not isinstance(value, dict)
            or not value
            or not all(isinstance(each, str) and each for each in value.values())
        ):
            raise self.mistake(name, 'an object such as {"deepseek-flash": "its model there"}, with at least one model')
        return dict(value)

    def limits(self, name: str) -> Mapping[str, int]:
        value = self._given.get(name, {})
        if not isinstance(value, dict) or not all(type(each) is int and 1 <= each <= _MOST for each in value.values()):
            raise self.mistake(name, f'an object such as {{"its model there": 8}}, with numbers from 1 to {_MOST}')
        if set(value) - set(self._given["models"].values()):
            raise self.mistake(name, "for models that stand on the right side of “models”")
        return dict(value)

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self._given.get(name, allowed[0])
        if value not in allowed:
            raise self.mistake(name, " or ".join(allowed))
        return str(value)

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self._given.get(name, default)
        if not isinstance(value, bool):
            raise self.mistake(name, "true or false")
        return value


def _is_deepseek(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host == "deepseek.com" or host.endswith(".deepseek.com")
