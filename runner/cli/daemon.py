"""`driftline daemon`: the service, or with --once one full pass of it."""

import signal
from types import FrameType

import click
import structlog

from runner import log
from runner.cli import words
from runner.cli.objections import goes_on, objections_to
from runner.cli.options import Cli, pass_cli
from runner.daemon.loop import Daemon
from runner.daemon.one_pass import run_once
from runner.daemon_lock import only_daemon
from runner.hardening import close_to_others
from runner.model.run import Run, State
from runner.service.begin import begin
from runner.service.checkpoint import checkpoint_or_tell
from runner.systemd.notify import Notifier
from runner.systemd.shutdown import machine_stops

FAILED = frozenset({State.PLAN_FAILED, State.APPLY_FAILED, State.INTERRUPTED})


@click.command()
@click.option(
    "--once", is_flag=True, help="One full pass: poll, plan, due drift checks, approved applies; then exit."
)
@click.option(
    "--accept-clock",
    is_flag=True,
    help="Start although the clock is more than a day behind the newest record.",
)
@pass_cli
def command(cli: Cli, once: bool, accept_clock: bool) -> int:
    """Poll Git, plan what moved, check for drift, apply what was approved; until it is told to stop."""
    close_to_others()
    log.configure(verbose=cli.verbose, quiet=once or cli.quiet)
    cli.creates = True
    app = cli.begin_installation() if once else cli.app
    app.store.refuse_damaged()  # opening it makes the data directory, where the lock lies
    with only_daemon(app.settings.data_dir):
        if once:
            return _one_pass(cli, accept_clock=accept_clock)
        if app.store.made:
            structlog.get_logger().warning("daemon.new_database", data_dir=str(app.settings.data_dir))
        Daemon(
            app.parts, app.reload, Notifier.from_environment(), machine_stops, accept_clock=accept_clock
        ).run()
    return 0


def _one_pass(cli: Cli, *, accept_clock: bool) -> int:
    """1 where a run failed, a stack file is broken or a source could not be polled: cron must not take it for fine."""
    signal.signal(signal.SIGTERM, _interrupt)
    if told := begin(cli.app.control, accept_clock=accept_clock):
        cli.console.warn(told)
    ended = run_once(cli.app.parts, cli.console.say)
    checkpoint_or_tell(cli.app.control)
    cli.console.table(
        ("RUN", "STACK", "KIND", "STATE", "CHANGES", "REASON"),
        [
            (run.name, run.stack, run.kind.value, words.state(run), words.counts(run.summary), run.reason)
            for run in ended
        ],
        empty="Nothing was to do.",
    )
    _hints(cli, ended)
    with cli.app.store.reading() as reader:
        sources = [reader.source(source.name) for source in cli.app.settings.sources]
    broken = [status.name for status in sources if status.problems]
    if broken:
        cli.console.hint(f"driftline source check {broken[0]}")
    return (
        1
        if broken or any(status.problem for status in sources) or any(run.state in FAILED for run in ended)
        else 0
    )


def _hints(cli: Cli, ended: list[Run]) -> None:
    waiting = [run for run in ended if run.state is State.AWAITING_APPROVAL]
    if waiting:
        with cli.app.store.reading() as reader:
            cli.console.hint(goes_on(waiting[0], objections_to(cli.app, reader, waiting[0])))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """As Ctrl-C: plans are stopped and queued again, applies are waited for."""
    raise KeyboardInterrupt
