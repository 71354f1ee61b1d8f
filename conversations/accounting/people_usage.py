"""Who used how much: one row a person, sorted by what an administrator asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Max, Q, QuerySet, Sum, Window

from chatsite.accounts.models import User
from conversations.accounting.people import Person
from conversations.accounting.reports import Money
from conversations.accounting.selection import Selection
from conversations.models import SiteDay, UsageDay

_CHUNK = 1000
_TOKENS = F("cache_hit_tokens") + F("cache_miss_tokens") + F("output_tokens")
PERSON = "person"
FIGURES = ("calls", "failures", "tokens", "last")
"""What can be sorted by besides `PERSON` and the costs (`cost-USD`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonUsage:
    """Sums of a person in the selected days; simulated calls are counted, and cost nothing."""

    person: Person
    name: str
    groups: str
    is_active: bool
    calls: int = 0
    failures: int = 0
    tokens: int = 0
    last: date | None = None
    costs: tuple[Money, ...] = ()
    """One for each currency of the table, in its order."""


class PeopleTable:
    """With `search` (part of an address or name) or `group`, only people whose account still exists.

    Sorted by a figure (by default the cost): who used something in the days. Sorted by `PERSON`: all who have an
    account.
    """

    def __init__(
        self, selection: Selection, *, search: str = "", group: int | None = None, sort: str = "", up: bool = False
    ) -> None:
        self._selection = selection
        self._accounts = User.objects.order_by("email", "pk")
        if search:
            self._accounts = self._accounts.filter(Q(email__icontains=search) | Q(name__icontains=search))
        if group is not None:
            self._accounts = self._accounts.filter(groups=group)
        self._is_narrowed = bool(search) or group is not None
        days = SiteDay.objects.filter(selection.of_days(), simulated=False).exclude(currency="")
        self.currencies = list(days.order_by("currency").values_list("currency", flat=True).distinct())
        costs = {f"cost-{currency}": f"cost_{number}" for number, currency in enumerate(self.currencies)}
        self.sort = sort if sort in (PERSON, *FIGURES, *costs) else next(iter(costs), "calls")
        self.up = up
        self._column = {"calls": "call_count", "failures": "failure_count", "last": "last_day", **costs}.get(
            self.sort, self.sort
        )

    def page(self, number: int, rows: int) -> Page[PersonUsage]:
        """The page that is asked for, or the nearest one there is. At most five queries, six behind the end."""
        if self.sort == PERSON:
            paginator = Paginator(self._by_account(), rows)
            shown = paginator.get_page(number)
            return Page(self._described(shown.object_list), shown.number, paginator)  # type: ignore[arg-type]
        start = (max(number, 1) - 1) * rows
        # Adding up one figure of everybody is quick; all figures are added up for those who are shown.
        found = list(self._by_figure(self._column).annotate(people=Window(Count("*")))[start : start + rows])
        if not found and number > 1:
            return self.page(-(-self._by_figure(self._column).count() // rows) or 1, rows)
        refs = [row["user_ref"] for row in found]
        used = {row["user_ref"]: row for row in self._used().filter(user_ref__in=refs)}
        counted = Paginator(range(found[0]["people"] if found else 0), rows)
        return Page(self._with_accounts([used[ref] for ref in refs]), max(number, 1), counted)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[PersonUsage]:
        source: Any = self._by_account() if self.sort == PERSON else self._by_figure()
        rows = source.iterator(chunk_size=_CHUNK)
        while chunk := list(islice(rows, _CHUNK)):
            yield from self._described(chunk) if self.sort == PERSON else self._with_accounts(chunk)

    def _by_account(self) -> QuerySet[User]:
        accounts = self._accounts if self.up else self._accounts.reverse()
        return accounts.prefetch_related("groups")

    def _by_figure(self, *only: str) -> QuerySet[UsageDay, Any]:
        """Everybody's sums in the order of the table; `only`: the names of some of them."""
        rows = self._used(*only)
        if self._is_narrowed:
            rows = rows.filter(user_ref__in=self._accounts.order_by().values("pk"))
        direction = "" if self.up else "-"
        # A page needs an order without ties.
        return rows.order_by(f"{direction}{self._column}", "user_ref")

    def _used(self, *only: str) -> QuerySet[UsageDay, Any]:
        sums: dict[str, Any] = {
            "call_count": Sum("calls"),
            "failure_count": Sum("failures"),
            "tokens": Sum(_TOKENS),
            "last_day": Max("day"),
        } | {
            f"cost_{number}": Sum("cost", filter=Q(currency=currency), default=Decimal(0))
            for number, currency in enumerate(self.currencies)
        }
        days = UsageDay.objects.filter(self._selection.of_days()).order_by().values("user_ref")
        rows: QuerySet[UsageDay, Any] = days.annotate(**{name: sums[name] for name in only or sums})
        return rows

    def _with_accounts(self, rows: list[dict[str, Any]]) -> list[PersonUsage]:
        accounts = User.objects.prefetch_related("groups").in_bulk([row["user_ref"] for row in rows])
        return [self._usage(row["user_ref"], accounts.get(row["user_ref"]), row) for row in rows]

    def _described(self, accounts: Iterable[User]) -> list[PersonUsage]:
        accounts = list(accounts)
        refs = [account.pk for account in accounts]
        used = {row["user_ref"]: row for row in self._used().filter(user_ref__in=refs)}
        return [self._usage(account.pk, account, used.get(account.pk)) for account in accounts]

    def _usage(self, ref: UUID, account: User | None, row: dict[str, Any] | None) -> PersonUsage:
        figures: dict[str, Any] = {}
        if row is not None:
            amounts = (row[f"cost_{number}"] for number in range(len(self.currencies)))
            figures = {
                "calls": row["call_count"],
                "failures": row["failure_count"],
                "tokens": row["tokens"],
                "last": row["last_day"],
                "costs": tuple(map(Money, self.currencies, amounts)),
            }
        else:
            figures = {"costs": tuple(Money(currency, Decimal(0)) for currency in self.currencies)}
        return PersonUsage(
            person=Person(ref, account.email if account else None),
            name=account.name if account else "",
            groups=", ".join(group.name for group in account.groups.all()) if account else "",
            is_active=account is not None and account.is_active,
            **figures,
        )
