"""The browsers of a load: websockets that ask all at once, and note when what came.

What comes is only kept while the clock runs; it is read afterwards.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Self
from uuid import uuid4

import aiohttp

_PATIENCE = 60.0
_FINISHED = '"generation.finished"'
_ACK = '"ack"'
_CHANGED = '"conversation.changed"'


@dataclass
class Reading:
    """What one browser received of one answer."""

    sent: int
    """Nanoseconds on the monotonic clock, as all moments here."""
    frames: list[tuple[int, str]] = field(default_factory=list)


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
        await self._read(reading, _FINISHED)
        return reading

    async def _send(self, question: str) -> Reading:
        fields = {"conversation": None, "parent": None, "text": question, "model": "deepseek-flash", "thinking": "off"}
        command = json.dumps({"type": "message.send", "id": str(uuid4()), **fields})
        reading = Reading(time.monotonic_ns())
        await self._socket.send_str(command)
        return reading

    async def watch(self, reading: Reading) -> None:
        """Read on to the title, which comes after the end."""
        await self._read(reading, _CHANGED)

    async def stored(self, reading: Reading) -> str:
        """The text of an answer as a reload shows it."""
        ack = _ack(reading)
        address = f"http://127.0.0.1:{self._port}/c/{ack['conversation']}/messages/"
        async with self._session.get(address, headers={"Cookie": self._cookie}) as response:
            rows = (await response.json())["messages"]
        return str(next(row["text"] for row in rows if row["id"] == ack["answer"]))

    async def _read(self, reading: Reading, last: str) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._read_until(reading.frames, last)
        except TimeoutError:
            kinds = [json.loads(text)["type"] for _, text in reading.frames]
            raise RuntimeError(
                f"no {last} within {_PATIENCE:g} s; of {len(kinds)} frames the last: {kinds[-5:]}"
            ) from None

    async def _read_until(self, frames: list[tuple[int, str]], last: str) -> None:
        receive = self._socket.receive
        while True:
            message = await receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise RuntimeError(f"a socket ended: {message.type} {message.data}")
            text: str = message.data
            frames.append((time.monotonic_ns(), text))
            if last in text[:120] or '"error"' in text[:20]:
                return


class Apart(Browser):
    """Two tabs at two processes: one asks and leaves, the other one reads."""

    def __init__(self, session: aiohttp.ClientSession, port: int, cookie: str, *, reader: Browser) -> None:
        super().__init__(session, port, cookie)
        self._reader = reader

    async def ask(self, question: str) -> Reading:
        asked = await self._send(question)
        await self._read(asked, _ACK)
        conversation = _ack(asked)["conversation"]
        await self._reader._socket.send_str(json.dumps({"type": "conversation.open", "conversation": conversation}))
        await self._socket.send_str(json.dumps({"type": "conversation.close"}))
        reading = Reading(asked.sent, asked.frames[-1:])
        await self._reader._read(reading, _FINISHED)
        return reading

    async def watch(self, reading: Reading) -> None:
        await self._reader.watch(reading)


def _ack(reading: Reading) -> dict[str, str]:
    return next(frame for _, text in reading.frames if (frame := json.loads(text))["type"] == "ack")
