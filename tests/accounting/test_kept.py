"""What is read anew every few seconds."""

from __future__ import annotations

from conversations.accounting.rules import Kept


def test_what_is_forgotten_while_it_is_read_is_not_kept() -> None:
    values = iter(["before the change", "after it"])

    def read() -> str:
        value = next(values)
        if value == "before the change":
            kept.forget()
        return value

    kept = Kept(read)
    kept.get()
    assert kept.get() == "after it"
    assert kept.get() == "after it"
