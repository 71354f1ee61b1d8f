"""What a strict function's parameters may say. Source: the tool guide of September 2026."""

from __future__ import annotations

from typing import Any

_REFUSED = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}
_MANY = ("properties", "$defs", "$def")
_DEEPEST = 64


def fault_in(schema: object, depth: int = 0) -> str | None:
    """What has to be different in `schema`, None if nothing."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return f"with JSON Schema objects, nested at most {_DEEPEST} deep"
    return _fault_of_object(schema) or _refused(schema) or _fault_within(schema, depth + 1)


def _fault_of_object(schema: dict[str, Any]) -> str | None:
    properties = schema.get("properties")
    if schema.get("type") != "object" and properties is None:
        return None
    if schema.get("additionalProperties") is not False:
        return "with additionalProperties false in every object"
    if not isinstance(properties or {}, dict) or set(properties or {}) != set(_texts(schema.get("required"))):
        return "with every property of an object in its required list"
    return None


def _refused(schema: dict[str, Any]) -> str | None:
    word = next((word for word in _REFUSED.get(str(schema.get("type")), ()) if word in schema), None)
    return f"without {word}" if word else None


def _fault_within(schema: dict[str, Any], depth: int) -> str | None:
    inner: list[object] = [each for name in _MANY for each in _values(schema.get(name))]
    inner += schema["anyOf"] if isinstance(schema.get("anyOf"), list) else []
    inner += [schema["items"]] if "items" in schema else []
    return next((fault for each in inner if (fault := fault_in(each, depth)) is not None), None)


def _values(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else []


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
