"""Who changes something in the administration, and from where: known to whatever runs below such a request."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from chatsite.accounts.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is the e-mail address, or what else acts ("command line"); `ref` and `address` are then missing."""

    name: str
    ref: UUID | None = None
    address: str = ""
    """The network address of the request, as `TrustedProxyMiddleware` found it."""


_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


def current() -> Actor | None:
    """Who administers right now; None outside of an administrative request."""
    return _acting.get()


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person of a request."""
    user = request.user
    address = str(request.META.get("REMOTE_ADDR", ""))
    return Actor(user.email, user.pk, address) if isinstance(user, User) else Actor("nobody", None, address)


def administrative(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view (not asynchronous) whose changes are administrative ones."""

    @wraps(view)
    def watched(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        token = _acting.set(actor_of(request))
        try:
            return view(request, *args, **kwargs)
        finally:
            _acting.reset(token)

    return watched
