"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

from chatsite import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/", admin.site.urls),
    path("accounts/", include("chatsite.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("conversations.pages.urls")),
]
