"""The end of a person's account, by their own wish."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from chatsite.accounts.models import User
from conversations.models import Generation
from conversations.services import process
from conversations.services.access import Refused


def delete(user: User) -> None:
    """Delete the account with everything in it, at once: keyset, chats, folders, sign-ins. The ledger stays, which
    names people by opaque ids. Raises `Refused` for the last administrator."""
    with transaction.atomic():
        # In the order of their keys, so that of the last two who leave at once one stays.
        administrators = list(User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk"))
        if user.is_superuser and len(administrators) == 1:
            raise Refused(
                "last_administrator",
                _(
                    "You are the only administrator: without you nobody could look after this site. "
                    "Make somebody else an administrator first. Nothing was deleted."
                ),
            )
        unfinished = Generation.objects.filter(user=user, status__in=Generation.UNFINISHED)
        running = list(unfinished.values_list("message_id", "owner"))
        user.delete()
        transaction.on_commit(lambda: process.halt(running))
