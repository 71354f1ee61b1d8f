"""Log-probabilities of an answer's tokens, for requests that ask for them."""

from __future__ import annotations

from typing import Any

import msgspec

from conversations.deepseek.surrogates import encodable

OUTSIDE = -9999.0  # what the upstream sends for a token that is not among the 20 likeliest


class TopLogprob(msgspec.Struct, frozen=True):
    """One of the likeliest tokens at a place; `logprob` may be OUTSIDE."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} characters={len(self.token)}>"


class TokenLogprob(TopLogprob, frozen=True):
    """A token of the answer, with the likeliest ones at its place, as many as were asked for."""

    top_logprobs: tuple[TopLogprob, ...] = ()


class Logprobs(msgspec.Struct, frozen=True):
    """Those of the answer's text and of its reasoning, in order."""

    content: tuple[TokenLogprob, ...] = ()
    reasoning: tuple[TokenLogprob, ...] = ()

    def __repr__(self) -> str:
        return f"<Logprobs content={len(self.content)} reasoning={len(self.reasoning)}>"


class _Chat(msgspec.Struct):
    content: tuple[TokenLogprob, ...] | None = None
    reasoning_content: tuple[TokenLogprob, ...] | None = None


class _Fim(msgspec.Struct):
    tokens: list[str]
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float] | None] | None = None


def logprobs_from_wire(wire: object) -> Logprobs | None:
    """The `logprobs` value of a choice, of a chat or of a fill-in-the-middle completion.

    None when there is nothing in it, or nothing readable: an answer is not given up for the sake of its figures.
    """
    if not isinstance(wire, dict):
        return None
    try:
        found = _from_fim(msgspec.convert(wire, _Fim)) if "tokens" in wire else _from_chat(msgspec.convert(wire, _Chat))
    except (msgspec.ValidationError, ValueError):  # ValueError: a name with half of a surrogate pair
        return None
    return found if found.content or found.reasoning else None


def _from_chat(chat: _Chat) -> Logprobs:
    return Logprobs(_mended(chat.content), _mended(chat.reasoning_content))


def _mended(items: tuple[TokenLogprob, ...] | None) -> tuple[TokenLogprob, ...]:
    return tuple(
        TokenLogprob(
            encodable(item.token),
            item.logprob,
            item.bytes,
            tuple(TopLogprob(encodable(top.token), top.logprob, top.bytes) for top in item.top_logprobs),
        )
        for item in items or ()
    )


def _from_fim(fim: _Fim) -> Logprobs:
    return Logprobs(
        tuple(
            TokenLogprob(
                encodable(token),
                _at(fim.token_logprobs, place, OUTSIDE),
                None,
                tuple(TopLogprob(encodable(name), figure) for name, figure in _at(fim.top_logprobs, place, {}).items()),
            )
            for place, token in enumerate(fim.tokens)
        )
    )


def _at(items: list[Any] | None, place: int, other: Any) -> Any:
    """The item at `place`, `other` where the list has none or null."""
    item = items[place] if items is not None and place < len(items) else None
    return other if item is None else item
