"""A stand-in for the DeepSeek API that speaks its wire format: demo mode, tests, benchmarks.

Stands alone: it imports nothing of the site and is imported by tests and by its own command only.
"""

from __future__ import annotations

from .calls import RecordedCall
from .repertoire import SCENARIOS
from .server import Simulator
from .thread import SimulatorThread

__all__ = ["SCENARIOS", "RecordedCall", "Simulator", "SimulatorThread"]
