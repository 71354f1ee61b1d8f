from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.deepseek.account import balance_from_wire, models_from_wire
from conversations.deepseek.ends import EndKind
from conversations.deepseek.errors import Malformed, UpstreamError
from conversations.deepseek.plain import Completion, completion_from_wire
from conversations.deepseek.think_tags import ThinkTags
from conversations.deepseek.usage import Usage
from tests.deepseek.server import USAGE


def body(message: object, finish: str | None = "stop", **more: object) -> bytes:
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return msgspec.json.encode({"id": "a1", "model": "deepseek-flash", "choices": [choice], "usage": USAGE, **more})


def read(content: bytes, tags: ThinkTags = ThinkTags.NONE) -> tuple[Completion, UpstreamError | None]:
    return completion_from_wire(content, [], tags)


def test_an_answer_after_keep_alive_lines() -> None:
    completion, error = read(b"\n\n \n" + body({"role": "assistant", "content": "Hi", "reasoning_content": "hm"}))
    assert error is None
    assert (completion.text, completion.reasoning, completion.kind) == ("Hi", "hm", EndKind.complete)
    assert (completion.finish_reason, completion.model, completion.upstream_id) == ("stop", "deepseek-flash", "a1")
    assert completion.usage == Usage(17, 5, 12, 9, 4)
    assert "Hi" not in repr(completion)


def test_tool_calls() -> None:
    call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    completion, error = read(body({"content": "", "tool_calls": [call]}, "tool_calls"))
    assert error is None
    assert completion.tool_calls[0].function.name == "f"
    assert read(body({"content": "x", "tool_calls": [call]}, "stop"))[0].tool_calls == ()


@pytest.mark.parametrize(
    ("message", "finish", "code"),
    [
        ({"content": ""}, "stop", "empty"),
        ({"content": None, "reasoning_content": "hm"}, "stop", "reasoning_only"),
        ({"content": "x"}, "content_filter", "content_filter"),
        ({"content": "x"}, "insufficient_system_resource", "out_of_capacity"),
        ({"content": "x"}, "aborted", "aborted"),
        ({"content": "x"}, "other", "unknown_reason"),
        (None, None, "empty"),
    ],
)
def test_answers_that_did_not_end_well(message: object, finish: str | None, code: str) -> None:
    completion, error = read(body(message, finish))
    assert error is not None
    assert error.code == code
    assert completion.kind is error.kind


def test_think_tags() -> None:
    completion, _ = read(body({"content": "<think>a</think>b", "reasoning": "0"}), ThinkTags.TAGGED)
    assert (completion.reasoning, completion.text) == ("0a", "b")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b'{"id":"a1","choices":[{"mess', "empty"),
        (b"<html>", "malformed"),
        (b"[]", "malformed"),
        (b'{"data":{},"success":true}', "malformed"),
        (b'{"error":{"message":"Insufficient Balance"}}', "balance_exhausted"),
        (b'{"error_msg":"boom"}', "upstream_error"),
        (body({"content": 7}), "malformed"),
        (body({"content": "", "tool_calls": [{"index": n} for n in range(600)]}), "malformed"),
    ],
)
def test_bodies_that_hold_no_answer(content: bytes, code: str) -> None:
    with pytest.raises(UpstreamError) as raised:
        read(content)
    assert raised.value.code == code


def test_a_usage_only_response_is_empty() -> None:
    assert read(b'{"id":"a1","choices":[]}')[1] is not None


@given(st.binary(max_size=40), st.integers(0, 300))
def test_mutated_bodies_raise_our_errors_only(noise: bytes, at: int) -> None:
    content = body({"content": "x"})
    try:
        read(content[:at] + noise + content[at + len(noise) :])
    except UpstreamError as error:
        assert error.person  # noqa: PT017


def test_models_with_and_without_metadata() -> None:
    rich: dict[str, Any] = {
        "id": "deepseek-flash",
        "object": "model",
        "owned_by": "deepseek",
        "name": "Flash",
        "context_window": 1048576,
        "max_output_tokens": 393216,
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "effort": {"supported_levels": ["low", "high", "max"], "default_level": "high"},
        "api_capabilities": {"anthropic_messages": {"system_prompt_update": "in-history"}},
    }
    flash, bare = models_from_wire(msgspec.json.encode({"object": "list", "data": [rich, {"id": "m"}]}))
    assert flash.context_window == 1048576
    assert flash.effort is not None
    assert flash.effort.supported_levels == ("low", "high", "max")
    assert bare.effort is None


def test_balances_are_exact_decimals() -> None:
    info = {"currency": "CNY", "total_balance": "110.00", "granted_balance": "10.00", "topped_up_balance": "100.00"}
    balance = balance_from_wire(msgspec.json.encode({"is_available": True, "balance_infos": [info]}))
    assert balance.is_available
    assert balance.balance_infos[0].total_balance == Decimal("110.00")
    assert str(balance.balance_infos[0].granted_balance) == "10.00"
    assert balance_from_wire(b'{"is_available":false,"balance_infos":[]}').balance_infos == ()


@pytest.mark.parametrize("content", [b"", b"Authentication Fails", b"{}", b"[" * 100_000, b"\xff"])
def test_account_bodies_that_cannot_be_read(content: bytes) -> None:
    with pytest.raises(Malformed):
        balance_from_wire(content)
    with pytest.raises(Malformed):
        models_from_wire(content)


def test_a_balance_that_is_no_number_is_malformed() -> None:
    with pytest.raises(Malformed):
        balance_from_wire(b'{"is_available":true,"balance_infos":[{"currency":"CNY","total_balance":"NaN"}]}')
