"""Inviting people, and accepting an invitation."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.mail import send_mail
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from chatsite.accounts import invitations
from chatsite.accounts.acting import administrative
from chatsite.accounts.adapter import MAIL_FAILURES
from chatsite.accounts.forms import AcceptInvitationForm, InviteForm
from chatsite.accounts.models import Invitation, InvitationState, User
from chatsite.accounts.site_address import absolute

logger = logging.getLogger(__name__)

_PAGE_SIZE = 50


@dataclass(frozen=True)
class _Issued:
    """What the page shows once, right after an invitation was made."""

    email: str
    link: str
    mailed: bool
    mail_failed: bool


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@administrative
def page(request: HttpRequest) -> HttpResponse:
    """The list of invitations and the form for the next one."""
    inviter = _administrator(request)
    form = InviteForm(request.POST or None, inviter=inviter)
    if not form.is_valid():
        return _render(request, form)
    try:
        invitation, token = invitations.issue(
            email=form.cleaned_data["email"],
            is_administrator=form.cleaned_data.get("is_administrator", False),
            invited_by=inviter,
        )
    except invitations.InvitationRefused as refusal:
        form.add_error("email", str(refusal))
        return _render(request, form)
    return _render(request, InviteForm(inviter=inviter), _hand_over(request, invitation, token))


@login_required
@require_POST
@administrative
def reissue(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """A new link for an invitation; it is shown once, like the first one."""
    inviter = _administrator(request)
    if not _manageable(inviter).filter(pk=invitation_id).exists():
        raise Http404
    try:
        invitation, token = invitations.reissue(invitation_id)
    except invitations.InvitationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("invitations")
    return _render(request, InviteForm(inviter=inviter), _hand_over(request, invitation, token))


@login_required
@require_POST
@administrative
def revoke(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """End an invitation's link."""
    if not _manageable(_administrator(request)).filter(pk=invitation_id).exists():
        raise Http404
    if invitations.revoke(invitation_id):
        messages.success(request, _("The invitation is revoked. Its link no longer works."))
    return redirect("invitations")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Set a password for the invited address and sign in; a link that has ended says so."""
    limited: HttpResponse | None = ratelimit.consume_or_429(request, action="accept_invitation")
    if limited:
        return limited
    invitation = invitations.find(token)
    state = invitation.state(timezone.now()) if invitation else None
    if invitation is None or state is not InvitationState.OPEN or request.user.is_authenticated:
        return _ended(request, state)
    form = AcceptInvitationForm(request.POST or None, invitation=invitation)
    if not form.is_valid():
        return render(request, "accounts/invitation_accept.html", {"form": form, "invitation": invitation})
    try:
        user = invitations.accept(token=token, password=form.cleaned_data["password"])
    except invitations.NotOpen as refusal:
        return _ended(request, refusal.state)
    except invitations.AddressTaken:
        return _ended(request, InvitationState.ACCEPTED)
    response: HttpResponse = perform_login(request, user, redirect_url="/")
    return response


def _ended(request: HttpRequest, state: InvitationState | None) -> HttpResponse:
    """The page for a link that leads no further; `state` is None for a link that never was."""
    unusable = state is not InvitationState.OPEN
    context = {"state": state.value if state else "unknown"}
    return render(request, "accounts/invitation_ended.html", context, status=410 if unusable else 409)


def _administrator(request: HttpRequest) -> User:
    if not (isinstance(request.user, User) and request.user.has_perm("accounts.add_invitation")):
        raise Http404
    return request.user


def _manageable(inviter: User) -> QuerySet[Invitation]:
    """Invitations whose link this person may see: nobody gains rights by a link to an administrator's account."""
    every = Invitation.objects.select_related("invited_by")
    return every if inviter.is_superuser else every.filter(is_administrator=False)


def _hand_over(request: HttpRequest, invitation: Invitation, token: str) -> _Issued:
    """Mail the link when there is a mail server. A mail that cannot be sent leaves the link on the page."""
    link = absolute(request, reverse("accept_invitation", args=[token]))
    if not settings.ENVIRONMENT.email_url:
        return _Issued(invitation.email, link, mailed=False, mail_failed=False)
    context = {"link": link, "invited_by": request.user, "days": invitations.LIFETIME.days}
    try:
        send_mail(
            _("You are invited to Chatsite"),
            render_to_string("accounts/email/invitation.txt", context),
            None,
            [invitation.email],
        )
    except MAIL_FAILURES as error:
        logger.error("An invitation could not be mailed: %s", type(error).__name__)
        return _Issued(invitation.email, link, mailed=False, mail_failed=True)
    return _Issued(invitation.email, link, mailed=True, mail_failed=False)


def _render(request: HttpRequest, form: InviteForm, issued: _Issued | None = None) -> HttpResponse:
    now = timezone.now()
    shown = Paginator(_manageable(_administrator(request)), _PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(invitation, invitation.state(now)) for invitation in shown]
    context = {"form": form, "issued": issued, "rows": rows, "shown": shown, "days": invitations.LIFETIME.days}
    return render(request, "accounts/invitations.html", context)
