"""Addresses of our own account pages, under /accounts/ and before those of the sign-in library."""

from django.urls import path

from chatsite.accounts.pages import first_administrator, invitations, own_account

urlpatterns = [
    path("first-administrator/", first_administrator.page, name="first_administrator"),
    path("invitations/", invitations.page, name="invitations"),
    path("invitations/<uuid:invitation_id>/reissue/", invitations.reissue, name="reissue_invitation"),
    path("invitations/<uuid:invitation_id>/revoke/", invitations.revoke, name="revoke_invitation"),
    path("invitations/accept/<str:token>/", invitations.accept, name="accept_invitation"),
    path("email/", own_account.to_settings, name="account_email"),
    path("sessions/", own_account.to_settings, name="usersessions_list"),
    path("password/reset/", own_account.PasswordReset.as_view(), name="account_reset_password"),
]
