"""The web server over a long history: how long its pages take, how it follows, and what many who look cost."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.size import Size
from benchmarks.web import idle, load, pages, painted
from benchmarks.web.seeded import seeded
from benchmarks.web.served import served


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    folder.mkdir(parents=True)
    installation, token = seeded(size)
    with closing(installation.app.store), served(installation, token, folder) as site:
        yield from pages.measure(size, site)
        yield from painted.measure(size, site)
        yield from idle.measure(size, site)
    yield from load.measure(size, folder)
