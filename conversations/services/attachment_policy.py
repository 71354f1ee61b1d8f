"""Which files may be attached: the one place that says it, for everybody who asks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from conversations.attachments.content import KINDS, Kind, Limits
from conversations.services.policy import terms_for


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
    """What the installation takes, as far as the policy that applies to this person allows it."""
    environment, terms = settings.ENVIRONMENT, terms_for(user_id)
    kinds, megabytes = terms.attachment_kinds, terms.attachment_megabytes
    most = environment.max_attachment_megabytes
    return Policy(
        kinds=KINDS if kinds is None else tuple(kind for kind in KINDS if kind in kinds),
        megabytes=most if megabytes is None else min(most, megabytes),
        a_message=environment.max_attachments,
        limits=Limits(characters=environment.max_attachment_characters),
    )
