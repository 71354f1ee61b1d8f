"""Live servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conversations.simulator import SimulatorThread
from tests.live.server import LiveServer, installation


@pytest.fixture
def live_server_process(tmp_path: Path) -> Iterator[LiveServer]:
    """A server in a fresh installation, with a fast simulator as upstream."""
    with (
        SimulatorThread(speed=200) as simulator,
        installation(DEEPSEEK_API_KEY="sk-tests", DEEPSEEK_BASE_URL=simulator.base_url) as environment,
        LiveServer(tmp_path / "var", environment) as server,
    ):
        yield server
