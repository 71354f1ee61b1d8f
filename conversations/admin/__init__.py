"""Django's admin for the product's tables, and the reports for administrators. Nobody reads here what people wrote."""

from conversations.admin import (
    audit,
    budget,
    conversation,
    generation,
    keyset,
    ledger,
    message,
    policy,
    preset,
    price,
    review,
    watching,
)

__all__ = [
    "audit",
    "budget",
    "conversation",
    "generation",
    "keyset",
    "ledger",
    "message",
    "policy",
    "preset",
    "price",
    "review",
    "watching",
]
