"""Every scenario over real TCP: what a client sees of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any

import httpx
import pytest

from conversations.simulator import SCENARIOS, Simulator
from conversations.simulator.answers import answer_for

from .asking import Streamed, body, client_of, decoded, parsed, quiet, stream, until_broken

ENDLESS = {
    "silent",
    "stall",
    "stall-once",
    "stall-thinking",
    "stall-at-once",
    "keep-alive-for-ever",
    "title-stall",
    "slow-first-token",
}
TITLE = {"role": "system", "content": "Write a title"}


def played(name: str, text: str = "Count to 40", **fields: Any) -> dict[str, Any]:
    return body(f"{text}\n/simulate {name}", **fields)


async def raw(client: httpx.AsyncClient, name: str, **fields: Any) -> bytes:
    received, error = await until_broken(client, played(name, **fields))
    assert error is None
    return received


async def raw_reply(simulator: Simulator, fields: dict[str, Any]) -> bytes:
    """Everything that the socket gives until the simulator closes it or falls silent for 0.2 s."""
    sent = json.dumps(fields).encode()
    head = (
        f"POST /chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    writer.write(head.encode() + sent)
    received = b""
    try:
        while data := await asyncio.wait_for(reader.read(65536), 0.2):
            received += data
    except (TimeoutError, ConnectionResetError):
        pass
    writer.close()
    return received


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - ENDLESS))
@pytest.mark.parametrize("streaming", [True, False])
async def test_every_scenario_ends_without_an_error_of_the_simulator(
    simulator: Simulator, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, name: str, streaming: bool
) -> None:
    caplog.set_level(logging.WARNING)
    client.headers["x-simulator-scenario"] = name
    fields = quiet("Hi", stream=streaming, max_tokens=2) if name == "slow" else body("Hi", stream=streaming)
    with contextlib.suppress(httpx.RemoteProtocolError, httpx.ReadError):
        await client.post("/chat/completions", json=fields)
    await simulator.idle()
    [call] = simulator.calls
    assert call.scenario in (name, "normal")
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("moderation", 400, "Content Exists Risk"),
        ("moderation-old", 400, '"detail":"Content Exists Risk"'),
        ("context-overflow", 400, "maximum context length is 1048565 tokens"),
        ("unknown-model", 400, "you passed deepseek-chat"),
        ("reasoning-missing", 400, "must be passed back"),
        ("wrong-key", 401, "****abcd is invalid"),
        ("no-key", 401, "Authentication Fails (governor)"),
        ("no-balance", 402, "Insufficient Balance"),
        ("forbidden", 403, "<html>"),
        ("not-found", 404, "error_msg"),
        ("too-large", 413, "too large"),
        ("unprocessable", 422, "Invalid parameters"),
        ("concurrency", 429, "your concurrency limit of 25 based on your remaining balance"),
        ("rate-limit", 429, "TPM"),
        ("server-error", 500, "server_error"),
        ("bad-gateway", 502, "<h1>502 Bad Gateway</h1>"),
        ("gateway-timeout", 504, "<h1>504"),
        ("gateway-empty", 503, ""),
        ("busy", 503, "Service is too busy."),
    ],
)
async def test_refusals(client: httpx.AsyncClient, name: str, status: int, text: str) -> None:
    for _ in range(2):
        response = await client.post("/chat/completions", json=played(name))
        assert response.status_code == status
        assert text in response.text


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("busy-once", [503, 200, 503]),
        ("busy-twice", [503, 503, 200]),
        ("rate-limit-once", [429, 200]),
        ("retry-after", [429, 200]),
        ("server-error-once", [500, 200]),
        ("wrong-key-every-second", [200, 401, 200, 401]),
    ],
)
async def test_refusals_that_pass(client: httpx.AsyncClient, name: str, statuses: list[int]) -> None:
    seen = [(await client.post("/chat/completions", json=played(name))).status_code for _ in statuses]
    assert seen == statuses


async def test_retries_are_counted_for_each_request(client: httpx.AsyncClient) -> None:
    first = await client.post("/chat/completions", json=played("busy-once", "One"))
    second = await client.post("/chat/completions", json=played("busy-once", "Two"))
    assert (first.status_code, second.status_code) == (503, 503)


async def test_retry_after(client: httpx.AsyncClient) -> None:
    assert (await client.post("/chat/completions", json=played("retry-after"))).headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("name", "reason", "some_text"),
    [
        ("content-filter", "content_filter", False),
        ("content-filter-late", "content_filter", True),
        ("insufficient-resource", "insufficient_system_resource", True),
        ("aborted", "aborted", True),
        ("unknown-reason", "out_of_ink", True),
        ("length", "length", True),
        ("length-thinking", "length", False),
        ("empty", "stop", False),
        ("reasoning-only", "stop", False),
    ],
)
async def test_endings(client: httpx.AsyncClient, name: str, reason: str, some_text: bool) -> None:
    streamed = await stream(client, played(name, "Count to 400"))
    assert streamed.done
    assert streamed.finish_reason == reason
    assert bool(streamed.content) is some_text
    completion = (await client.post("/chat/completions", json=played(name, "Count to 400"))).json()
    assert completion["choices"][0]["finish_reason"] == reason
    assert completion["choices"][0]["message"]["content"] == streamed.content


async def test_no_finish_reason(client: httpx.AsyncClient) -> None:
    streamed = parsed(await raw(client, "no-finish-reason"))
    assert streamed.done
    assert {event["choices"][0]["finish_reason"] for event in streamed.events} == {None}


@pytest.mark.parametrize("name", ["truncated", "plain-text-after"])
async def test_the_body_ends_early(client: httpx.AsyncClient, name: str) -> None:
    received = await raw(client, name)
    assert b"1, 2" in received.replace(b'"},"', b"") or b"A si" in received
    assert b"[DONE]" not in received


async def test_truncated_after_finish(client: httpx.AsyncClient) -> None:
    streamed = parsed(await raw(client, "truncated-after-finish"))
    assert not streamed.done
    assert streamed.finish_reason == "stop"


@pytest.mark.parametrize(("name", "error"), [("reset", httpx.ReadError), ("cut", httpx.RemoteProtocolError)])
async def test_the_connection_breaks(client: httpx.AsyncClient, name: str, error: type[Exception]) -> None:
    received, seen = await until_broken(client, played(name))
    assert isinstance(seen, error)
    streamed = parsed(received)
    whole = answer_for(decoded(played(name)))
    assert streamed.reasoning == whole.reasoning
    assert whole.content.startswith(streamed.content)
    assert 0 < len(streamed.content) < len(whole.content)


async def test_reset_while_thinking(client: httpx.AsyncClient) -> None:
    received, error = await until_broken(client, played("reset-thinking"))
    assert isinstance(error, httpx.ReadError)
    assert parsed(received).reasoning
    assert not parsed(received).content


async def test_reset_before_a_status(client: httpx.AsyncClient) -> None:
    received, error = await until_broken(client, played("refused-connection"))
    assert received == b""
    assert isinstance(error, httpx.ReadError | httpx.RemoteProtocolError)


async def test_reset_once(client: httpx.AsyncClient) -> None:
    _, error = await until_broken(client, played("reset-once"))
    assert error is not None
    assert (await stream(client, played("reset-once"))).done


@pytest.mark.parametrize(
    ("name", "content", "reasoning"),
    [("stall", True, True), ("stall-thinking", False, True), ("stall-at-once", False, False)],
)
async def test_silence(simulator: Simulator, name: str, content: bool, reasoning: bool) -> None:
    received = await raw_reply(simulator, played(name, stream=True))
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert (b'{"content":"' in received) is content
    assert (b'"reasoning_content":"T' in received) is reasoning
    assert b"[DONE]" not in received
    # The last chunk of a whole body; without the line end before it, a header that ends in 0 would do.
    assert not received.endswith(b"\r\n0\r\n\r\n")


async def test_silence_before_the_status(simulator: Simulator) -> None:
    assert await raw_reply(simulator, played("silent", stream=True)) == b""
    await simulator.idle()
    assert simulator.calls[0].disconnected


async def test_keep_alives_for_ever(client: httpx.AsyncClient) -> None:
    async with client.stream("POST", "/chat/completions", json=played("keep-alive-for-ever", stream=True)) as response:
        data = [await anext(response.aiter_raw())]
    assert data == [b": keep-alive\n\n"]


async def test_errors_inside_the_stream(client: httpx.AsyncClient) -> None:
    assert b'data: {"error":{"message":"The server had an error' in await raw(client, "error-object")
    assert b'data: {"error":"The server had an error"}' in await raw(client, "error-text")
    assert b'event: error\ndata: {"error":' in await raw(client, "error-event")


async def test_malformed(client: httpx.AsyncClient) -> None:
    received = await raw(client, "malformed")
    with pytest.raises(json.JSONDecodeError):
        parsed(received)


async def test_html_under_200(client: httpx.AsyncClient) -> None:
    response = await client.post("/chat/completions", json=played("html", stream=True))
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html")
    assert response.text.startswith("<html>")


async def test_empty_body(client: httpx.AsyncClient) -> None:
    assert await raw(client, "empty-body") == b""
    assert (await client.post("/chat/completions", json=played("empty-body"))).content == b""


@pytest.mark.parametrize(("name", "choices"), [("usage-apart", []), ("null-choices", None)])
async def test_usage_apart(client: httpx.AsyncClient, name: str, choices: list[object] | None) -> None:
    streamed = parsed(await raw(client, name))
    assert streamed.events[-1]["choices"] == choices
    assert streamed.events[-1]["usage"]["total_tokens"] > 0
    assert streamed.events[-2]["choices"][0]["finish_reason"] == "stop"
    assert streamed.events[-2]["usage"] is None


@pytest.mark.parametrize(
    ("name", "undo"),
    [
        ("crlf", (b"\r\n", b"\n")),
        ("lone-cr", (b"\r", b"\n")),
        ("no-space", (b"data:", b"data: ")),
        ("data-lines", (b"\ndata: ,", b",")),
        ("byte-order-mark", (b"\xef\xbb\xbf", b"")),
        ("keep-alives", (b": keep-alive\n\n", b"")),
        ("data-keep-alive", (b"data: : keep-alive\n\n", b"")),
        ("one-write", (b"", b"")),
        ("small-writes", (b"", b"")),
    ],
)
async def test_framings_say_the_same(client: httpx.AsyncClient, name: str, undo: tuple[bytes, bytes]) -> None:
    received = await raw(client, name)
    assert undo[0] in received
    streamed = parsed(received.replace(*undo) if undo[0] else received)
    whole = answer_for(decoded(played(name)))
    assert (streamed.reasoning, streamed.content, streamed.done) == (whole.reasoning, whole.content, True)


async def chunks(simulator: Simulator, name: str) -> list[bytes]:
    """The HTTP chunks of a stream, each of which is one write."""
    received = await raw_reply(simulator, played(name, stream=True))
    rest = received.split(b"\r\n\r\n", 1)[1]
    found = []
    while (size := int(rest.split(b"\r\n", 1)[0], 16)) > 0:
        rest = rest.split(b"\r\n", 1)[1]
        found.append(rest[:size])
        rest = rest[size + 2 :]
    return found


async def test_characters_cut_over_two_writes(simulator: Simulator) -> None:
    written = await chunks(simulator, "split-characters")
    cut = 0
    for data in written:
        try:
            data.decode()
        except UnicodeDecodeError:
            cut += 1
    assert cut > 20
    assert parsed(b"".join(written)).done


async def test_all_in_one_write(simulator: Simulator) -> None:
    assert len(await chunks(simulator, "one-write")) == 1


async def test_small_writes(simulator: Simulator) -> None:
    simulator.scenario = "small-writes"
    assert {len(data) for data in (await chunks(simulator, "small-writes"))[:-1]} == {7}


@pytest.mark.parametrize("names", [("reasoning",), ("thinking",), ("reasoning", "reasoning_content")])
async def test_reasoning_under_other_names(client: httpx.AsyncClient, names: tuple[str, ...]) -> None:
    scenario = "both-reasoning-fields" if len(names) > 1 else f"{names[0]}-field"
    streamed = parsed(await raw(client, scenario))
    whole = answer_for(decoded(played(scenario)))
    for name in names:
        assert "".join(delta.get(name) or "" for delta in streamed.deltas) == whole.reasoning
    assert streamed.content == whole.content


async def test_reasoning_in_tags(client: httpx.AsyncClient) -> None:
    whole = answer_for(decoded(played("think-tags")))
    opened, unopened = parsed(await raw(client, "think-tags")), parsed(await raw(client, "think-tags-unopened"))
    assert opened.content == f"<think>{whole.reasoning}</think>\n\n{whole.content}"
    assert not any("<think>" in (delta.get("content") or "") for delta in opened.deltas)
    assert unopened.content.count("<think>") == 0
    assert unopened.content.count("</think>") == 1


async def test_odd_last_chunks(client: httpx.AsyncClient) -> None:
    assert "delta" not in parsed(await raw(client, "no-delta")).events[-1]["choices"][0]
    assert parsed(await raw(client, "role-repeated")).deltas[-1] == {"content": "", "role": None}
    assert parsed(await raw(client, "no-usage")).usage is None


async def test_line_separators_travel_unescaped(client: httpx.AsyncClient) -> None:
    received = await raw(client, "line-separators")
    assert all(character.encode() in received for character in "\u2028\u2029\u0085")


async def tool_stream(client: httpx.AsyncClient, name: str) -> Streamed:
    return parsed(await raw(client, name))


async def test_tool_calls(client: httpx.AsyncClient) -> None:
    streamed = await tool_stream(client, "tool-calls")
    indices = [delta["tool_calls"][0]["index"] for delta in streamed.deltas if "tool_calls" in delta]
    assert sorted(set(indices)) == [0, 1]
    assert streamed.finish_reason == "tool_calls"
    truncated = await tool_stream(client, "tool-call-truncated")
    assert "tool_calls" in truncated.deltas[-1]
    assert not truncated.done


@pytest.mark.parametrize("name", ["hostile-markup", "graphemes", "long-line", "diagram", "tool-markup"])
async def test_texts(client: httpx.AsyncClient, name: str) -> None:
    assert "imulated" in (await stream(client, played(name))).content


async def test_help_and_unknown_names_list_the_scenarios(client: httpx.AsyncClient) -> None:
    listing = (await stream(client, played("help"))).content
    assert all(f"`{name}`" in listing for name in SCENARIOS.keys() - {"help"})
    assert (await stream(client, played("no-such-thing"))).content == listing


async def test_the_header_goes_before_the_message_and_that_before_the_default(simulator: Simulator) -> None:
    simulator.scenario = "server-error"
    async with client_of(simulator) as client:
        assert (await client.post("/chat/completions", json=body())).status_code == 500
        assert (await client.post("/chat/completions", json=played("no-balance"))).status_code == 402
        client.headers["x-simulator-scenario"] = "busy"
        assert (await client.post("/chat/completions", json=played("no-balance"))).status_code == 503
        client.headers["x-simulator-scenario"] = "nonsense"
        response = await client.post("/chat/completions", json=body())
    assert response.status_code == 400
    assert "nonsense" in response.json()["error"]["message"]


async def test_titles_are_spared(simulator: Simulator, client: httpx.AsyncClient) -> None:
    simulator.scenario = "server-error"
    title = quiet(messages=[TITLE, {"role": "user", "content": "Hello\n/simulate busy"}])
    response = await client.post("/chat/completions", json=title)
    assert response.json()["choices"][0]["message"]["content"] == "Hello"


async def test_title_scenarios_spare_everything_else(client: httpx.AsyncClient) -> None:
    said = "Hello\n/simulate title-error"
    title = quiet(messages=[TITLE, {"role": "user", "content": said}])
    assert (await client.post("/chat/completions", json=title)).status_code == 500
    assert (await client.post("/chat/completions", json=body(said))).status_code == 200


async def test_surroundings(simulator: Simulator, client: httpx.AsyncClient) -> None:
    simulator.scenario = "no-balance"
    assert (await client.get("/user/balance")).json()["is_available"] is False
    simulator.scenario = "balance-missing"
    assert (await client.get("/user/balance")).status_code == 404
    simulator.scenario = "balance-text"
    assert (await client.get("/user/balance")).text == "Authentication Fails"
    simulator.scenario = "bare-models"
    assert set((await client.get("/models")).json()["data"][0]) == {"id", "object", "owned_by"}
    simulator.scenario = "wrong-key"
    assert (await client.get("/models")).status_code == 401


async def test_a_scenario_may_set_the_pace(simulator: Simulator, client: httpx.AsyncClient) -> None:
    simulator.speed, simulator.first_token = 1, 60
    assert (await stream(client, played("fast"))).done


def test_a_scenario_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="No scenario is called 'nonsense'"):
        Simulator(scenario="nonsense")
