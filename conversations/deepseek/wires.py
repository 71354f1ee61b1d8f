"""The formats that a question can travel in: how it is written, where it goes, how its answer is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from conversations.deepseek.addresses import Addresses
from conversations.deepseek.anthropic_request import encode_messages
from conversations.deepseek.anthropic_stream import MessagesState, message_from_wire
from conversations.deepseek.call import Outgoing
from conversations.deepseek.calls import CallRecord
from conversations.deepseek.completion import CompletionState
from conversations.deepseek.errors import InvalidRequest, UpstreamError
from conversations.deepseek.fim import FimRequest
from conversations.deepseek.plain import Completion, completion_from_wire
from conversations.deepseek.request import ChatRequest
from conversations.deepseek.think_tags import ThinkTags

Wire = Literal["openai", "anthropic"]
WIRES = ("openai", "anthropic")
ANTHROPIC_VERSION = {"anthropic-version": "2023-06-01"}  # DeepSeek ignores it, others insist on it


class Question(Outgoing, frozen=True, kw_only=True):
    """A request for an answer. `new_state` reads a streamed one, `read` one that comes in one piece."""

    new_state: Callable[[ThinkTags], CompletionState] = CompletionState
    read: Callable[[bytes, list[CallRecord], ThinkTags], tuple[Completion, UpstreamError | None]] = completion_from_wire


def question(
    request: ChatRequest | FimRequest, wire: Wire, addresses: Addresses, *, stream: bool, abroad: bool = False
) -> Question:
    """`request` in the format `wire`. Raises InvalidRequest, also for what that format cannot carry.

    `abroad`: for another provider than DeepSeek.
    """
    if wire == "anthropic":
        if isinstance(request, ChatRequest) and abroad:
            request = request.for_abroad()
        return _anthropic(request, addresses, stream=stream)
    url = addresses.fim if isinstance(request, FimRequest) else addresses.chat(beta=request.beta)
    # Of a fill-in-the-middle completion 0 asks for them too: for those of the chosen tokens alone.
    figures = request.logprobs is not None and request.logprobs is not False
    continues = isinstance(request, ChatRequest) and request.continues

    def new_state(think_tags: ThinkTags) -> CompletionState:
        return CompletionState(think_tags, logprobs=figures, continues=continues)

    return Question("POST", url, _body(request, stream=stream, abroad=abroad), new_state=new_state)


def _body(request: ChatRequest | FimRequest, *, stream: bool, abroad: bool) -> bytes:
    if isinstance(request, FimRequest):
        return request.encode(stream=stream)
    return request.encode(stream=stream, abroad=abroad)


def _anthropic(request: ChatRequest | FimRequest, addresses: Addresses, *, stream: bool) -> Question:
    if isinstance(request, FimRequest):
        raise InvalidRequest("prompt", "left to the OpenAI format; the Anthropic one has chats only")

    def new_state(think_tags: ThinkTags) -> MessagesState:
        return MessagesState(think_tags, continues=request.continues)

    return Question(
        "POST",
        addresses.messages,
        encode_messages(request, stream=stream),
        ANTHROPIC_VERSION,
        "x-api-key",
        new_state=new_state,
        read=message_from_wire,
    )
