"""Execute jobs: in a pool of threads under the daemon, or one in the foreground of a command."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from runner.host.log import log
from runner.model.code.operator_values import beside
from runner.model.execution.job import ApplyResult, Job, LockResult, Phase
from runner.model.run.life import Run, State
from runner.model.schedule.turns import PATIENCE
from runner.ports.control import ControlPorts
from runner.ports.worker import WorkerPorts
from runner.process.metering import Meter, metered
from runner.service.approval.authorship import Authors
from runner.service.approval.behind import record_commits, record_missing
from runner.service.approval.carry import carry_reviews
from runner.service.approval.gate import StoreGate
from runner.service.cycle.dispatch import next_assignment, stop_previews_in_the_way
from runner.service.execution.execute import execute
from runner.service.execution.measured import measured
from runner.service.outcome.settle import settle, settle_whole
from runner.service.queue.assignment import Assignment

MAX_SLOTS = 1024  # the configuration's maximum


@dataclass
class Worker:
    """Claims, executes and settles. One per process, with any number of threads."""

    control: ControlPorts
    ports: WorkerPorts
    settled: Callable[[Run], None] = lambda _: None
    leave: threading.Event = field(
        default_factory=threading.Event
    )  # this process ends; applies go on without it
    ends: threading.Event = field(default_factory=threading.Event)  # nothing new is started
    _executing: dict[int, threading.Event] = field(default_factory=dict)
    _meters: dict[int, Meter] = field(default_factory=dict)

    _tried: set[int] = field(default_factory=set)  # plans whose commits were looked for

    def perform(self, assignment: Assignment) -> Run:
        job = assignment.job
        cancel = self._executing.setdefault(job.run, threading.Event())
        meter, began = self._meters.setdefault(job.run, Meter()), time.monotonic()
        log.debug("job.start", run=job.name, stack=job.stack.name, phase=job.phase.value)
        try:
            gate = StoreGate(self.control)
            with metered(meter):
                result = execute(job, self.ports, cancel, gate, assignment.held, self.leave, self.ends)
            run = settle_whole(self.control, job, measured(result, meter, time.monotonic() - began))
        finally:
            assignment.held.release()
            self._executing.pop(job.run, None)
            self._meters.pop(job.run, None)
        if run.state is State.APPLYING and isinstance(result, ApplyResult):
            log.info("job.left", run=job.name, stack=job.stack.name, reason=result.reason)
            return run
        if run.claim is None:
            self.ports.workspaces.discard(job.run)
        record_commits(self.control, self._authors, run)
        if run.state is State.AWAITING_APPROVAL:
            self.carry_reviews()
            with self.control.store.reading() as reader:
                run = reader.run(run.id)
        log.debug("job.end", run=run.name, stack=run.stack, state=run.state.value)
        self.settled(run)
        return run

    def record_missing(self) -> None:
        """Who is behind plans of pools, so that their approval need not ask Git either."""
        record_missing(self.control, self._authors, self._tried)

    def _authors(self) -> Authors:
        return Authors(self.ports.git, self.ports.modules, beside(self.control.settings))

    def carry_reviews(self) -> list[Run]:
        """Let reviews of pull requests count for the plans of their merges; returns the runs that they approve."""
        return carry_reviews(self.control, self.ports.git, self.ports.modules)

    def ask(self, assignment: Assignment) -> LockResult:
        """The result of a job about terraform's lock. Its run stays as it is."""
        gate = StoreGate(self.control)
        result = execute(assignment.job, self.ports, threading.Event(), gate, assignment.held)
        assert isinstance(result, LockResult)
        settle(self.control, assignment.job, result)
        return result

    def perform_one(self, run_id: int) -> Run | None:
        """Execute this run here and now; None if it cannot be claimed."""
        self.make_way()
        assignment = self.next(only=run_id)
        return self.perform(assignment) if assignment else None

    def next(self, *, only: int | None = None, full: bool = False) -> Assignment | None:
        """The next run to execute here, if there is one with enough resources."""
        taken = {run: meter.now for run, meter in list(self._meters.items())}
        return next_assignment(self.control, only=only, full=full, taken=taken)

    def make_way(self) -> None:
        """Stop previews that hold up anything else."""
        for preview in stop_previews_in_the_way(self.control):
            if preview.id in self._executing:
                self._executing[preview.id].set()

    def pass_on_cancels(self) -> None:
        """Notify executing jobs that a person asked them to stop."""
        if not self._executing:
            return
        with self.control.store.reading() as reader:
            asked = [run.id for run in reader.executing_runs() if run.cancel_requested_by is not None]
        for run_id in asked:
            if run_id in self._executing:
                self._executing[run_id].set()

    @property
    def executing(self) -> tuple[int, ...]:
        return tuple(self._executing)

    def cancel(self, run_id: int) -> None:
        """Also before its thread has started."""
        self._executing.setdefault(run_id, threading.Event()).set()

    def take_over(self, old: "Worker") -> None:
        """Continue with another worker's jobs, so that a request to stop still reaches them."""
        self._executing, self.leave, self.ends = old._executing, old.leave, old.ends  # noqa: SLF001 - of the same class
        self._meters, self._tried = old._meters, old._tried  # noqa: SLF001


def attempt(what: str, work: Callable[[], None]) -> None:
    """Do the work; a fault in it is logged and affects nothing else."""
    try:
        work()
    except Exception:
        log.exception("worker.bug", what=what)


class Pool:
    """As many threads as there are slots; a free one takes the most urgent run."""

    def __init__(self, worker: Worker, slots: int) -> None:
        self.worker = worker
        self.slots = slots
        # A reload may raise `slots`, which `fill` respects; threads are created only when needed.
        self._threads = ThreadPoolExecutor(MAX_SLOTS, thread_name_prefix="slot")
        self._busy: dict[Future[None], Assignment] = {}
        self._began: datetime | None = None  # the last run
        self._guard = threading.Lock()
        self.freed = threading.Event()
        self.attempt = attempt

    def fill(self) -> int:
        """Start runs until slots or runs are used up, plus one at most for a crowded-out source; returns how many."""
        self.worker.make_way()
        started = 0
        while (busy := len(self._busy)) <= self.slots:
            full = busy == self.slots
            if full and self._moves:
                break
            assignment = self.worker.next(full=full)
            if assignment is None:
                break
            self.attend(assignment)
            started += 1
        return started

    @property
    def _moves(self) -> bool:
        """Whether a run began so lately that no source is crowded out: the records need not be asked."""
        return self._began is not None and self.worker.control.clock.now() - self._began < PATIENCE

    def attend(self, assignment: Assignment) -> None:
        """Perform it now, even without a free slot: a running apply cannot wait."""
        self._began = self.worker.control.clock.now()
        with self._guard:
            future = self._threads.submit(self._perform, assignment)
            self._busy[future] = assignment
        future.add_done_callback(self._free)

    def _perform(self, assignment: Assignment) -> None:
        """If it fails, the claim is free again, and recovery determines what became of the run."""

        def perform() -> None:
            self.worker.perform(assignment)

        self.attempt("job", perform)

    def _free(self, future: Future[None]) -> None:
        with self._guard:
            self._busy.pop(future, None)
        self.freed.set()

    @property
    def busy(self) -> tuple[Job, ...]:
        with self._guard:
            return tuple(assignment.job for assignment in self._busy.values())

    def leave_applies(self) -> tuple[Job, ...]:
        """Stop following them; returns those that go on without us."""
        self.worker.leave.set()
        return tuple(job for job in self.busy if job.phase is not Phase.PLAN)

    def stop_plans(self) -> None:
        """Plans change nothing, so they are stopped and queued again, and no apply starts; running ones are left alone."""
        self.worker.ends.set()
        for job in self.busy:
            if job.phase is Phase.PLAN:
                self.worker.cancel(job.run)

    def close(self) -> None:
        """Wait for everything that is still running."""
        self._threads.shutdown(wait=True)
