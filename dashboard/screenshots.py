"""Takes pictures of pages, light and dark, wide and narrow: `screenshots.py URL FOLDER PATH…`.

`python dashboard/sample.py URL` fills a server with runs worth a picture before.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote

from playwright.sync_api import sync_playwright

SIZES = {"1440": (1440, 900), "390": (390, 844)}


def main(arguments: list[str]) -> int:
    """Take a picture of each page in each theme and width; tell what the pages complained about."""
    if len(arguments) < 3:
        sys.stderr.write("usage: screenshots.py URL FOLDER PATH…\n")
        return 2
    url, folder, paths = arguments[0].rstrip("/"), Path(arguments[1]), arguments[2:]
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for theme in ("light", "dark"):
            for size, (width, height) in SIZES.items():
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
                page = context.new_page()
                page.on("console", lambda message: print(f"  {message.type}: {message.text}"))
                page.on("pageerror", lambda error: print(f"  error: {error}"))
                for path in paths:
                    page.goto(url + path)
                    page.wait_for_timeout(900)
                    name = re.sub(r"\W+", "-", unquote(path)).strip("-") or "start"
                    page.screenshot(path=folder / f"{name}-{size}-{theme}.png")
                context.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
