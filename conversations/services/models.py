"""Which models people may choose, and how hard each may think."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from conversations.services.access import Refused


@dataclass(frozen=True, slots=True)
class Model:
    """A model as the picker shows it."""

    id: str
    name: str
    thinking: tuple[str, ...] = ("off", "low", "high", "max")
    images: bool = False
    """Whether it can see."""


MODELS = (Model("deepseek-flash", "DeepSeek Flash", images=True), Model("deepseek-v4-pro", "DeepSeek Pro"))
"""DeepSeek's current models (its "Models & Pricing" page, 15 November 2026)."""


def model_rows() -> list[dict[str, Any]]:
    """The models as the page's configuration holds them."""
    return [asdict(model) | {"thinking": list(model.thinking)} for model in MODELS]


def check_model(model: str, thinking: str) -> None:
    """Raises `Refused` for a model or a thinking level that is not offered."""
    known = next((each for each in MODELS if each.id == model), None)
    if known is None:
        names = ", ".join(each.name for each in MODELS)
        raise Refused("unknown_model", f"This model is not offered here any more. Choose one of: {names}.")
    if thinking not in known.thinking:
        raise Refused("unknown_thinking", f"{known.name} can think: {', '.join(known.thinking)}.")


def sees_images(model: str) -> bool:
    """Whether images may be sent to a model."""
    return any(each.id == model and each.images for each in MODELS)
