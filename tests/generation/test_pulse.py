"""A process that was paused is not sure of what it owns."""

from __future__ import annotations

from conversations.generation.pulse import Pulse


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_pause_raises_doubt_until_the_database_was_asked_after_it() -> None:
    clock = Clock()
    pulse = Pulse(2.5, clock=clock)
    for _ in range(10):
        clock.now += 2
        assert pulse.is_sure()
    began = clock.now
    clock.now += 3
    assert not pulse.is_sure()
    assert not pulse.confirm(began)
    clock.now += 0.1
    assert not pulse.is_sure(), "that look was before the pause"
    assert pulse.confirm(clock.now)
    assert pulse.is_sure()
    assert not pulse.confirm(clock.now)


def test_who_owned_nothing_has_nothing_to_doubt() -> None:
    clock = Clock()
    pulse = Pulse(2.5, clock=clock)
    clock.now += 1000
    pulse.restart()
    assert pulse.is_sure()
