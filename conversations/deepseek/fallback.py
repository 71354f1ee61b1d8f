"""Other upstreams, asked in order when the first one does not answer: another key, a gateway, an own server."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from conversations.deepseek.errors import (
    Authentication,
    BalanceExhausted,
    Forbidden,
    Malformed,
    NotFound,
    ProtocolLimit,
    RateLimited,
    UnknownModel,
    UpstreamError,
)
from conversations.deepseek.secret import Secret
from conversations.deepseek.think_tags import ThinkTags
from conversations.deepseek.wires import Wire

_FAULTS_OF_THE_INSTALLATION = (Authentication, BalanceExhausted, Forbidden, NotFound)


class Fallback(msgspec.Struct, frozen=True):
    """One of them. `name` goes into the ledger and is shown to people.

    `models`: what is asked for and what that server calls it; for other models it is not used. `limits`: calls at once
    for each of its models. `is_deepseek`: it is DeepSeek's own API (another key, another account) or behaves like it:
    it gets reasoning, thinking switches and prefixes. Any other server gets none of them, and no `user_id`.
    `text_only`: how the names of its models begin that read neither images nor files, where those of DeepSeek's own
    are not enough; a question with images passes over them.
    """

    name: str
    base_url: str
    key: Secret
    models: Mapping[str, str]
    limits: Mapping[str, int] = {}
    wire: Wire = "openai"
    is_deepseek: bool = False
    think_tags: ThinkTags = ThinkTags.NONE
    text_only: tuple[str, ...] = ()


def may_be_asked_elsewhere(error: UpstreamError) -> bool:
    """Whether another upstream could do better. A refusal of the question itself (its form, its length, its content)
    is final: it is not carried from one provider to the next.
    """
    if isinstance(error, ProtocolLimit):
        return False
    return error.retryable or isinstance(error, (*_FAULTS_OF_THE_INSTALLATION, UnknownModel, Malformed))


def lasts(error: UpstreamError) -> bool:
    """Whether the upstream will fail for every question until somebody does something about it."""
    return isinstance(error, _FAULTS_OF_THE_INSTALLATION)


def shows_that_it_works(error: UpstreamError) -> bool:
    """Whether the upstream is well although it refused this question."""
    return isinstance(error, RateLimited | UnknownModel) or not may_be_asked_elsewhere(error)
