"""A conversation as Markdown: the branch that the page shows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from conversations.services.exporting.archive import Archive, Exported
from conversations.services.exporting.names import path_of
from conversations.services.models import MODELS

_SIGNS = re.compile(r"[\\`*_{}\[\]<>()#+!|~&-]")
"""What Markdown might take for more than a character."""
_NAMES = {model.id: model.name for model in MODELS}


async def document(archive: Archive, conversation: Exported) -> AsyncIterator[str]:
    """One file, in pieces of a message."""
    yield f"# {one_line(conversation.title) or 'Untitled chat'}\n\n{day_and_time(conversation.data['created'])}\n"
    if conversation.data["instructions"]:
        yield f"\n## Instructions\n\n{conversation.data['instructions'].strip()}\n"
    summaries = {row["message"]: row["text"] for row in await archive.summaries(conversation)}
    async for row in archive.branch(conversation):
        yield f"\n## {speaker(row)}\n\n{note(row)}\n\n"
        if row["attachments"]:
            yield "".join(f"* {_link(each)}\n" for each in row["attachments"]) + "\n"
        if row["reasoning"].strip():
            yield "".join(f"> {line}".rstrip() + "\n" for line in row["reasoning"].strip().splitlines()) + "\n"
        yield f"{row['text'].strip()}\n"
        if row["id"] in summaries:
            yield f"\n## Summary of the messages above\n\n{summaries[row['id']].strip()}\n"


def speaker(row: dict[str, Any]) -> str:
    """Who wrote a message."""
    if row["role"] == "user":
        return "You"
    model = (row["generation"] or {}).get("model") or "Assistant"
    return one_line(_NAMES.get(model, model))


def note(row: dict[str, Any]) -> str:
    """When, and how an answer ended that did not end well."""
    status = (row["generation"] or {}).get("status", "complete")
    when = day_and_time(row["created"])
    return when if status == "complete" else f"{when} · {status}"


def address(attachment: dict[str, Any]) -> str:
    """Of a file that was attached, from a document beside it in the same export."""
    return quote(path_of(attachment))


def _link(attachment: dict[str, Any]) -> str:
    name = _SIGNS.sub(r"\\\g<0>", one_line(attachment["name"]))
    return f"[{name}]({address(attachment)})"


def day_and_time(timestamp: str) -> str:
    return f"{timestamp[:10]} {timestamp[11:16]} UTC"


def one_line(text: str) -> str:
    return " ".join(text.split())
