"""What one server process runs beside its sockets: client, engine, notices, relay, sweeper. Here they are put
together.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from channels.layers import BaseChannelLayer, get_channel_layer
from django.conf import settings
from django.utils import translation

from chatsite import database
from chatsite.environment import Environment
from conversations.generation.engine import Engine, Pace
from conversations.generation.figures import figures
from conversations.generation.job import Job
from conversations.generation.relay import Relay
from conversations.generation.run import Receiver
from conversations.models import Generation, UpstreamCall
from conversations.services import answers, budget_keeper, conversations
from conversations.services.aftermath import Aftermath
from conversations.services.alert_sender import AlertSender
from conversations.services.clearing import clear_away
from conversations.services.listener import Listener
from conversations.services.notices import Notice, Notices, Watch
from conversations.services.replies import Reply
from conversations.services.rows import generation_row
from conversations.services.site_watch import SiteWatch
from conversations.services.sweeper import Sweeper
from conversations.services.trash_collector import TrashCollector
from conversations.services.upstreams import client_of

logger = logging.getLogger(__name__)

_RESTART_PAUSE = 1.0
"""Seconds before a task that failed begins again."""
_LOOK_FOR_LOSSES = 1.0
"""Seconds between two looks for notices that got lost."""
_CANCEL_AGAIN = 0.2
"""Seconds after which a task that goes on is cancelled once more."""
_LAST_TAKEOVER = 1.0
"""Seconds that a takeover which has begun gets when the process ends."""


class ServerProcess:
    """The living parts of one process. Use from one event loop."""

    def __init__(self, environment: Environment, *, channel: str, layer: BaseChannelLayer | None) -> None:
        """`channel` is this process's name, to the channel layer and as owner in the database."""
        self.channel = channel
        self._environment = environment
        self._layer = layer
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self._sweeping: asyncio.Task[None] | None = None
        self.client = client_of(environment)
        self.notices = Notices(origin=channel, layer=layer)
        self.listener = (
            Listener(channel=channel, layer=layer, take=self._received, returned=self.notices.missed) if layer else None
        )
        self.engine = Engine(
            owner=channel,
            client=self.client,
            pace=Pace(
                frame_interval=environment.frame_interval,
                checkpoint_interval=environment.checkpoint_interval,
                lease=environment.lease,
            ),
            pseudonym_key=environment.secret_key,
            simulated=environment.demo,
            after_end=self._after_end,
            after_calls=self._after_calls,
        )
        self._site_watch = SiteWatch(environment)
        self._alert_sender = AlertSender(environment)
        self._sweeper = Sweeper(
            owner=channel,
            lease=environment.lease,
            simulated=environment.demo,
            closing=self._closing,
            take_up=self._take_up,
            after_end=self._after_end,
        )
        self.relay = Relay(channel=channel, layer=layer, engine=self.engine) if layer else None
        self.trash = TrashCollector(stop=self._stop_at)
        self._aftermath = Aftermath(environment, self.client, self.notices)

    def start(self) -> None:
        """Begin to listen to other processes and to look after generations whose owner is gone."""
        self._loop = asyncio.get_running_loop()
        self._sweeping = self._spawn(_supervise(self._sweeper.sweep))
        self._spawn(_supervise(self.trash.collect))
        self._spawn(_supervise(clear_away))
        self._spawn(_supervise(budget_keeper.keep))
        self._spawn(_supervise(self._site_watch.watch))
        self._spawn(_supervise(self._alert_sender.send))
        if self.listener is not None:
            self._spawn(_supervise(self.listener.listen))
            self._spawn(_supervise(self._keep_in_touch))
            self._spawn(_supervise(self._look_for_losses))

    async def _keep_in_touch(self) -> None:
        assert self.listener is not None  # noqa: S101 - started with one only
        await self.listener.keep_joined(self.notices.tell_number)

    async def _look_for_losses(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_FOR_LOSSES)
            self.notices.look_for_losses()

    @property
    def closing(self) -> bool:
        """Whether this process is about to end: it takes no more commands."""
        return self._closing.is_set()

    @property
    def is_sweeping(self) -> bool:
        """Whether somebody here looks after generations whose owner is gone, and lately could."""
        return self._sweeping is not None and not self._sweeping.done() and self._sweeper.is_alive

    async def close(self, grace: float) -> None:
        """Let running answers finish for up to `grace` seconds, then end. What still runs is taken over elsewhere."""
        self._closing.set()
        if self._sweeping is not None:
            # To its end, not cancelled: a generation that was claimed but not started would wait for its lease to end.
            await asyncio.wait([self._sweeping], timeout=_LAST_TAKEOVER)
            self._sweeping.cancel()
        all_told = await self.engine.drain(grace)
        await _cancelled(self._tasks)
        await self.notices.take_leave(all_told=all_told)
        if self.listener is not None:
            await self.listener.leave()
        await self.client.aclose()
        await database.settle()
        # Also what a command wrote at the very last.
        await self.engine.hand_over()

    # --- what commands ask for ------------------------------------------------------------------------------------

    async def begin(self, user_id: UUID, reply: Reply) -> None:
        """After a command's commit: announce what it wrote and start its generation."""
        if reply.job is None:
            return
        self.engine.start(reply.job)
        conversation = str(reply.conversation_id)
        await self.notices.publish(
            user_id,
            Notice({"type": "conversation.changed", "conversation": reply.conversation}),
            *(Notice({"type": "message.created", "message": row}, follow=conversation) for row in reply.messages),
            Notice(None, follow=conversation, watch=Watch(str(reply.answer_id), reply.job.attempt, self.channel)),
        )

    async def stop(self, user_id: UUID, message_id: UUID) -> None:
        """Stop an answer, whichever process runs it. Raises `NotFound`."""
        owner = await database.run(answers.request_stop, user_id, message_id)
        await self._stop_at(owner, message_id)

    async def delete(self, user_id: UUID, conversation_id: UUID) -> None:
        """Delete a conversation and stop what runs in it. Raises `NotFound`."""
        running = await database.run(conversations.delete, user_id, conversation_id)
        for message_id, owner in running:
            await self._stop_at(owner, message_id)
        await self.notices.publish(
            user_id, Notice({"type": "conversation.deleted", "conversation": str(conversation_id)})
        )

    async def follow(self, owner: str, message_id: UUID, receiver: Receiver, seen: tuple[int, int] | None) -> None:
        """Let `receiver` watch a running generation of `owner`. A run that is still here but belongs to another owner
        by now is not shown: it ends without a word as soon as it learns of that."""
        if owner == self.channel:
            self.engine.attach(message_id, receiver, seen)
        elif owner and self.relay is not None and not await self.relay.follow(owner, message_id, receiver, seen):
            assert self.listener is not None  # noqa: S101 - there is one wherever there is a relay
            self.listener.doubt()

    def leave(self, message_id: UUID, receiver: Receiver) -> None:
        """The opposite of `follow`."""
        self.engine.detach(message_id, receiver)
        if self.relay is not None:
            self.relay.leave(message_id, receiver)

    async def _stop_at(self, owner: str, message_id: UUID) -> None:
        if owner == self.channel:
            self.engine.stop(message_id)
        elif owner and self._layer is not None:
            try:
                await self._layer.send(owner, {"type": "stop", "message": str(message_id)})
            except Exception as error:  # noqa: BLE001 - each layer has its own errors
                # The owner reads the fact with its next renewal.
                logger.warning("a stop did not reach its owner (%s)", type(error).__name__)

    # --- after an end ---------------------------------------------------------------------------------------------

    async def _after_end(self, job: Job, ended: Generation) -> None:
        figures.ended(ended.status, ended.error_code, ended.finish_reason)
        with translation.override(job.language):
            frame = {"type": "generation.finished", "message": str(job.message_id), **generation_row(ended)}
        if self.relay is not None:
            # Frames before the end, also on the way to other processes.
            await self.relay.flush(job.message_id)
        await self.notices.publish(job.user_id, Notice(frame, follow=str(job.conversation_id)))
        if self._aftermath.is_needed(job, ended):
            self._spawn(self._aftermath.work(job, ended))

    def _after_calls(self, calls: Sequence[UpstreamCall]) -> None:
        if self._site_watch.concerns(calls):
            self._spawn(self._site_watch.called(calls))

    async def _take_up(self, job: Job) -> None:
        """Run what was taken over."""
        self.engine.start(job)
        watch = Watch(str(job.message_id), job.attempt, self.channel)
        await self.notices.publish(job.user_id, Notice(None, follow=str(job.conversation_id), watch=watch))

    # --- other processes ------------------------------------------------------------------------------------------

    def _received(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind in ("notice", "number"):
            self.notices.received(message)
        elif kind == "stop":
            self.engine.stop(UUID(message["message"]))
        elif kind == "relay.follow" and self.relay is not None:
            self.relay.received_follow(message)
        elif kind == "relay.frames" and self.relay is not None:
            self.relay.received_frames(message)

    def announce(self, user_id: UUID, *notices: Notice) -> None:
        """Publish from any thread, without waiting for it."""
        self._loop.call_soon_threadsafe(lambda: self._spawn(self.notices.publish(user_id, *notices)))

    def halt(self, running: Iterable[tuple[UUID, str]]) -> None:
        """Tell the owners of answers to stop, from any thread: that they are to is in the database already."""
        for message_id, owner in running:
            self._loop.call_soon_threadsafe(self._halt, owner, message_id)

    def _halt(self, owner: str, message_id: UUID) -> None:
        self._spawn(self._stop_at(owner, message_id))

    def trashed(self) -> None:
        """Something was put into the trash; from any thread."""
        self._loop.call_soon_threadsafe(self.trash.wake)

    def summarize(self, user_id: UUID, conversation_id: UUID, leaf_id: UUID, **how: Any) -> None:
        """Begin to summarize a branch, from any thread (`Aftermath.summarize`)."""
        work = partial(self._aftermath.summarize, user_id, conversation_id, leaf_id, **how)
        self._loop.call_soon_threadsafe(lambda: self._spawn(work()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        # A fresh context: a task that inherits a request's would find asgiref's executor ended under it.
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_report)
        return task


async def _supervise(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run what a process needs as long as it lives; a fault of ours ends it for a moment only."""
    while True:
        try:
            return await work()
        except Exception:
            logger.exception("%s failed by a fault of the server and begins again", work.__name__)
        await asyncio.sleep(_RESTART_PAUSE)


async def _cancelled(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended. Once is not enough: up to Python 3.11 `asyncio.wait_for`, by which the Redis
    client sends, swallows a cancellation that comes in the very moment of its success."""
    left = {*tasks}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_CANCEL_AGAIN)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("a background task failed", exc_info=error)


_current: ServerProcess | None = None
_starting: asyncio.Lock | None = None


async def current() -> ServerProcess:
    """The parts of this process, started on first use."""
    global _current, _starting
    if _current is not None:
        return _current
    _starting = _starting or asyncio.Lock()
    async with _starting:
        if _current is None:
            _current = await _put_together()
            _current.start()
    return _current


def peek() -> ServerProcess | None:
    """The parts of this process, if they were started."""
    return _current


async def check_sweep() -> None:
    """Raises RuntimeError when nobody here looks after generations whose owner is gone."""
    if _current is None or not _current.is_sweeping:
        raise RuntimeError("the sweep is down")


async def probe() -> None:
    """Return when this process hears what is sent to it. Raises what the channel layer raises, and RuntimeError when
    the process is not started, ends, or has a listener that is down."""
    if _current is None:
        raise RuntimeError("the process is not started")
    if _current.listener is not None:
        await _current.listener.probe()


def announce(user_id: UUID, *notices: Notice) -> None:
    """From any thread: publish notices, if this is a server process."""
    if _current is not None:
        _current.announce(user_id, *notices)


def halt(running: Iterable[tuple[UUID, str]]) -> None:
    """From any thread: stop answers, wherever they are written, if this is a server process."""
    if _current is not None:
        _current.halt(running)


def trashed() -> None:
    """From any thread: the trash has something new."""
    if _current is not None:
        _current.trashed()


def summarize(user_id: UUID, conversation_id: UUID, leaf_id: UUID, *, model: str, thinking: str, room: int) -> bool:
    """From any thread: begin to summarize a branch. False where no server process runs."""
    if _current is None or _current.closing:
        return False
    _current.summarize(user_id, conversation_id, leaf_id, model=model, thinking=thinking, room=room)
    return True


def running() -> int:
    """How many generations this process runs."""
    return 0 if _current is None else _current.engine.running


async def close(grace: float) -> None:
    """End the parts of this process, if they were started. Until that is done, `current` gives what is closing."""
    global _current, _starting
    if _current is not None:
        await _current.close(grace)
    _current, _starting = None, None


async def _put_together() -> ServerProcess:
    environment: Environment = settings.ENVIRONMENT
    if not environment.redis_url:
        return ServerProcess(environment, channel=f"alone.{uuid4().hex}", layer=None)
    layer: Any = get_channel_layer()
    return ServerProcess(environment, channel=await layer.new_channel("process"), layer=layer)
