"""Shared presets, which administrators write for everybody. People's own are not shown here."""

from __future__ import annotations

from typing import Any

import msgspec
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.admin.facts import binary_columns
from conversations.generation.options import DEFAULT, Options
from conversations.history.keyring import keyring
from conversations.models import Preset
from conversations.services import presets
from conversations.services.access import Refused
from conversations.services.models import MODELS

_MODELS = [("", _("as chosen in the chat")), *((model.id, model.name) for model in MODELS)]
_THINKING = [(level, level) for level in ("off", "low", "high", "max")]
_PLACES = {"name": "called", "instructions": "text"}


class PresetForm(forms.ModelForm):  # type: ignore[type-arg]
    """Opens the sealed columns for the administrator, and seals them again."""

    called = forms.CharField(label=_("Name"), max_length=presets.MAX_NAME)
    text = forms.CharField(label=_("Instructions"), widget=forms.Textarea, required=False)
    model = forms.ChoiceField(choices=_MODELS, required=False)
    thinking = forms.ChoiceField(choices=_THINKING, required=False)
    sampling = forms.CharField(
        required=False,
        label=_("Sampling settings"),
        help_text=_('JSON, such as {"temperature": 0.3, "max_tokens": 4000}'),
    )

    class Meta:
        model = Preset
        fields = ("model", "thinking")

    """The sealed columns go by other names here: Django's own form must not touch them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            row = presets.shown(self.instance, presets.cipher_of(self.instance))
            options = msgspec.json.encode(row["options"]).decode() if row["options"] else ""
            self.initial.update(called=row["name"], text=row["instructions"], sampling=options)

    def clean_sampling(self) -> Options:
        text = self.cleaned_data["sampling"]
        try:
            return msgspec.json.decode(text, type=Options) if text.strip() else DEFAULT
        except (msgspec.MsgspecError, ValueError) as error:
            raise ValidationError(gettext("These are no sampling settings: %s") % error) from None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                presets.fill(self.instance, _content(cleaned))
            except Refused as refused:
                self.add_error(_PLACES.get(refused.field, "sampling"), refused.message)
        return cleaned


def _content(cleaned: dict[str, Any]) -> presets.Content:
    return presets.Content(
        name=cleaned["called"],
        instructions=cleaned["text"],
        model=cleaned["model"],
        thinking=cleaned["thinking"],
        options=cleaned["sampling"],
    )


@admin.register(Preset)
class PresetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Ciphertext is neither shown nor searchable; names are opened with the organization's keyset."""

    form = PresetForm
    fields = ("called", "text", "model", "thinking", "sampling")
    actions = None
    list_per_page = 50
    ordering = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Preset]:
        return super().get_queryset(request).filter(user=None)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        hidden = (*binary_columns(self.model), "user")
        return lookup.split("__")[0] not in hidden and super().lookup_allowed(lookup, value, request)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        cipher = keyring().organization()

        @admin.display(description=_("name"))
        def name(preset: Preset) -> str:
            return preset.unseal(cipher, "name")

        return [name, "model", "thinking", "updated_at"]
