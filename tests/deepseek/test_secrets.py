"""The key: no log, no text and no variable of an error on its way holds it, and no other server is given it."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator

import pytest

from conversations.deepseek import Clocks, DeepSeekClient, RetryPolicy, Secret, UpstreamError
from conversations.deepseek.wires import Wire
from tests.deepseek.server import HANG, RESET, Script, ScriptedServer, data, reply, text, whole
from tests.deepseek.talking import ASK, collect, connected, end_of, until

KEY = "a-key-of-no-common-form"
ONCE = RetryPolicy(attempts=1)


def variables(error: BaseException | None) -> Iterator[str]:
    """Every variable on the way that `error`, and what it came from, has taken: reports of errors show them."""
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename != __file__:
                yield from (repr(value) for value in frame.f_locals.values())
        yield from variables(error.__cause__)
        error = error.__context__


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
@pytest.mark.parametrize(
    "script",
    [[HANG], [RESET], [b"nonsense\r\n\r\n"], [reply(), text("a"), HANG], whole(401, b"")],
    ids=["silence", "a reset", "no HTTP", "a cut", "a refusal"],
)
async def test_no_error_leads_to_the_key(script: Script, wire: Wire) -> None:
    clocks = Clocks(idle=0.05)
    async with (
        ScriptedServer(list(script)) as server,
        DeepSeekClient(server.url, Secret(KEY), clocks, ONCE, wire=wire) as deepseek,
    ):
        with pytest.raises(UpstreamError) as raised:
            await deepseek.complete(ASK)
        assert KEY in "".join(server.seen[0].headers.values())
    assert not [value for value in variables(raised.value) if KEY in value]


async def test_no_cancellation_leads_to_the_key() -> None:
    async with ScriptedServer([HANG]) as server, DeepSeekClient(server.url, Secret(KEY)) as deepseek:
        task = asyncio.create_task(deepseek.complete(ASK))
        await until(lambda: bool(server.seen))
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as raised:
            await task
    assert not [value for value in variables(raised.value) if KEY in value]


ECHOES = {
    "an error status": whole(400, {"error": {"message": f"The header {KEY} is bad."}}),
    "an error status, cut": whole(400, {"error": {"message": "x" * 180 + f" {KEY}"}}),
    "an error in the stream": [reply(), text("a") + data({"error": {"message": f"The header {KEY} is bad."}})],
    "an error in the stream, cut": [reply(), text("a") + data({"error": "x" * 180 + f" {KEY} is bad."})],
    "an error instead of a stream": [reply(), b'{"error":"The header %b is bad."}' % KEY.encode()],
}


@pytest.mark.parametrize("script", ECHOES.values(), ids=ECHOES)
async def test_a_server_that_says_the_key_is_not_quoted(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with ScriptedServer(list(script)) as server, DeepSeekClient(server.url, Secret(KEY), None, ONCE) as deepseek:
        asyncio.get_running_loop().set_debug(True)
        stream = deepseek.stream(ASK)
        end = end_of(await collect(stream))
    assert end.error is not None
    assert "********" in end.person
    told = f"{end.person} {end!r} {end.error!r} {end.log} {stream.calls!r} {caplog.text}"
    assert KEY[:6] not in told


async def test_a_redirect_carries_the_key_nowhere() -> None:
    async with ScriptedServer([reply(), b""]) as elsewhere:
        moved = whole(307, b"", Location=f"{elsewhere.url}/chat/completions")
        async with connected(moved, retry=ONCE) as (deepseek, _):
            error = end_of(await collect(deepseek.stream(ASK))).error
            assert error is not None
            assert (error.code, error.status) == ("gateway_error", 307)
        assert elsewhere.connections == 0


@pytest.mark.parametrize("cut", ["", "…"])
@pytest.mark.parametrize("size", range(len(KEY) + 1))
def test_a_key_that_was_cut_is_hidden(size: int, cut: str) -> None:
    hidden = Secret(KEY).hide_in(f"about {KEY} and {KEY[:size]}{cut}")
    assert hidden.startswith("about ******** and ")
    assert not cut or KEY[:4] not in hidden
