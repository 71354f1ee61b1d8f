"""`manage.py reconcile_usage`: does the ledger agree with the provider's bill?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversations.accounting.reconciliation import DayOfBalance, against_balance, rollup_faults
from conversations.deepseek.calls import FIRST

_CENT = Decimal("0.01")
"""The balance is told in cents: two readings leave as much open."""


class Command(BaseCommand):
    help = "Compare the ledger's cost with the fall of the balance, day by day, and the daily rollup with the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, metavar="DAY", help="default: 30 days ago")
        parser.add_argument("--until", type=date.fromisoformat, metavar="DAY", help="UTC day, included; default: today")
        parser.add_argument("--upstream", default=FIRST, metavar="NAME", help=f"whose balance; default: {FIRST}")
        parser.add_argument(
            "--most", type=Decimal, metavar="PERCENT", help="end with status 1 when all days together drift by more"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        until = options["until"] or datetime.now(UTC).date()
        since = options["since"] or until - timedelta(days=29)
        if since > until:
            raise CommandError("The last day is before the first.")
        self._check_rollup(since, until)
        days = against_balance(since, until, options["upstream"])
        if not days:
            self.stdout.write(
                f"No day from {since} to {until} has two readings of the balance of {options['upstream']}."
            )
            return
        self._show(days)
        drifts = [self._total(currency, days) for currency in sorted({day.currency for day in days})]
        if options["most"] is not None and any(drift > options["most"] for drift in drifts):
            raise CommandError(f"The drift is more than {options['most']} %.")

    def _check_rollup(self, since: date, until: date) -> None:
        faults = rollup_faults(since, until)
        for fault in faults:
            kind = " simulated" if fault.simulated else ""
            self.stderr.write(
                f"{fault.day} {fault.currency or 'without price'}{kind}, {fault.table}: "
                f"{fault.column} is {fault.ledger:f} in the ledger and {fault.rollup:f} in the rollup"
            )
        if faults:
            raise CommandError("The daily rollup is not the sum of the ledger: somebody wrote to the tables by hand.")
        self.stdout.write(f"{since} to {until}: the daily rollup is the sum of the ledger.")

    def _show(self, days: Sequence[DayOfBalance]) -> None:
        names = ("ledger", "estimated", "balance fell", "paid in", "drift")
        self.stdout.write(f"{'day':<11}{'':<4}" + "".join(f"{name:>15}" for name in names))
        for day in days:
            self.stdout.write(f"{day.day!s:<11}" + self._line(day.currency, [day]))

    def _total(self, currency: str, days: Sequence[DayOfBalance]) -> Decimal:
        """Shows the sums of a currency. Returns the drift in percent, 0 where the cents alone explain it."""
        of_currency = [day for day in days if day.currency == currency]
        cost = sum((day.cost for day in of_currency), Decimal(0))
        drift = sum((day.drift for day in of_currency), Decimal(0))
        percent = abs(drift) / cost * 100 if cost else Decimal(100)
        explained = abs(drift) <= _CENT
        note = "within a cent" if explained else f"{percent:.1f} % of the ledger"
        self.stdout.write(f"{'together':<11}" + self._line(currency, of_currency) + f"  {note}")
        if any(day.rose for day in of_currency):
            self.stdout.write("What was spent between the two readings around a payment is hidden in the payment.")
        return Decimal(0) if explained else percent

    def _line(self, currency: str, days: Sequence[DayOfBalance]) -> str:
        sums = [
            sum((getattr(day, name) for day in days), Decimal(0))
            for name in ("cost", "estimated", "fell", "rose", "drift")
        ]
        return f"{currency:<4}" + "".join(f"{amount:>15.6f}" for amount in sums)
