"""`bin/draw-icons`: the PNG icons that phones and desktops want, from our own drawing."""

from __future__ import annotations

import base64
import sys

import set_up
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(set_up.ROOT))
from tests.browser.chromium import launch_arguments

_FOLDER = set_up.ROOT / "static" / "icons"
_SIZES = (("icon-192.png", 192, False), ("icon-512.png", 512, False), ("maskable-512.png", 512, True))
_ALL = (*_SIZES, ("apple-touch-icon.png", 180, True))
"""File, pixels, and whether it fills its square: systems cut such icons to their own shape and show the middle 80 %."""


def main() -> None:
    mark = base64.b64encode((_FOLDER / "mark.svg").read_bytes()).decode()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        for name, pixels, fills in _ALL:
            page = browser.new_page(viewport={"width": pixels, "height": pixels})
            background = "#3a4fc4" if fills else "transparent"
            page.set_content(
                f"<style>*{{margin:0;background:{background}}}img{{display:block;width:100vw}}</style>"
                f'<img src="data:image/svg+xml;base64,{mark}">'
            )
            page.locator("img").evaluate("image => image.decode()")
            page.screenshot(path=_FOLDER / name, omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
