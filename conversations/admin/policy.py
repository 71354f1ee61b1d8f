"""Policies: what administrators set for the site and for groups."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.admin.facts import binary_columns
from conversations.history.keyring import keyring
from conversations.models import Policy
from conversations.services import policy
from conversations.services.instructions import MAX_INSTRUCTIONS
from conversations.services.models import MODELS
from conversations.services.policy_summary import KINDS, THINKING

_NAMES = [(model.id, model.name) for model in MODELS]
_UNSET = ("", _("not set here"))
_MOST_TOKENS = 393_216
"""That the upstream takes as the longest output."""


class _Choices(forms.MultipleChoiceField):
    """None is chosen: it is not set here."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> list[str] | None:
        chosen: list[str] = super().clean(value)
        return chosen or None


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Opens the sealed instructions for the administrator, and seals them again."""

    text = forms.CharField(
        label=_("Instructions"),
        required=False,
        max_length=MAX_INSTRUCTIONS,
        widget=forms.Textarea,
        help_text=_("Every conversation starts with them, before its own. People can read them."),
    )
    allowed_models = _Choices(
        label=_("Allowed models"), required=False, choices=_NAMES, help_text=_("None chosen: not set here.")
    )
    default_model = forms.ChoiceField(label=_("Model of new chats"), required=False, choices=[_UNSET, *_NAMES])
    allowed_thinking = _Choices(
        label=_("Allowed thinking"),
        required=False,
        choices=list(THINKING.items()),
        help_text=_("None chosen: not set here."),
    )
    default_thinking = forms.ChoiceField(
        label=_("Thinking in new chats"), required=False, choices=[_UNSET, *THINKING.items()]
    )
    longest_output = forms.IntegerField(
        label=_("Longest answer"),
        required=False,
        min_value=256,
        max_value=_MOST_TOKENS,
        help_text=_("Tokens, thinking included."),
    )
    no_attachments = forms.BooleanField(label=_("No files can be attached"), required=False)
    attachment_kinds = _Choices(
        label=_("Files that can be attached"),
        required=False,
        choices=list(KINDS.items()),
        help_text=_("None chosen: not set here."),
    )
    attachment_megabytes = forms.IntegerField(
        label=_("Largest file"), required=False, min_value=1, max_value=100, help_text=_("Megabytes.")
    )

    class Meta:
        model = Policy
        fields = (
            "group",
            "allowed_models",
            "default_model",
            "allowed_thinking",
            "default_thinking",
            "longest_output",
            "attachment_kinds",
            "attachment_megabytes",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored: Policy = self.instance
        if not stored._state.adding:
            self.initial["text"] = policy.terms_of(stored).instructions
            self.initial["no_attachments"] = stored.attachment_kinds == []
            self.fields["group"].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("no_attachments"):
            cleaned["attachment_kinds"] = []
        self._check_default(cleaned, "default_model", "allowed_models")
        self._check_default(cleaned, "default_thinking", "allowed_thinking")
        if self.instance._state.adding and cleaned.get("group") is None and Policy.objects.filter(group=None).exists():
            raise ValidationError(_("The site has a policy already. Change that one, or choose a group."))
        if not self.errors:
            self.instance.seal(keyring().organization(), instructions=cleaned["text"].strip())
        return cleaned

    def _check_default(self, cleaned: dict[str, Any], default: str, allowed: str) -> None:
        chosen, offered = cleaned.get(default), cleaned.get(allowed)
        if chosen and offered and chosen not in offered:
            self.add_error(default, _("This is not among those that are allowed."))


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A change counts at once in this process and within seconds in all others."""

    form = PolicyForm
    actions = None
    list_display = ("whose", "default_model", "default_thinking", "longest_output", "updated_at")
    list_select_related = ("group",)
    list_per_page = 50
    ordering = ("group__name",)
    fields = (
        "group",
        "text",
        "allowed_models",
        "default_model",
        "allowed_thinking",
        "default_thinking",
        "longest_output",
        "no_attachments",
        "attachment_kinds",
        "attachment_megabytes",
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        hidden = binary_columns(self.model)
        return lookup.split("__")[0] not in hidden and super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("for"))
    def whose(self, row: Policy) -> str:
        return row.group.name if row.group else gettext("the whole site")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        policy.forget()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        policy.forget()
