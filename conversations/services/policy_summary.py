"""What of the administrators' policy applies to a person, in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.models import User
from conversations.attachments.content import Kind
from conversations.services.attachment_policy import policy_for
from conversations.services.policy import NONE, default_model, default_thinking, offered, terms_for

THINKING: dict[str, Promise] = {"off": _("Off"), "low": _("Low"), "high": _("High"), "max": _("Max")}
KINDS: dict[Kind, Promise] = {
    "text": _("Text and code"),
    "pdf": _("PDF"),
    "word": _("Word documents"),
    "sheet": _("Spreadsheets"),
    "image": _("Images"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Names in the order in which they are offered. `longest_output`: tokens; None: as many as the model allows."""

    models: list[str]
    default_model: str
    thinking: list[str]
    default_thinking: str
    longest_output: int | None
    attachments: list[str]
    megabytes: int
    instructions: str = field(repr=False)


def summary(user: User) -> Summary | None:
    """None: nothing was set for this person."""
    terms = terms_for(user.pk)
    if terms == NONE:
        return None
    models, files = offered(user.pk), policy_for(user.pk)
    chosen = default_model(user)
    levels = {level for model in models for level in model.thinking}
    return Summary(
        models=[model.name for model in models],
        default_model=next(model.name for model in models if model.id == chosen),
        thinking=[str(label) for level, label in THINKING.items() if level in levels],
        default_thinking=str(THINKING.get(default_thinking(user), "")),
        longest_output=terms.longest_output,
        attachments=[str(KINDS[kind]) for kind in files.kinds],
        megabytes=files.megabytes,
        instructions=terms.instructions,
    )
