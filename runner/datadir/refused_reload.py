"""The reload that the running daemon refused, for those who look from other processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from runner.datadir.daemon_note import DaemonNote
from runner.errors import DriftlineError
from runner.model.settings.reload import RefusedReload
from runner.ports.basics import Clock

FOLDER = "reload"


class RefusedReloads:
    def __init__(self, data_dir: Path) -> None:
        self._note = DaemonNote(data_dir / FOLDER / "refused.json")

    @contextmanager
    def noted(self, clock: Clock) -> Iterator[None]:
        """Around a reload: what refused it, until one succeeds."""
        try:
            yield
        except DriftlineError as error:
            refused = RefusedReload.because(error, clock.now())
            self._note.write(
                {"at": refused.at.isoformat(), "problems": refused.problems, "hint": refused.hint}
            )
            raise
        self.clear()

    def clear(self) -> None:
        self._note.clear()

    def of(self, daemon: int | None) -> RefusedReload | None:
        known = self._note.of(daemon)
        if known is None:
            return None
        try:
            at = datetime.fromisoformat(known["at"])
            return RefusedReload(at, tuple(map(str, known["problems"])), str(known["hint"]))
        except (ValueError, KeyError, TypeError):
            return None
