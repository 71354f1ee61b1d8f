"""Which calls ended abnormally: the answer was filtered, cut, empty or refused for its content.

Failures before any answer (busy, unreachable, a wrong key, no balance) are not among them. Finish reasons are those
that DeepSeek documents; error codes are those of `conversations.deepseek.errors`.
"""

from __future__ import annotations

from typing import Final

from django.db.models import Case, CharField, F, Q, When
from django.utils.translation import gettext_lazy as _

from conversations.models.upstream_call import NORMAL_REASONS, NOTABLE

MEANINGS: Final = {
    "content_filter": _("The provider's filter removed the rest of the answer."),
    "moderation": _("The provider refused the content before answering."),
    "length": _("The answer reached its length limit."),
    "insufficient_system_resource": _("The provider ran short of capacity in the middle of the answer."),
    "out_of_capacity": _("The provider ran short of capacity."),
    "aborted": _("The provider broke the answer off."),
    "unknown_reason": _("The provider gave a reason that this version does not know."),
    "empty": _("The answer was empty."),
    "reasoning_only": _("The model thought and then gave no answer."),
    "truncated": _("The stream ended without its end marker."),
    "stalled": _("The stream went silent."),
    "first_token_timeout": _("Nothing came in time."),
    "reset": _("The connection broke off."),
    "malformed": _("The reply was not in the documented format."),
    "protocol_limit": _("The reply was larger than this site accepts."),
}
"""What an abnormal end means, by finish reason or, where that says nothing, by error code."""

_REASON_SAYS_NOTHING: Final = Q(finish_reason__in=NORMAL_REASONS)

CONTENT_ENDS: Final = ("content_filter", "moderation")
"""The ends that are about what was written: somebody reviews them."""

ABNORMAL: Final = NOTABLE & (~_REASON_SAYS_NOTHING | Q(error_code__in=tuple(MEANINGS)))
"""Picks the ledger's rows that ended abnormally."""

END: Final = Case(
    When(_REASON_SAYS_NOTHING, then=F("error_code")), default=F("finish_reason"), output_field=CharField()
)
"""The name of an abnormal end: the finish reason, or the error code where the reason is a normal one."""


def meaning(end: str) -> str:
    """A sentence for an administrator. Reasons that are not listed are the provider's own new words."""
    return str(MEANINGS.get(end, MEANINGS["unknown_reason"]))
