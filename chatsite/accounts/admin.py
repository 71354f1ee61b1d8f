"""People, invitations and second factors in Django's admin, which uses the site's own sign-in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401 - all three register what is taken back below
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.models import Invitation, User
from chatsite.accounts.roles import ROLES, let_in, may_manage
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
# A person's own list of sign-ins; removing an entry here would end none.
admin.site.unregister(UserSession)
# Roles are groups that keep their name and their rights.
admin.site.unregister(Group)


class AddPersonForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A person with a password set by the administrator; inviting them is usually better."""

    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(CountedDeletion, DjangoUserAdmin):  # type: ignore[type-arg]
    """Nobody gains rights here: accounts with more rights than one's own cannot be changed, groups are given by those
    who may change groups, and all other rights by those who have every one of them.
    """

    add_form = AddPersonForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "roles", "has_second_factor", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "last_login", "groups")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Rights"), {"fields": ("is_active", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    @admin.display(boolean=True, description=_("second factor"))
    def has_second_factor(self, person: User) -> bool:
        return bool(person.authenticator_set.all())  # type: ignore[attr-defined]

    @admin.display(description=_("roles and groups"))
    def roles(self, person: User) -> str:
        names = [_("everything")] if person.is_superuser else []
        return ", ".join(map(str, [*names, *(group.name for group in person.groups.all())]))

    def get_queryset(self, request: HttpRequest):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).prefetch_related("authenticator_set", "groups")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = [*self.readonly_fields]
        if not request.user.is_superuser:
            fields += ["is_superuser", "user_permissions"]
        if not request.user.has_perm("auth.change_group"):
            fields.append("groups")
        return tuple(fields)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or may_manage(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or may_manage(request.user, obj))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # Rights of their own, which no change of a group tells of.
        let_in([form.instance])

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Together with its entry in the audit log.
        with transaction.atomic():
            return super().user_change_password(request, *args, **kwargs)

    def get_deleted_objects(  # type: ignore[override]
        self, objs: Iterable[User], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        people = list(objs)
        shown, counts, forbidden, protected = super().get_deleted_objects(people, request)
        # Several at once, from the list: Django asks for the right in general only.
        forbidden |= {person.email for person in people if not may_manage(request.user, person)}
        return shown, counts, forbidden, protected


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """Roles, whose name and rights are the product's (see `roles`), and groups of one's own."""

    list_display = ("name", "is_role", "members")
    actions = None

    @admin.display(boolean=True, description=_("role"))
    def is_role(self, group: Group) -> bool:
        return group.name in ROLES

    @admin.display(description=_("people"))
    def members(self, group: Any) -> int:
        return int(group.member_count)

    def get_queryset(self, request: HttpRequest):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).annotate(member_count=Count("user"))

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> tuple[str, ...]:
        return ("name", "permissions") if obj is not None and obj.name in ROLES else ()

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.name not in ROLES)


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

    actions = None
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

    def has_delete_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or may_manage(request.user, obj.user))
