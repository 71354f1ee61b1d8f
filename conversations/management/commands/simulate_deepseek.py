"""`manage.py simulate_deepseek`: the simulator as a process, with the same arguments as `python -m`."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from conversations.simulator.command_line import add_arguments, run


class Command(BaseCommand):
    help = "Run a stand-in for the DeepSeek API, for demonstrations and tests."
    requires_system_checks: list[str] = []  # it needs neither database nor settings

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        status = run(options)
        if status:
            sys.exit(status)
