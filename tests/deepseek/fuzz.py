"""`python -m tests.deepseek.fuzz [COUNT [SEED]]`: mutated streams, plain answers and error bodies through everything
between the bytes and the events. Ends with an exception when one of them raises anything but the client's own errors.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from conversations.deepseek.account import balance_from_wire, models_from_wire
from conversations.deepseek.anthropic_stream import message_from_wire
from conversations.deepseek.errors import UpstreamError
from conversations.deepseek.plain import completion_from_wire
from conversations.deepseek.rejection import rejected, retry_after_seconds
from conversations.deepseek.think_tags import ThinkTags
from tests.deepseek.recordings import OPENAI, STREAMS, check, play

COUNT = 100_000
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SPLICES = (
    b"\n", b"\r", b"\r\n", b"\n\n", b":", b"data:", b"data: ", b"event: error\n", b"data: [DONE]\n\n", b"\xef\xbb\xbf",
    b"\x00", b"\xff", b"\xe2\x80", b"\\ud83d", b"\\u0000", b"null", b"true", b"-1", b"1e999", b"[", b"]", b"{", b"}",
    b'"', b",", b"{}", b"[]", b'""', b'{"error":', b'"choices":', b'"index":', b'"type":', b"<html>", b"Retry", b"[[[[",
)  # fmt: skip
BODIES = (
    b'{"id":"a","choices":[{"message":{"role":"assistant","content":"Hi","reasoning_content":"h","tool_calls":[{"id":"c",'
    b'"function":{"name":"f","arguments":"{}"}}]},"logprobs":{"content":[]},"finish_reason":"stop"}],"usage":{"a":1}}',
    b'{"id":"m","type":"message","content":[{"type":"thinking","thinking":"h"},{"type":"text","text":"a"},{"type":'
    b'"tool_use","id":"c","name":"f","input":{"q":1}}],"stop_reason":"end_turn","usage":{"input_tokens":1}}',
    b'{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}',
    b'{"object":"list","data":[{"id":"deepseek-flash","context_window":1,"effort":{"supported_levels":["low"]}}]}',
    b'{"is_available":true,"balance_infos":[{"currency":"CNY","total_balance":"110.00","granted_balance":"1"}]}',
    b"<html><head><title>502 Bad Gateway</title></head></html>",
)


def fuzz(count: int, seed: int) -> int:
    """Tries `count` inputs, the same ones for the same seed; how many it tried. Raises at the first fault."""
    chance = random.Random(seed)
    streams = list(STREAMS.values())
    for number in range(count):
        if number % 4:
            new_state, body = chance.choice(streams)
            body = mutated(body, chance)
            cut = chance.randrange(len(body) + 1)
            check(play(new_state, body[:cut], body[cut:]))
        else:
            _read(mutated(chance.choice(BODIES), chance), chance)
    return count


def mutated(body: bytes, chance: random.Random) -> bytes:
    """`body` with up to six changes: bytes replaced, cut out, doubled, or something put between them."""
    changed = bytearray(body)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            changed[at : at + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            del changed[at : at + chance.randint(1, 40)]
        elif kind == 2:
            changed[at:at] = changed[at : at + chance.randint(1, 200)]
        elif kind == 3:
            changed[at:at] = chance.choice(SPLICES)
        else:
            other = chance.choice(tuple(OPENAI.values()))
            changed[at : at + 20] = other[chance.randrange(len(other) + 1) :][:60]
    return bytes(changed)


def _read(body: bytes, chance: random.Random) -> None:
    """One body through all that read whole ones."""
    readers: tuple[Callable[[], object], ...] = (
        lambda: completion_from_wire(body, [], chance.choice(tuple(ThinkTags)))[0].text.encode(),
        lambda: message_from_wire(body, [])[0].text.encode(),
        lambda: models_from_wire(body),
        lambda: balance_from_wire(body),
        lambda: rejected(chance.randrange(300, 600), body).person.encode(),
        lambda: retry_after_seconds(body.decode("latin-1"), NOW),
    )
    for read in readers:
        try:
            read()
        except UpstreamError as error:
            error.log.encode()


def main() -> None:
    count, seed = ([int(word) for word in sys.argv[1:]] + [COUNT, 0][len(sys.argv) - 1 :])[:2]
    began = time.perf_counter()
    fuzz(count, seed)
    print(f"{count} inputs in {time.perf_counter() - began:.1f} s: nothing but the client's own errors")


if __name__ == "__main__":
    main()
