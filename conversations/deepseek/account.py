"""What the upstream says about its models and about the account."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from conversations.deepseek.errors import Malformed


class Effort(msgspec.Struct, frozen=True):
    """How hard a model can think."""

    supported_levels: tuple[str, ...] = ()
    default_level: str | None = None


class ModelInfo(msgspec.Struct, frozen=True):
    """A model. All but `id` may be missing: gateways and older servers do not say. Windows in tokens."""

    id: str
    owned_by: str | None = None
    name: str | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    input_modalities: tuple[str, ...] = ()
    output_modalities: tuple[str, ...] = ()
    effort: Effort | None = None
    api_capabilities: dict[str, Any] | None = None


class BalanceInfo(msgspec.Struct, frozen=True):
    """The balance in one currency (CNY or USD); the total is what was granted plus what was paid in."""

    currency: str
    total_balance: Decimal
    granted_balance: Decimal | None = None
    topped_up_balance: Decimal | None = None


class Balance(msgspec.Struct, frozen=True):
    """`is_available`: there is enough for calls. `balance_infos` may be empty."""

    is_available: bool
    balance_infos: tuple[BalanceInfo, ...] = ()


class _ModelList(msgspec.Struct):
    data: list[ModelInfo]


_models = msgspec.json.Decoder(_ModelList)
_balance = msgspec.json.Decoder(Balance)
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


def models_from_wire(body: bytes) -> list[ModelInfo]:
    """The body of `/models`; raises Malformed."""
    try:
        return _models.decode(body).data
    except _UNREADABLE:
        raise Malformed("body=models") from None


def balance_from_wire(body: bytes) -> Balance:
    """The body of `/user/balance`, amounts as exact decimals; raises Malformed."""
    try:
        balance = _balance.decode(body)
    except _UNREADABLE:
        raise Malformed("body=balance") from None
    amounts = (
        amount
        for info in balance.balance_infos
        for amount in (info.total_balance, info.granted_balance, info.topped_up_balance)
    )
    if not all(amount is None or amount.is_finite() for amount in amounts):
        raise Malformed("body=balance")
    return balance
