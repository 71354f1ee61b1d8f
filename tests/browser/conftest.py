"""Chromium as it is installed on the machine, and a person in front of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.visitor import Visitor
from tests.live.server import LiveServer, installation

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    # Nothing goes to anybody else's servers from a test.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's Chromium, where it has one, instead of Playwright's own; as root without its sandbox."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    own = {"executable_path": path} if path else {}
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return browser_type_launch_args | own | {"args": [*_FLAGS, *sandbox]}


@pytest.fixture
def visitor(page: Page, tmp_path: Path) -> Iterator[Visitor]:
    """Somebody at a server of a fresh installation in demo mode."""
    with installation(LEASE="2") as environment, LiveServer(tmp_path / "var", environment) as server:
        yield Visitor(page, server)
