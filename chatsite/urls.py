"""All addresses of the site; those for machines are in `probes`."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("chatsite.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("conversations.pages.urls")),
]
