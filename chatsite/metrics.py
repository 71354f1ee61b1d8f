"""The metrics of this process, as Prometheus gets them. All of them are defined here.

Nothing is kept in prometheus's own objects: what happens often is counted in plain numbers (`generation.figures`), and
what can be looked up is looked up when somebody asks. Values of labels come from short lists of our own or from the
settings; none of them names a person, a conversation or a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from chatsite import database
from conversations.generation.figures import Distribution, Figures, figures
from conversations.services import process
from conversations.services.process import ServerProcess

_BREAKER_STATES = ("closed", "open", "half_open")

REGISTRY = CollectorRegistry()
"""This process's. Nothing that libraries register by themselves is in it."""


class SiteCollector(Collector):
    """Reads everything at the moment of a scrape. Use from the event loop that serves."""

    def collect(self) -> Iterator[Metric]:
        yield from _counts(figures)
        yield from _distributions(figures)
        yield from _database(database.load())
        current = process.peek()
        if current is not None:
            yield from _present(current)
            yield from _upstreams(current)


def _counts(now: Figures) -> Iterator[Metric]:
    yield CounterMetricFamily("chatsite_frames_sent", "Frames handed to websockets.", now.frames)
    yield CounterMetricFamily("chatsite_snapshots", "Snapshots made for who attached or fell behind.", now.snapshots)
    yield CounterMetricFamily("chatsite_collapsed_queues", "Queues of readers that were too slow.", now.slow_readers)
    yield CounterMetricFamily("chatsite_retries", "Further calls for an answer after one that failed.", now.retries)
    yield CounterMetricFamily("chatsite_takeovers", "Generations taken over from another process.", now.takeovers)
    yield CounterMetricFamily("chatsite_loop_blocks", "Times that the event loop was held up.", now.loop_blocks)
    ends = CounterMetricFamily(
        "chatsite_generations_ended", "Generations that ended, by status and reason.", labels=("status", "reason")
    )
    for (status, reason), number in sorted(now.ends.items()):
        ends.add_metric((status, reason), number)
    yield ends


def _distributions(now: Figures) -> Iterator[Metric]:
    yield _histogram(
        "chatsite_first_token_seconds", "From the start of an attempt to its first frame.", now.first_token
    )
    yield _histogram("chatsite_tokens_per_second", "Speed of a call from its first token on.", now.token_speed)
    yield _histogram(
        "chatsite_added_latency_seconds", "From the reading of a piece to the frame that has it.", now.added_latency
    )
    yield _histogram("chatsite_queue_wait_seconds", "Wait for a turn, of those that had to wait.", now.queue_wait)
    yield _histogram("chatsite_checkpoint_generations", "Generations in one checkpoint.", now.checkpoint_sizes)
    yield _histogram("chatsite_checkpoint_seconds", "Time to save one checkpoint.", now.checkpoint_times)
    yield _histogram("chatsite_loop_lag_seconds", "How late the event loop ran a timer.", now.loop_lag)


def _database(load: database.Load) -> Iterator[Metric]:
    threads = {"busy": load.busy, "idle": load.threads - load.busy}
    yield _gauges("chatsite_database_threads", "Threads for database work.", "state", threads)
    yield GaugeMetricFamily("chatsite_database_jobs_waiting", "Database work without a thread.", load.waiting)
    if load.connections is None:
        return
    connections = {"used": load.connections.used, "idle": load.connections.idle}
    yield _gauges("chatsite_database_connections", "Connections to PostgreSQL in the pool.", "state", connections)
    yield GaugeMetricFamily(
        "chatsite_database_connections_waiting", "Threads that wait for a connection.", load.connections.waiting
    )


def _present(current: ServerProcess) -> Iterator[Metric]:
    load = current.engine.load
    states = {"running": load.running, "queued": load.queued, "stalled": load.stalled}
    yield _gauges(
        "chatsite_generations", "Generations of this process; stalled ones are among the others.", "state", states
    )
    yield GaugeMetricFamily("chatsite_sockets", "Open websockets of signed-in people.", current.notices.sockets)


def _upstreams(current: ServerProcess) -> Iterator[Metric]:
    calls = GaugeMetricFamily(
        "chatsite_upstream_calls", "Calls that run, and that wait for a turn.", labels=("upstream", "state")
    )
    breaker = GaugeMetricFamily(
        "chatsite_upstream_breaker", "1 for the state of the circuit breaker.", labels=("upstream", "state")
    )
    for upstream in current.client.upstreams:
        calls.add_metric((upstream.name, "running"), upstream.running)
        calls.add_metric((upstream.name, "waiting"), upstream.waiting)
        for state in _BREAKER_STATES:
            breaker.add_metric((upstream.name, state), upstream.breaker == state)
    yield from (calls, breaker)


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), number)
    return family


def _histogram(name: str, text: str, distribution: Distribution) -> Metric:
    return HistogramMetricFamily(name, text, buckets=list(_cumulated(distribution)), sum_value=distribution.sum)


def _cumulated(distribution: Distribution) -> Iterator[tuple[str, float]]:
    total = 0
    for bound, count in zip((*map(str, distribution.bounds), "+Inf"), distribution.counts, strict=True):
        total += count
        yield bound, total


REGISTRY.register(SiteCollector())
ProcessCollector(registry=REGISTRY)
