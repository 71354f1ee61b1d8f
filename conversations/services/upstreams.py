"""The API clients of this installation, from its settings."""

from __future__ import annotations

from dataclasses import dataclass

from chatsite.environment import Environment
from chatsite.fallbacks import FallbackUpstream
from conversations.deepseek import Clocks, DeepSeekClient, Fallback, RetryPolicy, Secret, ThinkTags, Wire, tls_context

_ONCE = RetryPolicy(attempts=1)
_IMPATIENT = Clocks(connect=10, idle=60, first_token=60, progress=60)
"""Somebody waits at a terminal, and wants to see the first failure."""


def client_of(environment: Environment) -> DeepSeekClient:
    """The client with all upstreams, for answers. To be made and used inside of one event loop."""
    return DeepSeekClient(
        base_url=environment.deepseek_base_url,
        api_key=_key_of(environment),
        max_concurrent=environment.max_concurrent_answers,
        fallbacks=[_fallback_of(each) for each in environment.fallback_upstreams],
    )


def load_ahead() -> None:
    """What takes long when the first client is made: the authorities that TLS trusts."""
    tls_context()


@dataclass(frozen=True, kw_only=True)
class Place:
    """One upstream by itself, for whoever looks after it. `model` is what it is asked for by default."""

    name: str
    base_url: str
    key: Secret
    model: str
    is_deepseek: bool
    think_tags: ThinkTags = ThinkTags.NONE
    wire: Wire = "openai"

    def client(self) -> DeepSeekClient:
        """A client of this upstream alone, which asks once."""
        return DeepSeekClient(
            self.base_url,
            self.key,
            clocks=_IMPATIENT,
            retry=_ONCE,
            think_tags=self.think_tags,
            wire=self.wire,
            is_deepseek=self.is_deepseek,
        )


def places_of(environment: Environment) -> list[Place]:
    """The upstreams in the order in which they are asked."""
    first = Place(
        name="deepseek",
        base_url=environment.deepseek_base_url,
        key=_key_of(environment),
        model=environment.default_model,
        is_deepseek=True,
    )
    return [first, *(_place_of(each, environment.default_model) for each in environment.fallback_upstreams)]


def _key_of(environment: Environment) -> Secret:
    """The first upstream's key; in demo mode one that the simulator takes."""
    return Secret(environment.deepseek_api_key or "simulated")


def _fallback_of(upstream: FallbackUpstream) -> Fallback:
    return Fallback(
        name=upstream.name,
        base_url=upstream.base_url,
        key=Secret(upstream.key),
        models=upstream.models,
        limits=upstream.limits,
        wire=_wire_of(upstream),
        is_deepseek=upstream.is_deepseek,
        think_tags=_think_tags_of(upstream),
    )


def _place_of(upstream: FallbackUpstream, default_model: str) -> Place:
    return Place(
        name=upstream.name,
        base_url=upstream.base_url,
        key=Secret(upstream.key),
        model=upstream.models.get(default_model) or next(iter(upstream.models.values())),
        is_deepseek=upstream.is_deepseek,
        think_tags=_think_tags_of(upstream),
        wire=_wire_of(upstream),
    )


def _wire_of(upstream: FallbackUpstream) -> Wire:
    return "anthropic" if upstream.wire == "anthropic" else "openai"


def _think_tags_of(upstream: FallbackUpstream) -> ThinkTags:
    return ThinkTags[upstream.think_tags.upper()]
