"""The DeepSeek client against the OpenAI SDK and against the bare minimum; medians of five interleaved rounds."""

from __future__ import annotations

import statistics

from tests.benchmarks.contenders import CONTENDERS
from tests.benchmarks.contest import compete
from tests.benchmarks.result import Bar, Result
from tests.benchmarks.upstream import running_upstream

_ROUNDS = 5


def measure() -> Result:
    """Every round measures all contenders one after the other: what else the machine does then, meets all of them."""
    with running_upstream() as url:
        paced = _rounds("paced", url)
        bulk = _rounds("bulk", url)
        memory = statistics.median(compete("memory", "ours", url) for _ in range(_ROUNDS))
        line = statistics.median(compete("line", "ours", url) for _ in range(_ROUNDS))
    figures = {f"paced, {name}, µs of CPU an event": statistics.median(paced[name]) for name in paced}
    figures |= {f"bulk, {name}, µs of CPU an event": statistics.median(bulk[name]) for name in bulk}
    figures |= {"open stream, kB": memory, "64 MiB line, kB at most": line}
    bars = [
        Bar("paced: ours / OpenAI SDK", _ratio(paced, "openai"), 1 / 4),
        Bar("paced: ours / bare loop", _ratio(paced, "bare"), 1.3),
        Bar("bulk: ours / OpenAI SDK", _ratio(bulk, "openai"), 1 / 6),
        Bar("open stream, kB", memory, 100),
        Bar("64 MiB line, kB", line, 16 * 1024 * 1.024),
    ]
    return Result(figures=figures, bars=bars)


def _rounds(what: str, url: str) -> dict[str, list[float]]:
    rounds = [{name: compete(what, name, url) for name in CONTENDERS} for _ in range(_ROUNDS)]
    return {name: [one[name] for one in rounds] for name in CONTENDERS}


def _ratio(measured: dict[str, list[float]], other: str) -> float:
    """The median of the ratios of each round."""
    return statistics.median(mine / theirs for mine, theirs in zip(measured["ours"], measured[other], strict=True))
