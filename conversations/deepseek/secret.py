"""A secret that does not show itself."""

from __future__ import annotations

import hmac
from typing import NoReturn

MASK = "********"
CUT = "…"  # where the rest of a text was left out
TELLING = 3  # characters of a secret that may be seen: every key of a provider begins with them


class Secret:
    """Holds an API key: `reveal()` gives it, every other way to look at it gives stars.

    It is not a `str`, so that no encoder, logger or template can write it by accident, and it cannot be pickled.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value.strip()

    def reveal(self) -> str:
        return self._value

    def hide_in(self, text: str) -> str:
        """`text` with every occurrence of the secret replaced by stars, also of its beginning where `text` was cut."""
        if not self._value:
            return text
        text = text.replace(self._value, MASK)
        whole = text.removesuffix(CUT)
        if whole == text:
            return text
        sizes = range(len(self._value) - 1, TELLING, -1)
        told = next((size for size in sizes if whole.endswith(self._value[:size])), 0)
        return f"{whole[:-told]}{MASK}{CUT}" if told else text

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __str__(self) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret cannot be pickled.")
