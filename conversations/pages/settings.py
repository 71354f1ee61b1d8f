"""The settings page: how the chat is for this person, what they used, what is theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conversations.pages.json_requests import json_view, person, sent
from conversations.services import (
    budgets,
    listing,
    own_account,
    own_sessions,
    own_usage,
    policy_summary,
    preferences,
    trash,
)
from conversations.services.access import Refused


@require_safe
@never_cache
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """All sections."""
    user = person(request)
    usage = own_usage.this_month(user.pk, now=datetime.now(UTC))
    context: dict[str, Any] = {
        "choices": preferences.choices(user),
        "preferences": preferences.preferences_of(user),
        "usage": usage,
        "chart": usage.chart().drawing(),
        "budgets": budgets.remaining(user.pk),
        "policy": policy_summary.summary(user),
        "sessions": own_sessions.own_sessions(user.pk, request.session.session_key),
        "conversations": listing.present(user.pk).count(),
    }
    return render(request, "conversations/settings.html", context)


class _Preferences(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    language: str | msgspec.UnsetType = msgspec.UNSET
    theme: str | msgspec.UnsetType = msgspec.UNSET
    send_key: str | msgspec.UnsetType = msgspec.UNSET
    default_model: str | msgspec.UnsetType = msgspec.UNSET
    default_thinking: str | msgspec.UnsetType = msgspec.UNSET


class _Profile(msgspec.Struct, forbid_unknown_fields=True):
    name: str


@json_view("GET", "HEAD", "PATCH")
def preference_values(request: HttpRequest) -> JsonResponse:
    """All preferences; PATCH changes those that are named."""
    user = person(request)
    if request.method == "PATCH":
        wanted = msgspec.to_builtins(sent(request, _Preferences))
        return JsonResponse(preferences.change(user, wanted))
    return JsonResponse(preferences.preferences_of(user))


@json_view("PATCH")
def profile(request: HttpRequest) -> JsonResponse:
    """`{"name"}`"""
    return JsonResponse({"name": preferences.rename(person(request), sent(request, _Profile).name)})


@json_view("POST")
def delete_chats(request: HttpRequest) -> JsonResponse:
    """All of them, archived ones too → `{"deleted": number}`; `restore_chats` has them back for some seconds."""
    return JsonResponse({"deleted": trash.put_all(person(request).pk)})


@json_view("POST")
def restore_chats(request: HttpRequest) -> JsonResponse:
    """`{"restored": number}`"""
    return JsonResponse({"restored": trash.restore_all(person(request).pk)})


@require_POST
@never_cache
@login_required
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    if own_sessions.end(person(request).pk, session_id):
        messages.success(request, _("That sign-in was ended."))
    return redirect("/settings/#sessions")


@require_POST
@never_cache
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    own_sessions.end_others(person(request).pk, request.session)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("/settings/#sessions")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
def delete_account(request: HttpRequest) -> HttpResponse:
    """What goes and what stays, and the last question: the own address, typed."""
    user = person(request)
    error = ""
    if request.method == "POST":
        if request.POST.get("email", "").strip().lower() != user.email:
            error = _("This is not the address of your account. Nothing was deleted.")
        else:
            try:
                own_account.delete(user)
            except Refused as refused:
                error = refused.message
            else:
                logout(request)
                messages.success(request, _("Your account and everything in it were deleted."))
                return redirect("account_login")
    return render(request, "conversations/delete_account.html", {"error": error}, status=400 if error else 200)
