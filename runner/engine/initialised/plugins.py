"""Installed providers, shared by all stacks without a lock: each `init` works in its own folder.

Two `init` on one plugin cache fail (2 of 4 did), and running them one after another lets an unreachable
backend, registry or module host block every stack. So an `init` gets a private cache: links to the installed
packages, beside which terraform places the missing ones. After a successful `init` these are moved to the
shared folder, each in one rename; a second one uses the first one's package.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from runner.foreign.budget import Budget
from runner.foreign.remove import remove
from runner.host.files import private_folder, sync_file, sync_folder, write_whole
from runner.probe import checksum as hashed

PACKAGES = "*/*/*/*/*_*"  # HOST/NAMESPACE/TYPE/VERSION/PLATFORM, as terraform lays out its cache


def lay_out(shared: Path, private: Path, lock_file: Path) -> None:
    """Rebuild the private cache for a module with this lock file, which may be missing.

    Other stacks run the shared packages. If the lock file has none of a package's checksums, terraform would
    unpack another one over it, through the link, so such a package is not linked.
    """
    with suppress(OSError):
        remove(private, Budget())
    private_folder(private)
    locked = lock_file.read_text(errors="replace") if lock_file.is_file() else None
    for package in _packages(shared):
        if locked is None or f'"{checksum(package)}"' in locked:
            link = private / package.relative_to(shared)
            private_folder(link.parent)
            link.symlink_to(package)


def publish(shared: Path, private: Path) -> None:
    """Move what an `init` has installed to the shared folder, and leave a link in its place."""
    for package in _packages(private):
        if package.is_symlink():
            continue
        target = shared / package.relative_to(private)
        # If it cannot be moved, the stack works with its own copy.
        with suppress(OSError):
            link = package.with_name(f".{package.name}")
            link.symlink_to(target)
            if _moved(package, target):
                link.replace(package)
            else:
                link.unlink()


def checksum(package: Path) -> str:
    """What lock files call `h1:`. It is stored beside the package, since a provider can have 700 MB."""
    record = package.with_name(f"{package.name}.h1")
    with suppress(OSError):
        return record.read_text()
    made = hashed.checksum(package)
    write_whole(record, made.encode())
    return made


def _moved(package: Path, target: Path) -> bool:
    """False if the same version with other contents exists already."""
    private_folder(target.parent)
    for path in map(package.joinpath, hashed.files(package)):
        # terraform sets the modes of the archive, ignoring the umask.
        path.chmod(path.stat().st_mode & 0o700)
        sync_file(path)
    try:
        package.rename(target)
    except OSError:
        same = target.is_dir() and checksum(target) == checksum(package)
        if same:
            remove(package, Budget())
        return same
    sync_folder(target.parent)
    return True


def _packages(cache: Path) -> Iterator[Path]:
    return (path for path in sorted(cache.glob(PACKAGES)) if path.is_dir())
