"""The API client of this installation, from its settings."""

from __future__ import annotations

from chatsite.environment import Environment
from chatsite.fallbacks import FallbackUpstream
from conversations.deepseek import DeepSeekClient, Fallback, Secret, ThinkTags


def client_of(environment: Environment) -> DeepSeekClient:
    """To be made and used inside of one event loop. Raises InvalidRequest for an address that cannot be used."""
    return DeepSeekClient(
        base_url=environment.deepseek_base_url,
        api_key=key_of(environment),
        max_concurrent=environment.max_concurrent_answers,
        fallbacks=[fallback_of(each) for each in environment.fallback_upstreams],
    )


def key_of(environment: Environment) -> Secret:
    """The first upstream's key; in demo mode one that the simulator takes."""
    return Secret(environment.deepseek_api_key or "simulated")


def fallback_of(upstream: FallbackUpstream) -> Fallback:
    """One entry of the setting as the client takes it."""
    return Fallback(
        name=upstream.name,
        base_url=upstream.base_url,
        key=Secret(upstream.key),
        models=upstream.models,
        limits=upstream.limits,
        is_deepseek=upstream.is_deepseek,
        think_tags=ThinkTags[upstream.think_tags.upper()],
    )
