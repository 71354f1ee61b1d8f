"""The accounts app: who people are and how they get in."""

from django.apps import AppConfig
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "chatsite.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from chatsite import checks  # noqa: F401 - importing registers them
        from chatsite.accounts.addresses import keep_in_step
        from chatsite.accounts.models import User

        post_save.connect(keep_in_step, sender=User, dispatch_uid="accounts.keep_in_step")
