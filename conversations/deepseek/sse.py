"""A parser for server-sent events: bytes in, events out, no input or output of its own.

Lines end with LF, CR or CRLF and with nothing else (U+2028 and U+0085 belong to the text). It works on bytes, so that
a character cut in two by the network never matters.
"""

from __future__ import annotations

import msgspec

MAX_LINE = 4 * 1024 * 1024  # bytes; also the most that all data lines of one event may hold together
MAX_STRAY = 16 * 1024  # bytes kept of a body that is not an event stream at all
BOM = b"\xef\xbb\xbf"


class ServerSentEvent(msgspec.Struct, frozen=True, gc=False):
    """`data`: the data lines, joined with LF. `event`: the event's name, empty when it has none."""

    data: bytes
    event: bytes = b""

    def __repr__(self) -> str:
        return f"<ServerSentEvent bytes={len(self.data)}>"


class SSEParser:
    """`feed()` takes bytes as they come, `finish()` is called once at the end of the body.

    `overflowed` becomes true when a line or event is larger than MAX_LINE; nothing is parsed from then on. `stray`
    collects lines that no event stream would have (an error page, a JSON body).
    """

    __slots__ = (
        "_between",
        "_buffer",
        "_data",
        "_event",
        "_scanned",
        "_size",
        "_skip_lf",
        "_started",
        "overflowed",
        "stray",
    )

    def __init__(self) -> None:
        self.overflowed = False
        self.stray = bytearray()
        self._buffer = bytearray()  # the unfinished line
        self._scanned = 0  # bytes of it that hold no line end
        self._skip_lf = False  # the last byte was a CR: an LF now belongs to it
        self._started = False  # the BOM, if any, is behind us
        self._data: list[bytes] = []
        self._size = 0
        self._event = b""
        self._between = False  # what comes now begins an event

    def feed(self, received: bytes) -> list[ServerSentEvent]:
        """The events that `received` completes."""
        if self._between and received.endswith(b"\n\n"):
            events = self._whole_events(received)
            if events is not None:
                return events
        if self.overflowed:
            self._buffer.clear()
            return []
        return self._feed_lines(received)

    def finish(self) -> list[ServerSentEvent]:
        """The event that the end of the body cut off before its blank line, if any; it may be incomplete."""
        if self._buffer and not self.overflowed:
            self._line(bytes(self._strip_bom(self._buffer)), [])
            self._buffer.clear()
        events: list[ServerSentEvent] = []
        self._dispatch(events)
        return events

    def _whole_events(self, received: bytes) -> list[ServerSentEvent] | None:
        """The usual read: whole events, each one `data: ` line and LF LF. None when it is anything else."""
        if b"\r" in received or len(received) > MAX_LINE:
            return None
        if received.startswith(b"data: ") and received.find(b"\n") == len(received) - 2:
            return [ServerSentEvent(received[6:-2])]  # a read of one event
        blocks = received.split(b"\n\n")
        blocks.pop()
        for block in blocks:
            if b"\n" in block or not block.startswith(b"data: "):
                return None
        return [ServerSentEvent(block[6:]) for block in blocks]

    def _feed_lines(self, received: bytes) -> list[ServerSentEvent]:
        events: list[ServerSentEvent] = []
        self._buffer += received
        if not self._started and not self._begin():
            return events
        start = 0
        while not self.overflowed and (end := self._line_end()) >= 0:
            if not (self._skip_lf and end == start and self._buffer[end] == 10):
                self._line(bytes(self._buffer[start:end]), events)
            self._skip_lf = self._buffer[end] == 13
            start = self._scanned = end + 1
        del self._buffer[:start]
        self._scanned = len(self._buffer)
        if self._scanned > MAX_LINE:
            self.overflowed = True
        self._between = not (self._buffer or self._data or self._event or self._skip_lf or self.overflowed)
        return events

    def _begin(self) -> bool:
        """Whether enough has come to know if there is a BOM; takes it away."""
        if len(self._buffer) < len(BOM) and BOM.startswith(self._buffer):
            return False
        self._buffer = self._strip_bom(self._buffer)
        self._started = True
        return True

    def _strip_bom(self, line: bytearray) -> bytearray:
        return line if self._started else line.removeprefix(BOM)

    def _line_end(self) -> int:
        """Where the next CR or LF is, -1 for nowhere."""
        lf = self._buffer.find(b"\n", self._scanned)
        cr = self._buffer.find(b"\r", self._scanned, lf if lf >= 0 else len(self._buffer))
        return cr if cr >= 0 else lf

    def _line(self, line: bytes, events: list[ServerSentEvent]) -> None:
        if not line:
            self._dispatch(events)
        elif len(line) > MAX_LINE:
            self.overflowed = True
        elif not line.startswith(b":"):
            self._field(line)

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            value = value.removeprefix(b" ")
            self._data.append(value)
            self._size += len(value) + 1
            self.overflowed = self._size > MAX_LINE
        elif name == b"event":
            self._event = value.removeprefix(b" ")
        elif name not in (b"id", b"retry"):
            self.stray += (line + b"\n")[: MAX_STRAY - len(self.stray)]

    def _dispatch(self, events: list[ServerSentEvent]) -> None:
        """A blank line ends an event; without data lines there is none."""
        if self._data and not self.overflowed:
            events.append(ServerSentEvent(b"\n".join(self._data), self._event))
        self._data.clear()
        self._size = 0
        self._event = b""
