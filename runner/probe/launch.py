"""Start a real provider process like go-plugin, and wait for the line with its address."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from runner.probe.installed import Installed
from runner.probe.protocol import HANDSHAKE, Handshake, handshake
from runner.process.run import KILL, Child, Command, exit_of, make_output, start

LONGEST_LINE = 1 << 16  # with a certificate; and whatever else it prints
# These differ for each run or session: only whether they are set counts.
OF_A_RUN = frozenset(
    {"HOME", "TMPDIR", "TF_DATA_DIR", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
)
GRACE_SECONDS = 0.5  # it was asked to end through the protocol, and has nothing to save
# Without a level, the SDKs of providers write a trace, which terraform throws away unless TF_LOG asks for it:
# 300 KB for two AWS resources, with every value. Names: internal/logging of terraform-plugin-go and -plugin-log.
_QUIET = "OFF"
_SDK_LEVEL, _PROVIDER_LEVEL = "TF_LOG_SDK", "TF_LOG_PROVIDER"


@dataclass
class Launched:
    """A provider process, in its own session, with the environment of the check."""

    process: Child
    stdout: Path

    def announced(self) -> Handshake | None:
        """Its handshake once printed; ChildProcessError if it printed something else."""
        if not os.stat(self.stdout).st_size:  # noqa: PTH116 - every few milliseconds
            return None
        with self.stdout.open("rb") as file:
            line, ended, _ = file.read(LONGEST_LINE).partition(b"\n")
        if not ended:
            return None
        found = handshake(line.decode(errors="replace"))
        if found is None:
            raise ChildProcessError("it does not speak the plugin protocol 5 or 6 over a Unix socket")
        if not found.certificate:
            raise ChildProcessError("it announced no certificate, so anyone could connect to it")
        return found

    def handshake(self, *, late: bool) -> Handshake | None:
        """The same; ChildProcessError also if it ended or is late."""
        found = self.announced()
        if found is not None:
            return found
        # Not reaped before the end: its pid could be reused.
        with exit_of(self.process.pid) as over:
            if over(0):
                raise ChildProcessError("it exited before it announced its address")
        if late:
            raise ChildProcessError("it did not start in time")
        return None

    @property
    def babbles(self) -> bool:
        return self.stdout.stat().st_size > LONGEST_LINE

    def kill(self) -> None:
        """At once, without reaping: Popen's own kill would do that."""
        self.process.send(KILL)

    def end(self, grace: float = GRACE_SECONDS) -> None:
        """The process and all its descendants."""
        with exit_of(self.process.pid) as ended:
            ended(grace)
        self.process.end()
        self.stdout.unlink(missing_ok=True)


def launch(installed: Installed, command: Command, stdout: Path, certificate: str) -> Launched:
    """`command` is terraform's: the provider gets its environment, folder, locks and sandbox.

    It serves the holder of the certificate, and prints its address to `stdout`, which no other process of the
    run can write.
    """
    own = replace(
        command,
        argv=(str(installed.executable),),
        env={**command.env, **_without_logs(installed), **HANDSHAKE, "PLUGIN_CLIENT_CERT": certificate},
        stdout=stdout,
        stderr=Path(os.devnull),
        deadline=None,
    )
    make_output(own)
    return Launched(start(own), stdout)


def _without_logs(installed: Installed) -> dict[str, str]:
    name = installed.address.rpartition("/")[2].replace("-", "_").upper()
    return {_SDK_LEVEL: _QUIET, f"{_PROVIDER_LEVEL}_{name}": _QUIET}


def surroundings(env: Mapping[str, str]) -> str:
    """A digest of what a provider can find in its environment, equal for all runs of a stack."""
    known = {name: "" if name in OF_A_RUN else value for name, value in env.items()}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
