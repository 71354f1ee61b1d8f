"""A warm start of `bin/serve` to its first answered request, and the memory of the idle server."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from tests.benchmarks.result import Bar, Result
from tests.live.prepared import ROOT
from tests.live.server import free_port

_RUNS = 5
_PATIENCE = 120.0
_SETTLE = 2.0
"""Seconds of idling before memory is read."""


def measure() -> Result:
    """Median of five starts of an embedded installation in demo mode, after one that sets it up."""
    with tempfile.TemporaryDirectory() as folder:
        _start(Path(folder))
        runs = [_start(Path(folder)) for _ in range(_RUNS)]
    seconds = statistics.median(run[0] for run in runs)
    megabytes = statistics.median(run[1] for run in runs)
    return Result(
        figures={"warm start, s": seconds, "idle server process, MB": megabytes},
        bars=[Bar("warm start, s", seconds, 3.0), Bar("idle server process, MB", megabytes, 150.0)],
    )


def _start(folder: Path) -> tuple[float, float]:
    """Seconds to the first answer, and resident megabytes (of 10^6 bytes) of the server without its simulator."""
    port = free_port()
    environment = {**os.environ, "DATA_DIR": str(folder), "PORT": str(port)}
    began = time.perf_counter()
    process = subprocess.Popen(
        ["bin/serve"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began > _PATIENCE:
                raise RuntimeError("bin/serve did not start")
            time.sleep(0.01)
        seconds = time.perf_counter() - began
        time.sleep(_SETTLE)
        return seconds, _resident(process.pid) / 1e6
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_PATIENCE)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/accounts/login/", timeout=10).status_code < 500
    except httpx.HTTPError:
        return False


def _resident(pid: int) -> int:
    """Bytes; `bin/serve` has become the server by `exec`, so that its pid is the server's."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024
