"""The models that are for sale, and the account: bodies of `GET /models` and `GET /user/balance`."""

from __future__ import annotations

import msgspec

CONTEXT_TOKENS = 1_048_565
"""Usable context, as the refusal text names it."""
MAX_OUTPUT_TOKENS = 393_216
DEFAULT_OUTPUT_TOKENS = {"off": 8_192, "low": 65_536, "high": 65_536, "max": 131_072}

FLASH, PRO = "deepseek-flash", "deepseek-v4-pro"
ALIASES = {"deepseek-v4-flash": FLASH, "deepseek-v4-flash-vision-exp": FLASH}


def served_model(name: str) -> str | None:
    """The model that serves a call for `name`, None if there is none of that name."""
    name = ALIASES.get(name, name)
    return name if name in (FLASH, PRO) else None


def _model(name: str, title: str, modalities: list[str], prompt_update: str) -> dict[str, object]:
    return {
        "id": name,
        "object": "model",
        "owned_by": "deepseek",
        "name": f"{title} (simulated)",
        "context_window": 1_048_576,
        "max_output_tokens": MAX_OUTPUT_TOKENS,
        "input_modalities": modalities,
        "output_modalities": ["text"],
        "effort": {"supported_levels": ["low", "high", "max"], "default_level": "high"},
        "api_capabilities": {"anthropic_messages": {"system_prompt_update": prompt_update}},
    }


MODELS = msgspec.json.encode(
    {
        "object": "list",
        "data": [
            _model(FLASH, "DeepSeek Flash", ["text", "image"], "in-history"),
            _model(PRO, "DeepSeek V4 Pro", ["text"], "leading-only"),
        ],
    }
)


def _balance(available: bool, granted: str, topped_up: str, total: str) -> bytes:
    amounts = {"total_balance": total, "granted_balance": granted, "topped_up_balance": topped_up}
    return msgspec.json.encode({"is_available": available, "balance_infos": [{"currency": "USD", **amounts}]})


BALANCE = _balance(True, "10.00", "100.00", "110.00")
EMPTY_BALANCE = _balance(False, "0.00", "0.00", "0.00")
