"""An answer, broken anywhere and continued by its prefix, is the same answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.simulator import Simulator
from conversations.simulator.answers import answer_for
from conversations.simulator.continuation import limited, mismatch, remainder

from .asking import body, client_of, decoded, quiet, stream

QUESTIONS = ["Hello", "你好", "Count to 40", "Write 30 words", "Explain in detail how lists are sorted in Python"]


def continued(fields: dict[str, Any], content: str, reasoning: str | None = None) -> dict[str, Any]:
    """The request that asks for the rest."""
    begun = {"role": "assistant", "content": content, "prefix": True}
    if reasoning is not None:
        begun["reasoning_content"] = reasoning
    return {**fields, "messages": [*fields["messages"], begun]}


@given(st.sampled_from(QUESTIONS), st.data())
def test_content_continues(question: str, data: st.DataObject) -> None:
    whole = answer_for(decoded(quiet(question)))
    cut = data.draw(st.integers(1, len(whole.content)))
    request = decoded(continued(quiet(question), whole.content[:cut]))
    assert answer_for(request) == whole
    assert whole.content[:cut] + remainder(answer_for(request), request).content == whole.content


@given(st.sampled_from(QUESTIONS), st.data())
def test_reasoning_continues(question: str, data: st.DataObject) -> None:
    whole = answer_for(decoded(body(question)))
    cut = data.draw(st.integers(1, len(whole.reasoning)))
    request = decoded(continued(body(question), "", whole.reasoning[:cut]))
    rest = remainder(answer_for(request), request)
    assert whole.reasoning[:cut] + rest.reasoning == whole.reasoning
    assert rest.content == whole.content


@given(st.sampled_from(QUESTIONS), st.data())
def test_content_after_reasoning_continues(question: str, data: st.DataObject) -> None:
    whole = answer_for(decoded(body(question)))
    cut = data.draw(st.integers(1, len(whole.content)))
    reasoning = data.draw(st.sampled_from([whole.reasoning, whole.reasoning[:9], None]))
    request = decoded(continued(body(question), whole.content[:cut], reasoning))
    rest = remainder(answer_for(request), request)
    assert (rest.reasoning, whole.content[:cut] + rest.content) == ("", whole.content)


@given(st.sampled_from(QUESTIONS), st.lists(st.integers(1, 60), max_size=5))
def test_any_chain_of_lengths_is_the_answer(question: str, limits: list[int]) -> None:
    fields = quiet(question)
    said = ""
    for limit in [*limits, None]:
        request = decoded({**(continued(fields, said) if said else fields), "max_tokens": limit})
        said += limited(remainder(answer_for(request), request), request, 10).content
    assert said == answer_for(decoded(fields)).content


def test_a_prefix_of_something_else_is_named() -> None:
    request = decoded(continued(quiet("Count to 9"), "A simulated story"))
    rest = remainder(answer_for(request), request)
    assert rest.content == (
        "[simulator: the prefix is not the beginning of this answer; its content differs at character 12]"
    )


def test_reasoning_of_something_else_is_named() -> None:
    request = decoded(continued(body("Count to 9"), "", "Thus"))
    assert remainder(answer_for(request), request).content == mismatch("reasoning", "This", "Thus")


def test_a_prefix_longer_than_the_answer_is_named() -> None:
    fields = quiet("Count to 2")
    whole = answer_for(decoded(fields)).content
    request = decoded(continued(fields, whole + "!"))
    assert f"character {len(whole)}]" in remainder(answer_for(request), request).content


@pytest.mark.parametrize("path", ["/beta/chat/completions"])
async def test_over_the_wire(client: httpx.AsyncClient, path: str) -> None:
    fields = quiet("Count to 100")
    whole = await stream(client, fields)
    rest = await stream(client, continued(fields, whole.content[:50]), path)
    assert rest.content == whole.content[50:]
    assert rest.finish_reason == "stop"


async def test_a_broken_answer_is_continued_under_its_scenario() -> None:
    """Every attempt is broken again after a part, and the parts make the answer."""
    fields = quiet("Count to 30\n/simulate truncated")
    whole = answer_for(decoded(fields)).content
    said = ""
    async with Simulator() as simulator, client_of(simulator) as client:
        for _ in range(10):
            asked = continued(fields, said) if said else fields
            streamed = await stream(client, asked, "/beta/chat/completions")
            assert not streamed.done
            said += streamed.content
    assert said == whole
