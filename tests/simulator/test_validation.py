"""Refusals by status, text and content type, over the wire."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conversations.simulator import Simulator

from .asking import KEY, body, client_of, quiet

OCTETS, JSON = "application/octet-stream", "application/json"
TOOL = {"type": "function", "function": {"name": "look"}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
USER = {"role": "user", "content": "Hello"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}


def assistant(**fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, **fields}


REFUSED = [
    (body(model="deepseek-chat"), "supported API model names are deepseek-flash, deepseek-v4-pro, but you passed deep"),
    (body(max_tokens=0), "Invalid max_tokens value, the valid range of max_tokens is [1, 393216]"),
    (body(max_tokens=393217), "Invalid max_tokens value"),
    (body(temperature=2.1), "Invalid temperature value, the valid range of temperature is [0, 2]"),
    (body(top_p=0), "Invalid top_p value, the valid range of top_p is (0, 1.0]"),
    (body(frequency_penalty=-3), "frequency_penalty is [-2, 2]"),
    (body(presence_penalty=3), "presence_penalty is [-2, 2]"),
    (body(logprobs=True, top_logprobs=21), "top_logprobs is [0, 20]"),
    (body(top_logprobs=2), "logprobs = true"),
    (body(user_id="x" * 513), "user_id"),
    (body(stop=["x"] * 17), "stop"),
    (body(stream_options={"include_usage": True}), "stream_options should be set along with stream = true"),
    (body(response_format={"type": "json_schema"}), "This response_format type is unavailable now"),
    (body(response_format={"type": "json_object"}), "Prompt must contain the word 'json' in some form"),
    (body(messages=[]), "Empty input messages"),
    (body(messages=[USER, assistant()]), "Invalid assistant message: content or tool_calls must be set"),
    (body(messages=[USER, assistant(content=""), USER]), "Invalid assistant message"),
    (body(messages=[USER, assistant(content="A", prefix=True)]), "prefix"),
    (
        body(messages=[{"role": "user", "content": [IMAGE]}], model="deepseek-v4-pro"),
        "This model does not support image",
    ),
    (body(tools=[TOOL], tool_choice="required"), "Thinking mode does not support this tool_choice"),
    (quiet(tool_choice="required"), "tool_choice"),
    (quiet(tools=[TOOL], tool_choice={"type": "function", "function": {"name": "other"}}), "tool_choice"),
    (body(tools=[TOOL, TOOL]), "unique"),
    (body(tools=[{"type": "function", "function": {"name": "no spaces"}}]), "name"),
    (
        body(messages=[USER, assistant(content="A"), USER], tools=[TOOL]),
        "The `reasoning_content` in the thinking mode must be passed back to the API.",
    ),
    (quiet(messages=[USER, assistant(tool_calls=[CALL]), USER]), "No tool output found for tool call call_1."),
    (quiet(messages=[USER, assistant(tool_calls=[CALL])]), "No tool output found for tool call call_1."),
    (quiet(messages=[USER, {"role": "tool", "content": "x", "tool_call_id": "call_1"}]), "tool"),
]

UNDECODABLE = [
    b"",
    b"{",
    b"\xff",
    b"[]",
    b'{"model":"deepseek-flash"}',
    b'{"model":"deepseek-flash","messages":[{"role":"developer","content":"x"}]}',
    b'{"model":"deepseek-flash","messages":[{"role":"assistant"}]}',
    b'{"model":"deepseek-flash","messages":[{"role":"user","content":"x"}],"thinking":{"type":"Enabled"}}',
    b'{"model":"deepseek-flash","messages":[{"role":"user","content":"x"}],"thinking":{}}',
    b'{"model":"deepseek-flash","messages":[{"role":"user","content":"x"}],"stream":"yes"}',
]


@pytest.mark.parametrize(("fields", "message"), REFUSED)
async def test_refused(client: httpx.AsyncClient, fields: dict[str, Any], message: str) -> None:
    response = await client.post("/chat/completions", json=fields)
    error = response.json()["error"]
    assert response.status_code == 400
    assert message in error["message"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", None, "invalid_request_error")
    assert response.headers["content-type"] == OCTETS


@pytest.mark.parametrize("sent", UNDECODABLE)
async def test_undecodable(client: httpx.AsyncClient, sent: bytes) -> None:
    response = await client.post("/chat/completions", content=sent)
    message = response.json()["error"]["message"]
    assert response.status_code == 400
    assert message.startswith("Failed to deserialize the JSON body into the target type: ")
    assert message.endswith(f" at line 1 column {len(sent)}")
    assert response.headers["content-type"] == JSON


async def test_context_overflow(client: httpx.AsyncClient) -> None:
    response = await client.post("/chat/completions", json=quiet("x" * 3_495_000, max_tokens=1000))
    assert response.json()["error"]["message"].startswith(
        "This model's maximum context length is 1048565 tokens. However, you requested 1049500 tokens "
        "(1048500 in the messages, 1000 in the completion). Please reduce"
    )


async def test_prefix_must_be_last(client: httpx.AsyncClient) -> None:
    fields = body(messages=[USER, assistant(content="A", prefix=True), USER])
    response = await client.post("/beta/chat/completions", json=fields)
    assert response.status_code == 400


async def test_an_unsupported_key_is_ignored(client: httpx.AsyncClient) -> None:
    assert (await client.post("/chat/completions", json=quiet(n=3, seed=1, user="x"))).status_code == 200


async def test_a_body_that_is_too_large(simulator: Simulator) -> None:
    async with client_of(simulator) as client:
        response = await client.post("/chat/completions", content=b" " * (48 * 1024 * 1024 + 1))
    assert response.status_code == 413


@pytest.mark.parametrize("value", [None, ""])
async def test_no_key(simulator: Simulator, value: str | None) -> None:
    headers = {} if value is None else {"Authorization": value}
    async with httpx.AsyncClient(base_url=simulator.base_url, trust_env=False) as client:
        response = await client.get("/models", headers=headers)
    assert (response.status_code, response.text) == (401, "Authentication Fails (governor)")
    assert "content-type" not in response.headers


@pytest.mark.parametrize("value", ["sk-abc", "Basic abc", "Bearer"])
async def test_malformed_key(simulator: Simulator, value: str) -> None:
    async with httpx.AsyncClient(base_url=simulator.base_url, trust_env=False) as client:
        response = await client.post("/chat/completions", headers={"Authorization": value}, json=body())
    assert response.status_code == 401
    assert "auth header format should be Bearer sk-..." in response.json()["error"]["message"]


async def test_wrong_key() -> None:
    async with Simulator(api_key="sk-right") as simulator, client_of(simulator) as client:
        refused = await client.get("/models", headers={"Authorization": "Bearer sk-wrong-1234"})
        assert refused.status_code == 401
        assert refused.json()["error"]["message"] == "Authentication Fails, Your api key: ****1234 is invalid"
        assert (await client.get("/models", headers={"Authorization": "Bearer sk-right"})).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("POST", "/chat/completions/chat/completions"),
        ("GET", "/chat/completions"),
        ("GET", "/v2/models"),
    ],
)
async def test_wrong_path(simulator: Simulator, method: str, path: str) -> None:
    async with httpx.AsyncClient(base_url=simulator.base_url, headers=KEY, trust_env=False) as client:
        response = await client.request(method, path)
    assert response.status_code == 404
    assert response.json()["error_msg"] == "Not Found. Please check the configuration."
