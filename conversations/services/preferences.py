"""How a person wants the pages to be: read with the person, changed here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from chatsite.accounts.models import SendKey, Theme, User
from conversations.services import announcements
from conversations.services.access import Refused
from conversations.services.policy import offered
from conversations.services.policy_summary import THINKING

NAMES = ("language", "theme", "send_key", "default_model", "default_thinking")
_MAX_NAME = 150


def preferences_of(user: User) -> dict[str, str]:
    """As the page's configuration holds them. Empty: the browser's language, the system's theme, the site's model."""
    return {name: str(getattr(user, name)) for name in NAMES}


def change(user: User, wanted: dict[str, str]) -> dict[str, str]:
    """Change some of them and tell the person's open pages. Returns all. Raises `Refused`; then nothing is changed."""
    for name, value in wanted.items():
        if value not in _allowed(user, name):
            raise Refused("bad_preference", _("This is not one of the choices. Nothing was changed."))
    if wanted:
        # An UPDATE of these columns: the rest of the person is nobody's business here, and no signal is meant.
        User.objects.filter(pk=user.pk).update(**wanted)
        for name, value in wanted.items():
            setattr(user, name, value)
        announcements.preferences_changed(user.pk, preferences_of(user))
    return preferences_of(user)


def rename(user: User, name: str) -> str:
    """Change the person's own name. Returns it. Raises `Refused`."""
    name = " ".join(name.split())
    if len(name) > _MAX_NAME:
        raise Refused("name_too_long", _("A name has at most %d characters. The old one was kept.") % _MAX_NAME)
    User.objects.filter(pk=user.pk).update(name=name)
    user.name = name
    return name


def choices(user: User) -> dict[str, list[tuple[str, Any]]]:
    """What this person can choose, with labels."""
    models = offered(user.pk)
    levels = {level for model in models for level in model.thinking}
    return {
        "language": [("", _("As the browser asks")), *settings.LANGUAGES],
        "theme": [(value, _(label)) for value, label in Theme.choices],
        "send_key": [
            (SendKey.ENTER, _("Enter sends, Shift+Enter begins a line")),
            (SendKey.CTRL_ENTER, _("Ctrl+Enter sends, Enter begins a line")),
        ],
        "default_model": [("", _("The site's default")), *((model.id, model.name) for model in models)],
        "default_thinking": [
            ("", _("The site's default")),
            *((level, str(label)) for level, label in THINKING.items() if level in levels),
        ],
    }


def _allowed(user: User, name: str) -> set[str]:
    return {str(value) for value, _label in choices(user)[name]}
