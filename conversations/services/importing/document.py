"""A conversation as a file tells it, whatever its format. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

MOST_MESSAGES = 20_000
"""Of one conversation."""
LONGEST_TEXT = 2_000_000
"""Characters of one message."""
_LONGEST_JOINED = 200_000
"""Characters up to which an answer takes another one in; beyond, many small ones would be copied again and again."""
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=2)


def marked(text: str) -> str:
    """The same text, marked for translation (as `_`): these modules know nothing of Django, whoever shows it does."""
    return text


_ = marked


class Unacceptable(Exception):
    """A conversation, or a whole file, cannot be imported; the text says to the person what is wrong with it."""

    advice = ""
    """What to do instead, marked for translation as well."""

    def __init__(self, text: str, **values: object) -> None:
        """`text` is marked for translation; `values` go in where it says `%(name)s`."""
        super().__init__(f"{text % values} {self.advice}".strip())
        self.text = text
        self.values = values


class NoExport(Unacceptable):
    """The file is none that could be imported."""

    advice = _(
        "Choose the JSON file that was exported here, ChatGPT's conversations.json (or the ZIP that it came in), "
        "or Open WebUI's export."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """A file that was attached. `key` names it within its conversation: several messages can have the same one."""

    key: str
    name: str = field(repr=False)
    content: Callable[[int], bytes | None]
    """It, when it is there, can be read and has at most so many bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSummary:
    """What tells the messages up to `message` (its key)."""

    message: str
    text: str = field(repr=False)
    author: str
    created: datetime | None = None
    changed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPreset:
    """A preset of the person's own; its `options` are unchecked."""

    name: str = field(repr=False)
    instructions: str = field(default="", repr=False)
    model: str = ""
    thinking: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportedDraft:
    """What was written for a conversation that is not there yet."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedMessage:
    """`key` names it within its conversation. What the file does not tell is None or empty."""

    key: str
    parent: str | None
    role: str
    text: str = field(repr=False)
    reasoning: str = field(default="", repr=False)
    created: datetime | None = None
    model: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    """Columns of the answer's generation, checked."""
    options: dict[str, Any] = field(default_factory=dict)
    """Sampling settings of the answer, unchecked."""
    files: tuple[ImportedFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedConversation:
    """`source` and `key` tell it apart from all others, so that it is not imported twice."""

    source: str
    key: str
    title: str = field(repr=False)
    messages: list[ImportedMessage] = field(repr=False)
    leaf: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    model: str = ""
    thinking: str = ""
    instructions: str = field(default="", repr=False)
    options: dict[str, Any] = field(default_factory=dict)
    """Sampling settings, unchecked."""
    pinned: bool = False
    archived: bool = False
    folder: str = field(default="", repr=False)
    summaries: tuple[ImportedSummary, ...] = ()
    draft: str = field(default="", repr=False)

    def fingerprint(self) -> str:
        """What it is known by: the source's name for it, or without one its content."""
        if self.key:
            return f"{self.source}:{self.key}"
        digest = hashlib.sha256(self.title.encode("utf-8", "replace"))
        for message in self.messages:
            digest.update(b"\0" + message.role.encode() + b"\0" + message.text.encode("utf-8", "replace"))
        return f"{self.source}#{digest.hexdigest()}"


def moment(value: object) -> datetime | None:
    """A time as the formats write it: seconds, milliseconds, microseconds or nanoseconds since 1970, or ISO 8601.

    None for what is no time, or none at which anybody could have chatted.
    """
    found: datetime | None = None
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(_seconds(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    if found is None or found.tzinfo is None:
        return None
    found = found.astimezone(UTC)
    return found if _EARLIEST <= found <= datetime.now(UTC) + _AHEAD else None


def _seconds(value: float) -> float:
    for unit in (1e9, 1e6, 1e3):
        if abs(value) > 1e8 * unit:
            return value / unit
    return value


def circular() -> Unacceptable:
    """What is said of messages that are no tree."""
    return Unacceptable(_("its messages answer each other in a circle"))


def _too_many(number: int) -> Unacceptable:
    text = _("it has %(number)s messages; %(most)s are allowed")
    return Unacceptable(text, number=f"{number:,}", most=f"{MOST_MESSAGES:,}")


def in_order(messages: Iterable[ImportedMessage]) -> list[ImportedMessage]:
    """Parents before what answers them, older before newer. Raises `Unacceptable` for what is no tree."""
    found = list(messages)
    if len(found) > MOST_MESSAGES:
        raise _too_many(len(found))
    by_key = {message.key: message for message in found}
    if len(by_key) != len(found):
        raise Unacceptable(_("two of its messages have the same id"))
    children: dict[str | None, list[ImportedMessage]] = {}
    for message in found:
        if message.parent is not None and message.parent not in by_key:
            raise Unacceptable(_("a message answers another one that is not in the file"))
        if len(message.text) > LONGEST_TEXT or len(message.reasoning) > LONGEST_TEXT:
            text = _("one of its messages is longer than %(most)s characters")
            raise Unacceptable(text, most=f"{LONGEST_TEXT:,}")
        children.setdefault(message.parent, []).append(message)
    ordered = list(children.get(None, []))
    for message in ordered:  # grows while it is walked
        ordered.extend(children.get(message.key, []))
    if len(ordered) != len(found):
        raise circular()
    return _oldest_first(ordered)


def _oldest_first(ordered: list[ImportedMessage]) -> list[ImportedMessage]:
    """By time as far as it is known; never before the parent."""
    times: dict[str | None, datetime] = {None: _EARLIEST}
    for message in ordered:
        times[message.key] = max(message.created or _EARLIEST, times[message.parent])
    places = {message.key: place for place, message in enumerate(ordered)}
    return sorted(ordered, key=lambda message: (times[message.key], places[message.key]))


def without_hidden(nodes: dict[str, tuple[str | None, ImportedMessage | None]]) -> list[ImportedMessage]:
    """The messages of a tree some of whose nodes show nothing (system messages, calls of tools): what answers such a
    node answers what the node answers. Answers that follow each other without a fork become one.

    `nodes`: parent and message by key; the message's own `parent` is not looked at. Raises `Unacceptable`.
    """
    if len(nodes) > MOST_MESSAGES:
        raise _too_many(len(nodes))
    known: dict[str, str | None] = {}
    shown = [
        replace(message, parent=_visible(nodes, parent, known))
        for parent, message in nodes.values()
        if message is not None
    ]
    return _joined(in_order(shown))


def _visible(
    nodes: dict[str, tuple[str | None, ImportedMessage | None]], key: str | None, known: dict[str, str | None]
) -> str | None:
    """The nearest node from `key` upwards that shows something. `known`: what was found before."""
    passed: dict[str, None] = {}
    while key is not None and key in nodes and nodes[key][1] is None:
        if key in known:
            key = known[key]
            break
        if key in passed:
            raise circular()
        passed[key] = None
        key = nodes[key][0]
    found = key if key in nodes else None
    known.update(dict.fromkeys(passed, found))
    return found


def _joined(ordered: list[ImportedMessage]) -> list[ImportedMessage]:
    answers: dict[str | None, int] = {}
    for message in ordered:
        answers[message.parent] = answers.get(message.parent, 0) + 1
    stands_for: dict[str, str] = {}
    kept: dict[str, ImportedMessage] = {}
    for message in ordered:
        parent = stands_for.get(message.parent, message.parent) if message.parent is not None else None
        before = kept.get(parent) if parent is not None else None
        if before and answers[message.parent] == 1 and _are_one(before, message):
            kept[before.key] = replace(
                before,
                text=_both(before.text, message.text),
                reasoning=_both(before.reasoning, message.reasoning),
                model=message.model or before.model,
            )
            stands_for[message.key] = before.key
        else:
            kept[message.key] = replace(message, parent=parent)
            stands_for[message.key] = message.key
    return list(kept.values())


def _are_one(first: ImportedMessage, second: ImportedMessage) -> bool:
    return first.role == second.role == "assistant" and len(first.text) + len(first.reasoning) <= _LONGEST_JOINED


def _both(first: str, second: str) -> str:
    return f"{first}\n\n{second}" if first and second else first or second
