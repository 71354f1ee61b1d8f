"""Who holds up the event loop, for how long and where: a helper thread looks at the loop's thread again and again.

A *block* is one callback (a step of a task, a timer, a transport's callback) that kept the loop for longer than the
limit. Wall time would say little: on a busy machine any callback can take long while somebody else has the processor.
So only time that the loop's thread itself has taken counts:

* its CPU time, which the system keeps for each thread and anybody in the process may read;
* time asleep in a system call (a file, a connection, name resolution, a lock), seen in what Linux tells of a thread in
  `/proc/self/task/<id>/syscall`. Waiting for a processor shows as `running` there and does not count. Waiting for
  Python's interpreter lock, which other threads may hold, is a futex call with a timeout, and counts only when the code
  that waits is known to wait for something else (`threading`, `queue`, futures). Whoever begins a thread waits until it
  gets a processor: that does not count either. Where the system does not tell, CPU time alone counts.

What belongs to one callback is told by identity: two looks in a row that find the same task and the same function at
the root of the loop's stack, and no turn of the loop in between, which a timer of the loop marks: a task takes one step
in a turn. Both ends of a callback are missed by up to one interval, so that what is found is surely a block; one that
is shorter than the limit and two intervals may not be. A call into C that does not let go of the interpreter lock keeps
the helper from looking: its CPU time is found afterwards, and the place only if the callback still runs.

Blocks name code, and never hold values. The stack is read the way that a crash's is, by `faulthandler`: in one go,
while the loop's thread cannot run, and without making frame objects of what it executes, which CPython 3.11 does not
survive for long.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import platform
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, NamedTuple

_FUTEX = {"x86_64": 202, "aarch64": 98}.get(platform.machine())
_WAITING = ("/threading.py", "/queue.py", "/concurrent/futures/_base.py", "/asgiref/sync.py", "/subprocess.py")
"""Files of code that waits for other threads or processes, in futex calls with a timeout too."""
_TIMEOUT = 4
"""Its place among the words of a futex call."""
_ENDS = 8
"""Frames at either end of a stack that are told."""
_PROJECT = f"{Path(__file__).resolve().parent.parent}/"
_MACHINERY = "<frozen importlib"
_FEW = 2
"""Looks that the helper gets around a call that holds the interpreter lock: one before it and one behind it."""


@dataclass(frozen=True, slots=True)
class Block:
    """`seconds` of one callback: `cpu` of them working, the others asleep. `stack` is where, outermost first, as
    `file:line function`; empty when nobody could look."""

    seconds: float
    cpu: float
    stack: tuple[str, ...]

    def __str__(self) -> str:
        place = " > ".join(self.stack) or "a call into C that let nobody look"
        return f"{self.seconds * 1000:.0f} ms ({self.cpu * 1000:.0f} of them CPU) in {place}"


@dataclass(slots=True)
class _Look:
    """What one look at the loop's thread found."""

    at: float
    cpu: float
    turn: int
    root: tuple[int, str, str] | None
    """The task, by its id (0: none), and the file and name of the outermost function of the running callback."""
    asleep: bool


class _Frame(NamedTuple):
    """A place in the code."""

    path: str
    line: int
    function: str


class LoopMonitor:
    """Watches the thread that makes it. `turns` follows; `start` and `stop` the helper thread."""

    def __init__(self, *, limit: float, on_block: Callable[[Block], None]) -> None:
        """`on_block` is called by the helper thread for each callback that took more than `limit` seconds."""
        self.interval = min(0.05, max(0.004, limit / 4))
        self._limit = limit
        self._on_block = on_block
        self._thread = _Thread()
        self._turn = 0
        self._ticks = False
        self._marked = 0.0  # the thread's CPU time at the last turn
        self._looks = 0  # since then
        self._unseen = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._depth = 0  # frames below a callback of the loop
        self._last: _Look | None = None
        self._cpu = self._asleep = 0.0
        self._stack: tuple[str, ...] = ()
        self._ended = threading.Event()
        self._helper = threading.Thread(target=self._watch, name="loop monitor", daemon=True)

    def start(self) -> None:
        self._helper.start()

    def stop(self) -> None:
        """Nothing is reported any more when this returns."""
        self._ended.set()
        self._helper.join()

    def follow(self, loop: asyncio.AbstractEventLoop, on_lag: Callable[[float], None]) -> None:
        """Mark the turns of `loop`, which runs in the watched thread for as long as it lives, by a timer each interval;
        `on_lag` gets the seconds by which it ran too late."""
        due = time.monotonic()

        def tick() -> None:
            nonlocal due
            now = time.monotonic()
            self._turn += 1
            self._depth = _depth(sys._getframe(1))
            self._mark(time.thread_time())
            on_lag(max(0.0, now - due))
            due = now + self.interval
            loop.call_later(self.interval, tick)

        self._loop = loop
        self._marked = time.thread_time()
        self._ticks = True
        loop.call_soon(tick)

    def _mark(self, cpu: float) -> None:
        if self._has_worked_unseen(cpu):
            self._unseen = cpu - self._marked
        self._marked, self._looks = cpu, 0

    def _has_worked_unseen(self, cpu: float) -> bool:
        """Whether there was more work since the last turn than fits, and the helper was kept from looking."""
        return self._ticks and self._looks <= _FEW and cpu - self._marked > self._limit + self.interval

    # --- the helper thread ----------------------------------------------------------------------------------------

    def _watch(self) -> None:
        with _Stacks(self._thread.id) as stacks:
            while not self._ended.wait(self.interval):
                self._look(stacks)

    def _look(self, stacks: _Stacks) -> None:
        last = self._last
        # Before the stack: to read a file lets other threads run.
        call = self._thread.call() if last is not None and last.root is not None else None
        at, cpu, turn, task = time.monotonic(), self._thread.cpu(), self._turn, self._task()
        is_running = self._loop is not None and self._loop.is_running()
        stack = stacks.read()[self._depth :] if is_running else []
        root = (task, stack[0].path, stack[0].function) if stack else None
        self._last = look = _Look(at, cpu, turn, root, bool(stack) and call is not None and call.is_sleep(stack))
        self._looks += 1
        if last is not None and look.root is not None and look.root == last.root and look.turn == last.turn:
            self._count(last, look)
        else:
            self._settle()
            if look.root is not None and self._has_worked_unseen(look.cpu):
                self._looks = _FEW + 1  # the turn's mark need not find it again
                self._cpu = look.cpu - self._marked
        if not self._stack and self._cpu + self._asleep > self._limit:
            self._stack = _told(stack)

    def _task(self) -> int:
        """The task that runs, by its id; 0 for a plain callback. It is let go of at once: what hangs on it is the
        loop's own business."""
        task = None if self._loop is None else asyncio.current_task(self._loop)
        return 0 if task is None else id(task)

    def _count(self, last: _Look, look: _Look) -> None:
        """The same callback still runs."""
        cpu = look.cpu - last.cpu
        self._cpu += cpu
        if last.asleep and look.asleep:
            # Bounded: a helper that was kept from looking has not seen that it slept all the time.
            self._asleep += max(0.0, min(look.at - last.at, 2 * self.interval) - cpu)

    def _settle(self) -> None:
        """Another callback runs, or none."""
        seconds = self._cpu + self._asleep
        if seconds > self._limit:
            self._on_block(Block(seconds, self._cpu, self._stack))
        unseen, self._unseen = self._unseen, 0.0
        if unseen:
            self._on_block(Block(unseen, unseen, ()))
        self._cpu = self._asleep = 0.0
        self._stack = ()


def _memory_file() -> IO[str]:
    """A file that need not be on a disk. It has to be a file: a pipe could fill up while nobody may read."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("stacks"), "w+", encoding="utf-8", errors="replace")
    return tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")


class _Stacks:
    """Reads the stack of one thread out of what `faulthandler` writes of all of them, outermost frame first."""

    _LINE = re.compile(r'  File "(.*)", line (\d+) in (.*)')
    _CUT = "  ..."
    """Written in the place of what is further out than a hundred frames."""

    def __init__(self, thread: int) -> None:
        self._title = re.compile(rf"(?:Current thread|Thread) 0x0*{thread:x} ")
        self._file = _memory_file()

    def __enter__(self) -> _Stacks:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self) -> list[_Frame]:
        """The frames; none for a thread that has ended, or one with a stack too deep to be told."""
        file = self._file
        file.seek(0)
        file.truncate()
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        frames: list[_Frame] = []
        found = False
        for text in file:
            if line := self._LINE.match(text):
                if found:
                    frames.append(_Frame(line[1], int(line[2]), line[3]))
            elif found and text.startswith(self._CUT):
                return []
            elif self._title.match(text):
                found = True
            elif found:
                break
        frames.reverse()
        return frames


class _Thread:
    """The thread that makes it, as others see it."""

    def __init__(self) -> None:
        self.id = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self.id) if hasattr(time, "pthread_getcpuclockid") else None
        self._call = Path(f"/proc/self/task/{threading.get_native_id()}/syscall")

    def cpu(self) -> float:
        return 0.0 if self._clock is None else time.clock_gettime(self._clock)

    def call(self) -> _Call | None:
        """The system call that it sleeps in; None when it works, waits for a processor, or nobody knows."""
        try:
            words = self._call.read_text().split()
        except OSError:
            return None
        if not words or words[0] == "running":
            return None
        return _Call(int(words[0]), has_timeout=len(words) > _TIMEOUT and int(words[_TIMEOUT], 16) != 0)


@dataclass(frozen=True, slots=True)
class _Call:
    """A system call; `has_timeout` says something of a futex call only."""

    number: int
    has_timeout: bool

    def is_sleep(self, stack: Sequence[_Frame]) -> bool:
        """Whether it waits for something else than the interpreter lock, made by the code at the end of `stack`."""
        if _begins_a_thread(stack):
            return False
        if _FUTEX is None or (self.number == _FUTEX and self.has_timeout):
            return stack[-1].path.endswith(_WAITING)
        return True


def _begins_a_thread(stack: Sequence[_Frame]) -> bool:
    """Whether the code waits until a thread that it has made gets a processor for the first time."""
    for frame in reversed(stack):
        if frame.path != threading.__file__:
            return False
        if frame.function == threading.Thread.start.__name__:
            return True
    return False


def _depth(frame: FrameType | None) -> int:
    """How many frames there are from `frame` outwards. For the thread's own stack only."""
    depth = 0
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    return depth


def _told(stack: Sequence[_Frame]) -> tuple[str, ...]:
    lines = [f"{_short(path)}:{line} {function}" for path, line, function in stack if not path.startswith(_MACHINERY)]
    if len(lines) > 2 * _ENDS:
        lines[_ENDS:-_ENDS] = ["…"]
    return tuple(lines)


def _short(path: str) -> str:
    """Below the project or the packages' folder: what stands before says where somebody installed it."""
    _, _, package = path.rpartition("/site-packages/")
    if package != path:
        return package
    return path.removeprefix(_PROJECT) if path.startswith(_PROJECT) else "/".join(Path(path).parts[-3:])
