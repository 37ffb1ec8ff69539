"""The daemon's side: one proxy process for all checks, and for each check its providers."""

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
from runner.probe.conversation import ProbeFailed, Seen, Talk
from runner.probe.folders import listeners, own_folder
from runner.probe.installed import Installed
from runner.probe.launch import surroundings
from runner.probe.proxy_process import ProxyProcess
from runner.process.run import Command

MARK = "@process@"  # occurs in no path and no address


@dataclass
class Probe:
    """One check, while its providers run. `seen` is complete after the end."""

    attach: Callable[[tuple[str, ...]], tuple[str, ...]]  # terraform's command line, changed to use them
    admit: Callable[[int], None]  # lets the started process and its children connect
    sockets: tuple[str, ...]  # their addresses
    seen: Seen | None = None


class Prober:
    """For one installation; everything that it started ends with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = ProxyProcess(folder)
        weakref.finalize(self, self._process.close)

    @cached_property
    def cache(self) -> Cache:
        """OSError if the data directory has no space for it."""
        return Cache(self.folder / "cache")

    @contextmanager
    def probing(
        self,
        providers: Sequence[Installed],
        types: Mapping[str, frozenset[str]] | None,
        command: Command,
        meeting: Path | None = None,
        *,
        early: bool = True,
        record: bytes | None = None,
    ) -> Iterator[Probe]:
        """Provide these providers to terraform inside the block; ProbeFailed or OSError if that is impossible.

        `meeting` is removed with them. With `types` each schema is reduced to those of its address. `command`
        is terraform's own. `early` starts a process of each at once, in parallel with terraform's own start; without
        it, one is started when a call needs one. With the key `record`, the calls are recorded.
        """
        if not early and not all(self.cache.protocol(one.checksum) for one in providers):
            raise ProbeFailed("a schema is not cached yet")
        with own_folder(private_folder(self.folder)) as own, listeners(own, len(providers)) as (folder, made):
            order = {
                "cache": str(self.cache.folder),
                "own": str(own),
                "folder": str(folder),
                "meeting": None if meeting is None else str(meeting),
                "surroundings": surroundings(command.env),
                "record": None if record is None else record.hex(),
                "providers": [
                    {
                        "provider": one.checksum,
                        "types": None if types is None else sorted(types.get(one.address, ())),
                        "early": early,
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
                # Only the proxy's from here: if it dies, terraform is refused and does not wait.
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
        """End the proxy; running checks fail, and are done plainly."""
        self._process.close()

    def _protocol(self, installed: Installed, check: Talk, number: int) -> int:
        """Known from an earlier check, otherwise announced by the process that is starting."""
        return self.cache.protocol(installed.checksum) or check.protocol(number)


def _reattach(providers: Sequence[Installed], protocols: Sequence[int], folder: Path) -> str:
    """In terraform's format, with MARK for the process; `Test` stops terraform from ending it."""
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
    """Terraform checks every second with a signal whether the process lives, and a sandboxed one reaches only its own.

    So it is given its own pid: a shell that knows its pid becomes terraform.
    """
    value = "$$".join(shlex.quote(part) for part in reattach.split(MARK))
    return ("/bin/sh", "-c", f'export TF_REATTACH_PROVIDERS={value}; exec "$@"', "sh", *argv)
