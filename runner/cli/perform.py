"""Have runs executed: by the daemon where one lives, else in this process; followed live either way.

Another host's runs are executed by its daemon alone.
"""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from types import FrameType

from runner.api.daemon import show_daemon
from runner.api.progress import show_progress
from runner.cli.invocation import Cli
from runner.cli.screen.output import Cell
from runner.cli.screen.progress import LOOK_SECONDS
from runner.cli.several import batches
from runner.errors import DaemonUnreachable, DriftlineError, Interrupted, StackLocked, WindowClosed
from runner.host.uncollected import loading
from runner.model.run.life import Run, State
from runner.model.schedule.waiting import waits
from runner.view.progress import Progress
from runner.view.run import RunRow

DAEMON_SECONDS = 2.0  # how often it is asked whether the daemon still lives

Done = Callable[[RunRow], bool]


def recover_here(cli: Cli) -> list[Run]:
    """What became of runs whose process is gone; an apply that still runs is left to the next daemon."""
    with loading():
        from runner.service.cycle.begin import begin
        from runner.service.cycle.recover import recover

    if problem := begin(cli.app.control):
        cli.console.warn(problem)
    recovered = recover(cli.app.control)
    ended = [run for run in recovered.ended if run.reason]
    for assignment in recovered.adopted:
        if assignment.held.running():
            assignment.held.release()
            job = assignment.job
            cli.console.warn(f"{job.name} of {job.stack.name} is still applying without a supervisor")
            cli.console.hint("driftline daemon")
        else:
            ended.append(cli.app.worker.perform(assignment))
    return ended


@dataclass
class Performer:
    """`daemon` is the pid of the one that lives, or None where the work is done here."""

    cli: Cli
    daemon: int | None
    interrupted: bool = False
    _asked: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, cli: Cli, *, waited_for: bool = True) -> "Performer":
        """DaemonUnreachable where the work is waited for, is another host's, and no daemon runs there."""
        daemon = cli.call(show_daemon)
        if daemon.pid is None and cli.remote is not None and waited_for:
            raise DaemonUnreachable(data_dir=daemon.data_dir)
        if daemon.pid is None and cli.remote is None:
            cli.show_warnings()
            for run in recover_here(cli):
                cli.console.warn(f"{run.name} of {run.stack} is {run.state.in_words}: {run.reason}")
        return cls(cli, daemon.pid)

    @property
    def works_here(self) -> bool:
        return self.daemon is None and self.cli.remote is None

    @property
    def works(self) -> bool:
        """Whether anybody does the work now: another host's may have to wait for its daemon."""
        return self.works_here or self.daemon is not None

    @property
    def follows(self) -> bool:
        return not self.cli.quiet and (self.cli.verbose or sys.stderr.isatty())

    def bring(self, run_id: int, done: Done) -> RunRow:
        """Until the run is done or final; its log goes to stderr meanwhile."""
        from runner.cli.tail import LogTail

        tail = LogTail(self.cli, run_id)
        shown: datetime | None = None

        def each(looks: Sequence[Progress]) -> None:
            nonlocal shown
            look, run = looks[0], looks[0].run
            over = run.final or done(run)
            if self.follows:
                self.cli.console.say(*(Cell(line, "dim") for line in tail.lines(last=over)))
            if not over:
                _refuse_held(look)
                if run.wait_until != shown and waits(run.wait_until, self.cli.now):
                    shown = run.wait_until
                    self._tell_wait(run)

        return self._watch([run_id], done, 1, each)[0]

    def bring_all(
        self, run_ids: Sequence[int], threads: int, ended: Callable[[RunRow], None]
    ) -> list[RunRow]:
        """Until all are final. `ended` is called once for each, as it ends."""
        seen: set[int] = set()

        def each(looks: Sequence[Progress]) -> None:
            for run in (look.run for look in looks):
                if run.final and run.number not in seen:
                    seen.add(run.number)
                    ended(run)

        return self._watch(run_ids, lambda _: False, threads, each)

    def _tell_wait(self, run: RunRow) -> None:
        """Once for each time that it is put off: otherwise nothing would be seen for up to a quarter of an hour."""
        until = f"{run.wait_until:%H:%M:%S} UTC" if run.wait_until else "later"
        self.cli.console.say(f"{run.id} of {run.stack} waits until {until}: {run.reason}")
        self.cli.console.hint(f"cancel it with Ctrl-C, or with   driftline run cancel {run.id}")

    # In this process

    @contextmanager
    def _working(self, run_ids: Sequence[int], done: Done, threads: int) -> Iterator[list[Future[None]]]:
        """Threads that execute the runs; the end of this block waits for what they have begun."""
        if not self.works_here:
            yield []
            return
        with loading():
            self.cli.app.worker  # noqa: B018 - with all that executes runs
        stop = Event()  # of these runs: the next ones are begun as well
        with ThreadPoolExecutor(max(1, min(threads, len(run_ids)))) as pool:
            try:
                yield [pool.submit(self._execute, run_id, done, stop) for run_id in run_ids]
            finally:
                stop.set()

    def _execute(self, run_id: int, done: Done, stop: Event) -> None:
        """Tried again while another process executes the stack."""
        while not stop.is_set():
            self.cli.app.worker.perform_one(run_id)
            run = self._read([run_id])[0].run
            if run.final or done(run):
                return
            stop.wait(LOOK_SECONDS)

    # Watching

    def _watch(
        self, run_ids: Sequence[int], done: Done, threads: int, each: Callable[[Sequence[Progress]], None]
    ) -> list[RunRow]:
        with self._working(run_ids, done, threads) as work, self._signals():
            while True:
                try:
                    looks = self._look(run_ids, work)
                    each(looks)
                    if all(one.run.final or done(one.run) for one in looks):
                        return [one.run for one in looks]
                    self._pause(work)
                except KeyboardInterrupt:
                    runs = [one.run for one in self._read(run_ids)]
                    self._interrupt([run for run in runs if not (run.final or done(run))])

    def _look(self, run_ids: Sequence[int], work: Sequence[Future[None]]) -> tuple[Progress, ...]:
        for future in work:
            if future.done():
                future.result()
        if self.daemon is not None and time.monotonic() - self._asked > DAEMON_SECONDS:
            self._asked = time.monotonic()
            daemon = self.cli.call(show_daemon)
            if daemon.pid is None:
                raise DaemonUnreachable(data_dir=daemon.data_dir)
        return self._read(run_ids)

    def _read(self, run_ids: Sequence[int]) -> tuple[Progress, ...]:
        return tuple(one for some in batches(run_ids) for one in self.cli.call(show_progress, runs=some))

    @staticmethod
    def _pause(work: Sequence[Future[None]]) -> None:
        pending = [future for future in work if not future.done()]
        if pending:
            wait(pending, LOOK_SECONDS, return_when="FIRST_COMPLETED")
        else:
            time.sleep(LOOK_SECONDS)

    # Stopping

    def _interrupt(self, runs: Sequence[RunRow]) -> None:
        """The first Ctrl-C stops a plan and warns about an apply; the second stops the apply too."""
        first, self.interrupted = not self.interrupted, True
        applying = [run for run in runs if run.state is State.APPLYING]
        if applying and self.daemon is not None:
            name = applying[0].id
            raise Interrupted(
                f"stopped following; the daemon continues with {name}", hint=f"driftline logs -f {name}"
            )
        if applying and first:
            self.cli.console.warn(
                "terraform continues; press Ctrl-C again to stop it, which may leave infrastructure half changed"
            )
            return
        if not first and not applying:
            raise Interrupted
        from runner.api.runs import cancel_run, stop_run

        for run in runs:
            with suppress(DriftlineError):
                self.cli.call(cancel_run if first else stop_run, run.number)
        if not self.works_here:
            raise Interrupted(f"asked the daemon to stop {', '.join(run.id for run in runs)}")
        self.cli.app.worker.pass_on_cancels()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM is as Ctrl-C; a terminal that hangs up does not end what is being applied."""

        def interrupt(_number: int, _frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        if not self.works_here:
            yield
            return
        old = signal.signal(signal.SIGTERM, interrupt), signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, old[0])
            signal.signal(signal.SIGHUP, old[1])


def _refuse_held(look: Progress) -> None:
    lock, run = look.lock, look.run
    if lock is not None:
        raise StackLocked(stack=run.stack, holder=lock.holder, reason=lock.reason, hint=lock.way_out)
    if look.closed is not None:
        raise WindowClosed(run=run.id, why=look.closed.sentence)
