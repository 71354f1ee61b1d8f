"""The texts that answers are made of. All of them say that they are simulated."""

# ruff: noqa: RUF001 - Chinese and Japanese have commas of their own

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice

CODE = (
    '''```python
def fibonacci(limit: int) -> list[int]:
    """All Fibonacci numbers below the limit."""
    numbers = [0, 1]
    while (following := numbers[-1] + numbers[-2]) < limit:
        numbers.append(following)
    return numbers


print(fibonacci(100))
```''',
    '''```python
from collections import Counter


def most_common_words(text: str, count: int = 3) -> list[tuple[str, int]]:
    """The most frequent words, most frequent first."""
    words = (word.strip(".,!?").lower() for word in text.split())
    return Counter(words).most_common(count)
```''',
    """```python
import asyncio


async def tick(times: int) -> None:
    for number in range(times):
        print(f"tick {number}")
        await asyncio.sleep(0.5)


asyncio.run(tick(3))
```""",
)

TABLES = (
    """| Model | Context | Images | Thinking |
| :--- | ---: | :---: | :---: |
| `deepseek-flash` | 1,048,576 | yes | low, high, max |
| `deepseek-v4-pro` | 1,048,576 | no | low, high, max |""",
    """| Step | Who acts | Result |
| :---: | :--- | :--- |
| 1 | you | a message is sent |
| 2 | the server | an answer is begun |
| 3 | the simulator | text arrives in pieces |""",
    """| Planet | Moons | Day in hours |
| :--- | ---: | ---: |
| Earth | 1 | 23.9 |
| Mars | 2 | 24.6 |
| Jupiter | 95 | 9.9 |""",
)

FORMULAS = (
    r"""Euler's identity, $e^{i\pi} + 1 = 0$, fits into a line. The Gaussian integral needs one of its own:

$$
\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}
$$""",
    r"""A quadratic equation \(ax^2 + bx + c = 0\) has the solutions

\[
x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}
\]""",
    r"""For a matrix $A$ with $\det A \neq 0$ there is an inverse:

$$
A^{-1} = \frac{1}{\det A}\,\operatorname{adj}(A), \qquad
A = \begin{pmatrix} a & b \\ c & d \end{pmatrix}
$$""",
)

LONG = """## A simulated answer

You asked about *{topic}*. This text comes from the **simulator**, not from a model: it shows how an answer looks \
while it is being written. This is turn {turn} of the conversation. 🐋

### What to look at

1. Text arrives in small pieces and is formatted as it comes.
2. You can **stop** it, reload the page, or open the conversation in a second window.
3. Nothing of this is advice:
   - the numbers are examples, ~~nobody checked them~~,
   - the [documentation](https://api-docs.deepseek.com/) knows better.

### Some code

{code}

### A table

{table}

### A formula

{formula}

### Other scripts

> 中文：这段文字是模拟的。日本語：これは模擬の回答です。한국어: 모의 답변입니다. Emoji: 👩‍👩‍👧‍👦 🇪🇺 ✅

To see how failures look, send `/simulate help`. To get a long answer, send `count to 500` or `write 300 words`.
"""

SHORT = """This is a **simulated** short answer about *{topic}* (turn {turn}). 🐋

Ask a longer question to see code, a table and a formula, or send `/simulate help`.
"""

CHINESE = """## 模拟回答

您提到了“{topic}”。这段文字来自**模拟器**，不是模型的回答，只用来演示回答是怎样逐步显示的（第 {turn} 轮）。🐋

1. 文字一小段一小段地到达，并立即排版。
2. 您可以随时停止，也可以刷新页面。

{code}

{table}

{formula}

发送 `/simulate help` 可以查看各种故障的样子。
"""

CHINESE_SHORT = "这是关于“{topic}”的**模拟**简短回答（第 {turn} 轮）。🐋\n"

REASONING = (
    "This reasoning is simulated. The person writes about {topic}, so the answer should show what a page has to cope "
    "with.",
    "First I think about the order: a heading, a short introduction, then a list. Code needs a language, a table needs "
    "a header, and a formula needs its delimiters.",
    "Then the harder part: text in other scripts, such as 中文, and characters of several code points, such as "
    "👩‍👩‍👧‍👦. These may be cut anywhere, and the page has to join them again.",
    "Let me check the length. It should be long enough to be stopped in the middle, and short enough not to bore.",
    "Finally, everything has to say openly that it is simulated, so that nobody takes it for advice. That settles it.",
)
REASONING_PARAGRAPHS = {"low": 1, "high": 3, "max": 5}

_FLOW = (
    "this text is simulated and says nothing at all while the river carries its slow water past the old mill where "
    "a miller counts sacks of grain and the wind turns over the leaves of a book that nobody reads until evening"
)
_SENTENCE, _PARAGRAPH = 12, 60
_THREE_LETTERS = "sea sun low and the air was dry but our map had one red dot not far off "


@dataclass(frozen=True, slots=True)
class Subject:
    """What an answer is about: a harmless excerpt of the question, the turn, and a number that picks the variants."""

    topic: str
    turn: int
    seed: int


def formatted(template: str, subject: Subject) -> str:
    """A template with its variants chosen by the seed."""
    return template.format(
        topic=subject.topic,
        turn=subject.turn,
        code=CODE[subject.seed % 3],
        table=TABLES[subject.seed // 3 % 3],
        formula=FORMULAS[subject.seed // 9 % 3],
    )


def reasoning(subject: Subject, effort: str) -> str:
    return "\n\n".join(REASONING[: REASONING_PARAGRAPHS[effort]]).format(topic=subject.topic)


def counting(limit: int) -> str:
    """The numbers from 1, ten a line; no other digits."""
    numbers = (f"{number}{_after(number, limit)}" for number in range(1, limit + 1))
    return "A simulated count:\n\n" + "".join(numbers)


def _after(number: int, limit: int) -> str:
    if number == limit:
        return "."
    return ", " if number % 10 else ",\n"


def words(count: int) -> str:
    """Exactly so many words (by `str.split`) in sentences and paragraphs."""
    flow = list(islice(cycle(_FLOW.split()), count))
    sentences = [" ".join(flow[start : start + _SENTENCE]).capitalize() for start in range(0, count, _SENTENCE)]
    lines = _PARAGRAPH // _SENTENCE
    paragraphs = [". ".join(sentences[start : start + lines]) for start in range(0, len(sentences), lines)]
    return ".\n\n".join(paragraphs) + "."


def tokens(count: int) -> str:
    """A text of exactly so many of the simulator's tokens."""
    return "".join(islice(cycle(_THREE_LETTERS), count * 4))
