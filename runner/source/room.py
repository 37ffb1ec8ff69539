"""The disk that a mirror takes: many small files are combined, and forgotten pull requests go if there is no room."""

from collections.abc import Iterable
from pathlib import Path

from runner.source import arguments
from runner.source.command import Call, run

MAX_PACKS = 50  # each fetch adds one, and git searches all of them
MAX_LOOSE = 27  # merges add a few each; in one of 256 folders, as `git gc --auto` counts them
FORGOTTEN = "driftline-forgotten"
LONGER = 5  # the whole history is read and written


def taken(git_dir: Path) -> int:
    """The bytes of all objects in a mirror."""
    return sum(path.stat().st_size for path in git_dir.glob("objects/*/*") if path.is_file())


def tidy(git_dir: Path, timeout: float, lock: int) -> None:
    """Everything works without it, only slower: an old git that does not support it may refuse."""
    packs = list(git_dir.glob("objects/pack/*.pack"))
    loose = list(git_dir.glob("objects/17/*"))
    if len(packs) > MAX_PACKS or len(loose) > MAX_LOOSE:
        # Only merges are loose: no revision of the branch can be pruned.
        _try(git_dir, timeout, lock, (arguments.repack(git_dir), arguments.prune(git_dir)))


def forget(git_dir: Path) -> None:
    """Before a ref is changed or removed: there are objects that nothing needs, which `reclaim` may remove."""
    (git_dir / FORGOTTEN).touch(mode=0o600)


def reclaim(git_dir: Path, timeout: float, lock: int) -> bool:
    """Remove what no ref names; False if that is nothing. All heads that the branch ever had have refs."""
    if not (git_dir / FORGOTTEN).exists():
        return False
    _try(git_dir, timeout * LONGER, lock, (arguments.repack_all(git_dir), arguments.prune(git_dir)))
    (git_dir / FORGOTTEN).unlink()
    return True


def _try(git_dir: Path, timeout: float, lock: int, commands: Iterable[list[str]]) -> None:
    for argv in commands:
        run(Call(tuple(argv), git_dir.parent, timeout, fds=(lock,)))
