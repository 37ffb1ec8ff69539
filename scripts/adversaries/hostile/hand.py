"""What every act has: chance, places, and a count of what it could do and what it was refused."""

import os
import random
import stat
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SAMPLE = 15  # paths of each kind that one act is done to
LOOKED_AT = 400  # entries of one place
OWN = ("RUN_HOME", "TMPDIR", "TF_DATA_DIR", "PWD")
MACHINE = ("/proc/self", "/proc/1", "/proc", "/dev", "/run", "/tmp", "/var/tmp", "/dev/shm", "/", "/etc")


@dataclass
class Hand:
    """`known` are paths that an insider knows: of the data directory, the repository and the configuration."""

    seed: int
    known: tuple[str, ...] = ()
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    act: str = ""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def attempt(self, deed: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """What it gives, or None where it is refused."""
        try:
            result = deed(*arguments, **named)
        except (OSError, ValueError, OverflowError, RuntimeError):
            self.refused[self.act] += 1
            return None
        self.done[self.act] += 1
        return result

    def own(self) -> list[str]:
        """Folders that are this run's, as its environment tells, and its root module."""
        shown = [os.environ.get(name, "") for name in OWN]
        return sorted({str(Path.cwd()), tempfile.gettempdir(), *filter(None, shown)})

    def paths(self) -> list[str]:
        """Some of everything that can be named: a third the run's own, a third what an insider knows.

        No devices: they are the machine's, and a fault of the wall would be felt by all that runs on it.
        """
        own = [path for place in self.own() for path in below(place)]
        machine = [path for place in MACHINE for path in below(place, 40)]
        some = (path for places in (own, list(self.known), machine) for path in self.some(places))
        return [path for path in some if not is_device(path)]

    def neighbour(self, path: str) -> str:
        """Another of the same folder, or of anywhere."""
        beside = below(str(Path(path).parent), 30)
        return self.chance.choice(beside if self.chance.random() < 0.7 else self.paths())

    def folders(self) -> list[str]:
        return [path for path in self.paths() if Path(path).is_dir()]

    def some(self, things: list[str], most: int = SAMPLE) -> list[str]:
        things = sorted(set(things))
        return self.chance.sample(things, min(len(things), most))

    def name(self) -> str:
        """Of a file that Driftline or terraform may look for, or of none."""
        return self.chance.choice(NAMES) if self.chance.random() < 0.7 else f"x{self.chance.randrange(1000)}"


NAMES = (
    "plan.tfplan",
    "fresh.tfplan",
    "probe.tfplan",
    "show.jsonl",
    "driftline.tfvars.json",
    "backend.tfbackend.json",
    "terraform.tfstate",
    ".terraform.tfstate.lock.info",
    "errored.tfstate",
    ".terraform.lock.hcl",
    "zz_override.tf",
    "x.auto.tfvars",
    "main.tf",
    "modules.json",
    "environment",
    "receipt",
    "plan.jsonl",
    "plan.stderr",
    "apply.result",
    "workspace.json",
    "manifest.json",
    "driftline.db",
    ".terraformrc",
    ".gitattributes",
)


def is_device(place: str | int) -> bool:
    """By its path or its descriptor."""
    try:
        mode = os.stat(place).st_mode  # noqa: PTH116 - as texts and numbers
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def below(place: str, most: int = LOOKED_AT) -> list[str]:
    """The place and what is in it, as far as it may be seen, and not without end."""
    found = [place]
    for folder, folders, files in os.walk(place):
        folders.sort()
        found += [f"{folder}/{name}" for name in sorted(folders + files)]
        if len(found) > most:
            break
    return found[:most]
