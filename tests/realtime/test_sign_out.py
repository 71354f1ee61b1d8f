"""Who may not enter any more does not stay either: open sockets end with what let them in, in every process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer
from django.conf import settings as django_settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.test import Client

from chatsite import database
from chatsite.accounts.models import User
from conversations.models import Message
from conversations.realtime import consumer
from conversations.services import process, sign_ins
from conversations.services.process import ServerProcess
from conversations.services.sign_ins import SignIn
from tests import cast
from tests.realtime.conftest import SocketOf
from tests.realtime.tab import Tab

NEW_PASSWORD = "another horse, another battery"


class Browser:
    """One browser: its session, and tabs in it."""

    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.tabs: list[Tab] = []

    async def tab(self) -> Tab:
        new = Tab(self.client.cookies[django_settings.SESSION_COOKIE_NAME].value)
        self.tabs.append(new)
        await new.connect()
        await new.frame("hello")
        return new


@pytest_asyncio.fixture
async def browsers(server: ServerProcess, alice: User) -> AsyncIterator[list[Browser]]:
    """Two browsers of Alice."""
    both = [await sync_to_async(Browser)(alice) for _ in range(2)]
    yield both
    for browser in both:
        for tab in browser.tabs:
            await tab.close()


async def closed(tab: Tab) -> bool:
    """Whether the socket ends as signed out, and shows nothing before."""
    output = await tab.communicator.receive_output(timeout=5)
    return bool(output == {"type": "websocket.close", "code": 4401})


async def has_looked(tab: Tab) -> bool:
    """Wait for the look that every connection begins with: commands wait for it, too."""
    command, nothing = str(uuid4()), str(uuid4())
    await tab.say("conversation.rename", id=command, conversation=nothing, title="x")
    await tab.frame("error", id=command, code="not_found")
    return True


async def lives(tab: Tab) -> bool:
    await tab.say("ping")
    await tab.frame("pong")
    return True


async def test_signing_out_ends_the_sockets_of_this_browser_only(browsers: list[Browser]) -> None:
    here, again, elsewhere = await browsers[0].tab(), await browsers[0].tab(), await browsers[1].tab()
    response = await sync_to_async(browsers[0].client.post)("/accounts/logout/")
    assert response.status_code == 302
    assert await closed(here)
    assert await closed(again)
    assert await lives(elsewhere)


async def test_a_closed_socket_does_nothing_any_more(browsers: list[Browser]) -> None:
    here = await browsers[0].tab()
    await sync_to_async(browsers[0].client.post)("/accounts/logout/")
    await here.send("Hello")
    assert await closed(here)
    await asyncio.sleep(0.1)
    assert await Message.objects.acount() == 0


async def _deactivate(user: User) -> None:
    user.is_active = False
    await user.asave()


async def _delete(user: User) -> None:
    await sync_to_async(user.delete)()


async def _set_password(user: User) -> None:
    user.set_password(NEW_PASSWORD)
    await user.asave()


@pytest.mark.parametrize("end", [_deactivate, _delete, _set_password])
async def test_what_keeps_a_person_out_ends_all_sockets(
    browsers: list[Browser], tab: SocketOf, alice: User, bob: User, end: Any
) -> None:
    tabs = [await browser.tab() for browser in browsers]
    stranger = await tab(bob)
    await end(alice)
    for each in tabs:
        assert await closed(each)
    assert await lives(stranger)


async def test_changing_the_own_password_ends_the_sockets_of_other_browsers(
    browsers: list[Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = [await browser.tab() for browser in browsers]
    form = {"oldpassword": cast.PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    response = await sync_to_async(browsers[0].client.post)("/accounts/password/change/", form)
    assert response.status_code == 302
    assert await closed(elsewhere)
    monkeypatch.setattr(consumer, "_LOOK_EVERY", 0)
    for _ in range(2):
        assert await lives(here)
        ack = await here.ask("Hello")
        await here.finished(ack["answer"])
    # And it still ends with its browser's session.
    await sync_to_async(browsers[0].client.post)("/accounts/logout/")
    assert await closed(here)


async def test_a_name_or_a_sign_in_elsewhere_ends_nothing(browsers: list[Browser], alice: User) -> None:
    here = await browsers[0].tab()
    alice.name = "Alice A."
    await alice.asave()
    await sync_to_async(Client().login)(email=alice.email, password=cast.PASSWORD)
    assert await lives(here)


async def _update(user: User) -> None:
    await User.objects.filter(pk=user.pk).aupdate(is_active=False)


async def _update_password(user: User) -> None:
    await User.objects.filter(pk=user.pk).aupdate(password="!")


async def _drop_session(user: User) -> None:
    async for session in Session.objects.all():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            await session.adelete()


@pytest.mark.parametrize("end", [_update, _update_password, _drop_session])
@pytest.mark.parametrize("command", ["ping", "message.send"])
async def test_what_nobody_announced_is_found_when_something_comes_in(
    browsers: list[Browser], alice: User, monkeypatch: pytest.MonkeyPatch, end: Any, command: str
) -> None:
    here = await browsers[0].tab()
    assert await has_looked(here)
    await end(alice)
    assert await lives(here)
    monkeypatch.setattr(consumer, "_LOOK_EVERY", 0)
    if command == "ping":
        await here.say("ping")
        await here.frame("pong")
    else:
        await here.send("Hello")
    assert await closed(here)
    assert await Message.objects.acount() == 0


async def test_an_announcement_that_was_lost_is_made_up_for(
    server: ServerProcess, browsers: list[Browser], alice: User
) -> None:
    here = await browsers[0].tab()
    assert await has_looked(here)
    await _update(alice)
    server.notices.missed()
    assert await closed(here)


async def test_sockets_of_another_process_end_too(
    server: ServerProcess, browsers: list[Browser], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = InMemoryChannelLayer(capacity=1000)
    environment = django_settings.ENVIRONMENT
    there, here = [
        ServerProcess(environment, channel=await layer.new_channel("process"), layer=layer) for _ in range(2)
    ]
    for each in (there, here):
        each.start()
        assert each.listener is not None
        await asyncio.sleep(0)
        await each.listener.probe()
    monkeypatch.setattr(process, "_current", there)
    tabs = [await browser.tab() for browser in browsers]
    # From now on requests come to the other process.
    monkeypatch.setattr(process, "_current", here)
    await sync_to_async(browsers[0].client.post)("/accounts/logout/")
    assert await closed(tabs[0])
    assert await lives(tabs[1])
    await _deactivate(alice)
    assert await closed(tabs[1])
    monkeypatch.undo()
    for each in (there, here):
        await each.close(0)


async def test_a_socket_leaves_the_relay_with_the_end_of_the_answer(
    server: ServerProcess, browsers: list[Browser], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = InMemoryChannelLayer(capacity=1000)
    environment = django_settings.ENVIRONMENT
    owner, reader = [
        ServerProcess(environment, channel=await layer.new_channel("process"), layer=layer) for _ in range(2)
    ]
    for each in (owner, reader):
        each.start()
        assert each.listener is not None
        await asyncio.sleep(0)
        await each.listener.probe()
    assert reader.relay is not None
    monkeypatch.setattr(process, "_current", owner)
    writing = await browsers[0].tab()
    monkeypatch.setattr(process, "_current", reader)
    reading = await browsers[1].tab()
    ack = await writing.ask("count to 200")
    await reading.say("conversation.open", conversation=ack["conversation"], newest=None, seen={})
    await reading.frame("generation.snapshot")
    assert len(reader.relay._followed) == 1
    await reading.finished(ack["answer"])
    assert reader.relay._followed == {}
    monkeypatch.undo()
    for each in (owner, reader):
        await each.close(0)


async def test_an_end_during_the_handshake_is_found_at_once(
    browsers: list[Browser], server: ServerProcess, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def meanwhile() -> ServerProcess:
        await _deactivate(alice)
        return server

    monkeypatch.setattr(process, "current", meanwhile)
    here = await browsers[0].tab()
    assert await closed(here)


async def test_looks_are_rare(browsers: list[Browser], monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[SignIn] = []
    holds = sign_ins.holds

    def look(sign_in: SignIn) -> bool:
        looks.append(sign_in)
        return holds(sign_in)

    monkeypatch.setattr(sign_ins, "holds", look)
    here = await browsers[0].tab()
    async with asyncio.timeout(5):
        while not looks:
            await asyncio.sleep(0.01)
    for _ in range(5):
        assert await lives(here)
    await database.settle()
    assert len(looks) == 1
