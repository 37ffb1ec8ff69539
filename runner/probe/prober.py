"""The daemon's side: one proxy process for all checks, and for each check the providers that it is given."""

import json
import secrets
import shlex
import socket
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from shutil import rmtree

from runner.files import private_folder
from runner.probe.cache import Cache
from runner.probe.installed import Installed
from runner.probe.proxy_process import ProxyProcess
from runner.probe.talk import ProbeFailed, Seen, Talk
from runner.process import Command

MARK = "@process@"  # no path and no address has it
LONGEST_PATH = 100  # of a socket: the kernel takes 108 bytes with the end, macOS 104


@dataclass
class Probe:
    """One check, while its providers are there. `seen` is whole after the end."""

    attach: Callable[[tuple[str, ...]], tuple[str, ...]]  # terraform's command line, made to use them
    admit: Callable[[int], None]  # the process that was started: it and its children may connect
    seen: Seen | None = None


class Prober:
    """Of one installation; what it has started ends with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = ProxyProcess(folder)
        weakref.finalize(self, self._process.close)

    @cached_property
    def cache(self) -> Cache:
        """OSError where the data directory has no room for it."""
        return Cache(self.folder / "cache")

    @contextmanager
    def probing(
        self,
        providers: Sequence[Installed],
        types: Mapping[str, frozenset[str]] | None,
        command: Command,
    ) -> Iterator[Probe]:
        """Give terraform these providers for as long as this lasts; ProbeFailed or OSError where that can not be done.

        With `types` each schema is cut down to those of its address. `command` is what terraform is started with.
        """
        with self._sockets(len(providers)) as (folder, listeners):
            order = {
                "cache": str(self.cache.folder),
                "folder": str(folder),
                "providers": [
                    {
                        "provider": one.checksum,
                        "types": None if types is None else sorted(types.get(one.address, ())),
                    }
                    for one in providers
                ],
            }
            talk, theirs = socket.socketpair()
            try:
                self._process.order(order, [theirs, *listeners])
            except ProbeFailed:
                talk.close()
                raise
            finally:
                # Theirs alone from here: where the proxy dies, terraform is refused and does not wait.
                for end in (theirs, *listeners):
                    end.close()
            check = Talk(talk, providers, command)
            check.begin()
            try:
                protocols = [self._protocol(one, check, number) for number, one in enumerate(providers)]
                probe = Probe(partial(_attached, _reattach(providers, protocols, folder)), check.admit)
                yield probe
            finally:
                seen = check.end()
                if check.hangs:
                    self._process.close()
            probe.seen = seen

    def close(self) -> None:
        """End the proxy; checks that are going on fail, and are done plainly."""
        self._process.close()

    def _protocol(self, installed: Installed, check: Talk, number: int) -> int:
        """Known from an earlier check, else told by the process that is just starting."""
        return self.cache.protocol(installed.checksum) or check.protocol(number)

    @contextmanager
    def _sockets(self, count: int) -> Iterator[tuple[Path, list[socket.socket]]]:
        """A folder of the check's own, 0700, and in it a listening socket for each provider."""
        name = secrets.token_hex(8)
        longest = self.folder / name / secrets.token_hex(12)
        if len(str(longest)) <= LONGEST_PATH:
            folder = private_folder(self.folder / name)
        else:
            folder = Path(tempfile.mkdtemp(prefix="dl-"))
        listeners: list[socket.socket] = []
        try:
            _listen(folder, count, listeners)
            yield folder, listeners
        finally:
            for listener in listeners:
                listener.close()
            rmtree(folder, ignore_errors=True)


def _listen(folder: Path, count: int, listeners: list[socket.socket]) -> None:
    try:
        for number in range(count):
            listeners.append(socket.socket(socket.AF_UNIX))
            listeners[-1].bind(str(folder / str(number)))
            listeners[-1].listen()
    except OSError as error:
        raise ProbeFailed(f"its sockets can not be made: {error}") from error


def _reattach(providers: Sequence[Installed], protocols: Sequence[int], folder: Path) -> str:
    """As terraform reads it, with MARK for the process; `Test` keeps it from ending that."""
    attached = {
        one.address: {
            "Protocol": "grpc",
            "ProtocolVersion": protocol,
            "Pid": MARK,
            "Test": True,
            "Addr": {"Network": "unix", "String": str(folder / str(number))},
        }
        for number, (one, protocol) in enumerate(zip(providers, protocols, strict=True))
    }
    return json.dumps(attached).replace(f'"{MARK}"', MARK)


def _attached(reattach: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """Terraform asks each second whether the process lives, by a signal, and a confined one reaches only its own.

    So it is told that it is this process itself: a shell that knows its number becomes terraform.
    """
    value = "$$".join(shlex.quote(part) for part in reattach.split(MARK))
    return ("/bin/sh", "-c", f'export TF_REATTACH_PROVIDERS={value}; exec "$@"', "sh", *argv)
