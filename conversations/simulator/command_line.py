"""The simulator as a process: arguments, signals, and its one line of output."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading
from decimal import Decimal, InvalidOperation
from typing import Any

import uvloop

from .account import Account
from .repertoire import SCENARIOS
from .server import Simulator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--speed", type=_not_negative, default=40, metavar="N", help="deltas a second, 0: no limit")
    parser.add_argument(
        "--first-token", type=_not_negative, default=0.4, metavar="SECONDS", help="wait before the text"
    )
    parser.add_argument("--keep-alive", type=_not_negative, default=10, metavar="SECONDS", help="time between comments")
    parser.add_argument("--scenario", choices=SCENARIOS, default="normal", metavar="NAME", help="see --list-scenarios")
    parser.add_argument("--api-key", metavar="KEY", help="accept this key only (default: any)")
    parser.add_argument("--balance", type=_amount, metavar="USD", help="charge calls, refuse them when it is used up")
    parser.add_argument(
        "--price", type=_amount, default=Decimal(1), metavar="USD", help="of a million tokens, with --balance"
    )
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input ends")
    parser.add_argument("--list-scenarios", action="store_true", help="list the scenarios and end")


def run(options: dict[str, Any]) -> int:
    """Do what the arguments say; the exit status."""
    if options["list_scenarios"]:
        width = max(map(len, SCENARIOS))
        _say("\n".join(f"{one.name:{width}}  {one.description}" for one in SCENARIOS.values()))
        return 0
    names = ("host", "port", "speed", "first_token", "keep_alive", "scenario", "api_key")
    account = None if options["balance"] is None else Account(options["balance"], per_million=options["price"])
    simulator = Simulator(recording=False, account=account, **{name: options[name] for name in names})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(simulator, watch_stdin=options["exit_with_parent"]))


async def _serve(simulator: Simulator, *, watch_stdin: bool) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if watch_stdin:
        threading.Thread(target=_await_end_of_stdin, args=(loop, stop), daemon=True).start()
    try:
        async with simulator:
            _say(f"listening on {simulator.base_url}")
            await stop.wait()
    except OSError as error:
        sys.stderr.write(
            f"The simulator cannot listen on {simulator.host}:{simulator.port}: {os.strerror(error.errno or 0)}\n"
        )
        return 1
    return 0


def _await_end_of_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """By file descriptor: a thread that waits inside sys.stdin would hold its lock when the interpreter ends."""
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError("must be an amount of money") from None
    if not amount.is_finite() or amount < 0:
        raise argparse.ArgumentTypeError("must be an amount from 0 on")
    return amount


def _not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError("must be a number from 0 on")
    return number
