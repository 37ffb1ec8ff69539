"""What this worker has claimed, kept on its disk so that it can report after a crash, a reboot or an upgrade.

work/run-7.json          the lease, the job, the plan that was taken through the gate, and the result until it is delivered
work/refused-run-7-3.json  an apply of lease 3 whose end the server does not want: evidence for a person
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from runner.datadir.worker import FOLDER
from runner.errors import LedgerLost
from runner.host.boot import boot_of_this_host
from runner.host.files import private_folder, write_whole
from runner.host.log import log
from runner.model.execution.job import Job, Result
from runner.model.run.life import Claim
from runner.model.values.codec import from_plain, to_plain
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Entry:
    """`claim` names the processes on this host. With `gate`, terraform may have been given this plan, in this `boot` of the host.

    `ahead` is by how many seconds the server's clock is ahead of this one, and `logged` where the log of this lease begins in the
    server's.
    """

    fence: int
    job: Job
    key: str
    claim: Claim
    gate: str | None = None
    boot: str = ""
    ahead: float = 0.0
    logged: int = 0
    result: Result | None = None


class Ledger:
    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER

    def note(self, entry: Entry) -> Entry:
        private_folder(self.folder)
        write_whole(self._path(entry.job.run), json.dumps(to_plain(entry)).encode())
        return entry

    def at_gate(self, run: int, fence: int, digest: str) -> None:
        """Before the server is asked: whatever its answer, it may have recorded that the apply begins.

        LedgerLost without the entry: an apply that nothing here remembers would never be reported.
        """
        entry = self.entry(run)
        if entry is None or entry.fence != fence:
            raise LedgerLost(run=f"run-{run}", path=self._path(run))
        self.note(replace(entry, gate=digest, boot=boot_of_this_host()))

    def entry(self, run: int) -> Entry | None:
        try:
            return from_plain(Entry, json.loads(self._path(run).read_bytes()))
        except FileNotFoundError:
            return None

    def entries(self) -> Iterator[Entry]:
        """Those that can be read: an unreadable one, perhaps of another release, does not hold up the others."""
        for path in sorted(self.folder.glob("run-*.json")):
            try:
                yield from_plain(Entry, json.loads(path.read_bytes()))
            except FileNotFoundError:
                continue
            except (ValueError, TypeError, KeyError, OSError) as error:
                log.warning("work.unreadable", path=str(path), problem=str(error))

    def strike(self, entry: Entry) -> None:
        """Unless the run has come back to this host under another lease."""
        found = self.entry(entry.job.run)
        if found is not None and found.fence == entry.fence:
            self._path(entry.job.run).unlink(missing_ok=True)

    def set_aside(self, entry: Entry) -> Path:
        """Keep what this host knows of an apply, where it is not offered to the server again; its keys are of no use any more."""
        kept = self.folder / f"refused-run-{entry.job.run}-{entry.fence}.json"
        evidence = replace(entry, key="", job=replace(entry.job, served=None))
        write_whole(kept, json.dumps(to_plain(evidence)).encode())
        return kept

    def _path(self, run: int) -> Path:
        return self.folder / f"run-{run}.json"
