"""What a test can ask of the simulator itself."""

from __future__ import annotations

import httpx
import pytest

from conversations.simulator import Simulator, SimulatorThread

from .asking import KEY, body, client_of, quiet


async def test_a_call_is_recorded_without_secrets() -> None:
    ticks = iter(range(100, 200))
    async with Simulator(clock=lambda: next(ticks)) as simulator, client_of(simulator) as client:
        await client.post("/chat/completions", json=body("Hello"))
        await simulator.idle()
        [call] = simulator.calls
    assert (call.method, call.path, call.status, call.scenario) == ("POST", "/chat/completions", 200, "normal")
    assert call.body == body("Hello")
    assert call.headers["authorization"] == "***"
    assert "sk-test" not in repr(simulator.calls)
    assert "Hello" not in repr(simulator.calls)
    assert (call.started, call.ended, call.disconnected) == (100, 102, False)


async def test_refused_calls_are_recorded(simulator: Simulator, client: httpx.AsyncClient) -> None:
    await client.post("/chat/completions", content=b"{")
    await client.get("/nowhere")
    assert [(call.status, call.body) for call in simulator.calls] == [(400, None), (404, None)]


async def test_a_client_that_leaves(simulator: Simulator, client: httpx.AsyncClient) -> None:
    simulator.speed = 20
    async with client.stream("POST", "/chat/completions", json=quiet("Count to 99", stream=True)) as response:
        await anext(response.aiter_raw())
    await simulator.idle()
    [call] = simulator.calls
    assert call.disconnected
    assert call.ended is not None


async def test_a_broken_connection_is_not_the_clients_doing(simulator: Simulator, client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.ReadError):
        await client.post("/chat/completions", json=body("Hello\n/simulate reset", stream=True))
    await simulator.idle()
    assert not simulator.calls[0].disconnected


async def test_recording_can_be_off() -> None:
    async with Simulator(recording=False) as simulator, client_of(simulator) as client:
        assert (await client.post("/chat/completions", json=body())).status_code == 200
    assert simulator.calls == []


async def test_it_ends_while_streams_are_open() -> None:
    async with Simulator(speed=1) as simulator, client_of(simulator) as client:
        request = client.build_request("POST", "/chat/completions", json=quiet("Count to 99", stream=True))
        response = await client.send(request, stream=True)
        received = response.aiter_raw()
        await anext(received)
        await simulator.__aexit__()
        with pytest.raises(httpx.HTTPError):
            assert b"[DONE]" not in b"".join([data async for data in received])
        await response.aclose()


async def test_a_taken_port_is_an_error(simulator: Simulator) -> None:
    with pytest.raises(OSError, match="address already in use"):
        await Simulator(port=simulator.port).__aenter__()


def test_on_a_thread() -> None:
    with SimulatorThread(scenario="busy") as simulator:
        with httpx.Client(base_url=simulator.base_url, headers=KEY, trust_env=False) as client:
            assert client.post("/chat/completions", json=body("Hello")).status_code == 503
            simulator.scenario = "normal"
            assert client.post("/chat/completions", json=body("Hello")).status_code == 200
        assert len(simulator.calls) == 2


def test_a_thread_that_cannot_start() -> None:
    with SimulatorThread() as simulator, pytest.raises(OSError, match="address already in use"):
        SimulatorThread(port=simulator.port).__enter__()
