"""Install the service: the files, their owners, and the next steps. Only `put` and `remove` write."""

import os
import re
from importlib.resources import files
from pathlib import Path
from typing import Literal

from runner.errors import BadUsage, NotAllowed
from runner.host.files import sync_folder, write_whole
from runner.model.values.frozen import dataclass

UNIT, WORKER_UNIT = "driftline.service", "driftline-worker.service"
UNIT_DIR = Path("/etc/systemd/system")
CONFIG_DIR = Path("/etc/driftline")
CONFIG_FILE = "config.yaml"
STATE_DIR = Path("/var/lib/driftline")  # the value of StateDirectory=driftline
HIDDEN = (Path("/home"), Path("/root"), Path("/run/user"))  # by ProtectHome=yes
PRIVATE = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - by PrivateTmp=yes

_USER = re.compile(r"[a-z_][a-z0-9_-]{0,30}")


@dataclass(frozen=True)
class Layout:
    """All paths. With a prefix the files go below it, while their contents name the final paths.

    `worker`: this host takes runs of a pool, instead of being the server.
    """

    program: Path
    config: Path = CONFIG_DIR / CONFIG_FILE
    data_dir: Path = STATE_DIR
    user: str = "driftline"
    prefix: Path = Path("/")
    worker: bool = False

    def below(self, path: Path) -> Path:
        return self.prefix / path.relative_to("/")

    @property
    def unit(self) -> Path:
        return self.below(UNIT_DIR / self.unit_name)

    @property
    def unit_name(self) -> str:
        return WORKER_UNIT if self.worker else UNIT


@dataclass(frozen=True)
class Owner:
    """User id and group id of the service."""

    user: int
    group: int


@dataclass(frozen=True)
class Placed:
    """A file, or a folder if it has no content. A kept one is never overwritten."""

    path: Path
    mode: int
    content: str | None = None
    keep: bool = False
    belongs: Literal["root", "group", "user"] = "root"  # group: root's, but readable for the service's group


def check(layout: Layout, python: Path) -> None:
    """Raise if the unit could not work: its own hardening hides some paths from it.

    `python` is the interpreter that runs the program, with all links resolved.
    """
    if not _USER.fullmatch(layout.user):
        raise BadUsage(
            f'"{layout.user}" is no name of a system user', hint="driftline service install --user driftline"
        )
    for what, path in (
        ("the program", layout.program),
        ("its Python", python),
        ("data_dir", layout.data_dir),
        ("the configuration", layout.config),
    ):
        hidden = next((folder for folder in (*HIDDEN, *PRIVATE) if path.is_relative_to(folder)), None)
        if hidden is not None:
            raise NotAllowed(
                who="the service",
                wish=f"use {path}",
                reason=f"{what} is in {hidden}, which the unit hides from it",
                hint="/usr/bin/python3 -m venv /opt/driftline && /opt/driftline/bin/pip install driftline"
                " && /opt/driftline/bin/driftline service install",
            )


def unit(layout: Layout) -> str:
    """The unit file, with every hardening line and its reason."""
    text = _file(layout.unit_name)
    values = {
        "@hardening@": _file("hardening.conf").rstrip(),
        "@driftline@": _word(layout.program),
        "@config@": _argument(layout.config),
        "@user@": layout.user,
        "@data_dir@": _data_dir_lines(layout.data_dir),
    }
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def worker_example(layout: Layout) -> str:
    """A configuration to begin with, on a host of a pool."""
    return _file("worker.yaml").replace("@data_dir@", str(layout.data_dir))


def _file(name: str) -> str:
    return files("runner.systemd").joinpath(name).read_text()


def placements(layout: Layout, example: str) -> tuple[Placed, ...]:
    """Everything that an installation consists of, folders before their contents."""
    own_place = layout.data_dir != STATE_DIR
    return (
        Placed(layout.below(layout.config.parent), 0o750, belongs="group"),
        Placed(layout.below(layout.config), 0o640, example, keep=True, belongs="group"),
        *((Placed(layout.below(layout.data_dir), 0o700, belongs="user"),) if own_place else ()),
        Placed(layout.unit, 0o644, unit(layout)),
    )


def useradd(user: str) -> tuple[str, ...]:
    """The command that creates the service's user: no writable home, no login shell."""
    return (
        "useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(STATE_DIR),
        "--shell", "/usr/sbin/nologin", "--comment", "Driftline", user,
    )  # fmt: skip


def put(placed: Placed, owner: Owner | None) -> str:
    """Write it and return what happened; without an owner, ownership is left to the installer."""
    word = _make(placed.path) if placed.content is None else _write(placed, placed.content)
    if word == "kept":
        return word
    placed.path.chmod(placed.mode)
    if owner is not None:
        user = owner.user if placed.belongs == "user" else 0
        os.chown(placed.path, user, 0 if placed.belongs == "root" else owner.group)
    return word


def remove(layout: Layout) -> bool:
    """Returns whether there was a unit to remove. Configuration and data stay."""
    if not layout.unit.exists():
        return False
    layout.unit.unlink()
    sync_folder(layout.unit.parent)
    return True


def _make(folder: Path) -> str:
    if folder.is_dir():
        return "exists"
    folder.mkdir(parents=True)
    return "made"


def _write(placed: Placed, content: str) -> str:
    old = placed.path.read_text() if placed.path.exists() else None
    if old is not None and placed.keep:
        return "kept"
    if old == content:
        return "unchanged"
    placed.path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(placed.path, content.encode())
    return "written" if old is None else "renewed"


def _data_dir_lines(data_dir: Path) -> str:
    if data_dir == STATE_DIR:
        return ""
    return f"# data_dir of the configuration.\nReadWritePaths={_word(data_dir)}"


def _argument(path: Path) -> str:
    """One argument of a command, where $ would start a variable; the command itself is used unchanged."""
    return _word(path).replace("$", "$$")


def _word(path: Path) -> str:
    """One word of a unit file, where % would start a specifier."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"' if any(character.isspace() or character in "\"';\\" for character in text) else text
