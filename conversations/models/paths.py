"""Paths of a conversation's tree, walked by the database: up to the root, and down to the newest end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

from conversations.models.message import Message
from conversations.models.statements import Param

# Each step is one look-up by key (up) or by the index of parents (down): it costs what the path is long, whatever the
# size of the tree, and reads no text.
_UP = """
WITH RECURSIVE path (id, parent_id, step) AS (
    SELECT id, parent_id, 1 FROM conversations_message WHERE id = %s AND conversation_id = %s
    UNION ALL
    SELECT above.id, above.parent_id, path.step + 1
    FROM path JOIN conversations_message above ON above.id = path.parent_id
    WHERE path.step < %s
)
SELECT id FROM path
"""
_OPEN = """
WITH RECURSIVE path (id, parent_id) AS (
    SELECT id, parent_id FROM conversations_message WHERE id = %s AND conversation_id = %s
    UNION ALL
    SELECT above.id, above.parent_id
    FROM path JOIN conversations_message above ON above.id = path.parent_id
    WHERE NOT EXISTS (SELECT 1 FROM conversations_summary WHERE message_id = path.id)
)
SELECT id FROM path
"""
_STEPS = """
WITH RECURSIVE path (id, parent_id, step) AS (
    SELECT id, parent_id, 1 FROM conversations_message WHERE id = %s AND conversation_id = %s
    UNION ALL
    SELECT above.id, above.parent_id, path.step + 1
    FROM path JOIN conversations_message above ON above.id = path.parent_id
    WHERE path.id <> %s
)
SELECT step FROM path WHERE id = %s
"""
_DOWN = """
WITH RECURSIVE path (id, step) AS (
    SELECT id, 1 FROM conversations_message WHERE id = %s AND conversation_id = %s
    UNION ALL
    SELECT (
        SELECT below.id FROM conversations_message below
        WHERE below.parent_id = path.id ORDER BY below.id DESC LIMIT 1
    ), path.step + 1
    FROM path WHERE path.id IS NOT NULL
)
SELECT id FROM path WHERE id IS NOT NULL ORDER BY step DESC LIMIT 1
"""


def up(conversation_id: UUID, message_id: UUID, *, most: int) -> RawSQL:
    """The keys of a message and of those above it, `most` at most, for a condition such as `pk__in`. None when the
    message is not in that conversation.
    """
    return RawSQL(_UP, (*_keys(message_id, conversation_id), most))  # noqa: S611 - a constant, filled in by parameters


def open_end(*, conversation: Param, message: Param) -> RawSQL:
    """As `up`, in a compiled statement: to the root, or to the first message that has a summary, that included."""
    return RawSQL(_OPEN, (message.place, conversation.place))  # noqa: S611 - a constant, filled in by parameters


def length(conversation_id: UUID, message_id: UUID, upper_id: UUID) -> int | None:
    """How many messages a path has from one message up to another, both counted; None when it does not get there."""
    found: int | None = _value(_STEPS, *_keys(message_id, conversation_id, upper_id, upper_id))
    return found


def newest_end(conversation_id: UUID, message_id: UUID) -> UUID | None:
    """Where one gets from a message by always going on to the newest message below: perhaps nowhere. None when it is
    not in that conversation.
    """
    found = _value(_DOWN, *_keys(message_id, conversation_id))
    return UUID(found) if isinstance(found, str) else found


def _keys(*keys: UUID) -> list[Any]:
    """As this database stores them."""
    return [Message._meta.pk.get_db_prep_value(key, connection) for key in keys]


def _value(sql: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    return row[0] if row else None
