"""What a poll brings in: new commits of a source, and its pull requests."""

from collections.abc import Callable
from dataclasses import dataclass

from runner.daemon.parts import Parts
from runner.host.log import log
from runner.model.preview.heads import PullHeads
from runner.model.settings.source import SourceSettings
from runner.service.cycle.poll import Polled


@dataclass
class Intake:
    """`parts` are the newest ones. `wake` is called when something moved, so that it is decided upon at once."""

    parts: Callable[[], Parts]
    attempt: Callable[[str, Callable[[], None]], None]
    wake: Callable[[], None]

    def poll(self, source: SourceSettings) -> None:
        self.attempt("poll", lambda: self._take_in(source, self.parts().poller.poll_if_due(source)))

    def poll_now(self, source: SourceSettings) -> None:
        """Also one that is polled less often because it failed."""
        self.attempt("poll", lambda: self._take_in(source, self.parts().poller.poll(source)))

    def _take_in(self, source: SourceSettings, polled: Polled) -> None:
        if polled.problem:
            log.warning("source.failed", source=source.name, problem=polled.problem)
        if polled.moved:
            log.info("source.moved", source=source.name, revision=polled.revision, stacks=polled.stacks)
            for problem in polled.problems:
                log.warning("source.problem", source=source.name, problem=problem)
            for note in polled.notes:
                log.info("source.note", source=source.name, note=note)
            self.wake()
        if not polled.problem:
            self._look_at_pulls(source, polled.pulls)

    def _look_at_pulls(self, source: SourceSettings, heads: PullHeads | None) -> None:
        looked = self.parts().previewer.look(source, heads)
        if looked.problem:
            log.warning("pulls.failed", source=source.name, problem=looked.problem)
        if looked.moved:
            log.info("pulls.moved", source=source.name, moved=looked.moved)
            self.wake()
