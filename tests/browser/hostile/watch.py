"""Sees what must not happen in a browser: scripts of others, requests to others, dialogs, new windows."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Dialog, Frame, Page, Route, WebSocket

_ALARM = """() => {
  window.hacked = (...what) => report("hacked", String(what));
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
    report("blocked", `${location.pathname}: ${violatedDirective} ${blockedURI} ${sample}`));
}"""


class Watch:
    """From `begin` on. `seen` has a line for everything that must not happen.

    What the policy of the frame for diagrams stops is none of it: that frame is there to stop it.
    """

    def __init__(self, context: BrowserContext, own: str) -> None:
        """`own`: the server's address."""
        self._own = own
        self.seen: list[str] = []
        self.requests = 0
        context.expose_binding("report", lambda _, kind, what: self._report(kind, what))
        context.add_init_script(f"({_ALARM})()")
        context.route("**/*", self._let_through)
        context.on("page", self._watch)
        for page in context.pages:
            self._watch(page)

    def _watch(self, page: Page) -> None:
        if page.opener() is not None:
            self.seen.append(f"a new window: {page.url}")
        page.on("dialog", self._dismiss)
        page.on("websocket", self._connected)
        page.on("framenavigated", self._turned)

    def _connected(self, socket: WebSocket) -> None:
        self._check("a socket", socket.url)

    def _turned(self, frame: Frame) -> None:
        if frame.parent_frame is None:
            self._check("a page", frame.url)

    def _let_through(self, route: Route) -> None:
        """Only what the policies have let pass comes by here."""
        self.requests += 1
        if self._check("a request", route.request.url):
            route.continue_()
        else:
            route.abort()

    def _check(self, what: str, url: str) -> bool:
        is_own = urlsplit(url).netloc == urlsplit(self._own).netloc or url.startswith(("data:", "blob:", "about:"))
        if not is_own:
            self.seen.append(f"{what}: {url}")
        return is_own

    def _dismiss(self, dialog: Dialog) -> None:
        self.seen.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _report(self, kind: str, what: str) -> None:
        if kind == "hacked" or not what.startswith("/diagram/"):
            self.seen.append(f"{kind}: {what}")
