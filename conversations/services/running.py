"""What is being answered right now, on all processes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from conversations.models import Generation


@dataclass(frozen=True, slots=True)
class Running:
    """Counts only: neither whose nor what."""

    running: int
    queued: int
    people: int
    models: tuple[tuple[str, int], ...]
    """How many are running or waiting of each model, most first."""


def running_now() -> Running:
    """One query, on the index of unfinished generations."""
    rows = list(Generation.objects.filter(status__in=Generation.UNFINISHED).values_list("status", "model", "user_id"))
    states = Counter(status for status, _, _ in rows)
    models = Counter(model for _, model, _ in rows)
    return Running(
        running=states[Generation.Status.RUNNING],
        queued=states[Generation.Status.QUEUED],
        people=len({user for _, _, user in rows}),
        models=tuple(models.most_common()),
    )
