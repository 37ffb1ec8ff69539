"""Harm to files and folders by their paths."""

import os
import socket
import stat
from pathlib import Path

from adversaries.hostile.hand import Hand, is_device

SPARSE = 1 << 40
DEPTH = 400
MODES = (0, 0o777, 0o4777, 0o1777, 0o400, 0o111)
CODE = 'resource "terraform_data" "evil" {\n  input = "evil"\n}\n'
EVIL = (
    b"",
    b"\0" * 4096,
    b"{",
    CODE.encode(),
    b'{"Modules":[{"Key":"","Source":"","Dir":"/"}]}',
    b"\xff\xfe",
)
LEADS = ("/", "/proc/self/fd/0", "/dev/zero", "..", ".", "/nowhere", "loop")


def change_modes(hand: Hand) -> None:
    for path in hand.paths():
        hand.attempt(_change_mode, path, hand.chance.choice(MODES))


def change_owners(hand: Hand) -> None:
    for path in hand.paths():
        hand.attempt(os.chown, path, 65534, 65534, follow_symlinks=False)
        hand.attempt(os.utime, path, (0, 0), follow_symlinks=False)


def remove(hand: Hand) -> None:
    for path in hand.paths():
        hand.attempt(os.rmdir if Path(path).is_dir() else os.unlink, path)


def rename(hand: Hand) -> None:
    for path in hand.paths():
        hand.attempt(os.rename, path, hand.chance.choice([f"{path}.gone", f"{Path.cwd()}/{hand.name()}"]))


def exchange(hand: Hand) -> None:
    """One for another, and hard links between what is whose."""
    for path in hand.paths():
        hand.attempt(hand.chance.choice([os.rename, os.link]), path, hand.neighbour(path))


def overwrite(hand: Hand) -> None:
    for path in hand.paths():
        if is_plain(path):
            hand.attempt(
                _write, path, hand.chance.choice(EVIL), hand.chance.choice([os.O_TRUNC, os.O_APPEND])
            )


def plant(hand: Hand) -> None:
    """What somebody may look for later, as something else than a file, or as an evil one."""
    for folder in hand.folders():
        path = f"{folder}/{hand.name()}"
        kind = hand.chance.randrange(6)
        if hand.chance.random() < 0.5:
            hand.attempt(os.unlink, path)
        if kind == 0:
            hand.attempt(os.mkfifo, path)
        elif kind == 1:
            hand.attempt(os.symlink, hand.chance.choice([*LEADS, *hand.known]), path)
        elif kind == 2:
            hand.attempt(os.mkdir, path)
        elif kind == 3:
            hand.attempt(_bind, path)
        else:
            hand.attempt(_write, path, hand.chance.choice(EVIL), os.O_CREAT)


def replace_own_folders(hand: Hand) -> None:
    """The places of the run themselves lead elsewhere afterwards."""
    for place in hand.own():
        hand.attempt(os.rename, place, f"{place}.moved")
        hand.attempt(os.symlink, hand.chance.choice([*hand.known, "/etc", f"{place}.moved"]), place)


def sparse(hand: Hand) -> None:
    for folder in hand.folders():
        path = f"{folder}/{hand.name()}"
        if not os.path.lexists(path) or is_plain(path):
            hand.attempt(_grow, path)


def deep(hand: Hand) -> None:
    """Deeper than any path may be long."""
    where = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    for place in hand.some(hand.own(), 2):
        hand.attempt(_dig, place)
        os.fchdir(where)
    os.close(where)


def many(hand: Hand) -> None:
    for place in hand.some(hand.own(), 2):
        for number in range(1500):
            hand.attempt(_write, f"{place}/{number}.tf.json", b"{", os.O_CREAT)


def lock_files(hand: Hand) -> None:
    """Locks of terraform's and of git's, with other people's names."""
    for folder in hand.folders():
        for name in (".terraform.tfstate.lock.info", "index.lock", "HEAD.lock", "driftline.lock"):
            hand.attempt(
                _write, f"{folder}/{name}", b'{"ID":"evil","Operation":"OperationTypeApply"}', os.O_CREAT
            )


def _change_mode(path: str, mode: int) -> None:
    """Of what was looked at: a child of ours may put a link to a device there at any time."""
    file = os.open(path, os.O_PATH)
    try:
        if not is_device(file):
            Path(f"/proc/self/fd/{file}").chmod(mode)
    finally:
        os.close(file)


def _write(path: str, content: bytes, flags: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | flags, 0o666)
    try:
        os.write(file, content)
    finally:
        os.close(file)


def _grow(path: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK, 0o600)
    try:
        os.ftruncate(file, SPARSE)
    finally:
        os.close(file)


def _bind(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)


def _dig(place: str) -> None:
    os.chdir(place)
    for _ in range(DEPTH):
        Path("d" * 200).mkdir()
        os.chdir("d" * 200)
    Path("end.tf").write_text(CODE)


def is_plain(path: str) -> bool:
    """Nothing without end, such as a device; not what already is evil and sparse either."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - as texts
    except OSError:
        return False
    return stat.S_ISREG(mode)
