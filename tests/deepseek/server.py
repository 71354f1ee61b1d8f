"""A scripted upstream on a real socket: each connection's next request gets the next script.

A script is a list of steps: bytes are sent, a number is a pause in seconds, RESET breaks the connection, HANG keeps it
open without a byte until the client goes away. The connection is closed at the end of the script, unless it is KEEP.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Self


class Do(Enum):
    RESET = auto()
    HANG = auto()
    KEEP = auto()  # the body is over by its own length: the connection stays


RESET, HANG, KEEP = Do.RESET, Do.HANG, Do.KEEP
Step = bytes | float | Do
Script = list[Step]


@dataclass
class Seen:
    """A request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class ScriptedServer:
    """`async with ScriptedServer(script, ...) as server:`; `server.url` is the base address."""

    scripts: list[Script]
    seen: list[Seen] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    open_connections: int = 0

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self.scripts = list(scripts)
        self._tls = tls
        self.seen = []
        self.hung_up = asyncio.Event()
        self.connections = self.open_connections = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        scheme = "http" if self._tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await asyncio.wait_for(self._server.wait_closed(), 5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_connections += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.hung_up.set()
        finally:
            self.open_connections -= 1
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rows = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (row.partition(": ") for row in rows)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.seen.append(Seen(line, headers, body, asyncio.get_running_loop().time()))
        for step in self.scripts.pop(0):
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif isinstance(step, float | int):
                await asyncio.sleep(step)
            elif step is KEEP:
                return True
            elif step is RESET:
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
                return False
            else:
                await reader.read()
                self.hung_up.set()
                return False
        return False


def reply(status: int = 200, content_type: str = "text/event-stream; charset=utf-8", **headers: str) -> bytes:
    """The head of a reply whose body ends with its connection."""
    rows = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Said\r\nContent-Type: {content_type}\r\n{rows}Connection: close\r\n\r\n".encode()


def whole(status: int, body: bytes | object, content_type: str = "application/json", **headers: str) -> Script:
    """A complete reply on a connection that stays open."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    rows = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: {content_type}\r\nContent-Length: {len(content)}\r\n{rows}\r\n"
    return [head.encode() + content, KEEP]


def chunked(*steps: Step) -> Script:
    """A reply with status 200 whose bytes are sent as HTTP chunks, one a step; the last, empty chunk is not sent."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [head, *(b"%x\r\n%s\r\n" % (len(step), step) if isinstance(step, bytes) else step for step in steps)]


def data(value: object) -> bytes:
    return b"data: " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n\n"


def chunk(delta: object = None, finish: str | None = None, usage: object = None, **more: object) -> bytes:
    """One chunk as DeepSeek sends it."""
    choice = {"index": 0, "delta": delta if delta is not None else {}, "logprobs": None, "finish_reason": finish}
    head = {"id": "a1", "object": "chat.completion.chunk", "created": 1790000000, "model": "deepseek-flash"}
    return data({**head, "system_fingerprint": "fp_x", "choices": [choice], "usage": usage, **more})


def text(content: str) -> bytes:
    return chunk({"content": content})


def thought(content: str) -> bytes:
    return chunk({"content": None, "reasoning_content": content})


USAGE = {
    "prompt_tokens": 17,
    "completion_tokens": 9,
    "total_tokens": 26,
    "prompt_tokens_details": {"cached_tokens": 5},
    "prompt_cache_hit_tokens": 5,
    "prompt_cache_miss_tokens": 12,
    "completion_tokens_details": {"reasoning_tokens": 4},
}
PING = b": keep-alive\n\n"


def every(seconds: float, piece: bytes, times: int) -> Script:
    """`piece`, again and again."""
    script: Script = []
    for _ in range(times):
        script += [piece, seconds]
    return script


DONE = b"data: [DONE]\n\n"
FIRST = chunk({"role": "assistant", "content": ""})
LAST = chunk({"content": ""}, "stop", USAGE)
ANSWER = FIRST + text("Hel") + text("lo") + LAST + DONE
