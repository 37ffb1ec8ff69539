"""What a person waits for: until a page is painted in Chromium, what it loads, and how a long log is read and followed."""

import shutil
import time
from collections.abc import Iterator
from functools import partial

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.figure import Figure, Sample, at_most, skipped, timed
from benchmarks.size import Size
from benchmarks.web.pages import ninety_five
from benchmarks.web.seeded import LOG_LINES, logged_run
from benchmarks.web.served import Site

PLACES = {"overview": "/", "stack list": "/stacks"}
EMPTY = "data:text/html,<p>empty"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
LAST_LINE = "text => document.querySelector('.log')?.lastElementChild?.textContent.includes(text)"


def measure(size: Size, site: Site) -> Iterator[Figure]:
    chromium = shutil.which("chromium")
    if chromium is None:
        yield skipped("web: painted in Chromium", "chromium")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            for name, path in PLACES.items():
                yield from _page(size, browser, site, name, path)
            yield from _log(size, browser, site)
        finally:
            browser.close()


def _page(size: Size, browser: Browser, site: Site, name: str, path: str) -> Iterator[Figure]:
    page = _window(browser, site)
    page.goto(site.address + path)
    sizes = page.evaluate("performance.getEntries().map((one) => one.encodedBodySize ?? 0)")
    yield at_most(150, f"web: {name}, all that its first visit loads", "kB", Sample((sum(sizes) / 1000,)))
    times, empty = [], []
    for _ in range(size.part(2)):
        empty.append(_painted(page, EMPTY))
        times.append(_painted(page, site.address + path))
    yield ninety_five(0.25, f"web: {name} painted in Chromium", times, empty)
    page.context.close()


def _painted(page: Page, address: str) -> float:
    page.goto(address)
    page.wait_for_function(PAINTED)
    return float(page.evaluate(PAINTED)) / 1000


def _log(size: Size, browser: Browser, site: Site) -> Iterator[Figure]:
    run = logged_run(site.installation)
    page = _window(browser, site)

    def read() -> None:
        page.goto(f"{site.address}/runs/{run.name}/log", wait_until="commit")
        page.wait_for_function(LAST_LINE, arg=f"[id={LOG_LINES - 1}]")

    read()
    readable = [timed(read) for _ in range(size.part(10))]
    yield at_most(1.0, f"web: a log of {LOG_LINES:,} lines readable to its end", "s", Sample(tuple(readable)))
    page.wait_for_timeout(500)
    behind = [timed(partial(_follow, page, site, run.id, number)) for number in range(size.part(3))]
    yield ninety_five(0.2, "web: a followed log is behind its file", behind)
    page.context.close()


def _follow(page: Page, site: Site, run: int, number: int) -> None:
    text = f"line {number} of {time.monotonic_ns()}"
    with site.installation.app.workspaces.log(run).open("a") as log:
        log.write(f"{text}\n")
    page.wait_for_function(LAST_LINE, arg=text, polling=10)


def _window(browser: Browser, site: Site) -> Page:
    return browser.new_context(extra_http_headers=site.headers).new_page()
