"""Nothing may hold up the event loop, in tests either (see `chatsite.loop_monitor`)."""

from __future__ import annotations

import os
import re

from chatsite.loop_monitor import Block

LOOP_LIMIT = 0.04 if "COVERAGE_PROCESS_CONFIG" in os.environ else 0.02
"""Seconds for one callback; while each of its lines is counted (coverage's sign for processes that are started then),
twice as many.
"""

UNSEEN = "a call into C that let nobody look"
_OWN = re.compile(r"(chatsite|conversations|tests)/")


def is_ours(block: Block) -> bool:
    """Whether the server is to blame: neither a test, which may wait as it likes, nor the simulator or the browser's
    driver, which are other programs, nor what nobody saw: on a busy machine those are several short callbacks more
    often than a long one."""
    own = [frame for frame in block.stack if _OWN.match(frame)]
    if not own:
        return bool(block.stack) and not any(frame.startswith("playwright/") for frame in block.stack)
    return not own[-1].startswith(("tests/", "conversations/simulator/"))
