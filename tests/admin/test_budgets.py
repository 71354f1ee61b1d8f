"""Budgets and policies in the admin: set, looked at, lifted."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from chatsite.accounts.models import User
from conversations.accounting.budget_rules import MONEY_UNITS
from conversations.history.keyring import keyring
from conversations.models import AuditEntry, Budget, BudgetUse, Policy
from conversations.services import policy
from conversations.services.access import Refused
from tests.services.spending import ask, budget, end, short

pytestmark = pytest.mark.django_db
ADD = reverse("admin:conversations_budget_add")
LIST = reverse("admin:conversations_budget_changelist")
ADD_POLICY = reverse("admin:conversations_policy_add")
FORM = {
    "scope": "site",
    "measure": "money",
    "currency": "usd",
    "period": "month",
    "hard_amount": "12.5",
    "is_active": "on",
}


def change(made: Budget) -> str:
    return reverse("admin:conversations_budget_change", args=[made.pk])


def table(client: Client, **query: str) -> list[dict[str, str]]:
    answer: Any = client.get("/admin/budgets/", {"format": "csv", **query})
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))


def test_a_budget_of_money_is_set_in_money(as_dana: Client, alice: User) -> None:
    ask(alice)
    assert as_dana.post(ADD, FORM | {"soft_amount": "10"}).status_code == 302
    made = Budget.objects.get()
    assert (made.hard, made.soft, made.currency) == (12_500_000_000, 10 * MONEY_UNITS, "USD")
    assert ask(alice).output_limit == 8_192
    page = as_dana.get(change(made)).content.decode()
    assert 'value="12.5"' in page
    assert "12.50 USD a month" in as_dana.get(LIST).content.decode()


def test_what_was_counted_keeps_its_meaning(as_dana: Client, alice: User) -> None:
    made = budget(measure="money", currency="USD", hard=MONEY_UNITS)
    form = FORM | {"hard_amount": "3", "measure": "tokens", "period": "day", "scope": "person", "email": alice.email}
    assert as_dana.post(change(made), form).status_code == 302
    made.refresh_from_db()
    assert (made.hard, made.measure, made.period, made.scope) == (3 * MONEY_UNITS, "money", "month", "site")


def test_a_persons_budget_names_the_person(as_dana: Client, alice: User) -> None:
    form = FORM | {"scope": "person", "email": alice.email.upper(), "each": "on"}
    assert as_dana.post(ADD, form).status_code == 302
    made = Budget.objects.get()
    assert (made.user, made.each) == (alice, False)
    assert alice.email in as_dana.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("mistake", "field"),
    [
        ({"hard_amount": ""}, "hard_amount"),
        ({"soft_amount": "13"}, "soft_amount"),
        ({"currency": ""}, "currency"),
        ({"currency": "CNY"}, "currency"),
        ({"period": "minute"}, "period"),
        ({"measure": "running", "period": "month"}, "period"),
        ({"measure": "tokens", "hard_amount": "1.5"}, "hard_amount"),
        ({"hard_amount": "999999999"}, "hard_amount"),
        ({"scope": "group"}, "group"),
        ({"scope": "person"}, "email"),
        ({"email": "dana@example.org"}, "email"),
        ({"scope": "person", "email": "nobody@example.org"}, "email"),
    ],
)
def test_a_mistake_is_shown_and_nothing_saved(as_dana: Client, mistake: dict[str, str], field: str) -> None:
    answer: Any = as_dana.post(ADD, FORM | mistake)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not Budget.objects.exists()


def test_the_report_shows_the_most_used_first_and_lifts(as_dana: Client, alice: User, bob: User) -> None:
    made = budget(each=True, hard=9_000, soft=100)
    end(ask(alice), sent=9_000)
    end(ask(bob), sent=50)
    rows = table(as_dana)
    assert [(row["for"], row["used"], row["state"]) for row in rows] == [
        (alice.email, "9020", "used up"),
        (bob.email, "70", ""),
    ]
    assert [row["for"] for row in table(as_dana, state="used-up")] == [alice.email]
    assert [row["for"] for row in table(as_dana, person=bob.email)] == [bob.email]
    with pytest.raises(Refused):
        ask(alice)
    use = BudgetUse.objects.get(budget=made, person=alice.pk)
    assert as_dana.post("/admin/budgets/?state=used-up", {"lift": use.pk}).url.endswith("?state=used-up")  # type: ignore[attr-defined]
    assert "lifted" in as_dana.get("/admin/budgets/").content.decode()
    entry = AuditEntry.objects.get()
    assert (entry.kind, entry.actor) == ("conversations.budgetuse", "dana@example.org")
    assert "lifted_until" in entry.changes
    end(ask(alice))
    as_dana.post("/admin/budgets/", {"restore": use.pk})
    with pytest.raises(Refused):
        ask(alice)
    assert as_dana.post("/admin/budgets/", {"lift": "x"}).status_code == 302


def test_a_budget_is_lifted_in_the_list_too(as_dana: Client, alice: User) -> None:
    made = budget(hard=100)
    end(ask(alice, options=short(10)), sent=100)
    address = reverse("admin:conversations_budgetuse_changelist")
    page = as_dana.get(address).content.decode()
    assert "everybody together" in page
    chosen = {"_selected_action": [str(made.uses.get().pk)]}
    as_dana.post(address, chosen | {"action": "lift"})
    assert made.uses.get().lifted_until is not None
    as_dana.post(address, chosen | {"action": "restore"})
    assert made.uses.get().lifted_until is None


def test_what_is_used_is_no_form(as_dana: Client, alice: User) -> None:
    made = budget(hard=100)
    end(ask(alice, options=short(10)), sent=100)
    address = reverse("admin:conversations_budgetuse_change", args=[made.uses.get().pk])
    assert 'name="spent"' not in as_dana.get(address).content.decode()
    assert as_dana.post(address, {"spent": "0"}).status_code == 403
    assert made.uses.get().spent == 120


def test_who_may_only_look_lifts_nothing(client: Client, alice: User) -> None:
    made = budget(hard=100)
    analyst = User.objects.create_user("ana@example.org", "x" * 12, is_staff=True)
    analyst.user_permissions.set(Permission.objects.filter(codename__in=("view_budget", "view_budgetuse")))
    client.force_login(analyst)
    end(ask(alice, options=short(10)))
    page = client.get("/admin/budgets/")
    assert page.status_code == 200
    assert "Lift until" not in page.content.decode()
    assert client.post("/admin/budgets/", {"lift": made.uses.get().pk}).status_code == 403
    assert client.get(ADD).status_code == 403


def test_a_budget_is_deleted_with_what_was_counted(as_dana: Client, alice: User) -> None:
    made = budget()
    ask(alice)
    address = reverse("admin:conversations_budget_delete", args=[made.pk])
    assert as_dana.post(address, {"post": "yes"}).status_code == 302
    assert not BudgetUse.objects.exists()
    assert ask(alice).output_limit is None


# --- policies ---------------------------------------------------------------------------------------------------------


def test_a_policy_is_written_in_the_admin(as_dana: Client, alice: User) -> None:
    form = {
        "text": "Be brief.",
        "allowed_models": ["deepseek-flash"],
        "default_model": "deepseek-flash",
        "longest_output": "500",
        "attachment_megabytes": "3",
    }
    assert as_dana.post(ADD_POLICY, form).status_code == 302
    row = Policy.objects.get()
    assert row.unseal(keyring().organization(), "instructions") == "Be brief."
    assert (row.allowed_models, row.allowed_thinking, row.attachment_kinds) == (["deepseek-flash"], None, None)
    job = ask(alice)
    assert (job.turns[0].text, job.output_limit) == ("Be brief.", 500)
    address = reverse("admin:conversations_policy_change", args=[row.pk])
    assert "Be brief." in as_dana.get(address).content.decode()
    assert as_dana.post(address, form | {"no_attachments": "on", "text": ""}).status_code == 302
    row.refresh_from_db()
    assert row.attachment_kinds == []
    assert policy.terms_for(alice.pk).instructions == ""
    assert "Be brief" not in " ".join(entry.changes for entry in AuditEntry.objects.all())
    assert "instructions" in AuditEntry.objects.order_by("-number")[0].changes
    assert "Be brief" not in " ".join(f"{entry.object_repr}{entry.change_message}" for entry in LogEntry.objects.all())


def test_a_second_policy_of_the_site_is_a_mistake(as_dana: Client) -> None:
    assert as_dana.post(ADD_POLICY, {}).status_code == 302
    assert as_dana.post(ADD_POLICY, {}).status_code == 200
    group = Group.objects.create(name="Legal")
    assert as_dana.post(ADD_POLICY, {"group": group.pk}).status_code == 302
    assert Policy.objects.count() == 2
    bad = {"allowed_models": ["deepseek-flash"], "default_model": "deepseek-v4-pro"}
    page: Any = as_dana.post(
        reverse("admin:conversations_policy_change", args=[Policy.objects.get(group=None).pk]), bad
    )
    assert "default_model" in page.context["adminform"].form.errors


def test_a_person_goes_with_their_budget(as_dana: Client, alice: User) -> None:
    made = budget(scope="person", user=alice, hard=9_000)
    end(ask(alice), sent=50)
    assert BudgetUse.objects.exists()

    assert as_dana.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Budget.objects.filter(pk=made.pk).exists()


def test_the_links_of_the_report_keep_the_person(as_dana: Client) -> None:
    User.objects.create_user("a+b@example.org")
    query = as_dana.get("/admin/budgets/", {"person": "a+b@example.org"}).context["query"]
    assert parse_qs(query) == {"person": ["a+b@example.org"]}
