"""`python -m conversations.simulator`."""

from __future__ import annotations

import argparse
import sys

from .command_line import add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m conversations.simulator", description="A stand-in for the DeepSeek API."
    )
    add_arguments(parser)
    sys.exit(run(vars(parser.parse_args())))
