"""The data directory: free space, owner, type of file system, and length of its path."""

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from runner.doctor.finding import Scene, existing, fail, ok, warn
from runner.engine.environment import LONGEST_TMPDIR, short_tmp
from runner.store.location import NETWORK, filesystem
from runner.view.finding import Finding

MEBIBYTE = 1 << 20
WARN_FREE, FAIL_FREE = 1024 * MEBIBYTE, 256 * MEBIBYTE
FAIL_INODES = 1000
VOLATILE = frozenset({"tmpfs", "ramfs"})
MOUNTS = Path("/proc/self/mountinfo")
# Code from Git keeps git's file modes (the folder above is private), and so do downloaded providers.
DEEPEST = 32
MODES_OF_OTHERS = frozenset(
    {Path("mirrors"), Path("quarantine"), Path("trees"), Path("engine/plugins"), Path("web.sock")}
)


def disk(scene: Scene) -> Iterator[Finding]:
    """A full disk destroys a local state: terraform truncates it in place."""
    place = existing(scene.data_dir)
    about = os.statvfs(place)
    yield disk_verdict(place, about.f_bavail * about.f_frsize, about.f_favail if about.f_files else None)


def disk_verdict(place: Path, free: int, inodes: int | None) -> Finding:
    message = f"{size(free)} free on {place}"
    hint = f"df -h {place}   then free some space, or shorten retention in the configuration"
    if inodes is not None and inodes < FAIL_INODES:
        return fail("disk", f"only {inodes} inodes left on {place}", f"df -i {place}   then remove files")
    if free < FAIL_FREE:
        return fail("disk", f"only {message}; below {size(FAIL_FREE)} nothing is applied", hint)
    return warn("disk", message, hint) if free < WARN_FREE else ok("disk", message)


def size(count: int) -> str:
    gibibytes = count / (1024 * MEBIBYTE)
    return f"{gibibytes:.1f} GiB" if gibibytes >= 1 else f"{count // MEBIBYTE} MiB"


def file_system(scene: Scene) -> Iterator[Finding]:
    """SQLite and the claims rely on file locks, which network file systems only pretend to support."""
    place = existing(scene.data_dir)
    kind = filesystem(place.stat().st_dev, MOUNTS.read_text(errors="replace")) if MOUNTS.exists() else None
    if kind in NETWORK:
        yield fail("filesystem", f"{place} is on {kind}", "set data_dir to a directory on a local disk")
    elif kind in VOLATILE:
        yield warn(
            "filesystem",
            f"{place} is on {kind} and is lost at a reboot",
            "set data_dir to a directory on a disk",
        )
    else:
        yield ok("filesystem", f"{place} is on {kind or 'an unknown file system'}")


def permissions(scene: Scene) -> Iterator[Finding]:
    """Plans and state contain clear-text secrets, so the data directory belongs to its user alone."""
    folder = scene.data_dir
    if not folder.is_dir():
        yield ok("permissions", f"the first command that needs {folder} creates it with mode 0700")
        return
    about = folder.stat()
    if about.st_mode & 0o077:
        yield fail(
            "permissions",
            f"{folder} has mode {stat.S_IMODE(about.st_mode):04o}, not 0700",
            f"chmod 700 {folder}",
        )
        return
    if about.st_uid != os.geteuid():
        owner, me = name_of(about.st_uid), name_of(os.geteuid())
        yield warn(
            "permissions",
            f"{folder} belongs to {owner}, but you are {me}: the daemon could not read files that you create",
            f"sudo -u {owner} driftline doctor",
        )
        return
    offenders = list(open_to_others(folder))
    if offenders:
        shown = ", ".join(str(path.relative_to(folder)) for path in offenders[:5])
        more = f" and {len(offenders) - 5} more" if offenders[5:] else ""
        yield warn("permissions", f"readable by others in {folder}: {shown}{more}", f"chmod -R go= {folder}")
    else:
        yield ok("permissions", f"only {name_of(about.st_uid)} can access {folder}")


def open_to_others(folder: Path) -> Iterator[Path]:
    """Files and folders below that other users could read, write or enter, by name.

    No deeper than Driftline's own files: whatever a run created there has only its own permissions.
    """
    waiting = [(folder, 0)]
    while waiting:
        place, depth = waiting.pop(0)
        for path in _sorted(place):
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:
                continue
            if path.relative_to(folder) in MODES_OF_OTHERS:
                continue
            if mode & 0o077 and not stat.S_ISLNK(mode):
                yield path
            if stat.S_ISDIR(mode) and depth < DEEPEST:
                waiting.append((path, depth + 1))


def _sorted(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def socket_paths(scene: Scene) -> Iterator[Finding]:
    """Providers listen on sockets in TMPDIR, and the kernel allows 107 bytes: with a longer path none of them starts."""
    scratch = scratch_of(scene.data_dir)
    yield path_verdict(scratch, Path(short_tmp(scratch)))


def scratch_of(data_dir: Path) -> Path:
    """The TMPDIR of a run with a high number."""
    return data_dir / "runs" / "1000000"


def path_verdict(scratch: Path, fallback: Path) -> Finding:
    length, room = len(os.fsencode(scratch)), LONGEST_TMPDIR
    if length <= room:
        return ok("paths", f"provider sockets fit below {scratch.parent} ({length} of {room} bytes)")
    message = f"{scratch} is {length - room} bytes too long for provider sockets"
    hint = "set data_dir to a shorter path, such as /var/lib/driftline"
    if len(os.fsencode(fallback)) > room:
        return fail("paths", f"{message}, and so is {fallback}: no provider will start", hint)
    return warn("paths", f"{message}; temporary files of runs go to {fallback} instead", hint)
