"""The same checks of stacks that are written as calls of modules, with `count`, `for_each` and much that is not there."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.clouds import Missing, cloud
from benchmarks.drift import unchanged
from benchmarks.estate import Estate
from benchmarks.figure import Figure, skipped
from benchmarks.size import Size


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    try:
        with cloud(size, folder / "cloud") as there:
            code = {f"modules{count}": text for count, text in there.modular.items()}
            estate = Estate(folder / "estate", there, code, modular=True)
            for count in there.modular:
                title = f"check of {count} {there.title} resources in modules"
                yield from unchanged(size, estate, f"modules{count}", title)
            estate.close()
    except Missing as missing:
        yield skipped("checks of AWS resources in modules", str(missing))
