"""What this worker has claimed, on its disk: so that it can report after a crash, a reboot or an upgrade.

work/run-7.json: the lease, the job, the plan that was taken through the gate, and the result until it is delivered.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from runner.host.files import private_folder, write_whole
from runner.model.execution.job import Job, Result
from runner.model.run.life import Claim
from runner.model.values.codec import from_plain, to_plain
from runner.model.values.frozen import dataclass

FOLDER = "work"


@dataclass(frozen=True)
class Entry:
    """`claim` names the processes on this host. With `gate`, terraform may have been given this plan."""

    fence: int
    job: Job
    key: str
    claim: Claim
    gate: str | None = None
    result: Result | None = None


class Ledger:
    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER

    def note(self, entry: Entry) -> Entry:
        private_folder(self.folder)
        write_whole(self._path(entry.job.run), json.dumps(to_plain(entry)).encode())
        return entry

    def at_gate(self, run: int, digest: str) -> None:
        """Before the server is asked: whatever its answer, it may have recorded that the apply begins."""
        entry = self.entry(run)
        if entry is not None:
            self.note(replace(entry, gate=digest))

    def entry(self, run: int) -> Entry | None:
        try:
            return from_plain(Entry, json.loads(self._path(run).read_bytes()))
        except FileNotFoundError:
            return None

    def entries(self) -> Iterator[Entry]:
        for path in sorted(self.folder.glob("run-*.json")):
            with suppress(FileNotFoundError):
                yield from_plain(Entry, json.loads(path.read_bytes()))

    def strike(self, run: int) -> None:
        self._path(run).unlink(missing_ok=True)

    def _path(self, run: int) -> Path:
        return self.folder / f"run-{run}.json"
