"""The small pure parts: retries, clocks, tokens, usage, secrets, addresses, surrogates."""

from __future__ import annotations

import copy
import itertools
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.deepseek.addresses import Addresses
from conversations.deepseek.clocks import Clocks, Deadlines
from conversations.deepseek.errors import (
    Authentication,
    FirstTokenTimeout,
    InvalidRequest,
    Overloaded,
    RateLimited,
    Stalled,
    UpstreamError,
)
from conversations.deepseek.messages import CalledFunction, ChatMessage, ImagePart, ImageUrl, TextPart, ToolCall
from conversations.deepseek.retry import RetryPolicy
from conversations.deepseek.secret import Secret
from conversations.deepseek.surrogates import SurrogateMender
from conversations.deepseek.tokens import estimate_prompt_tokens, estimate_tokens
from conversations.deepseek.usage import Usage, usage_from_wire

# --- retries


def delay(error: UpstreamError, attempt: int = 1, elapsed: float = 0.0, chance: float = 0.5) -> float | None:
    return RetryPolicy().delay_before_next(error, attempt, elapsed, lambda: chance)


def test_pauses_double_up_to_the_cap_with_jitter() -> None:
    policy = RetryPolicy(attempts=2000, budget=1e9)
    pauses = [policy.delay_before_next(Overloaded(), attempt, 0, lambda: 0.5) for attempt in (1, 2, 3, 5, 6, 1999)]
    assert pauses == [0.5, 1.0, 2.0, 8.0, 10.0, 10.0]
    assert delay(Overloaded(), chance=0.0) == pytest.approx(0.45)
    assert delay(Overloaded(), chance=1.0) == pytest.approx(0.55)


def test_the_attempts_and_the_budget_are_limits() -> None:
    assert delay(Overloaded(), attempt=3) == 2.0
    assert delay(Overloaded(), attempt=4) is None
    assert delay(Overloaded(), elapsed=59.5) == 0.5
    assert delay(Overloaded(), elapsed=59.6) is None


def test_permanent_errors_are_not_asked_again() -> None:
    assert delay(Authentication()) is None


def test_retry_after_is_honoured_within_the_cap() -> None:
    assert delay(RateLimited(retry_after=3)) == 3
    assert delay(RateLimited(retry_after=0)) == 0
    assert delay(RateLimited(retry_after=10)) == 10
    assert delay(RateLimited(retry_after=11)) is None


# --- clocks


def test_the_idle_clock_is_reset_by_any_bytes() -> None:
    clocks = Deadlines(Clocks(idle=5, first_token=100))
    assert clocks.due(0) == 5
    clocks.saw_no_token(0)
    assert clocks.due(3) == 8
    assert str(clocks.verdict(3)) == "stalled clock=idle seconds=5"


def test_the_first_token_clock_is_not_reset_by_bytes() -> None:
    clocks = Deadlines(Clocks(idle=5, first_token=7))
    clocks.saw_no_token(0)
    clocks.saw_no_token(3)
    assert clocks.due(4) == 7
    assert isinstance(clocks.verdict(4), FirstTokenTimeout)


def test_the_progress_clock_is_reset_by_tokens_only() -> None:
    clocks = Deadlines(Clocks(idle=5, progress=8))
    clocks.saw_no_token(0)
    clocks.saw_token()
    clocks.saw_no_token(1)
    assert clocks.due(6) == 9
    verdict = clocks.verdict(6)
    assert type(verdict) is Stalled
    assert "progress" in verdict.log


def test_a_busy_reader_stops_all_clocks() -> None:
    clocks = Deadlines(Clocks(idle=5, first_token=7, progress=4))
    assert clocks.due(100) == 105
    clocks.saw_token()
    assert clocks.due(206) == 210


# --- tokens


def test_estimates_follow_the_official_rule_of_thumb() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens("a") == 1
    assert estimate_tokens("a" * 100) == 30
    assert estimate_tokens("é" * 100) == 30
    assert estimate_tokens("汉" * 100) == 60


def test_a_prompt_counts_all_of_its_texts() -> None:
    call = ToolCall(id="c", function=CalledFunction(name="n", arguments="a" * 10))
    messages = [
        ChatMessage("user", [TextPart("a" * 10), ImagePart(ImageUrl("https://x"))]),
        ChatMessage("assistant", "a" * 10, reasoning_content="a" * 10, tool_calls=[call]),
    ]
    assert estimate_prompt_tokens(messages) == 12


# --- usage


@pytest.mark.parametrize(
    ("wire", "usage"),
    [
        (None, None),
        ({}, None),
        ("x", None),
        (
            {
                "prompt_tokens": 339,
                "prompt_cache_hit_tokens": 320,
                "prompt_cache_miss_tokens": 19,
                "completion_tokens": 83,
            },
            Usage(339, 320, 19, 83, 0),
        ),
        ({"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 4}}, Usage(10, 4, 6, 0, 0)),
        ({"prompt_tokens": 10}, Usage(10, 0, 10, 0, 0)),
        ({"prompt_tokens": 10, "prompt_cache_miss_tokens": 7}, Usage(10, 3, 7, 0, 0)),
        ({"prompt_tokens": 10, "prompt_cache_hit_tokens": 7}, Usage(10, 7, 3, 0, 0)),
        ({"prompt_cache_hit_tokens": 7, "prompt_cache_miss_tokens": 3}, Usage(10, 7, 3, 0, 0)),
        ({"prompt_cache_miss_tokens": 3}, Usage(3, 0, 3, 0, 0)),
        ({"completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 2}}, Usage(0, 0, 0, 5, 2)),
        ({"completion_tokens": "5", "prompt_tokens": -1, "prompt_tokens_details": None}, Usage()),
        ({"completion_tokens": 5.0, "prompt_tokens": True}, Usage(0, 0, 0, 5, 0)),
        ({"completion_tokens": 10**30}, Usage()),
    ],
)
def test_usage(wire: object, usage: Usage | None) -> None:
    assert usage_from_wire(wire) == usage


# --- secrets


def test_a_secret_shows_itself_to_reveal_only() -> None:
    secret = Secret(" sk-abc\n")
    assert secret.reveal() == "sk-abc"
    assert "abc" not in f"{secret} {secret!r} {[secret]}"
    assert secret.hide_in("key sk-abc!") == "key ********!"
    assert Secret("").hide_in("x") == "x"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("a")
    assert not Secret("")


# --- addresses


@pytest.mark.parametrize(
    ("typed", "base", "beta", "balance"),
    [
        ("https://api.deepseek.com", "https://api.deepseek.com", "https://api.deepseek.com/beta", "/user/balance"),
        ("https://api.deepseek.com/", "https://api.deepseek.com", "https://api.deepseek.com/beta", "/user/balance"),
        (" https://api.deepseek.com/v1/ ", "https://api.deepseek.com/v1", "https://api.deepseek.com/beta", ""),
        ("https://api.deepseek.com/chat/completions/", "https://api.deepseek.com", "https://api.deepseek.com/beta", ""),
        ("https://api.deepseek.com/beta", "https://api.deepseek.com/beta", "https://api.deepseek.com/beta", ""),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001", "http://127.0.0.1:8001/beta", "/user/balance"),
        ("https://gw.example/llm/v1", "https://gw.example/llm/v1", "https://gw.example/llm/beta", "/user/balance"),
    ],
)
def test_addresses(typed: str, base: str, beta: str, balance: str) -> None:
    addresses = Addresses(typed)
    assert (addresses.base, addresses.beta) == (base, beta)
    assert addresses.balance.endswith(balance)
    assert addresses.models == f"{base}/models"
    assert addresses.chat(beta=False) == f"{base}/chat/completions"
    assert addresses.chat(beta=True) == f"{beta}/chat/completions"
    assert addresses.fim == f"{beta}/completions"


@pytest.mark.parametrize(
    ("typed", "messages", "models"),
    [
        ("https://api.deepseek.com", "https://api.deepseek.com/anthropic", "https://api.deepseek.com"),
        ("https://api.deepseek.com/v1", "https://api.deepseek.com/anthropic", "https://api.deepseek.com/v1"),
        ("https://api.deepseek.com/anthropic/", "https://api.deepseek.com/anthropic", "https://api.deepseek.com"),
        ("https://api.deepseek.com/anthropic/v1", "https://api.deepseek.com/anthropic", ""),
        ("http://127.0.0.1:8/anthropic/v1/messages", "http://127.0.0.1:8/anthropic", "http://127.0.0.1:8"),
        ("https://api.example/v1", "https://api.example", "https://api.example/v1"),
    ],
)
def test_addresses_of_the_anthropic_format(typed: str, messages: str, models: str) -> None:
    addresses = Addresses(typed)
    assert addresses.messages == f"{messages}/v1/messages"
    assert addresses.models == f"{models or f'{messages}/v1'}/models"
    assert addresses.balance.endswith(("com/user/balance", ":8/user/balance", "example/user/balance"))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "api.deepseek.com",
        "ftp://x",
        "https://",
        "https://u:p@x",
        "https://x?k=1",
        "https://x#a",
        "http://x:0",
        "http://x:y",
        "http://[x",
    ],
)
def test_addresses_that_cannot_be_used(typed: str) -> None:
    with pytest.raises(InvalidRequest, match="base_url"):
        Addresses(typed)


# --- surrogates


@given(st.text(), st.lists(st.integers(0, 40)))
def test_text_cut_between_its_utf16_units_comes_out_whole(text: str, cuts: list[int]) -> None:
    units = text.encode("utf-16-le")
    edges = sorted({0, len(units), *(2 * cut for cut in cuts if 2 * cut < len(units))})
    pieces = [units[start:end].decode("utf-16-le", "surrogatepass") for start, end in itertools.pairwise(edges)]
    mender = SurrogateMender()
    assert "".join(mender.feed(piece) for piece in pieces) + mender.finish() == text


@given(st.lists(st.text(st.characters(codec=None))))
def test_any_pieces_come_out_encodable(pieces: list[str]) -> None:
    mender = SurrogateMender()
    ("".join(mender.feed(piece) for piece in pieces) + mender.finish()).encode()
