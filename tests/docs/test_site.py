"""The documentation site shows every page. scripts/site builds it, and fails where a link is broken."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def navigation(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        for target in entry.values():
            yield from [target] if isinstance(target, str) else navigation(target)


def pages() -> list[str]:
    return list(navigation(tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]))


def test_every_page_is_in_the_navigation_once() -> None:
    written = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))
    assert sorted(pages()) == written, "add it to nav in zensical.toml"


def test_no_page_links_out_of_the_site() -> None:
    outside = [
        (path.name, link)
        for path in DOCS.rglob("*.md")
        for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text())
        if not (path.parent / link).resolve().is_relative_to(DOCS)
    ]
    assert outside == []
