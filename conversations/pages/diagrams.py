"""The frame in which diagrams are drawn.

Mermaid writes inline styles and has a history of holes, so it runs in a sandboxed frame with an origin of its own: it
has no cookies, reaches no address but our scripts, and nobody but our pages can frame it.
"""

from __future__ import annotations

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [UNSAFE_INLINE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-scripts"],
}


@require_safe
@login_required
@xframe_options_sameorigin
@csp(_POLICY)  # type: ignore[untyped-decorator]
def diagram_frame(request: HttpRequest) -> HttpResponse:
    """An empty page with the script that draws what it is sent through a port."""
    return render(request, "conversations/diagram_frame.html")
