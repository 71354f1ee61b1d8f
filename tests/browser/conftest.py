"""A person in front of a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.chromium import launch_arguments
from tests.browser.visitor import Visitor
from tests.live.server import LiveServer, installation


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, **launch_arguments()}


@pytest.fixture
def visitor(page: Page, tmp_path: Path) -> Iterator[Visitor]:
    """Somebody at a server of a fresh installation in demo mode."""
    with installation(LEASE="2") as environment, LiveServer(tmp_path / "var", environment) as server:
        yield Visitor(page, server)
