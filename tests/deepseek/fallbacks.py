"""A client with a first upstream and a fallback, both scripted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from conversations.deepseek import DeepSeekClient, Fallback, RetryPolicy, Secret
from tests.deepseek.server import Script, ScriptedServer, whole
from tests.deepseek.talking import KEY

NO_BALANCE = whole(402, {"error": {"message": "Insufficient Balance"}})
LIMITED = whole(429, {"error": {"message": "Too many requests."}})
SPARE_KEY = "sk-of-the-spare-one"
ONCE = RetryPolicy(attempts=1)


def spare_at(url: str, **options: Any) -> Fallback:
    options.setdefault("models", {"deepseek-flash": "qwen3"})
    return Fallback(name=options.pop("name", "spare"), base_url=url, key=Secret(SPARE_KEY), **options)


@asynccontextmanager
async def two(
    first: list[Script], spare: list[Script], *, spare_options: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[DeepSeekClient, ScriptedServer, ScriptedServer]]:
    """A client with a first upstream and a fallback."""
    options.setdefault("retry", ONCE)
    async with ScriptedServer(*first) as one, ScriptedServer(*spare) as other:
        fallbacks = [spare_at(other.url, **(spare_options or {}))]
        async with DeepSeekClient(one.url, Secret(KEY), fallbacks=fallbacks, **options) as client:
            yield client, one, other
