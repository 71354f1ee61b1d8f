"""Which files may be attached: the one place that says it, for everybody who asks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from conversations.attachments.content import KINDS, Kind, Limits


@dataclass(frozen=True, slots=True)
class Policy:
    """What one person may attach."""

    kinds: tuple[Kind, ...]
    megabytes: int
    """Of one file."""
    a_message: int
    """Files of one message."""
    limits: Limits
    """Of the content of one file."""

    @property
    def size(self) -> int:
        """Bytes of one file."""
        return self.megabytes * 1024 * 1024


def policy_for(user_id: UUID) -> Policy:
    """The same for all, from the settings."""
    environment = settings.ENVIRONMENT
    return Policy(
        kinds=KINDS,
        megabytes=environment.max_attachment_megabytes,
        a_message=environment.max_attachments,
        limits=Limits(characters=environment.max_attachment_characters),
    )
