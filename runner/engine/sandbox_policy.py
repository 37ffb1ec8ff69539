"""The sandbox of the engine's processes: they may touch only what belongs to this run.

Terraform runs as the daemon's user, and `file()` in any module reads whatever that user can read. So the
kernel restricts it to the paths computed here: by namespaces, in which the rest of the machine is read-only,
or by Landlock alone, which leaves the rest of the machine as it is.
"""

import os
import pwd
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

import runner
from runner.engine.initialised.cli_config import PLUGINS
from runner.engine.symlinked_paths import unspoiled
from runner.errors import NotConfined
from runner.model.sandbox.denial import Surroundings
from runner.model.sandbox.labels import (
    Access,
    Confinement,
    Mount,
    confinement,
    everywhere,
    nearest,
    read_mounts,
    under,
)
from runner.model.sandbox.namespace import EMPTY, Kind, View, view
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.ports.engine import Execution
from runner.ports.workspace import Workspace
from runner.sandbox import landlock, namespaced

MOUNTS = Path("/proc/self/mountinfo")
# `workspace new` runs no code of the stack, and creates an empty state.
_WRITERS = frozenset({"apply", "workspace-new"})
SEEN_AS = "tree"  # no revision has this name
CREDENTIALS = Path("/run/credentials")  # of every unit of this user


@dataclass(frozen=True)
class SandboxPolicy:
    """One installation and what it hides from its runs. `handed` is their part of the daemon's environment."""

    settings: Settings
    hidden: tuple[Path, ...]
    handed: Mapping[str, str]
    daemon: Mapping[str, str]

    def apart(
        self, read: tuple[Path, ...], write: tuple[Path, ...], *, state_folders: tuple[str, ...] = ()
    ) -> Confinement | View | None:
        """The sandbox of a process that belongs to no run's engine, such as a policy: only these paths of the
        installation, and nothing else of it. `state_folders` are those of a source, to be read.
        """
        wish = self.settings.executor.confine
        problem = namespaced.problem()
        if wish == "never" or (problem is not None and wish != "required" and landlock.abi() == 0):
            return None
        if problem is not None and wish == "required":
            raise NotConfined(problem=problem)
        labels = {**(self._emptied() if problem is None else {}), **self._installation()}
        labels |= _labelled(Access.READ, self._unspoiled(state_folders))
        labels |= _labelled(Access.NOTHING, [self.settings.data_dir])
        labels |= _labelled(Access.READ, read) | _labelled(Access.WRITE, write)
        _let_read(labels, self._needed(Path(sys.executable)))
        labels = everywhere(labels, _mounts())
        return confinement(labels, _children) if problem is not None else view(labels, _kind)

    def around(
        self,
        execution: Execution,
        binary: Path,
        given: tuple[Path, ...],
        command: str,
        called: Iterable[str] = (),
    ) -> Confinement | View | None:
        """The sandbox of one command; None without one, NotConfined if one is required and impossible.

        `given` are files passed to it, `called` are the folders of local modules, relative to the root
        module.
        """
        wish = self.settings.executor.confine
        if wish == "never":
            return None
        problem = namespaced.problem()
        if problem is not None and wish == "required":
            raise NotConfined(problem=problem)
        if problem is not None and landlock.abi() == 0:
            return None
        labels = {**(self._emptied() if problem is None else {}), **self._installation()}
        state_folders = self._unspoiled(execution.state_folders)
        if _to_state(command) is Access.WRITE:
            _make(state_folders)
        labels |= _labelled(_to_state(command), state_folders)
        labels |= _labelled(Access.NOTHING, [self.settings.data_dir])
        labels |= _of_run(execution, command, called)
        _let_read(labels, (*self._needed(binary), *given))
        labels = everywhere(labels, _mounts())
        if problem is not None:
            return confinement(labels, _children)
        return _at_one_place(view(labels, _kind), execution.workspace)

    def around_failed(self, workspace: Workspace, seen: Confinement | View) -> Surroundings:
        """The command's surroundings, to explain what it was denied."""
        return Surroundings(
            module=_seen(seen, workspace.module),
            tree=_seen(seen, workspace.tree or workspace.module),
            data_dir=os.path.realpath(self.settings.data_dir),
            homes=tuple(map(os.path.realpath, _homes(self.daemon))),
            seen=seen,
        )

    def _emptied(self) -> dict[str, Access]:
        """If the installation lies in a folder that is empty for runs, as in a trial, its neighbours stay readable."""
        beside = os.path.realpath(self.settings.data_dir.parent)
        hidden = beside not in EMPTY and nearest(EMPTY, beside) is Access.NOTHING
        return {**EMPTY, **({beside: Access.READ} if hidden else {})}

    def _installation(self) -> dict[str, Access]:
        """Of two labels on one path the later one counts."""
        settings = self.settings
        sources = settings.sources
        private = [
            *_homes(self.daemon),
            CREDENTIALS,
            self.daemon.get("CREDENTIALS_DIRECTORY"),
            *self.hidden,
            *(source.auth.ssh_key for source in sources),
            *self._unspoiled(folder for source in sources for folder in source.allow.state_folders),
            settings.audit.checkpoints,
        ]
        # Not secret, but trusted: they decide which host or commit is trusted, and what is executed.
        relied_on = [
            settings.engines.plugin_mirror,
            Path(runner.__file__).parent,
            Path(sys.prefix) if sys.prefix != sys.base_prefix else None,
            *(source.auth.known_hosts for source in sources),
            *(policy.path for policy in settings.policies),
            *(
                file
                for s in sources
                for file in (s.verify.allowed_signers, s.verify.gpg_keys, s.verify.revoked)
            ),
        ]
        labels = _labelled(Access.NOTHING, private) | _labelled(Access.READ, relied_on)
        return labels | _labelled(Access.WRITE, self._unspoiled(settings.executor.visible))

    def _unspoiled(self, paths: Iterable[str | Path]) -> list[str | Path]:
        """Without links that a run could have placed to choose what the next one accesses, or what is hidden from it."""
        shared = [folder for source in self.settings.sources for folder in source.allow.state_folders]
        return unspoiled(paths, (*shared, *self.settings.executor.visible))

    def _needed(self, binary: Path) -> Iterator[str | Path]:
        """Programs, and files that the operator passes to runs in a variable, even inside a home."""
        data_dir = os.path.realpath(self.settings.data_dir)
        yield from (binary, sys.base_prefix)
        yield from (folder for folder in self.handed.get("PATH", "").split(":") if folder[:1] == "/")
        for value in self.handed.values():
            # Not Path.is_file, which raises for a text too long for a path.
            there = value[:1] == "/" and os.path.isfile(value)  # noqa: PTH113
            if there and not under(os.path.realpath(value), data_dir):
                yield value


def _at_one_place(seen: View, workspace: Workspace) -> View:
    """Each revision has its own tree, and `abspath(path.module)` and `path.cwd` must be the same in all of them."""
    if workspace.tree is None:
        return seen
    tree = os.path.realpath(workspace.tree)
    return seen.with_moved(tree, f"{os.path.dirname(tree)}/{SEEN_AS}")  # noqa: PTH120 - as texts, before each start


def _seen(seen: Confinement | View, path: Path) -> str:
    real = os.path.realpath(path)
    return seen.inside(real) if isinstance(seen, View) else real


def _of_run(execution: Execution, command: str, called: Iterable[str]) -> dict[str, Access]:
    workspace = execution.workspace
    installed = [workspace.data.with_name(PLUGINS)]
    state = [workspace.state and workspace.state.parent]
    return {
        **_labelled(Access.READ, [workspace.tree]),
        # Only `init` installs, and every later run of the stack executes what it installs.
        **_labelled(Access.WRITE if command == "init" else Access.READ, installed),
        **_labelled(_to_state(command), state),
        **_labelled(Access.WRITE, [workspace.data, workspace.scratch]),
        **dict.fromkeys(_written_code(workspace, called, execution.writable_modules), Access.WRITE),
    }


def _to_state(command: str) -> Access:
    """A plan that nobody approved must not remove resources from a state, or add some."""
    return Access.WRITE if command in _WRITERS else Access.READ


def _make(folders: Iterable[str | Path]) -> None:
    """Only existing paths can be shown to a run: terraform would create the folder below its own `/tmp`, and
    lose the state.
    """
    for folder in folders:
        # If that fails, terraform reports it for the state's own path.
        with suppress(OSError):
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)


def _written_code(workspace: Workspace, called: Iterable[str], allowed: tuple[str, ...]) -> Iterator[str]:
    """The folders that terraform and its providers write into: the root module, and others that the operator allows.

    `init` leaves the lock file in the root, an apply an unsaved state, and `archive_file` its archive. Other
    stacks call the other modules too, and may be planning right now: writing there would change their code.
    """
    module = os.path.realpath(workspace.module)
    if workspace.tree is None:
        yield module
        return
    tree = os.path.realpath(workspace.tree)
    # A process that may write around it could replace it with a link.
    if under(module, tree):
        yield module
    for module in called:
        folder = os.path.normpath(workspace.module / module)
        # A run can replace a folder with a symlink, but a symlink is never allowed.
        inside = under(folder, tree) and folder != tree
        if inside and any(fnmatchcase(os.path.relpath(folder, tree), glob) for glob in allowed):
            yield folder


def _let_read(labels: dict[str, Access], paths: Iterable[str | Path]) -> None:
    """Inside a hidden folder; never a path that is itself hidden."""
    for path in map(os.path.realpath, paths):
        if nearest(labels, path) is Access.NOTHING:
            labels.setdefault(path, Access.READ)


def _homes(daemon: Mapping[str, str]) -> Iterator[str]:
    """The user's home, by the system and by this process's environment; never `/`."""
    homes = [daemon.get("HOME", "")]
    with suppress(KeyError):
        homes.append(pwd.getpwuid(os.geteuid()).pw_dir)
    yield from (home for home in homes if home[:1] == "/" and home.strip("/"))


def _labelled(access: Access, paths: Iterable[str | Path | None]) -> dict[str, Access]:
    """On the paths that the kernel sees: symlinks are resolved."""
    return {os.path.realpath(path): access for path in paths if path}


def _children(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if not entry.is_symlink()]
    except OSError:
        return []


def _kind(path: str) -> Kind:
    # Labels are on real paths, so this symlink was created later.
    if os.path.islink(path):  # noqa: PTH114
        return Kind.NOTHING
    if os.path.isdir(path):  # noqa: PTH112 - as texts, before each start
        return Kind.FOLDER
    return Kind.FILE if os.path.exists(path) else Kind.NOTHING  # noqa: PTH110


def _mounts() -> list[Mount]:
    try:
        return list(read_mounts(MOUNTS.read_text(errors="surrogateescape")))
    except OSError:
        return []
