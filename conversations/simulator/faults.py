"""Scripts of streams that go wrong or look odd, each after a case from the wire notes or from the field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

from . import wire
from .refusals import page
from .reply import Reply, whole
from .steps import ARRIVED, COMMENT, SILENCE, Cut, Now, Pause, Reset, Step
from .wire import event

Script = Callable[[Reply], Iterator[Step]]

_PLAIN_TEXT = b"upstream error: connection closed before the response was complete\n"
_ERROR = {"message": "The server had an error while processing your request", "type": "server_error", "code": None}


def _started(reply: Reply) -> Iterator[Step]:
    yield Now(reply.chunks.opening())
    yield from reply.some_text()


def breaks_off(*ending: Step) -> Script:
    """Half of the text, then these steps instead of the rest."""
    return lambda reply: chain(_started(reply), ending)


def breaks_off_thinking(*ending: Step) -> Script:
    """Half of the reasoning, then these steps instead of the rest."""
    return lambda reply: chain([Now(reply.chunks.opening())], reply.some_reasoning(), ending)


def only(*steps: Step) -> Script:
    """A body that has nothing to do with the answer."""
    return lambda _: iter(steps)


truncated = breaks_off()
reset = breaks_off(ARRIVED, Reset())
reset_while_thinking = breaks_off_thinking(ARRIVED, Reset())
cut = breaks_off(Cut())
stall = breaks_off(SILENCE)
stall_while_thinking = breaks_off_thinking(SILENCE)
error_object = breaks_off(Now(event({"error": _ERROR})), Now(wire.DONE))
error_text = breaks_off(Now(event({"error": "The server had an error"})))
error_event = breaks_off(Now(b"event: error\n" + event({"error": _ERROR})))
malformed = breaks_off(Now(b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"half\n\n'), Now(wire.DONE))
plain_text_after = breaks_off(Now(_PLAIN_TEXT))
wrapped = only(Now(event({"data": {"choices": []}, "success": True})), Now(wire.DONE))
html = only(Now(page("Just a moment...")))
nothing = only()
unanswered = only(SILENCE)
reset_at_once = only(Reset())


def truncated_after_finish(reply: Reply) -> Iterator[Step]:
    yield Now(reply.chunks.opening())
    yield from reply.text()
    yield reply.closing()


def no_finish_reason(reply: Reply) -> Iterator[Step]:
    yield Now(reply.chunks.opening())
    yield from reply.text()
    yield Now(wire.DONE)


def finish_without_delta(reply: Reply) -> Iterator[Step]:
    yield Now(reply.chunks.opening())
    yield from reply.text()
    choice = {"index": 0, "finish_reason": reply.output.finish_reason}
    yield reply.chunks.chunk([choice], reply.usage)
    yield Now(wire.DONE)


def usage_apart(reply: Reply, choices: list[dict[str, object]] | None) -> Iterator[Step]:
    """The reason first, then a chunk with the usage alone, as OpenAI does."""
    yield Now(reply.chunks.opening())
    yield from reply.text()
    yield reply.chunks.closing(reply.output.finish_reason, None)
    yield reply.chunks.chunk(choices, reply.usage)
    yield Now(wire.DONE)


def no_usage(reply: Reply) -> Iterator[Step]:
    yield Now(reply.chunks.opening())
    yield from reply.text()
    yield reply.chunks.closing(reply.output.finish_reason, None)
    yield Now(wire.DONE)


def role_repeated(reply: Reply) -> Iterator[Step]:
    """The role in every delta and null in the last, as in the official example."""
    role = {"role": "assistant"}
    yield Now(reply.chunks.opening())
    for text in reply.pieces_of_content():
        yield reply.chunks.delta({"content": text, **role})
    last = {"index": 0, "delta": {"content": "", "role": None}, "finish_reason": reply.output.finish_reason}
    yield reply.chunks.chunk([last], reply.usage)
    yield Now(wire.DONE)


def reasoning_named(reply: Reply, names: tuple[str, ...]) -> Iterator[Step]:
    """Reasoning under other names, or under several at once."""
    yield reply.chunks.delta({"role": "assistant", "content": ""})
    for text in reply.pieces_of_reasoning():
        yield reply.chunks.delta(dict.fromkeys(names, text))
    yield from reply.content()
    yield reply.closing()
    yield Now(wire.DONE)


def reasoning_in_tags(reply: Reply, opening: str = "<think>") -> Iterator[Step]:
    """Reasoning inside the content; the tags are cut across deltas."""
    yield reply.chunks.delta({"role": "assistant", "content": ""})
    inside = [opening[:3], opening[3:], *reply.pieces_of_reasoning(), "</th", "ink>", "\n\n"]
    for text in inside:
        if text:
            yield reply.chunks.delta({"content": text})
    yield from reply.content()
    yield reply.closing()
    yield Now(wire.DONE)


def truncated_call(reply: Reply) -> Iterator[Step]:
    """The end of the body inside the arguments of a tool call."""
    yield Now(reply.chunks.opening())
    yield from reply.reasoning()
    yield from list(reply.calls())[:2]


def keep_alives_between(reply: Reply) -> Iterator[Step]:
    """A comment after every fifth event."""
    for number, step in enumerate(whole(reply), start=1):
        yield step
        if number % 5 == 0:
            yield Now(COMMENT)


def wrapped_keep_alives(reply: Reply) -> Iterator[Step]:
    """Comments that a proxy has taken for data."""
    yield Now(b"data: : keep-alive\n\n")
    yield from breaks_off(Now(b"data: : keep-alive\n\n"))(reply)
    yield from reply.rest_of_content()
    yield reply.closing()
    yield Now(wire.DONE)


def reframed(reply: Reply, change: Callable[[bytes], bytes]) -> Iterator[Step]:
    """Every event in another framing that means the same."""
    for step in whole(reply):
        yield Now(change(step.data)) if isinstance(step, Now) else change(step) if isinstance(step, bytes) else step


def several_data_lines(data: bytes) -> bytes:
    """One event in two `data:` lines, cut where JSON allows a line break."""
    return data.replace(b',"object":', b'\ndata: ,"object":')


crlf = partial(reframed, change=lambda data: data.replace(b"\n", b"\r\n"))
lone_cr = partial(reframed, change=lambda data: data.replace(b"\n", b"\r"))
no_space = partial(reframed, change=lambda data: data.replace(b"data: ", b"data:", 1))
data_lines = partial(reframed, change=several_data_lines)


def byte_order_mark(reply: Reply) -> Iterator[Step]:
    yield Now(b"\xef\xbb\xbf")
    yield from whole(reply)


def _joined(reply: Reply) -> bytes:
    return b"".join(
        step.data if isinstance(step, Now) else step for step in whole(reply) if isinstance(step, bytes | Now)
    )


def one_write(reply: Reply) -> Iterator[Step]:
    yield Now(_joined(reply))


def small_writes(reply: Reply) -> Iterator[Step]:
    """Seven bytes at a time, whatever they cut."""
    data = _joined(reply)
    for start in range(0, len(data), 7):
        yield Now(data[start : start + 7])


def split_characters(reply: Reply) -> Iterator[Step]:
    """Every event in two writes, cut inside its first character of several bytes."""
    for step in whole(reply):
        at = _inside_character(step) if isinstance(step, bytes) else None
        if at is None or not isinstance(step, bytes):
            yield step
            continue
        yield Now(step[:at])
        yield Pause(0.005)
        yield step[at:]


def _inside_character(data: bytes) -> int | None:
    start = next((index for index, byte in enumerate(data) if byte >= 0xC0), None)
    return None if start is None else start + 1
