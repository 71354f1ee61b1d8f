"""The client and the simulator: one answer, whatever format it travels in."""

from __future__ import annotations

import json

from conversations.deepseek import (
    ChatMessage,
    ChatRequest,
    Completion,
    DeepSeekClient,
    EndKind,
    FimRequest,
    Function,
    Secret,
    Tool,
)
from conversations.deepseek.wires import WIRES, Wire
from conversations.simulator import Simulator
from tests.deepseek.recordings import flat
from tests.deepseek.talking import collect, end_of

WEATHER = Function("get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})
QUESTIONS = [
    ChatRequest("deepseek-flash", [ChatMessage("user", "Hello")], thinking="low"),
    ChatRequest("deepseek-flash", [ChatMessage("user", "Write 300 words")], max_tokens=50),
    ChatRequest("deepseek-flash", [ChatMessage("user", "get_weather")], thinking="high", tools=[Tool(WEATHER)]),
    ChatRequest("deepseek-v4-pro", [ChatMessage("system", "Be brief."), ChatMessage("user", "Hello")], user_id="u"),
]


def talker(simulator: Simulator, wire: Wire) -> DeepSeekClient:
    path = "/anthropic" if wire == "anthropic" else ""
    return DeepSeekClient(f"{simulator.base_url}{path}", Secret("sk-test"), wire=wire)


def called(answer: Completion) -> list[tuple[str, str, object]]:
    """The calls by what they mean: a whole message holds arguments as an object, whose blanks are lost."""
    return [(call.id, call.function.name, json.loads(call.function.arguments)) for call in answer.tool_calls]


async def test_both_formats_give_the_same_answer() -> None:
    async with Simulator() as simulator, talker(simulator, "openai") as one, talker(simulator, "anthropic") as other:
        for question in QUESTIONS:
            ours, theirs = [await collect(deepseek.stream(question)) for deepseek in (one, other)]
            assert flat(ours)[:-1] == flat(theirs)[:-1]
            assert end_of(ours).tool_calls == end_of(theirs).tool_calls
            assert end_of(ours).finish_reason == end_of(theirs).finish_reason
            plain, message = [await deepseek.complete(question) for deepseek in (one, other)]
            assert (plain.text, plain.reasoning) == (message.text, message.reasoning)
            assert called(plain) == called(message)
        assert [model.id for model in await other.models()] == [model.id for model in await one.models()]
        assert (await other.balance()).is_available


async def test_the_continuation_of_an_answer_that_was_whole_already_is_complete() -> None:
    async with Simulator() as simulator:
        for wire in ("openai", "anthropic"):
            assert wire in WIRES
            async with talker(simulator, wire) as deepseek:
                asked = ChatMessage("user", "count to 5")
                whole = (await deepseek.complete(ChatRequest("deepseek-flash", [asked], thinking="off"))).text
                begun = ChatMessage("assistant", whole, prefix=True)
                events = await collect(deepseek.stream(ChatRequest("deepseek-flash", [asked, begun], thinking="off")))
                assert (end_of(events).kind, end_of(events).error) == ("complete", None)


async def test_ends_are_told_apart_in_both_formats() -> None:
    kinds = {"content-filter": "content_filter", "truncated": "truncated", "no-balance": "rejected", "reset": "reset"}
    async with Simulator() as simulator:
        for wire in ("openai", "anthropic"):
            assert wire in WIRES
            async with talker(simulator, wire) as deepseek:
                for scenario, kind in kinds.items():
                    simulator.scenario = scenario
                    assert end_of(await collect(deepseek.stream(QUESTIONS[0]))).kind is EndKind(kind)


async def test_fill_in_the_middle() -> None:
    question = FimRequest("deepseek-flash", "def add(a, b):", "return c")
    async with Simulator() as simulator, talker(simulator, "openai") as deepseek:
        events = await collect(deepseek.stream(question))
        assert flat(events)[0] == ("TextDelta", (await deepseek.complete(question)).text)
        assert end_of(events).kind is EndKind.complete
