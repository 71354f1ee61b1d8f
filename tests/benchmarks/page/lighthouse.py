"""Lighthouse with its mobile preset (a slow phone on a slow line) on the sign-in page and on the chat page."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.benchmarks.result import Bar, Result
from tests.browser.chromium import launch_arguments
from tests.browser.visitor import Visitor
from tests.live.prepared import ROOT
from tests.live.server import LiveServer, free_port, installation

_RUNS = 3
_LEAST = 95
_CATEGORIES = ("performance", "accessibility", "best-practices")
_TIMES = {
    "first-contentful-paint": "first paint, ms",
    "largest-contentful-paint": "largest paint, ms",
    "total-blocking-time": "blocked, ms",
}
_TOOL = Path(__file__).parent / "audits"
"""Its own package: nothing else needs what Lighthouse brings along."""


def measure() -> Result:
    """Median of three audits of each page, in the profile of somebody who has signed in, or not."""
    node = _installed()
    result = Result()
    with (
        tempfile.TemporaryDirectory() as folder,
        installation() as environment,
        LiveServer(Path(folder) / "var", environment, loop_limit=None) as server,
        sync_playwright() as playwright,
    ):
        port = free_port()
        launch = launch_arguments()
        context = playwright.chromium.launch_persistent_context(
            Path(folder) / "profile", **{**launch, "args": [*launch["args"], f"--remote-debugging-port={port}"]}
        )
        Visitor(context.new_page(), server).become_first_administrator()
        chat = [_audit(node, server.url + "/", port) for _ in range(_RUNS)]
        context.clear_cookies()
        sign_in = [_audit(node, server.url + "/accounts/login/", port) for _ in range(_RUNS)]
        context.close()
    _report(result, "chat", chat)
    _report(result, "sign-in", sign_in)
    return result


def _installed() -> str:
    """Node, after Lighthouse was installed as its lock file says."""
    sys.path.insert(0, str(ROOT / "bin"))
    from set_up import find_node

    node = find_node()
    assert node is not None, "bin/setup --dev brings Node"
    if not (_TOOL / "node_modules" / ".package-lock.json").exists():
        command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=_TOOL, env=node.environment, check=True)
    return node.node


def _audit(node: str, url: str, port: int) -> dict[str, Any]:
    """Lighthouse's report. What is stored in the profile stays: it has the session."""
    program = _TOOL / "node_modules" / "lighthouse" / "cli" / "index.js"
    options = ["--quiet", "--output=json", f"--port={port}", "--disable-storage-reset", "--no-enable-error-reporting"]
    command = [node, str(program), url, *options, f"--only-categories={','.join(_CATEGORIES)}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["finalDisplayedUrl"] == url, report["finalDisplayedUrl"]
    return report


def _report(result: Result, page: str, reports: list[dict[str, Any]]) -> None:
    for audit, words in _TIMES.items():
        result.figures[f"{page}: {words}"] = statistics.median(
            report["audits"][audit]["numericValue"] for report in reports
        )
    shift = statistics.median(report["audits"]["cumulative-layout-shift"]["numericValue"] for report in reports)
    result.bars.append(Bar(f"{page}: layout shift", shift, 0.1))
    for category in _CATEGORIES:
        score = statistics.median(report["categories"][category]["score"] * 100 for report in reports)
        result.bars.append(Bar(f"{page}: {category}", score, _LEAST, at_least=True))
