"""A provider whose data source runs the hostile code while the plan goes on. It runs from a copy in a mirror."""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tf import iface, types
from tf.schema import Attribute, Schema
from tf.utils import Diagnostics

NAME = "registry.terraform.io/driftline/adversary"
SECONDS = 10


class Acts(iface.DataSource):  # type: ignore[misc]
    def __init__(self, provider: "Adversary") -> None:
        pass

    @classmethod
    def get_name(cls) -> str:
        return "acts"

    @classmethod
    def get_schema(cls) -> Schema:
        return Schema(
            version=1,
            attributes=[
                Attribute("seed", types.String(), required=True),
                Attribute("outside", types.String(), required=True),
                Attribute("known", types.String(), required=True),
                Attribute("told", types.String(), computed=True),
            ],
        )

    def read(self, _: iface.ReadDataContext, config: dict[str, Any]) -> dict[str, Any]:
        return {**config, "told": _act(config["seed"], config["outside"], config["known"])}


class Adversary(iface.Provider):  # type: ignore[misc]
    def full_name(self) -> str:
        return NAME

    def get_model_prefix(self) -> str:
        return "adversary_"

    def get_provider_schema(self, _: Diagnostics) -> Schema:
        return Schema(attributes=[])

    def validate_config(self, diags: Diagnostics, config: dict[str, Any]) -> None:
        pass

    def configure_provider(self, diags: Diagnostics, config: dict[str, Any]) -> None:
        pass

    def get_resources(self) -> list[type[iface.Resource]]:
        return []

    def get_data_sources(self) -> list[type[iface.DataSource]]:
        return [Acts]


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
    from serving import serve  # type: ignore[import-not-found]  # beside this file in a mirror

    # Not where terraform has it: the run's own folders may be anything by now.
    tempfile.tempdir = "/var/tmp"
    with contextlib.suppress(KeyboardInterrupt), tempfile.TemporaryDirectory() as home:
        os.environ["HOME"], before = home, os.environ.get("HOME", "")
        os.environ["RUN_HOME"] = before
        serve(Adversary())
    os._exit(0)


if __name__ == "__main__":
    main()
