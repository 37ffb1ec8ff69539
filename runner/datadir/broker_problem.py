"""The broker that the running daemon cannot reach, for those who look from other processes."""

from datetime import datetime
from pathlib import Path

from runner.datadir.daemon_note import DaemonNote
from runner.model.work.offers import BrokerProblem

FOLDER = "broker"


class BrokerProblems:
    """Satisfies `ports.BrokerNotes`."""

    def __init__(self, data_dir: Path) -> None:
        self._note = DaemonNote(data_dir / FOLDER / "problem.json")

    def note(self, problem: BrokerProblem) -> None:
        self._note.write({"since": problem.since.isoformat(), "problem": problem.text})

    def clear(self) -> None:
        """From the next announcement that succeeds."""
        self._note.clear()

    def of(self, daemon: int | None) -> BrokerProblem | None:
        known = self._note.of(daemon)
        if known is None:
            return None
        try:
            return BrokerProblem(datetime.fromisoformat(known["since"]), str(known["problem"]))
        except (ValueError, KeyError, TypeError):
            return None
