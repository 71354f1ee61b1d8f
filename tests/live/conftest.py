"""Live servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.server import LiveServer, installation


@pytest.fixture
def live_server_process(tmp_path: Path) -> Iterator[LiveServer]:
    """A server in a fresh installation, in demo mode."""
    with installation(tmp_path) as environment, LiveServer(tmp_path / "var", environment) as server:
        yield server
