"""People, invitations and second factors in Django's admin, which uses the site's own sign-in."""

from __future__ import annotations

from typing import Any

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401 - both register what is taken back below
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.models import Invitation, User
from chatsite.administration import CountedDeletion


def _change_password(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    return redirect("account_change_password")


# Django's own sign-in and password pages of the admin know neither second factors nor limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.password_change = _change_password  # type: ignore[method-assign, assignment]
admin.site.site_header = admin.site.site_title = _("Chatsite administration")

# `addresses.keep_in_step` owns this table.
admin.site.unregister(EmailAddress)
admin.site.unregister(Authenticator)


class AddPersonForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A person with a password set by the administrator; inviting them is usually better."""

    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(CountedDeletion, DjangoUserAdmin):  # type: ignore[type-arg]
    add_form = AddPersonForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "has_second_factor", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "last_login", "groups")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    @admin.display(boolean=True, description=_("second factor"))
    def has_second_factor(self, person: User) -> bool:
        return bool(person.authenticator_set.all())  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).prefetch_related("authenticator_set")


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A record to look at: inviting, new links and revoking are on /accounts/invitations/."""

    list_display = ("email", "is_administrator", "link_state", "invited_by", "created", "expires")
    list_filter = ("is_administrator", "created", "accepted_at", "revoked_at")
    list_select_related = ("invited_by",)
    search_fields = ("email",)
    fields = ("email", "is_administrator", "invited_by", "created", "expires", "accepted_at", "revoked_at", "user")
    readonly_fields = fields

    @admin.display(description=_("state"))
    def link_state(self, invitation: Invitation) -> str:
        return str(invitation.state(timezone.now()).label)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False


@admin.register(Authenticator)
class AuthenticatorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Second factors, without their secrets. Deleting one lets a person in who lost a device."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = ("user", "type", "created_at", "last_used_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        return False
