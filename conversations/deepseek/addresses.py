"""The addresses of an upstream, from the base address that somebody typed."""

from __future__ import annotations

from urllib.parse import urlsplit

from conversations.deepseek.errors import InvalidRequest

_TAILS = ("/chat/completions", "/v1", "/beta")


class Addresses:
    """`base_url` may end with slashes, `/chat/completions`, `/v1` or `/beta`.

    Raises InvalidRequest when it is no http(s) address, or holds a password, which would end up in logs.
    """

    def __init__(self, base_url: str) -> None:
        base = base_url.strip().rstrip("/").removesuffix(_TAILS[0]).rstrip("/")
        if not _usable(base):
            raise InvalidRequest("base_url", "an http:// or https:// address without password, query and fragment")
        root = base
        for tail in _TAILS[1:]:
            root = root.removesuffix(tail)
        root = root.rstrip("/")
        self.base = base  # `/v1` is kept: other servers have nothing beside it
        self.beta = f"{root}/beta"
        self.balance = f"{root}/user/balance"
        self.models = f"{base}/models"

    def chat(self, *, beta: bool) -> str:
        return f"{self.beta if beta else self.base}/chat/completions"


def _usable(base: str) -> bool:
    try:
        parts = urlsplit(base)
        bare = parts.username is None and not (parts.query or parts.fragment)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and bare and parts.port != 0
    except ValueError:
        return False
