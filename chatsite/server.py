"""The server: Daphne on uvloop, with a start that checks everything first and a shutdown that loses nothing.

Daphne does not speak the ASGI lifespan protocol, so start-up and shutdown hooks are here. `python -m chatsite.server`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

from chatsite.installation import Installation
from chatsite.preflight import Obstacle

if TYPE_CHECKING:
    from chatsite.environment import Environment

_MAX_FRAME_BYTES = 32 * 1024 * 1024
"""Of one websocket message from a browser; Daphne's own megabyte is less than a long message in UTF-8."""


def main() -> int:
    """Prepare the installation and serve until a signal. Returns the exit status."""
    try:
        environment = _prepare()
    except Obstacle as obstacle:
        print(f"chatsite: {obstacle}", file=sys.stderr)  # noqa: T201 - the operator's terminal
        return 1
    return Server(environment).run()


def _prepare() -> Environment:
    installation = Installation(_say)
    with installation.alone():
        return _make_ready(installation)


def _make_ready(installation: Installation) -> Environment:
    environment = installation.prepare_environment()
    if environment.demo:
        from chatsite.demo import Demo

        os.environ["SIMULATOR_URL"] = Demo().url()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    import django

    django.setup()
    installation.check_settings()
    installation.prepare_database()
    installation.prepare_static_files()
    _announce_setup_token(environment)
    from django.db import connections

    connections.close_all()
    return environment


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


class Server:
    """Daphne with our shutdown: stop accepting, let running answers finish for a while, hand over the rest."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._status = 0
        self._stopping = False

    def run(self) -> int:
        """Serve until SIGINT or SIGTERM. Returns the exit status."""
        loop = _install_reactor()
        from daphne.server import Server as DaphneServer
        from twisted.internet import reactor

        from chatsite.asgi import application

        host = self._environment.host.replace(":", r"\:")
        self._daphne = DaphneServer(
            application=application,
            endpoints=[f"tcp:port={self._environment.port}:interface={host}"],
            signal_handlers=False,
            ready_callable=self._ready,
            server_name="",
            websocket_timeout=-1,
            websocket_max_message_size=_MAX_FRAME_BYTES,
            websocket_max_frame_size=_MAX_FRAME_BYTES,
            verbosity=0,
        )
        self._daphne.listen_error = self._listen_error
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled)
        reactor.addSystemEventTrigger("before", "shutdown", self._shut_down)
        self._loop, self._reactor = loop, reactor
        self._daphne.run()
        return self._status

    def _ready(self) -> None:
        # What is alive now stays alive: out of the way of every later collection.
        gc.collect()
        gc.freeze()
        self._reactor.callWhenRunning(self._started)

    def _started(self) -> None:
        from conversations.services import process

        self._first = self._loop.create_task(_start(process))
        _say(
            f"ready at {self._environment.origin}/"
            + (" (demo mode: answers are simulated)" if self._environment.demo else "")
        )

    def _listen_error(self, failure: object) -> None:
        text = "Cannot listen: the port was taken meanwhile. Start with another PORT."
        print(f"chatsite: {text}", file=sys.stderr)  # noqa: T201 - the operator's terminal
        self._status = 1
        self._reactor.callWhenRunning(self._reactor.stop)

    def _signalled(self) -> None:
        if self._stopping:
            # The second signal: somebody does not want to wait. Checkpoints are in the database.
            os._exit(1)
        self._stopping = True
        self._reactor.stop()

    def _shut_down(self) -> object:
        """Runs before the reactor ends; it waits for the Deferred that this returns."""
        from twisted.internet.defer import Deferred

        return Deferred.fromFuture(asyncio.ensure_future(self._drain(), loop=self._loop))

    async def _drain(self) -> None:
        from django.db import connection

        from chatsite import database
        from conversations.services import process

        for listening in self._daphne.listeners:
            listening.addCallback(lambda port: port.stopListening() if port is not None else None)
        running = (await process.current()).engine.running
        if running:
            grace = self._environment.shutdown_grace
            _say(f"finishing {running} running answers, at most {grace:.0f} s (once more to stop now)")
        await process.close(self._environment.shutdown_grace)
        # The last connection to SQLite: what is still in its write-ahead log goes to the database file.
        await database.run(connection.close)


async def _start(process: object) -> None:
    await process.current()  # type: ignore[attr-defined]


def _install_reactor() -> asyncio.AbstractEventLoop:
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
