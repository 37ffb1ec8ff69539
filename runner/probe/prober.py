"""The daemon's side: one proxy process for all checks, and for each check the providers that it is given."""

import json
import shlex
import socket
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from runner.host.files import private_folder
from runner.probe.cache import Cache
from runner.probe.installed import Installed
from runner.probe.launch import surroundings
from runner.probe.place import listeners, own_folder
from runner.probe.proxy_process import ProxyProcess
from runner.probe.talk import ProbeFailed, Seen, Talk
from runner.process.run import Command

MARK = "@process@"  # no path and no address has it


@dataclass
class Probe:
    """One check, while its providers are there. `seen` is whole after the end."""

    attach: Callable[[tuple[str, ...]], tuple[str, ...]]  # terraform's command line, made to use them
    admit: Callable[[int], None]  # the process that was started: it and its children may connect
    sockets: tuple[str, ...]  # at which they are reached
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
        meeting: Path | None = None,
    ) -> Iterator[Probe]:
        """Give terraform these providers for as long as this lasts; ProbeFailed or OSError where that cannot be done.

        `meeting` is removed with them. With `types` each schema is cut down to those of its address. `command` is what terraform is started with.
        """
        with own_folder(private_folder(self.folder)) as own, listeners(own, len(providers)) as (folder, made):
            order = {
                "cache": str(self.cache.folder),
                "own": str(own),
                "folder": str(folder),
                "meeting": None if meeting is None else str(meeting),
                "surroundings": surroundings(command.env),
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
                self._process.order(order, [theirs, *made])
            except ProbeFailed:
                talk.close()
                raise
            finally:
                # Theirs alone from here: where the proxy dies, terraform is refused and does not wait.
                for end in (theirs, *made):
                    end.close()
            check = Talk(talk, own, providers, command)
            check.begin()
            try:
                protocols = [self._protocol(one, check, number) for number, one in enumerate(providers)]
                reattach = _reattach(providers, protocols, folder)
                sockets = tuple(str(folder / str(number)) for number in range(len(providers)))
                probe = Probe(partial(_attached, reattach), check.admit, sockets)
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
