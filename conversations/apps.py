"""The conversations app."""

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import pre_delete


class ConversationsConfig(AppConfig):
    name = "conversations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from conversations.history.removal import destroy_keyset

        pre_delete.connect(destroy_keyset, sender=settings.AUTH_USER_MODEL, dispatch_uid="conversations.destroy_keyset")
