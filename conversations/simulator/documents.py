"""Long and awkward documents, for what has to show them: formats inside of formats, scripts of several directions,
words without end, and constructs that stay unfinished for long. All say that they are simulated."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

NASTY = r"""# A simulated answer that is hard to show

A [link defined at the end][docs], an ![image elsewhere](https://example.invalid/pixel.png), **bold *and italic* text**, ~~gone~~,
`code with ``` marks`, a footnote-like [1], an address https://example.org/a_b_c?d=e&f=g, and 2 * 3 * 4 = 24.

1. First, install it:

   ```bash
   # a comment
   pip install --quiet simulated-package && echo "a long line that goes on and on and on and on and on and on and on and on"
   ```

2. Then use it:
   - nested, with $x_i^2$ inside
     - deeper, with `code`
       > and a quotation
3. Prices from $5 to $10 are no formulas.

- [ ] not done
- [x] done

| Column | A very long heading that does not fit | Number | A fourth | A fifth | A sixth column to scroll to |
| :--- | --- | ---: | :---: | --- | --- |
| one, "quoted" | text with `code` and **bold** | 1,234.50 | $\alpha$ | a \| b | the end |
| two | short | 7 | | <b>no HTML</b> | |

```typescript
interface Simulated<T extends Record<string, unknown>> { readonly name: string; values: T[]; }
export const veryLong = (value: Simulated<{ a: number }>): string => `${value.name}: ${value.values.map(({ a }) => a.toFixed(2)).join(", ")} and more`;
/* a comment
   of two lines */
```

$$
\begin{aligned} f(x) &= \int_0^x e^{-t^2}\,dt \\ &= \frac{\sqrt{\pi}}{2}\operatorname{erf}(x) \end{aligned}
$$

A broken formula: $\frac{1}{$ and an unknown one: $\notacommand{x}$.

```mermaid
flowchart LR
    A[Question] --> B{Known?}
    B -->|yes| C[Answer]
    B -->|no| D[Look it up] --> C
```

```mermaid
flowchart LR
    this is -- no diagram [
```

هذه فقرة محاكاة باللغة العربية مع كلمة English في وسطها و `code` أيضا.

1. عنصر أول
2. عنصر ثان

> זהו ציטוט מדומה בעברית.

模拟的中文段落，没有空格，应该在任何地方换行，而不会超出边界。模拟的中文段落，没有空格，应该在任何地方换行。👩‍👩‍👧‍👦 🇪🇺

"""  # noqa: E501, RUF001

WITHOUT_END = "Supercalifragilistic" * 12
LINKS = '\n\n[docs]: https://example.org/docs "Simulated"\n'

NASTY_DOCUMENT = NASTY + WITHOUT_END + LINKS


def long_document(characters: int) -> str:
    """A document of at least so many characters: sections with paragraphs, a long list, code and a long table."""
    text, length = [], 0
    for piece in _sections():
        text.append(piece)
        length += len(piece)
        if length >= characters:
            break
    return "".join(text)


def _sections() -> Iterator[str]:
    yield "# A long simulated document\n\n"
    for number in count(1):
        yield f"## Section {number}\n\n"
        yield from (
            f"{_SENTENCE} This is paragraph {part}, with **bold** text and `code`. {_SENTENCE}\n\n" for part in range(4)
        )
        yield from (f"{item}. Item {item}: {_SENTENCE}\n" for item in range(1, 26))
        yield "\n```python\n"
        yield from (
            f'def simulated_{number}_{line}(value: int) -> str:\n    return f"{{value}} {line}"\n\n\n'
            for line in range(20)
        )
        yield "```\n\n| Row | Text | Number |\n| --- | :---: | ---: |\n"
        yield from (f"| {row} | simulated text in a row | {row * row} |\n" for row in range(30))
        yield "\nAnd a formula, $x^2 + y_i = \\sqrt{z}$, in a paragraph.\n\n"


_SENTENCE = "This text is simulated and says nothing at all while the river carries its slow water past the old mill."
