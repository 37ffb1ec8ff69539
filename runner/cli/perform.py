"""Have runs executed: by the daemon where one lives, else in this process; followed live either way."""

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

from runner.cli.options import Cli
from runner.cli.screen.output import Cell
from runner.cli.screen.progress import LOOK_SECONDS, LogTail
from runner.datadir.daemon_lock import running_daemon
from runner.errors import DaemonUnreachable, DriftlineError, Interrupted, StackLocked, WindowClosed
from runner.model.run.life import Kind, Run, State
from runner.model.schedule.waiting import waits
from runner.service.approval.windows import kept_closed
from runner.service.cycle.begin import begin
from runner.service.cycle.recover import recover
from runner.service.operator.cancel import cancel

DAEMON_SECONDS = 2.0  # how often it is asked whether the daemon still lives

Done = Callable[[Run], bool]


def recover_here(cli: Cli) -> list[Run]:
    """What became of runs whose process is gone; an apply that still runs is left to the next daemon."""
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
    def of(cls, cli: Cli) -> "Performer":
        daemon = running_daemon(cli.app.settings.data_dir)
        if daemon is None:
            cli.show_warnings()
            for run in recover_here(cli):
                cli.console.warn(f"{run.name} of {run.stack} is {run.state.in_words}: {run.reason}")
        return cls(cli, daemon)

    @property
    def follows(self) -> bool:
        return not self.cli.quiet and (self.cli.verbose or sys.stderr.isatty())

    def bring(self, run_id: int, done: Done) -> Run:
        """Until the run is done or final; its log goes to stderr meanwhile."""
        tail = LogTail(self.cli.app.workspaces.log(run_id))
        shown: datetime | None = None

        def each(runs: Sequence[Run]) -> None:
            nonlocal shown
            run = runs[0]
            over = run.final or done(run)
            if self.follows:
                self.cli.console.say(*(Cell(line, "dim") for line in tail.lines(last=over)))
            if not over:
                self._refuse_locked(run)
                self._refuse_closed(run)
                if run.wait_until != shown and waits(run.wait_until, self.cli.app.clock.now()):
                    shown = run.wait_until
                    self._tell_wait(run)

        return self._watch([run_id], done, 1, each)[0]

    def bring_all(self, run_ids: Sequence[int], threads: int, ended: Callable[[Run], None]) -> list[Run]:
        """Until all are final. `ended` is called once for each, as it ends."""
        seen: set[int] = set()

        def each(runs: Sequence[Run]) -> None:
            for run in runs:
                if run.final and run.id not in seen:
                    seen.add(run.id)
                    ended(run)

        return self._watch(run_ids, lambda _: False, threads, each)

    def _tell_wait(self, run: Run) -> None:
        """Once for each time that it is put off: otherwise nothing would be seen for up to a quarter of an hour."""
        until = f"{run.wait_until:%H:%M:%S} UTC" if run.wait_until else "later"
        self.cli.console.say(f"{run.name} of {run.stack} waits until {until}: {run.reason}")
        self.cli.console.hint(f"cancel it with Ctrl-C, or with   driftline run cancel {run.name}")

    # In this process

    @contextmanager
    def _working(self, run_ids: Sequence[int], done: Done, threads: int) -> Iterator[list[Future[None]]]:
        """Threads that execute the runs; the end of this block waits for what they have begun."""
        if self.daemon is not None:
            yield []
            return
        stop = Event()  # of these runs: the next ones are begun as well
        with ThreadPoolExecutor(max(1, min(threads, len(run_ids)))) as pool:
            try:
                yield [pool.submit(self._execute, run_id, done, stop) for run_id in run_ids]
            finally:
                stop.set()

    def _execute(self, run_id: int, done: Done, stop: Event) -> None:
        """Tried again while another process executes the stack."""
        while not stop.is_set():
            run = self.cli.app.worker.perform_one(run_id) or self._read([run_id])[0]
            if run.final or done(run):
                return
            stop.wait(LOOK_SECONDS)

    # Watching

    def _watch(
        self, run_ids: Sequence[int], done: Done, threads: int, each: Callable[[Sequence[Run]], None]
    ) -> list[Run]:
        with self._working(run_ids, done, threads) as work, self._signals():
            while True:
                try:
                    runs = self._look(run_ids, work)
                    each(runs)
                    if all(run.final or done(run) for run in runs):
                        return runs
                    self._pause(work)
                except KeyboardInterrupt:
                    self._interrupt([run for run in self._read(run_ids) if not (run.final or done(run))])

    def _look(self, run_ids: Sequence[int], work: Sequence[Future[None]]) -> list[Run]:
        for future in work:
            if future.done():
                future.result()
        if self.daemon is not None and time.monotonic() - self._asked > DAEMON_SECONDS:
            self._asked = time.monotonic()
            data_dir = self.cli.app.settings.data_dir
            if running_daemon(data_dir) is None:
                raise DaemonUnreachable(data_dir=data_dir)
        return self._read(run_ids)

    def _read(self, run_ids: Sequence[int]) -> list[Run]:
        with self.cli.app.store.reading() as reader:
            return [reader.run(run_id) for run_id in run_ids]

    @staticmethod
    def _pause(work: Sequence[Future[None]]) -> None:
        pending = [future for future in work if not future.done()]
        if pending:
            wait(pending, LOOK_SECONDS, return_when="FIRST_COMPLETED")
        else:
            time.sleep(LOOK_SECONDS)

    def _refuse_locked(self, run: Run) -> None:
        if run.claim is not None or run.kind is Kind.DRIFT:
            return
        with self.cli.app.store.reading() as reader:
            lock = reader.lock(run.stack)
        if lock is not None:
            raise StackLocked(stack=run.stack, holder=lock.holder, reason=lock.reason, hint=lock.way_out)

    def _refuse_closed(self, run: Run) -> None:
        app = self.cli.app
        with app.store.reading() as reader:
            closed = kept_closed(app.settings, app.clock, reader, run)
        if closed is not None:
            raise WindowClosed(run=run.name, why=str(closed))

    # Stopping

    def _interrupt(self, runs: Sequence[Run]) -> None:
        """The first Ctrl-C stops a plan and warns about an apply; the second stops the apply too."""
        first, self.interrupted = not self.interrupted, True
        applying = [run for run in runs if run.state is State.APPLYING]
        if applying and self.daemon is not None:
            name = applying[0].name
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
        for run in runs:
            with suppress(DriftlineError):
                cancel(self.cli.app.control, run.id, self.cli.person, force=not first)
        if self.daemon is not None:
            raise Interrupted(f"asked the daemon to stop {', '.join(run.name for run in runs)}")
        self.cli.app.worker.pass_on_cancels()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM is as Ctrl-C; a terminal that hangs up does not end what is being applied."""

        def interrupt(_number: int, _frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        if self.daemon is not None:
            yield
            return
        old = signal.signal(signal.SIGTERM, interrupt), signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, old[0])
            signal.signal(signal.SIGHUP, old[1])
