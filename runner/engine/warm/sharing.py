"""When the providers of a replay may be those of other checks too, and what such a process gets and sees."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from runner.engine.environment import LONGEST_TMPDIR
from runner.engine.session import Session
from runner.host.files import private_folder
from runner.model.values.keyed import keyed_digest
from runner.process.run import Command

if TYPE_CHECKING:
    from runner.probe.installed import Installed
    from runner.probe.replay.replay import Alone, Together
    from runner.probe.replay.shared import SharedProviders

# Not for providers; a stack's values must not be in a process that answers for another one.
_OF_TERRAFORM = ("TF_VAR_", "TF_DATA_DIR", "TF_WORKSPACE", "PWD")
_OWN = frozenset({"HOME", "TMPDIR"})
CLI_CONFIG = "TF_CLI_CONFIG_FILE"  # our own, which is written again and again
SIZE = 32  # bytes of a key
# They read the tree and the working directory of a run, which a shared process does not have.
OF_FILES = frozenset(
    {"hashicorp/archive", "hashicorp/external", "hashicorp/helm", "hashicorp/local", "hashicorp/null"}
)


def serving(
    session: Session,
    providers: "Sequence[Installed]",
    shared: "SharedProviders",
    folder: Path,
    command: Callable[[], AbstractContextManager[Command]],
) -> "Together | Alone":
    """`command` is for providers that answer this run alone: all of them, if it has something that no other one has,
    or sees files that others may have written.
    """
    from runner.probe.replay.replay import Alone, Together
    from runner.probe.replay.shared import Asker

    alone = Alone(folder, command)
    environment = _environment(session)
    own = (str(session.control), str(session.scratch))
    if session.execution.writable_modules or any(
        place in value for value in environment.values() for place in own
    ):
        return alone
    apart = frozenset(one.address for one in providers if one.address.partition("/")[2] in OF_FILES)
    key = _Key(environment, _files(environment), session.execution.state_folders, session.execution.key)
    asked = session.execution.asked_at
    since = 0.0 if asked is None else asked.timestamp()
    asker = Asker(session.execution.stack.name, session.execution.run, since)
    return Together(alone, shared, key, partial(_command, session, environment), asker, apart)


def _files(environment: Mapping[str, str]) -> list[tuple[str, int, int]]:
    """Those that the environment names, such as credentials: a provider may have read them when it was configured."""
    found = []
    for name, value in environment.items():
        if value.startswith("/") and name != CLI_CONFIG:
            with suppress(OSError):
                about = os.stat(value)  # noqa: PTH116 - of many values
                if S_ISREG(about.st_mode):
                    found.append((value, about.st_ino, about.st_mtime_ns))
    return sorted(found)


def _environment(session: Session) -> dict[str, str]:
    return {
        name: value
        for name, value in session.environment.items()
        if name not in _OWN and not name.startswith(_OF_TERRAFORM)
    }


@dataclass(frozen=True)
class _Key:
    """Of everything that has to be equal, credentials included; kept in memory only."""

    environment: dict[str, str]
    files: list[tuple[str, int, int]]
    state_folders: tuple[str, ...]
    key: bytes

    def __call__(self, *parts: bytes) -> str:
        facts = [self.environment, self.files, self.state_folders]
        return keyed_digest(self.key, *parts, json.dumps(facts, sort_keys=True).encode(), size=SIZE).hex()


def _command(
    session: Session, environment: dict[str, str], installed: "Installed", own: Path, ends: ExitStack
) -> Command:
    """In a sandbox with nothing but the package and folders of its own, and without the locks of any run.

    What runs of the source can read outside of the installation it can read too: a file that appears there must
    not go unseen.
    """
    home = private_folder(own / "home")
    temporary = home
    if len(str(home)) > LONGEST_TMPDIR:
        from runner.probe.folders import short_folder

        temporary = ends.enter_context(short_folder())
    package = installed.executable.parent
    confine = (
        None
        if session.sandbox is None
        else session.sandbox.apart(
            (package, session.cli_config),
            tuple({home, temporary}),
            state_folders=session.execution.state_folders,
        )
    )
    return replace(
        replace(session, sandbox=None).command("replay", ()),  # a run's own would be computed in vain
        cwd=home,
        env={**environment, "HOME": str(home), "TMPDIR": str(temporary)},
        lock=None,
        confine=confine,
    )
