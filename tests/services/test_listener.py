"""How a process hears the others: in memory, and over a real Redis with all its moods."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import redis
from channels.layers import InMemoryChannelLayer
from channels_redis.core import RedisChannelLayer
from cryptography.fernet import InvalidToken
from django.conf import settings as django_settings

from conversations.services import balance_watch, listener
from conversations.services.notices import Notice
from conversations.services.process import ServerProcess
from tests.live.server import free_port

NOTICE = Notice({"type": "conversation.deleted", "conversation": "c"})
STALE = Notice(None, stale=True)


class Person:
    """A sink: all that a person learns in one process."""

    def __init__(self, process: ServerProcess) -> None:
        self.notices: list[Notice] = []
        self.id = uuid4()
        process.notices.subscribe(self.id, self)

    def notice(self, *notices: Notice) -> None:
        self.notices.extend(notices)


async def started(layer: Any) -> ServerProcess:
    new = ServerProcess(django_settings.ENVIRONMENT, channel=await layer.new_channel("process"), layer=layer)
    new.start()
    assert new.listener is not None
    await asyncio.sleep(0.2)
    await asyncio.wait_for(new.listener.probe(), 10)
    return new


@pytest_asyncio.fixture
async def layers() -> AsyncIterator[list[Any]]:
    """Redis layers of the test, closed at its end."""
    used: list[Any] = []
    yield used
    for layer in used:
        await layer.close_pools()


def redis_layer(url: str, *, socket_timeout: float = 20, prefix: str = "") -> Any:
    """A layer of one process; those of one installation have the same `prefix`."""
    hosts = [{"address": url, "socket_timeout": socket_timeout}]
    return RedisChannelLayer(hosts=hosts, capacity=1000, prefix=prefix or f"tests.{uuid4().hex[:8]}")


@pytest.fixture
def redis_url() -> str:
    if not os.environ.get("REDIS_URL"):
        pytest.skip("needs REDIS_URL")
    return os.environ["REDIS_URL"]


@pytest.fixture
def private_redis(tmp_path: Path) -> Iterator[str]:
    """A server of the test's own, which may lose everything."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs redis-server")
    port = free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        with redis.Redis(port=port) as client:
            for _ in range(100):
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.kill()
        server.wait(10)


async def test_a_message_that_fails_here_is_a_fault_and_no_outage(
    transactional_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    layer = InMemoryChannelLayer(capacity=1000)
    process = await started(layer)
    await layer.send(process.channel, {"type": "stop"})
    await layer.send(process.channel, {"type": "notice", "origin": "x", "number": 1, "notices": [("nobody", b"")]})
    assert process.listener is not None
    await asyncio.wait_for(process.listener.probe(), 5)
    await process.close(0)
    assert "a stop message of another process failed here" in caplog.text
    assert "a notice of another process failed here" in caplog.text
    assert "does not answer" not in caplog.text


async def test_a_listener_that_is_down_is_not_waited_for(transactional_db: None) -> None:
    process = await started(InMemoryChannelLayer(capacity=1000))
    assert process.listener is not None
    await process.close(0)
    with pytest.raises(RuntimeError, match="down"):
        await process.listener.probe()


async def test_after_an_outage_the_process_is_a_member_again(
    transactional_db: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "_PAUSE", 0.05)
    layer = InMemoryChannelLayer(capacity=1000)
    process = await started(layer)
    here = Person(process)
    layer.groups.clear()
    receive, failing = layer.receive, [ConnectionError(), ConnectionError()]

    async def receive_or_fail(channel: str) -> Any:
        if failing:
            raise failing.pop()
        return await receive(channel)

    monkeypatch.setattr(layer, "receive", receive_or_fail)
    assert process.listener is not None
    await process.listener.probe()
    async with asyncio.timeout(2):
        while process.channel not in layer.groups.get(listener.PROCESSES, {}):
            await asyncio.sleep(0.02)
    await process.listener.probe()
    await process.close(0)
    assert "does not answer" in caplog.text
    assert "answers again" in caplog.text
    assert here.notices == [STALE, STALE], "what was lost in an outage is not known"
    assert process.channel not in layer.groups.get(listener.PROCESSES, {})


async def test_who_missed_a_notice_of_another_process_learns_of_it(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "_HEARTBEAT", 0.1)
    layer = InMemoryChannelLayer(capacity=1000)
    first, second = await started(layer), await started(layer)
    there, bystander = Person(second), Person(first)
    layer.groups.clear()
    await first.notices.publish(there.id, NOTICE)
    async with asyncio.timeout(5):
        while not there.notices:
            await asyncio.sleep(0.02)
    await first.notices.publish(there.id, NOTICE)
    async with asyncio.timeout(5):
        while len(there.notices) < 2:
            await asyncio.sleep(0.02)
    await first.close(0)
    await second.close(0)
    assert there.notices == [STALE, NOTICE]
    assert bystander.notices == []


def test_the_layers_own_wait_is_shorter_than_the_connections_patience(redis_url: str) -> None:
    hosts = django_settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"]
    assert all(host["socket_timeout"] > 2 * RedisChannelLayer.brpop_timeout for host in hosts)


async def test_an_idle_process_hears_at_once_what_comes(
    transactional_db: None, redis_url: str, layers: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    config = {**django_settings.CHANNEL_LAYERS["default"]["CONFIG"], "prefix": f"tests.{uuid4().hex[:8]}"}
    layers += [RedisChannelLayer(**config), RedisChannelLayer(**config)]
    first, second = [await started(layer) for layer in layers]
    assert first.listener is not None
    there = Person(second)
    for turn in range(1, 4):
        # Two waits of the layer go by.
        await asyncio.sleep(4)
        await asyncio.wait_for(first.listener.probe(), 2)
        await first.notices.publish(there.id, NOTICE)
        async with asyncio.timeout(2):
            while len(there.notices) < turn:
                await asyncio.sleep(0.02)
    await first.close(0)
    await second.close(0)
    # A process without an upstream cannot read its balance.
    assert not [record for record in caplog.records if record.name != balance_watch.__name__]


async def test_an_idle_receive_that_is_broken_off_is_no_outage(
    transactional_db: None,
    redis_url: str,
    layers: list[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    layer = redis_layer(redis_url, socket_timeout=0.5)
    layers.append(layer)
    process = await started(layer)
    assert process.listener is not None
    await asyncio.sleep(2)
    await asyncio.wait_for(process.listener.probe(), 5)
    await process.close(0)
    assert "does not answer" not in caplog.text


async def test_an_error_of_the_layer_does_not_swallow_the_end(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = InMemoryChannelLayer(capacity=1000)
    receive = layer.receive

    async def receive_badly(channel: str) -> Any:
        try:
            return await receive(channel)
        except asyncio.CancelledError:
            raise InvalidToken from None

    monkeypatch.setattr(layer, "receive", receive_badly)
    process = await started(layer)
    await asyncio.wait_for(process.close(0), 5)


async def test_a_layer_that_swallows_a_cancellation_does_not_hold_up_the_end(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = InMemoryChannelLayer(capacity=1000)
    receive = layer.receive
    swallowed = 0

    async def receive_on(channel: str) -> Any:
        nonlocal swallowed
        while True:
            try:
                return await receive(channel)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed += 1

    monkeypatch.setattr(layer, "receive", receive_on)
    process = await started(layer)
    await asyncio.wait_for(process.close(0), 5)
    assert swallowed == 1


async def test_messages_of_another_installation_are_no_outage(
    transactional_db: None, redis_url: str, layers: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    prefix = f"tests.{uuid4().hex[:8]}"
    for key in ("one", "another"):
        layers.append(RedisChannelLayer(hosts=[redis_url], prefix=prefix, symmetric_encryption_keys=[key]))
    ours, foreign = layers
    process = await started(ours)
    assert process.listener is not None
    for _ in range(20):
        await foreign.send(process.channel, {"type": "stop"})
    await asyncio.wait_for(process.listener.probe(), 5)
    await process.close(0)
    assert "does not answer" not in caplog.text
    assert "cannot read" in caplog.text


async def test_notices_come_again_after_redis_forgot_everything(
    transactional_db: None, private_redis: str, layers: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "_HEARTBEAT", 0.3)
    layers += [redis_layer(private_redis, prefix="tests"), redis_layer(private_redis, prefix="tests")]
    first, second = [await started(layer) for layer in layers]
    there = Person(second)
    with redis.Redis.from_url(private_redis) as client:
        client.flushall()
    await asyncio.sleep(1)
    await first.notices.publish(there.id, NOTICE)
    async with asyncio.timeout(2):
        while not there.notices:
            await asyncio.sleep(0.02)
    await first.close(0)
    await second.close(0)
    assert there.notices == [NOTICE]
