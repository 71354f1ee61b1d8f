"""Policy: what administrators have set for everybody and for groups, and what of it applies to one person."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from chatsite.accounts.models import User
from conversations.accounting import rules
from conversations.accounting.rules import Kept
from conversations.history.cipher import Unreadable
from conversations.history.keyring import keyring
from conversations.models import Policy
from conversations.models.statements import Select, columns
from conversations.services.access import Refused
from conversations.services.models import MODELS, Model, check_model

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A policy, or what several come to. None and "" leave it to the installation."""

    instructions: str = field(default="", repr=False)
    models: tuple[str, ...] | None = None
    default_model: str = ""
    thinking: tuple[str, ...] | None = None
    default_thinking: str = ""
    longest_output: int | None = None
    attachment_kinds: tuple[str, ...] | None = None
    attachment_megabytes: int | None = None


NONE = Terms()


def combined(site: Terms, groups: Sequence[Terms]) -> Terms:
    """What applies to somebody who is in `groups`. Instructions come one after the other, the site's first; of
    everything else a group's word stands in the place of the site's, and of several groups' the most generous one.
    """
    if not groups:
        return site
    return Terms(
        instructions="\n\n".join(each.instructions for each in (site, *groups) if each.instructions),
        models=_closest(groups, site, lambda terms: terms.models, _union),
        default_model=next((each.default_model for each in groups if each.default_model), site.default_model),
        thinking=_closest(groups, site, lambda terms: terms.thinking, _union),
        default_thinking=next((e.default_thinking for e in groups if e.default_thinking), site.default_thinking),
        longest_output=_closest(groups, site, lambda terms: terms.longest_output, max),
        attachment_kinds=_closest(groups, site, lambda terms: terms.attachment_kinds, _union),
        attachment_megabytes=_closest(groups, site, lambda terms: terms.attachment_megabytes, max),
    )


def _closest(
    groups: Sequence[Terms], site: Terms, of: Callable[[Terms], T | None], joined: Callable[[list[T]], T]
) -> T | None:
    said = [value for each in groups if (value := of(each)) is not None]
    return joined(said) if said else of(site)


def _union(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for each in lists for value in each))


_find = Select(lambda: Policy.objects.order_by("group__name").values_list(*columns(Policy)))


def _read() -> dict[int | None, Terms]:
    """All policies by their groups, in the order of the groups' names."""
    rows = (Policy(*row) for row in _find.rows())
    return {row.group_id: terms_of(row) for row in rows}


_policies = Kept(_read)


def forget() -> None:
    """Read the policies anew: they were changed in this process."""
    _policies.forget()
    rules.forget()


def terms_for(user_id: UUID) -> Terms:
    """What applies to a person, at most seconds old. No query while nothing is read anew."""
    policies = _policies.get()
    site = policies.get(None, NONE)
    if len(policies) == (None in policies):
        return site
    own = rules.groups_of(user_id)
    return combined(site, [terms for group, terms in policies.items() if group in own])


def terms_of(policy: Policy) -> Terms:
    """A stored policy. Instructions that cannot be decrypted are missing, and the log says so."""
    try:
        instructions = policy.unseal(keyring().organization(), "instructions").strip()
    except Unreadable as unreadable:
        logger.error("%s", unreadable)
        instructions = ""
    return Terms(
        instructions=instructions,
        models=_tuple(policy.allowed_models),
        default_model=policy.default_model,
        thinking=_tuple(policy.allowed_thinking),
        default_thinking=policy.default_thinking,
        longest_output=policy.longest_output,
        attachment_kinds=_tuple(policy.attachment_kinds),
        attachment_megabytes=policy.attachment_megabytes,
    )


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def offered(user_id: UUID) -> tuple[Model, ...]:
    """The models that a person may choose, each with the thinking levels that they may choose. Never none: a policy
    that leaves nothing was written for models that are no more.
    """
    terms = terms_for(user_id)
    models = [model for model in MODELS if terms.models is None or model.id in terms.models] or MODELS
    return tuple(replace(model, thinking=_levels(model, terms)) for model in models)


def _levels(model: Model, terms: Terms) -> tuple[str, ...]:
    return tuple(each for each in model.thinking if terms.thinking is None or each in terms.thinking) or model.thinking


def default_model(user: User) -> str:
    """What a person's new chats start with: their own choice, the policy's, the installation's, or what is left."""
    models = [model.id for model in offered(user.pk)]
    wanted = (user.default_model, terms_for(user.pk).default_model, str(settings.ENVIRONMENT.default_model))
    return next((model for model in wanted if model in models), models[0])


def default_thinking(user: User) -> str:
    """As `default_model`, for the thinking level."""
    levels = next(model for model in offered(user.pk) if model.id == default_model(user)).thinking
    wanted = (user.default_thinking, terms_for(user.pk).default_thinking, "off")
    return next((level for level in wanted if level in levels), levels[0])


def check_choice(user_id: UUID, model: str, thinking: str) -> None:
    """Raises `Refused` for a model or a thinking level that is not offered to this person."""
    check_model(model, thinking)
    if terms_for(user_id) == NONE:
        return
    models = offered(user_id)
    chosen = next((each for each in models if each.id == model), None)
    if chosen is None:
        raise Refused(
            "model_not_allowed",
            gettext(
                "Your administrators have not allowed you this model. Nothing was sent and your text was kept; "
                "choose one of: {names}."
            ).format(names=", ".join(each.name for each in models)),
        )
    if thinking not in chosen.thinking:
        raise Refused(
            "thinking_not_allowed",
            gettext(
                "Your administrators have not allowed you this thinking level. "
                "Nothing was sent and your text was kept; choose another one."
            ),
        )
