"""What an apply pays for outliving us: through the shim and followed to its end, beside a bare start of the same."""

import os
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks.figure import Figure, at_most_above, interleaved, timed
from benchmarks.size import Size
from runner.datadir.claims import FileClaims
from runner.host.clock import SystemClock
from runner.process.detached import Files, follow, launched
from runner.process.run import Command

PROGRAM = "/bin/true"


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    claims = FileClaims(folder, SystemClock())
    measured, rival = interleaved(
        size.part(1), _Applies(folder, claims).seconds, partial(timed, partial(_bare, folder))
    )
    yield at_most_above(0.15, "an apply through the shim", measured, rival, PROGRAM)


class _Applies:
    """Each with its own claim, receipt and output files, as that of a run."""

    def __init__(self, folder: Path, claims: FileClaims) -> None:
        self.folder, self.claims = folder, claims
        self.numbers = count(1)

    def seconds(self) -> float:
        return timed(partial(self._apply, next(self.numbers)))

    def _apply(self, number: int) -> None:
        held = self.claims.take(number, "state")
        assert held is not None
        scratch = self.folder / str(number)
        scratch.mkdir()
        files = Files(self.folder / "receipts" / f"{number}.json", self.folder / "control" / str(number))
        command = Command(
            argv=(PROGRAM,),
            cwd=scratch,
            env={"PATH": os.defpath},
            stdout=files.stdout,
            stderr=files.stderr,
            lock=held.lock,
        )
        never = threading.Event()
        with launched(command, files, {"run": f"run-{number}"}, held.running) as ended:
            held.hand_over()
            seen = follow(files, ended, cancel=never, leave=never, on_line=lambda _: None)
        held.release()
        if seen.result is None or seen.result.exit_code != 0:
            raise RuntimeError(f"{PROGRAM} ended with {seen.result}")


def _bare(folder: Path) -> None:
    with (folder / "output").open("wb") as output:
        subprocess.run([PROGRAM], cwd=folder, env={"PATH": os.defpath}, stdout=output, check=True)
