"""`/admin/conversations/price/reprice/`: recorded calls of some days at the prices as they are now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from conversations.accounting.repricing import Period, preview
from conversations.models import Price
from conversations.services.repricing import is_too_long, reprice

_DEFAULT_DAYS = 30


class PeriodForm(forms.Form):
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))
    model = forms.ChoiceField(label=_("Model"), required=False)

    def __init__(self, data: Any = None) -> None:
        today = datetime.now(UTC).date()
        super().__init__(data, initial={"since": today - timedelta(days=_DEFAULT_DAYS - 1), "until": today})
        names = Price.objects.order_by("model").values_list("model", flat=True).distinct()
        choices: Any = self.fields["model"]
        choices.choices = [("", _("All")), *((name, name) for name in names)]

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first. Nothing was changed."))
        return self.cleaned_data

    def period(self) -> Period:
        """Of a valid form."""
        return Period(**self.cleaned_data)


@require_http_methods(["GET", "POST"])
@permission_required("conversations.change_price", raise_exception=True)
def repricing(request: HttpRequest) -> HttpResponse:
    """GET with a period shows what would change, POST changes it."""
    form = PeriodForm(request.POST if request.method == "POST" else request.GET or None)
    context: dict[str, Any] = {"title": _("Reprice recorded calls"), "form": form}
    if form.is_valid():
        period = form.period()
        if is_too_long(period):
            context["command"] = _command(period)
        elif request.method == "POST":
            return _apply(request, period)
        else:
            context["found"] = preview(period)
    return TemplateResponse(request, "admin/tariff/reprice.html", {**admin.site.each_context(request), **context})


def _apply(request: HttpRequest, period: Period) -> HttpResponse:
    found = reprice(request, period)
    told = ngettext("{n} call was repriced.", "{n} calls were repriced.", found.changed).format(n=found.changed)
    messages.success(request, f"{told} {gettext('The audit log has the sums before and after.')}")
    return HttpResponseRedirect(request.path)


def _command(period: Period) -> str:
    """What does the same on the server."""
    words = ["manage.py reprice_usage", str(period.since), str(period.until)]
    return " ".join([*words, "--model", period.model] if period.model else words)
