"""Who may do what in the administration. A role is a group with the permissions of this table, renewed by each
`migrate`; other mixes are groups that an administrator makes.

A person who gets a group with permissions is let into the administration, and kept out when the last one goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

from chatsite.accounts.models import User

ADMINISTRATORS: Final = "Administrators"
ANALYSTS: Final = "Analysts"
MODERATORS: Final = "Moderators"
SUPPORT: Final = "Support"

_FIGURES: Final = ("accounts.view_user", "auth.view_group", "conversations.view_usageday")
ROLES: Final[dict[str, tuple[str, ...]]] = {
    # Everything: see `_permissions`.
    ADMINISTRATORS: (),
    # The dashboards and what they are made of, to be looked at.
    ANALYSTS: (
        *_FIGURES,
        "conversations.view_upstreamcall",
        "conversations.view_price",
        "conversations.view_peakwindow",
        "conversations.view_holiday",
        "conversations.view_budget",
        "conversations.view_balancereading",
        "conversations.view_balancemark",
        "conversations.view_alert",
        "conversations.view_callhour",
        # Without the notes, which are for those who review.
        "conversations.view_reviewcase",
        "conversations.view_pause",
    ),
    MODERATORS: (
        "conversations.view_reviewcase",
        "conversations.change_reviewcase",
        "conversations.view_pause",
        "conversations.add_pause",
        "conversations.change_pause",
    ),
    # People and their ways in. No figure of money.
    SUPPORT: (
        "accounts.view_user",
        "accounts.add_user",
        "accounts.change_user",
        "accounts.view_invitation",
        "accounts.add_invitation",
        "auth.view_group",
        "mfa.view_authenticator",
        "mfa.delete_authenticator",
    ),
}
"""Permissions of models by group. One that no installed model has is left out."""


def fill(app_config: AppConfig, **options: Any) -> None:
    """After `migrate`: the groups and their permissions, as the table says."""
    if app_config is not list(apps.get_app_configs())[-1]:
        return
    # Django makes the last app's permissions in a receiver that may come after this one.
    create_permissions(app_config, verbosity=0, interactive=False, using=options["using"])
    known = {f"{permission.content_type.app_label}.{permission.codename}": permission for permission in _permissions()}
    for name, wanted in ROLES.items():
        group, _created = Group.objects.get_or_create(name=name)
        granted = known.values() if name == ADMINISTRATORS else (known[each] for each in wanted if each in known)
        group.permissions.set(granted)


def _permissions() -> QuerySet[Permission]:
    return Permission.objects.select_related("content_type")


def may_manage(administrator: Any, person: User) -> bool:
    """Whether somebody may change this person's account: nobody gains rights by another one's password or second
    factor, so only who has all of the person's rights may.
    """
    if administrator.is_superuser:
        return True
    return not person.is_superuser and _rights_of(person) <= administrator.get_all_permissions()


def _rights_of(person: User) -> set[str]:
    """Also of somebody who may not sign in: Django says that they have none, until they may again."""
    given = _permissions().filter(Q(user=person) | Q(group__user=person))
    return {f"{label}.{name}" for label, name in given.values_list("content_type__app_label", "codename")}


def groups_changed(sender: Any, instance: Any, action: str, pk_set: set[Any] | None, **_rest: Any) -> None:
    """Somebody got or lost groups (`m2m_changed` of `User.groups`, from either side)."""
    if isinstance(instance, User):
        if action in ("post_add", "post_remove", "post_clear"):
            let_in([instance])
    elif action in ("post_add", "post_remove"):
        let_in(User.objects.filter(pk__in=pk_set or ()))


def rights_changed(sender: Any, instance: Any, action: str, **_rest: Any) -> None:
    """A group got or lost permissions (`m2m_changed` of `Group.permissions`)."""
    if isinstance(instance, Group) and action in ("post_add", "post_remove", "post_clear"):
        let_in(instance.user_set.all())


def group_goes(sender: Any, instance: Any, **_rest: Any) -> None:
    """A group is about to be deleted (`pre_delete`), which says nothing of its people."""
    if instance.permissions.exists():
        instance.user_set.remove(*instance.user_set.all())


def let_in(people: Iterable[User]) -> None:
    """Open the administration to those of `people` who have any rights, and close it to the others."""
    for person in people:
        has_rights = person.is_superuser or person.user_permissions.exists()
        is_let_in = has_rights or Permission.objects.filter(group__user=person).exists()
        if person.is_staff != is_let_in:
            person.is_staff = is_let_in
            person.save(update_fields=["is_staff"])
