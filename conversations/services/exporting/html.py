"""A conversation as one HTML file to read and print: no script, nothing from elsewhere.

Markdown is rendered with raw HTML and images switched off (an image would tell its host who reads), and the file
carries a policy of its own that forbids everything but its style.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from django.utils.html import escape
from markdown_it import MarkdownIt

from conversations.services.exporting.archive import Archive, Exported
from conversations.services.exporting.markdown import address, day_and_time, note, one_line, speaker

_LONGEST = 200_000
"""Characters that are rendered as Markdown; beyond, the text is shown as it was written."""
_STYLE = """
:root{color-scheme:light dark}
body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere}
article{margin-block:2rem;break-inside:auto}h1{line-height:1.2}h2{margin:0;font-size:1rem}.when{margin:0 0 .5rem;
font-size:.8125rem;opacity:.75}.own{padding:.5rem 1rem;border-radius:.75rem;background:light-dark(#eef0f9,#252a38)}
pre{padding:.75rem;overflow-x:auto;border:1px solid #8886;border-radius:.5rem;white-space:pre-wrap}
code{font-family:ui-monospace,monospace;font-size:.9em}table{border-collapse:collapse}
th,td{padding:.25rem .5rem;border:1px solid #8886}blockquote{margin-inline:0;padding-inline-start:1rem;
border-inline-start:3px solid #8886}details{margin-block:.5rem;opacity:.85}.plain{white-space:pre-wrap}
@media print{body{margin:0;max-width:none}}
""".strip()
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


async def document(archive: Archive, conversation: Exported) -> AsyncIterator[str]:
    """One file, in pieces of a message."""
    title = escape(conversation.title or "Untitled chat")
    yield (
        f'<!doctype html>\n<html lang="">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n'
        f'<body>\n<h1 dir="auto">{title}</h1>\n<p class="when">{day_and_time(conversation.data["created"])}</p>\n'
    )
    if conversation.data["instructions"]:
        yield f"<details><summary>Instructions</summary>{_plain(conversation.data['instructions'])}</details>\n"
    summaries = {row["message"]: row["text"] for row in await archive.summaries(conversation)}
    async for row in archive.branch(conversation):
        own = row["role"] == "user"
        reasoning = await _rendered(row["reasoning"])
        text = _plain(row["text"]) if own else await _rendered(row["text"])
        folded = f"<details><summary>Reasoning</summary>{reasoning}</details>\n" if row["reasoning"].strip() else ""
        yield (
            f'<article dir="auto"{" class=own" if own else ""}>\n<h2>{escape(speaker(row))}</h2>\n'
            f'<p class="when">{escape(note(row))}</p>\n{folded}{_files(row["attachments"])}{text}</article>\n'
        )
        if row["id"] in summaries:
            told = _plain(summaries[row["id"]])
            yield f'<details dir="auto"><summary>Summary of the messages above</summary>{told}</details>\n'
    yield "</body>\n</html>\n"


async def _rendered(text: str) -> str:
    """Off the event loop: a long text takes a while."""
    return "" if not text.strip() else await asyncio.to_thread(rendered, text)


def rendered(text: str) -> str:
    """Markdown as HTML that holds no script, no style and no address but of links."""
    return str(_markdown.render(text)) if len(text) <= _LONGEST else _plain(text)


def _files(attachments: list[dict[str, Any]]) -> str:
    links = (f'<li><a href="{escape(address(each))}">{escape(one_line(each["name"]))}</a></li>' for each in attachments)
    return f"<ul>{''.join(links)}</ul>\n" if attachments else ""


def _plain(text: str) -> str:
    return f'<div class="plain">{escape(text.strip())}</div>'
