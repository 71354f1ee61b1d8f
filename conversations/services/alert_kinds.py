"""What administrators are alerted of, in words. Whoever calls `alerts.raised` has a row here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of alert. The texts name facts as `{fact}`; a fact that an alert lacks is shown as "?".

    `permission`: who has it, and `conversations.receive_alerts`, gets the mail. `page`: the report that shows more.
    """

    subject: Promise
    raised: Promise
    recovered: Promise
    permission: str
    page: str


KINDS: Mapping[str, Kind] = {
    "balance_exhausted": Kind(
        _("The balance at {upstream} is used up"),
        _(
            "{upstream} refuses questions because the account has no balance left. Until it is topped up, nobody gets "
            "an answer from there; what people had written is kept. This site notices a top-up by itself."
        ),
        _("{upstream} answers again: there is balance."),
        "conversations.view_balancereading",
        "balance",
    ),
    "balance_low": Kind(
        _("The balance at {upstream} is low: {total} {currency}"),
        _("The balance at {upstream} is {total} {currency}, less than the {limit} {currency} that were set as a mark."),
        _("The balance at {upstream} is above the mark of {limit} {currency} again."),
        "conversations.view_balancereading",
        "balance",
    ),
    "balance_ending": Kind(
        _("The balance at {upstream} may run out on {day}"),
        _(
            "At the pace of the last days, the balance of {total} {currency} at {upstream} is used up on {day}: in "
            "less than the {limit} days that were set as a mark."
        ),
        _("The balance at {upstream} lasts for more than {limit} days again."),
        "conversations.view_balancereading",
        "balance",
    ),
    "failures": Kind(
        _("Many calls to {upstream} fail"),
        _(
            "{failed} of {calls} calls to {upstream} failed within {minutes} minutes, most of them with "
            "“{error}”. People are asked to try again; nothing of what they wrote is lost."
        ),
        _("Calls to {upstream} work again."),
        "conversations.view_upstreamcall",
        "failures",
    ),
    "key_refused": Kind(
        _("{upstream} refuses this site"),
        _(
            "{upstream} answered “{error}”: it does not accept the API key or the address of this site. Check "
            "them; nobody gets an answer until then."
        ),
        _("{upstream} accepts this site again."),
        "conversations.view_upstreamcall",
        "failures",
    ),
    "repeated_moderation": Kind(
        _("Content of one person was refused {events} times"),
        _(
            "Within {days} days, {events} questions or answers of one person (id {person}) were filtered or refused "
            "for their content. What was written is not shown to anybody; the review queue lists the cases."
        ),
        _("The number of filtered answers of one person (id {person}) is below the mark again."),
        "conversations.view_reviewcase",
        "moderation",
    ),
    "paused": Kind(
        _("One person was paused"),
        _(
            "Person {person} cannot ask until {until}: {events} questions or answers were filtered or refused for "
            "their content within {days} days. An administrator can lift the pause."
        ),
        _("Person {person} can ask again."),
        "conversations.view_reviewcase",
        "moderation",
    ),
    "budget": Kind(
        _("A budget has passed its mark: {budget}"),
        _(
            "{used} are used of the budget of {budget} ({limit}), which renews on {renews}. When all of it is used, "
            "what people have written is kept and they are told when it renews. An administrator can raise or lift it."
        ),
        _("The budget of {budget} ({limit}) is below its mark again."),
        "conversations.view_budget",
        "budgets",
    ),
}
