"""An installation whose stacks have the faulty provider, driven through the verbs."""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "journey"))

from beginnings import Beginnings, beginnings
from probing_world import faulty_mirror, needs_terraform
from world import ANA, World

from runner.model.audit.actor import DAEMON
from runner.model.run.life import Run, State, Trigger
from runner.model.warm.probe import ProbeRecord
from runner.model.warm.provider import Way
from runner.service.operator import request
from runner.service.queue.enqueue import add_check

__all__ = ("ANA", "Beginnings", "ProbedWorld", "beginnings", "needs_terraform")


class ProbedWorld(World):
    checks = "warm"  # without replays, `drift.probe`

    def __init__(self, root: Path) -> None:
        mirror = faulty_mirror(root / "mirror")
        engines = f"  plugin_mirror: {mirror}\n  env: [FAULTS, TF_VAR_token]\n"
        super().__init__(root, engines=engines)
        text = self.config.read_text()
        assert "jitter: 1s}" in text
        self.config.write_text(text.replace("jitter: 1s}", f"jitter: 1s, probe: {self.checks}}}"))
        self.orders.mkdir()

    def _at(self, root: Path) -> None:
        super()._at(root)
        self.orders = root / "cloud" / "orders"

    def compare_every(self, number: int) -> None:
        self.configure(replace(self.settings, drift=replace(self.settings.drift, compare_every=number)))

    def check(self, name: str = "web") -> Run:
        (done,) = self.sweep(name)
        return done

    def sweep(self, *names: str) -> list[Run]:
        """Checks that are asked for at one moment."""
        runs, _ = request.request_check(self.app.control, names, ANA)
        asked = {run.id for run in runs}
        return [run for run in self.work() if run.id in asked]

    def scheduled(self, name: str = "web") -> Run:
        """A check that nobody asked for."""
        check = self.queue_scheduled(name)
        (done,) = [run for run in self.work() if run.id == check.id]
        return done

    def queue_scheduled(self, name: str = "web") -> Run:
        with self.app.store.writing() as writer:
            return add_check(writer, writer.stack(name), trigger=Trigger.SCHEDULE, by=DAEMON)

    def record(self, name: str = "web") -> ProbeRecord:
        with self.app.store.reading() as reader:
            return reader.probe(name)

    def order(self, what: str) -> None:
        (self.orders / what).touch()

    def clean(self, name: str = "web") -> tuple[Way, str]:
        """How a check was made that finds nothing, and why not without terraform."""
        run = self.check(name)
        assert run.state is State.NO_CHANGES, run.reason
        record = self.record(name)
        return record.way, record.reason

    def processes(self) -> list[str]:
        """Who has started processes of the provider since this was last asked."""
        found = sorted(self.orders.glob("started-*[0-9]"))
        texts = [path.read_text() for path in found]
        for path in found:
            path.unlink()
        return ["terraform" if '"terraform": true' in text else "driftline" for text in texts]


class ReplayedWorld(ProbedWorld):
    checks = "auto"
