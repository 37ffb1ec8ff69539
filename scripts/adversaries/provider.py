"""A provider whose data source runs the hostile code while the plan goes on. It runs from a copy in a mirror."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from provider import serving
from provider.plugin import Attribute, DataSource, Provider, Said, String

NAME = "registry.terraform.io/driftline/adversary"
SECONDS = 10


class Acts(DataSource):
    name = "acts"
    attributes = (
        Attribute("seed", String(), required=True),
        Attribute("outside", String(), required=True),
        Attribute("known", String(), required=True),
        Attribute("told", String(), computed=True),
    )

    def read(self, _: Said, config: dict[str, Any]) -> dict[str, Any]:
        return {**config, "told": _act(config["seed"], config["outside"], config["known"])}


class Adversary(Provider):
    prefix = "adversary_"
    data_sources = (Acts,)


def _act(seed: str, outside: str, known: str) -> str:
    """With every descriptor that this process has, those to terraform included."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "r", errors="replace") as shown:
        command = [sys.executable, "-m", "adversaries.hostile", seed, outside, known]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.DEVNULL,
            pass_fds=_open(),
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        os.close(writing)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS)
        os.set_blocking(shown.fileno(), False)
        return shown.read(1 << 16) or ""


def _open() -> tuple[int, ...]:
    numbers = [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208
    return tuple(number for number in numbers if number > 2 and Path(f"/proc/self/fd/{number}").exists())


def main() -> None:
    # Not where terraform has it: the run's own folders may be anything by now.
    home = serving.make_folder("/var/tmp")
    os.environ["HOME"], before = home, os.environ.get("HOME", "")
    os.environ["RUN_HOME"] = before
    serving.serve(Adversary(), folder=home)
