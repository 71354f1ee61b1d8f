"""A person in Chromium at a fresh installation, as the parts of this benchmark need it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from conversations.simulator import SimulatorThread
from tests.browser.chromium import launch_arguments
from tests.browser.visitor import Visitor
from tests.live.server import LiveServer, installation

MOMENTS = (Path(__file__).parent / "moments.js").read_text()
"""For contexts: marks `list-shown` and `can-read`, and `seenSoFar()`. (`can-write` is the page's own mark.)"""
_SPEED = 100.0
"""Deltas a second of the simulator."""


@contextmanager
def served(*, speed: float = _SPEED, flags: tuple[str, ...] = ()) -> Iterator[tuple[LiveServer, Visitor]]:
    """A server and a visitor who has not signed in. `speed` is the upstream's, in deltas a second; `flags` are
    Chromium's. Nothing of it is left afterwards.
    """
    with ExitStack() as stack:
        simulator = stack.enter_context(SimulatorThread(speed=speed))
        own = stack.enter_context(installation(DEEPSEEK_API_KEY="sk-bench", DEEPSEEK_BASE_URL=simulator.base_url))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(LiveServer(folder / "var", own, loop_limit=None))
        playwright = stack.enter_context(sync_playwright())
        launch = launch_arguments()
        browser = playwright.chromium.launch(**{**launch, "args": [*launch["args"], *flags]})
        stack.callback(browser.close)
        context = browser.new_context()
        context.add_init_script(MOMENTS)
        yield server, Visitor(context.new_page(), server)
