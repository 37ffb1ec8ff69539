"""A page as a person with a real browser sees it; what goes wrong unseen fails the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Dialog,
    Page,
    Playwright,
    Request,
    Response,
    ViewportSize,
)

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
WATCH = """\
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


def chromium(playwright: Playwright, executable: str) -> Browser:
    return playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))


@dataclass
class Visit:
    """A window of its own, with nothing in its cache."""

    context: BrowserContext
    address: str
    wrong: list[str] = field(default_factory=list)
    bytes: int = 0
    responses: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(10_000)
        self.context.add_init_script(WATCH)
        self.context.on("request", self._request)
        self.context.on("response", self._response)
        self.context.on("requestfailed", self._failed)
        self.context.on("console", lambda message: self._console(message.type, message.text))
        self.context.on("weberror", lambda error: self.wrong.append(f"error: {error.error}"))
        self.context.on("dialog", self._dialog)
        self.page: Page = self.context.new_page()

    def open(self, path: str, status: int = 200) -> Page:
        self.responses.clear()
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status} {answer.text()[:500]}"
        return self.page

    def transferred(self) -> int:
        """Bytes of all bodies, as they were sent, since a page was opened."""
        self.page.wait_for_load_state()
        ended = [one for one in self.responses if "event-stream" not in one.headers.get("content-type", "")]
        return sum(one.request.sizes()["responseBodySize"] for one in ended)

    def listen(self) -> None:
        """Take in what the browser has reported until now."""
        self.page.evaluate("1")

    def axe(self, *rules: str) -> list[str]:
        """What axe-core finds, by all of its rules or by these; a line for each place."""
        options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        found = self.page.evaluate("options => axe.run(document, options)", options)
        return [
            f"{one['id']}: {one['help']}: {node['target']} {node['html'][:200]} {node['failureSummary'][:300]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def overflow(self) -> list[str]:
        """What is cut off, or makes the page wider than the window."""
        # What draws itself does so after the window has changed.
        for _ in range(20):
            found: list[str] = self.page.evaluate(OVERFLOW)
            if not found:
                break
            self.page.wait_for_timeout(50)
        return found

    def _request(self, request: Request) -> None:
        if request.url.startswith(("data:", "blob:")):
            return
        if urlsplit(request.url).netloc != urlsplit(self.address).netloc:
            self.wrong.append(f"request elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        self.responses.append(response)

    def _failed(self, request: Request) -> None:
        # Leaving a page ends what it still waits for.
        if request.failure != "net::ERR_ABORTED":
            self.wrong.append(f"failed: {request.url} {request.failure}")

    def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.wrong.append(f"console: {text}")


# Outside the window, where nothing around it can be scrolled there, and that is not meant for screen readers alone.
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  const reached = (one) => one && (
    ["auto", "scroll"].includes(getComputedStyle(one).overflowX) || getComputedStyle(one).clipPath !== "none" || reached(one.parentElement));
  return [...document.body.querySelectorAll("*")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > wide + 1 && !reached(one.parentElement))
    .slice(0, 5)
    .map((one) => `${one.tagName}.${one.className} ends at ${one.getBoundingClientRect().right}`);
}"""


@contextmanager
def visiting(browser: Browser, address: str, **options: Any) -> Iterator[Visit]:
    """`options` are those of a browser context, such as `color_scheme`."""
    context = browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce", **options})
    try:
        yield Visit(context, address)
    finally:
        context.close()


def log_in(browser: Browser, address: str, token: str) -> Any:
    """What the browser keeps of it: the `storage_state` of later windows."""
    with visiting(browser, address) as visit:
        page = visit.open("/login")
        page.locator("input[name=secret]").fill(token)
        page.locator("main button[type=submit]").click()
        page.wait_for_url(f"{address}/")
        return page.context.storage_state()
