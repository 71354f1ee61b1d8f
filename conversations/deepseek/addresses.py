"""The addresses of an upstream, from the base address that somebody typed."""

from __future__ import annotations

from urllib.parse import urlsplit

from conversations.deepseek.errors import InvalidRequest

_ENDPOINTS = ("/chat/completions", "/v1/messages")
_TAILS = ("/v1", "/beta", "/anthropic")
_DEEPSEEK = "api.deepseek.com"


class Addresses:
    """`base_url` may end with slashes, `/chat/completions`, `/v1`, `/beta`, `/anthropic` or `/v1/messages`.

    Raises InvalidRequest when it is no http(s) address, or holds a password, which would end up in logs.
    """

    def __init__(self, base_url: str) -> None:
        base = base_url.strip().rstrip("/")
        for endpoint in _ENDPOINTS:
            base = base.removesuffix(endpoint).rstrip("/")
        if not _usable(base):
            raise InvalidRequest("base_url", "an http:// or https:// address without password, query and fragment")
        root = base
        for tail in _TAILS:
            root = root.removesuffix(tail).rstrip("/")
        self.base = base  # `/v1` is kept: other servers have nothing beside it
        self.beta = f"{root}/beta"
        self.balance = f"{root}/user/balance"
        self.models = f"{root if base.endswith('/anthropic') else base}/models"
        self.fim = f"{self.beta}/completions"
        self.messages = f"{_of_messages(base, root)}/v1/messages"

    def chat(self, *, beta: bool) -> str:
        return f"{self.beta if beta else self.base}/chat/completions"


def _of_messages(base: str, root: str) -> str:
    """The base address of the Anthropic format: the typed one, except that DeepSeek has a path of its own for it."""
    if urlsplit(base).hostname == _DEEPSEEK:
        return f"{root}/anthropic"
    return base.removesuffix("/v1").rstrip("/")


def _usable(base: str) -> bool:
    try:
        parts = urlsplit(base)
        bare = parts.username is None and not (parts.query or parts.fragment)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and bare and parts.port != 0
    except ValueError:
        return False
