"""The measurements of `bin/bench question` inside of the site's own process. Prints them as one line of JSON:
milliseconds by chat.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup()

from uuid_utils.compat import uuid7  # noqa: E402 - after the set-up

from chatsite.accounts.models import User  # noqa: E402
from conversations.history.keyring import keyring  # noqa: E402
from conversations.models import Conversation, Generation, Message, Summary  # noqa: E402
from conversations.services import replies  # noqa: E402

_ROUNDS = 200
_WARM_UP = 10
_SAID = "A sentence or two of which a message may consist, with a number such as 42. " * 8
_OPEN = 9
"""Messages behind the summary, an odd number: the last one is an answer."""


def main() -> None:
    user = User.objects.create_user(f"bench{os.getpid()}@example.org")
    chats = {
        "new": None,
        "short": _chat(user, 10),
        "long": _chat(user, 1_000),
        "summarized": _chat(user, 1_000, summarized=1_000 - _OPEN),
    }
    times: dict[str, list[float]] = {name: [] for name in chats}
    for _ in range(_WARM_UP + _ROUNDS):
        for name, end in chats.items():
            began = time.perf_counter()
            _ask(user, end)
            times[name].append(time.perf_counter() - began)
    print(json.dumps({name: statistics.median(each[_WARM_UP:]) * 1e3 for name, each in times.items()}))


def _ask(user: User, end: tuple[UUID, UUID] | None) -> None:
    """Each question in a chat is an alternative to those before: the branch above stays as long as it is."""
    conversation, parent = end or (None, None)
    replies.send(
        user_id=user.pk,
        command=uuid4(),
        owner="bench",
        conversation_id=conversation,
        parent_id=parent,
        text=_SAID,
        model="deepseek-flash",
        thinking="off",
    )


def _chat(user: User, messages: int, *, summarized: int = 0) -> tuple[UUID, UUID]:
    """The ids of a conversation and of the end of its branch, an answer."""
    cipher, now = keyring().user(user.pk), datetime.now(UTC)
    conversation = Conversation(user=user, model="deepseek-flash", created_at=now, updated_at=now)
    conversation.seal(cipher, title="A chat")
    branch: list[Message] = []
    for number in range(messages):
        parent_id = branch[-1].pk if branch else None
        role = Message.Role.ASSISTANT if number % 2 else Message.Role.USER
        message = Message(id=uuid7(), conversation=conversation, parent_id=parent_id, role=role, created_at=now)
        message.seal(cipher, text=_SAID)
        branch.append(message)
    conversation.save()
    Message.objects.bulk_create(branch)
    Generation.objects.bulk_create(_answered(user, message, now) for message in branch[1::2])
    if summarized:
        summary = Summary(message=branch[summarized - 1], conversation=conversation, created_at=now, changed_at=now)
        summary.seal(cipher, text=_SAID)
        summary.save()
    return conversation.pk, branch[-1].pk


def _answered(user: User, message: Message, now: datetime) -> Generation:
    row = Generation(message=message, user=user, command=uuid4(), model="deepseek-flash", thinking="off")
    row.status, row.created_at, row.ended_at = Generation.Status.COMPLETE, now, now
    row.prompt_tokens = row.completion_tokens = 100
    return row


if __name__ == "__main__":
    main()
