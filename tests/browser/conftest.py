"""A person in front of a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import launch_arguments
from tests.browser.site import LEASE, LOOP_LIMIT, Site, open_site
from tests.browser.visitor import Visitor
from tests.live.server import LiveServer, installation

expect.set_options(timeout=15_000)  # a browser and a server share few cores; how soon is what benchmarks ask


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, **launch_arguments()}


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """What all share whose test changes nothing of what is not their own; swift."""
    with open_site(tmp_path_factory.mktemp("site"), len(request.session.items)) as site:
        yield site


@pytest.fixture(scope="session")
def demo_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same in demo mode."""
    with open_site(tmp_path_factory.mktemp("demo"), len(request.session.items), demo=True) as site:
        yield site


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A site with one person, for a test that changes or breaks it; swift."""
    with open_site(tmp_path, 1) as site:
        yield site


@pytest.fixture
def demo_pace(site: Site) -> Iterator[None]:
    """Answers of the shared site come slowly enough to be looked at while they are written."""
    with site.at_demo_pace():
        yield


@pytest.fixture
def visitor(page: Page, site: Site) -> Iterator[Visitor]:
    """Somebody who can come in at the shared site."""
    yield Visitor(page, site.server, site.next_person())
    site.server.check_loop()


@pytest.fixture
def demo_visitor(page: Page, demo_site: Site) -> Iterator[Visitor]:
    """Somebody who can come in at the shared site in demo mode."""
    yield Visitor(page, demo_site.server, demo_site.next_person())
    demo_site.server.check_loop()


@pytest.fixture
def lone_visitor(page: Page, own_site: Site) -> Visitor:
    """Somebody who can come in at a site that is theirs alone."""
    return Visitor(page, own_site.server, own_site.next_person())


@pytest.fixture
def newcomer(page: Page, tmp_path: Path) -> Iterator[Visitor]:
    """Somebody at a server of a fresh installation in demo mode."""
    with (
        installation(LEASE=LEASE) as environment,
        LiveServer(tmp_path / "var", environment, loop_limit=LOOP_LIMIT) as server,
    ):
        yield Visitor(page, server)
