"""An account with a balance that falls with every call, is used up, and can be topped up."""

from __future__ import annotations

from decimal import Decimal
from threading import Lock

import msgspec

_MILLION = Decimal(1_000_000)
_CENT = Decimal("0.01")


class TopUp(msgspec.Struct):
    """The body of a request to top up."""

    amount: Decimal


class Account:
    """`total` in `currency`; every call costs `per_million` for a million of its tokens, input and output alike. What
    was granted is spent first, as DeepSeek does. May be used from any thread.

    As with the real one, the call that uses the balance up is still answered.
    """

    def __init__(
        self,
        total: Decimal,
        *,
        granted: Decimal = Decimal(0),
        currency: str = "USD",
        per_million: Decimal = Decimal(1),
    ) -> None:
        self._lock = Lock()
        self._topped_up = total - granted
        self._granted = granted
        self.currency = currency
        self.per_million = per_million

    @property
    def total(self) -> Decimal:
        return self._granted + self._topped_up

    @property
    def is_available(self) -> bool:
        """Whether calls are answered."""
        return self.total > 0

    def charge(self, tokens: int) -> None:
        """A call has begun to be answered."""
        with self._lock:
            cost = tokens * self.per_million / _MILLION
            from_grant = min(cost, self._granted)
            self._granted -= from_grant
            self._topped_up -= cost - from_grant

    def top_up(self, amount: Decimal) -> None:
        """Somebody has paid. What was overdrawn is gone from it."""
        with self._lock:
            self._topped_up += amount

    def body(self) -> bytes:
        """What `/user/balance` answers: amounts as texts, in cents rounded down, never below zero."""
        info = {
            "currency": self.currency,
            "total_balance": _shown(self.total),
            "granted_balance": _shown(self._granted),
            "topped_up_balance": _shown(self._topped_up),
        }
        return msgspec.json.encode({"is_available": self.is_available, "balance_infos": [info]})


def _shown(amount: Decimal) -> str:
    return f"{max(Decimal(0), amount).quantize(_CENT, rounding='ROUND_DOWN')}"
