"""From "send" to the first text on screen, in Chromium, beyond what the upstream itself takes to its first token."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from conversations.simulator import SimulatorThread
from tests.benchmarks.result import Bar, Result
from tests.browser.chromium import launch_arguments
from tests.browser.visitor import Visitor
from tests.live.server import LiveServer, installation

_RUNS = 5
_FIRST_TOKEN = 0.3
"""Seconds that the simulator takes to its first token. Measured apart in the same run, with a bare request."""

_ON_SCREEN = """() => new Promise((resolve) => {
  const log = document.querySelector("[role=log]");
  const known = log.querySelectorAll("article").length;
  const look = () => {
    const answer = log.querySelectorAll("article")[known + 1];
    const shown = answer && /simulated/i.test(answer.innerText);
    if (shown) resolve(performance.now() - start);
    else requestAnimationFrame(look);
  };
  const start = performance.now();
  document.querySelector("[aria-label='Send message']").click();
  requestAnimationFrame(look);
})"""


def measure() -> Result:
    """Median of five messages, each in a new chat, against the median of five bare requests to the same upstream."""
    with SimulatorThread(speed=50, first_token=_FIRST_TOKEN) as simulator, tempfile.TemporaryDirectory() as folder:
        upstream = statistics.median(_bare(simulator.base_url) for _ in range(_RUNS))
        with (
            installation(DEEPSEEK_API_KEY="sk-bench", DEEPSEEK_BASE_URL=simulator.base_url) as environment,
            LiveServer(Path(folder) / "var", environment, loop_limit=None) as server,
            sync_playwright() as playwright,
        ):
            page = playwright.chromium.launch(**launch_arguments()).new_page()
            visitor = Visitor(page, server)
            visitor.become_first_administrator()
            _on_screen(page)
            page_ms = statistics.median(_on_screen(page) for _ in range(_RUNS))
            page.context.close()
    added = page_ms - upstream
    return Result(
        figures={"upstream's first token, ms": upstream, "first text on screen, ms": page_ms, "added, ms": added},
        bars=[Bar("added to the first text, ms", added, 100.0)],
    )


def _on_screen(page: Page) -> float:
    page.get_by_role("button", name="New chat").first.click()
    page.get_by_role("textbox", name="Message").fill("count to 20")
    milliseconds = float(page.evaluate(_ON_SCREEN))
    page.get_by_role("button", name="Stop generating").wait_for(state="hidden")
    return milliseconds


def _bare(base_url: str) -> float:
    """Milliseconds to the first byte of text, by a client that does nothing else."""
    body = {
        "model": "deepseek-flash",
        "messages": [{"role": "user", "content": "count to 20"}],
        "stream": True,
        "thinking": {"type": "disabled"},
    }
    began = time.perf_counter()
    headers = {"Authorization": "Bearer sk-bench"}
    with httpx.stream("POST", f"{base_url}/chat/completions", json=body, headers=headers, timeout=30) as response:
        seen = b""
        for piece in response.iter_raw():
            seen += piece
            if b'"content":"A' in seen:
                break
    return (time.perf_counter() - began) * 1000
