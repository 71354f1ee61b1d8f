"""The accounts app: who people are and how they get in."""

from django.apps import AppConfig
from django.db.models.signals import m2m_changed, post_migrate, post_save, pre_delete
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "chatsite.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from django.contrib.auth.models import Group

        from chatsite import checks  # noqa: F401 - importing registers them
        from chatsite.accounts import roles
        from chatsite.accounts.addresses import keep_in_step
        from chatsite.accounts.models import User

        post_save.connect(keep_in_step, sender=User, dispatch_uid="accounts.keep_in_step")
        pre_delete.connect(roles.group_goes, sender=Group, dispatch_uid="accounts.group_goes")
        post_migrate.connect(roles.fill, dispatch_uid="accounts.roles")
        for through, receiver in (
            (User.groups.through, roles.groups_changed),
            (Group.permissions.through, roles.rights_changed),
        ):
            m2m_changed.connect(receiver, sender=through, dispatch_uid=f"accounts.{receiver.__name__}")
