from __future__ import annotations

from typing import Any

from conversations.simulator.prompt_cache import PromptCache, prompt_tokens

from .asking import decoded, quiet

LONG = "x" * 1000


def conversation(*texts: str, **fields: Any) -> dict[str, Any]:
    roles = ("user", "assistant")
    messages = [{"role": roles[index % 2], "content": text} for index, text in enumerate(texts)]
    return quiet(messages=messages, **fields)


def test_the_first_request_misses() -> None:
    tokens = PromptCache().count(decoded(conversation(LONG)))
    assert (tokens.total, tokens.cached) == (300, 0)


def test_the_next_turn_hits_what_was_sent_before() -> None:
    cache = PromptCache()
    cache.count(decoded(conversation(LONG)))
    tokens = cache.count(decoded(conversation(LONG, "answer", "again")))
    assert tokens.cached == 300 // 64 * 64


def test_a_changed_beginning_misses() -> None:
    cache = PromptCache()
    cache.count(decoded(conversation(LONG, "answer", "again")))
    assert cache.count(decoded(conversation("y" + LONG, "answer", "again"))).cached == 0


def test_users_are_apart() -> None:
    cache = PromptCache()
    cache.count(decoded(conversation(LONG, user_id="alice")))
    assert cache.count(decoded(conversation(LONG, user_id="bob"))).cached == 0
    assert cache.count(decoded(conversation(LONG, user_id="alice"))).cached == 256


def test_what_was_unused_for_longest_is_forgotten() -> None:
    cache = PromptCache(capacity=2)
    for text in ("1" + LONG, "2" + LONG, "3" + LONG):
        cache.count(decoded(conversation(text)))
    assert cache.count(decoded(conversation("3" + LONG))).cached == 256
    assert cache.count(decoded(conversation("1" + LONG))).cached == 0


def test_images_tools_and_calls_count() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    with_image = quiet(messages=[{"role": "user", "content": [{"type": "text", "text": "Look"}, image]}])
    assert prompt_tokens(decoded(with_image)) == 1026
    tool = {"type": "function", "function": {"name": "look"}}
    assert prompt_tokens(decoded(quiet("Look", tools=[tool]))) > prompt_tokens(decoded(quiet("Look")))
