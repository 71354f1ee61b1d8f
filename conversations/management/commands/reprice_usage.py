"""`manage.py reprice_usage`: price recorded calls anew after prices, windows or holidays were corrected."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversations.accounting.repricing import Period, Repricing, preview
from conversations.services.repricing import reprice


class Command(BaseCommand):
    help = "Price the recorded calls of some days anew. Shows what would change; --apply changes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("since", type=date.fromisoformat, metavar="SINCE", help="first UTC day, as 2026-09-01")
        parser.add_argument("until", type=date.fromisoformat, metavar="UNTIL", help="last UTC day, included")
        parser.add_argument("--model", default="", help="calls that asked for this model; default: all")
        parser.add_argument("--apply", action="store_true", help="change the ledger, its rollup and the answers' cost")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["since"] > options["until"]:
            raise CommandError("The last day is before the first.")
        period = Period(since=options["since"], until=options["until"], model=options["model"])
        self._apply(period) if options["apply"] else self._preview(period)

    def _preview(self, period: Period) -> None:
        self._tell(preview(period), "would change")
        self.stdout.write("Nothing was changed. With --apply it is.")

    def _apply(self, period: Period) -> None:
        self._tell(reprice("command line", period, progress=self._tell_progress), "changed")

    def _tell_progress(self, found: Repricing) -> None:
        if found.looked_at % 50_000 == 0:
            self.stderr.write(f"{found.looked_at:,} calls looked at")

    def _tell(self, found: Repricing, verb: str) -> None:
        self.stdout.write(f"{found.changed:,} of {found.looked_at:,} calls {verb}.")
        for currency, before, after, difference in found.rows():
            self.stdout.write(f"{currency:<4}{before:>18f} -> {after:>18f}  {difference:>+18f}")
