"""The audit log gone through to its end, beside a bare reading of its rows."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks.figure import Figure, at_most, interleaved, timed
from benchmarks.size import Size
from runner.host.clock import SystemClock
from runner.store.database import FILE_NAME, SqliteStore

# As long as that of a run that moved.
DETAIL = {
    "stack": "team-7/service-4711",
    "kind": "change",
    "state": "awaiting_approval",
    "revision": "0123456789abcdef0123456789abcdef01234567",
    "reason": "",
    "from": "planning",
    "summary": {"create": 2, "update": 1, "replace": 0, "delete": 0, "import_": 0, "forget": 0},
    "plan_digest": "0123456789abcdef" * 4,
    "fingerprint": "fedcba9876543210" * 4,
}


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    folder.mkdir(parents=True)
    store = SqliteStore(folder, SystemClock())
    with store.writing() as writer:
        for number in range(size.audit_entries):
            writer.audit_note("driftline", "run.offer", f"run-{number}", DETAIL)
    wanted = frozenset(range(1, size.audit_entries, 50))  # as many checkpoints as a busy year makes
    ours, bare = interleaved(
        size.part(12), partial(_verify, store, wanted), partial(timed, partial(_read, folder / FILE_NAME))
    )
    store.close()
    name = f"audit verify, {size.audit_entries:,} entries"
    yield at_most(2.0, name, "s", ours, bare, "sqlite SELECT")


def _verify(store: SqliteStore, wanted: frozenset[int]) -> float:
    def verify() -> None:
        walk = store.walk_audit(wanted)
        if walk.broken is not None or len(walk.hashes) != len(wanted):
            raise RuntimeError(f"the log that was just written is broken: {walk.broken}")

    return timed(verify)


def _read(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT * FROM audit ORDER BY seq").fetchall()
