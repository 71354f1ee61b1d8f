"""The server: Daphne on uvloop, with a start that checks everything first and a shutdown that loses nothing.

Daphne does not speak the ASGI lifespan protocol, so start-up and shutdown hooks are here. `python -m chatsite.server`.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from importlib import import_module
from typing import TYPE_CHECKING

from chatsite import open_files
from chatsite.installation import Installation
from chatsite.preflight import Obstacle

if TYPE_CHECKING:
    from chatsite.environment import Environment
    from chatsite.loop_monitor import Block
    from conversations.generation.figures import Figures

_MAX_FRAME_BYTES = 32 * 1024 * 1024
"""Of one websocket message from a browser; Daphne's own megabyte is less than a long message in UTF-8."""
_PIECE_OF_A_BODY = 256 * 1024
"""Bytes in which an application gets a request's body: by Daphne's 8 KiB, a large file holds the event loop up."""

_RESTARTS = 1012
_LOOP_LIMIT = 0.2
"""Seconds, where nobody asked for another: only the lag of the event loop is measured then."""
_HANGING_UP = 2.0
"""Seconds for browsers to answer the closing of their websockets."""
_LAST_THREADS = 1.0
"""Seconds for threads after the event loop has ended; then the process does, too."""
_SILENCE = 60.0
"""Seconds between two lines on what holds up the event loop at the same place."""
_AFTER_GRACE = 3.0
"""Seconds beyond SHUTDOWN_GRACE for writing down and letting go."""
_LIMIT = 4.5
"""Seconds beyond SHUTDOWN_GRACE after which the process ends in any case."""

logger = logging.getLogger(__name__)


def main() -> int:
    """Prepare the installation and serve until a signal. Returns the exit status."""
    try:
        environment = _prepare()
    except Obstacle as obstacle:
        _complain(str(obstacle))
        return 1
    return Server(environment).run()


def _prepare() -> Environment:
    installation = Installation(_say)
    with installation.alone():
        return _make_ready(installation)


def _make_ready(installation: Installation) -> Environment:
    environment = installation.prepare_environment()
    for line in open_files.allow(environment.max_concurrent_answers):
        _say(line)
    if environment.demo:
        from chatsite.demo import Demo

        demo = Demo()
        _import_ahead()
        os.environ["SIMULATOR_URL"] = demo.url()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    import django

    django.setup()
    notes = installation.check_settings()
    installation.prepare_database()
    for note in notes:
        _say(f"note: {note}")
    installation.prepare_static_files()
    _announce_setup_token(environment)
    from django.db import connections

    connections.close_all()
    return environment


def _import_ahead() -> None:
    """Load what the server needs in any case while the simulator starts beside it."""
    for name in ("django.core.handlers.asgi", "django.db.models", "tink.aead", "conversations.deepseek"):
        import_module(name)


def _announce_setup_token(environment: Environment) -> None:
    """Beyond loopback, whoever comes first could make themselves administrator: the page asks for a token."""
    from chatsite.accounts import setup_token
    from chatsite.accounts.models import User
    from chatsite.checks import is_reachable_from_elsewhere

    if environment.setup_token or not is_reachable_from_elsewhere(environment) or User.objects.exists():
        return
    token = setup_token.ensure(environment.data_dir)
    _say(f"to create the first administrator, use this one-time setup token: {token}")


def _say(line: str) -> None:
    print(f"chatsite: {line}", flush=True)  # noqa: T201 - the operator's terminal


def _complain(line: str) -> None:
    print(f"chatsite: {line}", file=sys.stderr, flush=True)  # noqa: T201 - the operator's terminal


def _give_up() -> None:
    _complain("the end took too long, perhaps for a database that is away. Unfinished answers are continued later.")
    os._exit(1)


class Server:
    """Daphne with our shutdown: stop accepting, let running answers finish for a while, hand over the rest."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._status = 0
        self._stopping = False

    def run(self) -> int:
        """Serve until SIGINT or SIGTERM. Returns the exit status."""
        loop = install_reactor()
        from twisted.internet import reactor

        from chatsite.asgi import application
        from chatsite.sockets import SocketServer

        host = self._environment.host.replace(":", r"\:")
        self._daphne = SocketServer(
            application=application,
            endpoints=[f"tcp:port={self._environment.port}:interface={host}"],
            signal_handlers=False,
            ready_callable=self._ready,
            server_name="",
            websocket_timeout=-1,
            request_buffer_size=_PIECE_OF_A_BODY,
            websocket_max_message_size=_MAX_FRAME_BYTES,
            websocket_max_frame_size=_MAX_FRAME_BYTES,
            verbosity=0,
        )
        self._daphne.listen_error = self._listen_error
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled)
        self._loop, self._reactor = loop, reactor
        self._daphne.run()
        # Of requests that were cut off, threads may wait for an event loop that is no more.
        last = threading.Timer(_LAST_THREADS, os._exit, (self._status,))
        last.daemon = True
        last.start()
        return self._status

    def _ready(self) -> None:
        load_ahead()
        # What is alive now stays alive: out of the way of every later collection.
        gc.collect()
        gc.freeze()
        from chatsite import bodies

        self._daphne.use_own_protocol()
        bodies.bound(self._daphne.http_factory, self._environment.max_body_bytes)
        self._reactor.callWhenRunning(self._started)

    def _started(self) -> None:
        from chatsite.loop_monitor import LoopMonitor
        from conversations.generation.figures import figures
        from conversations.services import process

        monitor = LoopMonitor(limit=self._environment.loop_limit or _LOOP_LIMIT, on_block=_Blocks(figures).found)
        monitor.follow(self._loop, figures.loop_lag.add)
        if self._environment.loop_limit:
            monitor.start()
        self._first = self._loop.create_task(_start(process))
        _say(
            f"ready at {self._environment.origin}/"
            + (" (demo mode: answers are simulated)" if self._environment.demo else "")
        )

    def _listen_error(self, failure: object) -> None:
        text = "Cannot listen: the port was taken meanwhile. Start with another PORT."
        _complain(text)
        self._status = 1
        self._reactor.callWhenRunning(self._stop)

    def _signalled(self) -> None:
        if self._stopping:
            # The second signal: somebody does not want to wait. Checkpoints are in the database.
            os._exit(1)
        self._stop()

    def _stop(self) -> None:
        self._stopping = True
        # Also of threads that wait for a database that is away, which Python would wait for.
        limit = threading.Timer(self._environment.shutdown_grace + _LIMIT, _give_up)
        limit.daemon = True
        limit.start()
        self._last = self._loop.create_task(self._shut_down())

    async def _shut_down(self) -> None:
        """Before the reactor ends, which cancels what Daphne runs."""
        try:
            async with asyncio.timeout(self._environment.shutdown_grace + _AFTER_GRACE):
                await self._drain()
        except TimeoutError:
            _complain("the end took too long. What was not finished is continued by another server or the next start.")
        except Exception:  # the outermost edge: whatever went wrong, the server must end
            logger.exception("the end was not orderly")
        finally:
            self._reactor.stop()

    async def _drain(self) -> None:
        from django.db import connection

        from chatsite import database
        from conversations.services import process

        for listening in self._daphne.listeners:
            listening.addCallback(lambda port: port.stopListening() if port is not None else None)
        grace = self._environment.shutdown_grace
        if running := process.running():
            _say(f"finishing {running} running answers, at most {grace:.0f} s (once more to stop now)")
        # In this order: from its first step on, the process takes no more commands.
        await asyncio.gather(process.close(grace), self._daphne.close_websockets(_RESTARTS, _HANGING_UP))
        await self._daphne.finish_requests(_HANGING_UP)
        # The last connection to SQLite: what is still in its write-ahead log goes to the database file.
        await database.run(lambda: connection.close())  # looked up on the database thread: it is that thread's


def load_ahead() -> None:
    """What would otherwise hold up the event loop when it is needed first: addresses with their views, pages, TLS."""
    from django.template.loader import get_template
    from django.urls import reverse

    from conversations.services import upstreams

    upstreams.load_ahead()
    reverse("account_login")
    for name in ("conversations/chat.html", "account/login.html", "accounts/first_administrator.html"):
        get_template(name)


class _Blocks:
    """Counts what held up the event loop, and tells of each place once in a while."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._told: dict[str, float] = {}

    def found(self, block: Block) -> None:
        """Called by the monitor's thread."""
        self._figures.loop_blocks += 1
        place, now = "".join(block.stack[-1:]), time.monotonic()
        if now - self._told.get(place, -_SILENCE) >= _SILENCE:
            self._told[place] = now
            logger.warning("the event loop was held up for %s", block)


async def _start(process: object) -> None:
    await process.current()  # type: ignore[attr-defined]


def install_reactor() -> asyncio.AbstractEventLoop:
    """Twisted's reactor on a uvloop loop, where it is installed; must come before anything imports the reactor."""
    from twisted.internet import asyncioreactor

    try:
        import uvloop

        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    except ImportError:
        loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)
    return loop


if __name__ == "__main__":
    sys.exit(main())
