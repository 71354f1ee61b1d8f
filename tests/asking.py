"""Questions that are put without a socket."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from chatsite import database
from chatsite.accounts.models import User
from conversations.services import replies
from conversations.services.process import ServerProcess
from conversations.services.replies import Reply


async def written(owner: ServerProcess, user: User, text: str, **more: Any) -> Reply:
    """What a question in a new chat wrote for `owner`, which has not begun its answer. Raises `Refused`. `more` goes to
    `replies.send`.
    """
    return await database.run(
        replies.send,
        user_id=user.pk,
        command=uuid4(),
        owner=owner.channel,
        conversation_id=None,
        parent_id=None,
        text=text,
        model="deepseek-flash",
        thinking="off",
        **more,
    )
