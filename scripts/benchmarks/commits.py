"""Stacks that call one shared module, which a commit changes: from the push that is seen to the plans that are offered."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from benchmarks.clouds import Cloud
from benchmarks.estate import SLOTS, Estate
from runner.model.run.life import State
from runner.ports.records.runs import RunFilter
from runner.service.queue.enqueue import enqueue_due

CALL = 'module "NAME-it" {\n  source = "../shared"\n  name   = "NAME"\n}\n'


class Commits:
    """Each changes all of the stacks."""

    def __init__(self, root: Path, cloud: Cloud, names: Sequence[str]) -> None:
        self._numbers = count(1)
        self._module = cloud.shared
        self.estate = Estate(root, cloud, dict.fromkeys(names, CALL), shared=self._text("one"))

    def ours(self) -> None:
        """As the daemon does it."""
        estate, app = self.estate, self.estate.installation.app
        estate.installation.repository.commit({"shared/main.tf": self._text(f"word {next(self._numbers)}")})
        estate.installation.poll()
        enqueue_due(app.store, app.clock, app.settings.promotion)
        estate.work()
        with app.store.reading() as reader:
            offered = reader.runs(RunFilter(states=frozenset({State.AWAITING_APPROVAL})))
        if {run.stack for run in offered} != set(estate.names):
            raise RuntimeError(f"offered are only {[run.stack for run in offered]}")

    def bare(self, names: Sequence[str]) -> None:
        """Two shells take turns at the stacks."""
        self.estate.lay_out_bare_shared(self._text(f"word {next(self._numbers)}"))
        with ThreadPoolExecutor(SLOTS) as shells:
            list(shells.map(self.estate.bare, names))

    def _text(self, word: str) -> str:
        return self._module.replace("WORD", word)
