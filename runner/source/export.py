"""The checked-out tree of a revision, written from blobs: no checkout, so no hook, filter or submodule ever runs."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from runner import failpoint
from runner.errors import SourceTooLarge
from runner.files import private_folder, write_whole
from runner.model.paths import unsafe
from runner.model.size import parse_size
from runner.model.source import TreeEntry
from runner.model.tree import EXECUTABLE, FILES, LINK, SUBMODULE, Tree
from runner.source import arguments
from runner.source.failure import failed
from runner.source.flock import held
from runner.source.mirror import Mirror
from runner.source.tree import read_tree

TEMPORARY = ".making-"
LONGEST_LINK = 4095  # of Linux
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def export(mirror: Mirror, revision: str) -> Path:
    """`data_dir/trees/<source>/<revision>`, made on first use and then shared."""
    trees = mirror.data_dir / "trees" / mirror.source.name
    tree = trees / revision
    if _ready(tree):
        return tree
    private_folder(trees)
    with held(trees / ".lock", mirror.timeout):
        if not _ready(tree):
            for leftover in (tree, *trees.glob(f"{TEMPORARY}*")):
                shutil.rmtree(leftover, ignore_errors=True)
            made = Path(tempfile.mkdtemp(dir=trees, prefix=TEMPORARY))
            _write(mirror, revision, made)
            failpoint.reach("tree.before_rename")
            made.rename(tree)
            write_whole(_marker(tree), _boot().encode(), durable=False)
    return tree


def exported(data_dir: Path) -> Iterator[tuple[str, str]]:
    """Source and revision of every tree that is kept."""
    for marker in data_dir.glob("trees/*/*.complete"):
        yield marker.parent.name, marker.stem


def discard(data_dir: Path, source: str, revision: str) -> None:
    """Remove a tree; the marker goes first, so that half a tree is never taken for a whole one."""
    trees = data_dir / "trees" / source
    if trees.is_dir():
        with held(trees / ".lock", timeout=10):
            _marker(trees / revision).unlink(missing_ok=True)
            shutil.rmtree(trees / revision, ignore_errors=True)


def _marker(tree: Path) -> Path:
    return tree.with_name(f"{tree.name}.complete")


def _ready(tree: Path) -> bool:
    """Files are not synced, so after a power cut they may be empty: a tree is good for the boot that made it."""
    try:
        if _marker(tree).read_text() != _boot():
            return False
        os.utime(tree)  # so that retention spares what is only about to be used
    except FileNotFoundError:
        return False
    return True


def _boot() -> str:
    return BOOT_ID.read_text() if BOOT_ID.exists() else ""


def _write(mirror: Mirror, revision: str, top: Path) -> None:
    entries = read_tree(mirror.local("ls-tree", arguments.ls_tree(mirror.path, revision)).output)
    _check_paths(mirror, entries)
    for entry in sorted(entries, key=lambda e: e.path):
        if entry.kind == "tree" or entry.mode == SUBMODULE:
            (top / entry.path).mkdir(mode=0o700)
    _write_files(mirror, top, [e for e in entries if e.mode in FILES])
    # Last, so that no file is ever written through one.
    _write_links(mirror, top, entries)


def _check_paths(mirror: Mirror, entries: Iterable[TreeEntry]) -> None:
    for entry in entries:
        reason = unsafe(entry.path)
        if reason:
            raise failed(mirror.source, "export", f"the path {entry.path!r} is refused: {reason}")


def _write_files(mirror: Mirror, top: Path, entries: list[TreeEntry]) -> None:
    """Small objects can hold huge files, and one file can be there a thousand times."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    left = parse_size(mirror.source.max_size)
    with mirror.contents([entry.oid for entry in entries]) as contents:
        for entry, (_, size, chunks) in zip(entries, contents, strict=True):
            left -= size
            if left < 0:
                raise _too_large(mirror)
            mode = 0o700 if entry.mode == EXECUTABLE else 0o600
            with os.fdopen(os.open(top / entry.path, flags, mode), "wb") as file:
                for chunk in chunks:
                    file.write(chunk)


def _too_large(mirror: Mirror) -> SourceTooLarge:
    most = f"its max_size of {mirror.source.max_size}"
    return SourceTooLarge(source=mirror.source.name, what="the files of one revision take", most=most)


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
        if tree.follow(path) is None:
            told = f"the link {path!r} leads out of the repository, or in a circle"
            raise failed(mirror.source, "export", told)
        (top / path).symlink_to(target)
