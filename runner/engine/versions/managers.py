"""Shims of version managers in place of an engine: which engine they start depends on the current folder."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from runner.errors import EngineIsShim
from runner.model.code.engines import EngineRow
from runner.model.values.frozen import dataclass

LARGEST_SCRIPT = 64 << 10
DEEPEST = 4  # scripts that call scripts
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Manager:
    """`places` are where the real engines lie, below the folder of the manager's program or below a home."""

    name: str
    variables: str  # prefix of their names
    marks: tuple[bytes, ...] = ()  # in the manager's own compiled program
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


MANAGERS: tuple[Manager, ...] = (
    Manager("tfenv", "TFENV_", places={"terraform": ("versions/*/terraform", ".tfenv/versions/*/terraform")}),
    Manager("tofuenv", "TOFUENV_", places={"tofu": ("versions/*/tofu", ".tofuenv/versions/*/tofu")}),
    Manager(
        "tenv",
        "TENV_",
        (b"github.com/tofuutils/tenv",),
        {"terraform": (".tenv/Terraform/*/terraform",), "tofu": (".tenv/OpenTofu/*/tofu",)},
    ),
    Manager(
        "tfswitch",
        "TFSWITCH_",
        (b"github.com/warrensbox/terraform-switcher",),
        {"terraform": (".terraform.versions/terraform_*",), "tofu": (".terraform.versions/opentofu_*",)},
    ),
    Manager(
        "mise",
        "MISE_",
        (b"MISE_DATA_DIR",),
        {
            "terraform": (".local/share/mise/installs/terraform/*.*.*/terraform",),
            "tofu": (".local/share/mise/installs/opentofu/*.*.*/tofu",),
        },
    ),
    Manager("rtx", "RTX_", (b"RTX_DATA_DIR",)),
    Manager(
        "asdf",
        "ASDF_",
        (b"github.com/asdf-vm/asdf",),
        {
            "terraform": (".asdf/installs/terraform/*/bin/terraform",),
            "tofu": (".asdf/installs/opentofu/*/bin/tofu",),
        },
    ),
    Manager(
        "proto",
        "PROTO_",
        (b"PROTO_DEBUG_SHIM", b"PROTO_HOME"),
        {"terraform": (".proto/tools/terraform/*/terraform",), "tofu": (".proto/tools/opentofu/*/tofu",)},
    ),
    Manager(
        "vfox",
        "VFOX_",
        (b"github.com/version-fox/vfox",),
        {
            "terraform": (".version-fox/cache/terraform/*/*/terraform",),
            "tofu": (".version-fox/cache/opentofu/*/*/tofu",),
        },
    ),
    Manager("aqua", "AQUA_", (b"github.com/aquaproj/aqua",)),
)
BY_NAME: Mapping[str, Manager] = {
    **{one.name: one for one in MANAGERS},
    "aqua-proxy": MANAGERS[-1],
    "proto-shim": MANAGERS[-3],
    "version-fox": MANAGERS[-2],  # its folder
}
_NAMES = "|".join(map(re.escape, sorted(BY_NAME, key=len, reverse=True)))
# Called by its name or path, or one of its variables. `/opt/tenv/Terraform/1.11.4/terraform` only lies in its folder.
_CALLED = re.compile(rf"(?<![\w.-])({_NAMES})(?![\w./-])(?:(?<!proto)|(?=\s+(?:run|exec)\b))")
_VARIABLE = re.compile("|".join(rf"(?<![A-Za-z0-9])_*({one.variables})[A-Z]" for one in MANAGERS))
_SHIMS = re.compile(rf"[./]({_NAMES})/(?:shims|bin)/")
_PATH = re.compile(r"/[^\s\"'`$;|&()<>]+")


def manager_of(binary: Path) -> Manager | None:
    """The version manager that this program belongs to, or calls as a script; None for any other program."""
    return next(_managers(binary, DEEPEST), None)


def _managers(binary: Path, depth: int) -> Iterator[Manager]:
    real = binary.resolve()
    if real.name in BY_NAME:
        yield BY_NAME[real.name]
    text = script_of(real)
    if text is None:
        return
    code = "\n".join(line for line in text.splitlines()[1:] if not line.lstrip().startswith("#"))
    for found in _VARIABLE.finditer(code):
        yield next(one for one in MANAGERS if one.variables in found.groups())
    for pattern in (_CALLED, _SHIMS):
        yield from (BY_NAME[found[1]] for found in pattern.finditer(code))
    if depth:
        for called in dict.fromkeys(map(Path, _PATH.findall(code))):
            if called.is_file() and called.resolve() != real:
                yield from _managers(called, depth - 1)


def script_of(binary: Path) -> str | None:
    """Its text; None for a compiled program."""
    try:
        with binary.open("rb") as file:
            content = file.read(LARGEST_SCRIPT)
    except OSError:
        return None
    return content.decode(errors="replace") if content.startswith(b"#!") else None


def compiled_manager(binary: Path) -> Manager | None:
    """The same for a compiled program that does not answer as an engine, by its content."""
    try:
        with binary.open("rb") as file:
            before = b""
            while chunk := file.read(_CHUNK):
                for one in MANAGERS:
                    if any(mark in before + chunk for mark in one.marks):
                        return one
                before = chunk[-64:]
    except OSError:
        return None
    return None


def installed_by(manager: Manager, shim: Path, engine: str) -> tuple[Path | None, str]:
    """The newest of the engines that it has installed, and a glob of all of them there."""
    real = shim.resolve()
    tops = dict.fromkeys((*real.parents[1:3], *shim.absolute().parents[:4], Path.home()))
    patterns = manager.places.get(engine, ())
    found = {
        file: f"{place}/{pattern}"
        for place in tops
        for pattern in patterns
        for file in place.glob(pattern)
        if file.is_file()
    }
    newest = max(found, key=_numbers, default=None)
    return newest, found[newest] if newest is not None else ""


def is_shim(row: EngineRow, binary: Path, manager: Manager, key: str) -> EngineIsShim:
    newest, pattern = installed_by(manager, binary, row.name)
    real = f"engines.{row.name}.binary: {newest or f'/path/to/{row.name}'}"
    if pattern:
        real += f', and all of them by binaries: ["{pattern}"]'
    return EngineIsShim(engine=row.name, key=key, path=str(binary), manager=manager.name, real=real)


def _numbers(path: Path) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", str(path))]
