"""What travels between processes in one message of the channel layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

_SIZE = 256 * 1024
"""Bytes from which on a message takes no further ones: it is encrypted in one go."""

Recipient = TypeVar("Recipient")


def parcels(waiting: Iterable[tuple[Recipient, bytes]]) -> Iterator[list[tuple[Recipient, bytes]]]:
    """What waits, in its order and in pieces that a message can hold: at least one of them in each."""
    taken: list[tuple[Recipient, bytes]] = []
    size = 0
    for recipient, body in waiting:
        taken.append((recipient, body))
        size += len(body)
        if size >= _SIZE:
            yield taken
            taken, size = [], 0
    if taken:
        yield taken
