"""The whole: stacks whose every apply leaves a trace, the server, its broker, and the hosts of its workers."""

import os
import shutil
import socket
import subprocess
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from crashes import ground
from crashes.field import Field

from losses.host import Host, started
from runner.model.access.token import Token, digest_of

TOKEN = "drift_" + "w" * 43
SERVER = """
web: {{listen: "0.0.0.0:{web}", insecure_http: true}}
broker: "redis://127.0.0.1:{broker}/0"
pools: [{{name: eu, tokens: [worker], match: {{stacks: ["*"]}}, at_most: {at_most}, checks_at_most: {at_most}}}]
"""
STATE = 'terraform {{\n  backend "local" {{ path = "{root}/states/{name}.tfstate" }}\n}}\n'
SLOTS = 2  # of a worker


@dataclass(frozen=True)
class Fleet(Field):
    """Its workers have data directories of their own, and share what the stacks' effects are written to."""

    @classmethod
    def laid(cls, root: Path, stacks: int, workers: int) -> "Fleet":
        fleet = cls(root, tuple(f"s{number}" for number in range(stacks)))
        ground.lay(root, slots=1, drift="0 0 1 1 *", poll="1s")
        (root / "states").mkdir()
        text = fleet.config.read_text().replace(
            "provisioners: true}", f'provisioners: true, pools: ["*"], state_folders: ["{root}/states"]}}'
        )
        web, broker = fleet.ports
        fleet.config.write_text(text + SERVER.format(web=web, broker=broker, at_most=workers * SLOTS))
        fleet.git("init", "--quiet", "--initial-branch=main")
        for number, name in enumerate(fleet.stacks):
            mode = "automatic" if number % 2 else "approved"
            (fleet.repository / name).mkdir()
            (fleet.repository / name / "stack.yaml").write_text(f"name: {name}\napply: {{mode: {mode}}}\n")
            (fleet.repository / name / "state.tf").write_text(STATE.format(root=root, name=name))
            fleet.write(name, 1)
        fleet.commit("first steps")
        with fleet.app.store.writing() as writer:
            writer.add_token(Token("worker", digest_of(TOKEN), datetime.now(UTC), "ana"))
        return fleet

    @cached_property
    def ports(self) -> tuple[int, int]:
        """Of the web server and of the broker."""
        found = []
        for _ in range(2):
            with closing(socket.socket()) as probe:
                probe.bind(("127.0.0.1", 0))
                found.append(probe.getsockname()[1])
        return found[0], found[1]

    def host(self, number: int) -> Host:
        web, broker = self.ports
        data = self.root / f"host-{number}"
        data.mkdir()
        visible = [f"{self.root}/{name}" for name in ("effects", "applied", "states")]
        settings: dict[str, object] = {
            "data_dir": str(data),
            "engines": {"terraform": {"binary": f"{self.root}/bin/terraform"}},
            "executor": {"slots": SLOTS, "visible": visible},
            "broker": f"redis://127.0.0.1:{broker}/0",
            "worker": {
                "server": f"http://127.0.0.1:{web}",
                "token": TOKEN,
                "pool": "eu",
                "name": f"w-{number}",
            },
        }
        return Host(self.root, number, self.ports, settings)

    def start_broker(self) -> "subprocess.Popen[bytes]":
        """Always empty."""
        program = shutil.which("redis-server")
        assert program is not None
        _, port = self.ports
        argv = (program, "--port", str(port), "--save", "", "--bind", "0.0.0.0", "--protected-mode", "no")
        return started(argv, self.root / "redis.log")


def possible() -> str:
    """Why not, or nothing."""
    if os.geteuid() != 0:
        return "hosts are network namespaces, which only root can make"
    missing = [name for name in ("ip", "redis-server") if shutil.which(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""
