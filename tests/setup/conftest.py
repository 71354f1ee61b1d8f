"""Small checkouts. Making a virtual environment takes seconds, so most tests share one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.setup.checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """One where nothing was set up."""
    return Checkout(tmp_path / "checkout")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """One that is set up and that can serve."""
    checkout = Checkout(tmp_path_factory.mktemp("ready") / "checkout")
    finished = checkout.run("setup")
    assert finished.status == 0, finished.err
    checkout.with_site()
    return checkout
