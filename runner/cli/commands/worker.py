"""`driftline worker`: take runs of a pool, on another host than the server's."""

from typing import TYPE_CHECKING

import click

from runner.api.pools import forget_worker, list_workers
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option, yes_option
from runner.cli.screen.asking import ask
from runner.cli.screen.pool import worker_screen
from runner.errors import NotAWorker
from runner.host import log

if TYPE_CHECKING:
    from runner.app import App
    from runner.model.settings.pools import WorkerSettings


@click.group(invoke_without_command=True)
@click.option("--standby", is_flag=True, hidden=True, help="Execute what standard input says.")
@click.option("--finish", type=int, hidden=True, help="A run that a process of this host has left.")
@click.pass_context
@pass_cli
def command(cli: Cli, context: click.Context, standby: bool, finish: int | None) -> int | None:
    """Take runs of a pool and execute them on this host, until it is stopped.

    SIGTERM waits until its runs have ended. A second one leaves them; they end by themselves.
    """
    if context.invoked_subcommand is not None:
        return None
    app, worker = _worker(cli)
    if standby:
        from runner.pool.standby import execute_told

        execute_told(app, worker)
    elif finish is not None:
        from runner.pool.left import finish as finish_left

        finish_left(app, worker, finish)
    else:
        from runner.pool.start import listen

        return listen(app, worker)
    return 0


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """List the workers of this server, with the runs that they execute."""
    cli.begin_to_list()
    rows = cli.call(list_workers)
    cli.present(output, rows, lambda rows: worker_screen(rows, cli.now))


@command.command()
@click.argument("worker")
@click.option("--force", is_flag=True, help="Forget it even if it was heard from a moment ago.")
@yes_option
@pass_cli
def forget(cli: Cli, worker: str, force: bool, yes: bool) -> None:
    """Give up WORKER, whose host does not come back. Its applies end as interrupted, with their stacks locked."""
    if not yes:
        ask(f"Give up {worker} and all that it executes?", wish="given up")
    for run in cli.call(forget_worker, worker, force=force):
        cli.console.say(f"{run.id} of {run.stack} is {run.state.replace('_', ' ')}.")
    cli.console.say(f"Forgot {worker}.")


def _worker(cli: Cli) -> "tuple[App, WorkerSettings]":
    from runner.app import App
    from runner.sandbox.hardening import close_to_others

    close_to_others()
    log.configure(verbose=cli.verbose, quiet=cli.quiet)
    app = App.from_config(cli.config, creates=False)
    if app.settings.worker is None:
        raise NotAWorker(path=app.config_path)
    return app, app.settings.worker
