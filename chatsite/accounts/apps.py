"""The accounts app: who people are and how they get in."""

from django.apps import AppConfig
from django.db.models.signals import post_save


class AccountsConfig(AppConfig):
    name = "chatsite.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from chatsite import checks  # noqa: F401 - importing registers them
        from chatsite.accounts.addresses import keep_in_step
        from chatsite.accounts.models import User

        post_save.connect(keep_in_step, sender=User, dispatch_uid="accounts.keep_in_step")
