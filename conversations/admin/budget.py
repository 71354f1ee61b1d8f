"""Budgets, which administrators set, and what is used of them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.models import User
from conversations.accounting import rules
from conversations.accounting.budget_rules import MONEY_UNITS, money
from conversations.accounting.people import Person
from conversations.accounting.rules import rule_of
from conversations.accounting.tariff import current_tariff
from conversations.admin.facts import deletes_people
from conversations.models import Budget, BudgetUse
from conversations.models.budget import NOBODY
from conversations.services import budget_words, lifting
from conversations.services.models import MODELS

_FIXED = ("scope", "group", "email", "each", "model", "measure", "currency", "period")
_MOST = 9_000_000 * MONEY_UNITS
_PERIODS = {
    Budget.Measure.MONEY: (Budget.Period.DAY, Budget.Period.WEEK, Budget.Period.MONTH),
    Budget.Measure.TOKENS: (Budget.Period.DAY, Budget.Period.WEEK, Budget.Period.MONTH),
    Budget.Measure.REQUESTS: (Budget.Period.MINUTE, Budget.Period.DAY, Budget.Period.WEEK, Budget.Period.MONTH),
    Budget.Measure.RUNNING: (Budget.Period.NONE,),
}


class BudgetForm(forms.ModelForm):  # type: ignore[type-arg]
    """Amounts are typed in dollars (or another currency) where money is measured, in whole numbers elsewhere."""

    email = forms.CharField(label=_("Person"), required=False, max_length=254, help_text=_("The e-mail address."))
    model = forms.ChoiceField(
        label=_("Model"), required=False, choices=[("", _("all together")), *((each.id, each.name) for each in MODELS)]
    )
    soft_amount = forms.DecimalField(
        label=_("Warn at"),
        required=False,
        min_value=0,
        max_digits=18,
        decimal_places=9,
        help_text=_("Administrators are told once in a period, and people see it in their settings."),
    )
    hard_amount = forms.DecimalField(
        label=_("Stop at"),
        required=False,
        min_value=0,
        max_digits=18,
        decimal_places=9,
        help_text=_("Nothing is begun that could go beyond it. What an answer may use is set aside when it begins."),
    )

    class Meta:
        model = Budget
        fields = ("scope", "group", "each", "model", "measure", "currency", "period", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored: Budget = self.instance
        if stored._state.adding:
            self.initial["currency"] = current_tariff().currency
            return
        for name in _FIXED:
            # What was counted means what it meant when it was counted.
            self.fields[name].disabled = True
        self.initial.update(
            email=stored.user.email if stored.user else "",
            soft_amount=_typed(stored, stored.soft),
            hard_amount=_typed(stored, stored.hard),
        )

    def clean_email(self) -> str:
        text = str(self.cleaned_data["email"]).strip().lower()
        if text and not User.objects.filter(email=text).exists():
            raise ValidationError(_("Nobody here has this e-mail address."))
        return text

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        self._check_whose(cleaned)
        self._check_period(cleaned)
        cleaned["currency"] = cleaned["currency"].upper() if cleaned["measure"] == Budget.Measure.MONEY else ""
        self._check_currency(cleaned)
        soft, hard = self._units(cleaned, "soft_amount"), self._units(cleaned, "hard_amount")
        if soft is None and hard is None:
            self.add_error("hard_amount", _("A budget warns or stops somewhere: fill in one of the two."))
        if soft is not None and hard is not None and soft > hard:
            self.add_error("soft_amount", _("A warning comes before the stop: this is more."))
        self.instance.soft, self.instance.hard = soft, hard
        if not self.errors:
            self.instance.user = User.objects.filter(email=cleaned["email"]).first() if cleaned["email"] else None
        return cleaned

    def _check_whose(self, cleaned: dict[str, Any]) -> None:
        scope = cleaned["scope"]
        if (scope == Budget.Scope.GROUP) != (cleaned["group"] is not None):
            self.add_error("group", _("A budget of a group needs the group, and no other has one."))
        if (scope == Budget.Scope.PERSON) != bool(cleaned["email"]):
            self.add_error("email", _("A budget of a person needs the person, and no other has one."))
        if scope == Budget.Scope.PERSON:
            cleaned["each"] = False

    def _check_period(self, cleaned: dict[str, Any]) -> None:
        allowed = _PERIODS[Budget.Measure(cleaned["measure"])]
        if cleaned["period"] not in allowed:
            names = ", ".join(str(each.label) for each in allowed)
            self.add_error("period", gettext("This can be measured: {names}.").format(names=names))

    def _check_currency(self, cleaned: dict[str, Any]) -> None:
        if cleaned["measure"] != Budget.Measure.MONEY or not self.instance._state.adding:
            return
        known = current_tariff().currencies(datetime.now(UTC))
        if not cleaned["currency"]:
            self.add_error("currency", _("Money needs a currency, such as USD."))
        elif cleaned["currency"] not in known:
            message = gettext(
                "No model is paid for in this currency: the budget would never stop anything. Use {names}."
            )
            self.add_error("currency", message.format(names=", ".join(known)))

    def _units(self, cleaned: dict[str, Any], name: str) -> int | None:
        value: Decimal | None = cleaned[name]
        if value is None:
            return None
        is_money = cleaned["measure"] == Budget.Measure.MONEY
        if not is_money and value != value.to_integral_value():
            self.add_error(name, _("This is counted in whole numbers."))
        units = int(value * MONEY_UNITS) if is_money else int(value)
        if units > _MOST:
            self.add_error(name, _("This is more than can be counted."))
            return None
        return units


def _typed(budget: Budget, units: int | None) -> object:
    if units is None or budget.measure != Budget.Measure.MONEY:
        return units
    return f"{money(units).normalize():f}"


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A change counts at once in this process, and when it lifts something at once in all; else within seconds."""

    form = BudgetForm
    actions = None
    list_display = ("limit", "whose", "model", "warning", "is_active", "changed_at")
    list_filter = ("measure", "period", "scope", "is_active")
    list_select_related = ("group", "user")
    list_per_page = 50
    ordering = ("pk",)
    fields = (*_FIXED, "soft_amount", "hard_amount", "is_active")

    @admin.display(description=_("budget"))
    def limit(self, budget: Budget) -> str:
        return budget_words.limit(rule_of(budget))

    @admin.display(description=_("for"))
    def whose(self, budget: Budget) -> str:
        if budget.user is not None:
            return budget.user.email
        if budget.each:
            name = budget.group.name if budget.group else ""
            if not name:
                return gettext("each person")
            return gettext("each person in {group}").format(group=name)
        return budget_words.holder_of(rule_of(budget), None)

    @admin.display(description=_("warn at"))
    def warning(self, budget: Budget) -> str | None:
        rule = rule_of(budget)
        return None if rule.soft is None else budget_words.amount(rule, rule.soft)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        rules.forget()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        rules.forget()


@admin.register(BudgetUse)
class BudgetUseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Looked at, lifted and restored; the figures are the answers' own."""

    list_display = ("budget_limit", "whose", "used", "set_aside", "period_start", "lifted_until")
    list_display_links = None
    list_select_related = ("budget__group",)
    list_per_page = 50
    ordering = ("-spent",)
    show_full_result_count = False
    actions = ("lift", "restore")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetUse]:
        email = User.objects.filter(pk=OuterRef("person")).values("email")
        rows: QuerySet[BudgetUse] = super().get_queryset(request).annotate(email=Subquery(email))
        return rows

    @admin.display(description=_("budget"))
    def budget_limit(self, use: BudgetUse) -> str:
        return budget_words.limit(rule_of(use.budget))

    @admin.display(description=_("for"))
    def whose(self, use: BudgetUse) -> str:
        person = None if use.person == NOBODY else Person(use.person, getattr(use, "email", None))
        return budget_words.holder_of(rule_of(use.budget), person)

    @admin.display(description=_("used"), ordering="spent")
    def used(self, use: BudgetUse) -> str:
        return budget_words.amount(rule_of(use.budget), use.spent)

    @admin.display(description=_("set aside"), ordering="reserved")
    def set_aside(self, use: BudgetUse) -> str:
        return budget_words.amount(rule_of(use.budget), use.reserved)

    @admin.action(description=_("Lift until it renews"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[BudgetUse]) -> None:
        for use in queryset:
            lifting.lift(use)
        messages.success(request, gettext("Lifted until they renew. They hold again from then on."))

    @admin.action(description=_("Let it hold again"), permissions=["lift"])
    def restore(self, request: HttpRequest, queryset: QuerySet[BudgetUse]) -> None:
        for use in queryset:
            lifting.restore(use)
        messages.success(request, gettext("They hold again."))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: BudgetUse | None = None) -> bool:
        # A form would write back figures of when it was opened.
        return False

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("conversations.change_budgetuse")

    def has_delete_permission(self, request: HttpRequest, obj: BudgetUse | None = None) -> bool:
        # They go along with their budget, and that with its person.
        return (obj is not None or deletes_people(request)) and super().has_delete_permission(request, obj)
