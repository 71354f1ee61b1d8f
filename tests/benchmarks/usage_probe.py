"""The measurements of `bin/bench usage` inside of the site's own process. Prints them as one line of JSON."""

from __future__ import annotations

import json
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup()

from django.conf import settings  # noqa: E402 - after the set-up
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from uuid_utils.compat import uuid7  # noqa: E402

from chatsite.accounts.models import User  # noqa: E402
from conversations.accounting import ledger  # noqa: E402
from conversations.admin.reports import REPORTS  # noqa: E402
from conversations.models import UpstreamCall, UsageDay  # noqa: E402

_PAGE_RUNS = 5
_RECORDINGS = 300
_LINES = 1_000_000
_FIRST_LINES = 100_000


def main() -> None:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    client.force_login(User.objects.create_superuser(f"bench{os.getpid()}@example.org"))
    print(json.dumps({"pages": _pages(client), "figures": {**_sizes(), **_recording(), **_file(client)}}))


def _sizes() -> dict[str, float]:
    return {
        "rows of the ledger": UpstreamCall.objects.count(),
        "rows of the rollup": UsageDay.objects.count(),
        "people": User.objects.count(),
    }


def _pages(client: Client) -> dict[str, Any]:
    """Each registered report as it opens: medians of the server's time, after one visit that is not counted."""
    found = {}
    person = str(UpstreamCall.objects.order_by("-started_at").values_list("user_ref", flat=True)[0])
    for report in REPORTS:
        # What no list names is the page about one person.
        url = report.url if report.listed else f"{report.url}?person={person}"
        runs = [_visit(client, url) for _ in range(_PAGE_RUNS + 1)][1:]
        found[report.name] = {
            "milliseconds": statistics.median(run[0] for run in runs),
            "queries": max(run[1] for run in runs),
        }
    return found


def _visit(client: Client, url: str) -> tuple[float, int]:
    with _queries() as count:
        began = time.perf_counter()
        answer = client.get(url)
        milliseconds = (time.perf_counter() - began) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answers {answer.status_code}")
    return milliseconds, count()


@contextmanager
def _queries() -> Iterator[Callable[[], int]]:
    number = 0

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal number
        number += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield lambda: number


def _recording() -> dict[str, float]:
    """Milliseconds that the database takes for `ledger.record` of one call, its commit included."""
    times = []
    for person in User.objects.values_list("pk", flat=True)[:_RECORDINGS]:
        call = _call(person)
        with connection.execute_wrapper(clock := _Clock()):
            with transaction.atomic():
                ledger.record([call])
                began = time.perf_counter()
            committed = time.perf_counter() - began
        times.append((clock.seconds + committed) * 1000)
    times.sort()
    return {
        "recording a call p50, ms": statistics.median(times),
        "recording a call p99, ms": times[int(len(times) * 0.99)],
    }


class _Clock:
    """Adds up the seconds of statements."""

    seconds = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began


def _call(person: UUID) -> UpstreamCall:
    now = datetime.now(UTC)
    return UpstreamCall(
        user_ref=person,
        generation_ref=uuid7(),
        purpose=UpstreamCall.Purpose.ANSWER,
        model_asked="deepseek-flash",
        started_at=now - timedelta(seconds=5),
        ended_at=now,
        cache_hit_tokens=320,
        cache_miss_tokens=19,
        output_tokens=83,
    )


def _file(client: Client) -> dict[str, float]:
    """Usage by person and day of a year as CSV, up to a million lines."""
    since = (datetime.now(UTC) - timedelta(days=365)).date()
    answer: Any = client.get("/admin/usage/", {"format": "csv", "since": since.isoformat()})
    began, lines, early = time.perf_counter(), 0, 0
    for part in answer.streaming_content:
        lines += part.count(b"\n")
        if not early and lines >= _FIRST_LINES:
            early = _resident()
        if lines >= _LINES:
            break
    seconds = time.perf_counter() - began
    return {
        "file: lines": lines,
        "file: lines/s": lines / seconds,
        "file: memory grows by, MB": max(0, _resident() - early) / 1e6 if early else 0.0,
    }


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
