"""A process that is about to end takes no more commands, and sends new tabs elsewhere."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest

from chatsite.accounts.models import User
from conversations.services import process
from conversations.services.process import ServerProcess
from conversations.simulator import Simulator
from tests.realtime.conftest import SocketOf
from tests.realtime.tab import Tab, cookie_of


@pytest.mark.django_db(transaction=True)
async def test_a_closing_process(alice: User, simulator: Simulator, server: ServerProcess, tab: SocketOf) -> None:
    """What is not answered is sent again by the page, over its next connection."""
    simulator.speed = 20
    here = await tab(alice)
    await here.send("count to 100")
    ack = await here.frame("ack")
    await here.frame("generation.delta")
    closing = asyncio.create_task(process.close(1))
    await asyncio.sleep(0.05)
    command = str(uuid4())
    await here.say("conversation.rename", id=command, conversation=ack["conversation"], title="Later")
    late = Tab(await cookie_of(alice))
    assert await late.connect()
    assert await late.communicator.receive_output(timeout=5) == {"type": "websocket.close", "code": 1012}
    await closing
    while not await here.communicator.receive_nothing(timeout=0.1):
        assert json.loads(await here.communicator.receive_from()).get("id") != command
