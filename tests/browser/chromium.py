"""Chromium as it is installed on the machine."""

from __future__ import annotations

import os
import shutil
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    # Nothing goes to anybody else's servers.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch_arguments() -> dict[str, Any]:
    """Playwright's launch options: the machine's browser instead of Playwright's own; as root without its sandbox."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    own = {"executable_path": path} if path else {}
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**own, "args": [*_FLAGS, *sandbox]}
