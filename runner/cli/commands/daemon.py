"""`driftline daemon`: the service, or with --once one full pass of it."""

import signal
from collections.abc import Sequence
from dataclasses import replace
from types import FrameType

import click

from runner.api.forge_comments import in_comments
from runner.api.performing import performer
from runner.app import App
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.one_pass import pass_screen, say_needs
from runner.daemon.loop import Daemon
from runner.daemon.one_pass import run_once
from runner.daemon.parts import Parts
from runner.datadir.daemon_lock import only_daemon
from runner.datadir.refused_reload import RefusedReloads
from runner.datadir.requests_lock import RequestsLock
from runner.errors import BadUsage
from runner.host.log import configure, log
from runner.model.run.life import Run
from runner.sandbox.hardening import close_to_others
from runner.service.cycle.begin import begin
from runner.service.integrity.checkpoint import try_checkpoint
from runner.systemd.notify import Notifier
from runner.systemd.shutdown import machine_stops
from runner.view.one_pass import pass_page


@click.command()
@click.option(
    "--once",
    is_flag=True,
    help="Make one full pass (poll, plan, due drift checks, approved applies), then exit.",
)
@click.option(
    "--accept-clock",
    is_flag=True,
    help="Start even if the clock is more than a day behind the newest record.",
)
@click.option("--acknowledged", is_flag=True, help="With --once: exit with 2 for acknowledged drift too.")
@output_option
@pass_cli
def command(cli: Cli, once: bool, accept_clock: bool, acknowledged: bool, output: str) -> int:
    """Run the service: poll Git, plan changed stacks, check for drift and apply approved plans until stopped.

    With --once, exits with 1 if something failed, 2 if there is open drift, and 0 otherwise, even if runs await approval.
    """
    if not once and (acknowledged or output == "json"):
        raise BadUsage(
            "--acknowledged and --output need --once", hint="driftline daemon --once --output json"
        )
    close_to_others()
    configure(verbose=cli.verbose, quiet=once or cli.quiet)
    cli.creates = True
    if once:
        cli.begin_installation()
    app = cli.app
    app.store.refuse_damaged()  # opening it makes the data directory, where the lock lies
    with only_daemon(app.settings.data_dir, performs=not once) as lock:
        RefusedReloads(app.settings.data_dir).clear()
        if not once:
            return _serve(cli, RequestsLock(app.settings.data_dir, lock), accept_clock=accept_clock)
        ended = _one_pass(cli, accept_clock=accept_clock)
    return _say_how_it_ended(cli, ended, output, acknowledged=acknowledged)


def _say_how_it_ended(cli: Cli, ended: Sequence[Run], output: str, *, acknowledged: bool) -> int:
    app, host = cli.app, cli.app.host()
    with app.store.reading() as reader:
        page = pass_page(reader, app.settings, app.clock, host, ended, acknowledged=acknowledged)
    cli.present(output, page, pass_screen)
    if output == "table":
        say_needs(cli.console, page.needs)
    return page.exit_code


def _serve(cli: Cli, duty: RequestsLock, *, accept_clock: bool) -> int:
    app = cli.app
    if app.store.made:
        log.warning("daemon.new_database", data_dir=str(app.settings.data_dir))

    refused = RefusedReloads(app.settings.data_dir)

    def parts_of(app: App) -> Parts:
        web = app.parts.web and app.web_server(*cli.loudness)
        return replace(app.parts, web=web)

    def reload() -> Parts:
        nonlocal app
        with refused.noted(app.clock):
            fresh = app.reloaded()
            parts = parts_of(fresh)
        app = fresh
        return parts

    Daemon(
        parts_of(app),
        reload,
        Notifier.from_environment(),
        machine_stops,
        performer=performer(lambda: app),
        duty=duty,
        in_comments=in_comments(lambda: app),
        accept_clock=accept_clock,
    ).run()
    return 0


def _one_pass(cli: Cli, *, accept_clock: bool) -> list[Run]:
    """The runs that ended in it."""
    signal.signal(signal.SIGTERM, _interrupt)
    if problem := begin(cli.app.control, accept_clock=accept_clock):
        cli.console.warn(problem)
    ended = run_once(cli.app.parts, cli.console.say, in_comments(lambda: cli.app))
    try_checkpoint(cli.app.control)
    return ended


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """As Ctrl-C: plans are stopped and queued again, applies are waited for."""
    raise KeyboardInterrupt
