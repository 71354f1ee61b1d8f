"""`manage.py verify_audit`: proves that the audit log is complete and unchanged."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversations.services import audit


class Command(BaseCommand):
    help = (
        "Follow the audit log from its first entry to its head. Exits with 1 when an entry was changed, removed or "
        "slipped in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--noted",
            metavar="NUMBER:HASH",
            action="append",
            default=[],
            help="an entry that was written down elsewhere (the server's log has them all); may be repeated",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        verdict = audit.verify(dict(map(_noted, options["noted"])))
        if verdict.fault:
            raise CommandError(f"{verdict.fault} The {verdict.entries} entries before are in order.")
        self.stdout.write(f"{verdict.entries} entries are in order. The head is {verdict.entries}:{verdict.head}.")


def _noted(text: str) -> tuple[int, str]:
    number, _, hashed = text.partition(":")
    if not number.isdigit() or len(hashed) != 64:
        raise CommandError(f"--noted takes NUMBER:HASH, not {text!r}.")
    return int(number), hashed.lower()
