from __future__ import annotations

from typing import Any

import pytest

from conversations.deepseek.strict_schema import fault_in


def strict(**properties: object) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


DEEP: dict[str, Any] = {"type": "string"}
for _ in range(70):
    DEEP = {"type": "array", "items": DEEP}


@pytest.mark.parametrize(
    "schema",
    [
        strict(),
        strict(a={"type": "string", "pattern": "^a", "format": "email"}, b={"type": "number", "minimum": 1}),
        strict(a={"anyOf": [{"type": "integer"}, strict(b={"enum": ["x"]})]}),
        {**strict(a={"$ref": "#/$defs/a"}), "$defs": {"a": strict(b={"type": "boolean"})}},
        {"type": "string", "anyOf": "odd"},
    ],
)
def test_what_strict_functions_may_say(schema: dict[str, Any]) -> None:
    assert fault_in(schema) is None


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"type": "object", "properties": {}, "required": []}, "additionalProperties"),
        ({**strict(a={"type": "string"}), "required": []}, "required"),
        ({**strict(a={"type": "string"}), "required": "a"}, "required"),
        ({**strict(), "properties": ["a"]}, "required"),
        (strict(a={"type": "string", "minLength": 1}), "minLength"),
        (strict(a={"type": "array", "items": {"type": "string"}, "maxItems": 3}), "maxItems"),
        (strict(a={"type": "array", "items": {"type": "object"}}), "additionalProperties"),
        (strict(a={"anyOf": [{"type": "object"}]}), "additionalProperties"),
        (strict(a="odd"), "JSON Schema"),
        (DEEP, "64 deep"),
    ],
)
def test_what_they_may_not(schema: dict[str, Any], fault: str) -> None:
    assert fault in (fault_in(schema) or "")
