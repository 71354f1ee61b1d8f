"""Answers that scenarios put in place of the ordinary one. Each is a pure function of the ordinary answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .answers import Answer, Call

Alteration = Callable[[Answer], Answer]


def unaltered(answer: Answer) -> Answer:
    return answer


def empty(answer: Answer) -> Answer:
    """No text, no reasoning."""
    return replace(answer, reasoning="", content="", calls=())


def reasoning_only(answer: Answer) -> Answer:
    return replace(answer, content="", calls=())


def halved(answer: Answer) -> Answer:
    """The first half of the content."""
    return replace(answer, content=answer.content[: (len(answer.content) + 1) // 2], calls=())


def reasoning_halved(answer: Answer) -> Answer:
    """The first half of the reasoning and nothing else."""
    return replace(answer, reasoning=answer.reasoning[: (len(answer.reasoning) + 1) // 2], content="", calls=())


def says(content: str) -> Alteration:
    """Another content, the same reasoning."""
    return lambda answer: replace(answer, content=content, calls=())


def calls(*arguments: str) -> Alteration:
    """One call for each text of arguments, of the tool `simulated_lookup`."""
    made = tuple(Call(f"call_{index:02d}_simulated", "simulated_lookup", text) for index, text in enumerate(arguments))
    return lambda answer: replace(answer, content="", calls=answer.calls or made)


HOSTILE = """Simulated markup that must not act:

<script>document.title = 'script ran'</script>
<img src="x" onerror="document.title = 'handler ran'">
<iframe src="https://example.invalid/frame"></iframe>
<a href="javascript:document.title='link ran'">link in HTML</a>
<style>body { display: none }</style>
<svg onload="document.title = 'svg ran'"><circle r="9"/></svg>

[link in Markdown](javascript:document.title='link'), [data](data:text/html;base64,PHNjcmlwdD4=),
![picture elsewhere](https://example.invalid/pixel.png)

Formula: $\\href{javascript:document.title='formula'}{x}$ and $\\includegraphics{https://example.invalid/p.png}$

```html
<script>document.title = 'code ran'</script>
```
"""

SEPARATORS = (
    "Simulated text with a line separator\u2028a paragraph separator\u2029a next-line character\u0085"
    "a vertical tab\u000b a form feed\u000c and a no-break space\u00a0in it.\n"
)

GRAPHEMES = (
    "Simulated: 👩‍👩‍👧‍👦👨🏽‍💻🇪🇺🏴‍☠️ é (e and an accent) नमस्ते ไทย שלום مرحبا 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 "  # noqa: RUF001
    "中文字符不应被截断 日本語 한국어.\n"
) * 4

TOOL_MARKUP = (
    'Simulated markup that leaked:\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name="lookup">\n'  # noqa: RUF001
    "</｜DSML｜invoke>\n</｜DSML｜tool_calls>\n"  # noqa: RUF001
)

LONG_LINE = "Simulated text without any space: " + "x" * 4000 + "\n\n```\n" + "y = " + "1 + " * 500 + "1\n```\n"

DIAGRAM = """A simulated diagram:

```mermaid
sequenceDiagram
    participant Browser
    participant Server
    Browser->>Server: message.send
    Server-->>Browser: generation.delta
    Server-->>Browser: generation.finished
```
"""
