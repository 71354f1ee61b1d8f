"""From a request and a scenario to the reply. Pure but for the cache and the counters that it is given."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import replace

import msgspec

from .answers import answer_for
from .catalogue import served_model
from .continuation import Output, limited, remainder
from .prompt_cache import PromptTokens
from .reply import Reply
from .scenarios import Scenario
from .schema import ChatRequest
from .wire import Chunks, Identity, usage_of

_REMEMBERED_REQUESTS = 1_000


class Occurrences:
    """Counts calls of scenarios that affect only some of them."""

    def __init__(self) -> None:
        self._counts: OrderedDict[tuple[str, bytes], int] = OrderedDict()

    def affected(self, scenario: Scenario, request: ChatRequest) -> bool:
        """Count this call and say whether the scenario affects it."""
        key = (scenario.name, _digest(request) if scenario.counting == "request" else b"")
        self._counts[key] = number = self._counts.get(key, 0) + 1
        self._counts.move_to_end(key)
        if len(self._counts) > _REMEMBERED_REQUESTS:
            self._counts.popitem(last=False)
        return scenario.affects(number)


def _digest(request: ChatRequest) -> bytes:
    """The same for a request, its retry and its continuation."""
    return hashlib.blake2b(msgspec.json.encode([request.model, request.history]), digest_size=16).digest()


def output_for(request: ChatRequest, scenario: Scenario, prompt: PromptTokens) -> Output:
    """What the call delivers."""
    rest = remainder(scenario.alter(answer_for(request)), request)
    output = limited(scenario.portion(rest), request, prompt.total)
    return replace(output, finish_reason=scenario.finish_reason or output.finish_reason)


def reply_to(request: ChatRequest, scenario: Scenario, prompt: PromptTokens, response_id: str, created: int) -> Reply:
    output = output_for(request, scenario, prompt)
    identity = Identity(response_id, created, served_model(request.model) or request.model)
    include_usage = request.stream_options is not None and request.stream_options.include_usage
    chunks = Chunks(identity, thinks=request.thinks, include_usage=include_usage)
    return Reply(output, usage_of(output, prompt), identity, chunks)
