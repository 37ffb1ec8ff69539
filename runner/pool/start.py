"""The process that listens for announcements. Other processes execute the runs, and none of these depends on it."""

import os
import signal
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

from runner import __version__
from runner.app import App, slots
from runner.broker.celery import TASK, celery, declared
from runner.datadir.worker import instance_of, only_worker, worker_name
from runner.errors import DriftlineError, WorkerNamedTwice
from runner.host.log import log
from runner.model.settings.pools import WorkerSettings
from runner.model.work.lease import BEAT_SECONDS, SILENCE
from runner.model.work.protocol import Hello
from runner.pool.client import WorkClient
from runner.pool.left import left
from runner.pool.patience import Deadline
from runner.pool.standby import Standby
from runner.pool.tidy import TIDY_SECONDS, tidy
from runner.process.beside import start_beside

ANSWER_SECONDS = 10.0
NAME_SECONDS = SILENCE.total_seconds() + ANSWER_SECONDS


@dataclass
class Listening:
    """A worker while it listens: known to the server, and after everything that earlier processes have left."""

    app: App
    worker: WorkerSettings
    _stops: threading.Event = field(default_factory=threading.Event)
    _finishing: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.standby = Standby(lambda: start_beside(self._argv("--standby"), os.environ, answers=True))

    def begin(self) -> threading.Thread:
        """The server has to know this worker and speak its language, or it does not begin."""
        with WorkClient.of(self.worker) as client:
            self._take_the_name(client)
        attending = threading.Thread(target=self._attend, name="attend", daemon=True)
        attending.start()
        return attending

    def end(self) -> None:
        self._stops.set()
        self.standby.close()
        try:
            with WorkClient.of(self.worker) as client:
                self.say_hello(client.until(Deadline(ANSWER_SECONDS)), stops=True)
        except DriftlineError as error:
            log.warning("worker.goodbye", problem=error.message)

    def say_hello(self, client: WorkClient, *, stops: bool = False) -> None:
        settings = self.app.settings
        name, instance = worker_name(self.worker), instance_of(settings.data_dir)
        client.hello(
            Hello(name, self.worker.pool, __version__, slots(settings), stops=stops, instance=instance)
        )

    def _take_the_name(self, client: WorkClient) -> None:
        """A host that was set up again waits until the server no longer counts on the one that it replaces."""
        until = Deadline(NAME_SECONDS)
        while True:
            try:
                return self.say_hello(client)
            except WorkerNamedTwice as taken:
                log.warning("worker.named_twice", problem=taken.message, hint=taken.hint)
                if until.wait(ANSWER_SECONDS):
                    raise

    def _attend(self) -> None:
        with WorkClient.of(self.worker) as client:
            self._attend_by(client.until(Deadline(0)))

    def _attend_by(self, client: WorkClient) -> None:
        tidying = Deadline(0)
        while True:
            try:
                self._finish_left()
            except (DriftlineError, OSError, ValueError) as error:
                log.warning("worker.not_finished", problem=str(error))
            if tidying.is_set():
                tidying = Deadline(TIDY_SECONDS)
                self._tidy()
            if self._stops.wait(BEAT_SECONDS):
                return
            try:
                self.say_hello(client)
            except DriftlineError as error:
                log.warning("worker.hello", problem=error.message)

    def _tidy(self) -> None:
        try:
            log.info("worker.tidied", removed=tidy(self.app))
        except (DriftlineError, OSError) as error:
            log.warning("worker.not_tidied", problem=str(error))

    def _finish_left(self) -> None:
        for entry in left(self.app):
            run = entry.job.run
            if run not in self._finishing:
                self._finishing.add(run)
                threading.Thread(target=self._finish, args=(run,), daemon=True).start()

    def _finish(self, run: int) -> None:
        try:
            start_beside(self._argv("--finish", str(run)), os.environ).wait()
        finally:
            self._finishing.discard(run)

    def _argv(self, *words: str) -> list[str]:
        config = str(self.app.config_path.absolute())
        return [sys.executable, "-I", "-m", "runner.cli", "--config", config, "worker", *words]


def listen(app: App, worker: WorkerSettings) -> int:
    """The exit code: with 1, an error that Celery does not outlive, systemd starts it again.

    Until SIGTERM or SIGINT, which wait for the runs that are executed; a second one leaves them, and they go on.
    WorkerRunning where another one has this data directory.
    """
    with only_worker(app.settings.data_dir):
        return _listen(app, worker)


def _listen(app: App, worker: WorkerSettings) -> int:
    from celery import signals

    assert app.settings.broker is not None
    broker = celery(app.settings.broker, [worker.pool])
    broker.conf.task_queues = declared(worker.pool, app.settings.broker)
    listening = Listening(app, worker)

    def execute(run: int, attempt: int) -> None:
        listening.standby.execute(run, attempt)

    broker.task(name=TASK)(execute)
    signals.worker_shutting_down.connect(_leave_when_told_again, weak=False)
    listening.begin()
    log.info("worker.ready", worker=worker_name(worker), pool=worker.pool, server=worker.server)
    controller: Any = broker.Worker(
        pool="threads",
        concurrency=slots(app.settings),
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    try:
        controller.start()
    finally:
        listening.end()
        log.info("worker.stopped")
    return int(controller.exitcode or 0)


def _leave_when_told_again(**_: object) -> None:
    """Celery would wait for its threads, which wait for the processes of runs. These are in sessions of their own."""

    def leave(*_: object) -> None:
        log.warning("worker.left")
        os._exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
