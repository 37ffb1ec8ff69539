"""The exported tree of a revision, written from blobs: without a checkout no hook, filter or submodule ever runs."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from runner import failpoint
from runner.errors import SourceTooLarge
from runner.foreign.quarantine import Quarantine
from runner.host.files import private_folder
from runner.host.flock import alone, held, shared
from runner.model.code.tree import EXECUTABLE, FILES, LINK, SUBMODULE, Tree, fitting
from runner.model.stack.source import TreeEntry
from runner.model.values.paths import shortened
from runner.model.values.size import parse_size
from runner.source import record
from runner.source.failure import failed
from runner.source.listing import listing
from runner.source.mirror import Mirror
from runner.source.record import Record, Seen
from runner.source.repair import differing, found, is_left, is_state, repair, sentence

TEMPORARY = ".making-"
LONGEST_LINK = 4095  # on Linux
Keep = Callable[[int], None]
Report = Callable[[str], None]


def export(mirror: Mirror, revision: str, keep: Keep | None = None, report: Report | None = None) -> Path:
    """`data_dir/trees/<source>/<revision>`, made on first use and then shared; deviations from Git are repaired.

    `keep` gets the descriptor that marks the tree as in use, `report` a sentence about repairs.
    """
    trees = mirror.data_dir / "trees" / mirror.source.name
    tree = trees / revision
    use = _good(tree, mirror.timeout)
    if use is None:
        private_folder(trees)
        with held(trees / ".lock", mirror.timeout):
            use = _good(tree, mirror.timeout)
            if use is None:
                _make_good(mirror, revision, tree, report)
                use = shared(_use(tree), mirror.timeout)
    with suppress(FileNotFoundError):
        os.utime(_marker(tree))  # so that retention spares a tree that is about to be used
    (keep or os.close)(use)
    return tree


def settle(mirror: Mirror, revision: str) -> None:
    """After a run: files that it left beside Git's are accepted from now on."""
    tree = mirror.data_dir / "trees" / mirror.source.name / revision
    known = record.read(_marker(tree))
    if known is None or known.nothing_new(tree):
        return
    with held(tree.parent / ".lock", mirror.timeout):
        known = record.read(_marker(tree))
        if known is None:
            return
        try:
            seen, folders = record.scan(tree)
        except OSError:
            # The content is no longer known, so it is made again.
            _marker(tree).unlink(missing_ok=True)
            return
        left = {path: stat for path, stat in seen.items() if is_left(path, stat)}
        record.write(_marker(tree), record.of(seen, folders, known.files, left))


def exported(data_dir: Path) -> Iterator[tuple[str, str, float]]:
    """Source, revision and last use of every stored tree."""
    for marker in data_dir.glob("trees/*/*.complete"):
        with suppress(FileNotFoundError):
            yield marker.parent.name, marker.stem, marker.stat().st_mtime


def discard(data_dir: Path, source: str, revision: str) -> bool:
    """Remove a tree if it is unused; the marker goes first, so that half a tree never passes for a complete one."""
    tree = data_dir / "trees" / source / revision
    with held(tree.parent / ".lock", timeout=10), alone(_use(tree)) as free:
        if free:
            _marker(tree).unlink(missing_ok=True)
            Quarantine(data_dir).discard(tree)
            _use(tree).unlink(missing_ok=True)
        return free


def _marker(tree: Path) -> Path:
    return tree.with_name(f"{tree.name}.complete")


def _use(tree: Path) -> Path:
    """Users of the tree hold a lock on this; runs see the tree, but not the files beside it."""
    return tree.with_name(f"{tree.name}.use")


def _good(tree: Path, timeout: float) -> int | None:
    """The descriptor of an unchanged tree; None if it has to be examined."""
    known = record.read(_marker(tree))
    if known is None:
        return None
    use = shared(_use(tree), timeout)
    if tree.is_dir() and known.untouched(tree):
        return use
    os.close(use)
    return None


def _make_good(mirror: Mirror, revision: str, tree: Path, report: Report | None) -> None:
    known = record.read(_marker(tree))
    with alone(_use(tree)) as free:
        seen = _scanned(tree) if known is not None and tree.is_dir() and not tree.is_symlink() else None
        if known is not None and seen is not None:
            _put_right(mirror, revision, tree, known, seen, report, free=free)
        elif free:
            _make(mirror, revision, tree)
        else:
            problem = f"a run uses {tree}, whose record is lost; it is exported again after that run"
            raise failed(mirror.source, "export", problem)


def _make(mirror: Mirror, revision: str, tree: Path) -> None:
    quarantine = Quarantine(mirror.data_dir)
    for leftover in (tree, *tree.parent.glob(f"{TEMPORARY}*")):
        quarantine.discard(leftover)
    made = Path(tempfile.mkdtemp(dir=tree.parent, prefix=TEMPORARY))
    _write(mirror, revision, made)
    failpoint.reach("tree.before_rename")
    made.rename(tree)
    seen, folders = record.scan(tree)
    record.write(_marker(tree), record.of(seen, folders, seen, {}))


def _scanned(tree: Path) -> Seen | None:
    """None if a run made it unreadable: the whole tree is made again then."""
    try:
        return record.scan(tree)[0]
    except OSError:
        return None


def _put_right(
    mirror: Mirror, revision: str, tree: Path, known: Record, seen: Seen, report: Report | None, *, free: bool
) -> None:
    differences = found(known, seen, alone=free)
    entries = {entry.path: entry for entry in _entries(mirror, revision)} if differences.odd else {}
    wrong = differing(mirror, tree, entries, seen, differences.odd)
    if wrong or differences.strange:
        if report is not None:
            report(sentence(revision, wrong, differences.strange, seen))
        repair(mirror, tree, wrong, differences.strange)
    after, folders = record.scan(tree)
    # Files that merely looked odd were compared after `seen` was taken; later changes are found the next time.
    repaired = {entry.path: after[entry.path] for entry in wrong if entry.path in after}
    files = known.files | {path: seen[path] for path in differences.odd if path in seen} | repaired
    left = {path: stat for path, stat in known.left.items() if after.get(path) == stat}
    left |= {path: stat for path, stat in after.items() if path not in files and is_state(path, stat)}
    record.write(_marker(tree), record.of(after, folders, files, left))


def _entries(mirror: Mirror, revision: str) -> list[TreeEntry]:
    """Without those that no disk can hold: a stack with such a path in its code was refused."""
    return fitting(listing(mirror, revision))[0]


def _write(mirror: Mirror, revision: str, top: Path) -> None:
    entries = _entries(mirror, revision)
    for entry in sorted(entries, key=lambda e: e.path):
        if entry.kind == "tree" or entry.mode == SUBMODULE:
            (top / entry.path).mkdir(mode=0o700)
    _write_files(mirror, top, [e for e in entries if e.mode in FILES])
    # Last, so that no file is ever written through a link.
    _write_links(mirror, top, entries)


def _write_files(mirror: Mirror, top: Path, entries: list[TreeEntry]) -> None:
    """Small objects can contain huge files, and one file can occur a thousand times."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    left = parse_size(mirror.source.max_size)
    with mirror.contents([entry.oid for entry in entries]) as contents:
        for entry, (_, size, chunks) in zip(entries, contents, strict=True):
            left -= size
            if left < 0:
                raise _too_large(mirror, entry.path)
            mode = 0o700 if entry.mode == EXECUTABLE else 0o600
            with os.fdopen(os.open(top / entry.path, flags, mode), "wb") as file:
                for chunk in chunks:
                    file.write(chunk)


def _too_large(mirror: Mirror, path: str) -> SourceTooLarge:
    bound = f"its max_size of {mirror.source.max_size}, including {shortened(path)!r}"
    return SourceTooLarge(source=mirror.source.name, what="the files of one revision exceed", bound=bound)


def _write_links(mirror: Mirror, top: Path, entries: list[TreeEntry]) -> None:
    links = [entry for entry in entries if entry.mode == LINK]
    if not links:
        return
    targets = {}
    with mirror.contents([entry.oid for entry in links]) as contents:
        for entry, (_, size, chunks) in zip(links, contents, strict=True):
            targets[entry.path] = (
                b"".join(chunks).decode(errors="surrogateescape") if size <= LONGEST_LINK else ""
            )
    tree = Tree(entries, targets)
    for path, target in targets.items():
        # A link out of the repository, or in a cycle, is left out: a stack with it in its code was refused.
        if tree.follow(path) is not None:
            (top / path).symlink_to(target)
