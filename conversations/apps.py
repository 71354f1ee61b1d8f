"""The conversations app."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_delete, post_save, pre_delete


class ConversationsConfig(AppConfig):
    name = "conversations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from conversations.history.removal import destroy_keyset
        from conversations.services import sign_ins

        person = settings.AUTH_USER_MODEL
        pre_delete.connect(destroy_keyset, sender=person, dispatch_uid="conversations.destroy_keyset")
        post_save.connect(sign_ins.saved, sender=person, dispatch_uid="conversations.saved")
        post_delete.connect(sign_ins.deleted, sender=person, dispatch_uid="conversations.deleted")
        user_logged_in.connect(sign_ins.signed_in, dispatch_uid="conversations.signed_in")
        user_logged_out.connect(sign_ins.signed_out, dispatch_uid="conversations.signed_out")
