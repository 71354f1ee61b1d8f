#!/usr/bin/env python3
"""Django's command line for this installation."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    from chatsite.environment import EnvironmentMistake

    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except EnvironmentMistake as mistake:
        sys.exit(f"chatsite: {mistake}")


if __name__ == "__main__":
    main()
