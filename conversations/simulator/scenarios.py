"""What a scenario is: which calls it affects, and what is different about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from .alterations import Alteration, unaltered
from .catalogue import BALANCE, MODELS
from .faults import Script
from .refusals import Refusal
from .reply import whole
from .steps import Now, Step

Body = Callable[[bytes], Iterator[Step]]


def always(_: int) -> bool:
    return True


def not_every(count: int) -> Callable[[int], bool]:
    """All calls but every `count`-th."""
    return lambda number: number % count != 0


def every(count: int) -> Callable[[int], bool]:
    return lambda number: number % count == 0


def complete(body: bytes) -> Iterator[Step]:
    yield Now(body)


def half(*ending: Step) -> Body:
    """A body broken off in the middle, then these steps."""
    return lambda body: iter((Now(body[: len(body) // 2]), *ending))


def instead(*steps: Step) -> Body:
    """A body that has nothing to do with the answer."""
    return lambda _: iter(steps)


@dataclass(frozen=True)
class Scenario:
    """One row of the repertoire; what is left out is as usual.

    `affects` is asked with the number of the call, counted from 1 over all calls of the scenario or, by `counting`,
    over repetitions of the same request (a retry, a continuation). Where it says no, the call is answered as usual.
    `everywhere`: the refusal holds for the model list and the balance too. `silent` and `reset` come before a status
    line. `alter` changes the whole answer, `portion` what is left of it after the prefix. `first_token`, `keep_alive`
    (seconds) and `speed` (deltas a second), unless None, replace the simulator's. `script` is for calls that stream,
    `body` for those that do not.
    """

    name: str
    description: str
    refusal: Refusal | None = None
    affects: Callable[[int], bool] = always
    counting: Literal["scenario", "request"] = "scenario"
    everywhere: bool = False
    before_status: Literal["silent", "reset"] | None = None
    alter: Alteration = unaltered
    portion: Alteration = unaltered
    finish_reason: str | None = None
    script: Script = whole
    body: Body = complete
    content_type: str | None = None
    first_token: float | None = None
    keep_alive: float | None = None
    speed: float | None = None
    balance: bytes | Refusal = BALANCE
    models: bytes = MODELS

    @property
    def for_titles(self) -> bool:
        """Whether it is about calls that ask for a title; all others leave those alone."""
        return self.name.startswith("title-")
