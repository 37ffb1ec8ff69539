import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

# What drives the commands, and what serves them, lies beside their own tests.
sys.path += [str(Path(__file__).parents[1] / room) for room in ("cli", "web")]

from browser_server import served, shared
from browser_visit import Visit, chromium, log_in, visiting
from playwright.sync_api import Browser, sync_playwright
from rich_world import Rich


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Rich:
    base = tmp_path_factory.getbasetemp()
    return shared(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture(scope="session")
def address(installation: Rich) -> Iterator[str]:
    with served(installation.world) as listening:
        yield listening


# Not of the session: while Playwright is on, nothing else in this process can use asyncio.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = chromium(playwright, shutil.which("chromium") or "chromium")
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def sessions(installation: Rich, address: str, browser: Browser) -> Callable[[str], Any]:
    """What the browser of somebody keeps after a login; of nobody nothing."""

    @cache
    def session(who: str) -> Any:
        return log_in(browser, address, installation.tokens[who]) if who else None

    return session


@pytest.fixture
def visit(address: str, browser: Browser, sessions: Callable[[str], Any]) -> Iterator[Callable[..., Visit]]:
    """Opens a window for somebody; at the end nothing unexpected may have happened in any."""
    visits: list[Visit] = []
    with ExitStack() as opened:

        def open_window(who: str = "ana", **options: object) -> Visit:
            window = visiting(browser, address, storage_state=sessions(who), **options)
            visits.append(opened.enter_context(window))
            return visits[-1]

        yield open_window
        for one in visits:
            one.listen()
    assert [wrong for one in visits for wrong in one.wrong] == []
