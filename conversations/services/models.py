"""Which models people may choose, and how hard each may think."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from conversations.accounting.prices import Tokens
from conversations.accounting.tariff import current_tariff
from conversations.services.access import Refused
from conversations.services.options import effects


@dataclass(frozen=True, slots=True)
class Model:
    """A model as the picker shows it."""

    id: str
    name: str
    thinking: tuple[str, ...] = ("off", "low", "high", "max")
    context: int = 1_048_565
    """Tokens of prompt and answer together."""
    output: Mapping[str, int] = field(
        default_factory=lambda: {"off": 8_192, "low": 65_536, "high": 65_536, "max": 131_072}
    )
    """Tokens that an answer may have by default, for each thinking level."""
    images: bool = False
    """Whether it can see."""


MODELS = (Model("deepseek-flash", "DeepSeek Flash", images=True), Model("deepseek-v4-pro", "DeepSeek Pro"))
"""DeepSeek's current models (its "Models & Pricing" page, 15 November 2026)."""


_KINDS: dict[str, Callable[[int], Tokens]] = {
    "cache_hit": lambda tokens: Tokens(tokens, 0, 0),
    "cache_miss": lambda tokens: Tokens(0, tokens, 0),
    "output": lambda tokens: Tokens(0, 0, tokens),
}


def prompt_budget(model: str, thinking: str) -> int:
    """Tokens that a prompt may have: the installation's budget, or less where the model has no room for more and an
    answer. A model that is not offered any more counts as the first one.
    """
    known = next((each for each in MODELS if each.id == model), MODELS[0])
    room = known.context - default_output(known.id, thinking)
    return min(int(settings.ENVIRONMENT.context_budget), room)


def default_output(model: str, thinking: str) -> int:
    """Tokens that an answer may have when nobody says how many; of a model that is not offered any more, the most."""
    known = next((each for each in MODELS if each.id == model), MODELS[0])
    return known.output.get(thinking, max(known.output.values()))


def model_rows(models: Sequence[Model]) -> list[dict[str, Any]]:
    """`models` as the page's configuration holds them."""
    return [
        {
            "id": model.id,
            "name": model.name,
            "thinking": list(model.thinking),
            "images": model.images,
            "effects": effects(model.id),
        }
        for model in models
    ]


def budget_rows() -> dict[str, dict[str, int]]:
    """`{model: {thinking level: tokens that a prompt may have}}`, for the page's estimates."""
    return {model.id: {level: prompt_budget(model.id, level) for level in model.thinking} for model in MODELS}


def price_rows(moment: datetime) -> dict[str, dict[str, Any]]:
    """`{model: {"currency", "cache_hit", "cache_miss", "output", "simulated"}}`: amounts a million tokens at `moment`,
    as decimal texts. Models without a price are left out.
    """
    tariff, million = current_tariff(), 1_000_000
    rows = {}
    for model in MODELS:
        amounts: dict[str, Any] = {}
        for kind, tokens in _KINDS.items():
            cost = tariff.cost(model.id, tokens(million), started=moment, ended=moment)
            if cost is not None:
                amounts |= {"currency": cost.currency, kind: format(cost.amount.normalize(), "f")}
        if amounts:
            rows[model.id] = {**amounts, "simulated": bool(settings.ENVIRONMENT.demo)}
    return rows


def check_model(model: str, thinking: str) -> None:
    """Raises `Refused` for a model or a thinking level that is not offered."""
    known = next((each for each in MODELS if each.id == model), None)
    if known is None:
        names = ", ".join(each.name for each in MODELS)
        message = gettext("This model is not offered here any more. Choose one of: {names}.").format(names=names)
        raise Refused("unknown_model", message)
    if thinking not in known.thinking:
        levels = ", ".join(known.thinking)
        raise Refused(
            "unknown_thinking", gettext("{model} can think: {levels}.").format(model=known.name, levels=levels)
        )


def sees_images(model: str) -> bool:
    """Whether images may be sent to a model."""
    return any(each.id == model and each.images for each in MODELS)
