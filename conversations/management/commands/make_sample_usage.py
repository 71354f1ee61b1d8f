"""`manage.py make_sample_usage`: made-up usage for a demonstration or a measurement."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversations.services.sample_usage import DOMAIN, NotEmpty, fill


class Command(BaseCommand):
    help = (
        f"Fill an empty ledger with made-up calls of made-up people (…@{DOMAIN}, who cannot sign in). They cannot be "
        "told from real usage afterwards: not for an installation that is in use."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--calls", type=int, default=100_000, help="rows of the ledger (default 100,000)")
        parser.add_argument("--people", type=int, default=500, help="(default 500)")
        parser.add_argument("--days", type=int, default=120, help="up to yesterday (default 120)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same usage")

    def handle(self, *_: Any, **options: Any) -> None:
        sizes = {name: options[name] for name in ("calls", "people", "days")}
        if min(sizes.values()) < 1:
            raise CommandError("Calls, people and days must be at least 1.")
        began, told = time.monotonic(), 0

        def progress(stored: int) -> None:
            nonlocal told
            if stored - told >= 500_000:
                told = stored
                self.stderr.write(f"{stored:,} calls, {time.monotonic() - began:.0f} s")

        try:
            fill(**sizes, seed=options["seed"], progress=progress)
        except NotEmpty:
            raise CommandError("The ledger holds calls already. Made-up ones could not be told from them.") from None
        self.stdout.write(f"{options['calls']:,} calls of {options['people']:,} people are stored.")
