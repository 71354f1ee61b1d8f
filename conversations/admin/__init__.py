"""Django's admin for the product's tables, and the reports for administrators. Nobody reads here what people wrote."""

from conversations.admin import conversation, generation, keyset, ledger, message, preset, price

__all__ = ["conversation", "generation", "keyset", "ledger", "message", "preset", "price"]
