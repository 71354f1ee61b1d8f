"""A server that many visit: starting one for each visitor takes longer than most visits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from conversations.simulator import Simulator, SimulatorThread
from tests.live.people import Person, make_people
from tests.live.server import LiveServer, installation

LEASE = "2"
"""Seconds, as a string: shorter than usual, since tests wait for it after a crash."""
LOOP_LIMIT = 0.1
"""Seconds for which nothing may hold up a server's loop. A browser takes the cores, and what that makes of a short
callback is counted with it; tests without a browser hold servers to less."""
_SWIFT = {"speed": 400.0, "first_token": 0.05}
_DEMO = {"speed": 40.0, "first_token": 0.4}


class Site:
    """A live server and people in it, each of whom is signed in and was never there before."""

    def __init__(self, server: LiveServer, people: list[Person], simulator: Simulator | None) -> None:
        self.server = server
        self._people = iter(people)
        self._simulator = simulator

    def next_person(self) -> Person:
        return next(self._people)

    @contextmanager
    def at_demo_pace(self) -> Iterator[None]:
        """Answers come as slowly as in demo mode, to be looked at, stopped and left while they are written."""
        assert self._simulator is not None
        self._set(_DEMO)
        try:
            yield
        finally:
            self._set(_SWIFT)

    def _set(self, pace: dict[str, float]) -> None:
        assert self._simulator is not None
        self._simulator.speed, self._simulator.first_token = pace["speed"], pace["first_token"]


@contextmanager
def open_site(folder: Path, people: int, *, demo: bool = False, **settings: str) -> Iterator[Site]:
    """A site in an installation of its own, for so many people. In demo mode its own simulator answers, at its pace;
    otherwise one that is swift.
    """
    with ExitStack() as stack:
        simulator = None
        if not demo:
            simulator = stack.enter_context(SimulatorThread(recording=False, **_SWIFT))
            settings = {"DEEPSEEK_API_KEY": "sk-tests", "DEEPSEEK_BASE_URL": simulator.base_url, **settings}
        environment = stack.enter_context(installation(LEASE=LEASE, **settings))
        server = stack.enter_context(LiveServer(folder / "var", environment, loop_limit=LOOP_LIMIT))
        yield Site(server, make_people(people, server.whole_environment), simulator)
