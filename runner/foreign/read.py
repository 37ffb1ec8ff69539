"""Read a foreign tree: name by name in a fixed order, each file within the budget."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from runner.foreign.budget import Budget, TooMuch
from runner.foreign.opening import folder, regular
from runner.model.values.frozen import dataclass

CHUNK = 1 << 20


@dataclass(frozen=True)
class Found:
    """An entry that is not a folder, to be read before the next one is requested."""

    path: str  # from the top of the tree
    name: str
    about: os.stat_result
    within: int
    budget: Budget

    @property
    def is_regular(self) -> bool:
        return stat.S_ISREG(self.about.st_mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.about.st_mode)

    def chunks(self) -> Iterator[bytes]:
        yield from _chunks(self.name, self.within, self.budget, self.path)

    def target(self) -> bytes:
        return os.fsencode(os.readlink(self.name, dir_fd=self.within))


def walk(
    top: Path,
    budget: Budget,
    leave_out: frozenset[str] = frozenset(),
    pass_over: Callable[[str, OSError], None] | None = None,
) -> Iterator[Found]:
    """Every entry below that is not a folder, sorted within each folder; names in `leave_out` are skipped at any depth.

    With `pass_over`, a folder below that cannot be opened is told to it and stays as it is.
    """
    with ExitStack() as opened:
        levels: list[tuple[int, str, Iterator[str], ExitStack]] = []

        def enter(name: Path | str, within: int | None, prefix: str) -> None:
            budget.level(len(levels), prefix)
            own = opened.enter_context(ExitStack())
            descriptor = own.enter_context(folder(name, within, as_is=pass_over is not None))
            levels.append((descriptor, prefix, iter(_names(descriptor, budget, prefix)), own))

        enter(top, None, "")
        while levels:
            descriptor, prefix, names, own = levels[-1]
            name = next(names, None)
            if name is None:
                own.close()
                levels.pop()
            elif name not in leave_out:
                try:
                    about = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                    if stat.S_ISDIR(about.st_mode):
                        enter(name, descriptor, f"{prefix}{name}/")
                        continue
                except FileNotFoundError:
                    continue  # another process has removed it meanwhile
                except TooMuch:
                    raise
                except OSError as error:
                    if pass_over is None:
                        raise
                    pass_over(f"{prefix}{name}", error)
                    continue
                yield Found(prefix + name, name, about, descriptor, budget)


def _names(descriptor: int, budget: Budget, place: str) -> list[str]:
    names = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            budget.entry(place)
            names.append(entry.name)
    return sorted(names)


def chunks_of(file: Path, budget: Budget) -> Iterator[bytes]:
    """The content of a regular file, piece by piece."""
    yield from _chunks(file, None, budget, str(file))


def beginning(file: Path | str, limit: int) -> bytes:
    """The first bytes of a regular file."""
    with regular(file) as (descriptor, about), os.fdopen(os.dup(descriptor), "rb") as opened:
        return opened.read(min(limit, about.st_size))


def copy(source: Path, target: int, budget: Budget) -> None:
    """The content of a regular file, written into an open one."""
    for chunk in chunks_of(source, budget):
        left = memoryview(chunk)
        while left:
            left = left[os.write(target, left) :]


def _chunks(name: Path | str, within: int | None, budget: Budget, place: str) -> Iterator[bytes]:
    with regular(name, within) as (descriptor, about):
        # The claimed size, before any of it is read; growth meanwhile counts as it comes.
        size = about.st_size
        budget.read(size, place)
        seen = 0
        while chunk := os.read(descriptor, CHUNK):
            seen += len(chunk)
            budget.read(max(0, min(len(chunk), seen - size)), place)
            yield chunk
