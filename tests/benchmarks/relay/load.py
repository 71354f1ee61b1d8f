"""The browsers of a load: websockets that ask all at once, and note when what came.

What comes is only kept while the clock runs; it is read afterwards.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import aiohttp

from tests.shown import Shown

_PATIENCE = 60.0
_FINISHED = '"generation.finished"'
_ACK = '"ack"'
_CHANGED = '"conversation.changed"'
_CREATED = '"message.created"'


@dataclass
class Reading:
    """What one browser received of one answer."""

    question: str
    sent: int
    """Nanoseconds on the monotonic clock, as all moments here."""
    frames: list[tuple[int, str]] = field(default_factory=list)

    @property
    def ack(self) -> dict[str, str]:
        return next(frame for _, text in self.frames if (frame := json.loads(text))["type"] == "ack")

    @property
    def is_titled(self) -> bool:
        """Whether the conversation has a title that is not its question."""
        changes = (json.loads(text) for _, text in self.frames if _CHANGED in text[:40])
        return any(change["conversation"]["title"] != self.question for change in changes)

    @property
    def shown(self) -> Shown:
        """The answer as a page shows it in the end."""
        *_, (_, shown) = self.shows()
        return shown

    def shows(self) -> Iterator[tuple[int, Shown]]:
        """The answer as a page shows it, the same object each time: at the command, and after each frame, with the
        moment at which that came."""
        shown = Shown()
        yield self.sent, shown
        for came, text in self.frames:
            _take(shown, json.loads(text))
            yield came, shown


def _take(shown: Shown, frame: dict[str, Any]) -> None:
    # The bare relay numbers nothing and has one way to end.
    match frame["type"]:
        case "message.created":
            shown.merge(frame["message"])
        case "generation.finished":
            shown.fold({"attempt": 1, "seq": shown.seq, "status": "complete", **frame})
        case _:
            shown.fold({"attempt": 1, "seq": shown.seq + 1, **frame})


class Browser:
    """One socket. Use as an async context manager."""

    def __init__(self, session: aiohttp.ClientSession, port: int, cookie: str) -> None:
        self._session = session
        self._port = port
        self._cookie = cookie

    async def __aenter__(self) -> Self:
        self._socket = await self._session.ws_connect(
            f"http://127.0.0.1:{self._port}/ws/",
            headers={"Cookie": self._cookie, "Origin": f"http://127.0.0.1:{self._port}"},
            compress=0,
            max_msg_size=0,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def ask(self, question: str) -> Reading:
        """Send a question as a new conversation and read to the end of its answer."""
        reading = await self._send(question)
        await self._read(reading, _is_end)
        return reading

    async def _send(self, question: str) -> Reading:
        fields = {"conversation": None, "parent": None, "text": question, "model": "deepseek-flash", "thinking": "off"}
        command = json.dumps({"type": "message.send", "id": str(uuid4()), **fields})
        reading = Reading(question, time.monotonic_ns())
        await self._socket.send_str(command)
        return reading

    async def watch(self, reading: Reading) -> None:
        """Read on to the title, which comes after the end."""
        while not reading.is_titled:
            await self._read(reading, lambda text: _CHANGED in text[:40])

    async def stored(self, reading: Reading) -> str:
        """The text of an answer as a reload shows it."""
        ack = reading.ack
        address = f"http://127.0.0.1:{self._port}/c/{ack['conversation']}/messages/"
        async with self._session.get(address, headers={"Cookie": self._cookie}) as response:
            rows = (await response.json())["messages"]
        return str(next(row["text"] for row in rows if row["id"] == ack["answer"]))

    async def _read(self, reading: Reading, is_last: Callable[[str], bool]) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._read_until(reading.frames, is_last)
        except TimeoutError:
            kinds = [json.loads(text)["type"] for _, text in reading.frames]
            raise RuntimeError(
                f"the last frame did not come within {_PATIENCE:g} s; of {len(kinds)} the last: {kinds[-5:]}"
            ) from None

    async def _read_until(self, frames: list[tuple[int, str]], is_last: Callable[[str], bool]) -> None:
        receive = self._socket.receive
        while True:
            message = await receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise RuntimeError(f"a socket ended: {message.type} {message.data}")
            text: str = message.data
            frames.append((time.monotonic_ns(), text))
            if is_last(text) or '"error"' in text[:20]:
                return


class Apart(Browser):
    """Two tabs at two processes: one asks and leaves, the other one reads."""

    def __init__(self, session: aiohttp.ClientSession, port: int, cookie: str, *, reader: Browser) -> None:
        super().__init__(session, port, cookie)
        self._reader = reader

    async def ask(self, question: str) -> Reading:
        asked = await self._send(question)
        await self._read(asked, lambda text: _ACK in text[:20])
        await self._open(asked.ack)
        await self._socket.send_str(json.dumps({"type": "conversation.close"}))
        reading = Reading(question, asked.sent, asked.frames[-1:])
        await self._reader._read(reading, _is_end)
        while reading.shown.is_unfinished:
            # As a page does that finds a gap.
            await self._open(reading.ack, known=reading.shown)
            await self._reader._read(reading, _is_end)
        return reading

    async def watch(self, reading: Reading) -> None:
        await self._reader.watch(reading)

    async def _open(self, ack: dict[str, str], *, known: Shown | None = None) -> None:
        fields: dict[str, Any] = {"conversation": ack["conversation"]}
        if known is not None:
            fields |= {"newest": ack["answer"], "seen": {ack["answer"]: known.position}}
        await self._reader._socket.send_str(json.dumps({"type": "conversation.open", **fields}))


def _is_end(text: str) -> bool:
    """Of an answer: the frame that says so, or the row of one that has ended before it was opened."""
    return _FINISHED in text[:120] or (
        _CREATED in text[:40] and '"role":"assistant"' in text and '"status":"running"' not in text
    )
