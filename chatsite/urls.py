"""All addresses of the site; those for machines are in `probes`."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from chatsite import web_app

urlpatterns = [
    path("manifest.webmanifest", web_app.manifest, name="manifest"),
    path("service-worker.js", web_app.service_worker, name="service_worker"),
    path("offline/", web_app.offline, name="offline"),
    path("language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("accounts/", include("chatsite.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("conversations.pages.urls")),
]
