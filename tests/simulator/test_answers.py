from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.simulator.answers import answer_for, commanded_scenario
from conversations.simulator.tokens import token_count

from .asking import body, decoded, quiet

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "F"]}},
        },
    },
}


def content(fields: dict[str, Any]) -> str:
    return answer_for(decoded(fields)).content


@given(st.text(max_size=200))
def test_every_question_has_one_answer(text: str) -> None:
    assert answer_for(decoded(body(text))) == answer_for(decoded(body(text, stream=True, max_tokens=5, user_id="x")))


def test_an_answer_shows_what_a_page_has_to_cope_with() -> None:
    answer = content(quiet())
    for feature in ("## ", "\n1. ", "```python\n", "\n| ", "### A formula", "simul", "🐋", "中文"):
        assert feature in answer, feature


def test_variants_depend_on_the_question() -> None:
    assert len({content(quiet(f"Tell me something about the number {number} please")) for number in range(30)}) > 10


def test_both_ways_to_write_formulas_appear() -> None:
    answers = "".join(content(quiet(f"Tell me something about the number {number} please")) for number in range(30))
    assert "$$\n" in answers
    assert "\\[\n" in answers
    assert "\\(" in answers


def test_the_topic_carries_no_markup() -> None:
    answer = content(quiet("<script>alert(1)</script> [x](javascript:y) `$z$` | and so on and on"))
    assert "script alert 1 script x javascript y z" in answer
    assert "<script" not in answer


def test_a_short_question_has_a_short_answer() -> None:
    assert len(content(quiet("Hello"))) < 300
    assert len(content(quiet("Please explain this in a few words, be brief about all of it"))) < 300


def test_a_chinese_question_has_a_chinese_answer() -> None:
    assert "模拟" in content(quiet("你好"))
    assert "## 模拟回答" in content(quiet("请详细解释一下列表在编程语言里是怎样排序的，并给出一个例子"))  # noqa: RUF001


def test_later_turns_have_other_answers() -> None:
    messages = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Hello"},
    ]
    assert "turn 2" in content(quiet(messages=messages))


def test_counting() -> None:
    numbers = re.findall(r"\d+", content(quiet("Count to 500.")))
    assert [int(number) for number in numbers] == list(range(1, 501))


@pytest.mark.parametrize("count", [1, 7, 12, 60, 61, 1000])
def test_words(count: int) -> None:
    assert len(content(quiet(f"Please write {count} words")).split()) == count


def test_tokens() -> None:
    assert token_count(content(quiet("Write 1000 tokens"))) == 1000


def test_a_size_has_a_limit() -> None:
    assert token_count(content(quiet("Write 999999 tokens"))) == 400_000


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("how do I sort a list of names in Python?", "How do I sort a list"),
        ("/simulate reset\nwhat is love", "What is love"),
        ("你好世界", "你好世界"),
        ("???", "Simulated conversation"),
    ],
)
def test_title(question: str, title: str) -> None:
    system = {"role": "system", "content": "Write a title for this conversation."}
    assert content(quiet(messages=[system, {"role": "user", "content": question}])) == title


def test_a_stream_is_no_title_request() -> None:
    messages = [{"role": "system", "content": "You know every book by title."}, {"role": "user", "content": "Hello"}]
    assert "simulated" in content(quiet(messages=messages, stream=True))


def test_json_mode() -> None:
    answer = json.loads(content(quiet("Three items as JSON", response_format={"type": "json_object"})))
    assert answer == {"simulated": True, "topic": "Three items as JSON", "turn": 1, "items": ["one", "two", "three"]}


@pytest.mark.parametrize(("effort", "paragraphs"), [("low", 1), ("high", 3), ("medium", 3), ("max", 5), ("none", 0)])
def test_reasoning_grows_with_effort(effort: str, paragraphs: int) -> None:
    reasoning = answer_for(decoded(body(reasoning_effort=effort))).reasoning
    assert len([part for part in reasoning.split("\n\n") if part]) == paragraphs


def test_stop_strings_end_the_content() -> None:
    assert content(quiet("Count to 30", stop=["7", "9"])).endswith("6, ")
    assert content(quiet("Count to 30", stop="12")).endswith("11, ")


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_forced_tool_is_called(choice: object) -> None:
    [call] = answer_for(decoded(quiet(tools=[TOOL], tool_choice=choice))).calls
    assert call.name == "get_weather"
    arguments = json.loads(call.arguments)
    assert arguments == {"city": "Please explain how lists are sorted in Python", "days": 1, "unit": "C"}


def test_a_tool_is_called_when_it_is_named() -> None:
    assert answer_for(decoded(body("Call get_weather now", tools=[TOOL]))).calls
    assert not answer_for(decoded(body("What is the weather?", tools=[TOOL]))).calls
    assert not answer_for(decoded(body("Call get_weather now", tools=[TOOL], tool_choice="none"))).calls


def test_a_tool_result_is_answered_with_text() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Call get_weather"},
        {"role": "assistant", "content": "", "reasoning_content": "r", "tool_calls": [call]},
        {"role": "tool", "content": "Rain", "tool_call_id": "call_1"},
    ]
    answer = answer_for(decoded(body(messages=messages, tools=[TOOL])))
    assert answer.content
    assert not answer.calls


def test_a_command_is_a_line_of_its_own() -> None:
    assert commanded_scenario(decoded(body("Hello\n /simulate reset \nbye"))) == "reset"
    assert commanded_scenario(decoded(body("/simulate"))) == "help"
    assert commanded_scenario(decoded(body("What does /simulate reset do?"))) is None


def test_a_summary_tells_what_was_asked_and_takes_over_an_earlier_one() -> None:
    messages = [
        {"role": "system", "content": "Every answer needs a title."},
        {"role": "user", "content": "What was said before:\n- Rye bread\n- Oven heat"},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "How long does it bake?"},
        {"role": "assistant", "content": "An hour."},
        {"role": "user", "content": "Summarize the conversation above."},
    ]
    lines = content(quiet(messages=messages)).splitlines()
    assert lines[2:] == ["- Rye bread", "- Oven heat", "- How long does it bake"]
